"""Every task of the cluster: backups, starts and stops, boots, package lists, and what somebody asked for."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

from sre_assistant.sim.causality.spells import FOREVER
from sre_assistant.sim.servers.proxmox.backups import Backup, backups
from sre_assistant.sim.servers.proxmox.requested import Requested, Requests
from sre_assistant.sim.servers.proxmox.view import ClusterView
from sre_assistant.sim.signals import DAY, seeded

ROOT: Final = "root@pam"
KEPT: Final = 60 * DAY
"""How far back a node remembers its tasks."""
_PREFIX: Final = {"qemu": "qm", "lxc": "vz"}
_ASKED: Final = ("start", "stop", "shutdown", "reboot", "restart", "kill")


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task; ``status`` is how it ends, and may not be known yet."""

    node: str
    kind: str
    id: str
    user: str
    start: float
    end: float
    status: str = "OK"
    backups: tuple[Backup, ...] = ()
    """The single backups of a ``vzdump``."""
    entity: str = ""
    """What it works on: the thing whose stopping stops it."""
    request: Requested | None = None

    @property
    def failed(self) -> bool:
        """Whether it ended badly; warnings are no failure."""
        return self.status != "OK" and not self.status.startswith("WARNINGS: ")

    def running(self, t: float) -> bool:
        """Whether it is under way."""
        return self.start <= t < self.end

    def pid(self) -> int:
        """Its process."""
        number = self.request.number if self.request else 0
        text = f"{self.node}\x00{self.kind}\x00{self.id}\x00{self.user}\x00{self.start:.3f}\x00{number}"
        return 1000 + int.from_bytes(hashlib.sha256(text.encode()).digest()[:4], "big") % 4_000_000

    def started(self, view: ClusterView) -> int:
        """When its process began, in hundredths of a second since the node's boot."""
        boots = view.host(self.node).boots
        earlier = boots[boots <= self.start]
        return int((self.start - (float(earlier[-1]) if earlier.size else self.start - DAY)) * 100)

    def upid(self, view: ClusterView) -> str:
        """Its name."""
        head = f"{self.pid():08X}:{self.started(view):08X}:{view.unix(self.start):08X}"
        return f"UPID:{self.node}:{head}:{self.kind}:{self.id}:{self.user}:"


def tasks(view: ClusterView, requests: Requests, node: str, since: float) -> list[Task]:
    """The tasks of a node that had begun by now, the last first."""
    since = max(since, view.t - KEPT)
    found = [
        *_saving(view, node, since),
        *_life(view, requests, node, since),
        *_boots(view, node, since),
        *_package_lists(view, node, since),
        *(_asked(one) for one in requests.all() if one.node == node and one.kind != "vzdump"),
        *_dumps_asked(view, requests, node),
    ]
    begun = [_cut(view, requests, one) for one in found if since <= one.start <= view.t]
    return sorted(begun, key=lambda one: (one.start, one.kind, one.id, one.user), reverse=True)


def find(view: ClusterView, requests: Requests, upid: str) -> Task | None:
    """The task of that name."""
    pieces = upid.split(":")
    if len(pieces) < 6 or pieces[1] not in view.nodes:
        return None
    start = view.world.seconds(int(pieces[4], 16) * 1000.0) if _hexadecimal(pieces[4]) else FOREVER
    return next((one for one in tasks(view, requests, pieces[1], start - 1) if one.upid(view) == upid), None)


def _saving(view: ClusterView, node: str, since: float) -> Iterator[Task]:
    """One task for each node and run of a backup job, whatever the number of guests."""
    together: dict[tuple[str, float], list[Backup]] = {}
    for one in backups(view.world, view.deeds, since - DAY, view.t + 1e-6):
        if one.node == node and one.job:
            together.setdefault((one.job, one.begun), []).append(one)
    for (job, begun), some in together.items():
        several = [*some, *_to_come(view, job, begun, node)]
        yield Task(
            node=node,
            kind="vzdump",
            id=str(several[0].guest.spec.vmid) if _chosen(view, job, node) == 1 else "",
            user=ROOT,
            start=several[0].start,
            end=several[-1].end + 1.0,
            status=_outcome(several),
            backups=tuple(several),
            entity=f"job/{job}",
        )


def _chosen(view: ClusterView, job: str, node: str) -> int:
    """How many guests of a node a job saves; a task for one is named after it."""
    return sum(host == node for _, host, _ in view.world.jobs[job].steps)


