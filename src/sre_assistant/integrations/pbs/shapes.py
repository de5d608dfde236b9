"""The JSON of the backup server's API, as far as it is read. Times are Unix seconds."""

from __future__ import annotations

from typing import Annotated, Generic, TypeAlias, TypeVar

import msgspec

T = TypeVar("T")
Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, lt=2**53)]
Name: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_][A-Za-z0-9._-]*$", max_length=64)]
"""A datastore's name; the server itself accepts no other."""
Path: TypeAlias = Annotated[str, msgspec.Meta(pattern="^[A-Za-z0-9_./-]*$", max_length=300)]
"""A namespace with those above it, e.g. ``pve-home/lab``; the root is empty."""
Moment: TypeAlias = Annotated[float, msgspec.Meta(ge=0, lt=253_402_300_800)]
"""Unix seconds that a calendar has, up to the year 9999."""


class Answer(msgspec.Struct, Generic[T]):
    """What every good answer is wrapped in; ``total`` comes with tasks only, and may be one too many."""

    data: T
    total: Count | None = None


class Version(msgspec.Struct):
    """Which release runs, e.g. ``4.1`` and ``2``."""

    version: str = ""
    release: str = ""


class Time(msgspec.Struct):
    """The server's clock, to the second."""

    time: Moment


class Namespace(msgspec.Struct):
    """A namespace; the root is the empty text."""

    ns: Path


class Collection(msgspec.Struct, rename="kebab"):
    """What the last garbage collection that ended well found; all zeros and no ``upid`` before the first."""

    upid: str | None = None
    index_data_bytes: float | None = None
    disk_bytes: float | None = None
    removed_bytes: float | None = None
    pending_bytes: float | None = None
    still_bad: Count | None = None


class Usage(msgspec.Struct, rename="kebab"):
    """How full a datastore is; without figures where it cannot be used, or only a part of it be seen."""

    store: Name
    total: float | None = None
    used: float | None = None
    avail: float | None = None
    error: str | None = None
    mount_status: str | None = None
    history: Annotated[list[float | None], msgspec.Meta(max_length=10_000)] | None = None
    """Shares of the room in use."""
    history_start: Annotated[float, msgspec.Meta(ge=0, lt=100_000_000_000)] | None = None
    history_delta: Annotated[float, msgspec.Meta(ge=0, le=86_400)] | None = None
    estimated_full_date: float | None = None
    """In the past when less and less is used, 0 when nothing moves, absent while too little is known."""
    gc_status: Collection | None = None


class Store(msgspec.Struct, rename="kebab"):
    """A datastore as it is listed."""

    store: Name
    comment: str | None = None
    maintenance: str | None = None
    """E.g. ``type=offline,message=disk%20swap``."""
    mount_status: str | None = None


class Collecting(Collection, rename="kebab", kw_only=True):
    """Garbage collection of one datastore: its schedule and its last run, which may have failed."""

    store: Name
    schedule: str | None = None
    next_run: Moment | None = None
    last_run_endtime: Moment | None = None
    last_run_state: str | None = None
    duration: Annotated[float, msgspec.Meta(ge=0, lt=1e9)] | None = None


class Job(msgspec.Struct, rename="kebab"):
    """A verify, prune or sync job with its last run."""

    id: str
    store: Name
    ns: Path | None = None
    schedule: str | None = None
    disable: bool | None = None
    comment: str | None = None
    remote: str | None = None
    remote_store: str | None = None
    sync_direction: str | None = None
    next_run: Moment | None = None
    last_run_upid: str | None = None
    last_run_endtime: Moment | None = None
    """Absent while it runs."""
    last_run_state: str | None = None


class Group(msgspec.Struct, rename="kebab"):
    """All backups of one thing."""

    backup_type: str
    backup_id: str
    last_backup: Moment | None = None
    backup_count: Count | None = None
    owner: str | None = None
    comment: str | None = None


class File(msgspec.Struct):
    """A file of a backup."""

    filename: str


class Verification(msgspec.Struct):
    """How the last check of a backup went."""

    state: str = ""


class Snapshot(msgspec.Struct, rename="kebab"):
    """One backup."""

    backup_type: str
    backup_id: str
    backup_time: Moment
    comment: str | None = None
    verification: Verification | None = None
    files: list[File] | None = None
    """Without the manifest while it is being written, and for ever when that broke off."""
    size: float | None = None
    owner: str | None = None
    protected: bool | None = None


class Task(msgspec.Struct):
    """One task."""

    upid: str
    worker_type: str
    starttime: Moment
    worker_id: str | None = None
    user: str | None = None
    endtime: Moment | None = None
    status: str | None = None
