"""What the middleware answers, over either API; only what is used. Fields that may be null are."""

from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta
from typing import Annotated, Final, TypeAlias

import msgspec

Whole: TypeAlias = Annotated[int, msgspec.Meta(ge=-(2**53), le=2**53)]
"""A number without a fraction, of a size that things have."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


def moment(seconds: float) -> datetime:
    """The time so many seconds after 1970.

    Raises:
        ValueError: there is no such.
    """
    try:
        return _EPOCH + timedelta(seconds=seconds)
    except OverflowError as error:
        raise ValueError(f"{seconds:g} is no time") from error


class Date(msgspec.Struct, rename={"ms": "$date"}):
    """A moment, in milliseconds since 1970."""

    ms: Whole

    def __post_init__(self) -> None:
        """Refuses what is no time."""
        moment(self.ms / 1000)

    @property
    def at(self) -> datetime:
        """The moment."""
        return moment(self.ms / 1000)


class Property(msgspec.Struct):
    """A property of a dataset or snapshot; the raw text is the same in all releases."""

    parsed: object = None
    rawvalue: str | None = None
    value: str | None = None

    @property
    def number(self) -> float | None:
        """The raw text as a number; None when it is none."""
        try:
            number = float(self.rawvalue or "")
        except ValueError:
            return None
        return number if math.isfinite(number) else None


class SystemInfo(msgspec.Struct):
    """``system.info``."""

    version: str
    hostname: str
    physmem: float | None = None
    model: str | None = None
    cores: Whole | None = None
    physical_cores: Whole | None = None
    loadavg: list[float] | None = None
    uptime_seconds: float | None = None
    system_serial: str | None = None
    system_product: str | None = None
    system_manufacturer: str | None = None
    ecc_memory: bool | None = None
    boottime: Date | None = None
    datetime: Date | None = None
    timezone: str | None = None


class Stats(msgspec.Struct):
    """What a part of a pool counted."""

    read_errors: Whole | None = None
    write_errors: Whole | None = None
    checksum_errors: Whole | None = None

    @property
    def errors(self) -> tuple[int, int, int]:
        """Reading, writing and checksums."""
        return self.read_errors or 0, self.write_errors or 0, self.checksum_errors or 0


class LostDisk(msgspec.Struct):
    """A disk that a pool misses."""

    name: str | None = None
    serial: str | None = None
    model: str | None = None


class Vdev(msgspec.Struct):
    """A part of a pool, or of a part."""

    name: str = ""
    type: str = ""
    status: str = ""
    stats: Stats | None = None
    children: list[Vdev] | None = None
    disk: str | None = None
    unavail_disk: LostDisk | None = None


class Scan(msgspec.Struct):
    """The last scrub or resilver."""

    function: str = ""
    state: str = ""
    start_time: Date | None = None
    end_time: Date | None = None
    percentage: float | None = None
    errors: Whole | None = None
    total_secs_left: float | None = None
    pause: object = None


class Pool(msgspec.Struct):
    """``pool.query`` and ``boot.get_state``."""

    name: str
    status: str
    guid: str | None = None
    path: str | None = None
    healthy: bool | None = None
    warning: bool | None = None
    status_code: str | None = None
    status_detail: str | None = None
    size: float | None = None
    allocated: float | None = None
    free: float | None = None
    fragmentation: str | None = None
    scan: Scan | None = None
    topology: dict[str, list[Vdev]] | None = None


class Dataset(msgspec.Struct):
    """``pool.dataset.query``, without its children: they come by themselves too."""

    id: str
    pool: str = ""
    type: str = ""
    mountpoint: str | None = None
    encrypted: bool | None = None
    locked: bool | None = None
    used: Property | None = None
    available: Property | None = None
    usedbysnapshots: Property | None = None
    quota: Property | None = None
    refquota: Property | None = None
    volsize: Property | None = None
    compression: Property | None = None
    compressratio: Property | None = None
    readonly: Property | None = None


class Disk(msgspec.Struct):
    """``disk.query``."""

    name: str
    serial: str | None = None
    lunid: str | None = None
    size: float | None = None
    model: str | None = None
    type: str | None = None
    bus: str | None = None
    rotationrate: Whole | None = None
    hddstandby: str | None = None
    pool: str | None = None


class Alias(msgspec.Struct):
    """An address of an interface."""

    type: str = ""
    address: str = ""


class InterfaceState(msgspec.Struct):
    """What an interface is right now."""

    link_address: str | None = None
    link_state: str | None = None
    aliases: list[Alias] | None = None


class Interface(msgspec.Struct):
    """``interface.query``."""

    name: str
    state: InterfaceState | None = None


class NfsShare(msgspec.Struct):
    """``sharing.nfs.query``."""

    path: str
    id: Whole | None = None
    enabled: bool | None = None
    ro: bool | None = None
    locked: bool | None = None
    comment: str | None = None
    networks: list[str] | None = None
    hosts: list[str] | None = None


class SmbShare(msgspec.Struct):
    """``sharing.smb.query``; ``readonly`` was ``ro`` up to 25.04."""

    name: str
    path: str = ""
    enabled: bool | None = None
    ro: bool | None = None
    readonly: bool | None = None
    locked: bool | None = None
    comment: str | None = None
    purpose: str | None = None


class Service(msgspec.Struct):
    """``service.query``."""

    service: str
    state: str = ""
    enable: bool | None = None


class Cipher(msgspec.Struct):
    """How a session is protected."""

    cipher: str | None = None


class Connection(msgspec.Struct):
    """A share that a session has open."""

    service: str = ""


class SmbSession(msgspec.Struct):
    """``smb.status``."""

    username: str | None = None
    remote_machine: str | None = None
    hostname: str | None = None
    session_dialect: str | None = None
    encryption: Cipher | None = None
    signing: Cipher | None = None
    share_connections: list[Connection] | None = None


class NfsClient(msgspec.Struct):
    """``nfs.get_nfs3_clients``."""

    ip: str = ""
    export: str = ""


class Mount(msgspec.Struct):
    """A path that an app uses."""

    source: str | None = None
    destination: str | None = None


class Workload(msgspec.Struct):
    """A container of an app."""

    id: str | None = None
    service_name: str | None = None
    image: str | None = None
    state: str | None = None
    volume_mounts: list[Mount] | None = None


class Workloads(msgspec.Struct):
    """The containers of an app."""

    container_details: list[Workload] | None = None


class App(msgspec.Struct):
    """``app.query``."""

    name: str
    state: str = ""
    human_version: str | None = None
    version: str | None = None
    latest_version: str | None = None
    upgrade_available: bool | None = None
    image_updates_available: bool | None = None
    active_workloads: Workloads | None = None


class Snapshot(msgspec.Struct):
    """``pool.snapshot.query``, which was ``zfs.snapshot.query`` up to 25.04."""

    name: str
    dataset: str
    properties: dict[str, Property | None] | None = None

    def __post_init__(self) -> None:
        """Refuses what was taken at no time."""
        moment(self.number("creation") or 0)

    @property
    def created(self) -> datetime | None:
        """When it was taken, where that is said."""
        seconds = self.number("creation")
        return None if seconds is None else moment(seconds)

    def number(self, name: str) -> float | None:
        """A property that is a number."""
        found = (self.properties or {}).get(name)
        return found.number if found is not None else None


class Privilege(msgspec.Struct):
    """What somebody may do; a set is ``{"$set": […]}`` on the wire."""

    roles: object = None


class Me(msgspec.Struct):
    """``auth.me``."""

    pw_name: str = ""
    account_attributes: list[str] | None = None
    privilege: Privilege | None = None
