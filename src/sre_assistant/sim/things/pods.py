"""The pods of a small cluster over time, and what the control plane knows of each."""

from __future__ import annotations

import hashlib
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Final

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.causality.spells import FOREVER, Spells
from sre_assistant.sim.house import KubernetesSpec, WorkloadSpec
from sre_assistant.sim.things.containers import Running
from sre_assistant.sim.things.lives import Life, kubelet_wait

NOTICED: Final = 40.0
"""Seconds until the control plane calls a silent node not ready."""
TOLERATION: Final = 340.0
"""Seconds after a node is lost until its pods are replaced: 40 to notice, 300 to tolerate."""
READY_AFTER: Final = 10.0
"""Seconds after a container's start until its readiness probe first succeeds."""
BACK_OFF_SHOWN: Final = 1.0
"""Seconds after a crash until the kubelet says that it waits."""
_AILING: Final = ("unhealthy", "hung", "failing")
_JUST: Final = 1e-3
_SETTLED: Final = 900.0  # after the last trouble, everything has happened that was going to
_PULL_FAILS: Final = 1.6  # seconds from the start of a pull to its failure
_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(frozen=True, slots=True)
class Revision:
    """A version of a workload's pod template."""

    number: int
    since: float
    image: str
    hash: str
    """Ten letters that replica sets and pods carry in their names."""
    restarted: float | None = None
    """When somebody had all pods replaced, which the template's annotation tells."""
    memory_request: float = 0.0
    trouble: str = ""
    """Why its pods never get ready: ``ImagePullBackOff``, ``Unschedulable``, ``CrashLoopBackOff`` or
    ``ContainerCreating``."""
    message: str = ""
    until: float = FOREVER
    """When the trouble is over."""
    code: int = 0
    """The exit code where its containers crash."""


class PodContainer(Running):
    """A pod's only container; every start after the first is a restart, whatever ended the run before."""

    def restarts(self, t: Floats) -> Floats:
        """How often it has been started again."""
        return (self.lives.count(t, lambda _life: True) - 1.0).clip(min=0.0)


