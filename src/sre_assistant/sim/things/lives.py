"""How often something that runs has been started, and how each run ended."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Floats, Ints
from sre_assistant.sim.causality.spells import Spell

ENDING: Final = ("stopped", "off", "crashing", "oom")
"""Modes in which a run ends."""

_FORGIVEN_SECONDS: Final = 60.0
"""After a run of such length the restart policy no longer holds earlier failures against it."""

Wait = Callable[[int], float]
"""Seconds until the next start after so many failures in a row."""


@dataclass(frozen=True, slots=True)
class Life:
    """One run, in seconds since the world's epoch."""

    start: float
    end: float
    """When it ended; `FOREVER` while nothing ends it."""
    code: int = 0
    """Exit code of its end."""
    killed: bool = False
    """Whether the kernel ended it for want of memory."""
    again: bool = False
    """Whether it was begun by the restart policy after a failure."""
    mode: str = ""
    """The mode of the spell that ended it; empty for an orderly end."""
    leaks: float = 0.0
    """When it began to take ever more memory, if it did."""


@dataclass(slots=True)
class Lives:
    """All runs, worked out as far as somebody looks.

    Args:
        ups: when the place it runs in is there, in order and without overlap.
        troubles: what ends runs; modes `ENDING`. A crashing spell's level is its exit code, an oom spell's
            level the seconds from start to kill.
        run: seconds that a crashing run lasts.
        wait: the restart policy's patience.
    """

    ups: Sequence[tuple[float, float]]
    troubles: Sequence[Spell]
    run: float
    wait: Wait
    _known: list[Life] = field(init=False, default_factory=list)
    _course: Iterator[Life] = field(init=False)
    _starts: Floats = field(init=False)
    _lock: threading.Lock = field(init=False, default_factory=threading.Lock)

    def __post_init__(self) -> None:
        """Begins the course."""
        self._course = self._lived()
        self._starts = np.empty(0)

    def upto(self, t: float) -> list[Life]:
        """All runs that began at or before a moment."""
        with self._lock:
            while not self._known or self._known[-1].start <= t:
                following = next(self._course, None)
                if following is None:
                    break
                self._known.append(following)
            if len(self._starts) != len(self._known):
                self._starts = np.array([life.start for life in self._known])
        return self._known[: int(np.searchsorted(self._starts, t, side="right"))]

    def last(self, t: float) -> Life | None:
        """The run that began last."""
        known = self.upto(t)
        return known[-1] if known else None

    def running(self, t: float) -> Life | None:
        """The run that is under way."""
        last = self.last(t)
        return last if last is not None and last.end > t else None

    def places(self, t: Floats) -> tuple[Sequence[Life], Ints]:
        """All runs up to the last of these times, and for each time the place of the last begun, or -1."""
        if not t.size:
            return [], np.empty(0, dtype=np.int64)
        lives = self.upto(float(t.max()))
        return lives, np.searchsorted(self._starts[: len(lives)], t, side="right") - 1

    def alive(self, t: Floats) -> Floats:
        """1 while it runs."""
        lives, places = self.places(t)
        if not lives:
            return np.zeros(len(t))
        ends = np.array([life.end for life in lives])
        return np.where((places >= 0) & (t < ends[np.maximum(places, 0)]), 1.0, 0.0)

    def begun(self, t: Floats) -> Floats:
        """When the last run began; 0 before the first."""
        lives, places = self.places(t)
        if not lives:
            return np.zeros(len(t))
        return np.where(places >= 0, np.array([life.start for life in lives])[np.maximum(places, 0)], 0.0)

    def count(self, t: Floats, which: Callable[[Life], bool]) -> Floats:
        """How many of the runs begun so far are such."""
        lives, places = self.places(t)
        if not lives:
            return np.zeros(len(t))
        sums = np.cumsum([float(which(life)) for life in lives])
        return np.where(places >= 0, sums[np.maximum(places, 0)], 0.0)

    def _lived(self) -> Iterator[Life]:
        for start, end in self.ups:
            t, again = start, False
            for spell in sorted(self.troubles, key=lambda one: one.start):
                if not spell.touches(t, end):
                    continue
                begun, stop = t, min(spell.end, end)
                if spell.start > t:  # a leak takes its time from the run under way, all else ends it at once
                    t = min(spell.start + spell.level, stop) if spell.mode == "oom" else spell.start
                    yield _ended(begun, t, spell, again=again)
                if spell.mode in {"crashing", "oom"}:
                    yield from self._failing(t, stop, spell)
                t, again = stop, spell.mode in {"crashing", "oom"}
            if t < end:
                yield Life(t, end, again=again)

    def _failing(self, start: float, stop: float, spell: Spell) -> Iterator[Life]:
        run = spell.level if spell.mode == "oom" else self.run
        t, failures = start + self.wait(0), 1
        while t < stop:
            yield _ended(t, min(t + run, stop), spell, again=True)
            t += run + self.wait(failures if run < _FORGIVEN_SECONDS else 0)
            failures += 1


def docker_wait(failures: int) -> float:
    """Docker waits 100 ms and twice as long each time, up to a minute."""
    return float(min(0.1 * 2 ** min(failures, 12), 60.0))


def kubelet_wait(failures: int) -> float:
    """The kubelet waits 10 s and twice as long each time, up to five minutes."""
    return float(min(10.0 * 2 ** min(max(failures - 1, 0), 6), 300.0)) if failures else 1.0


def _ended(start: float, end: float, spell: Spell, *, again: bool) -> Life:
    if spell.mode == "oom":
        return Life(start, end, 137, killed=True, again=again, mode="oom", leaks=max(start, spell.start))
    code = int(spell.level) if spell.mode == "crashing" else (0 if spell.mode == "stopped" else 255)
    return Life(start, end, code, again=again, mode=spell.mode)


def without(
    ups: Sequence[tuple[float, float]], outs: Sequence[tuple[float, float]]
) -> list[tuple[float, float]]:
    """Stretches less other stretches; both in order and without overlap."""
    left: list[tuple[float, float]] = []
    for start, end in ups:
        t = start
        for away, back in outs:
            if back <= t or away >= end:
                continue
            if away > t:
                left.append((t, away))
            t = max(t, back)
        if t < end:
            left.append((t, end))
    return left