def _to_come(view: ClusterView, job: str, begun: float, node: str) -> list[Backup]:
    """What a run that is under way has yet to begin."""
    if view.t - begun > DAY:
        return []
    later = backups(view.world, view.deeds, view.t + 1e-6, begun + DAY)
    return [one for one in later if (one.job, one.begun, one.node) == (job, begun, node)]


def _outcome(several: Sequence[Backup]) -> str:
    if any(one.error == "interrupted by signal" for one in several):
        return "interrupted by signal"
    return "OK" if all(one.good for one in several) else "job errors"


def _dumps_asked(view: ClusterView, requests: Requests, node: str) -> Iterator[Task]:
    asked = [one for one in requests.all() if one.node == node and one.kind == "vzdump"]
    made = backups(view.world, view.deeds, view.t - KEPT, view.t + DAY)
    for request in asked:
        task = _asked(request)
        deed = request.deed
        mine = tuple(
            one
            for one in made
            if deed is not None and not one.job and one.start == deed.at and one.guest.entity == deed.entity
        )
        if mine:
            task = replace(task, end=mine[-1].end + 1.0, status=_outcome(mine), backups=mine)
        yield task


def _asked(request: Requested) -> Task:
    status = request.error
    if not status and request.deed is not None and request.deed.half:
        status = _half(request)
    return Task(
        node=request.node,
        kind=request.kind,
        id=request.vmid,
        user=request.user,
        start=request.at,
        end=request.end,
        status=status or "OK",
        entity=request.entity,
        request=request,
    )


def _half(request: Requested) -> str:
    """How a thing done by half ends; a reboot calls itself well, because the start is another task."""
    return "got timeout" if request.kind.endswith("snapshot") else ""


def _life(view: ClusterView, requests: Requests, node: str, since: float) -> Iterator[Task]:
    """Starts and stops that nobody asked this API for."""
    own = {(one.entity, one.deed.at) for one in requests.all() if one.deed is not None}
    for guest in view.guests(node):
        prefix, vmid = _PREFIX[guest.spec.kind], str(guest.spec.vmid)
        for life in guest.lives.upto(view.t):
            asked = any(entity == guest.entity and -0.01 < life.start - at < 1.01 for entity, at in own)
            if life.start > since and not asked:
                yield Task(
                    node=node, kind=f"{prefix}start", id=vmid, user=ROOT, start=life.start - 2, end=life.start
                )
        for spell in view.world.spells[guest.entity].of("stopped"):
            word = spell.detail.partition(" ")[0]
            if spell.start > since and word in _ASKED and (guest.entity, spell.start) not in own:
                kind = prefix + {"restart": "reset", "kill": "stop"}.get(word, word)
                yield Task(node=node, kind=kind, id=vmid, user=ROOT, start=spell.start, end=spell.start + 2)
        for deed in view.deeds:
            if deed.entity == guest.entity and deed.act in {"reboot", "restart"} and deed.half:
                error = "start failed: QEMU exited with code 1"
                start = deed.at + 4.0
                yield Task(
                    node=node,
                    kind=f"{prefix}start",
                    id=vmid,
                    user=ROOT,
                    start=start,
                    end=start + 3,
                    status=error,
                )


def _boots(view: ClusterView, node: str, since: float) -> Iterator[Task]:
    """After each boot the guests are started that are to start with the node."""
    for boot in view.host(node).boots.tolist():
        if since - 6 <= boot < view.t:
            yield Task(node=node, kind="startall", id="", user=ROOT, start=boot + 6, end=boot + 12)


def _package_lists(view: ClusterView, node: str, since: float) -> Iterator[Task]:
    """Once a day the lists of packages are fetched."""
    phase = 3600.0 + seeded(view.world.seed, "aptupdate", node) % 14400
    day = since // DAY
    while day * DAY + phase <= view.t:
        start = day * DAY + phase
        if view.world.spells[f"host/{node}"].at(start, "gone", "off") is None:
            online = view.world.spells["net/isp"].at(start, "gone", "off") is None
            status = "OK" if online else "command 'apt-get update' failed: exit code 100"
            yield Task(
                node=node, kind="aptupdate", id="", user=ROOT, start=start, end=start + 5, status=status
            )
        day += 1


def _cut(view: ClusterView, requests: Requests, task: Task) -> Task:
    """A task that somebody stopped ended there."""
    at = requests.stopped(task.upid(view))
    return task if at is None or at >= task.end else replace(task, end=at, status="interrupted by signal")


def _hexadecimal(text: str) -> bool:
    return bool(text) and len(text) <= 16 and all(letter in "0123456789abcdefABCDEF" for letter in text)
