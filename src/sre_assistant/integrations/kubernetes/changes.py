"""What happened in a cluster: events, rollouts, and jobs that ran."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from sre_assistant.domain.inventory import Change, ResourceKind
from sre_assistant.domain.reading import Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.kubernetes import kinds, shapes
from sre_assistant.integrations.kubernetes.client import Client
from sre_assistant.integrations.kubernetes.parts import Part, essential, items, reading
from sre_assistant.integrations.kubernetes.pods import owner_of
from sre_assistant.integrations.kubernetes.quantities import moment
from sre_assistant.integrations.kubernetes.rollouts import (
    Revision,
    by_workload,
    difference,
    of_controller_revision,
    of_replica_set,
    went_back,
)
from sre_assistant.integrations.kubernetes.workloads import cron_job_id, job_outcome
from sre_assistant.kit.codec import DecodeError
from sre_assistant.kit.outcomes import settled
from sre_assistant.kit.redaction import bounded, redact

_LONGEST_TEXT = 300
_KEPT: Final = timedelta(hours=1)
"""How long an API server keeps events unless it is told otherwise."""
FORGETFUL: Final = "the API server forgets events after an hour, unless it was started otherwise"
_KINDS: Final[Mapping[str, ResourceKind]] = {
    "Pod": "pod",
    "Node": "host",
    "PersistentVolumeClaim": "volume",
    "PersistentVolume": "volume",
    "Deployment": "workload",
    "StatefulSet": "workload",
    "DaemonSet": "workload",
    "ReplicaSet": "workload",
    "Job": "workload",
    "CronJob": "workload",
}
_WHOLE: Final = frozenset({"Pod", "PersistentVolumeClaim"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """Something that happened to an object, as often as it did."""

    first: datetime
    last: datetime
    count: int
    warning: bool
    reason: str
    message: str
    """Untrusted."""
    kind: str
    """Of the object, e.g. ``Pod``."""
    subject: str
    """As ``Resource.id`` where there is one."""
    namespace: str
    reporter: str
    id: str


class Changes:
    """What a cluster remembers of what was done to it."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    async def changes(self, window: Window) -> Reading[tuple[Change, ...]]:
        """Events, rollouts and jobs within a window, oldest first."""
        events = await essential(self._client.listed(kinds.EVENTS, event_of))
        sets, revisions, deployments, jobs = await asyncio.gather(
            settled(self._client.listed(kinds.REPLICA_SETS, _with_owner)),
            settled(self._client.listed(kinds.REVISIONS, of_controller_revision)),
            settled(self._client.listed(kinds.DEPLOYMENTS, _rolled_out)),
            settled(self._client.listed(kinds.JOBS, _ran)),
        )
        owners = {name: owner for name, owner, _ in items(sets) if owner}
        histories = by_workload((*(revision for _, _, revision in items(sets)), *items(revisions)))
        found = [
            *(_told(event, owners) for event in items(events)),
            *_rollouts(histories, dict(items(deployments))),
            *filter(None, items(jobs)),
        ]
        kept = sorted((each for each in found if _within(each, window)), key=lambda change: change.at)
        old = window.start < self._client.clock.now() - _KEPT
        return reading(
            self._client,
            tuple(kept),
            (events, sets, revisions, deployments, jobs),
            window=window,
            note=FORGETFUL if old else "",
        )

    async def events(
        self, namespace: str, warning: bool | None, window: Window
    ) -> Reading[tuple[Event, ...]]:
        """Events within a window, the latest first; ``warning`` keeps one of the two types."""
        fields = "" if warning is None else f"type={'Warning' if warning else 'Normal'}"
        found = await self._client.listed(kinds.EVENTS, event_of, namespace=namespace, fields=fields)
        kept = [
            each
            for each in found.items
            if warning in {None, each.warning} and window.start <= each.last and each.first <= window.end
        ]
        kept.sort(key=lambda event: event.last, reverse=True)
        old = window.start < self._client.clock.now() - _KEPT
        return reading(self._client, tuple(kept), (found,), window=window, note=FORGETFUL if old else "")

    async def history(self, namespace: str) -> Reading[Mapping[str, Sequence[Revision]]]:
        """The revisions that are still known, of each workload."""
        sets, revisions = await asyncio.gather(
            settled(self._client.listed(kinds.REPLICA_SETS, of_replica_set, namespace=namespace)),
            settled(self._client.listed(kinds.REVISIONS, of_controller_revision, namespace=namespace)),
        )
        found = by_workload((*items(sets), *items(revisions)))
        parts: tuple[Part[Revision | None], ...] = (sets, revisions)
        return reading(self._client, found, parts)


