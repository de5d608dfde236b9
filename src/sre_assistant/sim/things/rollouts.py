"""How a workload's pods come and go: rollouts, lost nodes, evictions, deletions, more or fewer of them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Final

from sre_assistant.sim.causality.spells import FOREVER, Spell
from sre_assistant.sim.house import KubernetesSpec
from sre_assistant.sim.signals import Weekly, seeded, uneven
from sre_assistant.sim.things.hosts import usual_week
from sre_assistant.sim.things.lives import Lives, kubelet_wait, without
from sre_assistant.sim.things.nodes import Node
from sre_assistant.sim.things.pods import (
    TOLERATION,
    Note,
    Pod,
    PodContainer,
    Revision,
    Workload,
    letters,
)
from sre_assistant.sim.things.revisions import claim_lost, halves, revisions
from sre_assistant.sim.things.scheduling import Scheduler, shortage

CRITICAL: Final = "kube-system"
"""The namespace whose pods no node evicts."""
_PULL_SECONDS: Final = 6.0
_START_SECONDS: Final = 1.4
_CRASH_RUN_SECONDS: Final = 7.0
_BACK_SECONDS: Final = 12.0  # from the return of a node until its kubelet has cleared away a pod
_KEPT_SECONDS: Final = 3600.0  # how long evicted pods are left lying about
_ENDING: Final = ("off", "crashing", "oom")


@dataclass(frozen=True, slots=True)
class _End:
    """What ends a pod, and when."""

    at: float
    why: str
    spell: Spell | None = None


@dataclass(slots=True)
class Rollouts:
    """One workload's controller, scheduler and kubelets."""

    workload: Workload
    spec: KubernetesSpec
    nodes: Mapping[str, Node]
    _current: dict[int, Pod] = field(default_factory=dict)
    _births: dict[int, int] = field(default_factory=dict)
    _fetched: set[tuple[str, str]] = field(default_factory=set)
    _settled: Revision = field(init=False)
    _scheduler: Scheduler = field(init=False)

    def __post_init__(self) -> None:
        """Takes what happened as it was told."""
        self.workload.revisions = revisions(self.workload)
        self.workload.scales = list(self._scales())
        self._settled = self.workload.revisions[0]
        self._scheduler = Scheduler(self.spec, self.nodes, self.workload)

    @property
    def _kind(self) -> str:
        return self.workload.spec.kind

    def carry_out(self) -> None:
        """Makes every pod that the workload ever had."""
        work = self.workload
        for number in range(work.wanted(work.begun)):
            self._begin(number, work.begun, self._settled)
        times = sorted(
            {*(one.since for one in work.revisions[1:]), *(at for at, _ in work.scales[1:]), FOREVER}
        )
        for at in times[:-1]:
            self._carry_all(at)
            latest = work.revision(at)
            if latest.since == at:
                following = [one.since for one in work.revisions if one.since > at]
                self._roll(latest, at, min(following, default=FOREVER))
            self._scale(at)
        self._carry_all(FOREVER)
        self._clear_away()
        work.pods.sort(key=lambda pod: (pod.born, pod.name))

    def _clear_away(self) -> None:
        """What is left of pods, or is terminating already, goes at once when somebody deletes it."""
        for one in self.workload.spells.of("delete"):
            for pod in self.workload.pods:
                meant = pod.name == one.detail and pod.born < one.start < pod.dies
                if meant and (pod.trouble(one.start) == "Evicted" or pod.deleted < one.start):
                    pod.dies = one.start

    def _scales(self) -> Iterator[tuple[float, int]]:
        work = self.workload
        usual = len(self.spec.nodes) if self._kind == "daemonset" else work.spec.replicas
        yield work.begun, usual
        changes = [(one.start, int(one.detail)) for one in work.spells.of("scale")]
        begun = {one.start for one in halves(work.spells)}
        for one in work.spells.of("stopped"):
            if one.start not in begun and one.detail != "restarted":
                changes += [(one.start, 0), (one.end, usual)]
        yield from sorted(one for one in changes if one[0] < FOREVER)

    def _scale(self, at: float) -> None:
        wanted, have = self.workload.wanted(at), len(self._current)
        if wanted != have:
            self._note_scale(at, self._settled, have, wanted)
        for number in sorted(self._current):
            if number >= wanted:
                self._discard(self._current.pop(number), at)
        for number in range(wanted):
            if number not in self._current:
                self._begin(number, at + 0.2, self._settled)

    def _roll(self, latest: Revision, at: float, until: float) -> None:
        """Replaces one pod after the other until one of the new does not get ready."""
        order = sorted(self._current, reverse=self._kind == "statefulset")
        for done, number in enumerate(order):
            if at >= until:
                return
            self._carry(number, at)
            going = self._replace if self._kind == "deployment" else self._exchange
            at = going(number, latest, at, until, done)
            if at >= FOREVER:
                return
        self._settled = latest

    def _replace(self, number: int, latest: Revision, at: float, until: float, done: int) -> float:
        """A new pod beside the old one, which goes when the new one serves; says when that was."""
        old, count = self._current[number], len(self._current)
        self._note_scale(at, latest, done, done + 1)
        new = self._begin(number, at + 0.3, latest)
        ready = new.gets_ready(until)
        if ready >= until:
            for one in self.workload.spells.of("delete"):
                if one.detail == new.name and new.born < one.start < until:
                    self._delete(new, one.start)
                    new = self._begin(number, one.start + 0.5, latest)
            self._current[number] = old
            self._note_scale(until, latest, done + 1, done)
            self._discard(new, until)
            return FOREVER
        self._note_scale(ready, old.template, count - done, count - done - 1)
        self._discard(old, ready)
        return ready + 0.4

    def _exchange(self, number: int, latest: Revision, at: float, until: float, _done: int) -> float:
        """The old pod goes before the new one comes; says when that serves."""
        old = self._current[number]
        self._discard(old, at)
        ready = self._begin(number, old.dies + 0.3, latest).gets_ready(until)
        return FOREVER if ready >= until else ready + 0.4

    def _discard(self, pod: Pod, at: float) -> None:
        """The controller deletes a pod."""
        self._delete(pod, at)
        if at < FOREVER:
            self._note(at, "SuccessfulDelete", pod)

    def _note(self, at: float, reason: str, pod: Pod) -> None:
        name, verb = self.workload.name, "create" if reason == "SuccessfulCreate" else "delete"
        message = f"{verb.capitalize()}d pod: {pod.name}"
        about, owner = "ReplicaSet", f"{name}-{pod.revision}"
        if self._kind == "statefulset":
            about, owner = "StatefulSet", name
            message = f"{verb} Pod {pod.name} in StatefulSet {name} successful"
        elif self._kind == "daemonset":
            about, owner = "DaemonSet", name
        self.workload.notes.append(Note(at, about, owner, reason, message))

    def _note_scale(self, at: float, revision: Revision, before: int, after: int) -> None:
        if self._kind != "deployment" or at >= FOREVER:
            return
        way, name = "up" if after > before else "down", self.workload.name
        message = f"Scaled {way} replica set {name}-{revision.hash} from {before} to {after}"
        self.workload.notes.append(Note(at, "Deployment", name, "ScalingReplicaSet", message))

    def _carry_all(self, until: float) -> None:
        for number in sorted(self._current):
            self._carry(number, until)

    def _carry(self, number: int, until: float) -> None:
        """Lets happen to a pod and its successors what happens until a moment."""
        while True:
            pod = self._current[number]
            end = min(self._ends(pod), key=lambda one: one.at, default=None)
            if end is None or end.at >= until:
                return
            if end.why == "evicted":
                self._evict(pod, end)
            else:
                self._delete(pod, end.at, force=end.why == "lost" and self._kind == "statefulset")
            born = pod.dies + 0.3 if self._kind != "deployment" and pod.dies < FOREVER else end.at + 0.5
            self._begin(number, born, pod.template, end.spell if end.why == "claim" else None)

    def _ends(self, pod: Pod) -> Iterator[_End]:
        spells = self.workload.spells
        for one in spells.of("delete"):
            if one.detail == pod.name and one.start > pod.born:
                yield _End(one.start, "deleted")
        for one in claim_lost(spells):
            if one.start > pod.born:
                yield _End(one.start, "claim", one)
        node = self.nodes.get(pod.node)
        if node is None or self._kind == "daemonset":
            return
        for start, back in node.silent:
            if back > start + TOLERATION > pod.born and back > pod.born:
                yield _End(start + TOLERATION, "lost")
        for one in node.pressures if self.workload.namespace != CRITICAL else ():
            at = one.start + 15.0 + pod.running.seed % 45
            if pod.bound < at < one.end:
                yield _End(at, "evicted", one)

    def _delete(self, pod: Pod, at: float, *, force: bool = False) -> None:
        """It is told to end, and is forgotten when its kubelet says that it has."""
        if at >= FOREVER:
            return
        pod.deleted = at
        stops = 0.3 if pod.running.lives.running(at) is None else 1.1 + pod.running.seed % 20 / 10
        back = next((end for start, end in pod.silent if start <= at < end), None)
        if pod.node_at(at) == "":
            pod.dies = at
        elif force or back is None:
            pod.dies = at + stops
        else:
            pod.dies = min(back + _BACK_SECONDS, FOREVER)
        self._stop(pod, pod.dies)

    def _evict(self, pod: Pod, end: _End) -> None:
        spell = end.spell
        disk = spell is not None and spell.mode == "disk-pressure"
        resource = "ephemeral-storage" if disk else "memory"
        pod.reason, pod.since = "Evicted", end.at
        pod.message = shortage(pod, resource)
        over = FOREVER if spell is None or spell.lasting else spell.end + _KEPT_SECONDS
        pod.dies = end.at + 0.8 if self._kind == "statefulset" else over
        self._stop(pod, end.at)

    def _stop(self, pod: Pod, at: float) -> None:
        lives = pod.running.lives
        ups = [(start, min(end, at)) for start, end in lives.ups if start < at]
        pod.running.lives = Lives(ups, lives.troubles, lives.run, lives.wait)

    def _begin(self, number: int, born: float, template: Revision, waits: Spell | None = None) -> Pod:
        """A new pod, which is the current one of its place from now on."""
        birth = self._births[number] = self._births.get(number, -1) + 1
        from_then = waits.end if waits else template.until if template.trouble == "Unschedulable" else born
        bound, node = self._scheduler.bound(number, from_then)
        name = self._named(number, birth, template)
        fetched = (node, template.image) not in self._fetched
        self._fetched.add((node, template.image))
        running = self._container(
            name, node, template, bound + (_PULL_SECONDS if fetched else _START_SECONDS)
        )
        work = self.workload
        silent = self.nodes[node].silent if node else ()
        pod = Pod(name, work.namespace, work.name, work.spec, node, template.hash, born, running, template)
        pod.number, pod.bound, pod.fetched, pod.silent = number, bound, fetched, silent
        if template.trouble in {"ImagePullBackOff", "ContainerCreating"}:
            pod.reason, pod.since, pod.until = template.trouble, born, template.until
            pod.message = template.message
        elif bound > born:
            pod.reason, pod.since, pod.until = "Unschedulable", born, bound
            pod.message = waits.detail if waits else template.message or self._scheduler.refusal(born)
        self._current[number] = pod
        work.pods.append(pod)
        self._note(born, "SuccessfulCreate", pod)
        return pod

    def _named(self, number: int, birth: int, template: Revision) -> str:
        name = self.workload.name
        if self._kind == "statefulset":
            return f"{name}-{number}"
        suffix = letters(5, self.workload.namespace, name, str(number), str(birth), template.hash)
        return f"{name}-{suffix}" if self._kind == "daemonset" else f"{name}-{template.hash}-{suffix}"

    def _container(self, name: str, node: str, template: Revision, starts: float) -> PodContainer:
        spec, work = self.workload.spec, self.workload
        entity = f"pod/{work.namespace}:{name}"
        own = seeded(work.seed, entity, str(round(starts)) if starts < FOREVER else "")
        never = not node or template.trouble in {"ImagePullBackOff", "ContainerCreating"}
        begins = template.until if never and node else starts
        ups = without([(begins, FOREVER)], self.nodes[node].off) if node and begins < FOREVER else []
        troubles = work.spells.of(*_ENDING)
        if template.trouble == "CrashLoopBackOff":
            crash = Spell(starts, template.until, "crashing", level=float(template.code))
            troubles = [crash]
        return PodContainer(
            entity=entity,
            name=work.name,
            seed=own,
            image=template.image,
            memory=spec.memory,
            limit=spec.memory_limit,
            cpu=uneven(Weekly(usual_week(own) * spec.cpu), own, spec.cpu * 0.2),
            lives=Lives(ups, troubles, _CRASH_RUN_SECONDS, kubelet_wait),
            spells=work.spells,
        )
