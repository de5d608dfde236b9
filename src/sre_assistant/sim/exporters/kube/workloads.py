"""Deployments, stateful sets, daemons and cron jobs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from sre_assistant.sim.exporters.kube.stages import Stages
from sre_assistant.sim.exporters.shapes import Sheet
from sre_assistant.sim.metrics.targets import Level

if TYPE_CHECKING:
    from sre_assistant.sim.things.cluster import Cluster
    from sre_assistant.sim.things.pods import JobRun, Workload
    from sre_assistant.sim.world import World


class Look(NamedTuple):
    """How many pods a workload has at a moment."""

    wanted: int
    pods: int
    ready: int
    updated: int


def workloads(sheet: Sheet, world: World, cluster: Cluster) -> None:
    """Every workload with the numbers of its pods."""
    for workload in cluster.workloads.values():
        if workload.spec.kind == "cronjob":
            _jobs(sheet, world, workload)
        else:
            _numbers(sheet, workload)


def looked(workload: Workload, t: float) -> Look:
    """The numbers at a moment; a pod that is being deleted does not count."""
    pods = [pod for pod in workload.at(t) if pod.deleted > t and pod.phase(t) != "Failed"]
    newest = workload.revision(t).hash
    return Look(
        wanted=workload.wanted(t),
        pods=len(pods),
        ready=sum(pod.ready(t) for pod in pods),
        updated=sum(pod.revision == newest for pod in pods),
    )


def _numbers(sheet: Sheet, workload: Workload) -> None:
    kind = workload.spec.kind
    labels = {"namespace": workload.namespace, kind: workload.name}
    stages = Stages(workload.moments, lambda t: looked(workload, t))
    wanted = stages.level(lambda one: one.wanted)
    there = stages.level(lambda one: one.pods)
    ready = stages.level(lambda one: one.ready)
    missing = stages.level(lambda one: max(max(one.wanted, one.pods) - one.ready, 0))
    updated = stages.level(lambda one: one.updated)
    figures = {
        "deployment": {
            "spec_replicas": wanted,
            "status_replicas": there,
            "status_replicas_ready": ready,
            "status_replicas_available": ready,
            "status_replicas_unavailable": missing,
            "status_replicas_updated": updated,
        },
        "statefulset": {
            "replicas": wanted,
            "status_replicas": there,
            "status_replicas_ready": ready,
            "status_replicas_updated": updated,
        },
        "daemonset": {
            "status_desired_number_scheduled": wanted,
            "status_current_number_scheduled": there,
            "status_number_ready": ready,
            "status_number_available": ready,
            "status_number_unavailable": missing,
        },
    }[kind]
    for name, level in figures.items():
        sheet.put(f"kube_{kind}_{name}", labels, level)


def _jobs(sheet: Sheet, world: World, workload: Workload) -> None:
    """A cron job, and the jobs of it that the history keeps."""
    epoch = world.epoch.timestamp()

    def begun(t: float) -> float:
        return max((run.start for run in workload.runs if run.start <= t), default=0.0)

    labels = {"namespace": workload.namespace, "cronjob": workload.name}
    stages = Stages(
        lambda start, end: sorted(run.start for run in workload.runs if start < run.start <= end), begun
    )
    sheet.put(
        "kube_cronjob_status_last_schedule_time",
        labels,
        stages.level(lambda start: epoch + start),
        stages.level(lambda start: start > 0),
    )
    for run in workload.runs:
        _job(sheet, workload, run)


def _job(sheet: Sheet, workload: Workload, run: JobRun) -> None:
    labels = {"namespace": workload.namespace, "job_name": run.name}
    condition = {**labels, "condition": "true"}
    over = _from(run.end, run.dies)
    if run.failed:
        sheet.put("kube_job_status_failed", {**labels, "reason": "BackoffLimitExceeded"}, 1.0, over)
        sheet.put("kube_job_failed", condition, 1.0, over)
    else:
        sheet.put("kube_job_status_succeeded", labels, 1.0, over)
        sheet.put("kube_job_complete", condition, 1.0, over)


def _from(start: float, end: float) -> Level:
    return lambda t: np.where((t >= start) & (t < end), 1.0, 0.0)
