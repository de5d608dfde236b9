"""Everything Prometheus has stored by now: what it scraped and what its rules wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from sre_assistant.sim.arrays import Samples
from sre_assistant.sim.rules import Rules
from sre_assistant.sim.series import NAME, Index, Labels, Matcher, Series, matching

_BY_RULES = ("ALERTS", "ALERTS_FOR_STATE")


@dataclass(frozen=True, slots=True)
class Scrapes:
    """The scraped series alone; what rules are evaluated on."""

    index: Index

    def select(self, matchers: Sequence[Matcher], _start: int, _end: int, /) -> list[Series]:
        """The series that pass the matchers."""
        return self.index.matching(matchers)


@dataclass(frozen=True, slots=True)
class Tsdb:
    """Scraped and written series up to a moment; the future is not stored yet."""

    index: Index
    rules: Rules
    now: int

    def select(self, matchers: Sequence[Matcher], start: int, end: int, /) -> list[Series]:
        """The series that pass the matchers."""
        found: list[Series] = [_Until(one, self.now) for one in self.index.matching(matchers)]
        if any(_may_be_written(matchers, name) for name in _BY_RULES):
            written = matching(self.rules.series(start, min(end, self.now)), matchers)
            found = sorted([*found, *written], key=lambda one: one.labels)
        return found


@dataclass(frozen=True, slots=True)
class _Until:
    series: Series
    now: int

    @property
    def labels(self) -> Labels:
        return self.series.labels

    def samples(self, start: int, end: int) -> Samples:
        return self.series.samples(start, min(end, self.now))


def _may_be_written(matchers: Sequence[Matcher], name: str) -> bool:
    return all(matcher.matches(name) for matcher in matchers if matcher.name == NAME)
