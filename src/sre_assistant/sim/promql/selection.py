"""From a selector to samples: lookback, staleness, offsets and windows."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, Literal

import numpy as np
import promql_parser as ast

from sre_assistant.sim.arrays import Bools, Floats, Ints, Samples, is_stale
from sre_assistant.sim.metrics.series import NAME, Labels, Matcher, Storage, newest
from sre_assistant.sim.promql.errors import ExecutionFailed, QueryTimedOut
from sre_assistant.sim.promql.strings import shown
from sre_assistant.sim.promql.vectors import Frame, Vector, stacked
from sre_assistant.sim.promql.windows import Windows

LOOKBACK_MS: Final = 300_000
MAX_SAMPLES: Final = 50_000_000

_OPERATORS: Final[dict[str, Literal["=", "!=", "=~", "!~"]]] = {
    "MatchOp.Equal": "=",
    "MatchOp.NotEqual": "!=",
    "MatchOp.Re": "=~",
    "MatchOp.NotRe": "!~",
}


@dataclass(slots=True)
class Budget:
    """What one query may cost: samples read, and real time."""

    deadline: float
    now: Callable[[], float] = time.monotonic
    samples: int = field(default=0, init=False)
    looked_at: int = field(default=0, init=False)
    """Samples that steps looked at, one that several steps see counted for each."""
    most: int = field(default=0, init=False)
    """Samples that one selector gave at most."""

    def look(self, samples: int) -> None:
        """Counts samples that steps look at."""
        self.looked_at += samples
        self.most = max(self.most, samples)

    def spend(self, samples: int) -> None:
        """Counts samples.

        Raises:
            ExecutionFailed: more than the server allows one query.
            QueryTimedOut: the time is over.
        """
        self.samples += samples
        if self.samples > MAX_SAMPLES:
            raise ExecutionFailed(
                "query processing would load too many samples into memory in query execution"
            )
        if self.now() > self.deadline:
            raise QueryTimedOut


def matchers_of(selector: ast.VectorSelector) -> tuple[Matcher, ...]:
    """The selector's conditions, the metric name among them."""
    name = [Matcher(NAME, "=", selector.name)] if selector.name else []
    return (
        *name,
        *(_matcher(one.name, _OPERATORS[str(one.op)], one.value) for one in selector.matchers.matchers),
    )


def _matcher(name: str, op: Literal["=", "!=", "=~", "!~"], value: str) -> Matcher:
    return Matcher(name, op, shown(value) if op in {"=~", "!~"} else value)


def milliseconds(span: timedelta | None) -> int:
    """Whole milliseconds of a span; none counts as zero."""
    return 0 if span is None else span // timedelta(milliseconds=1)


def reference_times(node: ast.VectorSelector | ast.SubqueryExpr, frame: Frame) -> Ints:
    """The moments a selector looks at: each step, or its ``@`` moment, less its offset."""
    offset = milliseconds(node.offset)
    if node.at is None:
        return frame.times - offset
    kind = node.at.type
    if kind == ast.AtModifierType.Start:
        moment = frame.start
    elif kind == ast.AtModifierType.End:
        moment = frame.end
    else:
        moment = _unix_ms(node.at.at)
    return np.full(len(frame.times), moment - offset, dtype=np.int64)


def instant(
    storage: Storage, selector: ast.VectorSelector, frame: Frame, budget: Budget, *, stamps: bool = False
) -> Vector:
    """The newest sample of each series at each step within the lookback; its time with ``stamps``."""
    moments = reference_times(selector, frame)
    rows: list[tuple[Labels, Floats, Bools]] = []
    seen = 0
    first, last = int(moments.min()) - LOOKBACK_MS, int(moments.max())
    ascending = selector.at is None
    for series in storage.select(matchers_of(selector), first, last):
        found = newest(series, moments, LOOKBACK_MS) if ascending else None
        if found is not None:
            budget.spend(len(moments))
            seen += int(found.fresh.sum())
            rows.append((series.labels, found.times / 1000.0 if stamps else found.values, found.fresh))
            continue
        times, values = series.samples(first, last)
        budget.spend(min(len(times), len(moments)))
        if not len(times):
            continue
        index = np.searchsorted(times, moments, side="right") - 1
        place = np.maximum(index, 0)
        fresh = (index >= 0) & (times[place] >= moments - LOOKBACK_MS) & ~is_stale(values)[place]
        seen += int(fresh.sum())
        rows.append((series.labels, times[place] / 1000.0 if stamps else values[place], fresh))
    budget.look(seen)
    return stacked(rows, frame)


def ranged(
    storage: Storage, selector: ast.MatrixSelector, frame: Frame, budget: Budget
) -> Iterator[tuple[Labels, Windows]]:
    """Each series with its window before each step, both bounds included, without stale markers."""
    inner, width = selector.vector_selector, milliseconds(selector.range)
    ends = reference_times(inner, frame)
    first, last = int(ends.min()) - width, int(ends.max())
    edges = _Edges(ends, width)
    for series in storage.select(matchers_of(inner), first, last):
        samples = series.samples(first, last)
        stale = is_stale(samples.values)
        if stale.any():
            samples = Samples(samples.times[~stale], samples.values[~stale])
        budget.spend(len(samples.times))
        if len(samples.times):
            found = edges.windows(samples)
            budget.look(int(found.counts.sum()))
            yield series.labels, found


class _Edges:
    """Windows of ``width`` milliseconds that end at ``ends``; series scraped together share their places."""

    def __init__(self, ends: Ints, width: int) -> None:
        self._starts, self._ends, self._width = ends - width, ends, width
        self._known: dict[tuple[int, int, int], Windows] = {}

    def windows(self, samples: Samples) -> Windows:
        """The windows of one series."""
        times = samples.times
        key = (len(times), int(times[0]), int(times[-1]))
        known = self._known.get(key)
        if known is not None and np.array_equal(known.times, times):
            return replace(known, values=samples.values)
        low = np.searchsorted(times, self._starts, side="left")
        high = np.searchsorted(times, self._ends, side="right")
        found = Windows(times, samples.values, low, high, self._starts, self._ends, self._width / 1000.0)
        self._known[key] = found
        return found


def windows(samples: Samples, ends: Ints, width: int) -> Windows:
    """The windows of ``width`` milliseconds that end at ``ends``."""
    return _Edges(ends, width).windows(samples)


def equalities(matchers: Sequence[Matcher]) -> Labels:
    """The labels that a selector fixes to one value; what ``absent`` answers with."""
    fixed: dict[str, str] = {}
    seen: set[str] = set()
    for one in matchers:
        if one.name == NAME:
            continue
        if one.op == "=" and one.name not in seen:
            fixed[one.name] = one.value
        else:
            fixed.pop(one.name, None)
        seen.add(one.name)
    return tuple(sorted((name, value) for name, value in fixed.items() if value))


def _unix_ms(moment: datetime | None) -> int:
    if moment is None:
        raise ExecutionFailed("the @ modifier lacks its moment")
    return round(moment.timestamp() * 1000)