def event_of(item: shapes.Event) -> Event:
    """An event of core/v1, from an old reporter or a new one.

    Raises:
        DecodeError: it does not say when it happened.
    """
    series, of = item.series or shapes.Series(), item.involved_object or shapes.Reference()
    said = (item.first_timestamp, item.event_time, item.last_timestamp, item.metadata.creation_timestamp)
    first = next((when for when in map(moment, said) if when), None)
    if first is None:
        raise DecodeError("an event says no time")
    last = moment(item.last_timestamp) or moment(series.last_observed_time) or first
    source = item.source or shapes.Source()
    reporter = source.component or item.reporting_component or ""
    return Event(
        first=min(first, last),
        last=last,
        count=item.count or series.count or 1,
        warning=item.type == "Warning",
        reason=item.reason or "",
        message=bounded(redact(item.message or ""), _LONGEST_TEXT),
        kind=of.kind or "",
        subject=_subject(of),
        namespace=of.namespace or item.metadata.namespace or "",
        reporter=f"{reporter} on {source.host}" if source.host else reporter,
        id=item.metadata.uid or item.metadata.name,
    )


def _subject(of: shapes.Reference) -> str:
    """The object as ``Resource.id``; other kinds with their kind in front."""
    kind, name = of.kind or "", of.name or ""
    if kind in {"Node", "PersistentVolume"}:
        return bounded(name, _LONGEST_TEXT)
    place = f"{of.namespace}/{name}" if of.namespace else name
    return bounded(place if kind in _WHOLE else f"{kind.lower()}/{place}", _LONGEST_TEXT)


def _told(event: Event, owners: Mapping[str, str]) -> Change:
    times = f" (×{event.count})" if event.count > 1 else ""
    return Change(
        at=event.first,
        until=event.last if event.last > event.first else None,
        kind="deployment" if event.reason == "ScalingReplicaSet" else "lifecycle",
        subject_kind=_KINDS.get(event.kind, ""),
        subject=owners.get(event.subject, event.subject),
        text=bounded(f"{event.reason}: {event.message}{times}", _LONGEST_TEXT),
        outcome="failed" if event.warning else "unknown",
        actor=event.reporter,
        id=event.id,
    )


def _rollouts(
    histories: Mapping[str, Sequence[Revision]], updated: Mapping[str, datetime | None]
) -> Iterator[Change]:
    """Each revision when it was made, and a return to an older one when the deployment last moved."""
    for workload, history in histories.items():
        back = went_back(history)
        in_time = sorted((each for each in history if each.at), key=_made) if back else [*history]
        before: Revision | None = None
        for each in in_time:
            if each.at:
                yield _rollout(workload, each.at, f"revision {each.number}: {difference(before, each)}", each)
            before = each
        moved = updated.get(workload)
        if back and moved:
            newest = history[-1]
            text = f"went back, as revision {newest.number}: {difference(before, newest)}"
            yield _rollout(workload, moved, text, newest)


def _rollout(workload: str, at: datetime, text: str, revision: Revision) -> Change:
    cause = f" ({revision.cause})" if revision.cause else ""
    return Change(
        at=at,
        kind="deployment",
        subject_kind="workload",
        subject=workload,
        text=bounded(f"{text}{cause}", _LONGEST_TEXT),
        id=f"{workload}#{revision.number}",
    )


def _made(revision: Revision) -> float:
    return revision.at.timestamp() if revision.at else 0.0


def _with_owner(item: shapes.Workload) -> tuple[str, str, Revision | None]:
    """A replica set as events name it, the workload it belongs to, and the revision it is."""
    meta = item.metadata
    return f"replicaset/{meta.namespace or ''}/{meta.name}", owner_of(meta), of_replica_set(item)


def _rolled_out(item: shapes.Workload) -> tuple[str, datetime | None]:
    """A deployment, and when its rollout last moved."""
    meta, conditions = item.metadata, (item.status.conditions if item.status else None) or ()
    moved = next((c.last_update_time for c in conditions if c.type == "Progressing"), None)
    return f"deployment/{meta.namespace or ''}/{meta.name}", moment(moved)


def _ran(job: shapes.Job) -> Change | None:
    """The run that a job is; None while it has not begun."""
    meta, status = job.metadata, job.status or shapes.JobStatus()
    began = moment(status.start_time)
    if began is None:
        return None
    outcome, why = job_outcome(job)
    ended = moment(status.completion_time) or next(
        (moment(c.last_transition_time) for c in status.conditions or () if c.type == "Failed"), None
    )
    own = f"job/{meta.namespace or ''}/{meta.name}"
    return Change(
        at=began,
        until=ended,
        kind="task",
        subject_kind="workload",
        subject=cron_job_id(job) or own,
        text=bounded(redact(f"job {meta.name}: {why or outcome}"), _LONGEST_TEXT),
        outcome=outcome,
        id=own,
    )


def _within(change: Change, window: Window) -> bool:
    open_end = change.kind == "task" and change.until is None
    return change.at <= window.end and (open_end or (change.until or change.at) >= window.start)
