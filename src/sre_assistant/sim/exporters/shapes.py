"""Small builders that exporters share."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

import numpy as np

from sre_assistant.sim.arrays import Floats, Ints
from sre_assistant.sim.metrics.targets import Family, Level, Point
from sre_assistant.sim.signals import Constant, Signal, Wander, seeded, uneven


@dataclass(frozen=True, slots=True)
class Sheet:
    """Collects the series of an exporter that shows many things alike.

    Args:
        about: kind and help of each metric, in the order in which the page has them.
    """

    about: Mapping[str, tuple[str, str]]
    points: dict[str, list[Point]] = field(default_factory=dict)

    def put(
        self, name: str, labels: Mapping[str, str], level: Level | float, exists: Level | None = None
    ) -> None:
        """One more series; a number is a value that never changes.

        Raises:
            KeyError: the metric is none of the page's.
        """
        if name not in self.about:
            raise KeyError(name)
        course = level if callable(level) else fixed(level)
        self.points.setdefault(name, []).append(Point(labels, course, exists))

    def narrow(self, exists: Level) -> None:
        """Everything so far is there only while this is 1, too."""
        for name, points in self.points.items():
            self.points[name] = [replace(one, exists=_both(one.exists, exists)) for one in points]

    def families(self) -> list[Family]:
        """Every metric that has a series."""
        return [
            Family(name, kind, about, tuple(self.points[name]))
            for name, (kind, about) in self.about.items()
            if name in self.points
        ]


def _both(first: Level | None, second: Level) -> Level:
    if first is None:
        return second
    return lambda t: np.where((first(t) != 0) & (second(t) != 0), 1.0, 0.0)


def one(name: str, kind: str, about: str, level: Level) -> Family:
    """A metric with a single series and no labels of its own."""
    return Family(name, kind, about, (Point({}, level),))


def gauge(name: str, about: str, level: Level) -> Family:
    """A gauge with a single series and no labels of its own."""
    return one(name, "gauge", about, level)


def counter(name: str, about: str, level: Level) -> Family:
    """A counter with a single series and no labels of its own."""
    return one(name, "counter", about, level)


def histogram(
    name: str, about: str, rows: Sequence[tuple[Mapping[str, str], Signal]], spread: Spread
) -> list[Family]:
    """A histogram per label set: events at a rate, and how quick they are."""
    buckets = [
        ({**labels, "le": bound}, thinned(counted(events, spread.starts), share, 0))
        for labels, events in rows
        for bound, share in spread.shares.items()
    ]
    totals = [(labels, counted(events, spread.starts)) for labels, events in rows]
    sums = [(labels, thinned(level, spread.mean, 6)) for labels, level in totals]
    return [
        many(f"{name}_bucket", "histogram", about, buckets),
        many(f"{name}_count", "histogram", about, totals),
        many(f"{name}_sum", "histogram", about, sums),
    ]


@dataclass(frozen=True)
class Spread:
    """How quick events are: the share up to each bound, the mean in seconds, and when counting began."""

    shares: Mapping[str, float]
    mean: float
    starts: Floats


def thinned(level: Level, share: float, decimals: int) -> Level:
    """A fixed part of a counter, which stays a counter."""
    return lambda t: np.round(level(t) * share, decimals)


def many(name: str, kind: str, about: str, points: Sequence[tuple[Mapping[str, str], Level]]) -> Family:
    """A metric with a series per label set."""
    return Family(name, kind, about, tuple(Point(labels, level) for labels, level in points))


def fixed(value: float) -> Level:
    """A value that never changes."""
    return lambda t: np.full(t.shape, value, dtype=np.float64)


def counted(signal: Signal, starts: Floats, unit: float = 1.0) -> Level:
    """A counter in whole units that begins anew at each start."""
    since = since_start(signal, starts)
    return lambda t: np.floor(since(t) / unit) * unit


def hundredths(signal: Signal, starts: Floats) -> Level:
    """A counter of seconds with two decimals, as the kernel counts CPU time."""
    since = since_start(signal, starts)
    return lambda t: np.floor(since(t) * 100 + 1e-6) / 100


def thousandths(signal: Signal, starts: Floats) -> Level:
    """A counter of seconds with three decimals, as the kernel counts time of disks."""
    since = since_start(signal, starts)
    return lambda t: np.floor(since(t) * 1000 + 1e-6) / 1000


def since_start(signal: Signal, starts: Floats) -> Level:
    """What has come together since the last start before each time."""
    totals: list[Floats] = []

    def level(t: Floats) -> Floats:
        if not totals:
            totals.append(signal.total(starts))
        return np.maximum(signal.total(t) - totals[0][_last(starts, t)], 0.0)

    return level


def started(starts: Floats, epoch: float, decimals: int) -> Level:
    """The unix time of the last start before each time."""
    return lambda t: np.round(epoch + starts[_last(starts, t)], decimals)


def since_boot(starts: Floats) -> Level:
    """Whole seconds since the last start before each time."""
    return lambda t: np.floor(t - starts[_last(starts, t)])


def _last(starts: Floats, t: Floats) -> Ints:
    return np.maximum(np.searchsorted(starts, t, side="right") - 1, 0)


def around(seed: int, middle: float, spread: float, *, whole: bool = False) -> Level:
    """A gauge that wanders around a value."""
    wander = Wander(seed, 1200.0, spread)

    def level(t: Floats) -> Floats:
        values: Floats = np.maximum(middle + wander.value(t), 0.0)
        return np.rint(values) if whole else values

    return level


def steady(rate: float, *names: str) -> Signal:
    """A rate with some noise that depends on the names only."""
    return uneven(Constant(rate), seeded(0, *names), rate)


def process(
    seed: int, starts: Floats, epoch: float, resident: float, more: Level | None = None
) -> list[Family]:
    """What every Go program tells of its own process; ``more`` is memory beyond the usual, in bytes."""
    usual = around(seed + 3, resident, resident / 20, whole=True)
    return [
        gauge("go_goroutines", "Goroutines that exist.", around(seed, 40, 8, whole=True)),
        many(
            "go_info",
            "gauge",
            "Go version the program was built with.",
            [({"version": "go1.19.8"}, fixed(1.0))],
        ),
        gauge(
            "go_memstats_alloc_bytes",
            "Bytes allocated and in use.",
            around(seed + 1, resident / 3, resident / 9, whole=True),
        ),
        counter(
            "process_cpu_seconds_total",
            "CPU time used, in seconds.",
            hundredths(steady(0.012, str(seed)), starts),
        ),
        gauge("process_max_fds", "Most file descriptors allowed.", fixed(1048576.0)),
        gauge("process_open_fds", "Open file descriptors.", around(seed + 2, 34, 6, whole=True)),
        gauge(
            "process_resident_memory_bytes",
            "Resident memory in bytes.",
            usual if more is None else lambda t: usual(t) + more(t),
        ),
        gauge(
            "process_start_time_seconds",
            "Start of the process, unix time in seconds.",
            started(starts, epoch, 2),
        ),
        gauge("process_virtual_memory_bytes", "Virtual memory in bytes.", fixed(round(resident * 9))),
    ]
