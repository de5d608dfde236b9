"""Words for what was found: plain text in which every figure carries its evidence's number. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime, tzinfo

from sre_assistant.assistant.understanding import Understood
from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.diagnosis import Cause, Diagnosis, Verdict
from sre_assistant.domain.evidence import Evidence, Lookup
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.units import format_span

_SUPPORTS, _RIVALS, _LISTED = 5, 3, 12

EXAMPLES = (
    "why is the disk on {host} filling?",
    "how is the memory on {host}?",
    "is the CPU on {host} normal?",
    "which targets are down?",
    "what alerts are firing?",
    "is everything fine?",
)


def examples(hosts: Sequence[str]) -> tuple[str, ...]:
    """Questions that can be answered, with a machine of this house in them."""
    return tuple(e.format(host=hosts[0] if hosts else "nas") for e in EXAMPLES)


def outside() -> str:
    """For a question that cannot be answered without a language model."""
    return (
        "I cannot answer that without a language model, and none is configured. From live data I can tell "
        "the state of a machine, why something is high, full, slow or down, whether a value is usual, "
        "which alerts are firing and which targets are down."
    )


def unclear(understood: Understood) -> str:
    """For a name that means nothing here, or several things."""
    shown = ", ".join(understood.choices[:_LISTED])
    known = shown or "none that is being scraped"
    if any(c.startswith(understood.unclear) for c in understood.choices):
        return f"{understood.unclear!r} could be several machines: {known}. Which one?"
    return f"No machine called {understood.unclear!r} is known here. Known: {known}."


def blind(gaps: Iterable[Lookup]) -> str:
    """For an answer that needs what could not be looked up."""
    return f"I cannot tell: {_failures(gaps)}."


def alert_list(alerts: Sequence[Alert], gap: Lookup | None, now: datetime, zone: tzinfo) -> str:
    """The active alerts, or why they cannot be told."""
    if gap is not None:
        return (
            f"I cannot tell which alerts are active: {gap.source} is {gap.completeness.value} ({gap.detail})."
        )
    if not alerts:
        return "No alert is active."
    lines = [_alert_line(a, now, zone) for a in alerts[:_LISTED]]
    more = [f"… and {len(alerts) - _LISTED} more"] if len(alerts) > _LISTED else []
    count = f"{len(alerts)} alert{'s are' if len(alerts) > 1 else ' is'} active:"
    return "\n".join([count, *lines, *more])


def _alert_line(alert: Alert, now: datetime, zone: tzinfo) -> str:
    where = alert.labels.get("instance") or alert.labels.get("job") or ""
    place = f" on {where}" if where else ""
    severity = f" ({alert.severity})" if alert.severity else ""
    since = alert.starts_at.astimezone(zone).strftime("%Y-%m-%d %H:%M %Z")
    silenced = ", silenced" if alert.silenced else ""
    span = format_span(now - alert.starts_at)
    return bounded(f"- {alert.name}{place}{severity} since {since} ({span}){silenced}", 200)


def statements(lead: str, evidence: Iterable[Evidence], nothing: str) -> str:
    """One line per evidence, under a lead; or what to say when there is none."""
    lines = [f"- {e.statement} [{e.id}]" for e in evidence]
    return "\n".join([lead, *lines]) if lines else nothing


def explanation(diagnosis: Diagnosis, zone: tzinfo) -> str:
    """A diagnosis in a few lines: the cause first, then why, then what it is not and what is not known."""
    lines = [diagnosis.summary]
    by_id = {e.id: e for e in diagnosis.evidence}
    if diagnosis.causes:
        lines += _why(diagnosis.causes[0], by_id, zone)
    lines += [f"Not: {c.title} — {c.reason}{_cited(c)}" for c in diagnosis.ruled_out[:_RIVALS]]
    if diagnosis.verdict is Verdict.UNKNOWN:
        lines += [f"Next: {check}" for check in diagnosis.next_checks[:_RIVALS]]
    if diagnosis.remedies:
        first = diagnosis.remedies[0]
        lines.append(f"Do first: {first.text}{f': {first.command}' if first.command else ''}")
    blind = unseen(diagnosis.coverage)
    return "\n".join([*lines, blind] if blind else lines)


def _why(cause: Cause, by_id: dict[str, Evidence], zone: tzinfo) -> list[str]:
    lines = [f"- {by_id[i].statement} [{i}]" for i in cause.supports[:_SUPPORTS]]
    if cause.since:
        lines.append(f"Since about {cause.since.astimezone(zone).strftime('%Y-%m-%d %H:%M %Z')}.")
    return [*lines, *(f"Not seen: {m}" for m in cause.missing)]


def _cited(cause: Cause) -> str:
    ids = cause.refutes or cause.supports
    return f" [{ids[0]}]" if ids else ""


def unseen(coverage: Iterable[Lookup]) -> str:
    """What could not be looked up."""
    failures = _failures(line for line in coverage if not line.completeness.answered)
    return f"Not seen: {failures}" if failures else ""


def _failures(gaps: Iterable[Lookup]) -> str:
    """Why look-ups failed, told once per system with its first reason."""
    reasons: dict[tuple[str, str], str] = {}
    for gap in gaps:
        reasons.setdefault((gap.source, gap.completeness.value), gap.detail)
    return "; ".join(f"{source} is {how} ({detail})" for (source, how), detail in reasons.items())
