"""The calls about datastores and what lies in them."""

from __future__ import annotations

import hashlib
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.live import DeedFailed
from sre_assistant.sim.servers.pbs import contents
from sre_assistant.sim.servers.pbs.asked import Asked
from sre_assistant.sim.servers.pbs.collecting import collection
from sre_assistant.sim.servers.pbs.pruning import KEEPS, staying
from sre_assistant.sim.servers.pbs.tasks import run_of
from sre_assistant.sim.servers.pbs.view import StoreView
from sre_assistant.sim.servers.proxmox.calls import Call, Field, Refused
from sre_assistant.sim.servers.proxmox.task_calls import Listed

Row = dict[str, object]

_FIXED: Final = "nonremovable"
"""The mount status of a datastore that is on no removable disk."""
_HISTORY_POINTS: Final = 30
_ENOUGH: Final = 7
"""Points below which no date is estimated."""


def _space(view: StoreView, name: str) -> Row:
    store = view.world.datastores[name]
    total, used = int(store.filesystem.spec.size), int(store.used(view.at)[0])
    return {"total": total, "used": used, "avail": max(int(total * 0.95) - used, 0)}  # the rest is root's


def _usage(asked: Asked) -> list[Row]:
    """How full the datastores are, and when they will be, by a straight line through the last month."""
    view = asked.view
    found: list[Row] = []
    for name in view.stores:
        if not asked.caller.has(f"/datastore/{name}", "Datastore.Audit", "Datastore.Backup"):
            continue
        row: Row = {"store": name, "mount-status": _FIXED}
        if problem := view.problem(name):
            found.append(row | {"error": problem})
            continue
        found.append(row | _space(view, name) | _course(view, name) | _collected(view, name))
    return found


def _collected(view: StoreView, name: str) -> Row:
    return {"gc-status": collection(view, name, brief=True)}


def _course(view: StoreView, name: str) -> Row:
    store = view.world.datastores[name]
    last = view.now // 86400 * 86400
    unix = np.arange(last - (_HISTORY_POINTS - 1) * 86400, last + 1, 86400, dtype=np.float64)
    t = unix - view.world.epoch_ms / 1000
    shares = store.used(t) / float(store.filesystem.spec.size)
    gone = view.world.spells[f"datastore/{name}"].inside(t, "gone", "maintenance")
    gone |= view.world.spells[f"host/{view.node}"].inside(t, "off")
    known = ~gone
    row: Row = {
        "history-start": int(unix[0]),
        "history-delta": 86400,
        "history": [float(share) if there else None for share, there in zip(shares, known, strict=True)],
    }
    if known.sum() >= _ENOUGH:
        row["estimated-full-date"] = _full_date(unix[known], shares[known])
    return row


def _full_date(unix: Floats, shares: Floats) -> int:
    """When a straight line reaches all of it; in the past if it falls, 0 if nothing moves."""
    middle, level = float(unix.mean()), float(shares.mean())
    spread = float(((unix - middle) ** 2).sum())
    slope = float(((unix - middle) * (shares - level)).sum()) / spread
    return 0 if slope == 0 else int(middle + (1.0 - level) / slope)


def _list(asked: Asked) -> list[Row]:
    found: list[Row] = []
    for name in asked.view.stores:
        if asked.sees(name):
            row: Row = {"store": name, "comment": _comment(asked.view, name), "mount-status": _FIXED}
            if mode := _maintenance(asked.view, name):
                row["maintenance"] = mode
            found.append(row)
    return found


def _maintenance(view: StoreView, name: str) -> str:
    """The maintenance mode as it is configured; empty outside of one."""
    spell = view.world.datastores[name].spells.at(view.t, "maintenance")
    return f"type=offline,message={spell.detail.replace(' ', '%20')}" if spell else ""


def _comment(view: StoreView, name: str) -> str:
    return f"backups on {view.world.datastores[name].spec.mountpoint}"


def _status(asked: Asked) -> Row:
    name = asked.store("Datastore.Audit", "Datastore.Backup").name
    row = _space(asked.view, name)
    if asked.flag("verbose"):
        row |= {"counts": contents.counts(asked.view, name)} | _collected(asked.view, name)
    return row


def _namespaces(asked: Asked) -> list[Row]:
    asked.store("Datastore.Audit", "Datastore.Backup")
    return [{"ns": ""}]


def _groups(asked: Asked) -> list[Row]:
    store = asked.store("Datastore.Audit")
    asked.namespace()
    return contents.groups(asked.view, store.name)


def _snapshots(asked: Asked) -> list[Row]:
    store = asked.store("Datastore.Audit")
    asked.namespace()
    found = contents.snapshots(asked.view, store.name)
    for name in ("backup-type", "backup-id"):
        if name in asked.values:
            found = [row for row in found if row[name] == asked.text(name)]
    return found


def _gc(asked: Asked) -> Row:
    return collection(asked.view, asked.store("Datastore.Audit").name)


def _start_gc(asked: Asked) -> str:
    return _start(asked, "gc", asked.store("Datastore.Modify").name)


def _start_verify(asked: Asked) -> str:
    return _start(asked, "verify", asked.store("Datastore.Verify").name)


