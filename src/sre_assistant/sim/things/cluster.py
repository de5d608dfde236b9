"""The cluster as it came to be: its nodes, and every pod of every workload from what happened to them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sre_assistant.sim.causality.spells import Spells
from sre_assistant.sim.house import KubernetesSpec
from sre_assistant.sim.signals import seeded
from sre_assistant.sim.things.hosts import Host
from sre_assistant.sim.things.nodes import Node
from sre_assistant.sim.things.pods import NOTICED, Pod, Workload
from sre_assistant.sim.things.rollouts import Rollouts
from sre_assistant.sim.things.schedules import scheduled


@dataclass(slots=True)
class Cluster:
    """The cluster's nodes and workloads."""

    spec: KubernetesSpec
    hosts: dict[str, Host]
    workloads: dict[str, Workload] = field(default_factory=dict)
    """By entity."""
    nodes: dict[str, Node] = field(default_factory=dict)
    """As the control plane sees them, by name."""

    def node_ready(self, node: str, spells: Mapping[str, Spells], t: float) -> bool:
        """Whether the control plane calls a node ready; it notices a loss after forty seconds."""
        return not any(
            one.start + NOTICED <= t < one.end for one in spells[f"host/{node}"].of("gone", "off", "kubelet")
        )

    def pods(self, t: float) -> list[Pod]:
        """All pods that the API knows at a moment, by namespace and name."""
        found = [pod for workload in self.workloads.values() for pod in workload.at(t)]
        return sorted(found, key=lambda pod: (pod.namespace, pod.name))

    def address(self, pod: Pod) -> str:
        """The address of a pod in the cluster's network; empty while it has no node."""
        if not pod.node:
            return ""
        there = [one for work in self.workloads.values() for one in work.pods if one.node == pod.node]
        there.sort(key=lambda one: (one.born, one.namespace, one.name))
        place = next(number for number, one in enumerate(there) if one is pod)
        return f"10.42.{self.spec.nodes.index(pod.node)}.{2 + place % 250}"


def built(
    spec: KubernetesSpec, hosts: dict[str, Host], spells: Mapping[str, Spells], begin: float, seed: int
) -> Cluster:
    """The cluster with all its pods, from some weeks before the scenario's start on."""
    nodes = {name: Node(name, hosts[name], spells[f"host/{name}"]) for name in spec.nodes}
    cluster = Cluster(spec, {name: hosts[name] for name in spec.nodes}, {}, nodes)
    for space, workloads in spec.namespaces.items():
        for name, work in workloads.items():
            own = seeded(seed, "workload", space, name)
            entity = f"workload/{space}:{name}"
            begun = begin - 86400.0 * (6 + own % 23) - own % 40000
            made = Workload(space, name, work, spells[entity], [], own, begun)
            if work.kind == "cronjob":
                scheduled(made, spec, nodes, begin)
            else:
                Rollouts(made, spec, nodes).carry_out()
            cluster.workloads[entity] = made
    return cluster
