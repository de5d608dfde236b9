"""``holt_winters``: double exponential smoothing over each window."""

from __future__ import annotations

import numpy as np

from sre_assistant.sim.arrays import Floats, Ints
from sre_assistant.sim.promql.errors import ExecutionFailed
from sre_assistant.sim.promql.windows import Row, Windows


def smoothed(w: Windows, smoothing: Floats, trend: Floats) -> Row:
    """The smoothed value at the end of each window that has two samples.

    Raises:
        ExecutionFailed: a factor is not between 0 and 1 at a step whose window has samples.
    """
    asked = w.counts > 0
    for name, factor in (("smoothing", smoothing), ("trend", trend)):
        wrong = asked & ((factor <= 0) | (factor >= 1))
        if wrong.any():
            value = float(factor[int(np.argmax(wrong))])
            raise ExecutionFailed(
                f"invalid {name} factor. Expected: 0 < {name[0]}f < 1, got: {_fixed(value)}"
            )
    present = w.counts >= 2
    result = np.full(len(w.low), np.nan)
    if present.any():
        low, counts = w.low[present], w.counts[present]
        result[present] = _folded(w.values, low, counts, smoothing[present], trend[present])
    return Row(result, present)


def _folded(values: Floats, low: Ints, counts: Ints, smoothing: Floats, trend: Floats) -> Floats:
    """All windows at once, sample after sample; a window that has ended keeps what it has."""
    before, level = np.zeros(len(low)), values[low]
    slope = values[low + 1] - level
    for place in range(1, int(counts.max())):
        going = place < counts
        taken = smoothing * values[np.minimum(low + place, len(values) - 1)]
        if place > 1:
            slope = np.where(going, trend * (level - before) + (1 - trend) * slope, slope)
        kept = (1 - smoothing) * (level + slope)
        before, level = np.where(going, level, before), np.where(going, taken + kept, level)
    return level


def _fixed(value: float) -> str:
    return (
        f"{value:f}" if np.isfinite(value) else "NaN" if np.isnan(value) else "+Inf" if value > 0 else "-Inf"
    )
