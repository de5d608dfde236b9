"""Everything Prometheus has stored by now: what it scraped and what its rules wrote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sre_assistant.sim.alerting.rules import Rules
from sre_assistant.sim.arrays import Ints, Samples
from sre_assistant.sim.metrics.series import Index, Labels, Matcher, Newest, Series, newest


@dataclass(frozen=True, slots=True)
class Tsdb:
    """Scraped and written series up to a moment; the future is not stored yet."""

    index: Index
    rules: Rules
    now: int

    def select(self, matchers: Sequence[Matcher], start: int, end: int, /) -> list[Series]:
        """The series that pass the matchers."""
        found: list[Series] = [_Until(one, self.now) for one in self.index.matching(matchers)]
        written = self.rules.series(start, min(end, self.now), matchers)
        return sorted([*found, *written], key=lambda one: one.labels) if written else found


@dataclass(frozen=True, slots=True)
class _Until:
    series: Series
    now: int

    @property
    def labels(self) -> Labels:
        return self.series.labels

    def samples(self, start: int, end: int) -> Samples:
        return self.series.samples(start, min(end, self.now))

    def newest(self, moments: Ints, lookback: int) -> Newest | None:
        found = newest(self.series, np.minimum(moments, self.now), lookback)
        if found is None or moments[-1] <= self.now:
            return found
        return found._replace(fresh=found.fresh & (found.times >= moments - lookback))
