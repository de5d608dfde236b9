"""Pools, shares, Proxmox storages and backup datastores of a world file."""

from __future__ import annotations

from typing import Literal

import msgspec

from sre_assistant.sim.quantities import Size


class PoolSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A ZFS pool; its datasets are the host's file systems whose device begins with the pool's name."""

    host: str
    layout: Literal["stripe", "mirror", "raidz1", "raidz2"]
    disks: tuple[str, ...]
    size: Size
    other: Size = Size(0)
    """Space used beside the mounted datasets: volumes, snapshots."""


class ShareSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A directory that a host offers to others."""

    host: str
    path: str
    kind: Literal["nfs", "smb"]
    clients: dict[str, str] = {}
    """Hosts that mount it, and where."""


class StorageSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A storage as Proxmox VE knows it."""

    kind: Literal["dir", "lvmthin", "nfs", "pbs", "zfspool"]
    content: tuple[str, ...]
    nodes: tuple[str, ...] = ()
    """The nodes that have it; none means all."""
    size: Size = Size(0)
    """For storages that are no file system, share or datastore of this world."""
    used: Size = Size(0)
    mountpoint: str = ""
    """The nodes' file system that it lies on."""
    share: str = ""
    datastore: str = ""

    @property
    def shared(self) -> bool:
        """Whether all nodes see the same."""
        return self.kind in {"nfs", "pbs"}


class DatastoreSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A datastore of a Proxmox Backup Server on a host's file system."""

    host: str
    mountpoint: str
    keep_days: int = 14
