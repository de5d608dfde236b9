"""Lines of the tools' answers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

from sre_assistant.domain.inventory import LogLine, Resource
from sre_assistant.integrations.kubernetes.changes import Event
from sre_assistant.integrations.kubernetes.quantities import stamp
from sre_assistant.integrations.kubernetes.rollouts import Revision, difference
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.units import format_span, format_value

_LONGEST_LINE = 400
_ORDER = {"failed": 0, "warning": 1, "unknown": 2, "ok": 3}

_ROUTINE = frozenset({"Scheduled", "Pulling", "Pulled", "Created", "Started", "SuccessfulCreate"})
"""What the start of any pod leaves behind."""


def by_need(resources: Iterable[Resource]) -> list[Resource]:
    """What is not well first, then by name."""
    return sorted(resources, key=lambda each: (_ORDER[each.health], each.id))


def by_weight(events: Iterable[Event]) -> list[Event]:
    """Warnings first, what happens to every pod last; among equals the latest first."""
    return sorted(
        events, key=lambda each: (not each.warning, each.reason in _ROUTINE, -each.last.timestamp(), each.id)
    )


def states(resources: Sequence[Resource]) -> str:
    """How many are in which state, the most frequent first."""
    counts = Counter(bounded(each.state, 60) for each in resources).most_common(8)
    return ", ".join(f"{count:,} {state}" for state, count in counts)


def pod(each: Resource, now: datetime) -> str:
    """One pod."""
    restarts = int(each.figures.get("restarts", 0))
    return _line(
        f"[{each.state}] {each.id} on {each.host or 'no node'}"
        f"{_age(each.since, now)}"
        f"{f', {_restarts(restarts)}' if restarts else ''}"
        f"{f', of {each.within}' if each.within else ', of nothing'}"
        f", {each.labels.get('image') or 'no image said'}"
        f"{f'; {each.detail}' if each.detail else ''}"
    )


def node(each: Resource, now: datetime) -> str:
    """One node."""
    figures, labels = each.figures, each.labels
    cores, memory = figures.get("cpu_count"), figures.get("memory_bytes")
    told = [
        f"{cores:g} cores" if cores is not None else "",
        f"{format_value(memory, 'bytes')} memory" if memory is not None else "",
        f"kubelet {labels['kubelet']}" if "kubelet" in labels else "",
        labels.get("os", ""),
        labels.get("roles", ""),
        ", ".join(each.addresses),
    ]
    return _about(each, f"{each.id}{_age(each.since, now)}", told)


def workload(each: Resource, now: datetime) -> str:
    """One workload."""
    told = [
        each.labels.get("image", ""),
        f"revision {each.labels['revision']}" if "revision" in each.labels else "",
        f"schedule {each.labels['schedule']}" if each.labels.get("schedule") else "",
    ]
    return _about(each, f"{each.id}{_age(each.since, now)}", told)


def volume(each: Resource) -> str:
    """One claim, or a volume without one."""
    size = each.figures.get("size_bytes", each.figures.get("requested_bytes"))
    told = [
        format_value(size, "bytes") if size is not None else "",
        f"class {each.labels['storage_class']}" if "storage_class" in each.labels else "",
        f"at {each.uses[-1]}" if each.uses else "",
        f"was of {each.labels['claim']}" if "claim" in each.labels else "",
        f"reclaim {each.labels['reclaim']}" if "reclaim" in each.labels else "",
    ]
    what = "claim" if "namespace" in each.labels else "volume"
    return _about(each, f"{what} {each.id}", told)


def event(each: Event) -> str:
    """One event."""
    kind = "Warning" if each.warning else "Normal"
    times = f" ×{each.count:,} since {stamp(each.first)}" if each.count > 1 else ""
    by = f" ({each.reporter})" if each.reporter else ""
    return _line(
        f"{stamp(each.last)} [{kind}] {each.kind} {each.subject} {each.reason}{times}: {each.message}{by}"
    )


def revision(before: Revision | None, each: Revision, *, current: bool) -> str:
    """One revision of a workload, and what it changed."""
    pods = f", {each.pods} pods wanted" if each.pods else ""
    cause = f" ({each.cause})" if each.cause else ""
    return _line(
        f"{stamp(each.at)} revision {each.number}{' (now)' if current else ''}{pods}: "
        f"{difference(before, each)}{cause}"
    )


def log_line(each: LogLine) -> str:
    """One line of a log, on one line."""
    return _line(f"{each.at.strftime('%Y-%m-%d %H:%M:%S.%f')[:-3]}Z {redact(each.text)}", indent="")


def _restarts(count: int) -> str:
    return f"{count:,} restart{'' if count == 1 else 's'}"


def _age(since: datetime | None, now: datetime) -> str:
    """Since when, and how long that is."""
    if since is None:
        return ""
    gone = now - since
    return f" since {stamp(since)}" + (f" ({format_span(gone)})" if gone.total_seconds() > 0 else "")


def _about(each: Resource, named: str, told: Iterable[str]) -> str:
    """State and name, then what is known of it, then why it is not well."""
    known = ", ".join(part for part in told if part)
    return _line(
        f"[{each.state}] {named}{f': {known}' if known else ''}{f'; {each.detail}' if each.detail else ''}"
    )


def _line(text: str, indent: str = "  ") -> str:
    return indent + bounded(redact(text), _LONGEST_LINE)
