"""Machines with node_exporter: the part of a world file under ``hosts``."""

from __future__ import annotations

from typing import Literal

import msgspec

from sre_assistant.sim.quantities import Rate, Share, Size

DiskKind = Literal["nvme", "ssd", "hdd"]


class NetworkSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A host's network card and its usual traffic."""

    device: str
    receive: Rate
    transmit: Rate


class DiskSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A disk, its usual traffic, and the speed at which it is fully busy."""

    reads: Rate
    writes: Rate
    speed: Rate
    kind: DiskKind = "ssd"
    model: str = ""
    """Empty for the disk of a virtual machine, which has no SMART data."""
    size: Size = Size(0)
    age_years: float = 2.0


class FilesystemSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A mounted file system; ``used`` is the space taken when the scenario starts."""

    device: str
    fstype: str
    size: Size
    used: Size
    growth: Rate
    disks: tuple[str, ...]
    inodes: int | None = None
    """All inodes; by default one for each 16 KiB."""
    inodes_used: Share = Share(0.06)


class HostSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A machine with node_exporter on port 9100; virtual where a guest of the same name exists."""

    title: str
    address: str
    cpus: int
    memory: Size
    memory_used: Share
    swap: Size
    load: Share
    """Usual share of busy CPU time at noon of a working day."""
    network: NetworkSpec
    kernel: str
    disks: dict[str, DiskSpec]
    filesystems: dict[str, FilesystemSpec]
    exporter: bool = True
    """Whether node_exporter runs there at all."""
