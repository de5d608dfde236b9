"""What an expression is worth: scalars and vectors at every step of a query at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sre_assistant.sim.arrays import Bools, Floats, Ints
from sre_assistant.sim.metrics.series import NAME, Labels
from sre_assistant.sim.promql.errors import ExecutionFailed


@dataclass(frozen=True, slots=True)
class Frame:
    """The moments to evaluate at, and the whole query's first and last, all in unix milliseconds."""

    times: Ints
    start: int
    end: int

    @property
    def seconds(self) -> Floats:
        """The moments in unix seconds."""
        return self.times / 1000.0


@dataclass(frozen=True, slots=True)
class Scalar:
    """One number per step."""

    values: Floats


@dataclass(frozen=True, slots=True)
class Text:
    """A string literal."""

    value: str


@dataclass(frozen=True, slots=True)
class Vector:
    """Rows of labels with a value per step; where ``present`` is false there is none."""

    labels: list[Labels]
    values: Floats
    present: Bools

    def __len__(self) -> int:
        return len(self.labels)

    def named(self, rename: Callable[[Labels], Labels]) -> Vector:
        """The same values under other labels.

        Raises:
            ExecutionFailed: two rows would be the same series at the same step.
        """
        return merged([rename(labels) for labels in self.labels], self.values, self.present)

    def nameless(self) -> Vector:
        """The same values without metric names."""
        return self.named(without_name)

    def where(self, present: Bools) -> Vector:
        """The values at some places only."""
        return Vector(self.labels, self.values, self.present & present)

    def spread(self, there: Bools) -> Vector:
        """Values of some steps put among all steps, with none at the others."""
        shape = (len(self.labels), len(there))
        values, present = np.full(shape, np.nan), np.zeros(shape, dtype=np.bool_)
        values[:, there], present[:, there] = self.values, self.present
        return Vector(self.labels, values, present)

    def kept(self) -> Vector:
        """The rows that have a value at any step."""
        some: Bools = np.any(self.present, axis=1)
        if some.all():
            return self
        labels = [labels for labels, keep in zip(self.labels, some, strict=True) if keep]
        return Vector(labels, self.values[some], self.present[some])


class Series(Protocol):
    """Anything with labels."""

    @property
    def labels(self) -> Labels:
        """Its identity."""
        ...


def nothing(frame: Frame) -> Vector:
    """A vector without rows."""
    shape = (0, len(frame.times))
    return Vector([], np.empty(shape), np.empty(shape, dtype=np.bool_))


def stacked(rows: Sequence[tuple[Labels, Floats, Bools]], frame: Frame) -> Vector:
    """Rows put together; those without any value are left out."""
    rows = [row for row in rows if row[2].any()]
    if not rows:
        return nothing(frame)
    return Vector(
        [row[0] for row in rows], np.stack([row[1] for row in rows]), np.stack([row[2] for row in rows])
    )


def merged(labels: list[Labels], values: Floats, present: Bools) -> Vector:
    """A vector in which each label set is one row.

    Raises:
        ExecutionFailed: two rows of the same labels have a value at the same step.
    """
    if len(set(labels)) == len(labels):
        return Vector(labels, values, present)
    places: dict[Labels, int] = {}
    out_values: list[Floats] = []
    out_present: list[Bools] = []
    for one, row, here in zip(labels, values, present, strict=True):
        place = places.setdefault(one, len(out_values))
        if place == len(out_values):
            out_values.append(row)
            out_present.append(here)
            continue
        if bool((out_present[place] & here).any()):
            raise ExecutionFailed("vector cannot contain metrics with the same labelset")
        out_values[place] = np.where(here, row, out_values[place])
        out_present[place] = out_present[place] | here
    return Vector(list(places), np.stack(out_values), np.stack(out_present))


def without_name(labels: Labels) -> Labels:
    """Labels without the metric name."""
    return tuple(pair for pair in labels if pair[0] != NAME)


def only(labels: Labels, names: frozenset[str]) -> Labels:
    """The labels of these names."""
    return tuple(pair for pair in labels if pair[0] in names)


def less(labels: Labels, names: frozenset[str]) -> Labels:
    """The labels of all other names."""
    return tuple(pair for pair in labels if pair[0] not in names)
