"""How sure a share is: the Wilson score interval."""

from __future__ import annotations

from math import sqrt
from typing import Final, NamedTuple

_Z: Final = 1.959963984540054
"""The normal distribution's 97.5th percentile, for a 95 % interval."""


class Interval(NamedTuple):
    """Where the true share lies, 95 times out of 100."""

    low: float
    high: float


def wilson(hits: int, of: int) -> Interval:
    """The 95 % Wilson score interval of a share; from 0 to 1 when nothing was counted.

    Args:
        hits: how often it was so.
        of: how often it could have been so.

    Raises:
        ValueError: more hits than cases, or a negative number.
    """
    if not 0 <= hits <= of:
        raise ValueError(f"{hits} of {of} is no share")
    if of == 0:
        return Interval(0.0, 1.0)
    share, z2 = hits / of, _Z * _Z
    middle = (share + z2 / (2 * of)) / (1 + z2 / of)
    half = _Z * sqrt(share * (1 - share) / of + z2 / (4 * of * of)) / (1 + z2 / of)
    low = 0.0 if hits == 0 else middle - half
    high = 1.0 if hits == of else middle + half
    return Interval(low, high)
