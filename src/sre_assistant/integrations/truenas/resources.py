"""What there is on a TrueNAS, as resources."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Final, NamedTuple

from sre_assistant.domain.inventory import Health, Resource
from sre_assistant.integrations.truenas import shapes, work

_FAILED_POOLS: Final = frozenset({"FAULTED", "UNAVAIL", "SUSPENDED", "OFFLINE", "REMOVED"})
_APPS: Final[Mapping[str, Health]] = {"RUNNING": "ok", "CRASHED": "failed"}
_LEVELS: Final[Mapping[str, Health]] = {
    "EMERGENCY": "failed",
    "ALERT": "failed",
    "CRITICAL": "failed",
    "ERROR": "warning",
    "WARNING": "warning",
}
_OFFERED_BY: Final = {"nfs": "nfs", "smb": "cifs"}


def host_of(
    info: shapes.SystemInfo, alerts: Sequence[work.Alert] | None, interfaces: Iterable[shapes.Interface]
) -> Resource:
    """The machine; its health is that of its alerts, where they can be read."""
    states = [one.state for one in interfaces if one.state is not None]
    active = [one for one in alerts or () if not one.dismissed and one.level in _LEVELS]
    worst = min(active, key=lambda one: list(_LEVELS).index(one.level), default=None)
    health: Health = "ok" if alerts is not None else "unknown"
    return Resource(
        kind="host",
        id=info.hostname,
        name=info.hostname,
        state="running",
        health=_LEVELS[worst.level] if worst else health,
        detail=plain(worst.formatted or worst.text) if worst else "",
        addresses=tuple(
            one.address
            for state in states
            for one in state.aliases or ()
            if one.type in {"INET", "INET6"} and not one.address.lower().startswith("fe80:")
        ),
        macs=tuple(dict.fromkeys(state.link_address.lower() for state in states if state.link_address)),
        since=info.boottime.at if info.boottime else None,
        labels=_labels(
            version=info.version, product="TrueNAS", model=info.system_product, serial=info.system_serial
        ),
        figures=_figures(memory_bytes=info.physmem, cpu_count=info.cores, uptime_seconds=info.uptime_seconds),
    )


def pool_of(pool: shapes.Pool, host: str) -> Resource:
    """A pool with its room and its errors."""
    errors = [sum(part.stats.errors) if part.stats else 0 for part in every_part(pool)]
    return Resource(
        kind="pool",
        id=pool.name,
        name=pool.name,
        state=pool.status,
        health=_pool_health(pool),
        detail=plain(pool.status_detail),
        host=host,
        labels=_labels(status_code=pool.status_code, guid=pool.guid),
        figures=_figures(
            size_bytes=pool.size,
            used_bytes=pool.allocated,
            available_bytes=pool.free,
            fragmentation_ratio=_ratio(pool.fragmentation),
            device_errors=sum(errors),
        ),
    )


def dataset_of(dataset: shapes.Dataset, host: str) -> Resource:
    """A dataset or volume with its room."""
    return Resource(
        kind="dataset",
        id=dataset.id,
        name=dataset.id.rpartition("/")[2],
        state="locked" if dataset.locked else dataset.type.lower(),
        host=host,
        within=dataset.pool,
        labels=_labels(mountpoint=dataset.mountpoint, compression=_value(dataset.compression)),
        figures=_figures(
            used_bytes=_number(dataset.used),
            available_bytes=_number(dataset.available),
            snapshot_bytes=_number(dataset.usedbysnapshots),
            quota_bytes=_number(dataset.quota) or None,
            refquota_bytes=_number(dataset.refquota) or None,
            volume_bytes=_number(dataset.volsize) or None,
        ),
    )


def disks_of(
    disks: Sequence[shapes.Disk],
    pools: Sequence[shapes.Pool],
    temperatures: Mapping[str, float | None],
    host: str,
) -> Iterator[Resource]:
    """The disks that are there, and those that a pool misses."""
    parts = {part.disk: (pool, part) for pool in pools for part in every_part(pool) if part.disk}
    for disk in disks:
        pool, part = parts.get(disk.name, (None, None))
        yield _disk(disk, part, disk.pool or (pool.name if pool else ""), temperatures, host)
    taken = {disk.name for disk in disks}
    for pool in pools:
        for part in every_part(pool):
            if part.unavail_disk is not None:
                yield _lost(part, part.unavail_disk, pool, taken, host)


class Standing(NamedTuple):
    """Whether a share can be used, and why not."""

    state: str
    health: Health = "unknown"
    detail: str = ""


def standing_of(
    kind: str, services: Mapping[str, shapes.Service], *, enabled: bool | None, locked: bool | None
) -> Standing:
    """What a share's own flags and its service say together."""
    service = services.get(_OFFERED_BY[kind])
    if enabled is False:
        return Standing("disabled")
    if locked:
        return Standing("locked", "failed", "its dataset is locked")
    if service is None:
        return Standing("enabled")
    if service.state == "RUNNING":
        return Standing("enabled", "ok")
    return Standing("not served", "failed", f"service {service.service} is {service.state or 'not running'}")


