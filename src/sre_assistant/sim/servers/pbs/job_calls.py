"""The calls about the server's own jobs, and how they went the last time."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from sre_assistant.sim.servers.pbs.asked import Asked
from sre_assistant.sim.servers.pbs.collecting import collection
from sre_assistant.sim.servers.pbs.tasks import KEPT, KINDS, tasks
from sre_assistant.sim.servers.proxmox.calls import Call, Field
from sre_assistant.sim.signals import WEEK
from sre_assistant.sim.things.jobs import Job

Row = dict[str, object]


def _jobs(asked: Asked, kind: str) -> Iterator[Job]:
    only = asked.text("store")
    for job in asked.view.world.jobs.values():
        store = job.spec.datastore
        if job.spec.kind == kind and asked.sees(store) and only in {"", store}:
            yield job


def _settings(asked: Asked, job: Job) -> Row:
    row: Row = {
        "id": job.name,
        "store": job.spec.datastore,
        "schedule": job.spec.schedule.removeprefix("daily "),
        "comment": f"{job.spec.kind} of {job.spec.datastore}",
    }
    if job.spec.kind == "verify":
        row |= {"ignore-verified": True, "outdated-after": 30}
    if job.spec.kind == "prune":
        row["keep-daily"] = asked.view.store(job.spec.datastore).spec.keep_days
        if any(one.has(asked.view.t) for one in job.spells.of("disabled")):
            row["disable"] = True
    return row


def _configured(kind: str) -> Callable[[Asked], list[Row]]:
    def listed(asked: Asked) -> list[Row]:
        return [_settings(asked, job) for job in _jobs(asked, kind)]

    return listed


def _state(kind: str) -> Callable[[Asked], list[Row]]:
    def listed(asked: Asked) -> list[Row]:
        return [_settings(asked, job) | _last_run(asked, job) for job in _jobs(asked, kind)]

    return listed


def _last_run(asked: Asked, job: Job) -> Row:
    view = asked.view
    row: Row = {}
    upcoming = next(job.starts(view.t, view.t + 2 * WEEK), None)
    if upcoming is not None and not any(one.has(view.t) for one in job.spells.of("disabled")):
        row["next-run"] = view.unix(upcoming)
    name = f"{job.spec.datastore}:{job.name}"
    for task in tasks(view, view.t - KEPT):
        if (task.kind, task.id) == (KINDS[job.spec.kind], name) and task.end <= view.t:
            return row | {
                "last-run-upid": task.upid(view),
                "last-run-endtime": view.unix(task.end),
                "last-run-state": task.status,
            }
    return row


def _collections(asked: Asked) -> list[Row]:
    return [collection(asked.view, name) for name in asked.view.stores if asked.sees(name)]


_STORE: Final = {"store": Field()}
CALLS: Final[tuple[Call[Asked], ...]] = (
    Call("GET", "admin/gc", _collections, fields=_STORE),
    Call("GET", "admin/verify", _state("verify"), fields=_STORE),
    Call("GET", "admin/prune", _state("prune"), fields=_STORE),
    Call("GET", "admin/sync", lambda _asked: [], fields=_STORE | {"sync-direction": Field()}),
    Call("GET", "config/verify", _configured("verify")),
    Call("GET", "config/prune", _configured("prune")),
    Call("GET", "config/sync", lambda _asked: []),
)
