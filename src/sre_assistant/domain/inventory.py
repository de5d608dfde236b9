"""What the connected systems hold, did and saved: resources, log lines, changes, backups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, TypeAlias

ResourceKind: TypeAlias = Literal[
    "host",
    "guest",
    "container",
    "pod",
    "workload",
    "app",
    "pool",
    "dataset",
    "share",
    "disk",
    "storage",
    "volume",
    "network",
]
"""``host`` is a machine (Proxmox node, NAS, Docker host, Kubernetes node), ``guest`` a VM or an LXC
container, ``storage`` a place that guests or backups are kept in, ``volume`` a claim of a workload."""

Health: TypeAlias = Literal["ok", "warning", "failed", "unknown"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Resource:
    """One thing that a system knows of, as that system names it."""

    kind: ResourceKind
    id: str
    """Unique within its kind and system, and what the system's own tools call it, e.g. ``pve1/qemu/104``."""
    name: str
    """What people call it; not always unique."""
    state: str
    """In the system's own word, e.g. ``running``, ``ONLINE``, ``CrashLoopBackOff``."""
    health: Health = "unknown"
    """What the system says of it; ``unknown`` when it says nothing. What is stopped is not failed by that."""
    detail: str = ""
    """Why it is not well, in the system's words."""
    host: str = ""
    """The machine it is on, as the system names it; empty when it is one, or when nobody says."""
    within: str = ""
    """What it is a part of: the pool of a disk, the project of a container, the workload of a pod."""
    uses: tuple[str, ...] = ()
    """What it stands on besides its host: storages, mount sources, volumes, as the system names them."""
    addresses: tuple[str, ...] = ()
    """IP addresses without prefix length."""
    macs: tuple[str, ...] = ()
    """Hardware addresses, lower case with colons."""
    since: datetime | None = None
    """When its present state began, or it was started."""
    labels: Mapping[str, str] = field(default_factory=dict)
    """Labels, tags and ids that join it with other systems, e.g. ``vmid``, ``serial``, ``image``."""
    figures: Mapping[str, float] = field(default_factory=dict)
    """Numbers in base units named as in signal packs, e.g. ``memory_bytes``, ``cpu_ratio``, ``restarts``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogLine:
    """One line of a log."""

    at: datetime
    text: str
    """As it was written, without its line end; untrusted."""
    labels: Mapping[str, str]
    """Whatever the source attaches, under the source's own names."""
    host: str = ""
    service: str = ""
    container: str = ""
    level: str = ""
    """``critical``, ``error``, ``warning``, ``info``, ``debug``, or empty when nobody says."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LogFilter:
    """Which lines are wanted; what is empty does not filter. Values are literal, never patterns."""

    host: str = ""
    service: str = ""
    """A unit, a Compose service or a workload."""
    container: str = ""
    """A container, or a pod."""
    namespace: str = ""
    levels: tuple[str, ...] = ()
    """Any of these, as ``LogLine.level`` names them."""
    containing: tuple[str, ...] = ()
    """Lines that hold any of these texts, whatever their case."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """Something that was done or happened to a thing."""

    at: datetime
    until: datetime | None = None
    """When it ended, for what takes time; None while it runs, or for a moment."""
    kind: Literal["task", "backup", "config", "lifecycle", "deployment", "annotation", "alert"]
    subject_kind: ResourceKind | Literal[""] = ""
    subject: str = ""
    """The thing it was done to, by ``Resource.id`` where there is one, else as the source names it."""
    text: str
    """One line, in the source's words; untrusted."""
    outcome: Literal["ok", "failed", "running", "unknown"] = "unknown"
    actor: str = ""
    """Who did it, as the source says."""
    id: str = ""
    """The source's own id, e.g. a UPID."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """All saved states of one thing in one place."""

    subject: str
    """What is saved, as the place names it, e.g. ``vm/104`` or ``tank/media``."""
    name: str = ""
    """What people call it, where the place says."""
    store: str
    """The datastore, storage or pool it is in, with its namespace: ``main`` or ``main/offsite``."""
    newest: datetime | None
    """None when nothing is saved."""
    oldest: datetime | None = None
    count: int
    size: float | None = None
    """Bytes of the newest, where the place says."""
    verified: Literal["ok", "failed", "none", "unknown"] = "unknown"
    """The last check of the newest; ``none`` when it was never checked, ``unknown`` when nobody says."""
    kind: Literal["backup", "snapshot", "replica"] = "backup"


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupJob:
    """Something that runs on a schedule to save, check, thin out or copy."""

    id: str
    kind: Literal["backup", "snapshot", "replication", "verify", "prune", "gc", "sync"]
    store: str = ""
    subjects: tuple[str, ...] = ()
    """What it saves; empty for everything."""
    excluded: tuple[str, ...] = ()
    schedule: str = ""
    """In the system's own notation, e.g. ``02:30`` or ``0 3 * * *``."""
    enabled: bool = True
    last_run: datetime | None = None
    last_outcome: Literal["ok", "failed", "running", "unknown"] = "unknown"
    detail: str = ""
    next_run: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class BackupStore:
    """A place where backups are kept."""

    name: str
    total: float | None
    """Bytes; None when the place does not say."""
    used: float | None
    full_at: datetime | None = None
    """When it will be full at its present growth, as the place itself reckons."""
    state: str = ""
    detail: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Receipt:
    """What a system said when it was asked to change something. It says nothing about success."""

    action: str
    target: str
    said: str
    """One line: a task id, a status."""
    task: str = ""
    """What to follow it by, e.g. a UPID; empty when the call itself did it."""