@dataclass(slots=True)
class Pod:
    """A pod; ``running`` is its one container."""

    name: str
    namespace: str
    workload: str
    spec: WorkloadSpec
    node: str
    """The host that it is bound to in the end; empty if no node will have it."""
    revision: str
    """The pod-template hash of its replica set."""
    born: float
    running: Running
    template: Revision
    number: int = 0
    """Its place among the workload's pods."""
    bound: float = FOREVER
    """When the scheduler found a node for it."""
    fetched: bool = False
    """Whether its image had to be pulled."""
    deleted: float = FOREVER
    """From when on it is terminating."""
    dies: float = FOREVER
    """When the API forgets it."""
    reason: str = ""
    """Why it does not run: ``Unschedulable``, ``ImagePullBackOff``, ``ContainerCreating``; or ``Evicted``."""
    since: float = 0.0
    """From when on the reason holds."""
    until: float = FOREVER
    message: str = ""
    ends: bool = False
    """Whether its container is meant to end, as that of a job."""
    silent: Sequence[tuple[float, float]] = ()
    """When its node's kubelet told nothing, in order."""

    @property
    def entity(self) -> str:
        """Its identity."""
        return f"pod/{self.namespace}:{self.name}"

    @property
    def uid(self) -> str:
        """The API's own identity for it; a successor of the same name has another."""
        return identity("Pod", self.entity, repr(self.born), self.running.id)

    def exists(self, t: float) -> bool:
        """Whether the API knows it at a moment."""
        return self.born <= t < self.dies

    def trouble(self, t: float) -> str:
        """The reason that holds at a moment, or nothing."""
        return self.reason if self.reason and self.since <= t < self.until else ""

    def node_at(self, t: float) -> str:
        """The node that it is bound to at a moment, or nothing."""
        return self.node if self.bound <= t else ""

    def seen(self, t: float) -> float:
        """The moment that the kubelet's last report of it tells of."""
        return next((start - _JUST for start, end in self.silent if start <= t < end), t)

    def lost(self, t: float) -> bool:
        """Whether its node is not ready."""
        return any(start + NOTICED <= t < end for start, end in self.silent)

    def life(self, t: float) -> Life | None:
        """The last run of its container that the control plane knows of."""
        return self.running.lives.last(self.seen(t))

    def phase(self, t: float) -> str:
        """``Pending``, ``Running``, ``Failed`` or, of a job's pod, ``Succeeded``."""
        trouble = self.trouble(t)
        if trouble == "Evicted":
            return "Failed"
        life = self.life(t)
        if trouble or life is None:
            return "Pending"
        if self.ends and life.end <= self.seen(t):
            return "Failed" if life.code else "Succeeded"
        return "Running"

    def waiting(self, t: float) -> str:
        """Why its container waits, e.g. ``ContainerCreating`` or ``CrashLoopBackOff``; or nothing."""
        trouble, life, s = self.trouble(t), self.life(t), self.seen(t)
        if self.phase(t) == "Pending":
            if not self.node_at(t):
                return ""
            if trouble == "ImagePullBackOff":
                first = next(iter(self.pulls(s)), FOREVER)
                last = max(self.pulls(s), default=FOREVER)
                if s < first + _PULL_FAILS:
                    return "ContainerCreating"
                return "ErrImagePull" if last + _PULL_FAILS <= s < last + 2 * _PULL_FAILS else trouble
            return "ContainerCreating"
        if life is None or self.ends or trouble or life.end > s or self.deleted <= t:
            return ""
        if life.mode in {"crashing", "oom"} and s >= life.end + BACK_OFF_SHOWN:
            return "CrashLoopBackOff"
        return ""

    def ready(self, t: float) -> bool:
        """Whether it serves."""
        life = self.life(t)
        if life is None or self.deleted <= t or self.lost(t) or self.phase(t) != "Running":
            return False
        s = self.seen(t)
        return life.start + READY_AFTER <= s < life.end and self.running.answers(s)

    def pulls(self, t: float) -> list[float]:
        """The attempts so far to pull an image that cannot be had."""
        found: list[float] = []
        at, failures = self.bound + 0.6, 1
        while at <= min(t, self.deleted) and self.reason == "ImagePullBackOff":
            found.append(at)
            at += _PULL_FAILS + kubelet_wait(failures)
            failures += 1
        return found

    def moments(self, start: float, end: float) -> list[float]:
        """When something about it changes in ``start < t <= end``, ascending; at some nothing does."""
        found = {self.born, self.bound, self.deleted, self.dies}
        if self.reason:
            found |= {self.since, self.until}
        for at in self.pulls(min(end, self.dies)):
            found |= {at, at + _PULL_FAILS, at + 2 * _PULL_FAILS}
        for life in self.running.lives.upto(end):
            if life.end >= start - READY_AFTER:
                found |= {life.start, life.start + READY_AFTER, life.end, life.end + BACK_OFF_SHOWN}
        found |= self._edges()
        lived = max(start, self.born - 1e-3), min(end, self.dies)
        return sorted(one for one in found if lived[0] < one <= lived[1])

    def turns(self, end: float) -> list[float]:
        """The moments until ``end`` at which it may begin or cease to serve, ascending."""
        found = {self.born, self.bound, self.deleted, self.dies}
        if self.reason:
            found |= {self.since, self.until}
        for life in self.running.lives.upto(end):
            if life.end - life.start > READY_AFTER:
                found |= {life.start + READY_AFTER, life.end}
        found |= self._edges()
        return sorted(one for one in found if self.born <= one <= min(end, self.dies))

    def gets_ready(self, until: float) -> float:
        """When it first serves, if that is before a moment; else `FOREVER`."""
        edges = [edge for one in self.running.spells for edge in (one.start, one.end)]
        edges += [edge for stretch in self.silent for edge in stretch]
        known = [one for one in (self.born, self.bound, self.template.until, *edges) if one < FOREVER]
        last = min(until, max(known) + _SETTLED)
        return next((one for one in self.turns(last) if self.ready(one)), FOREVER)

    def _edges(self) -> set[float]:
        """When something around it changes that it needs to serve."""
        found = {at for one in self.running.spells.of(*_AILING) for at in (one.start, one.end)}
        return found | {at for gone, back in self.silent for at in (gone + NOTICED, back)}


