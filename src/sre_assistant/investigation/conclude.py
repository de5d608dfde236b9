"""Conclude: from judgements to a diagnosis that says no more than was seen. Pure."""

from __future__ import annotations

import shlex
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.diagnosis import (
    Case,
    Cause,
    Diagnosis,
    Impact,
    Moment,
    Remedy,
    Symptom,
    Verdict,
)
from sre_assistant.domain.entities import HOUSE, Entity
from sre_assistant.domain.evidence import Lookup, Trend
from sre_assistant.investigation.analyse import Judgement, Relation
from sre_assistant.investigation.concern import Concern
from sre_assistant.investigation.evidence import Exhibits
from sre_assistant.investigation.naming import host_of
from sre_assistant.investigation.observed import Observation, Observed, RuleNow
from sre_assistant.investigation.onset import onset
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.units import format_value

_MOST_CAUSES = 5
_MOST_RULED_OUT = 5
_REASON = 110
_LONGEST_LABEL = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Material:
    """Everything a conclusion is drawn from."""

    case: Case
    concern: Concern
    seen: Observed
    judgements: tuple[Judgement, ...]
    """The most likely first."""
    trends: Mapping[Observation, Trend]
    rule: RuleNow
    """What the alert rule's own expression answers now."""
    others: tuple[tuple[Alert, str], ...] = ()
    """Further alerts on the same machines, each with the cause that accounts for it, if one does."""
    coverage: tuple[Lookup, ...]
    blind_spots: tuple[str, ...]
    """Why the house cannot be called healthy, in words; empty when everything was seen."""


def conclude(material: Material) -> Diagnosis:
    """The diagnosis of one case."""
    exhibits = Exhibits(dict(material.trends), material.case.window)
    named = [j for j in material.judgements if j.about_this and j.established]
    named = [j for j in named if material.case.kind != "house" or j.candidate.hypothesis.alone][:_MOST_CAUSES]
    causes = tuple(_cause(j, material, exhibits) for j in named)
    others = [j for j in material.judgements if j not in named][:_MOST_RULED_OUT]
    ruled_out = tuple(_ruled_out(j, material, exhibits, causes) for j in others)
    rule = tuple(exhibits.add(e) for e in material.rule.evidence)
    verdict = _verdict(material, causes)
    return Diagnosis(
        case=material.case,
        verdict=verdict,
        summary=_summary(material, verdict, causes),
        causes=causes,
        ruled_out=ruled_out,
        symptoms=_symptoms(material, causes, rule),
        timeline=_timeline(material, causes),
        impact=_impacts(material, named, exhibits),
        coverage=material.coverage,
        remedies=tuple(r for j in named for r in _remedies(j)),
        next_checks=_next_checks(material, verdict, named),
        evidence=exhibits.all,
    )


def _verdict(material: Material, causes: tuple[Cause, ...]) -> Verdict:
    if causes:
        return Verdict.EXPLAINED
    if material.blind_spots:
        return Verdict.UNKNOWN
    if material.case.alert is None:
        return Verdict.HEALTHY
    # An alert nothing explains is over only when its own rule was asked and no longer holds.
    rule = material.rule
    over = rule.asked and not rule.evidence and not rule.elsewhere
    return Verdict.HEALTHY if over else Verdict.UNKNOWN


def _cause(judged: Judgement, material: Material, exhibits: Exhibits) -> Cause:
    candidate = judged.candidate
    drawn = _drawn(judged, material)
    beside = [o for s in candidate.hypothesis.shows for o in material.seen.near(s, candidate.subject)[:1]]
    shown = [candidate.key, *candidate.required, *([drawn] if drawn else []), *judged.supports, *beside]
    return Cause(
        id=candidate.hypothesis.id,
        title=_title(judged),
        subject=candidate.subject,
        score=judged.score,
        since=_since(judged, material),
        supports=exhibits.cite_all(shown),
        refutes=exhibits.cite_all(judged.refutes),
        missing=judged.missing,
    )


def _ruled_out(judged: Judgement, material: Material, exhibits: Exhibits, causes: tuple[Cause, ...]) -> Cause:
    candidate = judged.candidate
    return Cause(
        id=candidate.hypothesis.id,
        title=_title(judged),
        subject=candidate.subject,
        score=judged.score,
        supports=exhibits.cite_all([candidate.key]),
        refutes=exhibits.cite_all(judged.refutes),
        missing=judged.missing,
        reason=_reason(judged, material, causes),
    )


def _reason(judged: Judgement, material: Material, causes: tuple[Cause, ...]) -> str:
    if judged.refutes:
        return f"spoken against: {bounded(judged.refutes[0].statement, _REASON)}"
    if judged.relation is Relation.NONE:
        return f"does not account for {'that' if material.case.question else material.case.title}"
    if material.case.kind == "house" and not judged.candidate.hypothesis.alone:
        return "busy, but nothing complains of it"
    if causes:
        return f"less likely than {causes[0].id}"
    return "not enough speaks for it"


def _title(judged: Judgement) -> str:
    key = judged.candidate.key
    return judged.candidate.hypothesis.title.format_map(
        _said(judged.candidate.subject.labels, value=format_value(key.value, key.signal.unit))
    )


def _drawn(judged: Judgement, material: Material) -> Observation | None:
    near = material.seen.near(judged.candidate.hypothesis.drawn, judged.candidate.subject)
    return near[0] if near else None


