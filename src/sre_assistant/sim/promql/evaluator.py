"""Walks an expression's tree; every node is worked out for all steps of the query at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import promql_parser as ast

from sre_assistant.sim.arrays import Bools, Floats, Samples
from sre_assistant.sim.promql import aggregation, functions, labelling, matching, operators, selection
from sre_assistant.sim.promql.errors import ExecutionFailed
from sre_assistant.sim.promql.histogram import histogram_quantile
from sre_assistant.sim.promql.vectors import Frame, Scalar, Text, Vector, merged, stacked, without_name
from sre_assistant.sim.promql.windows import Row, Windows, fitted, quantiles
from sre_assistant.sim.series import Labels, Storage

Value = Scalar | Vector | Text
Ranges = Iterator[tuple[Labels, Windows]]

KEEPS_NAME: Final = frozenset({"last_over_time"})


@dataclass(frozen=True, slots=True)
class Evaluator:
    """Evaluates parsed expressions against a storage.

    ``interval`` (milliseconds) is the step of subqueries that name none.
    """

    storage: Storage
    interval: int
    budget: selection.Budget

    def value(self, node: ast.Expr, frame: Frame) -> Value:
        """The worth of a node at every step of the frame."""
        self.budget.spend(0)
        match node:
            case ast.NumberLiteral():
                return Scalar(np.full(len(frame.times), node.val))
            case ast.StringLiteral():
                return Text(node.val)
            case ast.ParenExpr():
                return self.value(node.expr, frame)
            case ast.VectorSelector():
                return selection.instant(self.storage, node, frame, self.budget)
            case ast.UnaryExpr():
                return operators.negated(self.value(node.expr, frame))
            case ast.BinaryExpr():
                return self._binary(node, frame)
            case ast.AggregateExpr():
                return self._aggregate(node, frame)
            case ast.Call():
                return self._call(node, frame)
        raise ExecutionFailed(f"{type(node).__name__} is not supported here")

    def vector(self, node: ast.Expr, frame: Frame) -> Vector:
        """The worth of a node whose type the parser has checked."""
        found = self.value(node, frame)
        if not isinstance(found, Vector):
            raise ExecutionFailed(f"expected an instant vector, got {type(found).__name__.lower()}")
        return found

    def scalar(self, node: ast.Expr, frame: Frame) -> Floats:
        """One number per step."""
        found = self.value(node, frame)
        if not isinstance(found, Scalar):
            raise ExecutionFailed(f"expected a scalar, got {type(found).__name__.lower()}")
        return found.values

    def text(self, node: ast.Expr, frame: Frame) -> str:
        """A string argument."""
        found = self.value(node, frame)
        if not isinstance(found, Text):
            raise ExecutionFailed(f"expected a string, got {type(found).__name__.lower()}")
        return found.value

    def ranges(self, node: ast.Expr, frame: Frame) -> Ranges:
        """The windows of a range selector or subquery."""
        while isinstance(node, ast.ParenExpr):
            node = node.expr
        if isinstance(node, ast.MatrixSelector):
            return selection.ranged(self.storage, node, frame, self.budget)
        if isinstance(node, ast.SubqueryExpr):
            return self._subquery(node, frame)
        raise ExecutionFailed(f"expected a range vector, got {type(node).__name__}")

    def _subquery(self, node: ast.SubqueryExpr, frame: Frame) -> Ranges:
        width = selection.milliseconds(node.range)
        step = selection.milliseconds(node.step) or self.interval
        ends = selection.reference_times(node, frame)
        first = (int(ends.min()) - width) // step * step
        if first < int(ends.min()) - width:
            first += step
        times = np.arange(first, int(ends.max()) + 1, step, dtype=np.int64)
        if not len(times):
            return
        inner = self.value(node.expr, Frame(times, frame.start, frame.end))
        if isinstance(inner, Scalar):
            yield (), selection.windows(Samples(times, inner.values), ends, width)
            return
        if not isinstance(inner, Vector):
            raise ExecutionFailed("a subquery needs an instant vector")
        self.budget.spend(inner.values.size)
        for labels, values, present in zip(inner.labels, inner.values, inner.present, strict=True):
            yield labels, selection.windows(Samples(times[present], values[present]), ends, width)

    def _binary(self, node: ast.BinaryExpr, frame: Frame) -> Value:
        op = str(node.op)
        left, right = self.value(node.lhs, frame), self.value(node.rhs, frame)
        as_bool = bool(node.modifier and node.modifier.return_bool)
        if isinstance(left, Scalar) and isinstance(right, Scalar):
            return Scalar(operators.scalars(op, left.values, right.values))
        if isinstance(left, Vector) and isinstance(right, Scalar):
            return operators.with_scalar(op, left, right.values, as_bool=as_bool, swapped=False)
        if isinstance(left, Scalar) and isinstance(right, Vector):
            return operators.with_scalar(op, right, left.values, as_bool=as_bool, swapped=True)
        if isinstance(left, Vector) and isinstance(right, Vector):
            return matching.combined(op, left, right, matching.rule_of(node.modifier), frame)
        raise ExecutionFailed(f"operator {op!r} needs scalars or instant vectors")

    def _aggregate(self, node: ast.AggregateExpr, frame: Frame) -> Vector:
        rows = self.vector(node.expr, frame)
        grouping = aggregation.grouping_of(node.modifier)
        op = str(node.op)
        if node.param is None:
            return aggregation.aggregated(op, rows, grouping, None)
        if op == "count_values":
            return aggregation.count_values(rows, grouping, self.text(node.param, frame))
        return aggregation.aggregated(op, rows, grouping, self.scalar(node.param, frame))

    def _call(self, node: ast.Call, frame: Frame) -> Value:
        name, args = node.func.name, node.args
        if name in functions.OF_WINDOWS:
            return self._over_windows(name, args[0], frame, functions.OF_WINDOWS[name])
        if name in functions.OF_VALUES:
            return functions.mapped(self.vector(args[0], frame), functions.OF_VALUES[name])
        if name in functions.OF_DATES:
            moments = self.vector(args[0], frame) if args else functions.now(frame)
            return functions.mapped(moments, functions.OF_DATES[name])
        special = _SPECIAL.get(name)
        if special is None:
            raise ExecutionFailed(f'function "{name}" is not supported')
        return special(self, args, frame)

    def _over_windows(
        self, name: str, node: ast.Expr, frame: Frame, function: Callable[[Windows], Row]
    ) -> Vector:
        rows: list[tuple[Labels, Floats, Bools]] = []
        for labels, found in self.ranges(node, frame):
            row = function(found)
            if row.present.any():
                rows.append((labels if name in KEEPS_NAME else without_name(labels), row.values, row.present))
        if len({row[0] for row in rows}) < len(rows):
            raise ExecutionFailed("vector cannot contain metrics with the same labelset")
        return stacked(rows, frame)


def _absent(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    present: Bools = np.any(ev.vector(args[0], frame).present, axis=0)
    return functions.absent(present, _fixed_labels(args[0]), frame)


def _absent_over_time(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    present = np.zeros(len(frame.times), dtype=np.bool_)
    for _, found in ev.ranges(args[0], frame):
        present |= found.counts > 0
    return functions.absent(present, _fixed_labels(args[0]), frame)


def _fixed_labels(node: ast.Expr) -> Labels:
    if isinstance(node, ast.MatrixSelector):
        node = node.vector_selector
    return selection.equalities(selection.matchers_of(node)) if isinstance(node, ast.VectorSelector) else ()


def _predict_linear(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    ahead = ev.scalar(args[1], frame)
    if len(frame.times) > 1 and _stands_still(args[0]):
        raise ExecutionFailed("predict_linear of a range with @ is supported at a single moment only")

    def predicted(w: Windows) -> Row:
        line = fitted(w, frame.times)
        return Row(line.slope * ahead + line.intercept, line.fits)

    return ev._over_windows("predict_linear", args[0], frame, predicted)


def _stands_still(node: ast.Expr) -> bool:
    while isinstance(node, ast.ParenExpr):
        node = node.expr
    at = node.vector_selector.at if isinstance(node, ast.MatrixSelector) else getattr(node, "at", None)
    return at is not None


def _quantile_over_time(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    phi = ev.scalar(args[0], frame)
    return ev._over_windows("quantile_over_time", args[1], frame, lambda w: quantiles(w, phi))


def _timestamp(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    node = args[0]
    while isinstance(node, ast.ParenExpr):
        node = node.expr
    if isinstance(node, ast.VectorSelector):
        return selection.instant(ev.storage, node, frame, ev.budget, stamps=True).nameless()
    found = ev.vector(node, frame)
    return Vector(found.labels, np.broadcast_to(frame.seconds, found.values.shape), found.present).nameless()


def _scalar(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Scalar:
    found = ev.vector(args[0], frame)
    alone = found.present.sum(axis=0) == 1
    return Scalar(np.where(alone, np.where(found.present, found.values, 0.0).sum(axis=0), np.nan))


def _histogram_quantile(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    return histogram_quantile(ev.scalar(args[0], frame), ev.vector(args[1], frame))


def _round(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    nearest = ev.scalar(args[1], frame) if len(args) > 1 else np.ones(len(frame.times))
    return functions.rounded(ev.vector(args[0], frame), nearest)


def _clamp(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    return functions.clamped(ev.vector(args[0], frame), ev.scalar(args[1], frame), ev.scalar(args[2], frame))


def _clamp_min(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    low = ev.scalar(args[1], frame)
    return functions.mapped(ev.vector(args[0], frame), lambda values: functions.at_least(values, low))


def _clamp_max(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    high = ev.scalar(args[1], frame)
    return functions.mapped(ev.vector(args[0], frame), lambda values: functions.at_most(values, high))


def _label_replace(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    target, template, source, pattern = (ev.text(one, frame) for one in args[1:5])
    rename = labelling.replacing(target=target, template=template, source=source, pattern=pattern)
    return ev.vector(args[0], frame).named(rename)


def _label_join(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    target, separator, *sources = (ev.text(one, frame) for one in args[1:])
    return ev.vector(args[0], frame).named(labelling.joining(target, separator, sources))


def _sort(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    return functions.ordered(ev.vector(args[0], frame), descending=False)


def _sort_desc(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    return functions.ordered(ev.vector(args[0], frame), descending=True)


def _vector(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    values = ev.scalar(args[0], frame)
    return merged([()], values[np.newaxis], np.ones((1, len(values)), dtype=np.bool_))


_SPECIAL: Final[dict[str, Callable[[Evaluator, list[ast.Expr], Frame], Value]]] = {
    "absent": _absent,
    "absent_over_time": _absent_over_time,
    "clamp": _clamp,
    "clamp_max": _clamp_max,
    "clamp_min": _clamp_min,
    "histogram_quantile": _histogram_quantile,
    "label_join": _label_join,
    "label_replace": _label_replace,
    "pi": lambda _ev, _args, frame: Scalar(np.full(len(frame.times), np.pi)),
    "predict_linear": _predict_linear,
    "quantile_over_time": _quantile_over_time,
    "round": _round,
    "scalar": _scalar,
    "sort": _sort,
    "sort_desc": _sort_desc,
    "time": lambda _ev, _args, frame: Scalar(frame.seconds),
    "timestamp": _timestamp,
    "vector": _vector,
}

SUPPORTED: Final = frozenset({*functions.OF_WINDOWS, *functions.OF_VALUES, *functions.OF_DATES, *_SPECIAL})
"""The functions this evaluator knows."""