@dataclass(frozen=True, slots=True)
class Note:
    """Something that a controller did with a workload's pods."""

    at: float
    about: str
    """The kind of what it did it to, e.g. ``ReplicaSet``."""
    name: str
    reason: str
    message: str


@dataclass(slots=True)
class Workload:
    """A workload and every pod that it ever had."""

    namespace: str
    name: str
    spec: WorkloadSpec
    spells: Spells
    pods: list[Pod]
    seed: int = 0
    begun: float = 0.0
    """When it was made."""
    revisions: list[Revision] = field(default_factory=list)
    """By number, ascending."""
    scales: list[tuple[float, int]] = field(default_factory=list)
    """How many pods somebody wants, each with the time from which on."""
    runs: list[JobRun] = field(default_factory=list)
    """Of a cron job: its jobs, by time."""
    notes: list[Note] = field(default_factory=list)
    """What its controllers did."""

    @property
    def entity(self) -> str:
        """Its identity in the world."""
        return f"workload/{self.namespace}:{self.name}"

    def at(self, t: float) -> list[Pod]:
        """The pods that the API knows at a moment."""
        return [pod for pod in self.pods if pod.exists(t)]

    def ready(self, t: float) -> int:
        """How many pods serve."""
        return sum(pod.ready(t) for pod in self.at(t))

    def wanted(self, t: float) -> int:
        """How many pods it is to have."""
        return next((count for since, count in reversed(self.scales) if since <= t), 0)

    def revision(self, t: float) -> Revision:
        """The template that is in force."""
        return next((one for one in reversed(self.revisions) if one.since <= t), self.revisions[0])

    def turns(self, end: float) -> list[float]:
        """The moments until ``end`` at which it may have more or fewer pods that serve, ascending."""
        own = {one.since for one in self.revisions} | {since for since, _ in self.scales} | {self.begun}
        return sorted({at for pod in self.pods for at in pod.turns(end)} | {at for at in own if at <= end})

    def moments(self, start: float, end: float) -> list[float]:
        """When something about it or its pods changes in ``start < t <= end``, ascending."""
        own = [one.since for one in self.revisions] + [since for since, _ in self.scales] + [self.begun]
        found = {one for one in own if start < one <= end}
        found |= {one for pod in self.pods for one in pod.moments(start, end)}
        return sorted(found)


@dataclass(frozen=True, slots=True)
class JobRun:
    """One job of a cron job."""

    name: str
    start: float
    end: float
    failed: bool
    dies: float
    """When the history no longer keeps it."""
    pod: str


def placed(cluster: KubernetesSpec, namespace: str, workload: str, number: int) -> str:
    """The node that the scheduler chooses for a pod while all nodes are there."""
    if cluster.namespaces[namespace][workload].kind == "daemonset":
        return cluster.nodes[number % len(cluster.nodes)]
    first = int.from_bytes(hashlib.sha256(f"{namespace}/{workload}".encode()).digest()[:4], "big")
    return cluster.nodes[(first + number) % len(cluster.nodes)]


def letters(size: int, *names: str) -> str:
    """A suffix like those that Kubernetes makes up, always the same for the same names."""
    digest = hashlib.sha256("\x00".join(names).encode()).digest()
    return "".join(_LETTERS[byte % len(_LETTERS)] for byte in digest[:size])


def identity(*names: str) -> str:
    """A UUID, always the same for the same names."""
    digest = hashlib.sha256("\x00".join(names).encode()).digest()
    return str(uuid.UUID(bytes=digest[:16], version=4))
