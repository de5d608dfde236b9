"""Series that the evaluation of rules writes."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sre_assistant.sim.arrays import STALE, Bools, Floats, Ints, Samples
from sre_assistant.sim.metrics.series import Labels, Matcher, Series, matching


class Writer(Protocol):
    """A rule, as far as it writes series."""

    def may_write(self, matchers: Sequence[Matcher]) -> bool:
        """Whether its series can pass these conditions, as far as its text tells."""
        ...

    def series(self, start: int, end: int) -> Iterator[tuple[Labels, Samples]]:
        """What it wrote in a window."""
        ...


@dataclass(frozen=True, slots=True)
class Written:
    """A series that rule evaluation wrote."""

    labels: Labels
    data: Samples

    def samples(self, start: int, end: int) -> Samples:
        """The samples in the window."""
        inside = (self.data.times >= start) & (self.data.times <= end)
        return Samples(self.data.times[inside], self.data.values[inside])


def may_pass(matchers: Sequence[Matcher], fixed: dict[str, str]) -> bool:
    """Whether a series can pass of which some labels are known."""
    return all(one.matches(fixed[one.name]) for one in matchers if one.name in fixed)


def written(rules: Iterable[Writer], start: int, end: int, matchers: Sequence[Matcher]) -> list[Written]:
    """What rules wrote in a window, as far as it passes the conditions."""
    rows: dict[Labels, list[Samples]] = {}
    for rule in rules:
        if rule.may_write(matchers):
            for labels, samples in rule.series(start, end):
                rows.setdefault(labels, []).append(samples)
    joined: Iterable[Series] = (Written(labels, _joined(pieces)) for labels, pieces in sorted(rows.items()))
    found = [one for one in matching(joined, matchers) if isinstance(one, Written)]
    return [one for one in found if len(one.data.times)]


def marked(steps: Ints, present: Bools, values: Floats) -> Samples:
    """Samples where present, a stale marker at the step after; the first step only gives the state before."""
    ended = ~present & np.concatenate(([False], present[:-1]))
    kept = present | ended
    kept[0] = False
    return Samples(steps[kept], np.where(ended, STALE, values)[kept])


def _joined(pieces: Sequence[Samples]) -> Samples:
    if len(pieces) == 1:
        return pieces[0]
    times = np.concatenate([piece.times for piece in pieces])
    values = np.concatenate([piece.values for piece in pieces])
    order = np.argsort(times, kind="stable")
    return Samples(times[order], values[order])
