"""What the product said about a house: its diagnoses, and its answer to "is everything ok?"."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from sre_assistant.domain.answer import Answer
from sre_assistant.domain.diagnosis import Cause, Diagnosis, Verdict
from sre_assistant.domain.evidence import Evidence


@dataclass(frozen=True, slots=True, kw_only=True)
class Reply:
    """Both answers about one house at one moment."""

    diagnoses: tuple[Diagnosis, ...]
    """Of everything that fires, or of the whole house when nothing does."""
    answer: Answer
    """To the question."""

    @property
    def verdict(self) -> Verdict:
        """What the diagnoses come to: explained if one is, healthy only if all are."""
        verdicts = {one.verdict for one in self.diagnoses}
        if Verdict.EXPLAINED in verdicts:
            return Verdict.EXPLAINED
        return Verdict.HEALTHY if verdicts == {Verdict.HEALTHY} else Verdict.UNKNOWN

    @property
    def blamed(self) -> tuple[Cause, ...]:
        """All causes that are named, each once, as a reader would rank them.

        First those that head a diagnosis, then those in second place, and so on; within a place the higher
        score first. The number of alerts that point at a cause does not count: loudness is no evidence.
        """
        placed = [
            (place, -cause.score, cause)
            for diagnosis in self.diagnoses
            for place, cause in enumerate(diagnosis.causes)
        ]
        placed.sort(key=lambda one: one[:2])
        first: dict[tuple[str, tuple[str, str, str]], Cause] = {}
        for _, _, cause in placed:
            first.setdefault((cause.id, cause.subject.key), cause)
        return tuple(first.values())

    @property
    def exhibits(self) -> tuple[tuple[Evidence, ...], ...]:
        """What is cited, diagnosis by diagnosis, and in the answer; ids are unique within each."""
        return (*(one.evidence for one in self.diagnoses), self.answer.evidence)


def conclusions(diagnoses: Iterable[Diagnosis]) -> frozenset[tuple[str, ...]]:
    """What diagnoses conclude, without ids and times, so that two surfaces can be compared."""
    return frozenset(
        (
            one.case.title,
            one.case.alert.fingerprint if one.case.alert else "",
            str(one.verdict),
            *(f"{cause.id} on {cause.subject.name}" for cause in one.causes),
        )
        for one in diagnoses
    )
