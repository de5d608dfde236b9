"""Datasets, their snapshots, and the tasks that take them."""

from __future__ import annotations

from datetime import timedelta
from typing import Final

from sre_assistant.sim.servers.truenas.queries import Row
from sre_assistant.sim.servers.truenas.view import View, digits
from sre_assistant.sim.signals import DAY
from sre_assistant.sim.things.hosts import Filesystem
from sre_assistant.sim.things.jobs import Job
from sre_assistant.sim.things.storage import Pool

KEPT_WEEKS: Final = 2
NAMING: Final = "auto-%Y-%m-%d_%H-%M"
_UNITS: Final = ("B", "K", "M", "G", "T", "P")


def datasets(view: View) -> list[Row]:
    """``pool.dataset.query``: each pool's own dataset with its children, then these again by themselves."""
    found: list[Row] = []
    for pool in view.pools:
        children = [_child(view, pool, one) for _, one in sorted(pool.filesystems.items())]
        found += [_root(view, pool, children), *children]
    return found


def snapshot_tasks(view: View) -> list[Row]:
    """``pool.snapshottask.query``."""
    return [_task(view, number, job) for number, job in enumerate(_jobs(view), 1)]


def snapshots(view: View) -> list[Row]:
    """``pool.snapshot.query``: what the tasks have taken and not yet removed."""
    found = []
    for number, job in enumerate(_jobs(view), 1):
        names = _names(view, job.spec.pool)
        for run in job.runs(view.now - KEPT_WEEKS * 7 * DAY, view.now):
            if run.good and run.end <= view.now:
                found += [_snapshot(view, name, run.start, number) for name in names]
    return [one for one in found if view.world.spells[f"snapshot/{one['id']}"].at(view.now, "delete") is None]


def rounded(size: float) -> str:
    """Bytes as ZFS writes them: three digits and a unit."""
    number, place = float(size), 0
    while number >= 1024 and place < len(_UNITS) - 1:
        number, place = number / 1024, place + 1
    text = f"{number:.3g}" if number < 1000 else f"{number:.0f}"
    return f"{text}{_UNITS[place]}"


def _jobs(view: View) -> list[Job]:
    own = {pool.name for pool in view.pools}
    return [job for job in view.world.jobs.values() if job.spec.kind == "snapshot" and job.spec.pool in own]


def _names(view: View, pool: str) -> list[str]:
    mounted = next(one.filesystems for one in view.pools if one.name == pool)
    return [pool, *sorted(one.spec.device for one in mounted.values())]


def _root(view: View, pool: Pool, children: list[Row]) -> Row:
    used = int(view.figure(pool.allocated))
    kept = int(pool.spec.other)
    return _dataset(
        view,
        pool,
        pool.name,
        f"/{pool.name}",
        {"used": used, "free": int(pool.spec.size) - used, "kept": kept},
    ) | {"children": children}


