"""What an expression gives on a grid of simulated time, worked out when asked for and kept."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, NamedTuple

import numpy as np

from sre_assistant.sim.arrays import Bools, Floats, Ints
from sre_assistant.sim.metrics.series import Labels, Storage
from sre_assistant.sim.promql import Engine
from sre_assistant.sim.promql.vectors import Frame

_STRETCH: Final = 360  # steps that are kept together
_AT_ONCE: Final = 7200  # steps worked out together, which bounds memory


class Row(NamedTuple):
    """One series of the result: a value per step, and where there is one."""

    values: Floats
    present: Bools


@dataclass(slots=True)
class _Stretch:
    """The results on the steps of one stretch; ``seen`` where they have been worked out."""

    seen: Bools = field(default_factory=lambda: np.zeros(_STRETCH, dtype=np.bool_))
    rows: dict[Labels, Row] = field(default_factory=dict)


@dataclass(slots=True)
class Course:
    """An expression's results every ``interval`` milliseconds from ``since`` (unix milliseconds) on.

    ``ahead`` more steps than asked for are worked out at once, which costs hardly more than one; who changes
    the world has to let it ``forget`` them.
    """

    expression: str
    interval: int
    since: int
    storage: Storage
    engine: Engine
    ahead: int = 0
    lock: threading.RLock = field(init=False, default_factory=threading.RLock)
    _stretches: dict[int, _Stretch] = field(init=False, default_factory=dict)

    def step_before(self, moment: int) -> int:
        """The last evaluation at or before a moment."""
        return moment // self.interval * self.interval

    def steps(self, start: int, end: int) -> Ints:
        """The evaluations from ``start`` to ``end``, both included, and the one before them."""
        first = max(-(-start // self.interval) * self.interval, self.since)
        return np.arange(first - self.interval, self.step_before(end) + 1, self.interval, dtype=np.int64)

    def at(self, step: int) -> dict[Labels, float]:
        """The results of one evaluation."""
        if step < self.since:
            return {}
        with self.lock:
            number, place = divmod(step // self.interval, _STRETCH)
            self._fill(step // self.interval, step // self.interval + 1)
            rows = self._stretches[number].rows
            return {labels: float(row.values[place]) for labels, row in rows.items() if row.present[place]}

    def over(self, steps: Ints) -> dict[Labels, Row]:
        """The rows that have a value at any of these consecutive evaluations; none before ``since``."""
        known = steps[steps >= self.since]
        if not len(known):
            return {}
        first, end = int(known[0]) // self.interval, int(known[-1]) // self.interval + 1
        lead = len(steps) - len(known)
        found: dict[Labels, Row] = {}
        with self.lock:
            self._fill(first, end)
            for stretch, here, there in self._pieces(first, end):
                for labels, row in stretch.rows.items():
                    if not row.present[here].any():
                        continue
                    whole = found.get(labels)
                    if whole is None:
                        whole = Row(np.full(len(steps), np.nan), np.zeros(len(steps), dtype=np.bool_))
                        found[labels] = whole
                    place = slice(there.start + lead, there.stop + lead)
                    whole.values[place], whole.present[place] = row.values[here], row.present[here]
        return found

    def unbroken_since(self, labels: Labels, step: int) -> int:
        """The first step of the run of results for ``labels`` that ends at ``step``."""
        first = -(-self.since // self.interval)
        index = step // self.interval
        with self.lock:
            while index >= first:
                number, place = divmod(index, _STRETCH)
                begin = max(number * _STRETCH, first)
                self._fill(begin, index + 1)
                row = self._stretches[number].rows.get(labels)
                if row is None:
                    break
                gaps = np.flatnonzero(~row.present[begin - number * _STRETCH : place + 1])
                if len(gaps):
                    return (begin + int(gaps[-1]) + 1) * self.interval
                index = begin - 1
        return max((index + 1) * self.interval, self.since)

    def forget(self, after: int) -> None:
        """Drops the results later than a moment: the world has changed then."""
        first = after // self.interval + 1
        with self.lock:
            for number, stretch in list(self._stretches.items()):
                place = first - number * _STRETCH
                if place <= 0:
                    del self._stretches[number]
                elif place < _STRETCH:
                    stretch.seen[place:] = False
                    for row in stretch.rows.values():
                        row.present[place:] = False

    def _pieces(self, first: int, end: int) -> Iterator[tuple[_Stretch, slice, slice]]:
        """The stretches that hold these steps: where in the stretch they lie, and where in the whole."""
        for number in range(first // _STRETCH, (end - 1) // _STRETCH + 1):
            begin = max(first, number * _STRETCH)
            stop = min(end, (number + 1) * _STRETCH)
            here = slice(begin - number * _STRETCH, stop - number * _STRETCH)
            yield self._stretches.setdefault(number, _Stretch()), here, slice(begin - first, stop - first)

    def _fill(self, first: int, end: int) -> None:
        """Works out the steps that nobody has asked for before, neighbours together."""
        seen = self._seen(first, end)
        if seen.all():
            return
        if not seen[-1]:
            seen = self._seen(first, end + self.ahead)
        edges = np.flatnonzero(np.diff(np.concatenate(([True], seen, [True]))))
        for begin, stop in zip(edges[::2].tolist(), edges[1::2].tolist(), strict=True):
            for part in range(begin, stop, _AT_ONCE):
                self._evaluate(first + part, first + min(part + _AT_ONCE, stop))

    def _seen(self, first: int, end: int) -> Bools:
        """Which of these steps have been worked out."""
        return np.concatenate([stretch.seen[here] for stretch, here, _ in self._pieces(first, end)])

    def _evaluate(self, first: int, end: int) -> None:
        times = np.arange(first, end, dtype=np.int64) * self.interval
        frame = Frame(times, int(times[0]), int(times[-1]))
        answer = self.engine.over(self.storage, self.expression, frame)
        for labels, samples in answer.series:
            places = samples.times // self.interval
            bounds = np.arange(int(places[0]) // _STRETCH, int(places[-1]) // _STRETCH + 2) * _STRETCH
            for begin, low, high in zip(bounds, *_split(places, bounds), strict=False):
                if low == high:
                    continue
                stretch = self._stretches.setdefault(int(begin) // _STRETCH, _Stretch())
                row = stretch.rows.get(labels)
                if row is None:
                    row = Row(np.full(_STRETCH, np.nan), np.zeros(_STRETCH, dtype=np.bool_))
                    stretch.rows[labels] = row
                row.values[places[low:high] - begin] = samples.values[low:high]
                row.present[places[low:high] - begin] = True
        for stretch, here, _ in self._pieces(first, end):
            stretch.seen[here] = True


def _split(places: Ints, bounds: Ints) -> tuple[list[int], list[int]]:
    """Where each stretch's part of ascending places begins and ends."""
    cuts = np.searchsorted(places, bounds).tolist()
    return cuts[:-1], cuts[1:]
