"""Parses LogQL; errors are worded and placed as the server's."""

from __future__ import annotations

from functools import lru_cache
from typing import Final, cast

from sre_assistant.sim.logql import arithmetic
from sre_assistant.sim.logql.cursor import Cursor
from sre_assistant.sim.logql.errors import ParseError
from sre_assistant.sim.logql.gotext import parse_float
from sre_assistant.sim.logql.stage_parser import number, selection, selector, stages, unwrap
from sre_assistant.sim.logql.syntax import (
    Binary,
    Grouping,
    LabelReplace,
    Match,
    Matching,
    Metric,
    Number,
    Query,
    RangeAggregation,
    Selection,
    Unwrap,
    VectorAggregation,
    VectorOf,
    Window,
)
from sre_assistant.sim.logql.tokens import AGGREGATIONS, RANGE_FUNCTIONS
from sre_assistant.sim.regex import BadPattern, compiled

_NO_MATCHER: Final = (
    "queries require at least one regexp or equality matcher that does not have an empty-compatible value. "
    'For instance, app=~".*" does not meet this requirement, but app=~".+" will'
)
_BINDING: Final = {
    "or": 1,
    **dict.fromkeys(("and", "unless"), 2),
    **dict.fromkeys(("==", "!=", ">", ">=", "<", "<="), 3),
    **dict.fromkeys(("+", "-"), 4),
    **dict.fromkeys(("*", "/", "%"), 5),
    "^": 6,
}
_SETS: Final = frozenset({"and", "or", "unless"})
_GROUPED: Final = frozenset(
    {f"{name}_over_time" for name in ("avg", "stddev", "stdvar", "quantile", "max", "min", "first", "last")}
)
_UNWRAPPED: Final = _GROUPED | {"sum_over_time", "rate", "rate_counter", "absent_over_time"}
_COUNTED: Final = frozenset({"bytes_over_time", "bytes_rate", "count_over_time", "rate", "absent_over_time"})
_RANKED: Final = frozenset({"topk", "bottomk", "approx_topk"})


@lru_cache(maxsize=256)
def parse(text: str) -> Query:
    """A query that has been checked as far as that can be without its stages being built.

    Raises:
        ParseError: it is not LogQL, or would read everything.
    """
    tree = unchecked(text)
    _validate(tree)
    return tree


def unchecked(text: str) -> Query:
    """A query that may select all streams.

    Raises:
        ParseError: it is not LogQL.
    """
    cursor = Cursor(text)
    tree = _expression(cursor)
    if cursor.token.kind != "END":
        raise cursor.unexpected()
    return tree


def parse_matchers(text: str) -> tuple[Match, ...]:
    """The conditions of a query that is only a selector.

    Raises:
        ParseError: it is not LogQL or would read everything.
        ValueError: it is more than a selector.
    """
    tree = parse(text)
    if not isinstance(tree, Selection) or tree.stages:
        raise ValueError("only label matchers are supported")
    return tree.matches


def _expression(cursor: Cursor, binding: int = 0) -> Query:
    left = _operand(cursor)
    while cursor.token.kind == "WORD" and _BINDING.get(cursor.token.text, 0) > binding:
        op = cursor.next().text
        as_bool = bool(cursor.took("bool"))
        matching = _matching(cursor)
        right = _expression(cursor, _BINDING[op] - (op == "^"))
        left = _joined(op, left, right, matching, as_bool=as_bool)
    return left


def _operand(cursor: Cursor) -> Query:
    token = cursor.token
    if token.kind == "NUMBER" or cursor.at("+", "-"):
        return Number(number(cursor))
    if cursor.at("{"):
        return selection(cursor)
    if cursor.took("("):
        inner = _expression(cursor)
        cursor.expect(")")
        return inner
    if token.kind == "FUNCTION":
        if token.text in RANGE_FUNCTIONS:
            return _range_aggregation(cursor)
        if token.text in AGGREGATIONS:
            return _vector_aggregation(cursor)
        if token.text == "vector":
            return _vector(cursor)
        if token.text == "label_replace":
            return _label_replace(cursor)
    if cursor.at("variants"):
        raise ParseError("multi variant queries are disabled for this instance")
    raise cursor.unexpected()


