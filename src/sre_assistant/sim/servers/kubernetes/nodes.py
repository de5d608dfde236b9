"""Nodes as API objects, and what the metrics server says of them and of pods."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Final

import numpy as np

from sre_assistant.sim.servers.kubernetes.objects import Times, latest, metadata, since
from sre_assistant.sim.servers.kubernetes.status import Object
from sre_assistant.sim.servers.kubernetes.templates import pod_labels
from sre_assistant.sim.things.nodes import Node
from sre_assistant.sim.things.pods import NOTICED, Pod, Workload, identity
from sre_assistant.sim.world import World

WINDOW: Final = 15.0
"""Seconds that a measurement of the metrics server covers."""
_HEARTBEAT: Final = 300.0
_RESERVED: Final = 100 << 20
_SHORT: Final = {
    "MemoryPressure": ("memory", "KubeletHasSufficientMemory", "KubeletHasInsufficientMemory"),
    "DiskPressure": ("disk", "KubeletHasNoDiskPressure", "KubeletHasDiskPressure"),
    "PIDPressure": ("PID", "KubeletHasSufficientPID", "KubeletHasInsufficientPID"),
}
_TEXTS: Final = {
    "KubeletHasSufficientMemory": "kubelet has sufficient memory available",
    "KubeletHasInsufficientMemory": "kubelet has insufficient memory available",
    "KubeletHasNoDiskPressure": "kubelet has no disk pressure",
    "KubeletHasDiskPressure": "kubelet has disk pressure",
    "KubeletHasSufficientPID": "kubelet has sufficient PID available",
    "KubeletHasInsufficientPID": "kubelet has insufficient PID available",
}


@dataclass(frozen=True)
class NodeObject:
    """A node at a moment, as the API shows it."""

    world: World
    node: Node
    place: int
    """Its number in the cluster; the first is the control plane."""
    version: str
    t: float

    @property
    def times(self) -> Times:
        """How times are written."""
        return Times(self.world)

    @property
    def made(self) -> float:
        """When it joined the cluster."""
        return node_made(self.world, self.node)

    @property
    def _begin(self) -> float:
        """When its kubelet started last, before which nothing is remembered of its conditions."""
        boots = self.node.host.boots
        return max(float(boots[boots <= self.t].max()) + 12.0, self.made)

    @property
    def _moments(self) -> list[float]:
        return self.node.moments(self.made, self.t)

    @property
    def _beat(self) -> float:
        """When it last reported by habit."""
        seen = self.node.seen(self.t)
        phase = self.node.host.seed % int(_HEARTBEAT)
        return math.floor((seen - phase) / _HEARTBEAT) * _HEARTBEAT + phase

    def json(self) -> Object:
        """The whole object."""
        changed = max(latest(self._moments, self.t, self.made), self._beat)
        made = metadata(self.times, self.node.name, uid=node_uid(self.node), made=self.made, changed=changed)
        made |= {"labels": self._labels(), "annotations": self._annotations()}
        return {
            "kind": "Node",
            "apiVersion": "v1",
            "metadata": made,
            "spec": self._spec(),
            "status": self._status(),
        }

    def _labels(self) -> dict[str, str]:
        labels = {
            "beta.kubernetes.io/arch": "amd64",
            "beta.kubernetes.io/instance-type": "k3s",
            "beta.kubernetes.io/os": "linux",
            "kubernetes.io/arch": "amd64",
            "kubernetes.io/hostname": self.node.name,
            "kubernetes.io/os": "linux",
            "node.kubernetes.io/instance-type": "k3s",
        }
        if self.place == 0:
            labels["node-role.kubernetes.io/control-plane"] = "true"
            labels["node-role.kubernetes.io/master"] = "true"
        return labels

    def _annotations(self) -> dict[str, str]:
        address = self.node.host.spec.address
        return {
            "k3s.io/hostname": self.node.name,
            "k3s.io/internal-ip": address,
            "node.alpha.kubernetes.io/ttl": "0",
            "volumes.kubernetes.io/controller-managed-attach-detach": "true",
        }

    def _spec(self) -> Object:
        cidr = f"10.42.{self.place}.0/24"
        spec: Object = {
            "podCIDR": cidr,
            "podCIDRs": [cidr],
            "providerID": f"k3s://{self.node.name}",
        }
        taints = self._taints()
        if taints:
            spec["taints"] = taints
        if self.node.cordoned(self.t):
            spec["unschedulable"] = True
        return spec

    def _taints(self) -> list[Object]:
        found: list[Object] = []
        if cordoned := self.node.cordoned(self.t):
            found.append(self._taint("unschedulable", "NoSchedule", cordoned.start))
        if not self.node.ready(self.t):
            at = self.node.seen(self.t) + NOTICED
            found += [self._taint("unreachable", effect, at) for effect in ("NoSchedule", "NoExecute")]
        for condition, spell in self.node.pressure(self.t).items():
            what = condition.removesuffix("Pressure").lower()
            found.append(self._taint(f"{what}-pressure", "NoSchedule", spell.start))
        return found

    def _taint(self, what: str, effect: str, at: float) -> Object:
        key = f"node.kubernetes.io/{what}"
        return {"key": key, "effect": effect, "timeAdded": self.times.whole(at)}

    def _status(self) -> Object:
        host = self.node.host
        root = next(iter(host.filesystems.values()))
        disk, memory = int(root.spec.size) // 1024, int(host.spec.memory) // 1024
        capacity = {
            "cpu": str(host.spec.cpus),
            "ephemeral-storage": f"{disk}Ki",
            "hugepages-1Gi": "0",
            "hugepages-2Mi": "0",
            "memory": f"{memory}Ki",
            "pods": "110",
        }
        allocatable = capacity | {
            "ephemeral-storage": str(int(disk * 1024 * 0.95)),
            "memory": f"{memory - _RESERVED // 1024}Ki",
        }
        return {
            "capacity": capacity,
            "allocatable": allocatable,
            "conditions": [*(self._pressure(kind) for kind in _SHORT), self._ready()],
            "addresses": [
                {"type": "InternalIP", "address": host.spec.address},
                {"type": "Hostname", "address": self.node.name},
            ],
            "daemonEndpoints": {"kubeletEndpoint": {"Port": 10250}},
            "nodeInfo": self._info(),
            "images": self._images(),
        }

    def _ready(self) -> Object:
        at = max(since(self._moments, self._begin, self.t, self.node.ready), self._begin)
        if not self.node.ready(self.t):
            text = "Kubelet stopped posting node status."
            return self._condition("Ready", "Unknown", at, "NodeStatusUnknown", text)
        return self._condition("Ready", "True", at, "KubeletReady", "kubelet is posting ready status")

    def _pressure(self, kind: str) -> Object:
        _, well, short = _SHORT[kind]
        state = since(self._moments, self._begin, self.t, lambda at: self._word(kind, at))
        word = self._word(kind, self.t)
        if word == "Unknown":
            text = "Kubelet stopped posting node status."
            return self._condition(kind, word, state, "NodeStatusUnknown", text)
        reason = short if word == "True" else well
        return self._condition(kind, word, max(state, self._begin), reason, _TEXTS[reason])

    def _word(self, kind: str, t: float) -> str:
        if not self.node.ready(t):
            return "Unknown"
        return "True" if kind in self.node.pressure(t) else "False"

    def _condition(self, kind: str, status: str, at: float, reason: str, message: str) -> Object:
        heard = self.node.seen(self.t)
        told = latest(self._moments, heard if heard == self.t else heard - 1e-3, self.made)
        return {
            "type": kind,
            "status": status,
            "lastHeartbeatTime": self.times.whole(max(self._beat, told)),
            "lastTransitionTime": self.times.whole(at),
            "reason": reason,
            "message": message,
        }

    def _info(self) -> Object:
        names = [hashlib.sha256(f"{self.node.host.seed}{what}".encode()).hexdigest() for what in "mb"]
        boot = int(self._begin)
        return {
            "machineID": names[0][:32],
            "systemUUID": identity("system", self.node.name, str(self.node.host.seed)),
            "bootID": identity("boot", self.node.name, str(boot)),
            "kernelVersion": self.node.host.spec.kernel,
            "osImage": "Debian GNU/Linux 12 (bookworm)",
            "containerRuntimeVersion": "containerd://1.7.22-k3s1",
            "kubeletVersion": self.version,
            "kubeProxyVersion": self.version,
            "operatingSystem": "linux",
            "architecture": "amd64",
        }

    def _images(self) -> list[Object]:
        cluster = self.world.cluster
        pods = [
            pod
            for work in (cluster.workloads.values() if cluster else ())
            for pod in work.pods
            if pod.node == self.node.name and pod.running.lives.upto(self._beat)
        ]
        names = sorted({f"docker.io/{pod.template.image}" for pod in pods})
        return [{"names": [name], "sizeBytes": image_size(name)} for name in names]


def node_made(world: World, node: Node) -> float:
    """When a node joined the cluster."""
    return world.begin - 86400.0 * 61 - node.host.seed % 80000


def node_uid(node: Node) -> str:
    """A node's identity."""
    return identity("Node", node.name, str(node.host.seed))


