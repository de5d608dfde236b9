"""The HTTP API of Proxmox VE 8.4, for all nodes of the cluster."""