def _metric(cursor: Cursor) -> Metric:
    """An expression that gives numbers."""
    tree = _expression(cursor)
    if isinstance(tree, Selection):
        raise cursor.unexpected()
    return tree


def _range_aggregation(cursor: Cursor) -> Metric:
    function = cursor.next().text
    cursor.expect("(")
    parameter = None
    if cursor.token.kind == "NUMBER":
        parameter = cursor.next().text
        cursor.expect(",")
    if not cursor.at("{", "("):
        raise cursor.unexpected(*(() if parameter else ("NUMBER",)), "{", "(")
    window = _window(cursor)
    cursor.expect(")")
    grouping = _grouping(cursor)
    return _checked_range(function, window, parameter, grouping)


def _checked_range(
    function: str, window: Window, parameter: str | None, grouping: Grouping | None
) -> RangeAggregation:
    """The same as Loki lets through: not every function takes a parameter, labels or values."""
    if parameter is not None and function != "quantile_over_time":
        raise ParseError(f"parameter {parameter} not supported for operation {function}")
    if parameter is None and function == "quantile_over_time":
        raise ParseError(f"parameter required for operation {function}")
    if grouping is not None and function not in _GROUPED:
        raise ParseError(f"grouping not allowed for {function} aggregation")
    if window.unwrap and function not in _UNWRAPPED:
        raise ParseError(f"invalid aggregation {function} with unwrap")
    if not window.unwrap and function not in _COUNTED:
        raise ParseError(f"invalid aggregation {function} without unwrap")
    value = None if parameter is None else parse_float(parameter)
    return RangeAggregation(function, window, value, grouping)


def _window(cursor: Cursor) -> Window:
    """Lines of a span; the span may stand before the pipeline, after it, or after its parentheses."""
    if cursor.took("("):
        inner = _bare_window(cursor)
        cursor.expect(")")
        if inner.span >= 0:
            return inner
        span = _span(cursor)
        offset = _offset(cursor)
        unwrapped = inner.unwrap or unwrap(cursor)
        return Window(inner.source, span, offset, unwrapped)
    window = _bare_window(cursor)
    if window.span < 0:
        raise cursor.unexpected()
    return window


def _bare_window(cursor: Cursor) -> Window:
    """What stands in a window's parentheses; its span is negative if none stands there."""
    if cursor.at("("):
        return _window(cursor)
    matches = selector(cursor)
    found = stages(cursor)
    unwrapped: Unwrap | None = unwrap(cursor)
    if cursor.token.kind != "RANGE":
        if not cursor.at(")"):
            raise cursor.unexpected()
        return Window(Selection(matches, found), -1, 0, unwrapped)
    span = _span(cursor)
    offset = _offset(cursor)
    if not found and not unwrapped:
        found = stages(cursor)
        unwrapped = unwrap(cursor)
    return Window(Selection(matches, found), span, offset, unwrapped)


def _span(cursor: Cursor) -> int:
    return int(cursor.expect_kind("RANGE").value)


def _offset(cursor: Cursor) -> int:
    return int(cursor.expect_kind("DURATION").value) if cursor.took("offset") else 0


def _grouping(cursor: Cursor) -> Grouping | None:
    how = cursor.took("by", "without")
    return Grouping(_label_list(cursor), how == "without") if how else None


def _label_list(cursor: Cursor) -> tuple[str, ...]:
    cursor.expect("(")
    if cursor.took(")"):
        return ()
    names = [cursor.expect_kind("IDENTIFIER", "IDENTIFIER", ")").text]
    while not cursor.took(")"):
        cursor.expect(",", ",", ")")
        names.append(cursor.expect_kind("IDENTIFIER").text)
    return tuple(names)


