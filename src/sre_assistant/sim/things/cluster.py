"""The cluster as it came to be: every pod of every workload, from what happened to nodes and workloads."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sre_assistant.sim.hosts import Host, usual_week
from sre_assistant.sim.house import KubernetesSpec, WorkloadSpec
from sre_assistant.sim.signals import Weekly, seeded, uneven
from sre_assistant.sim.spells import FOREVER, Spell, Spells, joined
from sre_assistant.sim.things.containers import Running
from sre_assistant.sim.things.lives import ENDING, Lives, kubelet_wait, without
from sre_assistant.sim.things.pods import TOLERATION, Pod, Workload, letters, placed

_PULL_SECONDS = 6.0
_CRASH_RUN_SECONDS = 7.0


@dataclass(slots=True)
class Cluster:
    """The cluster's nodes and workloads."""

    spec: KubernetesSpec
    hosts: dict[str, Host]
    workloads: dict[str, Workload] = field(default_factory=dict)
    """By entity."""

    def node_ready(self, node: str, spells: Mapping[str, Spells], t: float) -> bool:
        """Whether the control plane calls a node ready; it notices a loss after forty seconds."""
        return not any(
            one.start + 40.0 <= t < one.end for one in spells[f"host/{node}"].of("gone", "off", "kubelet")
        )

    def pods(self, t: float) -> list[Pod]:
        """All pods that the API knows at a moment, by namespace and name."""
        found = [pod for workload in self.workloads.values() for pod in workload.at(t)]
        return sorted(found, key=lambda pod: (pod.namespace, pod.name))


def built(
    spec: KubernetesSpec, hosts: dict[str, Host], spells: Mapping[str, Spells], begin: float, seed: int
) -> Cluster:
    """The cluster with all its pods, from the day it was made (before the world's epoch) on."""
    cluster = Cluster(spec, {name: hosts[name] for name in spec.nodes})
    for space, workloads in spec.namespaces.items():
        for name, work in workloads.items():
            made = _Made(cluster, space, name, work, spells, begin, seeded(seed, "workload", space, name))
            cluster.workloads[f"workload/{space}:{name}"] = made.workload()
    return cluster


@dataclass(slots=True)
class _Made:
    cluster: Cluster
    space: str
    name: str
    spec: WorkloadSpec
    spells: Mapping[str, Spells]
    begin: float
    seed: int

    @property
    def own(self) -> Spells:
        return self.spells[f"workload/{self.space}:{self.name}"]

    def workload(self) -> Workload:
        made = Workload(self.space, self.name, self.spec, self.own, [])
        count = len(self.cluster.spec.nodes) if self.spec.kind == "daemonset" else self.spec.replicas
        # A bad update adds a pod of the new revision and leaves the old ones; other trouble hits them all.
        for number in range(count):
            made.pods += self._line(number)
        for spell in self.own.of("pull-failed", "pending", "bad-update"):
            made.pods.append(self._surge(spell, count))
        return made

    def _line(self, number: int) -> list[Pod]:
        """One replica: a pod, and its successors whenever the node is lost for long or evicts it."""
        node = placed(self.cluster.spec, self.space, self.name, number)
        born = self.begin - 86400.0 * (6 + self.seed % 23)
        pods: list[Pod] = []
        generation = 0
        while True:
            loss = self._loss(node, born)
            pod = self._pod(number, generation, node, born)
            pods.append(pod)
            if loss is None or self.spec.kind == "daemonset":
                return pods
            moved = loss.start + (TOLERATION if loss.mode != "disk-pressure" else 20.0)
            if loss.mode == "disk-pressure":
                pod.reason, pod.since, pod.message = (
                    "Evicted",
                    moved,
                    "The node was low on resource: ephemeral-storage.",
                )
                pod.dies = FOREVER if loss.lasting else loss.end + 3600.0
            else:
                pod.dies = FOREVER if loss.lasting else loss.end + 20.0
            node, born, generation = self._other(node), moved + 2.0, generation + 1

    def _loss(self, node: str, since: float) -> Spell | None:
        for one in self.spells[f"host/{node}"].of("gone", "off", "disk-pressure"):
            if one.end > since and (one.mode == "disk-pressure" or one.end - one.start > TOLERATION):
                if one.start > since:
                    return one
        return None

    def _other(self, node: str) -> str:
        nodes = self.cluster.spec.nodes
        return nodes[(nodes.index(node) + 1) % len(nodes)]

    def _surge(self, spell: Spell, number: int) -> Pod:
        node = placed(self.cluster.spec, self.space, self.name, number)
        pod = self._pod(
            number, 0, "" if spell.mode == "pending" else node, spell.start, revision=spell.detail
        )
        pod.dies = spell.end
        if spell.mode != "bad-update":
            pod.reason = {"pending": "Unschedulable", "pull-failed": "ImagePullBackOff"}[spell.mode]
            pod.since, pod.message = spell.start, spell.detail
        else:
            crash = Spell(spell.start, spell.end, "crashing", level=spell.level)
            pod.running.lives = Lives(
                [(spell.start + _PULL_SECONDS, spell.end)], [crash], _CRASH_RUN_SECONDS, kubelet_wait
            )
        return pod

    def _pod(self, number: int, generation: int, node: str, born: float, *, revision: str = "") -> Pod:
        template = letters(10, self.space, self.name, revision)
        name = self._named(number, generation, node, template)
        entity = f"pod/{self.space}:{name}"
        own = seeded(self.seed, entity)
        host = self.cluster.hosts.get(node)
        away = joined(self.spells[f"host/{node}"].of("off")) if host else [(0.0, FOREVER)]
        ups = without([(born + _PULL_SECONDS, FOREVER)], away)
        troubles = [] if revision else self.own.of(*ENDING)
        running = Running(
            entity=entity,
            name=self.name,
            seed=own,
            image=self.spec.image,
            memory=self.spec.memory,
            limit=self.spec.memory_limit,
            cpu=uneven(Weekly(usual_week(own) * self.spec.cpu), own, self.spec.cpu * 0.2),
            lives=Lives(ups, troubles, _CRASH_RUN_SECONDS, kubelet_wait),
            spells=self.own,
        )
        return Pod(name, self.space, self.name, self.spec, node, template, born, running)

    def _named(self, number: int, generation: int, node: str, template: str) -> str:
        if self.spec.kind == "statefulset":
            return f"{self.name}-{number}"
        suffix = letters(5, self.name, str(number), str(generation), node, template)
        return (
            f"{self.name}-{suffix}" if self.spec.kind == "daemonset" else f"{self.name}-{template}-{suffix}"
        )
