"""How garbage collection of a datastore went the last time."""

from __future__ import annotations

from typing import Final

import numpy as np

from sre_assistant.sim.servers.pbs.contents import size
from sre_assistant.sim.servers.pbs.tasks import KEPT, Task, tasks
from sre_assistant.sim.servers.pbs.view import StoreView
from sre_assistant.sim.signals import WEEK
from sre_assistant.sim.things.jobs import Job

Row = dict[str, object]

_CHUNK: Final = 1_800_000
_NUMBERS: Final = (
    "index-file-count",
    "index-data-bytes",
    "disk-bytes",
    "disk-chunks",
    "removed-bytes",
    "removed-chunks",
    "pending-bytes",
    "pending-chunks",
    "removed-bad",
    "still-bad",
)


def collection(view: StoreView, store: str, *, brief: bool = False) -> Row:
    """What the last collection found, and unless ``brief`` when the next one is."""
    runs = [
        one
        for one in tasks(view, view.t - KEPT)
        if one.kind == "garbage_collection" and one.store == store and one.end <= view.t
    ]
    good = next((one for one in runs if not one.failed), None)
    row: Row = {"upid": None} | dict.fromkeys(_NUMBERS, 0)
    if good is not None:
        row |= _found(view, store, good)
    if brief:
        return row
    row["store"] = store
    if job := _job(view, store):
        row["schedule"] = job.spec.schedule.removeprefix("daily ")
        if upcoming := next(job.starts(view.t, view.t + 2 * WEEK), None):
            row["next-run"] = view.unix(upcoming)
    if runs:
        last = runs[0]
        row |= {"last-run-endtime": view.unix(last.end), "last-run-state": last.status}
        row["duration"] = int(last.end - last.start)
    return row


def _job(view: StoreView, store: str) -> Job | None:
    jobs = view.world.jobs.values()
    return next((job for job in jobs if job.spec.kind == "gc" and job.spec.datastore == store), None)


def _found(view: StoreView, store: str, run: Task) -> Row:
    datastore = view.world.datastores[store]
    disk = int(datastore.used(np.array([run.end]))[0])
    known = [one for one in view.backups(store) if one.end <= run.end]
    removed = disk // 190 + datastore.filesystem.seed % 2**30
    pending = disk // 700
    return {
        "upid": run.upid(view),
        "index-file-count": len(known),
        "index-data-bytes": sum(size(one) for one in known),
        "disk-bytes": disk,
        "disk-chunks": disk // _CHUNK,
        "removed-bytes": removed,
        "removed-chunks": removed // _CHUNK,
        "pending-bytes": pending,
        "pending-chunks": pending // _CHUNK,
        "cache-stats": {"hits": 3 * disk // _CHUNK, "misses": disk // _CHUNK},
    }
