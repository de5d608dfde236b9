"""kube-state-metrics: what the control plane knows of nodes, pods, workloads and volumes."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sre_assistant.sim.exporters.kube.metrics import ABOUT
from sre_assistant.sim.exporters.kube.nodes import nodes
from sre_assistant.sim.exporters.kube.pods import pods
from sre_assistant.sim.exporters.kube.volumes import claims
from sre_assistant.sim.exporters.kube.workloads import workloads
from sre_assistant.sim.exporters.shapes import Sheet
from sre_assistant.sim.metrics.targets import Family

if TYPE_CHECKING:
    from sre_assistant.sim.world import World


def families(world: World, _host: str) -> list[Family]:
    """All metrics of the cluster."""
    sheet = Sheet(ABOUT)
    if world.cluster is not None:
        nodes(sheet, world, world.cluster)
        pods(sheet, world, world.cluster)
        workloads(sheet, world, world.cluster)
        claims(sheet, world, world.cluster)
    return sheet.families()
