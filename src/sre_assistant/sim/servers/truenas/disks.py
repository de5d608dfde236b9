"""Disks: what they are, how warm, and, as long as a release tells, what SMART says."""

from __future__ import annotations

import numpy as np

from sre_assistant.sim.servers.truenas.pools import identifier, world_wide_name
from sre_assistant.sim.servers.truenas.queries import Row
from sre_assistant.sim.servers.truenas.view import View
from sre_assistant.sim.signals import DAY
from sre_assistant.sim.things.storage import Drive


def disks(view: View) -> list[Row]:
    """``disk.query``; a disk that is gone is no longer in it."""
    return [_disk(view, drive, number) for number, drive in enumerate(view.drives)]


def temperatures(view: View, names: list[str]) -> dict[str, int | None]:
    """``disk.temperatures``, of all disks if none is named."""
    known = {drive.device: drive for drive in view.drives}
    return {
        name: int(view.figure(known[name].temperature)) if name in known else None
        for name in names or sorted(known)
    }


def temperature_range(view: View, names: list[str], days: int) -> dict[str, dict[str, float | None]]:
    """``disk.temperature_agg``: the least, the most and the mean of the last days."""
    known = {drive.device: drive for drive in view.drives}
    found: dict[str, dict[str, float | None]] = {}
    for name in names or sorted(known):
        if name not in known:
            found[name] = dict.fromkeys(("min", "max", "avg"))
            continue
        levels = known[name].temperature(np.linspace(view.now - days * DAY, view.now, 24 * days + 1))
        found[name] = {
            "min": int(levels.min()),
            "max": int(levels.max()),
            "avg": round(float(levels.mean()), 1),
        }
    return found


def smart_attributes(view: View, name: str) -> list[Row]:
    """``disk.smart_attributes``; a disk of which nothing is known has none."""
    drive = next((one for one in view.drives if one.device == name), None)
    if drive is None or drive.spec.kind == "nvme":
        return []
    bad = int(view.figure(drive.bad_sectors))
    return [
        _attribute(5, "Reallocated_Sector_Ct", max(100 - bad // 20, 1), 10, bad * 2 // 3),
        _attribute(9, "Power_On_Hours", 60, 0, int(view.figure(drive.powered)) // 3600),
        _attribute(194, "Temperature_Celsius", 64, 0, int(view.figure(drive.temperature))),
        _attribute(197, "Current_Pending_Sector", 100, 0, bad - bad * 2 // 3),
        _attribute(199, "UDMA_CRC_Error_Count", 200, 0, int(view.figure(drive.crc_errors))),
    ]


def smart_tests(view: View) -> list[Row]:
    """``smart.test.results``: the latest first."""
    runs = [
        run
        for job in view.world.jobs.values()
        if job.spec.kind == "smart-test" and view.name in job.spec.hosts
        for run in job.runs(view.now - 21 * DAY, view.now)
        if run.host == view.name
    ]
    return [_tests(view, drive, [(run.start, run.end) for run in reversed(runs)]) for drive in view.drives]


def _disk(view: View, drive: Drive, number: int) -> Row:
    spec = drive.spec
    pool = next((pool.name for pool in view.world.pools.values() if drive in pool.drives), None)
    found: Row = {
        "identifier": identifier(drive),
        "name": drive.device,
        "subsystem": "nvme" if spec.kind == "nvme" else "scsi",
        "number": 2048 + 16 * number,
        "serial": drive.serial,
        "lunid": world_wide_name(drive),
        "size": int(spec.size),
        "description": "",
        "transfermode": "Auto",
        "hddstandby": "ALWAYS ON",
        "advpowermgmt": "DISABLED",
        "expiretime": None,
        "model": spec.model,
        "rotationrate": 7200 if spec.kind == "hdd" else None,
        "type": "HDD" if spec.kind == "hdd" else "SSD",
        "zfs_guid": None,
        "bus": "NVME" if spec.kind == "nvme" else "ATA",
        "devname": drive.device,
        "enclosure": None,
        "pool": pool,
    }
    if not view.newer:
        found |= {"togglesmart": True, "smartoptions": ""}
    return found


def _attribute(number: int, name: str, value: int, threshold: int, raw: int) -> Row:
    flags = ("updated_online", "performance", "error_rate", "event_count", "auto_keep")
    return {
        "id": number,
        "name": name,
        "value": value,
        "worst": value,
        "thresh": threshold,
        "when_failed": "",
        "flags": {"value": 51, "string": "PO--CK ", "prefailure": threshold > 0} | dict.fromkeys(flags, True),
        "raw": {"value": raw, "string": str(raw)},
    }


def _tests(view: View, drive: Drive, runs: list[tuple[float, float]]) -> Row:
    done = [run for run in runs if run[1] <= view.now]
    current = next((run for run in runs if run[1] > view.now), None)
    return {
        "disk": drive.device,
        "tests": [_test(view, drive, number, end) for number, (_, end) in enumerate(done, 1)],
        "current_test": None
        if current is None
        else {"progress": int(100 * (view.now - current[0]) / (current[1] - current[0]))},
    }


def _test(view: View, drive: Drive, number: int, end: float) -> Row:
    bad = view.figure(drive.bad_sectors, end) > 0
    return {
        "num": number,
        "description": "Short offline",
        "status": "FAILED" if bad else "SUCCESS",
        "status_verbose": "Completed: read failure" if bad else "Completed without error",
        "segment_number": None,
        "remaining": 0.9 if bad else 0.0,
        "lifetime": int(view.figure(drive.powered, end)) // 3600,
        "lba_of_first_error": str(drive.seed % 10**9) if bad else None,
    }