def _since(judged: Judgement, material: Material) -> datetime | None:
    """When it began, by its history; an alert about just this dates what the history is too short for."""
    drawn = _drawn(judged, material)
    trend = material.trends.get(drawn) if drawn else None
    began = onset(trend, judged.candidate.hypothesis, drawn.signal) if drawn and trend else None
    alert = material.case.alert
    if began is None and alert and judged.relation in {Relation.DIRECT, Relation.OTHER_ASPECT}:
        return alert.starts_at
    return began


def _summary(material: Material, verdict: Verdict, causes: tuple[Cause, ...]) -> str:
    case = material.case
    if verdict is Verdict.EXPLAINED:
        more = f" (and {len(causes) - 1} more)" if case.kind == "house" and len(causes) > 1 else ""
        return f"{causes[0].title}{more}."
    if verdict is Verdict.HEALTHY:
        if case.alert is not None:
            return f"{case.title} is over: its rule no longer holds, and what it reads is within bounds."
        hosts = len(material.seen.present.get("node_exporter", ()))
        ups = len(material.seen.observations.get("target.up", ()))
        return f"Nothing is wrong: {ups} targets answer, {hosts} machines are within bounds, no alert fires."
    if material.blind_spots:
        return f"Cannot tell: {material.blind_spots[0]}."
    return f"Nothing known here explains {case.title}."


def _symptoms(material: Material, causes: tuple[Cause, ...], rule: tuple[str, ...]) -> tuple[Symptom, ...]:
    explained = causes[0].id if causes else ""
    found: list[Symptom] = []
    alert = material.case.alert
    if alert is not None:
        subject = causes[0].subject if causes else _subject_of(alert)
        state = "is firing" if alert.status == "firing" else "was firing"
        found.append(
            Symptom(statement=f"{alert.name} {state}", subject=subject, explained_by=explained, evidence=rule)
        )
    found += [
        Symptom(statement=f"{other.name} is firing too", subject=_subject_of(other), explained_by=by)
        for other, by in material.others
    ]
    return tuple(found)


def _subject_of(alert: Alert) -> Entity:
    name = alert.labels.get("instance") or alert.labels.get("job") or alert.name
    labels = {k: alert.labels[k] for k in ("instance", "job") if k in alert.labels}
    return Entity(kind="target", name=name, labels=labels) if labels else HOUSE


def _timeline(material: Material, causes: tuple[Cause, ...]) -> tuple[Moment, ...]:
    moments = [
        Moment(at=c.since, what=f"{c.id} on {c.subject.name} begins", evidence=c.supports[:1])
        for c in causes
        if c.since
    ]
    alert = material.case.alert
    if alert is not None:
        moments.append(Moment(at=alert.starts_at, what=f"{alert.name} fires"))
        if alert.ends_at:
            moments.append(Moment(at=alert.ends_at, what=f"{alert.name} ends"))
    return tuple(sorted(moments, key=lambda m: (m.at, m.what)))


def _impacts(material: Material, named: list[Judgement], exhibits: Exhibits) -> tuple[Impact, ...]:
    found = []
    for judged in named:
        held, subject = judged.candidate.hypothesis, judged.candidate.subject
        if held.harms:
            text = held.harms.format_map(_said(subject.labels))
            found.append(
                Impact(subject=subject, statement=text, evidence=exhibits.cite_all([judged.candidate.key]))
            )
        hosts = {host_of(subject.labels.get("instance", ""))}
        failing = [
            o
            for o in material.seen.on_hosts(hosts)
            if o.signal.id == "probe.success" and o.value == 0 and o.entity != subject
        ]
        found += [
            Impact(subject=o.entity, statement=o.statement, evidence=exhibits.cite_all([o])) for o in failing
        ]
    unique = {i.statement: i for i in found}
    return tuple(unique.values())


def _remedies(judged: Judgement) -> tuple[Remedy, ...]:
    held, subject = judged.candidate.hypothesis, judged.candidate.subject
    labels = {**subject.labels, "host": host_of(subject.labels.get("instance", ""))}
    plain = _said(labels)
    quoted = _Fields({k: shlex.quote(v) for k, v in labels.items()})
    return tuple(
        Remedy(
            cause=held.id, text=s.text.format_map(plain), command=s.command and s.command.format_map(quoted)
        )
        for s in held.remedies
    )


def _next_checks(material: Material, verdict: Verdict, named: Iterable[Judgement]) -> tuple[str, ...]:
    checks = [
        text.format_map(_said(j.candidate.subject.labels))
        for j in named
        for text in j.candidate.hypothesis.next_checks
    ]
    if verdict is Verdict.UNKNOWN:
        checks += [
            f"Mend what could not be seen: {spot}. sre doctor names the line that fixes it."
            for spot in material.blind_spots
        ]
        changed = [j for j in material.judgements if not j.about_this]
        checks += [f"Also abnormal there: {_title(j)}" for j in changed[:3]]
        if material.concern.expression:
            checks.append(f"Look at what the rule reads: {material.concern.expression}")
    return tuple(dict.fromkeys(checks))


def _said(labels: Mapping[str, str], **more: str) -> _Fields:
    """Labels as they may stand in a sentence: of one line, and bounded."""
    return _Fields({name: bounded(text, _LONGEST_LABEL) for name, text in labels.items()}, **more)


class _Fields(dict[str, str]):
    def __missing__(self, key: str) -> str:
        return f"(no {key})"
