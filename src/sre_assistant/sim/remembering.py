"""What one look at the world has worked out already, kept until the look is over.

Many series of a target follow from the same few signals at the same moments: the modes of all its CPUs from
how busy it is. Within ``remembering`` each signal is worked out once for the same array of moments.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Floats, Ints

_MOST_BYTES: Final = 64_000_000
_SMALLEST: Final = 256  # moments; fewer are worked out sooner than found again


class _Memory(threading.local):
    """Per thread: the results, each with what its key names so that it cannot become something else."""

    def __init__(self) -> None:
        self.depth = 0
        self.size = 0
        self.results: dict[tuple[int, str, int], tuple[object, Floats, Floats]] = {}
        self.moments: dict[tuple[int, int, int, int], tuple[Ints, Floats]] = {}

    def clear(self) -> None:
        """Forgets everything."""
        self.results.clear()
        self.moments.clear()
        self.size = 0


_memory: Final = _Memory()


@contextmanager
def remembering() -> Iterator[None]:
    """Keeps what is worked out inside; one inside another shares with it."""
    _memory.depth += 1
    try:
        yield
    finally:
        _memory.depth -= 1
        if not _memory.depth:
            _memory.clear()


def remembered(owner: object, what: str, t: Floats, work: Callable[[Floats], Floats]) -> Floats:
    """``work(t)``, which must follow from owner, word and moments alone; it cannot be written to."""
    if not _memory.depth or t.size < _SMALLEST:
        return work(t)
    key = (id(owner), what, id(t))
    found = _memory.results.get(key)
    if found is not None:
        return found[2]
    result = work(t)
    result.flags.writeable = False
    _make_room(result.nbytes)
    _memory.results[key] = (owner, t, result)
    return result


def same_moments(origin: int, times: Ints, work: Callable[[Ints], Floats]) -> Floats:
    """``work(times)``: the same array for equal times of an origin, so that what follows from it is found."""
    if not _memory.depth or times.size < _SMALLEST:
        return work(times)
    key = (origin, int(times[0]), int(times[-1]), len(times))
    found = _memory.moments.get(key)
    if found is not None and np.array_equal(found[0], times):
        return found[1]
    moments = work(times)
    moments.flags.writeable = False
    _make_room(2 * moments.nbytes)
    _memory.moments[key] = (times, moments)
    return moments


def _make_room(size: int) -> None:
    if _memory.size + size > _MOST_BYTES:
        _memory.clear()
    _memory.size += size
