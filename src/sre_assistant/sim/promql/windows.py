"""Functions of a range: what happened in the window before each step."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from sre_assistant.sim.arrays import Bools, Floats, Ints

_AT_ONCE: Final = 2_000_000  # samples unfolded at a time, which bounds the memory of long windows
_STRETCH: Final = 4_000  # samples that share running sums


class Row(NamedTuple):
    """One series' result: a value per step, and where there is one."""

    values: Floats
    present: Bools


@dataclass(frozen=True, slots=True)
class Windows:
    """The samples of one series, and for each step the window ``[low, high)`` of them.

    ``starts`` and ``ends`` are the windows' bounds in milliseconds, ``width`` their length in seconds.
    """

    times: Ints
    values: Floats
    low: Ints
    high: Ints
    starts: Ints
    ends: Ints
    width: float

    @property
    def counts(self) -> Ints:
        """Samples per window."""
        return self.high - self.low

    def at(self, index: Ints) -> Floats:
        """Values by index; an index of an empty window gives some number that must not be used."""
        return self.values[np.clip(index, 0, len(self.values) - 1)]

    def reduced(self, with_: np.ufunc) -> Row:
        """Each window folded with ``with_``."""
        present = self.counts > 0
        result = np.full(len(self.low), np.nan)
        if present.any():
            bounds = np.stack((self.low[present], self.high[present]), axis=1).ravel()
            padded = np.append(self.values, 0.0)
            result[present] = with_.reduceat(padded, bounds)[::2]
        return Row(result, present)

    def parts(self) -> Iterator[Part]:
        """The windows unfolded, a bounded number of samples at a time; empty windows are left out."""
        steps = np.flatnonzero(self.counts > 0)
        sizes = self.counts[steps]
        begin = 0
        while begin < len(steps):
            room = np.cumsum(sizes[begin:])
            count = max(1, int(np.searchsorted(room, _AT_ONCE, side="right")))
            chosen, counts = steps[begin : begin + count], sizes[begin : begin + count]
            offsets = np.concatenate(([0], np.cumsum(counts)[:-1]))
            index = np.arange(int(counts.sum())) + np.repeat(self.low[chosen] - offsets, counts)
            yield Part(chosen, counts, offsets, index)
            begin += count


class Part(NamedTuple):
    """Some unfolded windows: their steps, sizes, where each begins in ``places``, and the samples' places."""

    steps: Ints
    counts: Ints
    offsets: Ints
    places: Ints

    def summed(self, values: Floats) -> Floats:
        """Sums per window, rounded once as compensated summation would."""
        return np.add.reduceat(values.astype(np.longdouble), self.offsets).astype(np.float64)

    def spread(self, values: Floats) -> Floats:
        """A value per window given to each of its samples."""
        return np.repeat(values, self.counts)


def extrapolated(w: Windows, *, counter: bool, per_second: bool) -> Row:
    """``rate``, ``increase`` and ``delta``: the change in the window, stretched to its bounds."""
    present = w.counts >= 2
    first, last = w.at(w.low), w.at(w.high - 1)
    change = last - first
    if counter:
        change = change + _lost(w, present)
    first_time = w.times[np.clip(w.low, 0, len(w.times) - 1)]
    last_time = w.times[np.clip(w.high - 1, 0, len(w.times) - 1)]
    to_start = (first_time - w.starts) / 1000.0
    to_end = (w.ends - last_time) / 1000.0
    sampled = (last_time - first_time) / 1000.0
    average = sampled / (w.counts - 1)
    if counter:
        to_zero = sampled * (first / change)
        near = (change > 0) & (first >= 0) & (to_zero < to_start)
        to_start = np.where(near, to_zero, to_start)
    threshold = average * 1.1
    span = sampled + np.where(to_start < threshold, to_start, average / 2)
    span = span + np.where(to_end < threshold, to_end, average / 2)
    factor = span / sampled
    if per_second:
        factor = factor / w.width
    return Row(change * factor, present)


def _lost(w: Windows, present: Bools) -> Floats:
    """What a counter had reached at each of its resets inside the window, added up."""
    drops = np.zeros(len(w.values) + 1)
    drops[1:-1] = np.where(w.values[1:] < w.values[:-1], w.values[:-1], 0.0)
    lost = np.zeros(len(w.low))
    if drops.any():
        bounds = np.stack((w.low[present] + 1, w.high[present]), axis=1).ravel()
        lost[present] = np.add.reduceat(drops, bounds)[::2] if len(bounds) else 0.0
    return lost


def instant_change(w: Windows, *, rate: bool) -> Row:
    """``irate`` and ``idelta``: the change between the last two samples."""
    present = w.counts >= 2
    last, before = w.at(w.high - 1), w.at(w.high - 2)
    size = len(w.times) - 1
    times = w.times[np.clip(w.high - 1, 0, size)] - w.times[np.clip(w.high - 2, 0, size)]
    if not rate:
        return Row(last - before, present & (times > 0))
    change = np.where(last < before, last, last - before)
    return Row(change / (times / 1000.0), present & (times > 0))


def changes(w: Windows) -> Row:
    """How often the value changed."""
    now, before = w.values[1:], w.values[:-1]
    return _counted(w, (now != before) & ~(np.isnan(now) & np.isnan(before)))


def resets(w: Windows) -> Row:
    """How often the value fell."""
    return _counted(w, w.values[1:] < w.values[:-1])


