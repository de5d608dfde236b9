"""Volume claims, and what kubelets measure of the volumes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import TYPE_CHECKING, Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters.shapes import Sheet, process
from sre_assistant.sim.metrics.targets import Family, Level
from sre_assistant.sim.signals import DAY, Wander
from sre_assistant.sim.things.pods import identity

if TYPE_CHECKING:
    from sre_assistant.sim.causality.spells import Spells
    from sre_assistant.sim.things.cluster import Cluster
    from sre_assistant.sim.things.pods import Workload
    from sre_assistant.sim.world import World

_PHASES: Final = ("Bound", "Lost", "Pending")
_INODE: Final = 16384.0
_ABOUT: Final[dict[str, tuple[str, str]]] = {
    "kubelet_node_name": ("gauge", "The name of the node."),
    "kubelet_running_pods": ("gauge", "Pods that run on the node."),
    "kubelet_running_containers": ("gauge", "Containers by their state."),
    "kubelet_volume_stats_available_bytes": ("gauge", "Bytes free on a volume."),
    "kubelet_volume_stats_capacity_bytes": ("gauge", "Size of a volume in bytes."),
    "kubelet_volume_stats_used_bytes": ("gauge", "Bytes used on a volume."),
    "kubelet_volume_stats_inodes": ("gauge", "Inodes of a volume."),
    "kubelet_volume_stats_inodes_free": ("gauge", "Free inodes of a volume."),
    "kubelet_volume_stats_inodes_used": ("gauge", "Used inodes of a volume."),
}


def claims(sheet: Sheet, world: World, cluster: Cluster) -> None:
    """Every claim with its phase."""
    for workload, spells in _claimed(world, cluster):
        labels = {"namespace": workload.namespace, "persistentvolumeclaim": workload.name}
        made = identity("PersistentVolumeClaim", *labels.values(), repr(workload.begun), str(workload.seed))
        info = {**labels, "storageclass": "longhorn", "volumename": f"pvc-{made}"}
        size = float(workload.spec.claim or 0)
        sheet.put("kube_persistentvolumeclaim_info", info, 1.0)
        sheet.put("kube_persistentvolumeclaim_resource_requests_storage_bytes", labels, size)
        for phase in _PHASES:
            sheet.put(
                "kube_persistentvolumeclaim_status_phase",
                {**labels, "phase": phase},
                partial(_phase, spells, phase),
            )


def kubelet(world: World, node: str) -> list[Family]:
    """What the kubelet of a node tells: its pods and their volumes."""
    cluster, host = world.cluster, world.hosts[node]
    if cluster is None:
        return []
    sheet = Sheet(_ABOUT)
    mine = [pod for workload in cluster.workloads.values() for pod in workload.pods if pod.node == node]

    def running(t: Floats) -> Floats:
        found = np.zeros(len(t))
        for pod in mine:
            found = found + pod.running.alive(t) * (t < pod.dies)
        return found

    sheet.put("kubelet_node_name", {"node": node}, 1.0)
    sheet.put("kubelet_running_pods", {}, running)
    sheet.put("kubelet_running_containers", {"container_state": "running"}, running)
    for workload, spells in _claimed(world, cluster):
        mounted = [pod for pod in workload.pods if pod.node == node]
        if mounted:
            _volume(sheet, workload, spells, partial(_any, [(p.running.alive, p.dies) for p in mounted]))
    return [*sheet.families(), *process(host.seed + 800, host.boots + 40, world.epoch.timestamp(), 90e6)]


def _claimed(world: World, cluster: Cluster) -> Iterator[tuple[Workload, Spells]]:
    for workload in cluster.workloads.values():
        if workload.spec.claim:
            yield workload, world.spells[f"claim/{workload.namespace}:{workload.name}"]


def _phase(spells: Spells, phase: str, t: Floats) -> Floats:
    pending = spells.inside(t, "pending")
    return np.where(pending == (phase == "Pending"), float(phase != "Lost"), 0.0)


def _any(pods: list[tuple[Level, float]], t: Floats) -> Floats:
    found = np.zeros(len(t))
    for alive, dies in pods:
        found = np.maximum(found, alive(t) * (t < dies))
    return found


def _volume(sheet: Sheet, workload: Workload, spells: Spells, there: Level) -> None:
    labels = {"namespace": workload.namespace, "persistentvolumeclaim": workload.name}
    size, usual = float(workload.spec.claim or 0), float(workload.spec.claim_used)

    def used(t: Floats) -> Floats:
        held = usual * (1 + Wander(workload.seed, DAY, 0.02).value(t))
        return np.floor(np.where(spells.inside(t, "full"), size, held) / 4096) * 4096

    whole = size // _INODE
    taken = whole * 0.04 // 1
    for name, level in (
        ("available_bytes", lambda t: size - used(t)),
        ("capacity_bytes", size),
        ("used_bytes", used),
        ("inodes", whole),
        ("inodes_free", whole - taken),
        ("inodes_used", taken),
    ):
        sheet.put(f"kubelet_volume_stats_{name}", labels, level, there)
