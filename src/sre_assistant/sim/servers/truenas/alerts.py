"""What the NAS itself complains of: ``alert.list``."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.servers.truenas.datasets import rounded
from sre_assistant.sim.servers.truenas.pools import pool_row
from sre_assistant.sim.servers.truenas.queries import Row
from sre_assistant.sim.servers.truenas.view import View, digits
from sre_assistant.sim.things.storage import Drive, Pool

_CAPACITY: Final = ((95, "ZpoolCapacityCritical", "CRITICAL"), (90, "ZpoolCapacityWarning", "WARNING"))
_CAPACITY_NOTICE: Final = (85, "ZpoolCapacityNotice", "NOTICE")
_QUOTA: Final = ((95.0, "QuotaCritical", "CRITICAL"), (90.0, "QuotaWarning", "WARNING"))
"""The owner has set the warning to 90 percent."""
_CHECKED_SECONDS: Final = 300.0
_GRAIN: Final = 60.0


@dataclass(frozen=True, slots=True)
class Complaint:
    """One alert before it has an id."""

    klass: str
    level: str
    source: str
    text: str
    args: Mapping[str, Any] | str
    since: float
    one_shot: bool = False

    @property
    def formatted(self) -> str:
        """The text with its arguments."""
        return self.text % self.args


def alerts(
    view: View, dismissed: frozenset[str], revoked: float | None = None, rest_calls: int = 0
) -> list[Row]:
    """What is wrong now, the longest known first; also a revoked key and calls of the older API."""
    found = [*_pools(view), *_datasets(view), *_disks(view), *_power(view)]
    if revoked is not None:
        key = {"key_name": "sre", "reason": "Attempt to use over an insecure transport"}
        text = "%(key_name)s: API key was revoked: %(reason)s."
        found.append(Complaint("ApiKeyRevoked", "WARNING", "", text, key, revoked, one_shot=True))
    if rest_calls and view.newer:
        used = {"count": rest_calls, "ip_addresses": "127.0.0.1"}
        text = "The deprecated REST API was used %(count)d times in the last 24 hours from: %(ip_addresses)s."
        found.append(Complaint("RESTAPIUsage", "WARNING", "RESTAPIUsage", text, used, view.now))
    return [_row(view, one, dismissed) for one in sorted(found, key=lambda one: (one.since, one.klass))]


def _pools(view: View) -> Iterator[Complaint]:
    pools = [*view.pools, *([view.boot] if view.boot else [])]
    for pool in pools:
        row = pool_row(view, pool, 1)
        if row["warning"]:
            yield _status(view, pool, row)
        used = 100.0 * row["allocated"] / row["size"]
        for least, klass, level in (*_CAPACITY, _CAPACITY_NOTICE):
            if used >= least and pool.name != "boot-pool":
                args = {"volume": pool.name, "capacity": int(used)}
                text = "Space usage for pool '%(volume)s' is %(capacity)d%%."
                since = _crossed(view, pool.allocated, least / 100 * pool.spec.size)
                yield Complaint(klass, level, "ZpoolCapacity", text, args, since)
                break


def _status(view: View, pool: Pool, row: Row) -> Complaint:
    bad = [drive for drive in pool.drives if not view.figure(drive.present)]
    listed = "".join(f"<li>Disk {one.spec.model} {one.serial} is UNAVAIL</li>" for one in bad)
    devices = f"<br>The following devices are not healthy:<ul>{listed}</ul>" if bad else ""
    args = {"volume": pool.name, "state": row["status"], "status": row["status_detail"], "devices": devices}
    text = "Pool %(volume)s state is %(state)s: %(status)s%(devices)s"
    begun = [one.start for one in pool.spells if one.has(view.now) or one.mode == "errors"]
    begun = [start for start in begun if start <= view.now] or [view.now]
    level = "WARNING" if row["status"] == "ONLINE" else "CRITICAL"
    return Complaint("VolumeStatus", level, "VolumeStatus", text, args, min(begun))


def _datasets(view: View) -> Iterator[Complaint]:
    """A dataset that nears the size that it may have."""
    for pool in view.pools:
        for one in pool.filesystems.values():
            used, most = view.figure(one.used), float(one.spec.size)
            share = 100.0 * used / most
            for least, klass, level in _QUOTA:
                if share >= least:
                    args = {
                        "name": "Refquota",
                        "dataset": one.spec.device,
                        "used_fraction": round(share, 2),
                        "used": _binary(used),
                        "quota_value": _binary(most),
                    }
                    text = (
                        "%(name)s exceeded on dataset %(dataset)s. Used %(used_fraction).2f%% "
                        "(%(used)s of %(quota_value)s)."
                    )
                    since = _crossed(view, one.used, least / 100 * most)
                    yield Complaint(klass, level, "Quota", text, args, since)
                    break


def _disks(view: View) -> Iterator[Complaint]:
    for drive in view.drives:
        bad = int(view.figure(drive.bad_sectors))
        if bad:
            yield _smart(view, drive, bad)


def _smart(view: View, drive: Drive, bad: int) -> Complaint:
    since = min(one.start for one in drive.spells.of("failing")) + _CHECKED_SECONDS
    if view.newer:
        args = {"ue": bad, "name": drive.device, "serial": drive.serial}
        text = "%(ue)d uncorrectable errors reported for %(name)s (%(serial)s)."
        return Complaint("SMARTUncorrectedErrors", "WARNING", "SMART", text, args, since)
    pending = (
        f"Device: /dev/{drive.device} [SAT], {bad - bad * 2 // 3} Currently unreadable (pending) sectors"
    )
    return Complaint("SMART", "CRITICAL", "", "%s.", pending, since, one_shot=True)


def _power(view: View) -> Iterator[Complaint]:
    for ups in view.world.ups.values():
        if ups.spec.host != view.name or not view.figure(ups.on_battery):
            continue
        body = f"<br><br>Statistics recovered:<br>battery.charge: {int(view.figure(ups.charge))}"
        args = {"ups": "ups@localhost:3493", "body": body}
        since = max(one.start for one in ups.spells.of("battery") if one.start <= view.now)
        text = "UPS %(ups)s is on battery power.%(body)s"
        yield Complaint("UPSOnBattery", "CRITICAL", "", text, args, since, one_shot=True)


def _crossed(view: View, level: Callable[[Floats], Floats], most: float) -> float:
    """When a level last was below a limit, looked up in steps of ten minutes for a day."""
    t = view.now
    for _ in range(144):
        if view.figure(level, t - 600.0) < most:
            break
        t -= 600.0
    return t


def _row(view: View, one: Complaint, dismissed: frozenset[str]) -> Row:
    key = msgspec.json.encode(one.args).decode()
    about = one.args.split(",")[0] if isinstance(one.args, str) else _about(one.args)
    own = f"{digits(view.name, one.klass, about):016x}{digits(about, one.klass):016x}"
    uuid = f"{own[:8]}-{own[8:12]}-4{own[13:16]}-8{own[17:20]}-{own[20:32]}"
    last = view.now // _GRAIN * _GRAIN
    return {
        "uuid": uuid,
        "source": one.source,
        "klass": one.klass,
        "args": one.args,
        "node": "Controller A",
        "key": key,
        "datetime": view.date(one.since),
        "last_occurrence": view.date(max(one.since, last)),
        "dismissed": uuid in dismissed,
        "mail": None,
        "text": one.text,
        "id": uuid,
        "level": one.level,
        "formatted": one.formatted,
        "one_shot": one.one_shot,
    }


def _about(args: Mapping[str, Any]) -> str:
    """What it is about: a thing keeps its alert while the figures in it change."""
    return str(
        next(
            args[name]
            for name in ("volume", "dataset", "serial", "ups", "key_name", "ip_addresses")
            if name in args
        )
    )


def _binary(size: float) -> str:
    text = rounded(size)
    return f"{text[:-1]} {text[-1]}iB"
