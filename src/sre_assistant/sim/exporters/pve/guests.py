"""The guests of the cluster."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.pve.metrics import GUEST_STATES, LOCKS
from sre_assistant.sim.exporters.shapes import Sheet
from sre_assistant.sim.metrics.targets import Level

if TYPE_CHECKING:
    from sre_assistant.sim.things.guests import Guest
    from sre_assistant.sim.things.hypervisors import Hypervisors
    from sre_assistant.sim.world import World


def guests(sheet: Sheet, world: World, seen: Hypervisors) -> None:
    """Every guest; of one on a node that is not heard, only what its configuration says."""
    for guest in sorted(world.guests.values(), key=lambda one: one.spec.vmid):
        online = partial(seen.online, guest.spec.node)
        labels = {"id": f"{guest.spec.kind}/{guest.spec.vmid}"}
        sheet.put("pve_up", labels, _up(guest, online))
        _identity(sheet, guest, labels)
        _states(sheet, world, guest, labels)
        _use(sheet, guest, labels, online)


def _up(guest: Guest, online: Level) -> Level:
    return lambda t: guest.alive(t) * online(t)


def _identity(sheet: Sheet, guest: Guest, labels: dict[str, str]) -> None:
    spec = guest.spec
    info = {
        **labels,
        "node": spec.node,
        "name": guest.title,
        "type": spec.kind,
        "template": str(int(spec.template)),
        "tags": ";".join(spec.tags),
    }
    sheet.put("pve_guest_info", info, 1.0)
    where = {**labels, "node": spec.node, "type": spec.kind}
    sheet.put("pve_onboot_status", where, float(spec.onboot))
    sheet.put("pve_cpu_usage_limit", labels, float(spec.cpus))
    sheet.put("pve_memory_size_bytes", labels, spec.memory)
    sheet.put("pve_disk_size_bytes", labels, spec.disk)


def _states(sheet: Sheet, world: World, guest: Guest, labels: dict[str, str]) -> None:
    for state in GUEST_STATES:
        sheet.put("pve_ha_state", {**labels, "state": state}, 0.0)
    for lock in LOCKS:
        locked = _backed_up(world, guest) if lock == "backup" else None

        def level(t: Floats, name: str = lock, more: Level | None = locked) -> Floats:
            held = np.zeros(len(t), dtype=np.bool_)
            for one in guest.spells.of("locked"):
                if one.detail == name:
                    held |= (t >= one.start) & (t < one.end)
            return np.where(held, 1.0, more(t) if more else 0.0)

        sheet.put("pve_lock_state", {**labels, "state": lock}, level)


def _backed_up(world: World, guest: Guest) -> Level:
    """1 while a backup of it is under way."""
    jobs = [job for job in world.jobs.values() if job.spec.kind == "backup"]

    def level(t: Floats) -> Floats:
        under_way = np.zeros(len(t))
        if not t.size:
            return under_way
        for job in jobs:
            for run in job.runs(float(t.min()) - job.spec.takes, float(t.max()) + 1.0):
                if run.subject == guest.entity:
                    under_way = np.where((t >= run.start) & (t < run.end), 1.0, under_way)
        return under_way

    return level


def _use(sheet: Sheet, guest: Guest, labels: dict[str, str], online: Level) -> None:
    received = partial(guest.since_start, guest.receive)
    sent = partial(guest.since_start, guest.transmit)
    disk: Level | float = (lambda t: guest.disk_used(t) * guest.alive(t)) if guest.spec.kind == "lxc" else 0.0
    for name, level in (
        ("cpu_usage_ratio", guest.cpu_share),
        ("memory_usage_bytes", guest.memory_used),
        ("disk_usage_bytes", disk),
        ("uptime_seconds", guest.uptime),
        ("network_receive_bytes_total", received),
        ("network_receive_bytes", received),
        ("network_transmit_bytes_total", sent),
        ("network_transmit_bytes", sent),
        ("disk_read_bytes_total", guest.disk_read),
        ("disk_read_bytes", guest.disk_read),
        ("disk_written_bytes_total", guest.disk_written),
        ("disk_write_bytes", guest.disk_written),
    ):
        sheet.put(f"pve_{name}", labels, level, online)
