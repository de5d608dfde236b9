"""The pods of a small cluster over time."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from typing import Final

from sre_assistant.sim.house import KubernetesSpec, WorkloadSpec
from sre_assistant.sim.spells import FOREVER, Spells
from sre_assistant.sim.things.containers import Running

TOLERATION: Final = 340.0
"""Seconds after a node is lost until its pods are replaced: 40 to notice, 300 to tolerate."""
NOTICED: Final = 40.0
_LETTERS: Final = "bcdfghjklmnpqrstvwxz2456789"


@dataclass(slots=True)
class Pod:
    """A pod; ``running`` is its one container."""

    name: str
    namespace: str
    workload: str
    spec: WorkloadSpec
    node: str
    """The host it was bound to; empty while no node would have it."""
    revision: str
    """The pod-template hash of its replica set."""
    born: float
    running: Running
    dies: float = FOREVER
    """When the API forgets it."""
    reason: str = ""
    """Why it never runs: ``Unschedulable``, ``ImagePullBackOff``; or ``Evicted`` after it did."""
    since: float = 0.0
    """From when on the reason holds."""
    until: float = FOREVER
    message: str = ""

    def exists(self, t: float) -> bool:
        """Whether the API knows it at a moment."""
        return self.born <= t < self.dies

    def trouble(self, t: float) -> str:
        """The reason that holds at a moment, or nothing."""
        return self.reason if self.reason and self.since <= t < self.until else ""

    def phase(self, t: float) -> str:
        """``Pending``, ``Running`` or ``Failed``."""
        trouble = self.trouble(t)
        if trouble == "Evicted":
            return "Failed"
        if trouble or self.running.lives.last(t) is None:
            return "Pending"
        return "Running"

    def ready(self, t: float) -> bool:
        """Whether it serves."""
        return self.phase(t) == "Running" and self.running.answers(t)


@dataclass(slots=True)
class Workload:
    """A workload and every pod that it ever had."""

    namespace: str
    name: str
    spec: WorkloadSpec
    spells: Spells
    pods: list[Pod]

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
