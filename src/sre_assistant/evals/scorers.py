"""The scores of one reply: pure functions of what was expected and what was said."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass

from sre_assistant.domain.diagnosis import Cause, Diagnosis, Verdict
from sre_assistant.domain.evidence import Lookup
from sre_assistant.domain.reading import Completeness
from sre_assistant.evals.expected import Expected, Guilty
from sre_assistant.evals.measures import Tally
from sre_assistant.evals.reply import Reply

_MORE = 2
"""How many names beside the true ones top-3 allows."""
_FILLERS = frozenset({"exporter", "on"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """How a true cause fared."""

    cause: str
    """The hypothesis ids that are right, joined by ``|``."""
    subject: str
    """The entity of the world."""
    rank: int | None
    """Its place among all that was named, from 1; null when nothing right was named."""
    right_subject: bool
    """Whether it was named on the thing that is at fault."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Blamed:
    """One cause that the product named."""

    cause: str
    subject: str
    """As the product calls it."""
    score: float
    true: bool
    """Whether the truth names it."""
    innocent: bool
    """Whether the truth says that it must not be blamed."""


def found_causes(expected: Expected, blamed: Sequence[Cause]) -> tuple[Found, ...]:
    """Where each true cause is among those named; one that is named counts for one true cause only.

    A cause on the right thing is preferred to the same cause on another.
    """
    taken: dict[int, int] = {}

    def take(fits: Callable[[Guilty, Cause], bool]) -> None:
        for index, guilty in enumerate(expected.guilty):
            free = (place for place, cause in enumerate(blamed) if place not in taken.values())
            if index not in taken:
                place = next((place for place in free if fits(guilty, blamed[place])), None)
                if place is not None:
                    taken[index] = place

    take(_is)
    take(lambda guilty, cause: cause.id in guilty.causes)
    return tuple(
        Found(
            cause="|".join(sorted(guilty.causes)),
            subject=guilty.thing.id,
            rank=taken[index] + 1 if index in taken else None,
            right_subject=index in taken and guilty.thing.is_meant_by(blamed[taken[index]].subject),
        )
        for index, guilty in enumerate(expected.guilty)
    )


def judged_blame(expected: Expected, blamed: Iterable[Cause]) -> tuple[Blamed, ...]:
    """Everything that was named, told apart into true, innocent and neither."""
    return tuple(
        Blamed(
            cause=cause.id,
            subject=cause.subject.name,
            score=cause.score,
            true=any(_is(guilty, cause) for guilty in expected.guilty),
            innocent=any(
                one.cause in {"", cause.id} and one.thing.is_meant_by(cause.subject)
                for one in expected.innocent
            ),
        )
        for cause in blamed
    )


def missed_symptoms(expected: Expected, diagnoses: Sequence[Diagnosis]) -> tuple[str, ...]:
    """The alerts that no diagnosis traces back to the cause whose symptoms they are."""
    return tuple(
        name
        for guilty in expected.guilty
        for name in guilty.symptoms
        if not any(_attributes(one, name, guilty) for one in diagnoses)
    )


def unseen_hidden(expected: Expected, coverage: Iterable[Lookup]) -> tuple[str, ...]:
    """What is hidden without the coverage showing it.

    A line shows it that was not answered (for an exporter also one that is empty or partial) and in whose
    text each word of the entry stands.
    """
    lines = tuple(coverage)
    return tuple(one.entry for one in expected.hidden if not any(_shows(line, one.entry) for line in lines))


def tallied(expected: Expected, reply: Reply) -> dict[str, Tally]:
    """Every measure that a reply says something about."""
    found = found_causes(expected, reply.blamed)
    blamed = judged_blame(expected, reply.blamed)
    verdicts = (reply.verdict, reply.answer.verdict)
    healthy = expected.verdict is Verdict.HEALTHY
    scores = {"verdict": _one(all(verdict is expected.verdict for verdict in verdicts))}
    if expected.verdict is Verdict.EXPLAINED:
        scores |= _cause_scores(found)
    if expected.innocent:
        scores["innocent_blamed"] = _one(any(one.innocent for one in blamed))
    false = any(not one.true for one in blamed)
    if healthy:
        scores["false_alarm"] = _one(false or (Verdict.EXPLAINED in verdicts and not blamed))
    else:
        scores["false_blame"] = _one(false)
    if not healthy or expected.hidden:
        scores["false_all_clear"] = _one(Verdict.HEALTHY in verdicts)
    if expected.hidden:
        scores["coverage"] = _one(not unseen_hidden(expected, reply.answer.coverage))
    return scores | _symptom_scores(expected, reply.diagnoses)


def failed(expected: Expected) -> dict[str, Tally]:
    """The scores where no answer came: every good thing is missing, nothing false was said."""
    scores = {"answered": _one(False), "verdict": _one(False)}
    if expected.verdict is Verdict.EXPLAINED:
        scores |= {name: _one(False) for name in ("top1", "top3", "subject")}
    if expected.hidden:
        scores["coverage"] = _one(False)
    return scores | _symptom_scores(expected, ())


def _cause_scores(found: Sequence[Found]) -> dict[str, Tally]:
    def within(most: int) -> bool:
        return all(one.rank is not None and one.rank <= most for one in found)

    top3 = within(len(found) + _MORE)
    return {
        "top1": _one(within(len(found))),
        "top3": _one(top3),
        "subject": _one(top3 and all(one.right_subject for one in found)),
    }


def _symptom_scores(expected: Expected, diagnoses: Sequence[Diagnosis]) -> dict[str, Tally]:
    of = sum(len(guilty.symptoms) for guilty in expected.guilty)
    return {"symptoms": Tally(of - len(missed_symptoms(expected, diagnoses)), of)} if of else {}


def _one(hit: bool) -> Tally:
    return Tally(int(hit), 1)


def _is(guilty: Guilty, cause: Cause) -> bool:
    return cause.id in guilty.causes and guilty.thing.is_meant_by(cause.subject)


def _attributes(diagnosis: Diagnosis, alert: str, guilty: Guilty) -> bool:
    """Whether a diagnosis of this alert begins with the cause, or another lists it as its symptom."""
    if diagnosis.case.alert is not None and diagnosis.case.alert.name == alert:
        return bool(diagnosis.causes) and _is(guilty, diagnosis.causes[0])
    named = any(_is(guilty, cause) for cause in diagnosis.causes)
    return named and any(
        one.explained_by in guilty.causes and alert in _words(one.statement) for one in diagnosis.symptoms
    )


def _shows(line: Lookup, entry: str) -> bool:
    inside = " on " in entry  # an exporter, which others are asked about
    told = not line.completeness.answered or line.completeness is Completeness.PARTIAL
    told = told or (inside and line.completeness is Completeness.EMPTY)
    text = " ".join((line.source, line.operation, line.detail, line.query if inside else "")).lower()
    wanted = (word for word in entry.lower().split() if word not in _FILLERS)
    return told and all(re.search(rf"(?<![a-z0-9]){re.escape(word)}", text) for word in wanted)


def _words(statement: str) -> frozenset[str]:
    return frozenset(re.findall(r"\w+", statement))
