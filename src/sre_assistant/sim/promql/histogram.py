"""``histogram_quantile`` over classic buckets."""

from __future__ import annotations

from collections import defaultdict
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.metrics.series import NAME, Labels
from sre_assistant.sim.promql.vectors import Vector, less

_APART: Final = frozenset({NAME, "le"})


def histogram_quantile(phi: Floats, buckets: Vector) -> Vector:
    """The phi-quantile of each histogram at each step, interpolated inside its bucket."""
    groups: dict[Labels, list[tuple[float, int]]] = defaultdict(list)
    for place, labels in enumerate(buckets.labels):
        bound = _bound(dict(labels).get("le", ""))
        if bound is not None:
            groups[less(labels, _APART)].append((bound, place))
    values, present = [], []
    for group in groups.values():
        group.sort()
        bounds = np.array([bound for bound, _ in group])
        places = [place for _, place in group]
        here = buckets.present[places]
        row = np.full(len(phi), np.nan)
        for step in np.flatnonzero(here.any(axis=0)):
            some = here[:, step]
            row[step] = quantile(float(phi[step]), bounds[some], buckets.values[places, step][some])
        values.append(row)
        present.append(here.any(axis=0))
    if not groups:
        return Vector([], buckets.values[:0], buckets.present[:0])
    return Vector(list(groups), np.stack(values), np.stack(present))


def quantile(phi: float, bounds: Floats, counts: Floats) -> float:
    """The phi-quantile of one histogram with ascending upper bounds and cumulative counts.

    NaN when it has no bucket without bound, fewer than two buckets, or counted nothing.
    """
    if np.isnan(phi) or phi < 0 or phi > 1:
        return float("nan") if np.isnan(phi) else -np.inf if phi < 0 else np.inf
    if bounds[-1] != np.inf:
        return float("nan")
    bounds, counts = _coalesced(bounds, counts)
    counts = np.maximum.accumulate(counts)
    if len(bounds) < 2 or counts[-1] == 0 or np.isnan(counts[-1]):
        return float("nan")
    rank = phi * counts[-1]
    place = int(np.searchsorted(counts[:-1], rank, side="left"))
    if place == len(bounds) - 1:
        return float(bounds[-2])
    if place == 0 and bounds[0] <= 0:
        return float(bounds[0])
    start = float(bounds[place - 1]) if place else 0.0
    below = float(counts[place - 1]) if place else 0.0
    inside = float(counts[place]) - below
    return float(start + (float(bounds[place]) - start) * np.divide(rank - below, inside))


def _coalesced(bounds: Floats, counts: Floats) -> tuple[Floats, Floats]:
    """Buckets of the same bound written differently, e.g. ``1`` and ``1.0``, count together."""
    kept, where = np.unique(bounds, return_inverse=True)
    return kept, np.bincount(where, weights=counts).astype(np.float64)


def _bound(text: str) -> float | None:
    try:
        return float(text)
    except ValueError:
        return None