def image_size(name: str) -> int:
    """How large an image is, in bytes."""
    return 24_000_000 + int(hashlib.sha256(name.encode()).hexdigest()[:7], 16) % 380_000_000


def node_usage(world: World, node: Node, t: float) -> Object:
    """What the metrics server says of a node."""
    times, end = Times(world), measured(t)
    span = np.array([end - WINDOW, end])
    cores = float(np.diff(node.host.cpu.total(span))[0]) / WINDOW * node.host.spec.cpus
    memory = float(node.host.memory.apps(np.array([end]))[0])
    return {
        "kind": "NodeMetrics",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {
            "name": node.name,
            "creationTimestamp": times.whole(t),
            "labels": {"kubernetes.io/hostname": node.name},
        },
        "timestamp": times.whole(end),
        "window": f"{WINDOW:.3f}s",
        "usage": _usage(cores, memory),
    }


def pod_usage(world: World, workload: Workload, pod: Pod, t: float) -> Object | None:
    """What the metrics server says of a pod; nothing of one that has not run for long enough."""
    times, end = Times(world), measured(t)
    life = pod.running.lives.running(end)
    if life is None or life.start > end - WINDOW or pod.lost(t):
        return None
    seconds = pod.running.cpu_seconds(np.array([end - WINDOW, end]))
    memory = float(pod.running.memory_used(np.array([end]))[0])
    return {
        "kind": "PodMetrics",
        "apiVersion": "metrics.k8s.io/v1beta1",
        "metadata": {
            "name": pod.name,
            "namespace": pod.namespace,
            "creationTimestamp": times.whole(t),
            "labels": pod_labels(workload, pod),
        },
        "timestamp": times.whole(end),
        "window": f"{WINDOW:.3f}s",
        "containers": [{"name": workload.name, "usage": _usage(float(np.diff(seconds)[0]) / WINDOW, memory)}],
    }


def measured(t: float) -> float:
    """When the metrics server looked last."""
    return math.floor(t / WINDOW) * WINDOW


def _usage(cores: float, memory: float) -> dict[str, str]:
    return {"cpu": f"{max(round(cores * 1e9), 1)}n", "memory": f"{int(memory) // 1024}Ki"}
