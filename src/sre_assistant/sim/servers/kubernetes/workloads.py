"""Deployments, stateful and daemon sets, and what they make: replica sets and revisions."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sre_assistant.sim.servers.kubernetes.objects import Times, last_change, metadata, owner, since
from sre_assistant.sim.servers.kubernetes.status import Object
from sre_assistant.sim.servers.kubernetes.templates import owner_uid, pod_spec, restarted
from sre_assistant.sim.things.pods import Pod, Revision, Workload
from sre_assistant.sim.world import World

KINDS: Final = {
    "deployment": "Deployment",
    "statefulset": "StatefulSet",
    "daemonset": "DaemonSet",
    "cronjob": "CronJob",
}
_DEADLINE: Final = 600.0
"""Seconds after which a rollout that does not go on is called failed."""


@dataclass(frozen=True)
class WorkloadObject:
    """A workload at a moment, as the API shows it and what it has made."""

    world: World
    workload: Workload
    t: float

    @property
    def times(self) -> Times:
        """How times are written."""
        return Times(self.world)

    @cached_property
    def pods(self) -> list[Pod]:
        """Its pods that are neither finished nor on their way out."""
        return self._pods(self.t)

    @cached_property
    def turns(self) -> list[float]:
        """When it may have had more or fewer pods that serve, until now."""
        return self.workload.turns(self.t)

    @property
    def revision(self) -> Revision:
        """The template in force."""
        return self.workload.revision(self.t)

    def json(self) -> Object:
        """The object itself."""
        kind = KINDS[self.workload.spec.kind]
        api = "batch/v1" if kind == "CronJob" else "apps/v1"
        spec, status = self._both()
        return {"kind": kind, "apiVersion": api, "metadata": self._metadata(), "spec": spec, "status": status}

    def _both(self) -> tuple[Object, Object]:
        """What it is to be, and what it is."""
        return {
            "deployment": self._deployment,
            "statefulset": self._stateful_set,
            "daemonset": self._daemon_set,
        }[self.workload.spec.kind]()

    def replica_sets(self) -> Iterator[Object]:
        """Of a deployment: one for each template that it ever had."""
        seen: dict[str, Revision] = {}
        known = [one for one in self.workload.revisions if one.since <= self.t]
        for one in known if self.workload.spec.kind == "deployment" else ():
            seen.setdefault(one.hash, one)
        for first in seen.values():
            yield self._replica_set(first, max(one.number for one in known if one.hash == first.hash))

    def controller_revisions(self) -> Iterator[Object]:
        """Of a stateful or daemon set: one for each template."""
        kind = KINDS[self.workload.spec.kind]
        if kind not in {"StatefulSet", "DaemonSet"}:
            return
        for one in (one for one in self.workload.revisions if one.since <= self.t):
            name = f"{self.workload.name}-{one.hash}"
            made = self._made(name, "ControllerRevision", one.since, one.since)
            made["labels"] = {"app": self.workload.name, "controller-revision-hash": one.hash}
            made["ownerReferences"] = self._owned()
            template = {"spec": {"template": self._template(one)}}
            yield {
                "kind": "ControllerRevision",
                "apiVersion": "apps/v1",
                "metadata": made,
                "data": template,
                "revision": one.number,
            }

    def _pods(self, t: float) -> list[Pod]:
        alive = [pod for pod in self.workload.at(t) if pod.deleted > t]
        return [pod for pod in alive if pod.phase(t) not in {"Failed", "Succeeded"}]

    def _metadata(self) -> Object:
        work = self.workload
        kind = KINDS[work.spec.kind]
        changes = [one.since for one in work.revisions] + [at for at, _ in work.scales]
        made = self._made(work.name, kind, work.begun, last_change(work, work.begun, self.t))
        made["generation"] = len({one for one in changes if one <= self.t})
        made["labels"] = {"app": work.name}
        if kind == "Deployment":
            made["annotations"] = {"deployment.kubernetes.io/revision": str(self.revision.number)}
        elif kind == "DaemonSet":
            made["annotations"] = {"deprecated.daemonset.template.generation": str(self.revision.number)}
        return made

    def _made(self, name: str, kind: str, made: float, changed: float) -> Object:
        own = owner_uid(kind, self.workload, name)
        space = self.workload.namespace
        return metadata(self.times, name, namespace=space, uid=own, made=made, changed=changed)

    def _owned(self) -> list[Object]:
        kind = KINDS[self.workload.spec.kind]
        api = "batch/v1" if kind == "CronJob" else "apps/v1"
        return owner(api, kind, self.workload.name, owner_uid(kind, self.workload, self.workload.name))

    def _template(self, revision: Revision, **labels: str) -> Object:
        made: Object = {"creationTimestamp": None, "labels": {"app": self.workload.name, **labels}}
        if annotations := restarted(self.times, revision):
            made["annotations"] = annotations
        return {"metadata": made, "spec": pod_spec(self.workload, revision)}

    def _selector(self, **labels: str) -> Object:
        return {"matchLabels": {"app": self.workload.name, **labels}}

    def _ready(self, t: float, hash_: str = "") -> int:
        return sum(pod.ready(t) for pod in self._pods(t) if hash_ in {"", pod.revision})

    def _deployment(self) -> tuple[Object, Object]:
        work, t = self.workload, self.t
        wanted, ready = work.wanted(t), self._ready(t)
        spec = {
            "replicas": wanted,
            "selector": self._selector(),
            "template": self._template(self.revision),
            "strategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": "25%", "maxSurge": "25%"},
            },
            "revisionHistoryLimit": 10,
            "progressDeadlineSeconds": int(_DEADLINE),
        }
        counts = {
            "replicas": len(self.pods),
            "updatedReplicas": sum(pod.revision == self.revision.hash for pod in self.pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
            "unavailableReplicas": max(max(len(self.pods), wanted) - ready, 0),
        }
        status: Object = {"observedGeneration": self._metadata()["generation"]}
        status |= {name: count for name, count in counts.items() if count}
        return spec, status | {"conditions": [self._available(), self._progressing()]}

    def _enough(self, t: float) -> bool:
        return self._ready(t) >= self.workload.wanted(t) - self.workload.wanted(t) // 4

    def _available(self) -> Object:
        enough = self._enough(self.t)
        at = since(self.turns, self.workload.begun + 30.0, self.t, self._enough)
        reason = "MinimumReplicasAvailable" if enough else "MinimumReplicasUnavailable"
        has = "has" if enough else "does not have"
        return self._condition("Available", enough, at, reason, f"Deployment {has} minimum availability.")

    def _done(self, t: float) -> bool:
        """Whether the template in force is the only one left, and all its pods serve."""
        revision, pods = self.workload.revision(t), self._pods(t)
        ready = sum(pod.ready(t) for pod in pods)
        return all(pod.revision == revision.hash for pod in pods) and ready >= self.workload.wanted(t)

    def _progressing(self) -> Object:
        revision = self.revision
        name = f"{self.workload.name}-{revision.hash}"
        later = [one for one in self.turns if one > revision.since]
        done = next((one for one in later if self._done(one)), None)
        if done is None and revision is self.workload.revisions[0]:
            done = revision.since + 30.0
        if done is not None:
            text = f'ReplicaSet "{name}" has successfully progressed.'
            return self._condition("Progressing", True, revision.since, "NewReplicaSetAvailable", text, done)
        if self.t >= revision.since + _DEADLINE:
            text = f'ReplicaSet "{name}" has timed out progressing.'
            at = revision.since + _DEADLINE
            return self._condition("Progressing", False, at, "ProgressDeadlineExceeded", text)
        text = f'ReplicaSet "{name}" is progressing.'
        return self._condition("Progressing", True, revision.since, "ReplicaSetUpdated", text)

    def _condition(
        self,
        kind: str,
        holds: bool,
        at: float,
        reason: str,
        message: str,
        updated: float | None = None,
    ) -> Object:
        return {
            "type": kind,
            "status": "True" if holds else "False",
            "lastUpdateTime": self.times.whole(at if updated is None else updated),
            "lastTransitionTime": self.times.whole(at),
            "reason": reason,
            "message": message,
        }

    def _replica_set(self, first: Revision, number: int) -> Object:
        work, t = self.workload, self.t
        pods = [pod for pod in self.pods if pod.revision == first.hash]
        ready = self._ready(t, first.hash)
        wanted = work.wanted(t)
        mine = [pod for pod in work.pods if pod.revision == first.hash and pod.born <= t]
        changed = max((last_change(pod, pod.born, min(t, pod.dies)) for pod in mine), default=first.since)
        made = self._made(f"{work.name}-{first.hash}", "ReplicaSet", first.since, changed)
        made["generation"] = 1 + (len(pods) == 0)
        made["labels"] = {"app": work.name, "pod-template-hash": first.hash}
        made["annotations"] = {
            "deployment.kubernetes.io/desired-replicas": str(wanted),
            "deployment.kubernetes.io/max-replicas": str(wanted + -(-wanted // 4)),
            "deployment.kubernetes.io/revision": str(number),
        }
        made["ownerReferences"] = self._owned()
        counts = {
            "replicas": len(pods),
            "fullyLabeledReplicas": len(pods),
            "readyReplicas": ready,
            "availableReplicas": ready,
        }
        return {
            "kind": "ReplicaSet",
            "apiVersion": "apps/v1",
            "metadata": made,
            "spec": {
                "replicas": len(pods),
                "selector": self._selector(**{"pod-template-hash": first.hash}),
                "template": self._template(first, **{"pod-template-hash": first.hash}),
            },
            "status": {name: count for name, count in counts.items() if count or name == "replicas"}
            | {"observedGeneration": made["generation"]},
        }

    def _stateful_set(self) -> tuple[Object, Object]:
        work, t = self.workload, self.t
        wanted = work.wanted(t)
        updated = sum(pod.revision == self.revision.hash for pod in self.pods)
        settled = next((pod.revision for pod in self.pods), self.revision.hash)
        spec = {
            "replicas": wanted,
            "selector": self._selector(),
            "template": self._template(self.revision),
            "serviceName": work.name,
            "podManagementPolicy": "OrderedReady",
            "updateStrategy": {"type": "RollingUpdate", "rollingUpdate": {"partition": 0}},
            "revisionHistoryLimit": 10,
            "persistentVolumeClaimRetentionPolicy": {"whenDeleted": "Retain", "whenScaled": "Retain"},
        }
        ready = self._ready(t)
        counts = {
            "readyReplicas": ready,
            "currentReplicas": sum(pod.revision == settled for pod in self.pods),
            "updatedReplicas": updated,
        }
        status: Object = {"observedGeneration": self._metadata()["generation"], "replicas": len(self.pods)}
        status |= {name: count for name, count in counts.items() if count}
        return spec, status | {
            "currentRevision": f"{work.name}-{settled}",
            "updateRevision": f"{work.name}-{self.revision.hash}",
            "collisionCount": 0,
            "availableReplicas": ready,
        }

    def _daemon_set(self) -> tuple[Object, Object]:
        wanted, ready = self.workload.wanted(self.t), self._ready(self.t)
        spec = {
            "selector": self._selector(),
            "template": self._template(self.revision),
            "updateStrategy": {
                "type": "RollingUpdate",
                "rollingUpdate": {"maxUnavailable": 1, "maxSurge": 0},
            },
            "revisionHistoryLimit": 10,
        }
        status: Object = {
            "currentNumberScheduled": len(self.pods),
            "numberMisscheduled": 0,
            "desiredNumberScheduled": wanted,
            "numberReady": ready,
            "observedGeneration": self._metadata()["generation"],
        }
        counts = {
            "updatedNumberScheduled": sum(pod.revision == self.revision.hash for pod in self.pods),
            "numberAvailable": ready,
            "numberUnavailable": wanted - ready,
        }
        return spec, status | {name: count for name, count in counts.items() if count}
