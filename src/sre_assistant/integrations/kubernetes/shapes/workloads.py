"""What makes pods: deployments, sets, jobs, and their revisions."""

from __future__ import annotations

import msgspec

from sre_assistant.integrations.kubernetes.shapes.common import Condition, Meta, Reference, Text
from sre_assistant.integrations.kubernetes.shapes.pods import Template


class WorkloadSpec(msgspec.Struct):
    """What a deployment, stateful set, daemon set or replica set wants."""

    replicas: int | None = None
    paused: bool | None = None
    template: Template | None = None


class WorkloadStatus(msgspec.Struct, rename="camel"):
    """What it has; each kind fills its own part."""

    observed_generation: int | None = None
    replicas: int | None = None
    ready_replicas: int | None = None
    updated_replicas: int | None = None
    available_replicas: int | None = None
    desired_number_scheduled: int | None = None
    number_ready: int | None = None
    updated_number_scheduled: int | None = None
    number_available: int | None = None
    number_misscheduled: int | None = None
    current_revision: Text = None
    update_revision: Text = None
    conditions: list[Condition] | None = None


class Workload(msgspec.Struct):
    """A deployment, stateful set, daemon set or replica set."""

    metadata: Meta
    spec: WorkloadSpec | None = None
    status: WorkloadStatus | None = None


class JobSpec(msgspec.Struct):
    """How often a job must succeed."""

    completions: int | None = None
    suspend: bool | None = None
    template: Template | None = None


class JobStatus(msgspec.Struct, rename="camel"):
    """How a job went."""

    active: int | None = None
    succeeded: int | None = None
    failed: int | None = None
    start_time: Text = None
    completion_time: Text = None
    conditions: list[Condition] | None = None


class Job(msgspec.Struct):
    """Something that runs until it is done."""

    metadata: Meta
    spec: JobSpec | None = None
    status: JobStatus | None = None


class JobTemplate(msgspec.Struct):
    """What a cron job makes its jobs from."""

    spec: JobSpec | None = None


class CronJobSpec(msgspec.Struct, rename="camel"):
    """When a cron job runs."""

    schedule: Text = None
    suspend: bool | None = None
    job_template: JobTemplate | None = None


class CronJobStatus(msgspec.Struct, rename="camel"):
    """When a cron job ran."""

    active: list[Reference] | None = None
    last_schedule_time: Text = None
    last_successful_time: Text = None


class CronJob(msgspec.Struct):
    """Jobs on a schedule."""

    metadata: Meta
    spec: CronJobSpec | None = None
    status: CronJobStatus | None = None


class RevisionData(msgspec.Struct):
    """The part of a workload that a revision keeps."""

    spec: WorkloadSpec | None = None


class Revision(msgspec.Struct):
    """One state of a stateful or daemon set."""

    metadata: Meta
    revision: int = 0
    data: RevisionData | None = None
