"""Disks and pools in the shapes of both Proxmox products' disk calls."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import numpy as np

from sre_assistant.sim.things.storage import Drive, Pool
from sre_assistant.sim.world import World

_RPM: Final = {"hdd": 7200, "ssd": 0, "nvme": 0}
STATUS: Final = {
    "ONLINE": "",
    "DEGRADED": (
        "One or more devices could not be used because the label is missing or invalid. Sufficient replicas"
        " exist for the pool to continue functioning in a degraded state."
    ),
    "SUSPENDED": "One or more devices are faulted in response to IO failures.",
}


def drives(world: World, host: str, t: float) -> list[Drive]:
    """The disks of a machine that answer."""
    found = [drive for drive in world.drives.values() if drive.host == host]
    return [drive for drive in found if bool(drive.present(np.array([t]))[0])]


def passed(drive: Drive, t: float) -> bool:
    """Whether a disk calls itself well."""
    return bool(drive.passed(np.array([t]))[0])


def worn(drive: Drive, t: float) -> int:
    """Percent of a solid-state disk's life used."""
    return min(int(drive.wear(np.array([t]))[0]), 100)


def rpm(drive: Drive) -> int:
    """Turns per minute."""
    return _RPM[drive.spec.kind]


def wwn(drive: Drive) -> str:
    """Its world-wide name."""
    if drive.spec.kind == "nvme":
        return f"eui.{drive.seed % 2**64:016x}"
    return f"0x5000c500{drive.seed % 2**32:08x}"


def used_for(world: World, drive: Drive) -> str:
    """What is on a disk."""
    if any(drive in pool.drives for pool in world.pools.values()):
        return "ZFS"
    return "LVM" if drive.spec.kind == "nvme" else "ext4"


def attributes(drive: Drive, t: float) -> Iterator[tuple[int, str, int, int, int]]:
    """Number, name, normalised value, threshold and raw value of a SATA disk's SMART table."""
    at = np.array([t])
    pending, moved = int(drive.pending(at)[0]), int(drive.reallocated(at)[0])
    hours = int(drive.powered(at)[0] // 3600)
    yield 5, "Reallocated_Sector_Ct", max(100 - moved // 4, 1), 10, moved
    yield 9, "Power_On_Hours", max(100 - hours // 900, 1), 0, hours
    yield 194, "Temperature_Celsius", 100 - int(drive.temperature(at)[0]), 0, int(drive.temperature(at)[0])
    yield 197, "Current_Pending_Sector", 100 if not pending else max(100 - pending, 1), 0, pending
    yield 198, "Offline_Uncorrectable", 100 if not pending else max(100 - pending, 1), 0, pending // 2
    yield 199, "UDMA_CRC_Error_Count", 200, 0, int(drive.crc_errors(at)[0])
    if drive.spec.kind == "ssd":
        yield 233, "Media_Wearout_Indicator", 100 - worn(drive, t), 0, 0


def nvme_text(drive: Drive, t: float) -> str:
    """What smartctl writes about an NVMe disk."""
    at = np.array([t])
    bad = int(drive.bad_sectors(at)[0])
    return (
        "\nSMART/Health Information (NVMe Log 0x02, NSID 0xffffffff)\n"
        f"Critical Warning:                   {'0x00' if passed(drive, t) else '0x04'}\n"
        f"Temperature:                        {int(drive.temperature(at)[0])} Celsius\n"
        "Available Spare:                    100%\n"
        "Available Spare Threshold:          10%\n"
        f"Percentage Used:                    {worn(drive, t)}%\n"
        f"Power On Hours:                     {int(drive.powered(at)[0] // 3600):,}\n"
        f"Media and Data Integrity Errors:    {bad}\n"
        f"Error Information Log Entries:      {bad}\n"
    )


def pool_row(pool: Pool, t: float) -> dict[str, object]:
    """A pool in lists."""
    allocated = int(pool.allocated(np.array([t]))[0])
    size = int(pool.spec.size)
    return {
        "name": pool.name,
        "health": pool.state(t),
        "size": size,
        "alloc": allocated,
        "free": size - allocated,
        "frag": 5 + size % 40,
        "dedup": 1.0,
    }


def pool_tree(pool: Pool, t: float) -> dict[str, object]:
    """A pool with its disks."""
    state = pool.state(t)
    leaves: list[dict[str, object]] = []
    for drive in pool.drives:
        reads, writes, sums = pool.errors(drive, t)
        there = bool(drive.present(np.array([t]))[0])
        leaves.append(
            {
                "name": f"ata-{drive.spec.model.replace(' ', '_')}_{drive.serial}",
                "state": "ONLINE" if there else "REMOVED",
                "read": reads,
                "write": writes,
                "cksum": sums,
                "msg": "",
                "leaf": 1,
            }
        )
    node: dict[str, object] = {"state": state, "read": 0, "write": 0, "cksum": 0, "msg": "", "leaf": 0}
    inner = leaves
    if pool.spec.layout != "stripe":
        inner = [{"name": f"{pool.spec.layout}-0"} | node | {"children": leaves}]
    tree: dict[str, object] = {
        "name": pool.name,
        "state": state,
        "errors": "No known data errors",
        "children": [{"name": pool.name} | node | {"children": inner}],
    }
    if STATUS.get(state):
        tree |= {"status": STATUS[state], "action": "Replace the device using 'zpool replace'."}
    return tree
