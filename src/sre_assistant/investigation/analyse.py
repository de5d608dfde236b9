"""Analyse: hold every hypothesis against what was seen.

Pure. docs/explanation/scoring.md explains the formula.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from enum import Enum

from sre_assistant.domain.entities import Entity
from sre_assistant.investigation.concern import Concern
from sre_assistant.investigation.hypotheses import LIBRARY, Check, Hypothesis, hypothesis
from sre_assistant.investigation.naming import hosts_in
from sre_assistant.investigation.observed import Observation, Observed

# The score is a sum of log-odds through the logistic function: each term adds, none multiplies.
REQUIRED_SEEN = 1.0
OWNER_SAYS_SO = 0.3
NOT_SEEN = 0.1
ESTABLISHED = 0.6


class Relation(Enum):
    """How a hypothesis stands to what is to be explained; the value is its term in the score."""

    DIRECT = 1.0
    """It accounts for the very signals the alert reads, on the very thing the alert names."""
    OTHER_ASPECT = 0.5
    """The same, but the alert is about the trend and this about the level, or the other way round."""
    CONSEQUENCE = 1.2
    """What it leads to on that machine accounts for the alert, so it lies upstream."""
    WORDS = 0.3
    """Only the alert's words suggest it."""
    NO_ALERT = 0.0
    """Nobody complained: the whole house is looked at."""
    NONE = -2.5
    """True perhaps, but not what this is about."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A hypothesis whose required evidence was seen for one subject."""

    hypothesis: Hypothesis
    subject: Entity
    key: Observation
    required: tuple[Observation, ...]
    by_owner: bool
    """Whether only the owner's own alert, not the usual bounds, calls this abnormal."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Judgement:
    """A candidate with everything that speaks for and against it."""

    candidate: Candidate
    relation: Relation
    supports: tuple[Observation, ...] = field(default=())
    refutes: tuple[Observation, ...] = field(default=())
    missing: tuple[str, ...] = field(default=())
    score: float

    @property
    def established(self) -> bool:
        """Whether it is likely enough to be named as a cause."""
        return self.score >= ESTABLISHED

    @property
    def about_this(self) -> bool:
        """Whether it bears on what is to be explained."""
        return self.relation is not Relation.NONE


def candidates(seen: Observed, concern: Concern) -> tuple[Candidate, ...]:
    """All hypotheses whose required evidence is there, for every subject it is there for."""
    found = []
    for held in LIBRARY:
        for subject, key in _subjects(seen, held):
            required = _all_groups(seen, held.requires, subject)
            if required is not None:
                found.append(_candidate(held, subject, key, required, by_owner=False))
            elif _owner_complains(held, subject, concern):
                required = _all_groups(seen, held.owner_requires, subject)
                if required is not None:
                    found.append(_candidate(held, subject, key, required, by_owner=True))
    return tuple(found)


def judgements(seen: Observed, concern: Concern, found: Iterable[Candidate]) -> tuple[Judgement, ...]:
    """All candidates with their scores, the most likely first; equal scores keep a fixed order."""
    judged = [_judged(seen, concern, c) for c in found]
    downstream = _downstream(judged)
    judged = [_demoted(j, downstream) for j in judged]
    return tuple(
        sorted(judged, key=lambda j: (-j.score, j.candidate.hypothesis.id, j.candidate.subject.name))
    )


def supporting_signals(found: Iterable[Candidate]) -> tuple[str, ...]:
    """Signals that would help to judge these candidates."""
    return tuple(dict.fromkeys(s for c in found for s in c.hypothesis.signals()))


def _candidate(
    held: Hypothesis, subject: Entity, key: Observation, required: tuple[Observation, ...], *, by_owner: bool
) -> Candidate:
    return Candidate(hypothesis=held, subject=subject, key=key, required=required, by_owner=by_owner)


def _subjects(seen: Observed, held: Hypothesis) -> tuple[tuple[Entity, Observation], ...]:
    """Every entity the hypothesis can be about, with the observation that shows it best."""
    kind = seen.signals[held.key].kind
    shown: dict[tuple[str, str, str], tuple[Entity, Observation]] = {}
    for signal in held.required_signals():
        for observation in seen.observations.get(signal, ()):
            if observation.entity.kind == kind:
                shown.setdefault(observation.entity.key, (observation.entity, observation))
    return tuple(shown.values())


def _all_groups(
    seen: Observed, groups: tuple[tuple[Check, ...], ...], subject: Entity
) -> tuple[Observation, ...] | None:
    """What satisfies each group, or None as soon as one is not satisfied."""
    met = [next((o for check in group if (o := _meeting(seen, check, subject))), None) for group in groups]
    return tuple(dict.fromkeys(o for o in met if o)) if met and all(met) else None


def _meeting(seen: Observed, check: Check, subject: Entity) -> Observation | None:
    """The worst observation that meets a check."""
    return next((o for o in seen.near(check.signal, subject) if check.holds(o.value)), None)


def _owner_complains(held: Hypothesis, subject: Entity, concern: Concern) -> bool:
    if held.owner == "none" or not concern.complained or not concern.about(subject):
        return False
    if held.id in concern.by_words:
        return True
    return bool(concern.signals & set(held.explains)) and _same_aspect(held, concern)


def _same_aspect(held: Hypothesis, concern: Concern) -> bool:
    """Whether both speak of the level, or both of the trend."""
    return held.owner not in {"level", "trend"} or (held.owner == "trend") == concern.trend


def _judged(seen: Observed, concern: Concern, candidate: Candidate) -> Judgement:
    held, subject = candidate.hypothesis, candidate.subject
    relation = _relation(held, subject, concern)
    score = relation.value + (OWNER_SAYS_SO if candidate.by_owner else REQUIRED_SEEN)
    supports: list[Observation] = []
    refutes: list[Observation] = []
    missing: list[str] = []
    for check in held.supports:
        if observation := _meeting(seen, check, subject):
            supports.append(observation)
            score += check.weight
        elif (unseen := _unseen(seen, check, subject)) is not None:
            missing.append(unseen)
            score -= NOT_SEEN
    for check in held.refutes:
        if observation := _meeting(seen, check, subject):
            refutes.append(observation)
            score -= check.weight
    return Judgement(
        candidate=candidate,
        relation=relation,
        supports=tuple(dict.fromkeys(supports)),
        refutes=tuple(dict.fromkeys(refutes)),
        missing=tuple(dict.fromkeys(missing)),
        score=_logistic(score),
    )


def _relation(held: Hypothesis, subject: Entity, concern: Concern) -> Relation:
    if concern.whole_house:
        return Relation.NO_ALERT
    if concern.about(subject):
        if concern.signals & set(held.explains):
            return Relation.DIRECT if _same_aspect(held, concern) else Relation.OTHER_ASPECT
        if held.id in concern.by_words:
            return Relation.WORDS
    consequences = {s for name in held.leads_to for s in hypothesis(name).explains}
    same_machine = bool(set(hosts_in(subject.labels)) & set(concern.hosts))
    if same_machine and concern.signals & consequences:
        return Relation.CONSEQUENCE
    return Relation.NONE


def _demoted(judged: Judgement, downstream: set[tuple[str, str]]) -> Judgement:
    """What an established cause upstream on the same machine leads to is its symptom, not a rival."""
    held = judged.candidate.hypothesis.id
    if not any((host, held) in downstream for host in hosts_in(judged.candidate.subject.labels)):
        return judged
    return replace(judged, score=_logistic(_odds(judged.score) - 1.0))


def _downstream(judged: Iterable[Judgement]) -> set[tuple[str, str]]:
    """Machines, each with the hypotheses that an established cause there leads to."""
    return {
        (host, consequence)
        for j in judged
        if j.established and j.about_this
        for consequence in j.candidate.hypothesis.leads_to
        for host in hosts_in(j.candidate.subject.labels)
    }


def _unseen(seen: Observed, check: Check, subject: Entity) -> str | None:
    """Why a signal is not there at all; None when it was seen and simply does not hold."""
    if seen.near(check.signal, subject):
        return None
    signal = seen.signals[check.signal]
    if gap := seen.gaps.get(check.signal):
        return f"{signal.title}: {gap.source} {gap.completeness.value} ({gap.detail})"
    if not signal.query:
        gap = seen.gaps.get("targets")
        return f"{signal.title}: {gap.source} {gap.completeness.value} ({gap.detail})" if gap else None
    return None


def _logistic(odds: float) -> float:
    return round(1.0 / (1.0 + math.exp(-odds)), 3)


def _odds(score: float) -> float:
    bounded = min(max(score, 0.001), 0.999)
    return math.log(bounded / (1.0 - bounded))