def _child(view: View, pool: Pool, one: Filesystem) -> Row:
    used = int(view.figure(one.used))
    left = min(int(one.spec.size) - used, int(pool.spec.size - view.figure(pool.allocated)))
    mount = next(mount for mount, other in pool.filesystems.items() if other is one)
    sizes = {"used": used, "free": left, "kept": used // 40, "quota": int(one.spec.size)}
    return _dataset(view, pool, one.spec.device, mount, sizes)


def _dataset(view: View, pool: Pool, name: str, mount: str, sizes: dict[str, int]) -> Row:
    made = view.date(view.world.begin - DAY * (500 + digits(name) % 400))
    used, kept, quota = sizes["used"], sizes["kept"], sizes.get("quota", 0)
    gone = pool.state(view.now) == "SUSPENDED"
    found: Row = {
        "id": name,
        "type": "FILESYSTEM",
        "name": name,
        "pool": pool.name,
        "encrypted": False,
        "encryption_root": None,
        "key_loaded": False,
        "children": [],
        "user_properties": {},
        "locked": False,
        "mountpoint": None if gone else mount,
        "used": _size(used),
        "available": _size(max(sizes["free"], 0)),
        "usedbysnapshots": _size(kept),
        "usedbydataset": _size(max(used - kept, 0)),
        "usedbychildren": _size(0),
        "quota": _limit(0),
        "refquota": _limit(quota),
        "compression": _property("lz4", "LZ4"),
        "compressratio": _property("1.12", "1.12x", source="NONE"),
        "readonly": _property(False, "OFF", raw="off"),
        "sync": _property("standard", "STANDARD"),
        "atime": _property(False, "OFF", raw="off"),
        "deduplication": _property("off", "OFF", source="DEFAULT"),
        "checksum": _property("on", "ON", source="DEFAULT"),
        "origin": _property("", "", source="NONE"),
        "recordsize": _property("131072", "128K"),
        "creation": _property(
            made, str(made["$date"] // 1000), raw=str(made["$date"] // 1000), source="NONE"
        ),
    }
    return found


def _task(view: View, number: int, job: Job) -> Row:
    last = job.last(f"pool/{job.spec.pool}", view.now)
    minute = int(job.phase % 3600 // 60)
    hour = "*" if job.period == 3600 else str(int(job.phase % DAY // 3600))
    state: Row = {"state": "PENDING"}
    if last is not None:
        state = {"state": "FINISHED" if last.good else "ERROR", "datetime": view.date(last.end)}
        state |= {} if last.good else {"error": last.error}
    return {
        "id": number,
        "dataset": job.spec.pool,
        "recursive": True,
        "lifetime_value": KEPT_WEEKS,
        "lifetime_unit": "WEEK",
        "enabled": True,
        "exclude": [],
        "naming_schema": NAMING,
        "allow_empty": True,
        "schedule": {
            "minute": str(minute),
            "hour": hour,
            "dom": "*",
            "month": "*",
            "dow": "*",
            "begin": "00:00",
            "end": "23:59",
        },
        "vmware_sync": False,
        "state": state,
    }


def _snapshot(view: View, dataset: str, start: float, task: int) -> Row:
    moment = view.world.epoch + timedelta(seconds=start)
    name = moment.strftime(NAMING)
    own = digits(dataset, name)
    taken = view.date(start)
    sizes = {"used": own % (900 << 20), "referenced": own % (1800 << 30)}
    properties = {key: _plain(str(value), rounded(value), value) for key, value in sizes.items()}
    properties["creation"] = _plain(str(taken["$date"] // 1000), f"{moment:%a %b %e %H:%M %Y}", taken)
    return {
        "properties": properties,
        "pool": dataset.partition("/")[0],
        "name": f"{dataset}@{name}",
        "type": "SNAPSHOT",
        "snapshot_name": name,
        "dataset": dataset,
        "id": f"{dataset}@{name}",
        "createtxg": str(int(start // 5)),
        "holds": {},
        "retention": {
            "datetime": view.date(start + KEPT_WEEKS * 7 * DAY),
            "source": "periodic_snapshot_task",
            "periodic_snapshot_task_id": task,
        },
    }


def _size(value: int) -> Row:
    return {
        "parsed": value,
        "rawvalue": str(value),
        "value": rounded(value),
        "source": "NONE",
        "source_info": None,
    }


def _limit(value: int) -> Row:
    return {
        "parsed": value or None,
        "rawvalue": str(value),
        "value": rounded(value) if value else None,
        "source": "LOCAL" if value else "DEFAULT",
        "source_info": None,
    }


def _property(parsed: object, value: str, *, raw: str | None = None, source: str = "LOCAL") -> Row:
    own = raw if raw is not None else str(parsed)
    return {"parsed": parsed, "rawvalue": own, "value": value, "source": source, "source_info": None}


def _plain(raw: str, value: str, parsed: object) -> Row:
    return {"value": value, "rawvalue": raw, "source": "NONE", "parsed": parsed}
