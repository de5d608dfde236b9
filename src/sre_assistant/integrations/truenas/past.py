"""What a TrueNAS did, and what was done to it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

from sre_assistant.domain.inventory import Change
from sre_assistant.domain.window import Window
from sre_assistant.integrations.truenas import shapes, work
from sre_assistant.integrations.truenas.resources import plain
from sre_assistant.kit.redaction import bounded, redact

Outcome: TypeAlias = Literal["ok", "failed", "running", "unknown"]

_OUTCOMES: Final[Mapping[str, Outcome]] = {
    "SUCCESS": "ok",
    "FINISHED": "ok",
    "FAILED": "failed",
    "ERROR": "failed",
    "ABORTED": "failed",
    "CANCELED": "failed",
    "RUNNING": "running",
    "SCANNING": "running",
    "WAITING": "running",
}
_SCRUB: Final = "pool.scrub.scrub"
_TASKS: Final = frozenset({"replication.run", "cloudsync.sync", "rsynctask.run"})
_SAME: Final = timedelta(minutes=2)
_LONGEST: Final = 300


class Tasks(NamedTuple):
    """What saves and copies by itself."""

    snapshots: Sequence[work.SnapshotTask]
    replications: Sequence[work.Replication]
    cloud_syncs: Sequence[work.CloudSync]
    rsyncs: Sequence[work.Rsync]


@dataclass(frozen=True, slots=True, kw_only=True)
class Records:
    """Everything that says when something happened."""

    alerts: Sequence[work.Alert]
    pools: Sequence[shapes.Pool]
    tasks: Tasks
    jobs: Sequence[work.Job]
    audited: Sequence[work.AuditEntry]


def outcome_of(state: str) -> Outcome:
    """What a state of the middleware means."""
    return _OUTCOMES.get(state.upper(), "unknown")


def changes(records: Records) -> Iterator[Change]:
    """All of them, each told once."""
    scans = [change for pool in records.pools for change in _scan(pool)]
    runs = [*_task_runs(records.tasks)]
    told = {change.id for change in runs if change.id}
    yield from scans
    yield from runs
    for job in records.jobs:
        change = _job(job)
        if change is not None and change.id not in told and not _scrubbed(job, change, scans):
            yield change
    for alert in records.alerts:
        yield _alert(alert)
    for entry in records.audited:
        yield _audited(entry)


def touches(change: Change, window: Window) -> bool:
    """Whether it began, ended or ran within a window."""
    ended = change.until
    if ended is None:
        lasts = change.outcome == "running"
        return change.at <= window.end and (lasts or change.at >= window.start)
    return change.at <= window.end and ended >= window.start


def begun(job: work.Job, window: Window) -> bool:
    """Whether a job began within or after a window."""
    return job.time_started is not None and job.time_started.at > window.start


def _scan(pool: shapes.Pool) -> Iterator[Change]:
    scan = pool.scan
    if scan is None or scan.start_time is None:
        return
    outcome = outcome_of(scan.state)
    errors = f", {scan.errors:,} errors" if scan.errors else ""
    share = f" {scan.percentage:.0f} %" if outcome == "running" and scan.percentage is not None else ""
    yield Change(
        at=scan.start_time.at,
        until=scan.end_time.at if scan.end_time else None,
        kind="task",
        subject_kind="pool",
        subject=pool.name,
        text=_line(f"{scan.function.lower()} of pool {pool.name} {scan.state.lower()}{share}{errors}"),
        outcome="failed" if scan.errors and outcome == "ok" else outcome,
    )


def _task_runs(tasks: Tasks) -> Iterator[Change]:
    for task in tasks.snapshots:
        yield from _run(task.state, None, task.dataset, f"snapshot task of {task.dataset}")
    for replication in tasks.replications:
        sources = ", ".join(replication.source_datasets or ())
        what = f"replication {replication.name!r} of {sources} to {replication.target_dataset}"
        subject = next(iter(replication.source_datasets or ()), "")
        yield from _run(replication.state, replication.job, subject, what)
    for cloud in tasks.cloud_syncs:
        yield from _run(None, cloud.job, "", f"cloud sync {cloud.description!r} of {cloud.path}")
    for rsync in tasks.rsyncs:
        yield from _run(None, rsync.job, "", f"rsync of {rsync.path} with {rsync.remotehost or 'a module'}")


def _run(state: work.TaskState | None, job: work.Job | None, subject: str, what: str) -> Iterator[Change]:
    """The last run of a task, from its job where there is one, else from its state."""
    start = job.time_started.at if job and job.time_started else None
    end = job.time_finished.at if job and job.time_finished else None
    known = job.state if job and start else state.state if state else ""
    at = start or (state.datetime.at if state and state.datetime else None)
    if at is None or outcome_of(known) == "unknown":
        return
    why = (job.error if job and start else state.error if state else "") or ""
    yield Change(
        at=at,
        until=end,
        kind="backup",
        subject_kind="dataset" if subject else "",
        subject=subject,
        text=_line(f"{what} {known.lower()}{f': {why}' if why else ''}"),
        outcome=outcome_of(known),
        id=f"job/{job.id}" if job and start else "",
    )


def _job(job: work.Job) -> Change | None:
    if job.time_started is None:
        return None
    outcome = outcome_of(job.state)
    why = f": {job.error}" if job.error and outcome == "failed" else ""
    about = f" ({job.description})" if job.description else ""
    return Change(
        at=job.time_started.at,
        until=job.time_finished.at if job.time_finished else None,
        kind="backup" if job.method in _TASKS else "task",
        text=_line(f"job {job.method}{about} {job.state.lower()}{why}"),
        outcome=outcome,
        actor=bounded(_orderer(job), 80),
        id=f"job/{job.id}",
    )


def _orderer(job: work.Job) -> str:
    """The user who ordered it; nobody, for what the system does by itself."""
    owner = job.credentials.data if job.credentials else None
    return (owner.username if owner else None) or ""


def _scrubbed(job: work.Job, change: Change, scans: Sequence[Change]) -> bool:
    """Whether a job is a scrub that its pool tells of itself."""
    return job.method == _SCRUB and any(abs(scan.at - change.at) <= _SAME for scan in scans)


def _alert(alert: work.Alert) -> Change:
    """An alert lasts as long as it is listed; one that is said once, or was dismissed, is a moment."""
    said = plain(alert.formatted or alert.text)
    dismissed = " (dismissed)" if alert.dismissed else ""
    return Change(
        at=alert.datetime.at,
        kind="alert",
        text=_line(f"{alert.level} {alert.klass or 'alert'}: {said}{dismissed}"),
        outcome="unknown" if alert.one_shot or alert.dismissed else "running",
        id=alert.uuid,
    )


def _audited(entry: work.AuditEntry) -> Change:
    data = entry.event_data or work.AuditData()
    said = data.description or data.method or entry.event
    outcome: Outcome = "unknown" if entry.success is None else "ok" if entry.success else "failed"
    return Change(
        at=shapes.moment(entry.message_timestamp),
        kind="config",
        text=_line(f"{said}{f' ({data.method})' if data.description and data.method else ''}"),
        outcome=outcome,
        actor=bounded(" at ".join(one for one in (entry.username, entry.address) if one), 80),
        id=entry.audit_id or "",
    )


def _line(text: str) -> str:
    return bounded(redact(text), _LONGEST)
