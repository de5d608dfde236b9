"""Temperatures, ZFS in the kernel, and units of systemd: what only some machines have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.causality.spells import Spells
from sre_assistant.sim.exporters.shapes import Sheet, counted
from sre_assistant.sim.metrics.targets import Family, Level
from sre_assistant.sim.signals import Constant, Scaled, Sum, Wander
from sre_assistant.sim.things.storage import POOL_STATES

if TYPE_CHECKING:
    from sre_assistant.sim.things.hosts import Host
    from sre_assistant.sim.world import World

_IDLE: Final = 42.0
"""Degrees Celsius of a CPU without work."""
_WORK: Final = 24.0
"""Degrees that full work adds."""
_MODES: Final = ("active", "activating", "deactivating", "failed", "inactive")
_CHIP: Final = "platform_coretemp_0"
_ABOUT: Final[dict[str, tuple[str, str]]] = {
    "node_hwmon_chip_names": ("gauge", "The name of a chip."),
    "node_hwmon_sensor_label": ("gauge", "What a sensor is called."),
    "node_hwmon_temp_celsius": ("gauge", "Temperature of a sensor."),
    "node_hwmon_temp_max_celsius": ("gauge", "Temperature above which it is too warm."),
    "node_hwmon_temp_crit_celsius": ("gauge", "Temperature at which the machine protects itself."),
    "node_hwmon_temp_crit_alarm_celsius": ("gauge", "Whether the critical temperature was reached."),
    "node_zfs_zpool_state": ("gauge", "The state of a pool as the kernel has it."),
    "node_zfs_arc_size": ("unknown", "kstat.zfs.misc.arcstats.size"),
    "node_zfs_arc_c_max": ("unknown", "kstat.zfs.misc.arcstats.c_max"),
    "node_zfs_arc_hits": ("unknown", "kstat.zfs.misc.arcstats.hits"),
    "node_zfs_arc_misses": ("unknown", "kstat.zfs.misc.arcstats.misses"),
    "node_systemd_unit_state": ("gauge", "The state of a unit of systemd."),
}


def extras(world: World, host: Host) -> list[Family]:
    """What this machine has of all that."""
    sheet = Sheet(_ABOUT)
    if host.name not in world.house.guests:
        _temperatures(sheet, host, world.spells[f"host/{host.name}"])
    _pools(sheet, world, host)
    for unit, spells, modes in units(world, host.name):
        _unit(sheet, unit, spells, modes)
    return sheet.families()


def _temperatures(sheet: Sheet, host: Host, spells: Spells) -> None:
    chip = {"chip": _CHIP}
    sheet.put("node_hwmon_chip_names", {**chip, "chip_name": "coretemp"}, 1.0)
    for number in range(min(host.spec.cpus, 4) + 1):
        sensor = {**chip, "sensor": f"temp{number + 1}"}
        name = f"core_{number - 1}" if number else "package_id_0"
        sheet.put("node_hwmon_sensor_label", {**sensor, "label": name}, 1.0)
        sheet.put("node_hwmon_temp_celsius", sensor, _warmth(host, spells, number))
        sheet.put("node_hwmon_temp_max_celsius", sensor, 80.0)
        sheet.put("node_hwmon_temp_crit_celsius", sensor, 100.0)
        sheet.put("node_hwmon_temp_crit_alarm_celsius", sensor, 0.0)


def _warmth(host: Host, spells: Spells, number: int) -> Level:
    """Whole degrees: the package's is that of its warmest core."""
    lean = -(number % 3) * 1.0

    def level(t: Floats) -> Floats:
        work = (host.cpu.total(t) - host.cpu.total(t - 90.0)) / 90.0
        drift = Wander(host.seed + 850 + number, 5400.0, 1.5).value(t)
        return np.rint(np.minimum(_IDLE + _WORK * work + spells.level(t, "hot") + drift + lean, 99.0))

    return level


def _pools(sheet: Sheet, world: World, host: Host) -> None:
    mine = {name: pool for name, pool in world.pools.items() if pool.host.name == host.name}
    for name, pool in mine.items():
        for place, state in enumerate(POOL_STATES):
            labels = {"state": state.lower(), "zpool": name}
            level: Level = lambda t, p=pool, n=place: np.where(p.health(t) == n, 1.0, 0.0)  # type: ignore[misc] # noqa: E731
            sheet.put("node_zfs_zpool_state", labels, level)
    if mine:
        size, reads = host.memory.size, Sum(tuple(disk.reads for disk in host.disks.values()))
        sheet.put("node_zfs_arc_size", {}, lambda t: np.floor(size * (0.22 + 0 * t)))
        sheet.put("node_zfs_arc_c_max", {}, np.floor(size / 2))
        hits = Sum((Constant(40.0), Scaled(reads, 1 / 9e3)))
        sheet.put("node_zfs_arc_hits", {}, counted(hits, host.boots))
        sheet.put("node_zfs_arc_misses", {}, counted(Scaled(reads, 1 / 1.3e5), host.boots))


def units(world: World, host: str) -> list[tuple[str, Spells, dict[str, str]]]:
    """The units that are watched on a machine, each with what troubles it: mode to the state that follows."""
    house = world.house
    found: list[tuple[str, Spells, dict[str, str]]] = [
        (f"{name}.service", Spells(), {})
        for name, here in (
            ("ssh", True),
            ("chrony", True),
            ("docker", host in house.containers),
            ("corosync", host in house.hypervisors),
            ("pvedaemon", host in house.hypervisors),
            ("pveproxy", host in house.hypervisors),
            ("proxmox-backup-proxy", any(store.host == host for store in house.datastores.values())),
        )
        if here
    ]
    for kind, unit in (("nfs", "nfs-server.service"), ("smb", "smbd.service")):
        shares = [name for name, share in house.shares.items() if (share.host, share.kind) == (host, kind)]
        if shares:
            stopped = Spells([one for one in world.spells[f"share/{shares[0]}"] if not one.why])
            found.append((unit, stopped, {"gone": "failed"}))
    if house.kubernetes and host in house.kubernetes.nodes:
        found.append(("k3s.service", world.spells[f"host/{host}"], {"kubelet": "failed"}))
    return found


def _unit(sheet: Sheet, unit: str, spells: Spells, modes: dict[str, str]) -> None:
    for state in _MODES:
        labels = {"name": unit, "state": state, "type": "notify"}
        sheet.put("node_systemd_unit_state", labels, _state(spells, modes, state))


def _state(spells: Spells, modes: dict[str, str], state: str) -> Level:
    def level(t: Floats) -> Floats:
        troubled = np.zeros(len(t), dtype=np.bool_)
        here = np.zeros(len(t), dtype=np.bool_)
        for mode, follows in modes.items():
            inside = spells.inside(t, mode)
            troubled |= inside
            here |= inside & (state == follows)
        return np.where(here | (~troubled & (state == "active")), 1.0, 0.0)

    return level
