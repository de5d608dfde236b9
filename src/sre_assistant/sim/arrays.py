"""The array types that series, signals and the evaluator speak."""

from __future__ import annotations

from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Bools = npt.NDArray[np.bool_]

STALE: Final[Floats] = np.array([0x7FF0000000000002], dtype=np.int64).view(np.float64)
"""One sample with the bit pattern that says: the series ended here."""


class Samples(NamedTuple):
    """A piece of one series: ``times`` in unix milliseconds, ascending, and a value for each."""

    times: Ints
    values: Floats


def is_stale(values: Floats) -> Bools:
    """Where the values are stale markers, told from other NaNs by their bits."""
    found: Bools = values.view(np.int64) == STALE.view(np.int64)[0]
    return found
