"""What Proxmox VE sends. Its numbers may be texts and its flags numbers; unknown fields are passed over."""

from __future__ import annotations

import math
from datetime import datetime
from typing import Any, TypeAlias

import msgspec

from sre_assistant.domain.window import from_epoch

Num: TypeAlias = float | str | None
Flag: TypeAlias = bool | float | str | None
Word: TypeAlias = str | float | None

_LAST_SECOND = 253_402_300_799.0


class Listed(msgspec.Struct):
    """A list, with how long it would be without a limit where that is told."""

    data: list[msgspec.Raw]
    total: Num = None


class One(msgspec.Struct):
    """A single thing."""

    data: msgspec.Raw


class Permissions(msgspec.Struct):
    """Privileges by path; 1 means below it too."""

    data: dict[str, dict[str, Flag]]


class Configured(msgspec.Struct):
    """The configuration of a guest: whatever keys it has."""

    data: dict[str, Any]


class Started(msgspec.Struct):
    """The name of the task that does what was asked."""

    data: str


class Refusal(msgspec.Struct):
    """An error; older versions tell it in the status line alone."""

    message: str = ""
    errors: dict[str, str] | None = None


class Version(msgspec.Struct):
    """Which Proxmox VE answers."""

    version: Word = None
    release: Word = None


class ResourceItem(msgspec.Struct):
    """A node, a guest, a storage, or something else, by ``type``."""

    type: str
    node: str | None = None
    status: Word = None
    name: Word = None
    vmid: Num = None
    cpu: Num = None
    maxcpu: Num = None
    mem: Num = None
    maxmem: Num = None
    disk: Num = None
    maxdisk: Num = None
    uptime: Num = None
    template: Flag = None
    tags: Word = None
    lock: Word = None
    pool: Word = None
    hastate: Word = None
    storage: str | None = None
    content: Word = None
    plugintype: Word = None
    shared: Flag = None


class MemberItem(msgspec.Struct):
    """The cluster itself, or one of its nodes, by ``type``."""

    type: str
    name: Word = None
    quorate: Flag = None
    nodes: Num = None
    online: Flag = None
    local: Flag = None
    ip: Word = None


class HaItem(msgspec.Struct):
    """A line of the high-availability manager, by ``type``."""

    type: str
    id: Word = None
    node: Word = None
    status: Word = None
    sid: Word = None
    state: Word = None
    quorate: Flag = None
    request_state: Word = None


class ReplicationItem(msgspec.Struct):
    """A replication job with how it went."""

    id: str
    guest: Num = None
    vmtype: Word = None
    source: Word = None
    target: Word = None
    schedule: Word = None
    disable: Flag = None
    last_sync: Num = None
    last_try: Num = None
    next_sync: Num = None
    fail_count: Num = None
    error: Word = None


class Amount(msgspec.Struct):
    """How much there is of something, in bytes."""

    total: Num = None
    used: Num = None


class Cpu(msgspec.Struct):
    """The processors of a node."""

    model: Word = None
    cpus: Num = None
    sockets: Num = None


class NodeStatus(msgspec.Struct):
    """How a node is."""

    uptime: Num = None
    cpu: Num = None
    wait: Num = None
    loadavg: list[Word] | None = None
    kversion: Word = None
    pveversion: Word = None
    cpuinfo: Cpu | None = None
    memory: Amount | None = None
    swap: Amount | None = None
    rootfs: Amount | None = None


class Time(msgspec.Struct):
    """A node's own clock."""

    time: float | str


class TaskItem(msgspec.Struct):
    """A task; one that runs has no end."""

    upid: str
    node: str
    type: str
    starttime: float | str
    id: Word = None
    user: Word = None
    tokenid: Word = None
    endtime: Num = None
    status: Word = None


class LogItem(msgspec.Struct):
    """A line of the cluster's log."""

    time: float | str
    msg: str
    node: Word = None
    user: Word = None
    uid: Word = None


class LineItem(msgspec.Struct):
    """A line of a task's log."""

    t: str


class StorageItem(msgspec.Struct):
    """A storage as one node sees it."""

    storage: str
    type: Word = None
    content: Word = None
    active: Flag = None
    enabled: Flag = None
    shared: Flag = None
    total: Num = None
    used: Num = None
    avail: Num = None


class Verification(msgspec.Struct):
    """How the last check of a backup ended."""

    state: Word = None


class VolumeItem(msgspec.Struct):
    """A backup on a storage."""

    volid: str
    ctime: Num = None
    vmid: Num = None
    subtype: Word = None
    format: Word = None
    size: Num = None
    notes: Word = None
    protected: Flag = None
    verification: Verification | None = None


class JobItem(msgspec.Struct, rename={"next_run": "next-run"}):
    """A backup job."""

    id: str
    enabled: Flag = None
    schedule: Word = None
    dow: Word = None
    starttime: Word = None
    storage: Word = None
    dumpdir: Word = None
    comment: Word = None
    node: Word = None
    all: Flag = None
    vmid: Word = None
    exclude: Word = None
    pool: Word = None
    next_run: Num = None


class UnsavedItem(msgspec.Struct):
    """A guest that no backup job covers."""

    vmid: float | str
    type: Word = None
    name: Word = None


class DiskItem(msgspec.Struct):
    """A disk of a node."""

    devpath: str
    model: Word = None
    serial: Word = None
    vendor: Word = None
    type: Word = None
    size: Num = None
    used: Word = None
    health: Word = None
    wearout: Num = None
    wwn: Word = None


class Attribute(msgspec.Struct):
    """A line of a disk's SMART table."""

    name: Word = None
    raw: Word = None
    fail: Word = None


class Smart(msgspec.Struct):
    """What a disk says of itself: as a table, or as text."""

    health: Word = None
    text: Word = None
    attributes: list[Attribute] | None = None


class PoolItem(msgspec.Struct):
    """A ZFS pool of a node."""

    name: str
    health: Word = None
    size: Num = None
    alloc: Num = None
    free: Num = None


class SnapshotItem(msgspec.Struct):
    """A snapshot, or the present state (``current``)."""

    name: str
    snaptime: Num = None
    description: Word = None
    vmstate: Flag = None
    parent: Word = None


class AclItem(msgspec.Struct):
    """A role that somebody has on a path."""

    path: str
    ugid: str
    roleid: str
    type: Word = None


def number(value: Num | Flag) -> float | None:
    """A number that may have come as text; None when it is none."""
    if value is None or isinstance(value, bool):
        return None
    try:
        found = float(value)
    except ValueError:
        return None
    return found if math.isfinite(found) else None


def whole(value: Num) -> int | None:
    """A number without a fraction; None when it is none."""
    found = number(value)
    return int(found) if found is not None and found.is_integer() else None


def flag(value: Flag, *, default: bool = False) -> bool:
    """A flag that may have come as a number or a text."""
    if value is None:
        return default
    return str(value).strip().lower() in {"1", "1.0", "true", "yes", "on"}


def words(value: Word) -> str:
    """A text that may have come as a number."""
    if isinstance(value, float):
        return str(int(value)) if value.is_integer() else str(value)
    return value or ""


def moment(value: Num) -> datetime | None:
    """Unix seconds as a time; None for none, and for the 0 that stands for never."""
    seconds = number(value)
    return from_epoch(seconds) if seconds is not None and 0 < seconds <= _LAST_SECOND else None
