"""The functions over series."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Bools, Floats
from sre_assistant.sim.logql.syntax import Grouping, VectorAggregation
from sre_assistant.sim.logql.windows import Line
from sre_assistant.sim.metrics.series import Labels


def aggregated(tree: VectorAggregation, lines: Sequence[Line]) -> list[Line]:
    """Series brought together, or some of them picked."""
    if tree.function in {"sort", "sort_desc"}:
        return sorted(lines, key=lambda line: _sort_key(line, falling=tree.function == "sort_desc"))
    groups: dict[Labels, list[Line]] = {}
    for line in lines:
        groups.setdefault(grouped(line.labels, tree.grouping), []).append(line)
    if tree.function in {"topk", "bottomk"}:
        return [
            one
            for members in groups.values()
            for one in _ranked(members, tree.parameter, falling=tree.function == "topk")
        ]
    return [_REDUCTIONS[tree.function](labels, members) for labels, members in groups.items()]


def grouped(labels: Labels, grouping: Grouping) -> Labels:
    """The labels that are left of a series in its group."""
    return tuple(pair for pair in labels if (pair[0] in grouping.labels) != grouping.without)


def _sort_key(line: Line, *, falling: bool) -> tuple[bool, float]:
    value = float(line.values[0]) if len(line.values) else 0.0
    return value != value, -value if falling else value  # noqa: PLR0124  a NaN differs from itself


def _ranked(members: list[Line], count: int, *, falling: bool) -> list[Line]:
    """The ``count`` largest or smallest at each step, the first step's order first."""
    members = sorted(members, key=lambda line: line.labels)
    values = np.array([line.values for line in members])
    present = np.array([line.present for line in members])
    keys = np.where(np.isnan(values), np.inf, -values if falling else values)
    order = np.lexsort((keys, ~present), axis=0)
    kept = np.zeros_like(present)
    np.put_along_axis(kept, order[:count], True, axis=0)
    kept &= present
    return [
        Line(members[i].labels, members[i].values, kept[i])
        for i in (order[:, 0].tolist() if order.size else [])
        if kept[i].any()
    ]


def _present(members: Sequence[Line]) -> Bools:
    found: Bools = np.logical_or.reduce([line.present for line in members])
    return found


def _counts(members: Sequence[Line]) -> Floats:
    counts: Floats = np.sum([line.present for line in members], axis=0, dtype=np.float64)
    return counts


def _sum(labels: Labels, members: Sequence[Line]) -> Line:
    total = np.zeros(len(members[0].values))
    for line in members:
        total = np.where(line.present, total + line.values, total)
    return Line(labels, total, _present(members))


def _count(labels: Labels, members: Sequence[Line]) -> Line:
    return Line(labels, _counts(members), _present(members))


def _mean(labels: Labels, members: Sequence[Line]) -> Line:
    mean, count = np.zeros(len(members[0].values)), np.zeros(len(members[0].values))
    for line in members:
        count = count + line.present
        with np.errstate(all="ignore"):
            mean = np.where(line.present, mean + (line.values - mean) / count, mean)
    return Line(labels, mean, _present(members))


def _spread(labels: Labels, members: Sequence[Line]) -> Line:
    size = len(members[0].values)
    mean, count, spread = np.zeros(size), np.zeros(size), np.zeros(size)
    for line in members:
        count = count + line.present
        with np.errstate(all="ignore"):
            delta = line.values - mean
            moved = mean + delta / count
            spread = np.where(line.present, spread + delta * (line.values - moved), spread)
            mean = np.where(line.present, moved, mean)
    with np.errstate(all="ignore"):
        return Line(labels, spread / count, _present(members))


def _deviation(labels: Labels, members: Sequence[Line]) -> Line:
    spread = _spread(labels, members)
    return Line(labels, np.sqrt(spread.values), spread.present)


def _extreme(better: Callable[[Floats, Floats], Bools]) -> Callable[[Labels, Sequence[Line]], Line]:
    def reduce(labels: Labels, members: Sequence[Line]) -> Line:
        value, seen = np.zeros(len(members[0].values)), np.zeros(len(members[0].values), dtype=np.bool_)
        for line in members:
            taken = line.present & (~seen | np.isnan(value) | better(line.values, value))
            value, seen = np.where(taken, line.values, value), seen | line.present
        return Line(labels, value, seen)

    return reduce


_REDUCTIONS: Final[dict[str, Callable[[Labels, Sequence[Line]], Line]]] = {
    "sum": _sum,
    "avg": _mean,
    "count": _count,
    "max": _extreme(lambda new, old: new > old),
    "min": _extreme(lambda new, old: new < old),
    "stdvar": _spread,
    "stddev": _deviation,
}
