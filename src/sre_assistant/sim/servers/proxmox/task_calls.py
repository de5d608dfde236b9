"""The calls about tasks."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from sre_assistant.sim.live import AnswerLost, DeedFailed
from sre_assistant.sim.servers.proxmox.asked import FLAG, NATURAL, TEXT, Asked
from sre_assistant.sim.servers.proxmox.calls import Call, Field, Refused
from sre_assistant.sim.servers.proxmox.task_logs import written
from sre_assistant.sim.servers.proxmox.tasks import KEPT, Task, find, tasks
from sre_assistant.sim.servers.proxmox.view import ClusterView
from sre_assistant.sim.signals import DAY

_STATES: Final = ("ok", "error", "warning", "unknown")
_CLUSTER_WIDE: Final = 25
"""How many finished tasks of each node the whole cluster hears of."""


class Listed(list[object]):
    """A list, and what stands beside it in the answer, e.g. the ``total`` of all that there would be."""

    def __init__(self, items: Sequence[object], **beside: object) -> None:
        super().__init__(items)
        self.beside = beside


def fields_of(view: ClusterView, task: Task) -> dict[str, object]:
    """What every answer tells of a task; what a token did is its user's, with the token beside it."""
    user, _, token = task.user.partition("!")
    row: dict[str, object] = {
        "upid": task.upid(view),
        "node": task.node,
        "pid": task.pid(),
        "pstart": task.started(view),
        "starttime": view.unix(task.start),
        "type": task.kind,
        "id": task.id,
        "user": user,
    }
    return row | {"tokenid": token} if token else row


def _row(view: ClusterView, task: Task) -> dict[str, object]:
    row = fields_of(view, task)
    if task.running(view.t):
        return row
    return row | {"endtime": view.unix(task.end), "status": task.status}


def _owned(asked: Asked, task: Task) -> bool:
    """Whether a task is the caller's own; a user owns what the user's tokens did."""
    return task.user == asked.caller.name or task.user.partition("!")[0] == asked.caller.name


def _node_tasks(asked: Asked) -> Listed:
    view = asked.view
    source = asked.text("source", "archive")
    since = view.world.seconds(asked.number("since", 0) * 1000.0)
    found = [
        one
        for one in tasks(view, asked.requests, asked.node, max(since, view.t - KEPT))
        if _wanted(asked, one, source)
    ]
    running = [one for one in found if one.running(view.t)]
    ended = sorted((one for one in found if not one.running(view.t)), key=lambda one: -one.end)
    chosen = [*running, *ended]
    first = asked.number("start", 0)
    part = chosen[first : first + asked.number("limit", 50)]
    rows = [_row(view, one) for one in part]
    return Listed(
        [row if "status" in row else row | {"status": "RUNNING"} for row in rows], total=len(chosen)
    )


def _wanted(asked: Asked, task: Task, source: str) -> bool:
    view = asked.view
    running = task.running(view.t)
    if running != (source == "active") and source != "all":
        return False
    if not (asked.caller.has(f"/nodes/{task.node}", "Sys.Audit") or _owned(asked, task)):
        return False
    if "until" in asked.values and view.unix(task.start) > asked.number("until", 0):
        return False
    return _filtered(asked, task, running=running)


def _filtered(asked: Asked, task: Task, *, running: bool) -> bool:
    if asked.text("userfilter").lower() not in task.user.partition("!")[0].lower():
        return False
    if "typefilter" in asked.values and task.kind != asked.text("typefilter"):
        return False
    if "vmid" in asked.values and task.id != asked.text("vmid"):
        return False
    return _state(task, running=running) in _states(asked)


def _states(asked: Asked) -> tuple[str, ...]:
    """The states of the tasks that are wanted; who asks for errors gets all but what went well."""
    if asked.flag("errors"):
        return _STATES[1:]
    states = tuple(one for one in asked.text("statusfilter").lower().replace(";", ",").split(",") if one)
    if any(one not in _STATES for one in states):
        error = "invalid format - unable to parse task status"
        raise Refused(400, "Parameter verification failed.", {"statusfilter": error})
    return states or _STATES


