"""Robust statistics: what outliers cannot move."""

from __future__ import annotations

from collections.abc import Sequence
from statistics import median

_NORMAL = 1.4826
"""Makes the median absolute deviation an estimate of a normal distribution's standard deviation."""


def spread(values: Sequence[float]) -> float:
    """The median absolute deviation, scaled to compare with a standard deviation.

    Args:
        values: one or more finite numbers of any unit.

    Returns:
        The spread in the unit of the values; 0 when more than half of them are equal.
    """
    middle = median(values)
    return _NORMAL * median(abs(v - middle) for v in values)


def deviation(value: float, usual: Sequence[float]) -> float:
    """How many spreads a value lies above (positive) or below the median of the usual values.

    Where the usual values hardly vary, one per cent of their median counts as the spread: a step from a
    constant is remarkable, rounding is not.
    """
    middle = median(usual)
    scale = max(spread(usual), abs(middle) * 0.01, 1e-12)
    return (value - middle) / scale
