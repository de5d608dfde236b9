"""The HTTP API of the Proxmox Backup Server 3."""
