"""Events: what happened of late, as those who did or saw it tell it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sre_assistant.sim.servers.kubernetes.around import wanted_class
from sre_assistant.sim.servers.kubernetes.nodes import node_uid
from sre_assistant.sim.servers.kubernetes.objects import Times, version
from sre_assistant.sim.servers.kubernetes.saying import Said, Subject, every
from sre_assistant.sim.servers.kubernetes.saying_pods import of_pod
from sre_assistant.sim.servers.kubernetes.status import Object
from sre_assistant.sim.servers.kubernetes.templates import owner_uid
from sre_assistant.sim.things.cluster import Cluster
from sre_assistant.sim.things.nodes import Node
from sre_assistant.sim.things.pods import NOTICED, Note, Workload, identity
from sre_assistant.sim.world import World

KEPT: Final = 3600.0
"""Seconds for which an event is kept after it last happened."""
_CONTROLLERS: Final = {
    "Deployment": "deployment-controller",
    "ReplicaSet": "replicaset-controller",
    "StatefulSet": "statefulset-controller",
    "DaemonSet": "daemonset-controller",
    "Job": "job-controller",
    "CronJob": "cronjob-controller",
}
_RETRY: Final = 15.0
"""Seconds after which a volume is tried again."""


@dataclass(frozen=True, slots=True)
class Told:
    """An event as it is kept at a moment: something said once or many times."""

    said: Said
    first: float
    last: float
    count: int


class Events:
    """Everything that is said in a cluster."""

    def __init__(self, world: World, cluster: Cluster) -> None:
        self.world = world
        self.cluster = cluster
        self.times = Times(world)

    def told(self, t: float) -> list[Told]:
        """What is still kept at a moment, by namespace and name."""
        found = [told for said in self._said(t) if (told := _told(said, t)) is not None]
        return sorted(found, key=lambda one: (one.said.about.namespace or "default", self._name(one)))

    def moments(self, start: float, end: float) -> list[float]:
        """When something is said or forgotten in ``start < t <= end``, ascending."""
        times = {at for said in self._said(end) for at in said.times}
        times |= {at + KEPT for at in times}
        times |= {back for node in self.cluster.nodes.values() for _, back in node.silent}
        return sorted(at for at in times if start < at <= end)

    def core(self, told: Told) -> Object:
        """An event as core/v1 has it."""
        said, scheduler = told.said, told.said.component == "default-scheduler"
        made = self._head(told, "v1")
        made |= {
            "involvedObject": said.about.reference(said.part),
            "reason": said.reason,
            "message": said.message,
            "source": self._source(said),
            "firstTimestamp": None if scheduler else self.times.whole(told.first),
            "lastTimestamp": None if scheduler else self.times.whole(told.last),
        }
        if not scheduler:
            made["count"] = told.count
        made["type"] = said.type
        return made | self._reported(told)

    def later(self, told: Told) -> Object:
        """An event as events.k8s.io/v1 has it."""
        said, scheduler = told.said, told.said.component == "default-scheduler"
        made = self._head(told, "events.k8s.io/v1") | self._reported(told)
        made["reportingController"] = made.pop("reportingComponent")
        made |= {
            "reason": said.reason,
            "regarding": said.about.reference(said.part),
            "note": said.message,
            "type": said.type,
            "deprecatedSource": self._source(said),
            "deprecatedFirstTimestamp": None if scheduler else self.times.whole(told.first),
            "deprecatedLastTimestamp": None if scheduler else self.times.whole(told.last),
        }
        return made if scheduler else made | {"deprecatedCount": told.count}

    def _name(self, told: Told) -> str:
        nano = self.times.nano(told.first) + int(identity(told.said.reason, told.said.message)[:4], 16)
        return f"{told.said.about.name}.{nano:x}"

    def _head(self, told: Told, api: str) -> Object:
        name, about = self._name(told), told.said.about
        return {
            "kind": "Event",
            "apiVersion": api,
            "metadata": {
                "name": name,
                "namespace": about.namespace or "default",
                "uid": identity("Event", about.namespace, name, told.said.message),
                "resourceVersion": version(told.last),
                "creationTimestamp": self.times.whole(told.first),
            },
        }

    def _source(self, said: Said) -> Object:
        if said.component == "default-scheduler":
            return {}
        return {"component": said.component, **({"host": said.host} if said.host else {})}

    def _reported(self, told: Told) -> Object:
        said = told.said
        if said.component != "default-scheduler":
            instance = said.host if said.component == "kubelet" else ""
            return {"eventTime": None, "reportingComponent": said.component, "reportingInstance": instance}
        made: Object = {"eventTime": self.times.micro(told.first)}
        if told.count > 1:
            made["series"] = {"count": told.count, "lastObservedTime": self.times.micro(told.last)}
        first = self.cluster.spec.nodes[0]
        made |= {"action": "Binding" if said.reason == "Scheduled" else "Scheduling"}
        return made | {"reportingComponent": said.component, "reportingInstance": f"{said.component}-{first}"}

    def _said(self, t: float) -> Iterator[Said]:
        for work in self.cluster.workloads.values():
            yield from self._of_controllers(work, t)
            yield from self._of_claim(work, t)
            yield from _of_jobs(work)
            for pod in work.pods:
                if pod.born <= t and pod.dies > t - 2 * KEPT:
                    yield from of_pod(self.cluster, work, pod, t)
        for node in self.cluster.nodes.values():
            yield from _of_node(node)

    def _of_controllers(self, work: Workload, t: float) -> Iterator[Said]:
        for note in work.notes:
            if t - 2 * KEPT < note.at <= t:
                yield _of_note(work, note)

    def _of_claim(self, work: Workload, t: float) -> Iterator[Said]:
        for one in self.world.spells[f"claim/{work.namespace}:{work.name}"].of("pending"):
            if one.start > t:
                continue
            own = identity(
                "PersistentVolumeClaim", work.namespace, work.name, repr(one.start), str(work.seed)
            )
            about = Subject("v1", "PersistentVolumeClaim", work.name, work.namespace, own)
            known = wanted_class(one) not in one.detail
            reason = "ProvisioningFailed"
            component = "persistentvolume-controller" if not known else "driver.longhorn.io"
            times = every(one.start + 0.4, _RETRY, min(one.end, t))
            yield Said(about, reason, one.detail, "Warning", component, tuple(times))


def _told(said: Said, t: float) -> Told | None:
    """What is kept of something said at several times; said again after it was forgotten, it is new."""
    past = [at for at in said.times if at <= t]
    if not past or past[-1] <= t - KEPT:
        return None
    first = len(past) - 1
    while first and past[first] - past[first - 1] < KEPT:
        first -= 1
    return Told(said, past[first], past[-1], len(past) - first)


def _of_note(work: Workload, note: Note) -> Said:
    about = Subject("apps/v1", note.about, note.name, work.namespace, owner_uid(note.about, work, note.name))
    return Said(about, note.reason, note.message, "Normal", _CONTROLLERS[note.about], (note.at,))


def _of_jobs(work: Workload) -> Iterator[Said]:
    for run in work.runs:
        job = Subject("batch/v1", "Job", run.name, work.namespace, owner_uid("Job", work, run.name))
        cron = Subject(
            "batch/v1", "CronJob", work.name, work.namespace, owner_uid("CronJob", work, work.name)
        )
        by_job, by_cron = _CONTROLLERS["Job"], _CONTROLLERS["CronJob"]
        yield Said(cron, "SuccessfulCreate", f"Created job {run.name}", "Normal", by_cron, (run.start,))
        yield Said(job, "SuccessfulCreate", f"Created pod: {run.pod}", "Normal", by_job, (run.start + 0.1,))
        saw = f"Saw completed job: {run.name}, condition: {'Failed' if run.failed else 'Complete'}"
        yield Said(cron, "SawCompletedJob", saw, "Normal", by_cron, (run.end + 0.2,))
        if run.failed:
            text = "Job has reached the specified backoff limit"
            yield Said(job, "BackoffLimitExceeded", text, "Warning", by_job, (run.end,))
        else:
            yield Said(job, "Completed", "Job completed", "Normal", by_job, (run.end,))


def _of_node(node: Node) -> Iterator[Said]:
    by_control = Subject("v1", "Node", node.name, "", node_uid(node))
    by_kubelet = Subject("v1", "Node", node.name, "", node.name)

    def kubelet(reason: str, message: str, *times: float, warning: bool = False) -> Said:
        kind = "Warning" if warning else "Normal"
        return Said(by_kubelet, reason, message, kind, "kubelet", times, node.name)

    status = f"Node {node.name} status is now:"
    for start, end in node.silent:
        if end - start > NOTICED:
            text = f"{status} NodeNotReady"
            yield Said(by_control, "NodeNotReady", text, "Normal", "node-controller", (start + NOTICED,))
            yield kubelet("NodeReady", f"{status} NodeReady", end)
    for one in node.spells.of("kubelet", "off"):
        yield kubelet("Starting", "Starting kubelet.", one.end + 6.0)
    for one in node.spells.of("off"):
        boot = identity("boot", node.name, str(int(one.end)))
        text = f"Node {node.name} has been rebooted, boot id: {boot}"
        yield kubelet("Rebooted", text, one.end + 7.0, warning=True)
    for one in node.pressures:
        disk = one.mode == "disk-pressure"
        begun, over = (
            ("NodeHasDiskPressure", "NodeHasNoDiskPressure")
            if disk
            else ("NodeHasInsufficientMemory", "NodeHasSufficientMemory")
        )
        yield kubelet(begun, f"{status} {begun}", one.start)
        yield kubelet(over, f"{status} {over}", one.end)
        text = f"Attempting to reclaim {'ephemeral-storage' if disk else 'memory'}"
        times = every(one.start + 2.0, 10.0, min(one.end, one.start + 300.0))
        yield kubelet("EvictionThresholdMet", text, *times, warning=True)
    for one in node.spells.of("cordon", "uncordon"):
        reason = "NodeNotSchedulable" if one.mode == "cordon" else "NodeSchedulable"
        yield kubelet(reason, f"{status} {reason}", one.start)
