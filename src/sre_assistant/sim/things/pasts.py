"""What a job has done so far to one thing, as functions of time."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Floats, Ints
from sre_assistant.sim.causality.spells import Spells
from sre_assistant.sim.signals import DAY
from sre_assistant.sim.things.jobs import Job, Run

_LONGEST: Final = 400 * DAY


@dataclass(frozen=True, slots=True)
class Past:
    """The runs of a job on one entity.

    Looking back goes to a run that ended well, so that what is found does not depend on how much somebody
    looks at.
    """

    job: Job
    entity: str
    away: Spells = field(default_factory=Spells)
    """What happened to the machine that does the work: off it runs nothing, off the network nothing well."""
    more: Sequence[Run] = ()
    """Runs that somebody asked for."""

    def last(self, t: Floats, when: Callable[[Run], float], *, good: bool = False) -> Floats:
        """A figure of the last run that has ended (or ended well) at each time; 0 where there is none."""
        runs, places = self._ended(t, good=good)
        figures = np.array([0.0, *(when(run) for run in runs)])
        return figures[places]

    def failed(self, t: Floats) -> Floats:
        """How many runs in a row have failed."""
        runs, places = self._ended(t, good=False)
        rows = [0]
        for run in runs:
            rows.append(0 if self.good(run) else rows[-1] + 1)
        return np.array(rows, dtype=np.float64)[places]

    def since(self, t: Floats, begin: Floats) -> Floats:
        """How many runs ended well after ``begin`` up to each time."""
        if not t.size:
            return np.zeros(0)
        runs = self._runs(float(begin.min()) - self.job.spec.takes - 1.0, float(t.max()))
        ends = np.array([run.end for run in runs if self.good(run)])
        until = np.searchsorted(ends, t, side="right")
        return (until - np.searchsorted(ends, begin, side="right")).astype(np.float64)

    def good(self, run: Run) -> bool:
        """Whether a run ended well."""
        return run.good and self.away.at(run.start, "gone") is None

    def _ended(self, t: Floats, *, good: bool) -> tuple[list[Run], Ints]:
        """Runs that had ended by the last of these times, and for each time how many of them had."""
        if not t.size:
            return [], np.zeros(0, dtype=np.int64)
        runs = self._anchored(float(t.min()), float(t.max()))
        kept = [run for run in runs if self.good(run) or not good]
        return kept, np.searchsorted(np.array([run.end for run in kept]), t, side="right")

    def _anchored(self, first: float, last: float) -> list[Run]:
        """The runs up to ``last``, from one on that ended well before ``first``, if there is such a one."""
        back = 2 * self.job.period
        while back < _LONGEST:
            runs = self._runs(first - back, last)
            if any(self.good(run) and run.end <= first for run in runs):
                return runs
            back *= 4
        return self._runs(first - _LONGEST, last)

    def _runs(self, start: float, end: float) -> list[Run]:
        """The runs that began in a window, by their end."""
        found = [run for run in self.job.runs(start, end) if run.subject == self.entity]
        found = [run for run in found if self.away.at(run.start, "off") is None]
        found += [run for run in self.more if start <= run.start < end]
        return sorted(found, key=lambda run: run.end)
