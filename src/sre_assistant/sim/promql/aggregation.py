"""``sum by (…)`` and its kin: many rows folded into one per group, or the best rows of each."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

import numpy as np
import promql_parser as ast

from sre_assistant.sim.arrays import Bools, Floats, Ints
from sre_assistant.sim.metrics.series import NAME, Labels, labels_of
from sre_assistant.sim.promql.errors import ExecutionFailed
from sre_assistant.sim.promql.ranking import best
from sre_assistant.sim.promql.text import general, plain, quoted
from sre_assistant.sim.promql.vectors import Vector, less, merged, only
from sre_assistant.sim.promql.windows import between


@dataclass(frozen=True, slots=True)
class Grouping:
    """The labels that a group shares: those named, or all others."""

    without: bool
    names: frozenset[str]

    def key(self, labels: Labels) -> Labels:
        """The group a row belongs to, which is also its result's labels."""
        return less(labels, self.names | {NAME}) if self.without else only(labels, self.names)


def grouping_of(modifier: ast.AggModifier | None) -> Grouping:
    """The grouping of an aggregation; one group of everything when it names none."""
    if modifier is None:
        return Grouping(without=False, names=frozenset())
    return Grouping(without=modifier.type == ast.AggModifierType.Without, names=frozenset(modifier.labels))


def aggregated(op: str, rows: Vector, grouping: Grouping, numbers: Floats | None) -> Vector:
    """One row per group, or for ``topk`` and ``bottomk`` the chosen rows.

    Raises:
        ExecutionFailed: a count of rows that is no whole number.
    """
    groups = _groups(rows, grouping)
    if not groups:
        return rows
    if op in {"topk", "bottomk"}:
        return _ranked(rows, groups, _whole(numbers), largest=op == "topk")
    if op == "quantile":
        phi = numbers if numbers is not None else np.empty(0)
        folded = [_quantile(rows.values[places], rows.present[places], phi) for places in groups.values()]
    else:
        folded = [_FOLDS[op](rows.values[places], rows.present[places]) for places in groups.values()]
    present = [rows.present[places].any(axis=0) for places in groups.values()]
    return Vector(list(groups), np.stack(folded), np.stack(present))


def count_values(rows: Vector, grouping: Grouping, label: str) -> Vector:
    """How many rows of each group have each value; the value becomes a label.

    Raises:
        ExecutionFailed: not a label name.
    """
    if not label.isidentifier() or not label.isascii():
        raise ExecutionFailed(f"invalid label name {quoted(label)}")
    counts: dict[Labels, Floats] = {}
    for labels, values, present in zip(rows.labels, rows.values, rows.present, strict=True):
        for value in np.unique(values[present]):
            here = present & ((values == value) | (np.isnan(values) & np.isnan(value)))
            key = labels_of({**dict(grouping.key(labels)), label: plain(float(value))})
            counts[key] = counts.get(key, np.zeros(len(values))) + here
    if not counts:
        return Vector([], rows.values[:0], rows.present[:0])
    values = np.stack(list(counts.values()))
    return merged(list(counts), values, values > 0)


def _groups(rows: Vector, grouping: Grouping) -> dict[Labels, list[int]]:
    groups: dict[Labels, list[int]] = {}
    for place, labels in enumerate(rows.labels):
        groups.setdefault(grouping.key(labels), []).append(place)
    return groups


def _sum(values: Floats, present: Bools) -> Floats:
    return np.asarray(np.where(present, values, 0.0).sum(axis=0))


def _count(_values: Floats, present: Bools) -> Floats:
    return np.asarray(present.sum(axis=0), dtype=np.float64)


def _average(values: Floats, present: Bools) -> Floats:
    return _sum(values, present) / _count(values, present)


def _variance(values: Floats, present: Bools) -> Floats:
    away = np.where(present, values - _average(values, present), 0.0)
    return np.asarray((away * away).sum(axis=0) / _count(values, present))


_FOLDS: Final[dict[str, Callable[[Floats, Bools], Floats]]] = {
    "sum": _sum,
    "avg": _average,
    "count": _count,
    "min": lambda values, present: np.fmin.reduce(np.where(present, values, np.nan), axis=0),
    "max": lambda values, present: np.fmax.reduce(np.where(present, values, np.nan), axis=0),
    "group": lambda _values, present: np.ones(present.shape[1]),
    "stdvar": _variance,
    "stddev": lambda values, present: np.sqrt(_variance(values, present)),
}


def _quantile(values: Floats, present: Bools, phi: Floats) -> Floats:
    """Absent values sort last and are not counted; NaN sorts first."""
    counts = present.sum(axis=0)
    rank = np.where(present, np.where(np.isnan(values), 0, 1), 2)
    order = np.lexsort((np.nan_to_num(values, nan=0.0, posinf=np.inf, neginf=-np.inf), rank), axis=0)
    ordered = np.take_along_axis(values, order, axis=0)
    rows, steps = ordered.shape
    begins = np.arange(steps) * rows
    found = between(ordered.T.ravel(), begins, np.maximum(counts, 1), phi)
    found = np.where(phi < 0, -np.inf, np.where(phi > 1, np.inf, found))
    return np.where(np.isnan(phi), np.nan, found)


def _whole(numbers: Floats | None) -> Ints:
    if numbers is None or not np.all((numbers > -(2.0**63)) & (numbers < 2.0**63)):
        value = float("nan") if numbers is None else float(numbers[~(np.abs(numbers) < 2.0**63)][0])
        raise ExecutionFailed(f"Scalar value {general(value)} overflows int64")
    return numbers.astype(np.int64)


def _ranked(rows: Vector, groups: dict[Labels, list[int]], counts: Ints, *, largest: bool) -> Vector:
    chosen = np.zeros(rows.present.shape, dtype=np.bool_)
    order: list[int] = []
    for places in groups.values():
        for step in np.flatnonzero(counts > 0):
            here = [place for place in places if rows.present[place, step]]
            kept = best(rows.values[here, step].tolist(), int(counts[step]), largest=largest)
            chosen[[here[i] for i in kept], step] = True
            if len(counts) == 1:
                order.extend(here[i] for i in kept)
    if len(counts) == 1:
        return Vector([rows.labels[i] for i in order], rows.values[order], rows.present[order])
    return rows.where(chosen).kept()
