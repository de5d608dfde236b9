"""What is measured, in which direction it is good, and how it is counted over many scenarios."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from sre_assistant.evals.intervals import wilson


@dataclass(frozen=True, slots=True)
class Tally:
    """How often something was so, of how many cases."""

    hits: int
    of: int


class Measure(NamedTuple):
    """One thing that is measured."""

    good: Literal["high", "low"]
    counts: str
    """What one case of it is."""
    says: str
    """When a case counts as a hit."""


MEASURES: Final[Mapping[str, Measure]] = {
    "answered": Measure("high", "scenario", "every question got an answer, whole and in time"),
    "top1": Measure("high", "scenario with causes", "all n true causes are among the first n named"),
    "top3": Measure("high", "scenario with causes", "all n true causes are among the first n + 2 named"),
    "subject": Measure(
        "high", "scenario with causes", "each of those is named on the very thing that is at fault"
    ),
    "verdict": Measure("high", "scenario", "explained, healthy or unknown, as the truth says"),
    "innocent_blamed": Measure(
        "low", "scenario with innocents", "a thing that the truth calls innocent is blamed"
    ),
    "false_blame": Measure(
        "low", "scenario that is not healthy", "anything is blamed that is not in the truth"
    ),
    "false_all_clear": Measure(
        "low", "scenario with something wrong or hidden", "the house is called healthy"
    ),
    "false_alarm": Measure("low", "healthy scenario", "something is said to be wrong"),
    "coverage": Measure("high", "scenario with something hidden", "the coverage shows all that is hidden"),
    "symptoms": Measure("high", "alert that is a symptom", "its diagnosis begins with the true cause"),
    "evidence": Measure("high", "cited figure", "the world gives the same figure when asked again"),
    "agreement": Measure("high", "scenario", "the command line concludes what the HTTP API does"),
}
"""By name, in the order of the report."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """One measure over several scenarios."""

    measure: str
    good: Literal["high", "low"]
    """Whether a high or a low share is wanted."""
    hits: int
    of: int
    """Cases that could have been hits; 0 when nothing of the kind was seen."""
    share: float | None
    """``hits / of``; null when ``of`` is 0."""
    low: float
    """Lower end of the 95 % Wilson interval."""
    high: float
    """Upper end."""


def shares(tallies: Iterable[Mapping[str, Tally]]) -> tuple[Share, ...]:
    """Every measure over the tallies of several scenarios."""
    every = tuple(tallies)
    found = []
    for name in MEASURES:
        hits = sum(one[name].hits for one in every if name in one)
        of = sum(one[name].of for one in every if name in one)
        low, high = wilson(hits, of)
        found.append(
            Share(
                measure=name,
                good=MEASURES[name].good,
                hits=hits,
                of=of,
                share=hits / of if of else None,
                low=low,
                high=high,
            )
        )
    return tuple(found)
