"""Functions of instant vectors, and the tables that name them and the functions of windows."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Final

import numpy as np
import numpy.typing as npt

from sre_assistant.sim.arrays import Bools, Floats, Ints
from sre_assistant.sim.metrics.series import Labels
from sre_assistant.sim.promql import windows
from sre_assistant.sim.promql.vectors import Frame, Vector, stacked
from sre_assistant.sim.promql.windows import Row, Windows


def _deriv(w: Windows) -> Row:
    first = w.times[np.clip(w.low, 0, len(w.times) - 1)]
    line = windows.fitted(w, first)
    return Row(line.slope, line.fits)


OF_WINDOWS: Final[dict[str, Callable[[Windows], Row]]] = {
    "rate": partial(windows.extrapolated, counter=True, per_second=True),
    "increase": partial(windows.extrapolated, counter=True, per_second=False),
    "delta": partial(windows.extrapolated, counter=False, per_second=False),
    "irate": partial(windows.instant_change, rate=True),
    "idelta": partial(windows.instant_change, rate=False),
    "deriv": _deriv,
    "changes": windows.changes,
    "resets": windows.resets,
    "avg_over_time": windows.average,
    "min_over_time": lambda w: w.reduced(np.fmin),
    "max_over_time": lambda w: w.reduced(np.fmax),
    "sum_over_time": lambda w: w.reduced(np.add),
    "count_over_time": windows.counted,
    "last_over_time": windows.newest,
    "present_over_time": windows.presence,
    "stddev_over_time": windows.deviation,
    "stdvar_over_time": windows.variance,
}

OF_VALUES: Final[dict[str, Callable[[Floats], Floats]]] = {
    "abs": np.abs,
    "acos": np.arccos,
    "acosh": np.arccosh,
    "asin": np.arcsin,
    "asinh": np.arcsinh,
    "atan": np.arctan,
    "atanh": np.arctanh,
    "ceil": np.ceil,
    "cos": np.cos,
    "cosh": np.cosh,
    "deg": lambda values: values * 180 / np.pi,
    "exp": np.exp,
    "floor": np.floor,
    "ln": np.log,
    "log10": np.log10,
    "log2": np.log2,
    "rad": lambda values: values * np.pi / 180,
    "sgn": np.sign,
    "sin": np.sin,
    "sinh": np.sinh,
    "sqrt": np.sqrt,
    "tan": np.tan,
    "tanh": np.tanh,
}


def mapped(vector: Vector, function: Callable[[Floats], Floats]) -> Vector:
    """A function of each value; the metric name no longer fits and goes."""
    return Vector(vector.labels, function(vector.values), vector.present).nameless()


def absent(present: Bools, labels: Labels, frame: Frame) -> Vector:
    """1 at the steps where nothing is present."""
    return stacked([(labels, np.ones(len(present)), ~present)], frame)


def rounded(vector: Vector, nearest: Floats) -> Vector:
    """To the nearest multiple; halves go up."""
    inverse = 1.0 / nearest
    return mapped(vector, lambda values: np.floor(values * inverse + 0.5) / inverse)


def clamped(vector: Vector, low: Floats, high: Floats) -> Vector:
    """Held between two bounds; steps at which the bounds are the wrong way round have no value."""
    held = mapped(vector, lambda values: at_least(at_most(values, high), low))
    return held.where(np.broadcast_to(~(low > high), held.present.shape)).kept()


def at_least(values: Floats, low: Floats) -> Floats:
    """Not below ``low``."""
    return np.maximum(values, low)


def at_most(values: Floats, high: Floats) -> Floats:
    """Not above ``high``."""
    return np.minimum(values, high)


def ordered(vector: Vector, *, descending: bool) -> Vector:
    """Rows by their value at the first step, NaN last; a range query shows its own order anyway."""
    if vector.values.shape[1] != 1:
        return vector
    values = vector.values[:, 0]
    order = np.argsort(np.where(np.isnan(values), np.inf, -values if descending else values), kind="stable")
    order = np.concatenate((order[~np.isnan(values[order])], order[np.isnan(values[order])]))
    return Vector([vector.labels[i] for i in order], vector.values[order], vector.present[order])


def now(frame: Frame) -> Vector:
    """The steps themselves, for the date functions without an argument."""
    values = frame.seconds[np.newaxis]
    return Vector([()], values, np.ones(values.shape, dtype=np.bool_))


def _of_time(part: Callable[[Ints], Ints]) -> Callable[[Floats], Floats]:
    def found(values: Floats) -> Floats:
        known = np.isfinite(values)
        seconds = np.where(known, values, 0.0).astype(np.int64)
        return np.where(known, part(seconds).astype(np.float64), np.nan)

    return found


def _days(seconds: Ints) -> npt.NDArray[np.datetime64]:
    return np.floor_divide(seconds, 86400).astype("datetime64[D]")


def _days_in_month(seconds: Ints) -> Ints:
    month = _days(seconds).astype("datetime64[M]")
    following = (month + np.timedelta64(1, "M")).astype("datetime64[D]")
    return np.asarray(following - month.astype("datetime64[D]"), dtype=np.int64)


def _day_of_month(seconds: Ints) -> Ints:
    day = _days(seconds)
    return np.asarray(day - day.astype("datetime64[M]").astype("datetime64[D]"), dtype=np.int64) + 1


def _day_of_year(seconds: Ints) -> Ints:
    day = _days(seconds)
    return np.asarray(day - day.astype("datetime64[Y]").astype("datetime64[D]"), dtype=np.int64) + 1


OF_DATES: Final[dict[str, Callable[[Floats], Floats]]] = {
    "minute": _of_time(lambda s: np.floor_divide(s, 60) % 60),
    "hour": _of_time(lambda s: np.floor_divide(s, 3600) % 24),
    "day_of_week": _of_time(lambda s: (np.floor_divide(s, 86400) + 4) % 7),
    "day_of_month": _of_time(_day_of_month),
    "day_of_year": _of_time(_day_of_year),
    "days_in_month": _of_time(_days_in_month),
    "month": _of_time(lambda s: _days(s).astype("datetime64[M]").astype(np.int64) % 12 + 1),
    "year": _of_time(lambda s: _days(s).astype("datetime64[Y]").astype(np.int64) + 1970),
}
