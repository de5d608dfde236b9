"""How fast things happen in the world: rates with a closed-form integral.

A counter is the integral of a rate, a graph shows the rate again. Each signal knows both at any time, from
the time alone, so nothing is stored and two looks at the same moment agree. Times are seconds since the
world's epoch, a Monday 00:00 UTC.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from functools import cached_property
from typing import Final, Protocol

import numpy as np

from sre_assistant.sim.arrays import Floats, Ints
from sre_assistant.sim.remembering import remembered

WEEK: Final = 7 * 86400.0
DAY: Final = 86400.0


class Signal(Protocol):
    """A rate per second that varies with time."""

    def value(self, t: Floats) -> Floats:
        """The rate at each time."""
        ...

    def total(self, t: Floats) -> Floats:
        """The rate's integral from the epoch to each time."""
        ...


@dataclass(frozen=True)
class Constant:
    """Always the same rate."""

    rate: float

    def value(self, t: Floats) -> Floats:
        """The rate."""
        return np.full_like(t, self.rate)

    def total(self, t: Floats) -> Floats:
        """Rate times time."""
        return self.rate * t


@dataclass(frozen=True, eq=False)
class Weekly:
    """A rate that repeats every week: straight lines between evenly spaced points from Monday 00:00 on."""

    points: Floats

    @cached_property
    def _step(self) -> float:
        return WEEK / len(self.points)

    @cached_property
    def _ring(self) -> Floats:
        return np.append(self.points, self.points[0])

    @cached_property
    def _areas(self) -> Floats:
        ring = self._ring
        return np.concatenate(([0.0], np.cumsum((ring[1:] + ring[:-1]) / 2 * self._step)))

    def value(self, t: Floats) -> Floats:
        """The point of the week, interpolated."""
        _, index, part = self._locate(t)
        low: Floats = self._ring[index]
        high: Floats = self._ring[index + 1]
        return low + (high - low) * part

    def total(self, t: Floats) -> Floats:
        """Whole weeks, whole steps, and the piece of the last step."""
        week, index, part = self._locate(t)
        ring, areas = self._ring, self._areas
        piece = ring[index] * part + (ring[index + 1] - ring[index]) * part * part / 2
        return week * float(areas[-1]) + areas[index] + piece * self._step

    def _locate(self, t: Floats) -> tuple[Floats, Ints, Floats]:
        week = np.floor(t / WEEK)
        place = (t - week * WEEK) / self._step
        index = np.minimum(place.astype(np.int64), len(self.points) - 1)
        return week, index, place - index


@dataclass(frozen=True)
class Noise:
    """A rate that jumps around zero, constant for ``period`` seconds each, never beyond ``height``.

    Its integral stays near zero too; noise added to a rate at least as high leaves a counter that only grows.
    """

    seed: int
    period: float
    height: float

    def value(self, t: Floats) -> Floats:
        """The slope of the piece each time lies in."""
        index = np.floor(t / self.period)
        low, high = self._ends(index)
        return (high - low) * self.height

    def total(self, t: Floats) -> Floats:
        """Straight lines between random heights."""
        place = t / self.period
        index = np.floor(place)
        low, high = self._ends(index)
        return (low + (high - low) * (place - index)) * (self.height * self.period)

    def _ends(self, index: Floats) -> tuple[Floats, Floats]:
        if not index.size:
            return index, index
        numbers = index.astype(np.int64)
        first, last = int(numbers.min()), int(numbers.max())
        if last - first > 2 * len(numbers):
            return lattice(self.seed, numbers), lattice(self.seed, numbers + 1)
        heights = lattice(self.seed, np.arange(first, last + 2, dtype=np.int64))
        return heights[numbers - first], heights[numbers - first + 1]


@dataclass(frozen=True)
class Sum:
    """Several rates at once."""

    parts: tuple[Signal, ...]

    def value(self, t: Floats) -> Floats:
        """The rates added."""
        return _added([part.value(t) for part in self.parts], t)

    def total(self, t: Floats) -> Floats:
        """The integrals added."""
        return _added([part.total(t) for part in self.parts], t)