def _vector_aggregation(cursor: Cursor) -> Metric:
    function = cursor.next().text
    grouping = _grouping(cursor)
    cursor.expect("(", *(["("] if grouping else ["(", "by", "without"]))
    parameter = None
    if cursor.token.kind == "NUMBER" and cursor.following.text == ",":
        parameter = cursor.next().text
        cursor.next()
    of = _metric(cursor)
    cursor.expect(")")
    if grouping is None:
        grouping = _grouping(cursor)
    if function.startswith("sort") and grouping and grouping.labels:
        raise ParseError("sort and sort_desc doesn't allow grouping by ")
    return VectorAggregation(
        function, of, grouping or Grouping(()), _rank(function, parameter, grouped=grouping is not None)
    )


def _rank(function: str, parameter: str | None, *, grouped: bool) -> int:
    if function not in _RANKED:
        if parameter is not None:
            raise ParseError(f"unsupported parameter for operation {function}({parameter},")
        return 0
    if parameter is None:
        raise ParseError(f"parameter required for operation {function}")
    if not parameter.isdigit():
        raise ParseError(f"invalid parameter {function}({parameter},")
    if int(parameter) <= 0:
        raise ParseError(f"invalid parameter (must be greater than 0) {function}({parameter}")
    if function == "approx_topk" and grouped:
        raise ParseError(f"grouping not allowed for {function} aggregation")
    return int(parameter)


def _vector(cursor: Cursor) -> Metric:
    cursor.next()
    cursor.expect("(")
    value = parse_float(cursor.expect_kind("NUMBER").text)
    cursor.expect(")")
    return VectorOf(value)


def _label_replace(cursor: Cursor) -> Metric:
    cursor.next()
    cursor.expect("(")
    of = _metric(cursor)
    texts = []
    for _ in range(4):
        cursor.expect(",")
        texts.append(cursor.string())
    cursor.expect(")")
    target, replacement, source, pattern = texts
    try:
        compiled(f"^(?:{pattern})$")
    except BadPattern as error:
        raise ParseError(f"invalid regex in label_replace: {error}") from error
    return LabelReplace(of, target, replacement, source, pattern)


def _matching(cursor: Cursor) -> Matching:
    how = cursor.took("on", "ignoring")
    if not how:
        return Matching()
    labels = _label_list(cursor)
    many = cursor.took("group_left", "group_right").removeprefix("group_")
    include = None
    if many and cursor.at("(") and _includes(cursor):
        include = _label_list(cursor)
    return Matching(labels, how == "on", many, include)  # type: ignore[arg-type]  # left, right or nothing


def _includes(cursor: Cursor) -> bool:
    """Whether the parenthesis after ``group_left`` holds labels; it may also begin the right side."""
    return cursor.following.kind == "IDENTIFIER" or cursor.following.text == ")"


def _joined(op: str, left: Query, right: Query, matching: Matching, *, as_bool: bool) -> Metric:
    """Both sides in one; two numbers become their result."""
    for side, tree in (("left", left), ("right", right)):
        if isinstance(tree, Selection):
            kind = "PipelineExpr" if tree.stages else "MatchersExpr"
            raise ParseError(f"unexpected type for {side} leg of binary operation ({op}): *syntax.{kind}")
        if op in _SETS and isinstance(tree, Number):
            raise ParseError(
                f"unexpected literal for {side} leg of logical/set binary operation ({op}): {tree.value:f}"
            )
    if isinstance(left, Number) and isinstance(right, Number):
        return Number(arithmetic.applied(op, left.value, right.value))
    return Binary(op, cast("Metric", left), cast("Metric", right), matching, as_bool)


def _validate(tree: Query) -> None:
    match tree:
        case Selection():
            _validate_matches(tree.matches)
        case RangeAggregation():
            _validate_matches(tree.window.source.matches)
        case VectorAggregation() | LabelReplace():
            _validate(tree.of)
        case Binary():
            _validate(tree.left)
            _validate(tree.right)


def _validate_matches(matches: tuple[Match, ...]) -> None:
    if not any(_narrows(one) for one in matches):
        raise ParseError(_NO_MATCHER)


def _narrows(one: Match) -> bool:
    """Whether a condition does not hold for an absent label."""
    if one.op == "=":
        return one.value != ""
    if one.op == "=~":
        return compiled(f"(?s:{one.value})").fullmatch("") is None
    return False
