"""A run beside a former one: what got better, what got worse, what is new."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime

from sre_assistant.evals.measures import MEASURES, Tally
from sre_assistant.evals.results import Result


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One measure of one scenario that is not what it was."""

    scenario: str
    seed: int
    measure: str
    before: float
    """Its share then."""
    now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Shift:
    """One measure over the scenarios that both runs have."""

    measure: str
    of: int
    """Scenarios in which both runs could tell it."""
    before: float
    now: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """What differs from a former run."""

    began_at: datetime
    """When the former run began."""
    version: str
    """Of the product then."""
    shifts: tuple[Shift, ...]
    better: tuple[Change, ...]
    worse: tuple[Change, ...]
    new: tuple[str, ...]
    """Scenarios that the former run does not have."""
    gone: tuple[str, ...]
    """Scenarios that only the former run has."""


def compared(
    now: Iterable[Result], former: Iterable[Result], *, began_at: datetime, version: str
) -> Comparison:
    """How a run differs from a former one; scenarios are the same by name and seed.

    Args:
        now: this run's results.
        former: that run's.
        began_at: when that run began.
        version: which product it examined.
    """
    ours = {one.key: one for one in now}
    theirs = {one.key: one for one in former}
    both = [(theirs[key], one) for key, one in ours.items() if key in theirs]
    changes = [change for before, one in both for change in _changes(before, one)]
    return Comparison(
        began_at=began_at,
        version=version,
        shifts=tuple(_shifts(both)),
        better=tuple(change for change in changes if _improved(change)),
        worse=tuple(change for change in changes if not _improved(change)),
        new=tuple(_named(key) for key in ours if key not in theirs),
        gone=tuple(_named(key) for key in theirs if key not in ours),
    )


def _changes(before: Result, now: Result) -> Iterable[Change]:
    for name in MEASURES:
        if name in before.scores and name in now.scores:
            first, second = _share(before.scores[name]), _share(now.scores[name])
            if first != second:
                yield Change(scenario=now.scenario, seed=now.seed, measure=name, before=first, now=second)


def _shifts(both: list[tuple[Result, Result]]) -> Iterable[Shift]:
    for name in MEASURES:
        pairs = [(b.scores[name], n.scores[name]) for b, n in both if name in b.scores and name in n.scores]
        if pairs:
            first, second = zip(*pairs, strict=True)
            yield Shift(measure=name, of=len(pairs), before=_share(*first), now=_share(*second))


def _share(*tallies: Tally) -> float:
    return sum(one.hits for one in tallies) / max(1, sum(one.of for one in tallies))


def _improved(change: Change) -> bool:
    return (change.now > change.before) == (MEASURES[change.measure].good == "high")


def _named(key: tuple[str, int]) -> str:
    name, seed = key
    return f"{name} (seed {seed})"
