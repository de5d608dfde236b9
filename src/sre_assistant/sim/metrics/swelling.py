"""Series that pile up because a label never has the same value twice."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Floats

_CLEARED_SECONDS: Final = 7200.0  # from one clearing up of the head to the next
_KEPT_SECONDS: Final = 3600.0  # for which a series stays at least


@dataclass(frozen=True, slots=True)
class Swelling:
    """A time (seconds since the world's epoch) in which a target brings ``pace`` new series per second."""

    start: float
    end: float
    pace: float

    def shown(self, t: Floats) -> Floats:
        """How many the target shows: all that came so far, and none afterwards."""
        return np.where(t < self.end, self._come(t), 0.0)

    def kept(self, t: Floats) -> Floats:
        """How many Prometheus holds: what came stays until it next clears up after the end."""
        cleared = -(-(self.end + _KEPT_SECONDS) // _CLEARED_SECONDS) * _CLEARED_SECONDS
        return np.where(t < cleared, self._come(t), 0.0)

    def _come(self, t: Floats) -> Floats:
        lasted: Floats = np.clip(np.minimum(t, self.end) - self.start, 0.0, None)
        come: Floats = np.floor(lasted * self.pace)
        return come
