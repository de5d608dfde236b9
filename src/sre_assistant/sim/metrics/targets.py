"""What Prometheus scrapes: a target's schedule, its outages, and the series that a scrape yields."""

from __future__ import annotations

import zlib
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import STALE, Bools, Floats, Ints, Samples
from sre_assistant.sim.metrics.series import NAME, Labels, Newest, labels_of
from sre_assistant.sim.metrics.swelling import Swelling
from sre_assistant.sim.remembering import same_moments

Level = Callable[[Floats], Floats]
"""A value at each time (seconds since the world's epoch)."""

SCRAPE_INTERVAL_MS: Final = 15_000


@dataclass(frozen=True, slots=True)
class Point:
    """One series of a metric, before the target's labels are added."""

    labels: Mapping[str, str]
    level: Level
    exists: Level | None = None
    """1 at the times at which the exporter shows it at all; by default always."""


@dataclass(frozen=True, slots=True)
class Family:
    """A metric as an exporter describes it."""

    name: str
    kind: str
    """``counter``, ``gauge``, ``histogram``, ``summary`` or ``unknown``."""
    help: str
    points: tuple[Point, ...]

    @property
    def parent(self) -> str:
        """The name that metadata knows it by: a histogram's parts share one."""
        if self.kind == "histogram":
            return self.name.removesuffix("_bucket").removesuffix("_count").removesuffix("_sum")
        return self.name


@dataclass(frozen=True, slots=True)
class Outage:
    """A time in which scrapes fail, in unix milliseconds; ``error`` is what the client says."""

    start: int
    end: int
    error: str
    seconds: float
    """How long a failing scrape takes."""


