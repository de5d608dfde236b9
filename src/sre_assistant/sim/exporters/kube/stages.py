"""From what holds at a moment to a level over time: it changes only at moments that the thing knows."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Generic, TypeVar

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.metrics.targets import Level

T = TypeVar("T")


@dataclass(slots=True)
class Stages(Generic[T]):
    """A thing's state over time.

    Args:
        moments: when it changes in ``start < t <= end``, ascending.
        look: its state at a moment.
    """

    moments: Callable[[float, float], list[float]]
    look: Callable[[float], T]
    _seen: tuple[float, float, Floats, list[T]] | None = field(init=False, default=None)

    def level(self, figure: Callable[[T], float]) -> Level:
        """A figure of its state, as a level; many share one look."""

        def level(t: Floats) -> Floats:
            if not t.size:
                return np.zeros(0)
            edges, states = self._between(float(t.min()), float(t.max()))
            figures = np.array([float(figure(state)) for state in states])
            return figures[np.searchsorted(edges, t, side="right") - 1]

        return level

    def _between(self, start: float, end: float) -> tuple[Floats, list[T]]:
        seen = self._seen
        if seen is not None and seen[:2] == (start, end):
            return seen[2], seen[3]
        edges = np.array([start, *self.moments(start, end)])
        states = [self.look(edge) for edge in edges.tolist()]
        self._seen = start, end, edges, states
        return edges, states
