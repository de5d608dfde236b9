"""What came of one scenario."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, TypeAlias

from sre_assistant.domain.diagnosis import Verdict
from sre_assistant.evals.evidence import Figures
from sre_assistant.evals.measures import Tally
from sre_assistant.evals.scorers import Blamed, Found

Via: TypeAlias = Literal["api", "cli", "both"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Effort:
    """What one question cost."""

    question: str
    """``investigate`` (everything that fires), ``ask`` ("is everything ok?") or ``command`` (the first of
    these once more, by the command line)."""
    seconds: float
    """Wall time until the answer was there; by the command line with the start of the program."""
    cpu_seconds: float | None
    """The product's own processor time; null by the command line, and where the machine does not tell."""
    requests: int | None
    """Requests that reached the homelab, counted there; null when the homelab does not count."""
    lookups: int
    """Lines of the coverage: what the product says it asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """One scenario with one seed, asked and scored."""

    scenario: str
    title: str
    seed: int
    tags: tuple[str, ...]
    difficulty: str
    failure: str = ""
    """Why there is no whole answer; empty when there is. What is missing counts as wrong."""
    expected: Verdict
    """What the truth says."""
    verdict: Verdict | None = None
    """What the diagnoses come to."""
    answer: Verdict | None = None
    """What the answer to "is everything ok?" says."""
    found: tuple[Found, ...] = ()
    """Each true cause and where it was named."""
    blamed: tuple[Blamed, ...] = ()
    """Everything that was named, in the order of the ranking."""
    missed_symptoms: tuple[str, ...] = ()
    """Alerts that were not traced back to the cause whose symptoms they are."""
    unseen: tuple[str, ...] = ()
    """What is hidden without the coverage showing it."""
    figures: Figures | None = None
    """Null without an answer."""
    efforts: tuple[Effort, ...] = ()
    tokens: int | None = None
    """Tokens of a language model, by the product's own metrics; null when only the command line was asked."""
    scores: Mapping[str, Tally]
    """By measure; what cannot be told from this scenario is not there."""

    @property
    def key(self) -> tuple[str, int]:
        """What makes it the same exam in two runs."""
        return (self.scenario, self.seed)