@dataclass(slots=True)
class Target:
    """One scraped address."""

    job: str
    instance: str
    url: str
    since: int
    """Unix milliseconds before which nobody scraped it."""
    epoch: int
    """Unix milliseconds of the world's epoch."""
    families: Sequence[Family] = ()
    labels: Mapping[str, str] = field(default_factory=dict)
    address: str = ""
    """What service discovery knew before relabelling; the instance by default."""
    outages: list[Outage] = field(default_factory=list)
    dropped: Sequence[tuple[int, int]] = ()
    """When it is not in the configuration, in unix milliseconds."""
    size: int = 0
    """How many series it always shows."""
    varying: Sequence[tuple[Level, int]] = ()
    """How many series it shows besides while a level is 1."""
    swellings: Sequence[Swelling] = ()
    """When it brings ever new series, only the first of which can be asked for."""

    @property
    def identity(self) -> dict[str, str]:
        """The labels that every series of this target carries."""
        return {"job": self.job, "instance": self.instance, **self.labels}

    @property
    def phase(self) -> int:
        """When in each interval this target is scraped, in milliseconds."""
        return zlib.crc32(f"{self.job} {self.url}".encode()) % SCRAPE_INTERVAL_MS

    def scrapes(self, start: int, end: int) -> Ints:
        """The moments of scrapes from ``start`` to ``end``, both included."""
        start = max(start, self.since)
        first = -(-(start - self.phase) // SCRAPE_INTERVAL_MS)
        last = (end - self.phase) // SCRAPE_INTERVAL_MS
        return np.arange(first, last + 1, dtype=np.int64) * SCRAPE_INTERVAL_MS + self.phase

    def last_scrapes(self, moments: Ints) -> Ints | None:
        """The last scrape before each ascending moment; None where these are nearly all scrapes there are."""
        if len(moments) < 2 or moments[1] - moments[0] < 2 * SCRAPE_INTERVAL_MS:
            return None
        return (moments - self.phase) // SCRAPE_INTERVAL_MS * SCRAPE_INTERVAL_MS + self.phase

    def failing(self, times: Ints) -> Bools:
        """Which of the scrapes at these moments fail."""
        failing = np.zeros(len(times), dtype=np.bool_)
        for outage in self.outages_in(int(times[0]), int(times[-1])) if len(times) else ():
            failing |= (times >= outage.start) & (times < outage.end)
        return failing

    def known(self, times: Ints) -> Bools:
        """At which moments Prometheus has it in its configuration."""
        known = np.ones(len(times), dtype=np.bool_)
        for start, end in self.dropped:
            known &= (times < start) | (times >= end)
        return known

    def is_known(self, moment: int) -> bool:
        """Whether Prometheus has it in its configuration at a moment."""
        return not any(start <= moment < end for start, end in self.dropped)

    def count(self, times: Ints) -> Floats:
        """How many series a good scrape at each moment yields."""
        found, t = np.full(len(times), float(self.size)), self.seconds(times)
        for exists, series in self.varying:
            found = found + np.where(exists(t) > 0, float(series), 0.0)
        for one in self.swellings:
            found = found + one.shown(t)
        return found

    def measure(self) -> None:
        """Counts what it shows, before its ever new series are added."""
        shown = Counter(point.exists for family in self.families for point in family.points)
        self.size = shown.pop(None, 0)
        self.varying = [(exists, series) for exists, series in shown.items() if exists is not None]

    def outages_in(self, start: int, end: int) -> list[Outage]:
        """The outages that a scrape in the window, or the one before it, meets."""
        return [one for one in self.outages if one.start <= end and one.end > start - SCRAPE_INTERVAL_MS]

    def outage(self, moment: int) -> Outage | None:
        """The outage that a scrape at this moment meets."""
        return next((one for one in self.outages if one.start <= moment < one.end), None)

    def seconds(self, times: Ints) -> Floats:
        """Moments as seconds since the world's epoch."""
        return same_moments(self.epoch, times, lambda moments: (moments - self.epoch) / 1000.0)

    def series(self) -> Iterator[Scraped | Reported]:
        """Every series: the exporter's, and those that Prometheus adds itself."""
        identity = self.identity
        for family in self.families:
            for point in family.points:
                labels = labels_of({NAME: family.name, **point.labels, **identity})
                yield Scraped(labels, self, point)
        for name, level in _REPORTS.items():
            yield Reported(labels_of({NAME: name, **identity}), self, level)


@dataclass(frozen=True, slots=True)
class Scraped:
    """A series that the target's exporter serves; it goes stale when a scrape fails or no longer shows it."""

    labels: Labels
    target: Target
    point: Point

    def samples(self, start: int, end: int) -> Samples:
        """The samples that scrapes in the window brought."""
        times = self.target.scrapes(start, end)
        if not len(times):
            return Samples(times, np.empty(0))
        values = np.asarray(self.point.level(self.target.seconds(times)), dtype=np.float64)
        if not self._may_miss(times):
            return Samples(times, values)
        return _ended(times, values, self._missing(times), self._missing(times - SCRAPE_INTERVAL_MS))

    def newest(self, moments: Ints, _lookback: int) -> Newest | None:
        """The newest sample at each moment; none where the last scrape brought none."""
        times = self.target.last_scrapes(moments)
        if times is None:
            return None
        values = np.asarray(self.point.level(self.target.seconds(times)), dtype=np.float64)
        fresh: Bools = times >= self.target.since
        if self._may_miss(times):
            fresh = fresh & ~self._missing(times)
        return Newest(times, values, fresh)

    def _may_miss(self, times: Ints) -> bool:
        target = self.target
        if self.point.exists is not None or target.dropped:
            return True
        return bool(target.outages_in(int(times[0]), int(times[-1])))

    def _missing(self, times: Ints) -> Bools:
        missing = self.target.failing(times) | ~self.target.known(times)
        if self.point.exists is None:
            return missing
        hidden: Bools = self.point.exists(self.target.seconds(times)) == 0
        return missing | hidden


@dataclass(frozen=True, slots=True)
class Reported:
    """A series that Prometheus writes itself after each scrape, successful or not."""

    labels: Labels
    target: Target
    level: Callable[[Target, Ints], Floats]

    def samples(self, start: int, end: int) -> Samples:
        """One sample per scrape."""
        times = self.target.scrapes(start, end)
        values = self.level(self.target, times)
        if not self.target.dropped:
            return Samples(times, values)
        return _ended(
            times, values, ~self.target.known(times), ~self.target.known(times - SCRAPE_INTERVAL_MS)
        )

    def newest(self, moments: Ints, _lookback: int) -> Newest | None:
        """The newest sample at each moment."""
        times = self.target.last_scrapes(moments)
        if times is None:
            return None
        fresh: Bools = (times >= self.target.since) & self.target.known(times)
        return Newest(times, self.level(self.target, times), fresh)


def _ended(times: Ints, values: Floats, missing: Bools, before: Bools) -> Samples:
    """Samples where they are not missing, and a stale marker where they begin to be."""
    ended = missing & ~before
    kept = ~missing | ended
    return Samples(times[kept], np.where(ended, STALE, values)[kept])


def metadata_of(targets: Sequence[Target]) -> dict[str, set[tuple[str, str]]]:
    """Type and help of every metric."""
    found: dict[str, set[tuple[str, str]]] = {}
    for target in targets:
        for family in target.families:
            found.setdefault(family.parent, set()).add((family.kind, family.help))
    return found


def _up(target: Target, times: Ints) -> Floats:
    return np.where(target.failing(times), 0.0, 1.0)


def _duration(target: Target, times: Ints) -> Floats:
    usual = 0.004 + target.count(times) * 2e-5
    mixed = (times // SCRAPE_INTERVAL_MS * 2654435761 + target.phase) % 1009
    took = usual * (0.8 + mixed / 1009 * 0.5)
    for outage in target.outages_in(int(times[0]), int(times[-1])) if len(times) else ():
        took = np.where((times >= outage.start) & (times < outage.end), outage.seconds, took)
    return took


def _scraped(target: Target, times: Ints) -> Floats:
    return _up(target, times) * target.count(times)


def _added(target: Target, times: Ints) -> Floats:
    """All series are new at the first scrape after an outage, else those that came since the last one."""
    before = times - SCRAPE_INTERVAL_MS
    now = target.count(times)
    fresh = target.failing(before) | ~target.known(before)
    came = np.where(fresh, now, np.maximum(now - target.count(before), 0.0))
    return np.where(target.failing(times), 0.0, came)


_REPORTS: Final[dict[str, Callable[[Target, Ints], Floats]]] = {
    "up": _up,
    "scrape_duration_seconds": _duration,
    "scrape_samples_scraped": _scraped,
    "scrape_samples_post_metric_relabeling": _scraped,
    "scrape_series_added": _added,
}