class Surroundings(NamedTuple):
    """What shares stand on."""

    host: str
    services: Mapping[str, shapes.Service]
    """By name, e.g. ``cifs``."""
    mounts: Mapping[str, str]
    """Dataset by mount point."""

    def dataset_at(self, path: str) -> str:
        """The dataset that a path is in; empty when that is not known."""
        while path and path not in self.mounts:
            path = path.rpartition("/")[0]
        return self.mounts.get(path, "")


def nfs_shares_of(shares: Sequence[shapes.NfsShare], around: Surroundings) -> Iterator[Resource]:
    """NFS exports; a path may be exported more than once, to others each time."""
    often = Counter(share.path for share in shares)
    for share in shares:
        number = f" #{share.id}" if often[share.path] > 1 and share.id is not None else ""
        yield _nfs_share(share, number, around)


def smb_share_of(share: shapes.SmbShare, around: Surroundings) -> Resource:
    """An SMB share."""
    standing = standing_of("smb", around.services, enabled=share.enabled, locked=share.locked)
    return Resource(
        kind="share",
        id=f"smb:{share.name}",
        name=share.name,
        state=standing.state,
        health=standing.health,
        detail=standing.detail,
        host=around.host,
        within=around.dataset_at(share.path),
        uses=(share.path,) if share.path else (),
        labels=_labels(
            kind="smb",
            path=share.path,
            read_only=_yes(share.ro if share.readonly is None else share.readonly),
        ),
    )


def app_of(app: shapes.App, host: str) -> Resource:
    """An app with the paths that its containers use."""
    inside = (app.active_workloads.container_details if app.active_workloads else None) or []
    mounts = (mount.source for one in inside for mount in one.volume_mounts or () if mount.source)
    down = [f"{one.service_name} {one.state}" for one in inside if one.state not in {"running", None}]
    return Resource(
        kind="app",
        id=f"app/{app.name}",
        name=app.name,
        state=app.state,
        health=_APPS.get(app.state, "unknown"),
        detail=", ".join(down),
        host=host,
        uses=tuple(dict.fromkeys(mounts)),
        labels=_labels(
            version=app.human_version or app.version,
            image=next((one.image for one in inside if one.image), None),
            upgrade=app.latest_version if app.upgrade_available else None,
        ),
        figures=_figures(containers=len(inside)),
    )


def every_part(pool: shapes.Pool) -> Iterator[shapes.Vdev]:
    """All parts of a pool, of whatever class and depth."""
    left = [part for parts in (pool.topology or {}).values() for part in parts][::-1]
    while left:
        part = left.pop()
        yield part
        left += (part.children or ())[::-1]