@dataclass(frozen=True)
class Scaled:
    """A multiple of a rate."""

    signal: Signal
    factor: float

    def value(self, t: Floats) -> Floats:
        """The rate, multiplied."""
        return remembered(self.signal, "value", t, self.signal.value) * self.factor

    def total(self, t: Floats) -> Floats:
        """The integral, multiplied."""
        return remembered(self.signal, "total", t, self.signal.total) * self.factor


@dataclass(frozen=True)
class During:
    """A rate that gives way to another from ``start`` to ``end``."""

    usual: Signal
    start: float
    end: float
    meanwhile: Signal

    def value(self, t: Floats) -> Floats:
        """One rate or the other."""
        inside = (t >= self.start) & (t < self.end)
        return np.where(inside, self.meanwhile.value(t), self.usual.value(t))

    def total(self, t: Floats) -> Floats:
        """The usual integral, with the part inside exchanged."""
        if not t.size or t.max() <= self.start:
            return self.usual.total(t)
        inside = (t > self.start) & (t < self.end)
        edges = np.array([self.start, self.end])
        # One call for all that is needed of each signal: many of these may be nested.
        usual = self.usual.total(np.concatenate((t, edges)))
        meanwhile = self.meanwhile.total(np.concatenate((t[inside], edges)))
        changed: Floats = meanwhile[:-2] - meanwhile[-2] + usual[-2]
        after = usual[:-2] + (meanwhile[-1] - meanwhile[-2]) - (usual[-1] - usual[-2])
        totals = np.where(t >= self.end, after, usual[:-2])
        totals[inside] = changed
        return totals


@dataclass(frozen=True)
class Scheduled:
    """A rate that is there for ``length`` seconds of every ``period``, from ``phase`` on."""

    rate: float
    period: float
    phase: float
    length: float

    def value(self, t: Floats) -> Floats:
        """The rate while it is time."""
        return np.where(np.mod(t - self.phase, self.period) < self.length, self.rate, 0.0)

    def total(self, t: Floats) -> Floats:
        """Whole periods and the piece of the last."""
        place = (t - self.phase) / self.period
        whole = np.floor(place)
        piece = np.minimum((place - whole) * self.period, self.length)
        return (whole * self.length + piece) * self.rate


@dataclass(frozen=True)
class Wander:
    """A level that drifts smoothly around zero, never beyond ``height``; it has no integral."""

    seed: int
    period: float
    height: float

    def value(self, t: Floats) -> Floats:
        """Straight lines between random heights, on two time scales."""
        slow = Noise(self.seed, self.period, 1.5 * self.height / self.period).total(t)
        fast = Noise(self.seed + 1, self.period / 7, 3.5 * self.height / self.period).total(t)
        return slow + fast


NOTHING: Final = Constant(0.0)


def lattice(seed: int, numbers: Ints) -> Floats:
    """Random values in [-0.5, 0.5) for whole numbers; each depends on seed and number alone."""
    mixed = (numbers.astype(np.uint64) + np.uint64(seed & _MASK)) * np.uint64(0x9E3779B97F4A7C15)
    mixed = (mixed ^ (mixed >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    mixed = (mixed ^ (mixed >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    mixed ^= mixed >> np.uint64(31)
    return (mixed >> np.uint64(11)).astype(np.float64) / 2.0**53 - 0.5


def seeded(seed: int, *names: str) -> int:
    """A seed of its own for each named thing."""
    text = "\x00".join((str(seed), *names))
    return int.from_bytes(hashlib.sha256(text.encode()).digest()[:7], "big")


def uneven(rate: Signal, seed: int, size: float, share: float = 0.5) -> Signal:
    """A rate with noise on minutes and on quarters of an hour, up to ``share`` of ``size``."""
    half = share * size / 2
    return Sum((rate, Noise(seed, 60.0, half), Noise(seed + 1, 900.0, half)))


_MASK = (1 << 63) - 1


def _added(parts: list[Floats], t: Floats) -> Floats:
    result = np.zeros_like(t)
    for part in parts:
        result += part
    return result
