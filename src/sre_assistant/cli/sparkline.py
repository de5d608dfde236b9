"""A trend as one line of blocks."""

from __future__ import annotations

import math
from collections.abc import Sequence
from itertools import pairwise
from statistics import median_low

_BLOCKS = "▁▂▃▄▅▆▇█"
GAP = " "


def sparkline(values: Sequence[float | None], width: int = 24) -> str:
    """The values as at most ``width`` blocks between their lowest and highest; a gap is a space.

    Neighbours that share a block show the one furthest from the usual, so a short spike stays visible.
    A flat line is drawn low; no values at all give an empty text.
    """
    known = _known(values)
    if not known or width < 1:
        return ""
    low, usual, high = min(known), median_low(known), max(known)
    return "".join(_block(bucket, low, usual, high) for bucket in _buckets(values, width))


def _known(values: Sequence[float | None]) -> list[float]:
    return [value for value in values if value is not None and math.isfinite(value)]


def _buckets(values: Sequence[float | None], width: int) -> list[Sequence[float | None]]:
    count = min(width, len(values))
    edges = [index * len(values) // count for index in range(count + 1)]
    return [values[start:end] for start, end in pairwise(edges)]


def _block(bucket: Sequence[float | None], low: float, usual: float, high: float) -> str:
    known = _known(bucket)
    if not known:
        return GAP
    if high == low:
        return _BLOCKS[0]
    value = max(known, key=lambda one: abs(one / 2 - usual / 2))
    share = (value / 2 - low / 2) / (high / 2 - low / 2)
    return _BLOCKS[min(int(share * len(_BLOCKS)), len(_BLOCKS) - 1)]
