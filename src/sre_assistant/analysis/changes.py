"""Change points of a single series, by ranks: neither outliers nor scale matter."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import accumulate, pairwise
from statistics import median

from sre_assistant.analysis.robust import spread

_LEAST_POINTS = 8
_SIGNIFICANCE = 0.01
_LEAST_SPREADS = 3.0


@dataclass(frozen=True, slots=True)
class Shift:
    """A lasting change of level."""

    index: int
    """The first point of the new level."""
    before: float
    """Median before."""
    after: float
    """Median since."""
    chance: float
    """How likely it is that the order of the points alone looks like this, 0 to 1."""


def level_shift(values: Sequence[float]) -> Shift | None:
    """The strongest lasting change of level, or None when nothing stands out.

    Pettitt's rank test finds where to split; the new level must also lie three spreads away from the old,
    since a long series makes any trifle significant. The onset is then moved to where the series last
    crossed half the height, so that a slow climb is dated at its middle and a spike before it is ignored.

    Args:
        values: finite numbers on an even grid, oldest first.
    """
    n = len(values)
    if n < _LEAST_POINTS:
        return None
    split, statistic = _most_uneven(values)
    chance = min(1.0, 2.0 * math.exp(-6.0 * statistic**2 / (n**3 + n**2)))
    before, after = median(values[:split]), median(values[split:])
    noise = max(spread(values[:split]), abs(before) * 0.01)
    if chance > _SIGNIFICANCE or abs(after - before) <= _LEAST_SPREADS * noise:
        return None
    return Shift(_last_crossing(values, before, after), before, after, chance)


def slope_shift(values: Sequence[float]) -> Shift | None:
    """The strongest lasting change of slope; levels are then units per grid step.

    Args:
        values: finite numbers on an even grid, oldest first.
    """
    steps = [b - a for a, b in pairwise(values)]
    return level_shift(steps)


def _most_uneven(values: Sequence[float]) -> tuple[int, float]:
    """Where the ranks before and after differ most: the split and Pettitt's statistic."""
    ranks = _ranks(values)
    n = len(values)
    sums = accumulate(ranks)
    uneven = [abs(2.0 * total - t * (n + 1)) for t, total in enumerate(sums, start=1)][:-1]
    split = max(range(len(uneven)), key=uneven.__getitem__)
    return split + 1, uneven[split]


def _ranks(values: Sequence[float]) -> list[float]:
    """Ranks from 1; equal values share the mean of theirs."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end + 1 < len(order) and values[order[end + 1]] == values[order[start]]:
            end += 1
        for place in range(start, end + 1):
            ranks[order[place]] = (start + end) / 2 + 1
        start = end + 1
    return ranks


def _last_crossing(values: Sequence[float], before: float, after: float) -> int:
    half = (before + after) / 2
    rising = after > before
    for index in range(len(values) - 1, -1, -1):
        if (values[index] < half) == rising:
            return min(index + 1, len(values) - 1)
    return 0
