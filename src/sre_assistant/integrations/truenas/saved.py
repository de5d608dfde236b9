"""What a TrueNAS saves, and what does the saving."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sre_assistant.domain.inventory import Backup, BackupJob, BackupStore
from sre_assistant.integrations.truenas import shapes, work
from sre_assistant.integrations.truenas.past import outcome_of
from sre_assistant.integrations.truenas.resources import plain
from sre_assistant.kit.redaction import bounded, redact

_LONGEST: Final = 300


def backups(snapshots: Iterable[shapes.Snapshot]) -> tuple[Backup, ...]:
    """One entry for each dataset that has snapshots, by name."""
    by_dataset: dict[str, list[shapes.Snapshot]] = {}
    for one in snapshots:
        by_dataset.setdefault(one.dataset, []).append(one)
    return tuple(_backup(name, by_dataset[name]) for name in sorted(by_dataset))


def snapshot_job(task: work.SnapshotTask) -> BackupJob:
    """A task that takes snapshots."""
    state = task.state or work.TaskState()
    return BackupJob(
        id=f"snapshottask/{task.id}",
        kind="snapshot",
        store=task.dataset.partition("/")[0],
        subjects=(task.dataset,),
        excluded=tuple(task.exclude or ()),
        schedule=_schedule(task.schedule),
        enabled=task.enabled is not False,
        last_run=state.datetime.at if state.datetime else None,
        last_outcome=outcome_of(state.state),
        detail=_why(_kept(task), state.error),
    )


def replication_job(task: work.Replication) -> BackupJob:
    """A task that copies datasets; without a schedule it follows its snapshot tasks."""
    state, job = task.state or work.TaskState(), task.job
    ran = state.datetime.at if state.datetime else _ran(job)
    outcome = outcome_of(state.state)
    if outcome == "unknown" and job is not None:
        outcome = outcome_of(job.state)
    how = f"{task.direction.lower()} by {task.transport} to {task.target_dataset}"
    return BackupJob(
        id=f"replication/{task.id}",
        kind="replication",
        store=task.target_dataset,
        subjects=tuple(task.source_datasets or ()),
        schedule=_schedule(task.schedule) or ("after its snapshots" if task.auto else ""),
        enabled=task.enabled is not False,
        last_run=ran,
        last_outcome=outcome,
        detail=_why(" ".join(part for part in (task.name, how) if part), state.error),
    )


def cloud_job(task: work.CloudSync) -> BackupJob:
    """A task that copies to or from a cloud."""
    about = f"cloud sync {task.description!r}, {task.direction.lower()}"
    return _copy(f"cloudsync/{task.id}", task.path, about, task.enabled, task.schedule, task.job)


def rsync_job(task: work.Rsync) -> BackupJob:
    """A task that copies by rsync."""
    about = f"rsync {task.direction.lower()} {task.remotehost or ''}:{task.remotepath or ''}"
    return _copy(f"rsynctask/{task.id}", task.path, about, task.enabled, task.schedule, task.job)


def scrub_job(task: work.ScrubTask, pools: Sequence[shapes.Pool]) -> BackupJob:
    """A task that checks a pool; how the last check went is the pool's to say."""
    scan = next((one.scan for one in pools if one.name == task.pool_name), None)
    known = scan if scan and scan.function == "SCRUB" else shapes.Scan()
    errors = f"{known.errors:,} errors" if known.errors else ""
    return BackupJob(
        id=f"scrub/{task.id}",
        kind="verify",
        store=task.pool_name,
        subjects=(task.pool_name,),
        schedule=_schedule(task.schedule),
        enabled=task.enabled is not False,
        last_run=_at(known.end_time) or _at(known.start_time),
        last_outcome="failed" if errors else outcome_of(known.state),
        detail=_why(f"at most every {task.threshold} days" if task.threshold else "", errors),
    )


def store(pool: shapes.Pool) -> BackupStore:
    """A pool as a place that keeps snapshots and copies."""
    return BackupStore(
        name=pool.name,
        total=pool.size,
        used=pool.allocated,
        state=pool.status,
        detail=_why(plain(pool.status_detail)),
    )


def _backup(dataset: str, snapshots: Sequence[shapes.Snapshot]) -> Backup:
    dated = [(moment, one) for one in snapshots if (moment := one.created) is not None]
    dated.sort(key=lambda pair: pair[0])
    newest = dated[-1] if dated else None
    return Backup(
        subject=dataset,
        store=dataset.partition("/")[0],
        newest=newest[0] if newest else None,
        oldest=dated[0][0] if dated else None,
        count=len(snapshots),
        size=newest[1].number("referenced") if newest else None,
        kind="snapshot",
    )


def _copy(
    own: str,
    path: str,
    about: str,
    enabled: bool | None,
    schedule: work.Schedule | None,
    job: work.Job | None,
) -> BackupJob:
    return BackupJob(
        id=own,
        kind="sync",
        subjects=(path,) if path else (),
        schedule=_schedule(schedule),
        enabled=enabled is not False,
        last_run=_ran(job),
        last_outcome=outcome_of(job.state) if job else "unknown",
        detail=_why(about, job.error if job else None),
    )


def _ran(job: work.Job | None) -> datetime | None:
    return (_at(job.time_finished) or _at(job.time_started)) if job else None


def _at(date: shapes.Date | None) -> datetime | None:
    return date.at if date else None


def _kept(task: work.SnapshotTask) -> str:
    below = " with everything below" if task.recursive else ""
    if not task.lifetime_value:
        return below.strip()
    unit = (task.lifetime_unit or "").lower()
    return f"kept {task.lifetime_value} {unit}{'' if task.lifetime_value == 1 else 's'}{below}"


def _schedule(schedule: work.Schedule | None) -> str:
    return bounded(schedule.text, 80) if schedule else ""


def _why(*parts: str | None) -> str:
    return bounded(redact(": ".join(part for part in parts if part)), _LONGEST)