def plain(text: str | None) -> str:
    """What the middleware wrote for its own page, without the tags."""
    spaced = (text or "").replace("<br>", " ").replace("<li>", " ").replace("</li>", ";")
    for tag in ("<ul>", "</ul>", "<b>", "</b>"):
        spaced = spaced.replace(tag, "")
    return " ".join(spaced.split()).rstrip(";")


def _nfs_share(share: shapes.NfsShare, number: str, around: Surroundings) -> Resource:
    standing = standing_of("nfs", around.services, enabled=share.enabled, locked=share.locked)
    return Resource(
        kind="share",
        id=f"nfs:{share.path}{number}",
        name=share.comment or share.path,
        state=standing.state,
        health=standing.health,
        detail=standing.detail,
        host=around.host,
        within=around.dataset_at(share.path),
        uses=(share.path,),
        labels=_labels(
            kind="nfs",
            path=share.path,
            read_only=_yes(share.ro),
            clients=", ".join([*(share.networks or ()), *(share.hosts or ())]),
        ),
    )


def _disk(
    disk: shapes.Disk,
    part: shapes.Vdev | None,
    pool: str,
    temperatures: Mapping[str, float | None],
    host: str,
) -> Resource:
    errors = part.stats.errors if part and part.stats else (0, 0, 0)
    return Resource(
        kind="disk",
        id=disk.name,
        name=disk.name,
        state=part.status if part else "present",
        health=_part_health(part) if part else "unknown",
        detail=_counted(errors),
        host=host,
        within=pool,
        labels=_labels(
            serial=disk.serial,
            wwn=disk.lunid,
            model=disk.model,
            type=disk.type,
            bus=disk.bus,
            standby=disk.hddstandby,
        ),
        figures=_figures(
            size_bytes=disk.size,
            temperature_celsius=temperatures.get(disk.name),
            read_errors=errors[0] if part else None,
            write_errors=errors[1] if part else None,
            checksum_errors=errors[2] if part else None,
        ),
    )


def _lost(
    part: shapes.Vdev, lost: shapes.LostDisk, pool: shapes.Pool, taken: set[str], host: str
) -> Resource:
    """A disk that is gone; its name may be another's by now."""
    name = lost.name or lost.serial or part.name
    own = name if name not in taken else f"{name} ({lost.serial or part.name})"
    return Resource(
        kind="disk",
        id=own,
        name=name,
        state=part.status,
        health="failed",
        detail=f"missing from pool {pool.name}",
        host=host,
        within=pool.name,
        labels=_labels(serial=lost.serial, model=lost.model),
    )


def _pool_health(pool: shapes.Pool) -> Health:
    if pool.status in _FAILED_POOLS:
        return "failed"
    if pool.status != "ONLINE" or pool.warning or pool.healthy is False:
        return "warning"
    return "ok"


def _part_health(part: shapes.Vdev) -> Health:
    if part.status in _FAILED_POOLS:
        return "failed"
    if part.status not in {"ONLINE", "AVAIL", "INUSE"} or (part.stats and any(part.stats.errors)):
        return "warning"
    return "ok"


def _counted(errors: tuple[int, int, int]) -> str:
    return "errors: {} read, {} write, {} checksum".format(*errors) if any(errors) else ""


def _number(one: shapes.Property | None) -> float | None:
    return one.number if one else None


def _value(one: shapes.Property | None) -> str | None:
    return one.value if one else None


def _ratio(percent: str | None) -> float | None:
    return int(percent) / 100 if percent and percent.isdecimal() and len(percent) <= 3 else None


def _yes(flag: bool | None) -> str | None:
    return None if flag is None else "yes" if flag else "no"


def _labels(**given: str | None) -> dict[str, str]:
    return {name: text for name, text in given.items() if text}


def _figures(**given: float | None) -> dict[str, float]:
    return {name: float(number) for name, number in given.items() if number is not None}
