"""The metrics of prometheus-pve-exporter: kind and help."""

from __future__ import annotations

from typing import Final

ABOUT: Final[dict[str, tuple[str, str]]] = {
    "pve_up": ("gauge", "Whether a node is online, a guest runs or a storage is available."),
    "pve_ha_state": ("gauge", "State of high availability, of guests and nodes."),
    "pve_lock_state": ("gauge", "The lock on a guest's configuration."),
    "pve_disk_size_bytes": ("gauge", "Size of a storage, a node's root or a guest's root disk."),
    "pve_disk_usage_bytes": ("gauge", "Used space of a storage, a node's root or a guest's root disk."),
    "pve_memory_size_bytes": ("gauge", "Memory that a node or guest has."),
    "pve_memory_usage_bytes": ("gauge", "Memory that a node or guest uses."),
    "pve_network_transmit_bytes": ("gauge", "Bytes sent by a guest since its start. DEPRECATED."),
    "pve_network_receive_bytes": ("gauge", "Bytes received by a guest since its start. DEPRECATED."),
    "pve_disk_write_bytes": ("gauge", "Bytes written by a guest since its start. DEPRECATED."),
    "pve_disk_read_bytes": ("gauge", "Bytes read by a guest since its start. DEPRECATED."),
    "pve_network_transmit_bytes_total": ("counter", "Bytes sent by a guest since its start."),
    "pve_network_receive_bytes_total": ("counter", "Bytes received by a guest since its start."),
    "pve_disk_written_bytes_total": ("counter", "Bytes written by a guest since its start."),
    "pve_disk_read_bytes_total": ("counter", "Bytes read by a guest since its start."),
    "pve_cpu_usage_ratio": ("gauge", "Share of its CPUs that a node or guest uses."),
    "pve_cpu_usage_limit": ("gauge", "CPUs that a node or guest has."),
    "pve_uptime_seconds": ("gauge", "Seconds since the start of a node or guest."),
    "pve_storage_shared": ("gauge", "Whether a storage is shared by the nodes."),
    "pve_guest_info": ("gauge", "What a guest is."),
    "pve_storage_info": ("gauge", "What a storage is."),
    "pve_node_info": ("gauge", "What a node is."),
    "pve_cluster_info": ("gauge", "What the cluster is, and whether it has a quorum."),
    "pve_version_info": ("gauge", "Version of Proxmox VE."),
    "pve_onboot_status": ("gauge", "Whether a guest starts with its node."),
    "pve_replication_info": ("gauge", "What a replication job copies."),
    "pve_replication_duration_seconds": ("gauge", "Time that the last replication took."),
    "pve_replication_last_sync_timestamp_seconds": ("gauge", "The last replication that worked, unix time."),
    "pve_replication_last_try_timestamp_seconds": ("gauge", "The last replication begun, unix time."),
    "pve_replication_next_sync_timestamp_seconds": ("gauge", "The next replication, unix time."),
    "pve_replication_failed_syncs": ("gauge", "Replications that failed in a row."),
    "pve_not_backed_up_total": ("gauge", "Guests that no backup job covers."),
    "pve_not_backed_up_info": ("gauge", "A guest that no backup job covers."),
}

GUEST_STATES: Final = (
    *("stopped", "request_stop", "request_start", "request_start_balance", "started", "fence"),
    *("recovery", "migrate", "relocate", "freeze", "error"),
)
NODE_STATES: Final = ("online", "maintenance", "unknown", "fence", "gone")
LOCKS: Final = (
    *("backup", "clone", "create", "migrate", "rollback", "snapshot"),
    *("snapshot-delete", "suspended", "suspending"),
)
