"""Pods as API objects."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from sre_assistant.sim.causality.spells import FOREVER
from sre_assistant.sim.servers.kubernetes.objects import Times, last_change, metadata, owner, since
from sre_assistant.sim.servers.kubernetes.status import Object
from sre_assistant.sim.servers.kubernetes.templates import (
    GRACE,
    owner_uid,
    pod_labels,
    pod_spec,
    projected,
    restarted,
    tolerations,
)
from sre_assistant.sim.things.lives import Life, kubelet_wait
from sre_assistant.sim.things.pods import Pod, Workload
from sre_assistant.sim.world import World

_PRIORITY: Final = {"system-cluster-critical": 2_000_000_000, "system-node-critical": 2_000_001_000}
_OWNERS: Final = {"statefulset": "StatefulSet", "daemonset": "DaemonSet", "deployment": "ReplicaSet"}


@dataclass(frozen=True)
class PodObject:
    """A pod at a moment, as the API shows it."""

    world: World
    workload: Workload
    pod: Pod
    t: float

    @property
    def times(self) -> Times:
        """How times are written."""
        return Times(self.world)

    @cached_property
    def turns(self) -> list[float]:
        """When it may have begun or ceased to serve until now."""
        return self.pod.turns(self.t)

    def json(self) -> Object:
        """The whole object."""
        return {
            "kind": "Pod",
            "apiVersion": "v1",
            "metadata": self._metadata(),
            "spec": self._spec(),
            "status": self._status(),
        }

    def _metadata(self) -> Object:
        pod, work, times = self.pod, self.workload, self.times
        changed = last_change(pod, pod.born, self.t)
        made = metadata(times, pod.name, namespace=pod.namespace, uid=pod.uid, made=pod.born, changed=changed)
        if work.spec.kind != "statefulset":
            made["generateName"] = pod.name.rpartition("-")[0] + "-"
        else:
            made["generateName"] = f"{work.name}-"
        if pod.deleted <= self.t:
            made["deletionTimestamp"] = times.whole(pod.deleted + GRACE)
            made["deletionGracePeriodSeconds"] = GRACE
        made["labels"] = pod_labels(work, pod)
        if pod.template.restarted is not None:
            made["annotations"] = restarted(times, pod.template)
        made["ownerReferences"] = self._owner()
        return made

    def _owner(self) -> list[Object]:
        work, pod = self.workload, self.pod
        if work.spec.kind == "cronjob":
            name = pod.name.rpartition("-")[0]
            return owner("batch/v1", "Job", name, owner_uid("Job", work, name))
        kind = _OWNERS[work.spec.kind]
        name = f"{work.name}-{pod.revision}" if kind == "ReplicaSet" else work.name
        return owner("apps/v1", kind, name, owner_uid(kind, work, name))

    def _spec(self) -> Object:
        pod = self.pod
        spec = pod_spec(self.workload, pod.template)
        token = f"kube-api-access-{hashlib.sha256(pod.uid.encode()).hexdigest()[:5]}"
        mount = {
            "name": token,
            "readOnly": True,
            "mountPath": "/var/run/secrets/kubernetes.io/serviceaccount",
        }
        spec["volumes"] = [*spec.get("volumes", []), {"name": token, "projected": projected()}]
        spec["containers"][0].setdefault("volumeMounts", []).append(mount)
        if pod.node_at(self.t):
            spec["nodeName"] = pod.node
        spec |= {"serviceAccountName": "default", "serviceAccount": "default"}
        priority = spec.get("priorityClassName", "")
        return spec | {
            "tolerations": tolerations(self.workload.spec),
            "priority": _PRIORITY.get(priority, 0),
            "enableServiceLinks": True,
            "preemptionPolicy": "PreemptLowerPriority",
        }

    def _status(self) -> Object:
        pod, t = self.pod, self.t
        phase = pod.phase(t)
        status: Object = {"phase": phase, "conditions": self._conditions()}
        if pod.trouble(t) == "Evicted":
            status |= {"message": pod.message, "reason": "Evicted"}
        if pod.node_at(t):
            host = self.world.hosts[pod.node].spec.address
            status |= {"hostIP": host, "hostIPs": [{"ip": host}]}
            cluster = self.world.cluster
            if pod.life(t) is not None and cluster is not None:
                address = cluster.address(pod)
                status |= {"podIP": address, "podIPs": [{"ip": address}]}
            status["startTime"] = self.times.whole(pod.bound)
            if pod.trouble(t) != "Evicted":
                status["containerStatuses"] = [self._container()]
        return status | {"qosClass": "Burstable"}

    def _conditions(self) -> list[Object]:
        pod, t = self.pod, self.t
        if not pod.node_at(t):
            refused = {"reason": "Unschedulable", "message": pod.message}
            return [_condition(self.times, "PodScheduled", False, pod.born, **refused)]
        begin = pod.bound
        ready_since = max(since(self.turns, begin, t, pod.ready), begin)
        why: dict[str, str] = {}
        if not pod.ready(t):
            phase = pod.phase(t)
            completed = {"Succeeded": "PodCompleted", "Failed": "PodFailed"}.get(phase)
            why = {"reason": completed or "ContainersNotReady"}
            if completed is None:
                why["message"] = f"containers with unready status: [{self.workload.name}]"
        contained = pod.life(t) is not None and pod.phase(t) == "Running"
        own = why if not pod.lost(t) else {}
        lives = pod.running.lives.upto(t)
        ended = pod.since if pod.trouble(t) == "Evicted" else lives[-1].end if lives else begin
        running_since = lives[0].start - 0.6 if contained else max(ended, begin)
        return [
            _condition(self.times, "PodReadyToStartContainers", contained, running_since),
            _condition(self.times, "Initialized", True, begin),
            _condition(self.times, "Ready", pod.ready(t), ready_since, **own),
            _condition(self.times, "ContainersReady", self._contents_ready(), ready_since, **own),
            _condition(self.times, "PodScheduled", True, begin),
        ]

    def _contents_ready(self) -> bool:
        """A lost node's pods are not ready, but nobody can say so of their containers."""
        pod, t = self.pod, self.t
        if not pod.lost(t):
            return pod.ready(t)
        return pod.ready(pod.seen(t) - 1e-3)

    def _container(self) -> Object:
        pod, t, name = self.pod, self.t, self.workload.name
        s = pod.seen(t)
        lives = pod.running.lives.upto(s)
        state, last = self._states(lives, s)
        image = pod.template.image
        full = image if "/" in image.split(":")[0] and "." in image.split("/")[0] else f"docker.io/{image}"
        digest = hashlib.sha256(image.encode()).hexdigest()
        alive = "running" in state
        made: Object = {
            "name": name,
            "state": state,
            "lastState": last,
            "ready": pod.ready(t) if not pod.lost(t) else self._contents_ready(),
            "restartCount": max(len(lives) - 1, 0),
            "image": full if lives else image,
            "imageID": f"{full.rpartition(':')[0]}@sha256:{digest}" if lives else "",
            "started": alive,
        }
        if lives:
            made["containerID"] = container_id(pod, lives[-1])
        return made

    def _states(self, lives: list[Life], s: float) -> tuple[Object, Object]:
        pod, t = self.pod, self.t
        waits = pod.waiting(t)
        before = self._terminated(lives[-2]) if len(lives) > 1 else {}
        if not lives or (waits and waits != "CrashLoopBackOff"):
            message = self._why(waits or "ContainerCreating")
            return {"waiting": {"reason": waits or "ContainerCreating", **message}}, {}
        if waits:
            return {"waiting": {"reason": waits, **self._why(waits)}}, self._terminated(lives[-1])
        if lives[-1].end <= s:
            return self._terminated(lives[-1]), before
        return {"running": {"startedAt": self.times.whole(lives[-1].start)}}, before

    def _terminated(self, life: Life) -> Object:
        reason = "OOMKilled" if life.killed else "Completed" if life.code == 0 else "Error"
        if life.mode == "" and not self.pod.ends and life.end not in {self.pod.dies, self.pod.since}:
            reason, code = "Unknown", 255  # the machine went down under it
        else:
            code = life.code
        return {
            "terminated": {
                "exitCode": code,
                "reason": reason,
                "startedAt": self.times.whole(life.start),
                "finishedAt": self.times.whole(life.end),
                "containerID": container_id(self.pod, life),
            }
        }

    def _why(self, waits: str) -> dict[str, str]:
        pod, name = self.pod, self.workload.name
        if waits == "CrashLoopBackOff":
            back_off = back_off_text(self._failures())
            where = f"pod={pod.name}_{pod.namespace}({pod.uid})"
            return {"message": f"back-off {back_off} restarting failed container={name} {where}"}
        if waits == "ImagePullBackOff":
            return {"message": f'Back-off pulling image "{pod.template.image}"'}
        if waits == "ErrImagePull":
            return {"message": pull_error(pod.template.image)}
        return {}

    def _failures(self) -> int:
        return sum(one.mode in {"crashing", "oom"} for one in self.pod.running.lives.upto(self.t))


def back_off_text(failures: int) -> str:
    """How long the kubelet waits after so many failures."""
    seconds = int(kubelet_wait(max(failures - 1, 1)))
    minutes, rest = divmod(seconds, 60)
    return f"{minutes}m{rest}s" if minutes else f"{rest}s"


def pull_error(image: str) -> str:
    """What the container runtime says of an image that is not there."""
    repository = image.rpartition(":")[0] or image
    full = f"docker.io/{image}"
    return (
        f'rpc error: code = NotFound desc = failed to pull and unpack image "{full}": '
        f'failed to resolve reference "{full}": docker.io/{repository}:{image.rpartition(":")[2]}: not found'
    )


def container_id(pod: Pod, life: Life) -> str:
    """The runtime's name for one run of the container."""
    return "containerd://" + hashlib.sha256(f"{pod.running.id}\x00{life.start!r}".encode()).hexdigest()


def _condition(times: Times, kind: str, holds: bool, at: float, **why: str) -> Object:
    made: Object = {"type": kind, "status": "True" if holds else "False", "lastProbeTime": None}
    return made | {"lastTransitionTime": times.whole(min(at, FOREVER))} | why
