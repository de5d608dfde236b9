"""What a PromQL expression reads, taken from its syntax tree."""

from __future__ import annotations

from dataclasses import dataclass

from promql_parser import Call, Expr, MatchOp, VectorSelector, parse, walk

_ABOUT_THE_FUTURE = frozenset({"predict_linear", "deriv", "holt_winters", "double_exponential_smoothing"})


@dataclass(frozen=True, slots=True)
class Reads:
    """What an expression looks at."""

    metrics: frozenset[str]
    """Names of the metrics it reads."""
    equal: tuple[tuple[str, str], ...]
    """Label equalities any of its selectors demands; they narrow down what it is about."""
    trend: bool
    """Whether it judges where a value is heading rather than where it stands."""


def reads(expression: str) -> Reads | None:
    """What an expression looks at, or None when it is no PromQL we can parse.

    A rule may be written for a server that speaks more than PromQL; its alert is then understood by
    its words and labels instead.
    """
    try:
        tree = parse(expression)
    except ValueError:
        return None
    metrics: set[str] = set()
    equal: dict[tuple[str, str], None] = {}
    trend = False

    def note(node: Expr) -> bool:
        nonlocal trend
        if isinstance(node, VectorSelector):
            matchers = {m.name: m.value for m in node.matchers.matchers if m.op == MatchOp.Equal}
            metrics.add(node.name or matchers.pop("__name__", ""))
            equal.update(dict.fromkeys(matchers.items()))
        elif isinstance(node, Call):
            trend = trend or node.func.name in _ABOUT_THE_FUTURE
        return True

    walk(tree, note)
    return Reads(frozenset(metrics - {""}), tuple(equal), trend)
