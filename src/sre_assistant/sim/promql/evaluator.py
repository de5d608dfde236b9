"""Walks an expression's tree; every node is worked out for all steps of the query at once."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np
import promql_parser as ast

from sre_assistant.sim.arrays import Bools, Floats, Samples
from sre_assistant.sim.metrics.series import Labels, Storage
from sre_assistant.sim.promql import aggregation, functions, matching, operators, selection
from sre_assistant.sim.promql.calls import CALLS
from sre_assistant.sim.promql.errors import ExecutionFailed
from sre_assistant.sim.promql.vectors import (
    Frame,
    Scalar,
    Text,
    Vector,
    stacked,
    without_name,
)
from sre_assistant.sim.promql.windows import Row, Windows

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
        if op == "and" and len(frame.times) > 1:
            both = self._both(node, frame)
            return matching.combined(op, *both, matching.rule_of(node.modifier), frame)
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

    def _both(self, node: ast.BinaryExpr, frame: Frame) -> tuple[Vector, Vector]:
        """The sides of ``and``: the dearer one only at the steps at which the other has anything."""
        sides = [node.lhs, node.rhs]
        if _reads_ranges(node.lhs) and not _reads_ranges(node.rhs):
            sides.reverse()
        first = self.vector(sides[0], frame)
        there: Bools = np.any(first.present, axis=0)
        if there.sum() * 2 > len(there):
            second = self.vector(sides[1], frame)
        else:
            there[0] = True  # what is wrong with the other side is to be noticed
            part = Frame(frame.times[there], frame.start, frame.end)
            second = self.vector(sides[1], part).spread(there)
        return (first, second) if sides[0] is node.lhs else (second, first)

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
            return self.over_windows(name, args[0], frame, functions.OF_WINDOWS[name])
        if name in functions.OF_VALUES:
            return functions.mapped(self.vector(args[0], frame), functions.OF_VALUES[name])
        if name in functions.OF_DATES:
            moments = self.vector(args[0], frame) if args else functions.now(frame)
            return functions.mapped(moments, functions.OF_DATES[name])
        special = CALLS.get(name)
        if special is None:
            raise ExecutionFailed(f'function "{name}" is not supported')
        return special(self, args, frame)

    def over_windows(
        self, name: str, node: ast.Expr, frame: Frame, function: Callable[[Windows], Row]
    ) -> Vector:
        """A function of the window before each step.

        Raises:
            ExecutionFailed: two series differ in their names only.
        """
        rows: list[tuple[Labels, Floats, Bools]] = []
        for labels, found in self.ranges(node, frame):
            row = function(found)
            if row.present.any():
                rows.append((labels if name in KEEPS_NAME else without_name(labels), row.values, row.present))
        if len({row[0] for row in rows}) < len(rows):
            raise ExecutionFailed("vector cannot contain metrics with the same labelset")
        return stacked(rows, frame)


def _reads_ranges(node: ast.Expr) -> bool:
    found = False

    def visit(one: ast.Expr) -> bool:
        nonlocal found
        found = found or isinstance(one, ast.MatrixSelector | ast.SubqueryExpr)
        return not found

    ast.walk(node, pre_visit=visit)
    return found


SUPPORTED: Final = frozenset({*functions.OF_WINDOWS, *functions.OF_VALUES, *functions.OF_DATES, *CALLS})
"""The functions this evaluator knows."""
