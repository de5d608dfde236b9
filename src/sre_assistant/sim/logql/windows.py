"""The functions over windows: from samples to one value per step."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Bools, Floats, Ints
from sre_assistant.sim.logql.samples import Sampled
from sre_assistant.sim.metrics.series import Labels

_SECOND: Final = 1_000_000_000
_EXACT: Final = 2.0**53


@dataclass(frozen=True, slots=True)
class Line:
    """One series of the answer: a value for each step where ``present``."""

    labels: Labels
    values: Floats
    present: Bools


Reduction = Callable[[Sequence[int], Sequence[float]], float]


def over_windows(
    function: str, parameter: float | None, sampled: Sampled, ends: Ints, span: int, *, unwrapped: bool
) -> tuple[Floats, Bools]:
    """The function of the samples in ``(end - span, end]`` for each end; nanoseconds."""
    times = np.array(sampled.times, dtype=np.int64)
    seconds = float(span // _SECOND) + (span % _SECOND) / _SECOND
    low = np.searchsorted(times, ends - span, side="right")
    high = np.searchsorted(times, ends, side="right")
    present = high > low
    if function in {"count_over_time", "absent_over_time"} or (function == "rate" and not unwrapped):
        values = (high - low).astype(np.float64)
        return (values / seconds if function == "rate" else values), present
    if function in _SUMS:
        sums = _summed(sampled.values, low, high)
        return (sums / seconds if function in {"rate", "bytes_rate"} else sums), present
    reduce = _reduction(function, parameter, span)
    values = np.zeros(len(ends))
    for i in np.flatnonzero(present).tolist():
        first, last = int(low[i]), int(high[i])
        values[i] = reduce(sampled.times[first:last], sampled.values[first:last])
    return values, present


_SUMS: Final = frozenset({"sum_over_time", "bytes_over_time", "bytes_rate", "rate"})


def _summed(values: list[float], low: Ints, high: Ints) -> Floats:
    """Sums of slices; by differences only where these are exact."""
    array = np.array(values)
    if len(array) and np.all(array == np.floor(array)) and np.abs(array).sum() < _EXACT:
        total = np.concatenate(([0.0], np.cumsum(array)))
        sums: Floats = total[high] - total[low]
        return sums
    return np.array([float(sum(values[a:b])) for a, b in zip(low.tolist(), high.tolist(), strict=True)])


def _reduction(function: str, parameter: float | None, span: int) -> Reduction:
    if function == "quantile_over_time":
        rank = parameter if parameter is not None else math.nan
        return lambda _times, values: _quantile(rank, values)
    if function == "rate_counter":
        return lambda times, values: _counter_rate(times, values, span)
    return _REDUCTIONS[function]


def _mean(_times: Sequence[int], values: Sequence[float]) -> float:
    mean = 0.0
    for count, value in enumerate(values, 1):
        if (
            math.isinf(mean)
            and not math.isnan(value)
            and not (math.isinf(value) and (value > 0) != (mean > 0))
        ):
            continue
        mean += value / count - mean / count
    return mean


def _variance(_times: Sequence[int], values: Sequence[float]) -> float:
    spread = mean = 0.0
    for count, value in enumerate(values, 1):
        delta = value - mean
        mean += delta / count
        spread += delta * (value - mean)
    return spread / len(values)


def _largest(_times: Sequence[int], values: Sequence[float]) -> float:
    found = values[0]
    for value in values:
        if value > found or math.isnan(found):
            found = value
    return found


def _smallest(_times: Sequence[int], values: Sequence[float]) -> float:
    found = values[0]
    for value in values:
        if value < found or math.isnan(found):
            found = value
    return found


def _quantile(rank: float, values: Sequence[float]) -> float:
    if rank < 0 or rank > 1:
        return -math.inf if rank < 0 else math.inf
    ordered = sorted(values, key=lambda value: (not math.isnan(value), value))
    place = rank * (len(ordered) - 1)
    low = max(0, math.floor(place))
    high = min(len(ordered) - 1, low + 1)
    weight = place - math.floor(place)
    return ordered[low] * (1 - weight) + ordered[high] * weight


def _counter_rate(times: Sequence[int], values: Sequence[float], span: int) -> float:
    """The growth per second of a counter that may begin anew.

    The server extrapolates to the window's start, but with the window in seconds and the samples in
    microseconds, so that next to nothing is added; its answer is what counts.
    """
    if len(values) < 2:
        return 0.0
    growth, last = values[-1] - values[0], 0.0
    for value in values:
        if value < last:
            growth += last
        last = value
    sampled = (times[-1] - times[0]) / 1000
    if not sampled:
        return math.nan if not growth else math.copysign(math.inf, growth)
    between = sampled / (len(values) - 1)
    to_start = span / _SECOND
    if growth > 0 and values[0] >= 0:
        to_start = min(to_start, sampled * (values[0] / growth))
    whole = sampled + (to_start if to_start < between * 1.1 else between / 2)
    return growth * (whole / sampled) / (span // _SECOND + (span % _SECOND) / _SECOND)


_REDUCTIONS: Final[dict[str, Reduction]] = {
    "avg_over_time": _mean,
    "max_over_time": _largest,
    "min_over_time": _smallest,
    "stdvar_over_time": _variance,
    "stddev_over_time": lambda times, values: math.sqrt(_variance(times, values)),
    "first_over_time": lambda _times, values: values[0],
    "last_over_time": lambda _times, values: values[-1],
}
