"""Where pods go, and why nowhere; and what a node says to those that it sends away."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sre_assistant.sim.causality.spells import FOREVER
from sre_assistant.sim.house import KubernetesSpec
from sre_assistant.sim.things.nodes import Node
from sre_assistant.sim.things.pods import Pod, Workload, placed


@dataclass(frozen=True, slots=True)
class Scheduler:
    """Finds nodes for the pods of a workload."""

    spec: KubernetesSpec
    nodes: Mapping[str, Node]
    workload: Workload

    def bound(self, number: int, at: float) -> tuple[float, str]:
        """When from a moment on there is a node for the pod of a place, and which; no daemon has a choice."""
        if at >= FOREVER:
            return FOREVER, ""
        work, nodes = self.workload, list(self.nodes)
        first = placed(self.spec, work.namespace, work.name, number)
        if work.spec.kind == "daemonset":
            return at, first
        place = nodes.index(first)
        ring = nodes[place:] + nodes[:place]
        times = sorted({at, *(one for node in self.nodes.values() for one in node.moments(at, FOREVER))})
        for moment in times:
            for name in ring:
                if self.nodes[name].takes(moment):
                    return moment, name
        return FOREVER, ""

    def refusal(self, t: float) -> str:
        """Why no node takes a pod, in the scheduler's words."""
        count, reasons = len(self.nodes), dict[str, int]()
        for node in self.nodes.values():
            pressure = next(iter(node.pressure(t)), "")
            if not node.ready(t):
                reason = "node(s) had untolerated taint {node.kubernetes.io/unreachable: }"
            elif node.cordoned(t):
                reason = "node(s) were unschedulable"
            else:
                short = pressure.removesuffix("Pressure").lower()
                reason = f"node(s) had untolerated taint {{node.kubernetes.io/{short}-pressure: }}"
            reasons[reason] = reasons.get(reason, 0) + 1
        listed = ", ".join(f"{number} {reason}" for reason, number in sorted(reasons.items()))
        rest = f"preemption: 0/{count} nodes are available: {count} Preemption is not helpful for scheduling."
        return f"0/{count} nodes are available: {listed}. {rest}"


def shortage(pod: Pod, resource: str) -> str:
    """What the kubelet says to a pod that it evicts."""
    threshold, left = ("100Mi", "71456Ki") if resource == "memory" else ("6424835735", "5170256Ki")
    used = f"{int(pod.spec.memory) // 1024}Ki" if resource == "memory" else "212Ki"
    asked = f"{int(pod.spec.memory_request) >> 20}Mi" if resource == "memory" else "0"
    return (
        f"The node was low on resource: {resource}. Threshold quantity: {threshold}, available: {left}. "
        f"Container {pod.workload} was using {used}, request is {asked}, "
        f"has larger consumption of {resource}. "
    )
