"""What the middleware says of its work: alerts, jobs, tasks and the audit log; only what is used."""

from __future__ import annotations

import msgspec

from sre_assistant.integrations.truenas import shapes


class Alert(msgspec.Struct):
    """``alert.list``."""

    uuid: str
    level: str
    datetime: shapes.Date
    klass: str = ""
    formatted: str | None = None
    text: str | None = None
    last_occurrence: shapes.Date | None = None
    dismissed: bool | None = None
    one_shot: bool | None = None


class Progress(msgspec.Struct):
    """How far a job is."""

    percent: float | None = None
    description: str | None = None


class Owner(msgspec.Struct):
    """For whom a job works."""

    username: str | None = None


class Credentials(msgspec.Struct):
    """With which credential a job was ordered."""

    type: str | None = None
    data: Owner | None = None


class Job(msgspec.Struct):
    """``core.get_jobs``, and the last run of a task; what it was called with is not read."""

    id: shapes.Whole
    method: str = ""
    state: str = ""
    description: str | None = None
    error: str | None = None
    progress: Progress | None = None
    time_started: shapes.Date | None = None
    time_finished: shapes.Date | None = None
    credentials: Credentials | None = None


class Schedule(msgspec.Struct):
    """When a task runs, as cron writes it; some only within hours of the day."""

    minute: str = "*"
    hour: str = "*"
    dom: str = "*"
    month: str = "*"
    dow: str = "*"
    begin: str | None = None
    end: str | None = None

    @property
    def text(self) -> str:
        """As in a crontab, with the hours if there are any."""
        cron = f"{self.minute} {self.hour} {self.dom} {self.month} {self.dow}"
        within = (self.begin or "00:00", self.end or "23:59")
        return cron if within in {("00:00", "23:59"), ("00:00", "00:00")} else f"{cron} {'-'.join(within)}"


class TaskState(msgspec.Struct):
    """How the last run of a snapshot task or replication went."""

    state: str = ""
    datetime: shapes.Date | None = None
    error: str | None = None
    last_snapshot: str | None = None


class SnapshotTask(msgspec.Struct):
    """``pool.snapshottask.query``."""

    id: shapes.Whole
    dataset: str
    recursive: bool | None = None
    enabled: bool | None = None
    exclude: list[str] | None = None
    lifetime_value: shapes.Whole | None = None
    lifetime_unit: str | None = None
    schedule: Schedule | None = None
    state: TaskState | None = None


class Replication(msgspec.Struct):
    """``replication.query``; its keys and credentials are not read."""

    id: shapes.Whole
    name: str = ""
    direction: str = ""
    transport: str = ""
    source_datasets: list[str] | None = None
    target_dataset: str = ""
    enabled: bool | None = None
    auto: bool | None = None
    schedule: Schedule | None = None
    state: TaskState | None = None
    job: Job | None = None


class CloudSync(msgspec.Struct):
    """``cloudsync.query``; its credentials and scripts are not read."""

    id: shapes.Whole
    description: str = ""
    path: str = ""
    direction: str = ""
    enabled: bool | None = None
    schedule: Schedule | None = None
    job: Job | None = None


class Rsync(msgspec.Struct):
    """``rsynctask.query``."""

    id: shapes.Whole
    path: str = ""
    remotehost: str | None = None
    remotepath: str | None = None
    direction: str = ""
    desc: str | None = None
    enabled: bool | None = None
    schedule: Schedule | None = None
    job: Job | None = None


class ScrubTask(msgspec.Struct):
    """``pool.scrub.query``."""

    id: shapes.Whole
    pool_name: str = ""
    enabled: bool | None = None
    threshold: shapes.Whole | None = None
    schedule: Schedule | None = None


class AuditData(msgspec.Struct):
    """What was called; its arguments may hold secrets and are not read."""

    method: str | None = None
    description: str | None = None


class AuditEntry(msgspec.Struct):
    """``audit.query``."""

    message_timestamp: float
    audit_id: str | None = None
    username: str | None = None
    address: str | None = None
    event: str = ""
    event_data: AuditData | None = None
    success: bool | None = None

    def __post_init__(self) -> None:
        """Refuses what happened at no time."""
        shapes.moment(self.message_timestamp)