def average(w: Windows) -> Row:
    """The mean of each window."""
    total = w.reduced(np.add)
    return Row(total.values / w.counts, total.present)


def counted(w: Windows) -> Row:
    """The number of samples."""
    return Row(w.counts.astype(np.float64), w.counts > 0)


def newest(w: Windows) -> Row:
    """The last sample."""
    return Row(w.at(w.high - 1), w.counts > 0)


def presence(w: Windows) -> Row:
    """1 where there is any sample."""
    return Row(np.ones(len(w.low)), w.counts > 0)


def variance(w: Windows) -> Row:
    """The population variance of each window."""
    result = np.full(len(w.low), np.nan)
    for part in w.parts():
        values = w.values[part.places]
        means = part.summed(values) / part.counts
        away = values - part.spread(means)
        result[part.steps] = part.summed(away * away) / part.counts
    return Row(result, w.counts > 0)


def deviation(w: Windows) -> Row:
    """The population standard deviation of each window."""
    found = variance(w)
    return Row(np.sqrt(found.values), found.present)


def quantiles(w: Windows, phi: Floats) -> Row:
    """The phi-quantile of each window, interpolated; NaN samples sort first."""
    result = np.full(len(w.low), np.nan)
    for part in w.parts():
        values = w.values[part.places]
        ranked = np.where(np.isnan(values), -np.inf, values)
        order = np.lexsort((ranked, ~np.isnan(values), part.spread(part.steps.astype(np.float64))))
        result[part.steps] = between(values[order], part.offsets, part.counts, phi[part.steps])
    return Row(_bounded(result, phi), w.counts > 0)


def between(ordered: Floats, begins: Ints, counts: Ints, phi: Floats) -> Floats:
    """Quantiles of ordered runs that begin at ``begins``; a phi outside 0 to 1 is the caller's to handle."""
    inside = np.nan_to_num(np.clip(phi, 0.0, 1.0))
    rank = inside * (counts - 1)
    lower = np.maximum(np.floor(rank), 0).astype(np.int64)
    upper = np.minimum(lower + 1, counts - 1)
    weight = rank - np.floor(rank)
    found: Floats = ordered[begins + lower] * (1 - weight) + ordered[begins + upper] * weight
    return found


def _bounded(values: Floats, phi: Floats) -> Floats:
    values = np.where(phi < 0, -np.inf, np.where(phi > 1, np.inf, values))
    return np.where(np.isnan(phi), np.nan, values)


class Line(NamedTuple):
    """A straight line through each window; ``fits`` where a window has the two samples it needs."""

    slope: Floats
    intercept: Floats
    fits: Bools


def fitted(w: Windows, origins: Ints) -> Line:
    """Least squares through each window; the intercept is the line's value at ``origins`` (milliseconds).

    Sums over windows are differences of running sums. These stay exact enough because each stretch of the
    series has running sums of its own, in extended precision and relative to its first sample.
    """
    slope, intercept = np.full(len(w.low), np.nan), np.full(len(w.low), np.nan)
    fits = w.counts >= 2
    for steps in _stretches(w, np.flatnonzero(fits)):
        first, last = int(w.low[steps].min()), int(w.high[steps].max())
        x = (w.times[first:last] - w.times[first]) / 1000.0
        y = w.values[first:last]
        base = y[np.argmax(np.isfinite(y))] if np.isfinite(y).any() else 0.0
        y = y - base
        low, high, n = w.low[steps] - first, w.high[steps] - first, w.counts[steps].astype(np.longdouble)
        sum_x, sum_y, sum_xy, sum_xx = (_running(v, low, high) for v in (x, y, x * y, x * x))
        tilt = (sum_xy - sum_x * sum_y / n) / (sum_xx - sum_x * sum_x / n)
        at = (origins[steps] - w.times[first]) / np.longdouble(1000.0)
        height = base + sum_y / n + tilt * (at - sum_x / n)
        level = _running((y != np.concatenate((y[:1], y[:-1]))).astype(np.float64), low + 1, high) == 0
        start = w.values[w.low[steps]]
        endless = np.isinf(start)
        slope[steps] = np.where(level, np.where(endless, np.nan, 0.0), tilt.astype(np.float64))
        intercept[steps] = np.where(level, np.where(endless, np.nan, start), height.astype(np.float64))
    return Line(slope, intercept, fits)


def _stretches(w: Windows, steps: Ints) -> Iterator[Ints]:
    """The steps in runs whose windows lie near each other; each alone where not all samples are finite."""
    if not len(steps):
        return
    if not np.isfinite(w.values).all():
        yield from steps[:, np.newaxis]
        return
    run = (w.low[steps] - w.low[steps[0]]) // np.maximum(_STRETCH, w.counts[steps].max())
    yield from np.split(steps, np.flatnonzero(np.diff(run)) + 1)


def _running(values: Floats, low: Ints, high: Ints) -> npt.NDArray[np.longdouble]:
    sums = np.concatenate((np.zeros(1, np.longdouble), np.cumsum(values, dtype=np.longdouble)))
    return sums[high] - sums[low]


def _counted(w: Windows, happened: Bools) -> Row:
    sums = np.concatenate(([0], np.cumsum(happened)))
    size = len(sums) - 1
    found = sums[np.clip(w.high - 1, 0, size)] - sums[np.clip(w.low, 0, size)]
    return Row(found.astype(np.float64), w.counts > 0)
