"""The calls that change guests; each answers with the name of the task that does it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sre_assistant.sim.causality.deeds import Act, Deed
from sre_assistant.sim.live import AnswerLost, DeedFailed
from sre_assistant.sim.servers.proxmox.asked import FLAG, NAME, NATURAL, TEXT, VMID, WORD, Asked
from sre_assistant.sim.servers.proxmox.backups import snapshots
from sre_assistant.sim.servers.proxmox.calls import Call, Field, Refused, needs
from sre_assistant.sim.servers.proxmox.requested import SECONDS, Requested
from sre_assistant.sim.servers.proxmox.tasks import tasks
from sre_assistant.sim.servers.proxmox.view import ClusterView
from sre_assistant.sim.things.guests import Guest

_ACTS: Final[dict[str, dict[str, tuple[Act, str]]]] = {
    "qemu": {
        "start": ("start", "qmstart"),
        "stop": ("stop", "qmstop"),
        "shutdown": ("shutdown", "qmshutdown"),
        "reboot": ("reboot", "qmreboot"),
        "reset": ("restart", "qmreset"),
        "suspend": ("suspend", "qmpause"),
        "resume": ("resume", "qmresume"),
    },
    "lxc": {
        "start": ("start", "vzstart"),
        "stop": ("stop", "vzstop"),
        "shutdown": ("shutdown", "vzshutdown"),
        "reboot": ("reboot", "vzreboot"),
        "suspend": ("suspend", "vzsuspend"),
        "resume": ("resume", "vzresume"),
    },
}


def _status(kind: str, word: str) -> Callable[[Asked], str]:
    """The call that starts or stops a guest in one of the ways."""

    def changed(asked: Asked) -> str:
        guest = asked.guest(kind)
        running = asked.view.runs(guest)
        number = guest.spec.vmid
        if kind == "qemu" and word in {"shutdown", "reboot"} and asked.view.paused(guest):
            raise Refused(500, "VM is paused - cannot shutdown")
        _before_the_task(kind, word, number, running=running)
        asked.writable()
        act, task = _ACTS[kind][word]
        error = _in_the_task(asked, guest, word, running=running)
        if error is None and running == (word == "start") and word in {"start", "stop", "shutdown"}:
            return _upid(asked, _nothing(asked, guest, task, act))  # it is as it shall be
        return _do(asked, guest, task, act, error=error)

    return changed


def _before_the_task(kind: str, word: str, number: int, *, running: bool) -> None:
    """What the API itself refuses.

    Raises:
        Refused: the guest is not in the state for it.
    """
    if kind == "lxc" and word == "start" and running:
        raise Refused(500, f"CT {number} already running")
    if not running and (
        word in {"reboot", "reset", "suspend", "resume"} or (kind == "lxc" and word != "start")
    ):
        noun = "CT" if kind == "lxc" and word != "reboot" else "VM"
        raise Refused(500, f"{noun} {number} not running")


def _in_the_task(asked: Asked, guest: Guest, word: str, *, running: bool) -> str | None:
    """What only the task finds out."""
    noun = "VM" if guest.spec.kind == "qemu" else "CT"
    if guest.spec.template and word == "start":
        return f"you can't start a {'vm' if noun == 'VM' else 'CT'} if it's a template"
    if lock := asked.view.lock(guest):
        return f"{noun} is locked ({lock})"
    if running and word == "start":
        return f"VM {guest.spec.vmid} already running"
    return None


def _nothing(asked: Asked, guest: Guest, kind: str, act: Act) -> Requested:
    return asked.requests.add(
        Requested(
            node=asked.node,
            kind=kind,
            vmid=str(guest.spec.vmid),
            user=asked.caller.name,
            at=asked.view.t,
            entity=guest.entity,
            takes=SECONDS[act],
        )
    )


def _do(
    asked: Asked, guest: Guest, kind: str, act: Act, *, error: str | None = None, detail: str = ""
) -> str:
    """Has it done and tells the task's name; what goes wrong goes wrong in the task.

    Raises:
        AnswerLost: it was done, and nobody is to hear of it.
    """
    at, deed, lost = asked.view.t, None, False
    if error is None:
        try:
            deed = asked.live.act(act, guest.entity, detail)
        except DeedFailed as failed:
            error = str(failed).partition(": ")[2]
        except AnswerLost:
            deed, lost = _last(asked, act, guest), True
    made = asked.requests.add(
        Requested(
            node=asked.node,
            kind=kind,
            vmid=str(guest.spec.vmid),
            user=asked.caller.name,
            at=at,
            entity=guest.entity,
            takes=SECONDS[act],
            deed=deed,
            error=error or "",
            detail=detail.partition("\n")[0],
        )
    )
    if lost:
        raise AnswerLost
    return _upid(asked, made)


def _last(asked: Asked, act: Act, guest: Guest) -> Deed:
    """What was done last of this kind to a guest."""
    mine = [one for one in asked.live.deeds if (one.act, one.entity) == (act, guest.entity)]
    return mine[-1]


def _upid(asked: Asked, made: Requested) -> str:
    """The name of the task that a request became."""
    view = ClusterView.of(asked.live)
    view = ClusterView(view.world, max(view.t, made.at), view.deeds)
    for task in tasks(view, asked.requests, made.node, made.at - 1.0):
        if task.request is made:
            return task.upid(view)
    raise Refused(500, "unable to create task")


def _take_snapshot(kind: str) -> Callable[[Asked], str]:
    def taken(asked: Asked) -> str:
        guest = asked.guest(kind)
        asked.writable()
        name = asked.text("snapname")
        there = {one.name for one in snapshots(asked.view.world, asked.view.deeds, guest, asked.view.t)}
        error = _in_the_task(asked, guest, "snapshot", running=False)
        if name in there or name == "current":
            error = f"snapshot name '{name}' already used"
        detail = f"{name}\n{asked.text('description')}".rstrip("\n")
        task = "qmsnapshot" if kind == "qemu" else "vzsnapshot"
        return _do(asked, guest, task, "snapshot", error=error, detail=detail)

    return taken


def _delete_snapshot(kind: str) -> Callable[[Asked], str]:
    def deleted(asked: Asked) -> str:
        guest = asked.guest(kind)
        asked.writable()
        name = asked.text("snapname")
        there = {one.name for one in snapshots(asked.view.world, asked.view.deeds, guest, asked.view.t)}
        error = _in_the_task(asked, guest, "delsnapshot", running=False)
        if error is None and name not in there:
            error = f"snapshot '{name}' does not exist"
        task = "qmdelsnapshot" if kind == "qemu" else "vzdelsnapshot"
        return _do(asked, guest, task, "delete", error=error, detail=name)

    return deleted


def _dump(asked: Asked) -> str:
    """Backs up one guest of the node now."""
    storage, wanted = asked.text("storage", "local"), asked.text("vmid")
    if not wanted.isdecimal():
        error = "invalid format - value does not look like a valid VM ID" if wanted else "property is missing"
        raise Refused(400, "Parameter verification failed.", {"vmid": error})
    asked.caller.check(f"/vms/{wanted}", "VM.Backup")
    asked.caller.check(f"/storage/{storage}", "Datastore.AllocateSpace")
    spec = asked.view.storage(asked.node, storage)
    if "backup" not in spec.content:
        error = f"storage '{storage}' does not support 'backup' content"
        raise Refused(400, "Parameter verification failed.", {"storage": error})
    asked.writable()
    guest = asked.view.by_number(int(wanted))
    if guest is None or guest.spec.node != asked.node:
        raise Refused(500, f"unable to find VM '{wanted}'")
    lock = asked.view.lock(guest)
    failure = "job errors" if lock else None
    return _do(asked, guest, "vzdump", "run-job", error=failure, detail=storage)


def _of(kind: str) -> tuple[Call[Asked], ...]:
    place = f"nodes/{{node}}/{kind}/{{vmid}}"
    power, snap = needs("/vms/{vmid}", "VM.PowerMgmt"), needs("/vms/{vmid}", "VM.Snapshot")
    options = {
        "vmid": VMID,
        "forceStop": FLAG,
        "keepActive": FLAG,
        "skiplock": FLAG,
        "timeout": NATURAL,
        "todisk": FLAG,
        "overrule-shutdown": FLAG,
        "nocheck": FLAG,
    }
    taking = {"vmid": VMID, "snapname": NAME, "description": TEXT, "vmstate": FLAG}
    deleting = {"vmid": VMID, "snapname": NAME, "force": FLAG}
    return (
        *(
            Call("POST", f"{place}/status/{word}", _status(kind, word), power, options)
            for word in _ACTS[kind]
        ),
        Call("POST", f"{place}/snapshot", _take_snapshot(kind), snap, taking),
        Call("DELETE", f"{place}/snapshot/{{snapname}}", _delete_snapshot(kind), snap, deleting),
    )


_DUMPS: Final = {
    "vmid": WORD,
    "storage": TEXT,
    "mode": Field(choices=("snapshot", "suspend", "stop")),
    "compress": Field(choices=("0", "1", "gzip", "lzo", "zstd")),
    "notes-template": TEXT,
    "protected": FLAG,
    "remove": FLAG,
    "all": FLAG,
    "quiet": FLAG,
}
CALLS: Final[tuple[Call[Asked], ...]] = (
    *_of("qemu"),
    *_of("lxc"),
    Call("POST", "nodes/{node}/vzdump", _dump, fields=_DUMPS),
)
