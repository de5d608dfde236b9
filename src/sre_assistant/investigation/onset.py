"""Since when: the moment a trend turned bad."""

from __future__ import annotations

import math
from datetime import datetime, timedelta

from sre_assistant.analysis.changes import level_shift, slope_shift
from sre_assistant.domain.evidence import Trend
from sre_assistant.investigation.hypotheses import Hypothesis
from sre_assistant.investigation.signals import Signal


def onset(trend: Trend, held: Hypothesis, signal: Signal) -> datetime | None:
    """When the present state began; None when it was so all along, or the history is too short to tell."""
    known = [(i, v) for i, v in enumerate(trend.values) if v is not None and math.isfinite(v)]
    if len(known) < 2:
        return None
    places, values = zip(*known, strict=True)
    if set(values) <= {0.0, 1.0}:
        index = _last_good(values, signal)
    else:
        shift = slope_shift(values) if held.onset == "slope" else level_shift(values)
        worse = shift is not None and (shift.after > shift.before) == (signal.worse == "up")
        index = shift.index if shift and worse else None
    if index is None:
        return None
    return trend.start + timedelta(seconds=trend.step * places[index])


def _last_good(values: tuple[float, ...], signal: Signal) -> int | None:
    """The first point of the bad run that lasts to the end."""
    good = 0.0 if signal.worse == "up" else 1.0
    for index in range(len(values) - 1, -1, -1):
        if values[index] == good:
            return index + 1 if index + 1 < len(values) else None
    return None
