"""Works a metric query out over steps of time."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Ints
from sre_assistant.sim.logql.aggregation import aggregated
from sre_assistant.sim.logql.costs import Costs
from sre_assistant.sim.logql.errors import EvaluationFailed, LimitReached, PipelineFailed
from sre_assistant.sim.logql.matching import joined, with_number
from sre_assistant.sim.logql.row import ERROR, PRESERVE
from sre_assistant.sim.logql.samples import Extractor
from sre_assistant.sim.logql.syntax import (
    Binary,
    Grouping,
    LabelReplace,
    Match,
    Metric,
    Number,
    RangeAggregation,
    VectorAggregation,
    VectorOf,
)
from sre_assistant.sim.logql.windows import Line, over_windows
from sre_assistant.sim.logstore import LogStore
from sre_assistant.sim.metrics.series import Labels, Matcher, labels_of
from sre_assistant.sim.regex import compiled, expanded, translated

_PUSHED_DOWN: Final = frozenset({"bytes_over_time", "bytes_rate", "sum_over_time", "rate", "count_over_time"})
_WHOLE: Final = frozenset({"topk", "bottomk", "stddev", "stdvar", "sort", "sort_desc"})
"""What cannot be worked out in shards, so that the limit on series holds within it too."""


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Evaluates over ``steps`` (unix nanoseconds)."""

    store: LogStore
    steps: Ints
    costs: Costs
    max_series: int

    def lines(self, tree: Metric) -> list[Line]:
        """The series of an expression; a number is one without labels.

        Raises:
            QueryError: it cannot be worked out.
        """
        match tree:
            case Number() | VectorOf():
                return [
                    Line((), np.full(len(self.steps), tree.value), np.ones(len(self.steps), dtype=np.bool_))
                ]
            case RangeAggregation():
                return self._windows(tree, None)
            case VectorAggregation():
                return self._aggregated(tree)
            case LabelReplace():
                if isinstance(tree.of, Number):
                    raise EvaluationFailed(
                        "unexpected expr type (*syntax.LiteralExpr) for Evaluator type "
                        "(*logql.DefaultEvaluator)"
                    )
                return [_replaced(tree, line) for line in self.lines(tree.of)]
            case Binary():
                return self._binary(tree)

    def _aggregated(self, tree: VectorAggregation) -> list[Line]:
        if tree.function == "approx_topk":
            raise EvaluationFailed("approx_topk is not enabled. See -limits.shard_aggregations")
        inner = tree.of
        if (
            tree.function == "sum"
            and isinstance(inner, RangeAggregation)
            and inner.function in _PUSHED_DOWN
            and inner.grouping is None
        ):
            return aggregated(tree, self._windows(inner, tree.grouping))
        lines = self.lines(inner)
        if tree.function in _WHOLE and len(lines) > self.max_series:
            raise LimitReached.series(self.max_series)
        return aggregated(tree, lines)

    def _binary(self, tree: Binary) -> list[Line]:
        if isinstance(tree.left, Number):
            return with_number(tree, self.lines(tree.right), tree.left.value, left=True)
        if isinstance(tree.right, Number):
            return with_number(tree, self.lines(tree.left), tree.right.value, left=False)
        return joined(tree, self.lines(tree.left), self.lines(tree.right))

    def _windows(self, tree: RangeAggregation, outer: Grouping | None) -> list[Line]:
        window = tree.window
        ends = self.steps - window.offset
        extractor = Extractor.of(tree, outer)
        first, last = int(ends[0]) - window.span + 1, int(ends[-1]) + 1
        streams = self.store.streams(matchers(window.source.matches), first, last)
        sampled = extractor.samples(streams, first, last, self.costs)
        found = []
        for labels in sorted(sampled):
            values, present = over_windows(
                tree.function,
                tree.parameter,
                sampled[labels],
                ends,
                window.span,
                unwrapped=window.unwrap is not None,
            )
            if present.any():
                _check(dict(labels))
                found.append(Line(labels, values, present))
        return self._absent(tree, found) if tree.function == "absent_over_time" else found

    def _absent(self, tree: RangeAggregation, lines: list[Line]) -> list[Line]:
        missing = np.ones(len(self.steps), dtype=np.bool_)
        for line in lines:
            missing &= ~line.present
        if not missing.any():
            return []
        return [Line(_asked(tree.window.source.matches), np.ones(len(self.steps)), missing)]


def matchers(matches: tuple[Match, ...]) -> tuple[Matcher, ...]:
    """Conditions as a store understands them."""
    return tuple(
        Matcher(one.name, one.op, translated(f"(?s:{one.value})") if one.op.endswith("~") else one.value)
        for one in matches
    )


def _check(labels: Mapping[str, str]) -> None:
    """An error in a line fails the query unless it asks for errors."""
    if ERROR in labels and labels.get(PRESERVE) != "true":
        raise PipelineFailed(labels)


def _asked(matches: tuple[Match, ...]) -> Labels:
    """The labels that a selector names by equality, each once."""
    found: dict[str, str] = {}
    unclear = set()
    for one in matches:
        if one.op == "=" and one.name not in found:
            found[one.name] = one.value
        else:
            unclear.add(one.name)
    return labels_of({name: value for name, value in found.items() if name not in unclear})


def _replaced(tree: LabelReplace, line: Line) -> Line:
    labels = dict(line.labels)
    found = compiled(f"^(?:{tree.pattern})$").search(labels.get(tree.source, ""))
    if found is None:
        return line
    labels[tree.target] = expanded(tree.replacement, found)
    return Line(labels_of(labels), line.values, line.present)
