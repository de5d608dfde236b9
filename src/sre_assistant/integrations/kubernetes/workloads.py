"""From deployments, stateful sets, daemon sets, jobs and cron jobs to resources."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sre_assistant.domain.inventory import Health, Resource
from sre_assistant.integrations.kubernetes import shapes
from sre_assistant.integrations.kubernetes.pods import controller, images_text, plain_labels, used_volumes
from sre_assistant.integrations.kubernetes.quantities import moment, stamp
from sre_assistant.integrations.kubernetes.wording import said


@dataclass(frozen=True, slots=True)
class _Count:
    """How many pods a workload wants and has."""

    desired: int
    ready: int
    updated: int
    available: int

    @property
    def figures(self) -> dict[str, float]:
        return {
            "replicas": float(self.desired),
            "ready": float(self.ready),
            "updated": float(self.updated),
            "available": float(self.available),
        }


def deployment_of(item: shapes.Workload) -> Resource:
    """The workload that a deployment is."""
    spec, status = item.spec or shapes.WorkloadSpec(), item.status or shapes.WorkloadStatus()
    count = _Count(
        desired=1 if spec.replicas is None else spec.replicas,
        ready=status.ready_replicas or 0,
        updated=status.updated_replicas or 0,
        available=status.available_replicas or 0,
    )
    return _workload("deployment", item, count, (*_conditions(status), *_pauses(spec)))


def stateful_set_of(item: shapes.Workload) -> Resource:
    """The workload that a stateful set is."""
    spec, status = item.spec or shapes.WorkloadSpec(), item.status or shapes.WorkloadStatus()
    desired = 1 if spec.replicas is None else spec.replicas
    # Once all are new, the controller no longer counts them as updated in every version.
    done = bool(status.update_revision) and status.current_revision == status.update_revision
    count = _Count(
        desired=desired,
        ready=status.ready_replicas or 0,
        updated=(status.replicas or 0) if done else status.updated_replicas or 0,
        available=status.available_replicas or 0,
    )
    return _workload("statefulset", item, count, _conditions(status))


def daemon_set_of(item: shapes.Workload) -> Resource:
    """The workload that a daemon set is."""
    status = item.status or shapes.WorkloadStatus()
    count = _Count(
        desired=status.desired_number_scheduled or 0,
        ready=status.number_ready or 0,
        updated=status.updated_number_scheduled or 0,
        available=status.number_available or 0,
    )
    misplaced = status.number_misscheduled or 0
    wrong = (f"{misplaced} run on nodes that should not have one",) if misplaced else ()
    return _workload("daemonset", item, count, (*_conditions(status), *wrong))


def job_of(job: shapes.Job) -> Resource:
    """The workload that a job of its own is."""
    meta = job.metadata
    spec, status = job.spec or shapes.JobSpec(), job.status or shapes.JobStatus()
    template = spec.template or shapes.Template()
    wanted = 1 if spec.completions is None else spec.completions
    ended = _ended(job)
    return Resource(
        kind="workload",
        id=f"job/{meta.namespace or ''}/{meta.name}",
        name=meta.name,
        state=ended.type
        if ended
        else "Suspended"
        if spec.suspend
        else "Running"
        if status.active
        else "Pending",
        health="unknown" if ended is None else "failed" if ended.type == "Failed" else "ok",
        detail=said([_words(ended)]) if ended and ended.type == "Failed" else "",
        uses=used_volumes(template.spec or shapes.PodSpec(), meta.namespace or ""),
        since=moment(ended.last_transition_time if ended else status.start_time),
        labels=_labels("job", meta, template),
        figures={
            "replicas": float(wanted),
            "succeeded": float(status.succeeded or 0),
            "failures": float(status.failed or 0),
        },
    )


def cron_job_of(item: shapes.CronJob, jobs: Mapping[str, Sequence[shapes.Job]]) -> Resource:
    """The workload that a cron job is, with what came of its last job that is still known.

    Args:
        item: the cron job.
        jobs: those that are known, as ``by_cron_job`` sorts them.
    """
    meta = item.metadata
    spec, status = item.spec or shapes.CronJobSpec(), item.status or shapes.CronJobStatus()
    template = (
        (spec.job_template and spec.job_template.spec) or shapes.JobSpec()
    ).template or shapes.Template()
    own = jobs.get(f"cronjob/{meta.namespace or ''}/{meta.name}", ())
    ended = next((found for found in map(_ended, reversed(own)) if found), None)
    failed = ended is not None and ended.type == "Failed"
    ran, good = moment(status.last_schedule_time), moment(status.last_successful_time)
    why = [f"the last job failed: {_words(ended)}"] if ended and failed else []
    why += (
        [f"scheduled last {stamp(ran)}, last success {stamp(good) if good else 'not known'}"] if ran else []
    )
    health: Health = "failed" if failed else "ok" if ended or good else "unknown"
    return Resource(
        kind="workload",
        id=f"cronjob/{meta.namespace or ''}/{meta.name}",
        name=meta.name,
        state="Suspended" if spec.suspend else "Active" if status.active else "Scheduled",
        health=health,
        detail=said(why),
        uses=used_volumes(template.spec or shapes.PodSpec(), meta.namespace or ""),
        since=ran,
        labels=_labels("cronjob", meta, template) | {"schedule": spec.schedule or ""},
        figures={"active": float(len(status.active or ()))},
    )


def by_cron_job(jobs: Iterable[shapes.Job]) -> dict[str, list[shapes.Job]]:
    """The jobs of each cron job, in the order they began."""
    found: defaultdict[str, list[shapes.Job]] = defaultdict(list)
    for job in sorted(jobs, key=_began):
        if parent := cron_job_id(job):
            found[parent].append(job)
    return dict(found)


def cron_job_id(job: shapes.Job) -> str:
    """The cron job that made a job; empty when none did."""
    owner = controller(job.metadata)
    if owner is None or owner.kind != "CronJob":
        return ""
    return f"cronjob/{job.metadata.namespace or ''}/{owner.name}"


def job_outcome(job: shapes.Job) -> tuple[Literal["ok", "failed", "running"], str]:
    """How it went, and why."""
    ended = _ended(job)
    if ended is None:
        return "running", ""
    return ("failed" if ended.type == "Failed" else "ok"), _words(ended)


def _workload(kind: str, item: shapes.Workload, count: _Count, why: Sequence[str]) -> Resource:
    meta, spec = item.metadata, item.spec or shapes.WorkloadSpec()
    template = spec.template or shapes.Template()
    rolling = 0 <= count.updated < count.desired
    late = _unseen(item)
    told = [
        *([f"{count.updated} of {count.desired} are of the newest revision"] if rolling else []),
        *why,
        *late,
    ]
    return Resource(
        kind="workload",
        id=f"{kind}/{meta.namespace or ''}/{meta.name}",
        name=meta.name,
        state=f"{count.ready}/{count.desired} ready",
        health=_health(count, item, bool(rolling or late)),
        detail=said(told),
        uses=used_volumes(template.spec or shapes.PodSpec(), meta.namespace or ""),
        since=_since(item),
        labels=_labels(kind, meta, template),
        figures=count.figures,
    )


def _health(count: _Count, item: shapes.Workload, changing: bool) -> Health:
    if item.status is None:
        return "unknown"
    conditions = item.status.conditions or ()
    stuck = any(
        (c.type == "Progressing" and c.status == "False")
        or (c.type == "ReplicaFailure" and c.status == "True")
        for c in conditions
    )
    if stuck or (count.desired and not count.ready):
        return "failed"
    return "warning" if count.ready < count.desired or changing else "ok"


def _conditions(status: shapes.WorkloadStatus) -> tuple[str, ...]:
    """What a controller complains of."""
    return tuple(
        f"{c.type}={c.status}, {c.reason or ''}{f': {c.message}' if c.message else ''}"
        for c in status.conditions or ()
        if (c.type in {"Available", "Progressing"} and c.status != "True")
        or (c.type == "ReplicaFailure" and c.status == "True")
    )


def _pauses(spec: shapes.WorkloadSpec) -> tuple[str, ...]:
    return ("its rollout is paused",) if spec.paused else ()


def _unseen(item: shapes.Workload) -> tuple[str, ...]:
    """Whether the controller has not yet looked at what is wanted; for long, it does not run."""
    wanted = item.metadata.generation
    seen = item.status.observed_generation if item.status else None
    if wanted is None or (seen is not None and seen >= wanted):
        return ()
    return ("its controller has not seen the latest change",)


def _since(item: shapes.Workload) -> datetime | None:
    """When a condition changed last, or it was made."""
    conditions = (item.status.conditions if item.status else None) or ()
    moments = [when for when in (moment(c.last_transition_time) for c in conditions) if when]
    return max(moments, default=moment(item.metadata.creation_timestamp))


def _labels(kind: str, meta: shapes.Meta, template: shapes.Template) -> dict[str, str]:
    notes = meta.annotations or shapes.Notes()
    restarted = (
        template.metadata.annotations.restarted if template.metadata and template.metadata.annotations else ""
    )
    found = {
        "kind": kind,
        "namespace": meta.namespace or "",
        "image": images_text(template.spec),
        "revision": notes.revision or "",
        "restarted_at": restarted or "",
    }
    return {**plain_labels(meta.labels), **{name: text for name, text in found.items() if text}}


def _ended(job: shapes.Job) -> shapes.Condition | None:
    conditions: Iterable[shapes.Condition] = (job.status.conditions if job.status else None) or ()
    return next((c for c in conditions if c.type in {"Complete", "Failed"} and c.status == "True"), None)


def _began(job: shapes.Job) -> str:
    return (job.status.start_time if job.status else "") or job.metadata.creation_timestamp or ""


def _words(condition: shapes.Condition) -> str:
    return ": ".join(part for part in (condition.reason, condition.message) if part)
