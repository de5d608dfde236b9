"""Replication jobs, and which guests nobody saves."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.shapes import Sheet
from sre_assistant.sim.metrics.targets import Level
from sre_assistant.sim.things.pasts import Past

if TYPE_CHECKING:
    from sre_assistant.sim.things.jobs import Run
    from sre_assistant.sim.world import World


def replication(sheet: Sheet, world: World) -> None:
    """Each replicated guest: what is copied where, and how the last copies went."""
    epoch = world.epoch.timestamp()
    for job in world.jobs.values():
        if job.spec.kind != "replication":
            continue
        for entity, _, offset in job.steps:
            guest = world.house.guests[entity.partition("/")[2]]
            past = Past(job, entity)
            labels = {"id": f"{guest.vmid}-0"}
            info = {
                **labels,
                "type": "local",
                "source": f"node/{guest.node}",
                "target": f"node/{job.spec.target}",
                "guest": f"{guest.kind}/{guest.vmid}",
            }
            after = offset + job.phase
            sheet.put("pve_replication_info", info, 1.0)
            sheet.put(
                "pve_replication_duration_seconds", labels, _last(past, lambda run: run.end - run.start)
            )
            sheet.put(
                "pve_replication_last_sync_timestamp_seconds",
                labels,
                _last(past, lambda run: epoch + run.start, good=True),
            )
            sheet.put(
                "pve_replication_last_try_timestamp_seconds",
                labels,
                _last(past, lambda run: epoch + run.start),
            )
            sheet.put("pve_replication_next_sync_timestamp_seconds", labels, _next(job.period, after, epoch))
            sheet.put("pve_replication_failed_syncs", labels, past.failed)


def backups(sheet: Sheet, world: World) -> None:
    """The guests that no enabled backup job covers, templates and spares among them."""
    guests = world.house.guests
    missing = {name: _uncovered(world, name) for name in guests}

    def total(t: Floats) -> Floats:
        found = np.zeros(len(t))
        for level in missing.values():
            found = found + level(t)
        return found

    sheet.put("pve_not_backed_up_total", {"id": f"cluster/{world.house.name}"}, total)
    for name, level in missing.items():
        labels = {"id": f"{guests[name].kind}/{guests[name].vmid}"}
        sheet.put("pve_not_backed_up_info", labels, 1.0, level)


def _uncovered(world: World, guest: str) -> Level:
    """1 while every job that would save a guest is disabled."""
    jobs = [
        job
        for job in world.jobs.values()
        if job.spec.kind == "backup"
        and guest in (job.spec.guests or world.house.guests)
        and guest not in job.spec.without
    ]

    def level(t: Floats) -> Floats:
        found = np.ones(len(t))
        for job in jobs:
            found = found * job.spells.inside(t, "disabled")
        return found

    return level


def _last(past: Past, figure: Callable[[Run], float], *, good: bool = False) -> Level:
    return lambda t: past.last(t, figure, good=good)


def _next(period: float, after: float, epoch: float) -> Level:
    def level(t: Floats) -> Floats:
        return epoch + (np.floor((t - after) / period) + 1) * period + after

    return level
