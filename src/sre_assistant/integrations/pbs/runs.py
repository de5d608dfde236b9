"""How things went that run on the backup server: jobs, garbage collection, tasks."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias

from sre_assistant.domain.inventory import BackupJob, Change, ResourceKind
from sre_assistant.domain.window import from_epoch
from sre_assistant.integrations.pbs import shapes

Outcome: TypeAlias = Literal["ok", "failed", "running", "unknown"]

_GUESTS: Final = frozenset({"vm", "ct"})
_OF_A_GROUP: Final = frozenset({"backup", "reader", "verify_group", "verify_snapshot"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Collected:
    """The last garbage collection of a datastore."""

    finished: datetime | None = None
    """When the last one that ended well began; None before the first."""
    last_run: datetime | None = None
    """When the last one ended, well or not, where the server says."""
    outcome: Outcome = "unknown"
    detail: str = ""
    seconds: float | None = None
    """How long that took, where it went well."""
    schedule: str | None = None
    """Empty where there is none, None where the server does not say."""
    next_run: datetime | None = None
    removed: float | None = None
    pending: float | None = None
    deduplication: float | None = None
    """How many times the room would be needed without it."""
    damaged: int = 0
    """Chunks that stay bad."""


def moment(seconds: float | None) -> datetime | None:
    """The time that Unix seconds mean, where there are some."""
    return None if seconds is None else from_epoch(seconds)


def began(upid: str | None) -> datetime | None:
    """When the task of that name began; None for what is no task's name."""
    parts = (upid or "").split(":")
    if len(parts) < 9 or not re.fullmatch("[0-9A-Fa-f]{1,8}", parts[5]):
        return None
    return from_epoch(int(parts[5], 16))


def outcome_of(status: str | None, *, ended: bool) -> tuple[Outcome, str]:
    """How something went, and the server's words where there is more to say than OK."""
    if not ended:
        return "running", ""
    if not status or status == "unknown":
        return "unknown", ""
    if status == "OK":
        return "ok", ""
    return ("ok" if status.startswith("WARNINGS: ") else "failed"), status


def collected_of(found: shapes.Collection | None) -> Collected | None:
    """What is known of a datastore's garbage collection."""
    if found is None:
        return None
    about = Collected(
        finished=began(found.upid),
        removed=found.removed_bytes,
        pending=found.pending_bytes,
        deduplication=(found.index_data_bytes or 0) / found.disk_bytes if found.disk_bytes else None,
        damaged=found.still_bad or 0,
    )
    if not isinstance(found, shapes.Collecting):
        return about
    return _scheduled(about, found)


def _scheduled(about: Collected, found: shapes.Collecting) -> Collected:
    ended = found.last_run_endtime is not None
    outcome, detail = outcome_of(found.last_run_state, ended=ended)
    return Collected(
        finished=about.finished,
        last_run=moment(found.last_run_endtime),
        outcome=outcome if ended else "unknown",
        detail=detail,
        # The server counts from the last good start, so that after a failure it means nothing.
        seconds=found.duration if outcome == "ok" else None,
        schedule=found.schedule or "",
        next_run=moment(found.next_run),
        removed=about.removed,
        pending=about.pending,
        deduplication=about.deduplication,
        damaged=about.damaged,
    )


def job_of(kind: Literal["verify", "prune", "sync"], job: shapes.Job) -> BackupJob:
    """A job with its last run, which is dated by its begin."""
    ended = job.last_run_endtime is not None
    ran = bool(job.last_run_upid) or ended
    outcome, detail = outcome_of(job.last_run_state, ended=ended)
    return BackupJob(
        id=job.id,
        kind=kind,
        store=f"{job.store}/{job.ns}" if job.ns else job.store,
        schedule=job.schedule or "",
        enabled=not job.disable,
        last_run=began(job.last_run_upid) or moment(job.last_run_endtime),
        last_outcome=outcome if ran else "unknown",
        detail="; ".join(text for text in (_other_end(job), detail) if text),
        next_run=None if job.disable else moment(job.next_run),
    )


def _other_end(job: shapes.Job) -> str:
    """What a sync job copies from or to."""
    if not job.remote_store:
        return ""
    other = f"{job.remote or 'this server'}:{job.remote_store}"
    return f"{'to' if job.sync_direction == 'push' else 'from'} {other}"


def collection_job(store: str, collected: Collected) -> BackupJob:
    """Garbage collection as the job that it is; dated by its end where its begin is unknown."""
    begun = collected.last_run or collected.finished
    if collected.last_run and collected.seconds is not None:
        begun = collected.last_run - timedelta(seconds=collected.seconds)
    return BackupJob(
        id=store,
        kind="gc",
        store=store,
        schedule=collected.schedule or "",
        last_run=begun,
        last_outcome=collected.outcome,
        detail=collected.detail,
        next_run=collected.next_run,
    )


def change_of(task: shapes.Task) -> Change:
    """A task as something that was done to a thing."""
    outcome, detail = outcome_of(task.status, ended=task.endtime is not None)
    kind, subject = _subject(task.worker_type, task.worker_id or "")
    what = f"{task.worker_type} {task.worker_id}" if task.worker_id else task.worker_type
    return Change(
        at=from_epoch(task.starttime),
        until=moment(task.endtime),
        kind="backup" if task.worker_type == "backup" else "task",
        subject_kind=kind,
        subject=subject,
        text=f"{what}: {detail}" if detail else what,
        outcome=outcome,
        actor=task.user or "",
        id=task.upid,
    )


def _subject(worker: str, name: str) -> tuple[ResourceKind | Literal[""], str]:
    """What a task was about, from ``main:vm/100``, ``main:ns/a:vm/100``, ``main:job``, ``remote:x:main``."""
    parts = name.split(":")
    if worker in _OF_A_GROUP and len(parts) > 1 and parts[-1].count("/") >= 1:
        kind, _, rest = parts[-1].partition("/")
        group = f"{kind}/{rest.partition('/')[0]}"
        return ("guest" if kind in _GUESTS else "host"), group
    if worker == "syncjob" and len(parts) > 2:
        return "storage", parts[2]
    return ("storage", parts[0]) if parts[0] else ("", "")
