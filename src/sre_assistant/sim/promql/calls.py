"""Functions that need more than one vector of values: constants, strings, windows, other vectors."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Final

import numpy as np
import promql_parser as ast

from sre_assistant.sim.arrays import Bools
from sre_assistant.sim.metrics.series import Labels
from sre_assistant.sim.promql import functions, labelling, selection
from sre_assistant.sim.promql.errors import ExecutionFailed
from sre_assistant.sim.promql.histogram import histogram_quantile
from sre_assistant.sim.promql.smoothing import smoothed
from sre_assistant.sim.promql.vectors import Frame, Scalar, Vector, merged, nothing
from sre_assistant.sim.promql.windows import Row, Windows, fitted, quantiles

if TYPE_CHECKING:
    from sre_assistant.sim.promql.evaluator import Evaluator, Value


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
        # Version 2.42 loses samples from step to step here, so it has no answer worth having either.
        raise ExecutionFailed("predict_linear of a range with @ is supported at a single moment only")

    def predicted(w: Windows) -> Row:
        line = fitted(w, frame.times)
        return Row(line.slope * ahead + line.intercept, line.fits)

    return ev.over_windows("predict_linear", args[0], frame, predicted)


def _stands_still(node: ast.Expr) -> bool:
    while isinstance(node, ast.ParenExpr):
        node = node.expr
    at = node.vector_selector.at if isinstance(node, ast.MatrixSelector) else getattr(node, "at", None)
    return at is not None


def _holt_winters(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    smoothing, trend = ev.scalar(args[1], frame), ev.scalar(args[2], frame)
    return ev.over_windows("holt_winters", args[0], frame, lambda w: smoothed(w, smoothing, trend))


def _of_histograms(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    """Native histograms are not stored here, and of other samples these functions give nothing."""
    for one in args:
        ev.value(one, frame)
    return nothing(frame)


def _quantile_over_time(ev: Evaluator, args: list[ast.Expr], frame: Frame) -> Vector:
    phi = ev.scalar(args[0], frame)
    return ev.over_windows("quantile_over_time", args[1], frame, lambda w: quantiles(w, phi))


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


CALLS: Final[dict[str, Callable[[Evaluator, list[ast.Expr], Frame], Value]]] = {
    "absent": _absent,
    "absent_over_time": _absent_over_time,
    "clamp": _clamp,
    "clamp_max": _clamp_max,
    "clamp_min": _clamp_min,
    "double_exponential_smoothing": _holt_winters,
    "histogram_count": _of_histograms,
    "histogram_fraction": _of_histograms,
    "histogram_quantile": _histogram_quantile,
    "histogram_sum": _of_histograms,
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
