"""Queries from outside: parse, evaluate, and hand back plain answers."""

from __future__ import annotations

import time
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

import numpy as np
import promql_parser as ast

from sre_assistant.sim.arrays import Bools, Floats, Ints, Samples
from sre_assistant.sim.metrics.series import Labels, Storage
from sre_assistant.sim.promql.errors import BadData
from sre_assistant.sim.promql.evaluator import Evaluator
from sre_assistant.sim.promql.selection import Budget
from sre_assistant.sim.promql.syntax import parse
from sre_assistant.sim.promql.types import static_type
from sre_assistant.sim.promql.vectors import Frame, Scalar, Text, Vector
from sre_assistant.sim.remembering import remembering

MAX_POINTS: Final = 11_000
TIMEOUT_SECONDS: Final = 120.0


class Cost(NamedTuple):
    """Samples that steps looked at, and the most that were held at once."""

    looked_at: int = 0
    most: int = 0


_FREE: Final = Cost()


@dataclass(frozen=True, slots=True)
class Answer:
    """What a query gives; each series with its samples (one sample in a vector; no labels in a scalar)."""

    kind: Literal["scalar", "vector", "matrix", "string"]
    series: tuple[tuple[Labels, Samples], ...]
    text: str = ""
    cost: Cost = _FREE


@dataclass(frozen=True, slots=True)
class Engine:
    """Answers queries; ``interval`` (milliseconds) is the server's evaluation interval."""

    interval: int = 30_000

    def instant(
        self, storage: Storage, query: str, moment: int, *, timeout: float = TIMEOUT_SECONDS
    ) -> Answer:
        """The worth of an expression at one moment (unix milliseconds).

        Raises:
            QueryError: it does not parse, cannot be worked out, or takes too long.
        """
        tree = parse(query)
        frame = Frame(np.array([moment], dtype=np.int64), moment, moment)
        budget = Budget(time.monotonic() + timeout)
        if (bare := _unwrapped(tree)) is not None:
            return self._matrix(storage, bare, frame, budget)
        with np.errstate(all="ignore"), remembering():
            value = Evaluator(storage, self.interval, budget).value(tree, frame)
        if isinstance(value, Text):
            return Answer("string", (((), Samples(frame.times, np.empty(0))),), value.value)
        if isinstance(value, Scalar):
            return Answer("scalar", (((), Samples(frame.times, value.values)),), cost=_cost(budget, 1))
        rows = value.kept()
        found = tuple(
            (labels, Samples(frame.times, row)) for labels, row in zip(rows.labels, rows.values, strict=True)
        )
        return Answer("vector", found, cost=_cost(budget, len(found)))

    def over(
        self,
        storage: Storage,
        query: str,
        frame: Frame,
        *,
        timeout: float = TIMEOUT_SECONDS,
    ) -> Answer:
        """The worth of an expression at each step of a range, series sorted by labels.

        Raises:
            QueryError: it does not parse, is neither scalar nor instant vector, or cannot be worked out.
        """
        tree = parse(query)
        kind = static_type(tree)
        if kind not in {"scalar", "instant vector"}:
            raise BadData(
                f'invalid expression type "{kind}" for range query, must be Scalar or instant Vector'
            )
        budget = Budget(time.monotonic() + timeout)
        with np.errstate(all="ignore"), remembering():
            value = Evaluator(storage, self.interval, budget).value(tree, frame)
        if isinstance(value, Scalar):
            cost = _cost(budget, len(frame.times))
            return Answer("matrix", (((), Samples(frame.times, value.values)),), cost=cost)
        if not isinstance(value, Vector):
            raise BadData(
                f'invalid expression type "{kind}" for range query, must be Scalar or instant Vector'
            )
        rows = value.kept()
        found = [
            (labels, _where(frame.times, row, present))
            for labels, row, present in zip(rows.labels, rows.values, rows.present, strict=True)
        ]
        cost = _cost(budget, int(rows.present.sum()))
        return Answer("matrix", tuple(sorted(found, key=lambda one: one[0])), cost=cost)

    def _matrix(
        self, storage: Storage, node: ast.MatrixSelector | ast.SubqueryExpr, frame: Frame, budget: Budget
    ) -> Answer:
        """A bare range: the raw samples themselves."""
        evaluator = Evaluator(storage, self.interval, budget)
        with np.errstate(all="ignore"), remembering():
            found = [
                (labels, Samples(w.times[w.low[0] : w.high[0]], w.values[w.low[0] : w.high[0]]))
                for labels, w in evaluator.ranges(node, frame)
            ]
        kept = [(labels, samples) for labels, samples in found if len(samples.times)]
        size = sum(len(samples.times) for _, samples in kept)
        return Answer("matrix", tuple(sorted(kept, key=lambda one: one[0])), cost=Cost(size, size))


def _unwrapped(node: ast.Expr) -> ast.MatrixSelector | ast.SubqueryExpr | None:
    while isinstance(node, ast.ParenExpr):
        node = node.expr
    return node if isinstance(node, ast.MatrixSelector | ast.SubqueryExpr) else None


def _cost(budget: Budget, answered: int) -> Cost:
    return Cost(budget.looked_at, max(budget.most, answered))


def _where(times: Ints, row: Floats, present: Bools) -> Samples:
    return Samples(times, row) if present.all() else Samples(times[present], row[present])
