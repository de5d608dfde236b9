"""Cron jobs and their jobs."""

from __future__ import annotations

from collections.abc import Iterator

from sre_assistant.sim.causality.spells import FOREVER
from sre_assistant.sim.servers.kubernetes.status import Object
from sre_assistant.sim.servers.kubernetes.templates import owner_uid
from sre_assistant.sim.servers.kubernetes.workloads import WorkloadObject
from sre_assistant.sim.things.pods import JobRun


class CronJobObject(WorkloadObject):
    """A cron job at a moment, as the API shows it, and its jobs."""

    def jobs(self) -> Iterator[Object]:
        """The jobs that are kept."""
        for run in self._runs():
            yield self._job(run)

    def _runs(self) -> list[JobRun]:
        return [run for run in self.workload.runs if run.start <= self.t < run.dies]

    def _both(self) -> tuple[Object, Object]:
        work = self.workload
        runs = [run for run in work.runs if run.start <= self.t]
        spec = {
            "schedule": work.spec.schedule,
            "concurrencyPolicy": "Allow",
            "suspend": False,
            "jobTemplate": {
                "metadata": {"creationTimestamp": None},
                "spec": {"template": self._template(self.revision), "backoffLimit": 0},
            },
            "successfulJobsHistoryLimit": 3,
            "failedJobsHistoryLimit": 3,
        }
        status: Object = {}
        active = [run for run in runs if run.end > self.t]
        if active:
            status["active"] = [
                {
                    "kind": "Job",
                    "namespace": work.namespace,
                    "name": run.name,
                    "uid": owner_uid("Job", work, run.name),
                    "apiVersion": "batch/v1",
                }
                for run in active
            ]
        if runs:
            status["lastScheduleTime"] = self.times.whole(runs[-1].start)
        done = [run for run in runs if run.end <= self.t and not run.failed]
        if done:
            status["lastSuccessfulTime"] = self.times.whole(done[-1].end)
        return spec, status

    def _job(self, run: JobRun) -> Object:
        work, t, over = self.workload, self.t, run.end <= self.t
        made = self._made(run.name, "Job", run.start, run.end if over else run.start)
        own = made["uid"]
        names = {"batch.kubernetes.io/controller-uid": own, "batch.kubernetes.io/job-name": run.name}
        labels = {**names, "controller-uid": own, "job-name": run.name}
        made |= {"generation": 1, "labels": {"app": work.name, **labels}, "ownerReferences": self._owned()}
        spec = {
            "parallelism": 1,
            "completions": 1,
            "backoffLimit": 0,
            "selector": {"matchLabels": {"batch.kubernetes.io/controller-uid": own}},
            "template": self._template(self.workload.revision(run.start), **labels),
            "completionMode": "NonIndexed",
            "suspend": False,
            "podReplacementPolicy": "TerminatingOrFailed",
        }
        status: Object = {"startTime": self.times.whole(run.start)}
        if not over:
            status |= {"active": 1, "terminating": 0, "ready": int(self._ready(t) > 0)}
        elif run.failed:
            why = {"reason": "BackoffLimitExceeded", "message": "Job has reached the specified backoff limit"}
            status |= {"conditions": [self._ended("Failed", run.end, why)], "failed": 1, "ready": 0}
        else:
            ended = self.times.whole(run.end)
            status |= {"completionTime": ended, "conditions": [self._ended("Complete", run.end, {})]}
            status |= {"succeeded": 1, "ready": 0, "terminating": 0}
        return {"kind": "Job", "apiVersion": "batch/v1", "metadata": made, "spec": spec, "status": status}

    def _ended(self, kind: str, at: float, why: dict[str, str]) -> Object:
        when = self.times.whole(min(at, FOREVER))
        return {"type": kind, "status": "True", "lastProbeTime": when, "lastTransitionTime": when, **why}
