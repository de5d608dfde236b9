"""The nodes of the cluster."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from sre_assistant.sim.exporters.kube.metrics import CONDITIONS
from sre_assistant.sim.exporters.kube.stages import Stages
from sre_assistant.sim.exporters.shapes import Sheet

if TYPE_CHECKING:
    from sre_assistant.sim.things.cluster import Cluster
    from sre_assistant.sim.things.nodes import Node
    from sre_assistant.sim.world import World

_KEPT: float = 100 * 2**20
"""Bytes that a node keeps for itself."""


class Look(NamedTuple):
    """What holds of a node at a moment: condition to status, and whether it takes no pods."""

    conditions: dict[str, str]
    cordoned: bool


def nodes(sheet: Sheet, world: World, cluster: Cluster) -> None:
    """Every node with its conditions."""
    for node in cluster.nodes.values():
        _node(sheet, world, cluster, node)


def looked(node: Node, t: float) -> Look:
    """What the control plane thinks of a node at a moment: nothing is known of one that is silent."""
    if not node.ready(t):
        return Look(dict.fromkeys(CONDITIONS, "unknown"), node.cordoned(t) is not None)
    short = node.pressure(t)
    conditions = {name: "true" if name in short or name == "Ready" else "false" for name in CONDITIONS}
    return Look(conditions, node.cordoned(t) is not None)


def _node(sheet: Sheet, world: World, cluster: Cluster, node: Node) -> None:
    spec, labels = node.host.spec, {"node": node.name}
    stages = Stages(node.moments, lambda t: looked(node, t))
    info = {
        **labels,
        "container_runtime_version": "containerd://1.7.22-k3s1",
        "internal_ip": world.house.hosts[node.name].address,
        "kernel_version": spec.kernel,
        "kubelet_version": cluster.spec.version,
        "kubeproxy_version": cluster.spec.version,
        "os_image": "Debian GNU/Linux 12 (bookworm)",
        "provider_id": f"k3s://{node.name}",
    }
    sheet.put("kube_node_info", info, 1.0)
    sheet.put("kube_node_spec_unschedulable", labels, stages.level(lambda one: one.cordoned))
    for condition in CONDITIONS:
        for status in ("true", "false", "unknown"):
            level = stages.level(lambda one, c=condition, s=status: one.conditions[c] == s)  # type: ignore[misc]
            which = {**labels, "condition": condition, "status": status}
            sheet.put("kube_node_status_condition", which, level)
    for resource, unit, has, kept in (
        ("cpu", "core", float(spec.cpus), 0.0),
        ("memory", "byte", spec.memory, _KEPT),
        ("pods", "integer", 110.0, 0.0),
    ):
        what = {**labels, "resource": resource, "unit": unit}
        sheet.put("kube_node_status_capacity", what, has)
        sheet.put("kube_node_status_allocatable", what, has - kept)
