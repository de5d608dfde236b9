"""Queries from outside: parse, work out, and hand back plain answers."""

from __future__ import annotations

import heapq
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Final, Literal

import numpy as np

from sre_assistant.sim.arrays import Ints
from sre_assistant.sim.logql.costs import Costs
from sre_assistant.sim.logql.errors import LimitReached, QueryError
from sre_assistant.sim.logql.evaluator import Evaluator, matchers
from sre_assistant.sim.logql.parser import parse
from sre_assistant.sim.logql.pipeline import Pipeline, pipeline
from sre_assistant.sim.logql.syntax import Metric, Number, Selection, VectorAggregation
from sre_assistant.sim.logql.windows import Line
from sre_assistant.sim.logstore import LogStore, LogStream
from sre_assistant.sim.metrics.series import Labels

MAX_POINTS: Final = 11_000
MAX_SERIES: Final = 500
_ORDERED: Final = frozenset({"sort", "sort_desc", "topk", "bottomk"})


@dataclass(frozen=True, slots=True)
class Found:
    """A line of the answer: unix nanoseconds, text, and its labels by where they come from."""

    at: int
    text: str
    stream: Labels
    metadata: Labels
    parsed: Labels

    @property
    def labels(self) -> Labels:
        """All labels in one."""
        return tuple(sorted(self.stream + self.metadata + self.parsed))


@dataclass(frozen=True, slots=True)
class Logs:
    """Lines, in the order asked for."""

    lines: tuple[Found, ...]
    costs: Costs


@dataclass(frozen=True, slots=True)
class Point:
    """A value at a step, unix milliseconds."""

    at: int
    value: float


@dataclass(frozen=True, slots=True)
class Numbers:
    """Series with their points; a vector has one point each, a scalar no labels."""

    kind: Literal["vector", "matrix", "scalar"]
    series: tuple[tuple[Labels, tuple[Point, ...]], ...]
    costs: Costs = field(default_factory=Costs)


@dataclass(frozen=True, slots=True)
class Engine:
    """Answers LogQL over a store of lines."""

    max_series: int = MAX_SERIES

    def logs(
        self, store: LogStore, query: str, start: int, end: int, *, limit: int = 100, forward: bool = False
    ) -> Logs:
        """The first, or last, lines with ``start <= at < end`` (unix nanoseconds).

        Raises:
            QueryError: it does not parse, is a metric query, or a stage cannot be built.
        """
        tree = parse(query)
        if not isinstance(tree, Selection):
            raise QueryError("only log selector is supported")
        return selected(store, tree, start, end, limit=limit, forward=forward)

    def instant(self, store: LogStore, query: str, moment: int) -> Numbers:
        """The worth of a metric query at one moment (unix nanoseconds).

        Raises:
            QueryError: it does not parse, is a log query, or cannot be worked out.
        """
        tree = _metric(query)
        milliseconds = moment // 1_000_000
        if isinstance(tree, Number):
            return Numbers("scalar", (((), (Point(milliseconds, tree.value),)),))
        costs = Costs()
        lines = self._lines(store, tree, np.array([moment], dtype=np.int64), costs)
        if not (isinstance(tree, VectorAggregation) and tree.function in _ORDERED):
            lines = sorted(lines, key=lambda line: line.labels)
        series = tuple((line.labels, (Point(milliseconds, float(line.values[0])),)) for line in lines)
        return Numbers("vector", series, costs)

    def over(self, store: LogStore, query: str, start: int, end: int, step: int) -> Numbers:
        """The worth of a metric query at each step from ``start`` to ``end`` (all nanoseconds).

        Raises:
            QueryError: it does not parse, is a log query, has too many steps, or cannot be worked out.
        """
        tree = _metric(query)
        check_resolution(start, end, step)
        steps = np.arange(start, end + 1, step, dtype=np.int64)
        costs = Costs()
        lines = self._lines(store, tree, steps, costs)
        stamps = (steps // 1_000_000).tolist()
        points: dict[Labels, tuple[Point, ...]] = {}
        for line in sorted(lines, key=lambda line: line.labels):
            points[line.labels] = points.get(line.labels, ()) + _points(line, stamps)
        series = tuple(
            (labels, tuple(sorted(some, key=lambda one: one.at))) for labels, some in points.items()
        )
        return Numbers("matrix", series, costs)

    def _lines(self, store: LogStore, tree: Metric, steps: Ints, costs: Costs) -> list[Line]:
        lines = [
            line for line in Evaluator(store, steps, costs, self.max_series).lines(tree) if line.present.any()
        ]
        if len(lines) > self.max_series:
            raise LimitReached.series(self.max_series)
        return lines


def check_resolution(start: int, end: int, step: int) -> None:
    """Refuses more steps than a series may have.

    Raises:
        LimitReached: there are more.
    """
    if (end - start) / step > MAX_POINTS:
        raise LimitReached(
            "exceeded maximum resolution of 11,000 points per time series. "
            "Try increasing the value of the step parameter"
        )


def selected(store: LogStore, tree: Selection, start: int, end: int, *, limit: int, forward: bool) -> Logs:
    """The first, or last, lines of a log query.

    Raises:
        StageError: a stage cannot be built.
    """
    line = pipeline(tree.stages)
    costs = Costs()
    streams = store.streams(matchers(tree.matches), start, end)
    merged = heapq.merge(
        *(_passed(stream, line, start, end, costs, forward=forward) for stream in streams),
        key=lambda found: found.at if forward else -found.at,
    )
    found = []
    for one in merged:
        found.append(one)
        if len(found) >= limit:
            break
    costs.kept = len(found)
    return Logs(tuple(found), costs)


def _passed(
    stream: LogStream, line: Pipeline, start: int, end: int, costs: Costs, *, forward: bool
) -> Iterator[Found]:
    """The lines of one stream that pass, in the order asked for."""
    base = dict(stream.labels)
    entries = stream.entries(start, end)
    costs.streams += 1
    for entry in entries if forward else reversed(entries):
        costs.lines += 1
        costs.bytes += len(entry.text)
        costs.metadata_bytes += sum(len(name) + len(value) for name, value in entry.metadata.items())
        if passed := line.run(entry.text, base, entry.metadata, entry.at):
            text, row = passed
            parsed = row.found()
            metadata = {name: value for name, value in row.metadata.items() if name not in parsed}
            yield Found(entry.at, text, _sorted(row.stream()), _sorted(metadata), _sorted(parsed))


def _sorted(labels: dict[str, str]) -> Labels:
    return tuple(sorted(labels.items()))


def _metric(query: str) -> Metric:
    tree = parse(query)
    if isinstance(tree, Selection):
        raise QueryError(
            "log queries are not supported as an instant query type, "
            "please change your query to a range query type"
        )
    return tree


def _points(line: Line, stamps: list[int]) -> tuple[Point, ...]:
    triples = zip(stamps, line.values.tolist(), line.present.tolist(), strict=True)
    return tuple(Point(at, value) for at, value, present in triples if present)
