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