def _start(asked: Asked, word: str, store: str) -> str:
    """Has it done and tells the task's name.

    Raises:
        Refused: it cannot be begun.
    """
    try:
        deed = asked.live.act("run-job", f"datastore/{store}", f"{word} {asked.caller.name}")
    except DeedFailed as error:
        raise Refused(400, str(error).partition(": ")[2]) from error
    return run_of(deed).upid(asked.view)


def _prune(asked: Asked) -> list[Row]:
    """What stays of a group and what goes; with ``dry-run`` it is only told."""
    store = asked.store("Datastore.Modify", "Datastore.Prune")
    asked.namespace()
    kind, number = asked.text("backup-type"), asked.text("backup-id")
    rows = [
        row
        for row in contents.snapshots(asked.view, store.name)
        if (row["backup-type"], row["backup-id"]) == (kind, number)
    ]
    times = [int(str(row["backup-time"])) for row in rows]
    keeps = {name: asked.number(name, 0) for name in KEEPS}
    stay = staying(times, keeps)
    if not asked.flag("dry-run"):
        _forget(asked, store.name, [f"{kind}/{number}/{unix}" for unix in times if unix not in stay])
    return [
        {
            "backup-type": kind,
            "backup-id": number,
            "backup-time": unix,
            "keep": unix in stay,
            "protected": False,
        }
        for unix in times
    ]


def _delete(asked: Asked) -> None:
    """Deletes one backup."""
    store = asked.store("Datastore.Modify", "Datastore.Prune")
    asked.namespace()
    path = f"{asked.text('backup-type')}/{asked.text('backup-id')}/{asked.number('backup-time', 0)}"
    known = {
        f"{row['backup-type']}/{row['backup-id']}/{row['backup-time']}"
        for row in contents.snapshots(asked.view, store.name)
    }
    if path not in known:
        raise Refused(400, f"snapshot {path} does not exist.")
    _forget(asked, store.name, [path])


def _forget(asked: Asked, store: str, paths: list[str]) -> None:
    if not paths:
        return
    try:
        asked.live.act("delete", f"datastore/{store}", " ".join(paths))
    except DeedFailed as error:
        raise Refused(400, str(error).partition(": ")[2]) from error


def _all_configured(asked: Asked) -> Listed:
    rows = _configured(asked)
    return Listed(rows, digest=hashlib.sha256(repr(rows).encode()).hexdigest())


def _configured(asked: Asked) -> list[Row]:
    view = asked.view
    found: list[Row] = []
    for name in view.stores:
        if not asked.sees(name):
            continue
        store = view.world.datastores[name]
        row: Row = {
            "name": name,
            "path": store.spec.mountpoint,
            "comment": _comment(view, name),
            "notification-mode": "notification-system",
        }
        for job in view.world.jobs.values():
            if job.spec.kind == "gc" and job.spec.datastore == name:
                row["gc-schedule"] = job.spec.schedule.removeprefix("daily ")
        if mode := _maintenance(view, name):
            row["maintenance-mode"] = mode
        found.append(row)
    return found


def _one_configured(asked: Asked) -> Row:
    name = asked.text("store")
    asked.view.store(name)
    asked.caller.check(f"/datastore/{name}", "Datastore.Audit")
    return next(row for row in _configured(asked) if row["name"] == name)


_STORE: Final = "admin/datastore/{store}"
_GROUP: Final = {
    "backup-type": Field(needed=True, choices=("vm", "ct", "host")),
    "backup-id": Field(needed=True, pattern=r"[A-Za-z0-9_][A-Za-z0-9._\-]*"),
    "ns": Field(),
}
_KEEPS: Final = {name: Field(kind="integer", least=1) for name in KEEPS}
_NS: Final = {"ns": Field()}
_FLAG: Final = Field(kind="boolean")
_SNAPSHOTS: Final = _NS | {"backup-type": Field(choices=("vm", "ct", "host")), "backup-id": Field()}
_CHECKS: Final = _SNAPSHOTS | {"ignore-verified": _FLAG, "outdated-after": Field(kind="integer", least=0)}
CALLS: Final[tuple[Call[Asked], ...]] = (
    Call("GET", "status/datastore-usage", _usage),
    Call("GET", "admin/datastore", _list),
    Call("GET", f"{_STORE}/status", _status, fields={"verbose": _FLAG}),
    Call(
        "GET",
        f"{_STORE}/namespace",
        _namespaces,
        fields={"parent": Field(), "max-depth": Field(kind="integer")},
    ),
    Call("GET", f"{_STORE}/groups", _groups, fields=_NS),
    Call("GET", f"{_STORE}/snapshots", _snapshots, fields=_SNAPSHOTS),
    Call(
        "DELETE",
        f"{_STORE}/snapshots",
        _delete,
        fields=_GROUP | {"backup-time": Field(kind="integer", needed=True)},
    ),
    Call("GET", f"{_STORE}/gc", _gc),
    Call("POST", f"{_STORE}/gc", _start_gc),
    Call("POST", f"{_STORE}/verify", _start_verify, fields=_CHECKS),
    Call("POST", f"{_STORE}/prune", _prune, fields=_GROUP | _KEEPS | {"dry-run": _FLAG, "use-task": _FLAG}),
    Call("GET", "config/datastore", _all_configured),
    Call("GET", "config/datastore/{store}", _one_configured),
)
