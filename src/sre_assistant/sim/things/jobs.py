"""What the house does by itself: when each job ran, on what, and how it ended."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Final

from sre_assistant.sim.causality.spells import Spells
from sre_assistant.sim.house import JobSpec
from sre_assistant.sim.signals import DAY, WEEK

_DAYS: Final = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
_AT: Final = re.compile(r"(?:daily|(?P<day>[a-z]{3})) (?P<hour>[01]\d|2[0-3]):(?P<minute>[0-5]\d)")


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a job on one thing."""

    job: str
    kind: str
    subject: str
    """The entity it worked on, e.g. ``guest/media``."""
    host: str
    """The machine that did the work."""
    start: float
    end: float
    error: str = ""
    """Why it failed; empty if it did not."""

    @property
    def good(self) -> bool:
        """Whether it ended well."""
        return not self.error


@dataclass(slots=True)
class Job:
    """A scheduled job; ``steps`` are what it works on, with machine and start within a run."""

    name: str
    spec: JobSpec
    seed: int
    steps: tuple[tuple[str, str, float], ...]
    """Entity, machine, and seconds after the job's start."""
    spells: Spells
    """``disabled``: it does not run on the machine that is its part; ``away``: that machine is not there;
    ``failing``: it ends with the detail as
    its error, on the entity that is its part. Without a part, everywhere. ``stop-job``: what was under way
    then ended, on the machine that is its detail, or everywhere."""

    @property
    def period(self) -> float:
        """Seconds from one start to the next."""
        return schedule(self.spec.schedule)[0]

    @property
    def phase(self) -> float:
        """Seconds from a Monday 00:00 UTC to a start."""
        return schedule(self.spec.schedule)[1]

    def starts(self, start: float, end: float) -> Iterator[float]:
        """When it should start in a window."""
        number = -(-(start - self.phase) // self.period)
        t = number * self.period + self.phase
        while t < end:
            yield t
            t += self.period

    def runs(self, start: float, end: float) -> list[Run]:
        """The runs that began in a window, by time."""
        found = []
        longest = max((offset for _, _, offset in self.steps), default=0.0)
        for begun in self.starts(start - longest, end):
            disabled = [one.part for one in self.spells.of("disabled") if one.has(begun)]
            for entity, host, offset in self.steps:
                t = begun + offset
                if start <= t < end and not {"", host} & {*disabled, *self._away(t)}:
                    found += self._stopped(self._run(entity, host, t), begun)
        return sorted(found, key=lambda run: (run.start, run.subject))

    def _away(self, t: float) -> list[str]:
        """The machines that are not there at a moment, so that nothing starts on them."""
        return [one.part for one in self.spells.of("away") if one.has(t)]

    def _stopped(self, run: Run, begun: float) -> list[Run]:
        """What is left of a run when somebody stopped the job on its machine since it began."""
        for spell in self.spells.of("stop-job"):
            if begun <= spell.start < run.end and spell.detail in {"", run.host}:
                cut = replace(run, end=spell.start, error="interrupted by signal")
                return [cut] if run.start < spell.start else []
        return [run]

    def last(self, entity: str, t: float, *, good: bool = False) -> Run | None:
        """The last run on an entity that ended before a moment, or the last good one."""
        for back in range(60):
            end = t - back * max(self.period, DAY)
            runs = [
                r for r in self.runs(end - max(self.period, DAY), end) if r.subject == entity and r.end <= t
            ]
            for run in reversed(runs):
                if run.good or not good:
                    return run
        return None

    def _run(self, entity: str, host: str, t: float) -> Run:
        for spell in self.spells.of("failing"):
            if spell.has(t) and spell.part in {"", entity}:
                took = min(spell.level or 4.0, self.spec.takes)
                return Run(self.name, self.spec.kind, entity, host, t, t + took, spell.detail)
        return Run(self.name, self.spec.kind, entity, host, t, t + self.spec.takes)


def schedule(text: str) -> tuple[float, float]:
    """Period and phase, in seconds from a Monday 00:00, of a written schedule.

    Raises:
        ValueError: it is none.
    """
    if text == "hourly":
        return 3600.0, 0.0
    found = _AT.fullmatch(text)
    if not found or (found["day"] and found["day"] not in _DAYS):
        raise ValueError(f"{text!r} is no schedule like hourly, daily 02:00 or sun 00:40")
    of_day = int(found["hour"]) * 3600.0 + int(found["minute"]) * 60.0
    if not found["day"]:
        return DAY, of_day
    return WEEK, _DAYS.index(found["day"]) * DAY + of_day
