"""The pods of the cluster, each with its one container."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sre_assistant.sim.exporters.kube.metrics import ENDS, PHASES, POD_REASONS, WAITS
from sre_assistant.sim.exporters.kube.stages import Stages
from sre_assistant.sim.exporters.shapes import Sheet
from sre_assistant.sim.metrics.targets import Level

if TYPE_CHECKING:
    from sre_assistant.sim.things.cluster import Cluster
    from sre_assistant.sim.things.pods import Pod
    from sre_assistant.sim.world import World


class Look(NamedTuple):
    """What holds of a pod at a moment."""

    there: bool
    phase: str
    ready: bool
    bound: bool
    trouble: str
    waiting: str
    """Why its container waits; empty if it does not."""
    runs: bool
    restarts: float
    ended: str
    """Why its container ended the last time; empty if it never did."""
    code: float


def pods(sheet: Sheet, world: World, cluster: Cluster) -> None:
    """Every pod that there ever was, each while the API knows it."""
    for workload in cluster.workloads.values():
        for pod in workload.pods:
            stages = Stages(pod.moments, lambda t, pod=pod: looked(pod, t))  # type: ignore[misc]
            there = stages.level(lambda one: one.there)
            labels = {"namespace": pod.namespace, "pod": pod.name, "uid": pod.uid}
            _pod(sheet, world, cluster, pod, stages)
            _container(sheet, pod, {**labels, "container": pod.workload}, stages, there)


def looked(pod: Pod, t: float) -> Look:
    """What the API says of a pod at a moment."""
    life, seen = pod.life(t), pod.seen(t)
    waiting = pod.waiting(t)
    runs = life is not None and life.end > seen and not pod.trouble(t)
    reason, code = _end(pod, seen, waiting)
    return Look(
        there=pod.exists(t),
        phase=pod.phase(t),
        ready=pod.ready(t),
        bound=bool(pod.node_at(t)),
        trouble=pod.trouble(t),
        waiting=waiting,
        runs=runs,
        restarts=float(pod.running.restarts(np.array([seen]))[0]),
        ended=reason,
        code=code,
    )


def _end(pod: Pod, t: float, waiting: str) -> tuple[str, float]:
    """Why and with which code the run before ended: before the one under way or over, or before the wait."""
    lives = pod.running.lives.upto(t)
    lives = lives if waiting == "CrashLoopBackOff" else lives[:-1]
    if not lives:
        return "", 0.0
    last = lives[-1]
    if not last.mode and not pod.ends and last.end not in {pod.dies, pod.since}:
        return "Unknown", 255.0
    return "OOMKilled" if last.killed else "Error" if last.code else "Completed", float(last.code)


def _pod(sheet: Sheet, world: World, cluster: Cluster, pod: Pod, stages: Stages[Look]) -> None:
    labels = {"namespace": pod.namespace, "pod": pod.name, "uid": pod.uid}
    there = stages.level(lambda one: one.there)
    bound = stages.level(lambda one: one.there and one.bound)
    unbound = stages.level(lambda one: one.there and not one.bound)
    kind, name = owner(pod)
    info = {**labels, "created_by_kind": kind, "created_by_name": name, "host_network": "false"}
    if pod.node:
        address = world.house.hosts[pod.node].address
        placed = {**info, "node": pod.node, "host_ip": address, "pod_ip": cluster.address(pod)}
        sheet.put("kube_pod_info", placed, 1.0, bound)
    sheet.put("kube_pod_info", info, 1.0, unbound)
    own = {**labels, "owner_kind": kind, "owner_name": name, "owner_is_controller": "true"}
    sheet.put("kube_pod_owner", own, 1.0, there)
    sheet.put("kube_pod_created", labels, np.floor(world.epoch.timestamp() + pod.born), there)
    for phase in PHASES:
        level = stages.level(lambda one, p=phase: one.phase == p)  # type: ignore[misc]
        sheet.put("kube_pod_status_phase", {**labels, "phase": phase}, level, there)
    for condition, wanted in (("true", True), ("false", False)):
        ready = stages.level(lambda one, w=wanted: one.ready is w)  # type: ignore[misc]
        sheet.put("kube_pod_status_ready", {**labels, "condition": condition}, ready, there)
        scheduled = stages.level(lambda one, w=wanted: one.bound is w)  # type: ignore[misc]
        sheet.put("kube_pod_status_scheduled", {**labels, "condition": condition}, scheduled, there)
    for reason in POD_REASONS:
        held = stages.level(lambda one, r=reason: one.trouble == r)  # type: ignore[misc]
        sheet.put("kube_pod_status_reason", {**labels, "reason": reason}, held, there)


def _container(sheet: Sheet, pod: Pod, labels: dict[str, str], stages: Stages[Look], there: Level) -> None:
    bound = stages.level(lambda one: one.there and one.bound)
    info = {**labels, "image": pod.running.image}
    sheet.put("kube_pod_container_info", info, 1.0, bound)
    facts = {
        "waiting": stages.level(lambda one: bool(one.waiting)),
        "running": stages.level(lambda one: one.runs),
        "terminated": stages.level(lambda one: one.bound and not one.runs and not one.waiting),
        "ready": stages.level(lambda one: one.ready),
        "restarts_total": stages.level(lambda one: one.restarts),
    }
    for name, level in facts.items():
        sheet.put(f"kube_pod_container_status_{name}", labels, level, bound)
    for reason in WAITS:
        held = stages.level(lambda one, r=reason: one.there and one.waiting == r)  # type: ignore[misc]
        which = {**labels, "reason": reason}
        sheet.put("kube_pod_container_status_waiting_reason", which, 1.0, held)
    for reason in ENDS:
        held = stages.level(lambda one, r=reason: one.there and one.ended == r)  # type: ignore[misc]
        which = {**labels, "reason": reason}
        sheet.put("kube_pod_container_status_last_terminated_reason", which, 1.0, held)
    ended = stages.level(lambda one: one.there and bool(one.ended))
    code = stages.level(lambda one: one.code)
    sheet.put("kube_pod_container_status_last_terminated_exitcode", labels, code, ended)
    _resources(sheet, pod, labels, there)


def _resources(sheet: Sheet, pod: Pod, labels: dict[str, str], there: Level) -> None:
    where = {**labels, "node": pod.node}
    cpu, memory = {"resource": "cpu", "unit": "core"}, {"resource": "memory", "unit": "byte"}
    requests = pod.template.memory_request or pod.spec.memory_request
    sheet.put("kube_pod_container_resource_requests", {**where, **cpu}, pod.spec.cpu_request, there)
    sheet.put("kube_pod_container_resource_requests", {**where, **memory}, float(requests), there)
    if pod.spec.memory_limit is not None:
        limit = float(pod.spec.memory_limit)
        sheet.put("kube_pod_container_resource_limits", {**where, **memory}, limit, there)


def owner(pod: Pod) -> tuple[str, str]:
    """Kind and name of what made a pod."""
    kinds = {"daemonset": "DaemonSet", "statefulset": "StatefulSet", "cronjob": "Job"}
    kind = kinds.get(pod.spec.kind, "ReplicaSet")
    if kind == "ReplicaSet":
        return kind, f"{pod.workload}-{pod.revision}"
    return kind, pod.name.rpartition("-")[0] if kind == "Job" else pod.workload
