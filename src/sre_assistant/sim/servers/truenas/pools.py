"""Pools: their state, what they consist of, and the last scrub or resilver."""

from __future__ import annotations

from typing import Any, Final

from sre_assistant.sim.servers.truenas.queries import Row
from sre_assistant.sim.servers.truenas.view import View, digits
from sre_assistant.sim.things.storage import Drive, Pool

_TYPES: Final = {"mirror": "MIRROR", "raidz1": "RAIDZ1", "raidz2": "RAIDZ2"}
_CODES: Final = {
    "DEGRADED": (
        "FAULTED_DEV_R",
        "One or more devices are faulted in response to persistent errors.  "
        "Sufficient replicas exist for the pool to continue functioning in a degraded state.",
    ),
    "SUSPENDED": ("IO_FAILURE_WAIT", "One or more devices are faulted in response to IO failures."),
    "ERRORS": (
        "FAILING_DEV",
        "One or more devices has experienced an unrecoverable error.  "
        "An attempt was made to correct the error.  Applications are unaffected.",
    ),
}
_RESILVER_SECONDS: Final = 4 * 3600.0
_LONGEST_SCRUB: Final = 86400.0


def pools(view: View) -> list[Row]:
    """``pool.query``."""
    return [pool_row(view, pool, number) for number, pool in enumerate(view.pools, 1)]


def boot_state(view: View) -> Row | None:
    """``boot.get_state``."""
    return None if view.boot is None else pool_row(view, view.boot, 0)


def pool_row(view: View, pool: Pool, number: int) -> Row:
    """A pool with all that is known of it."""
    state = pool.state(view.now)
    errors = sum(sum(pool.errors(drive, view.now)) for drive in pool.drives)
    code, detail = _CODES.get("ERRORS" if state == "ONLINE" and errors else state, ("OK", None))
    size, used = int(pool.spec.size), int(view.figure(pool.allocated))
    sizes = {"size": size, "allocated": used, "free": size - used, "freeing": 0}
    return {
        "id": number,
        "name": pool.name,
        "guid": str(digits(str(pool.host.seed), "pool", pool.name)),
        **({"all_sed": False} if view.release == "26.0" else {}),
        "status": state,
        "path": f"/{pool.name}" if number else "/",
        "scan": scan(view, pool),
        "expand": None,
        "is_upgraded": True,
        "healthy": state == "ONLINE",
        "warning": code != "OK",
        "status_code": code,
        "status_detail": detail,
        **sizes,
        "dedup_table_size": 0,
        "dedup_table_quota": "auto",
        "fragmentation": str(4 + pool.host.seed % 30),
        **{f"{name}_str": str(value) for name, value in sizes.items()},
        "autotrim": {"parsed": "off", "rawvalue": "off", "source": "DEFAULT", "value": "off"},
        "topology": {
            "data": _vdevs(view, pool),
            **{one: [] for one in ("log", "cache", "spare", "special", "dedup")},
        },
    }


def scan(view: View, pool: Pool) -> Row | None:
    """The resilver after a disk came back, else the last scrub, if there was any."""
    back = [one.end for one in pool.spells.of("degraded") if one.end <= view.now]
    runs = [
        (run.start, run.end, "SCRUB")
        for job in view.world.jobs.values()
        if job.spec.kind == "scrub" and job.spec.pool == pool.name
        for run in job.runs(view.now - 9 * 86400.0, view.now)
        if run.good
    ]
    runs += [(end, end + _RESILVER_SECONDS, "RESILVER") for end in back]
    runs += [
        (one.start, min(one.end, one.start + _LONGEST_SCRUB), "SCRUB")
        for one in pool.spells.of("scrubbing")
        if one.start <= view.now
    ]
    if not runs:
        return None
    start, end, function = max(runs)
    share = min((view.now - start) / (end - start), 1.0)
    size = int(view.figure(pool.allocated, start))
    done = int(size * share)
    return {
        "function": function,
        "state": "FINISHED" if share >= 1 else "SCANNING",
        "start_time": view.date(start),
        "end_time": view.date(end) if share >= 1 else None,
        "percentage": round(share * 100, 2),
        "bytes_to_process": size,
        "bytes_processed": done,
        "bytes_issued": done,
        "pause": None,
        "errors": sum(pool.errors(drive, min(view.now, end))[2] for drive in pool.drives),
        "total_secs_left": None if share >= 1 else int(end - view.now),
    }


def _vdevs(view: View, pool: Pool) -> list[Row]:
    leaves = [_leaf(view, pool, drive) for drive in pool.drives]
    kind = _TYPES.get(pool.spec.layout)
    if kind is None:
        return leaves
    bad = sum(leaf["status"] != "ONLINE" for leaf in leaves)
    state = "ONLINE" if not bad else ("UNAVAIL" if pool.state(view.now) == "SUSPENDED" else "DEGRADED")
    name = f"{pool.spec.layout}-0"
    return [
        {
            "name": name,
            "type": kind,
            "path": None,
            "guid": str(digits(str(pool.host.seed), "vdev", pool.name, name)),
            "status": state,
            "stats": _stats(view, pool, (0, 0, 0), whole=True),
            "children": leaves,
            "unavail_disk": None,
        }
    ]


def _leaf(view: View, pool: Pool, drive: Drive) -> Row:
    here = bool(view.figure(drive.present))
    own = digits(str(drive.seed), "part")
    text = f"{own:016x}{digits(str(drive.seed), 'uuid'):016x}"
    part = f"{text[:8]}-{text[8:12]}-4{text[13:16]}-8{text[17:20]}-{text[20:32]}"
    missing = {
        "identifier": identifier(drive),
        "name": drive.device,
        "serial": drive.serial,
        "model": drive.spec.model,
    }
    return {
        "name": part if here else str(own),
        "type": "DISK",
        "path": f"/dev/disk/by-partuuid/{part}",
        "guid": str(own),
        "status": "ONLINE" if here else "UNAVAIL",
        "stats": _stats(view, pool, pool.errors(drive, view.now), whole=False),
        "children": [],
        "device": f"{drive.device}1" if here else None,
        "disk": drive.device if here else None,
        "unavail_disk": None if here else missing,
    }


def _stats(view: View, pool: Pool, errors: tuple[int, int, int], *, whole: bool) -> dict[str, Any]:
    used = int(view.figure(pool.allocated)) if whole else 0
    return {
        "timestamp": int(view.now * 1e9),
        "read_errors": errors[0],
        "write_errors": errors[1],
        "checksum_errors": errors[2],
        "ops": [0, 0, 0, 0, 0, 0],
        "bytes": [0, 0, 0, 0, 0, 0],
        "size": int(pool.spec.size) if whole else 0,
        "allocated": used,
        "fragmentation": 4 + pool.host.seed % 30 if whole else 0,
        "self_healed": 0,
        "configured_ashift": 12,
        "logical_ashift": 9,
        "physical_ashift": 12,
    }


def identifier(drive: Drive) -> str:
    """How the NAS knows a disk whatever its name of the day."""
    return f"{{serial_lunid}}{drive.serial}_{world_wide_name(drive)}"


def world_wide_name(drive: Drive) -> str:
    """The disk's number that is unique in the world."""
    return f"5000c500{digits(str(drive.seed), 'wwn') & 0xFFFFFFFF:08x}"
