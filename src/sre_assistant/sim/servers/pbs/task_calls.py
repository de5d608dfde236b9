"""The calls about tasks, and what tasks have written."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final

from sre_assistant.sim.servers.pbs.asked import Asked
from sre_assistant.sim.servers.pbs.tasks import KEPT, Task, find, tasks
from sre_assistant.sim.servers.pbs.view import StoreView
from sre_assistant.sim.servers.proxmox.calls import Call, Field, Refused
from sre_assistant.sim.servers.proxmox.task_calls import Listed

Row = dict[str, object]


def row(view: StoreView, task: Task) -> Row:
    """A task in lists."""
    made: Row = {
        "upid": task.upid(view),
        "node": view.node,
        "pid": task.pid(view),
        "pstart": task.pstart(view),
        "starttime": view.unix(task.start),
        "worker_type": task.kind,
        "worker_id": task.id or None,
        "user": task.user,
    }
    if not task.running(view.t):
        made |= {"endtime": view.unix(task.end), "status": task.status}
    return made


def _list(asked: Asked) -> Listed:
    view = asked.view
    since = view.world.seconds(asked.number("since", 0) * 1000.0)
    chosen = [one for one in tasks(view, max(since, view.t - KEPT)) if _wanted(asked, one)]
    chosen.sort(key=lambda one: not one.running(view.t))
    first, limit = asked.number("start", 0), asked.number("limit", 50)
    part = chosen[first:] if limit == 0 else chosen[first : first + limit]
    return Listed([row(view, one) for one in part], total=len(chosen))


def _wanted(asked: Asked, task: Task) -> bool:
    view = asked.view
    running = task.running(view.t)
    if not (asked.caller.has("/system/tasks", "Sys.Audit") or task.user == asked.caller.name):
        return False
    if asked.flag("running") and not running:
        return False
    if asked.flag("errors") and (running or not task.failed):
        return False
    if "until" in asked.values and view.unix(task.start) > asked.number("until", 0):
        return False
    texts = ((asked.text("userfilter"), task.user), (asked.text("typefilter"), task.kind))
    if any(wanted not in text for wanted, text in texts):
        return False
    if asked.text("store", task.store) != task.store:
        return False
    states = asked.text("statusfilter").replace("\0", ",")
    return not states or (not running and _state(task) in states.split(","))


def _state(task: Task) -> str:
    if task.status.startswith("WARNINGS: "):
        return "warning"
    return "error" if task.failed else "ok"


def _named(asked: Asked) -> Task:
    """The task that the path names.

    Raises:
        Refused: no such task, or it is somebody else's.
    """
    upid = asked.text("upid")
    if len(upid.split(":")) != 10 or not upid.startswith("UPID:"):
        raise Refused(400, "parameter verification failed - 'upid': unable to parse UPID")
    task = find(asked.view, upid)
    if task is None:
        raise Refused(400, "no such task")
    if task.user != asked.caller.name:
        asked.caller.check("/system/tasks", "Sys.Audit")
    return task


def _status(asked: Asked) -> Row:
    task, view = _named(asked), asked.view
    user, _, token = task.user.partition("!")
    made: Row = {
        "upid": task.upid(view),
        "node": view.node,
        "pid": task.pid(view),
        "pstart": task.pstart(view),
        "starttime": view.unix(task.start),
        "type": task.kind,
        "id": task.id or None,
        "user": user,
    }
    if token:
        made["tokenid"] = token
    if task.running(view.t):
        return made | {"status": "running"}
    return made | {"status": "stopped", "exitstatus": task.status}


def _log(asked: Asked) -> Listed:
    task = _named(asked)
    lines = written(asked.view, task)
    first, limit = asked.number("start", 0), asked.number("limit", 50)
    end = len(lines) if limit == 0 else first + limit
    rows = [{"n": n, "t": text} for n, text in enumerate(lines, 1)][first:end]
    if asked.flag("test-status"):
        return Listed(rows, total=len(lines), success=1, active=task.running(asked.view.t))
    return Listed(rows, total=len(lines), success=1)


def written(view: StoreView, task: Task) -> list[str]:
    """The lines that a task has written by now, each with its time."""
    said = [*_lines(view, task)]
    if not task.running(view.t):
        good = task.status == "OK" or task.status.startswith("WARNINGS: ")
        said.append((task.end, f"TASK {task.status}" if good else f"TASK ERROR: {task.status}"))
    return [f"{_moment(view, at)}: {text}" for at, text in said if at <= min(view.t, task.end)]


def _moment(view: StoreView, t: float) -> str:
    return datetime.fromtimestamp(view.unix(t), UTC).isoformat()


def _lines(view: StoreView, task: Task) -> Iterator[tuple[float, str]]:
    start, end = task.start, task.end
    if task.backup is not None:
        what = task.id.partition(":")[2]
        path = f'"{what}/{_moment(view, start).replace("+00:00", "Z")}"'
        yield start, f"starting new backup on datastore '{task.store}': {path}"
        if task.failed:
            yield end, f"backup ended and finish failed: {task.status}"
            yield end, "removing unfinished backup"
        else:
            yield end, f'add blob "{view.store(task.store).spec.mountpoint}/{what}/index.json.blob"'
            yield end, "successfully finished backup"
            yield end, "backup finished successfully"
    elif task.kind == "garbage_collection":
        yield start, f"starting garbage collection on store {task.store}"
        yield start + 1, "Start GC phase1 (mark used chunks)"
        yield start + (end - start) / 2, "Start GC phase2 (sweep unused chunks)"
        if not task.failed:
            yield end, f"On-Disk usage: {int(view.store(task.store).used(view.at)[0]) / 2**30:.3f} GiB"
    elif task.kind in {"verificationjob", "verify"}:
        yield start, f"Starting datastore verify job '{task.id}'"
        yield start + 1, f"verify datastore {task.store}"
        if task.failed:
            yield end, "Failed to verify the following snapshots/groups:"
    elif task.kind == "prunejob":
        yield start, f"Starting datastore prune on datastore '{task.store}', root namespace"
        keep = view.store(task.store).spec.keep_days
        yield start + 1, f"retention options: --keep-daily {keep}"


_NATURAL: Final = Field(kind="integer", least=0)
_FLAG: Final = Field(kind="boolean")
_LIST: Final = {
    "start": _NATURAL,
    "limit": _NATURAL,
    "running": _FLAG,
    "errors": _FLAG,
    "userfilter": Field(),
    "typefilter": Field(),
    "statusfilter": Field(),
    "store": Field(),
    "since": Field(kind="integer"),
    "until": Field(kind="integer"),
}
_LOG: Final = {"start": _NATURAL, "limit": _NATURAL, "test-status": _FLAG, "download": _FLAG}
CALLS: Final[tuple[Call[Asked], ...]] = (
    Call("GET", "nodes/{node}/tasks", _list, fields=_LIST),
    Call("GET", "nodes/{node}/tasks/{upid}/status", _status),
    Call("GET", "nodes/{node}/tasks/{upid}/log", _log, fields=_LOG),
)
