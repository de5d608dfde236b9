"""Replication of guests to other nodes: how the last runs went. They are no tasks, but have own logs."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import NamedTuple

from sre_assistant.sim.servers.proxmox.asked import Asked
from sre_assistant.sim.servers.proxmox.backup_job_calls import calendar
from sre_assistant.sim.servers.proxmox.calls import Refused
from sre_assistant.sim.signals import DAY
from sre_assistant.sim.things.guests import Guest
from sre_assistant.sim.things.jobs import Job, Run

Row = dict[str, object]


class _Replicated(NamedTuple):
    guest: Guest
    job: Job

    @property
    def id(self) -> str:
        return f"{self.guest.spec.vmid}-0"

    def runs(self, t: float) -> list[Run]:
        """The runs of the last days that have ended."""
        since = t - 3 * max(self.job.period, DAY)
        return [run for run in self.job.runs(since, t) if run.subject == self.guest.entity and run.end <= t]


def replications(asked: Asked) -> list[Row]:
    """The replications from a node, of the guests that the caller may see."""
    only = asked.number("guest", 0)
    return [_state(asked, one) for one in _all(asked) if not only or one.guest.spec.vmid == only]


def replication_log(asked: Asked) -> list[Row]:
    """What the last run wrote.

    Raises:
        Refused: no such replication.
    """
    one = next((one for one in _all(asked) if one.id == asked.text("id")), None)
    if one is None:
        raise Refused(500, f"replication job '{asked.text('id')}' does not exist")
    return [{"n": n, "t": text} for n, text in enumerate(_written(asked, one), 1)]


def _all(asked: Asked) -> Iterator[_Replicated]:
    world = asked.view.world
    for job in world.jobs.values():
        if job.spec.kind == "replication":
            for entity, host, _ in job.steps:
                guest = world.guests[entity.partition("/")[2]]
                if host == asked.node and asked.audits(guest):
                    yield _Replicated(guest, job)


def _state(asked: Asked, one: _Replicated) -> Row:
    view, spec = asked.view, one.guest.spec
    runs = one.runs(view.t)
    good = [run for run in runs if run.good]
    failed = [run for run in runs if not good or run.start > good[-1].start]
    row: Row = {
        "id": one.id,
        "type": "local",
        "guest": spec.vmid,
        "vmtype": spec.kind,
        "jobnum": 0,
        "source": spec.node,
        "target": one.job.spec.target,
        "schedule": calendar(one.job.spec.schedule),
        "fail_count": len(failed),
        "last_sync": view.unix(good[-1].start) if good else 0,
        "last_try": view.unix(runs[-1].start) if runs else 0,
        "duration": round(runs[-1].end - runs[-1].start, 6) if runs else 0,
    }
    if upcoming := next(one.job.starts(view.t, view.t + 2 * one.job.period), None):
        row["next_sync"] = view.unix(upcoming)
    if failed:
        row["error"] = failed[-1].error
    return row


def _written(asked: Asked, one: _Replicated) -> Iterator[str]:
    runs = one.runs(asked.view.t)
    if not runs:
        return
    run = runs[-1]

    def line(t: float, text: str) -> str:
        return f"{datetime.fromtimestamp(asked.view.unix(t), UTC):%Y-%m-%d %H:%M:%S} {one.id}: {text}"

    yield line(run.start, "start replication job")
    yield line(run.start, f"guest => VM {one.guest.spec.vmid}, running => 1")
    if run.good:
        yield line(run.end, "end replication job")
    else:
        yield line(run.end, f"end replication job with error: {run.error}")