def _state(task: Task, *, running: bool) -> str:
    if running:
        return "unknown"
    if task.status.startswith("WARNINGS: "):
        return "warning"
    return "error" if task.failed else "ok"


def _cluster_tasks(asked: Asked) -> list[dict[str, object]]:
    view = asked.view
    everything = asked.caller.has("/", "Sys.Audit")
    found: list[dict[str, object]] = []
    for node in sorted(view.members):
        mine = [
            one
            for one in tasks(view, asked.requests, node, view.t - 7 * DAY)
            if everything or _owned(asked, one)
        ]
        running = [one for one in mine if one.running(view.t)]
        ended = [one for one in mine if not one.running(view.t)][:_CLUSTER_WIDE]
        found += [_row(view, one) | {"saved": "0" if one in running else "1"} for one in (*running, *ended)]
    return sorted(found, key=lambda row: (-int(str(row["starttime"])), str(row["upid"])))


def _named(asked: Asked) -> Task:
    """The task that the path names.

    Raises:
        Refused: no such task, or it is somebody else's.
    """
    upid = asked.text("upid")
    pieces = upid.split(":")
    if len(pieces) != 9 or pieces[0] != "UPID":
        raise Refused(400, "Parameter verification failed.", {"upid": "unable to parse worker upid"})
    task = find(asked.view, asked.requests, upid)
    if task is None or task.node != asked.node:
        raise Refused(400, "Parameter verification failed.", {"upid": "no such task"})
    return task


def _readable(asked: Asked) -> Task:
    task = _named(asked)
    if not _owned(asked, task):
        asked.caller.check(f"/nodes/{asked.node}", "Sys.Audit")
    return task


def _status(asked: Asked) -> dict[str, object]:
    task = _readable(asked)
    row = fields_of(asked.view, task)
    if task.running(asked.view.t):
        return row | {"status": "running"}
    return row | {"status": "stopped", "exitstatus": task.status}


def _log(asked: Asked) -> Listed:
    lines = written(asked.view, _readable(asked)) or ["no content"]
    first, limit = asked.number("start", 0), asked.number("limit", 50)
    end = len(lines) if limit == 0 else first + limit
    return Listed([{"n": n, "t": text} for n, text in enumerate(lines, 1)][first:end], total=len(lines))


def _stop(asked: Asked) -> None:
    """Ends a task; a backup that is under way stops with it."""
    task = _named(asked)
    if not _owned(asked, task):
        asked.caller.check(f"/nodes/{asked.node}", "Sys.Modify")
    if not task.running(asked.view.t):
        return
    if task.kind == "vzdump":
        try:
            for entity in {one.guest.entity if not one.job else f"job/{one.job}" for one in task.backups}:
                asked.live.act("stop-job", entity, task.node if entity.startswith("job/") else "")
        except DeedFailed as error:
            raise Refused(500, str(error)) from error
        except AnswerLost:
            asked.requests.stop(asked.text("upid"), asked.view.t)
            raise
    asked.requests.stop(asked.text("upid"), asked.view.t)


_LISTS: Final = {
    "errors": FLAG,
    "limit": NATURAL,
    "since": Field(kind="integer"),
    "source": Field(choices=("archive", "active", "all")),
    "start": NATURAL,
    "statusfilter": TEXT,
    "typefilter": TEXT,
    "until": Field(kind="integer"),
    "userfilter": TEXT,
    "vmid": Field(kind="integer", least=100, most=999_999_999),
}
CALLS: Final[tuple[Call[Asked], ...]] = (
    Call("GET", "cluster/tasks", _cluster_tasks),
    Call("GET", "nodes/{node}/tasks", _node_tasks, fields=_LISTS),
    Call("GET", "nodes/{node}/tasks/{upid}", lambda _asked: [{"name": "log"}, {"name": "status"}]),
    Call("GET", "nodes/{node}/tasks/{upid}/status", _status),
    Call(
        "GET",
        "nodes/{node}/tasks/{upid}/log",
        _log,
        fields={"limit": NATURAL, "start": NATURAL, "download": FLAG},
    ),
    Call("DELETE", "nodes/{node}/tasks/{upid}", _stop),
)
