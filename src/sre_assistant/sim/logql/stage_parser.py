"""Parses selectors and the stages of a pipeline."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final, cast

from sre_assistant.sim.logql import gotext, patterns
from sre_assistant.sim.logql.cursor import Cursor
from sre_assistant.sim.logql.errors import ParseError
from sre_assistant.sim.logql.syntax import (
    BothFilters,
    BytesFilter,
    CompareOp,
    Decolorize,
    DurationFilter,
    Extraction,
    Format,
    IpFilter,
    JsonParser,
    LabelFilter,
    LabelFormat,
    LineFilter,
    LineFormat,
    LineOp,
    LogfmtParser,
    Match,
    MatchOp,
    Needle,
    NumberFilter,
    Pick,
    Selection,
    Stage,
    TextParser,
    Unpack,
    Unwrap,
)
from sre_assistant.sim.logql.tokens import CONVERSIONS
from sre_assistant.sim.regex import BadPattern, compiled

_MATCH_OPS: Final = ("=", "=~", "!~", "!=")
_LINE_OPS: Final = ("|~", "|=", "|>", "!~", "!=", "!>")
_COMPARE: Final = {"=": "==", "==": "==", "!=": "!=", ">": ">", ">=": ">=", "<": "<", "<=": "<="}
_AFTER_UNWRAP: Final = ("IDENTIFIER", "BYTES_CONV", "DURATION_CONV", "DURATION_SECONDS_CONV")


def selection(cursor: Cursor) -> Selection:
    """A selector and the stages after it."""
    matches = selector(cursor)
    return Selection(matches, stages(cursor))


def selector(cursor: Cursor) -> tuple[Match, ...]:
    """The conditions between braces."""
    cursor.expect("{")
    if cursor.took("}"):
        return ()
    found = [match(cursor, "IDENTIFIER", "}")]
    while not cursor.took("}"):
        cursor.expect(",", "}", ",")
        found.append(match(cursor))
    return tuple(found)


def match(cursor: Cursor, *expected: str) -> Match:
    """One condition on a label."""
    name = cursor.expect_kind("IDENTIFIER", *expected).text
    op = cursor.took(*_MATCH_OPS)
    if not op:
        raise cursor.unexpected(*_MATCH_OPS)
    return checked(Match(name, cast("MatchOp", op), cursor.string()))


def checked(found: Match) -> Match:
    """The same condition, its pattern tried.

    Raises:
        ParseError: the pattern is wrong.
    """
    if found.op in {"=~", "!~"}:
        try:
            compiled(found.value)
        except BadPattern as error:
            raise ParseError(str(error)) from error
    return found


def stages(cursor: Cursor) -> tuple[Stage, ...]:
    """Stages, up to what begins none; ``unwrap`` is left for the window."""
    found: list[Stage] = []
    while True:
        if cursor.at(*_LINE_OPS):
            found.append(_line_filter(cursor))
        elif cursor.at("|") and not _unwraps(cursor):
            cursor.next()
            found.append(_piped(cursor))
        else:
            return tuple(found)


def unwrap(cursor: Cursor) -> Unwrap | None:
    """``unwrap`` and the filters after it, if it comes next."""
    if not (cursor.at("|") and _unwraps(cursor)):
        return None
    cursor.next(), cursor.next()
    conversion = ""
    if cursor.token.kind == "FUNCTION" and cursor.token.text in CONVERSIONS:
        conversion = cursor.next().text
        cursor.expect("(")
        name = cursor.expect_kind("IDENTIFIER").text
        cursor.expect(")")
    else:
        name = cursor.expect_kind("IDENTIFIER", *_AFTER_UNWRAP).text
    filters = []
    while cursor.took("|"):
        filters.append(label_filter(cursor))
    return Unwrap(name, conversion, tuple(filters))  # type: ignore[arg-type]  # one of CONVERSIONS


def _unwraps(cursor: Cursor) -> bool:
    return cursor.following.kind == "WORD" and cursor.following.text == "unwrap"


def _line_filter(cursor: Cursor) -> LineFilter:
    op = cast("LineOp", cursor.next().text)
    needles = [_needle(cursor)]
    while cursor.took("or"):
        needles.append(_needle(cursor))
    return LineFilter(op, tuple(needles))


def _needle(cursor: Cursor) -> Needle:
    if cursor.at_function("ip"):
        cursor.next()
        return Needle(_in_parentheses(cursor), ip=True)
    return Needle(cursor.string("STRING", "ip"))


def _in_parentheses(cursor: Cursor) -> str:
    cursor.expect("(")
    text = cursor.string()
    cursor.expect(")")
    return text


def _piped(cursor: Cursor) -> Stage:
    """The stage after a pipe."""
    if cursor.token.kind == "WORD" and cursor.token.text in _STAGES:
        return _STAGES[cursor.next().text](cursor)
    return label_filter(cursor)


def _json(cursor: Cursor) -> Stage:
    return JsonParser(_extractions(cursor))


def _logfmt(cursor: Cursor) -> Stage:
    flags = set()
    while cursor.token.kind == "FLAG":
        flags.add(cursor.next().text)
    return LogfmtParser("--strict" in flags, "--keep-empty" in flags, _extractions(cursor))


def _extractions(cursor: Cursor) -> tuple[Extraction, ...]:
    found: list[Extraction] = []
    if cursor.token.kind != "IDENTIFIER":
        return ()
    while True:
        name = cursor.expect_kind("IDENTIFIER").text
        found.append(Extraction(name, cursor.string() if cursor.took("=") else name))
        if not cursor.took(","):
            return tuple(found)


def _regexp(cursor: Cursor) -> Stage:
    expression = cursor.string()
    try:
        names = compiled(expression).groupindex
    except BadPattern as error:
        raise ParseError(f"invalid regexp parser: {error}") from error
    if not names:
        raise ParseError("invalid regexp parser: at least one named capture must be supplied")
    for name in names:
        if not patterns.is_label(name):
            raise ParseError(f"invalid regexp parser: invalid extracted label name '{name}'")
    return TextParser("regexp", expression)


def _pattern(cursor: Cursor) -> Stage:
    expression = cursor.string()
    try:
        patterns.parser(expression)
    except ValueError as error:
        raise ParseError(f"invalid pattern parser: {error}") from error
    return TextParser("pattern", expression)


def _label_format(cursor: Cursor) -> Stage:
    found = []
    while True:
        name = cursor.expect_kind("IDENTIFIER").text
        cursor.expect("=")
        if cursor.token.kind == "IDENTIFIER":
            found.append(Format(name, cursor.next().text, rename=True))
        else:
            found.append(Format(name, cursor.string("IDENTIFIER", "STRING"), rename=False))
        if not cursor.took(","):
            return LabelFormat(tuple(found))


def _picking(kind: str) -> Callable[[Cursor], Stage]:
    def pick(cursor: Cursor) -> Stage:
        found: list[str | Match] = []
        while True:
            name = cursor.expect_kind("IDENTIFIER").text
            op = cursor.took(*_MATCH_OPS)
            found.append(checked(Match(name, cast("MatchOp", op), cursor.string())) if op else name)
            if not cursor.took(","):
                return Pick(kind, tuple(found))  # type: ignore[arg-type]  # drop or keep

    return pick


_STAGES: Final[dict[str, Callable[[Cursor], Stage]]] = {
    "json": _json,
    "logfmt": _logfmt,
    "regexp": _regexp,
    "pattern": _pattern,
    "unpack": lambda _: Unpack(),
    "line_format": lambda cursor: LineFormat(cursor.string()),
    "label_format": _label_format,
    "decolorize": lambda _: Decolorize(),
    "drop": _picking("drop"),
    "keep": _picking("keep"),
}


def label_filter(cursor: Cursor, binding: int = 0) -> LabelFilter:
    """Filters joined by ``and`` (2), ``or`` (1) or a comma, which takes all that follows."""
    left = _one_filter(cursor)
    while True:
        if cursor.took(",") or cursor.token.kind == "IDENTIFIER" or cursor.at("("):
            left = BothFilters(left, label_filter(cursor), "and")
        elif binding < 2 and cursor.took("and"):
            left = BothFilters(left, label_filter(cursor, 2), "and")
        elif binding < 1 and cursor.took("or"):
            left = BothFilters(left, label_filter(cursor, 1), "or")
        else:
            return left


def _one_filter(cursor: Cursor) -> LabelFilter:
    if cursor.took("("):
        inner = label_filter(cursor)
        cursor.expect(")")
        return inner
    if cursor.token.kind != "IDENTIFIER":
        raise cursor.unexpected()
    name = cursor.next().text
    op = cursor.took(*_MATCH_OPS, *_COMPARE)
    if not op:
        raise cursor.unexpected()
    if op in {"=~", "!~"}:
        return checked(Match(name, cast("MatchOp", op), cursor.string()))
    return _compared(cursor, name, op)


def _compared(cursor: Cursor, name: str, op: str) -> LabelFilter:
    compare = cast("CompareOp", _COMPARE[op])
    token = cursor.token
    if token.kind == "STRING" and op in {"=", "!="}:
        return Match(name, cast("MatchOp", op), cursor.string())
    if op in {"=", "!="} and cursor.at_function("ip"):
        cursor.next()
        return IpFilter(name, op, _in_parentheses(cursor))  # type: ignore[arg-type]  # one of the two
    if token.kind == "DURATION":
        return DurationFilter(name, compare, int(cursor.next().value))
    if token.kind == "BYTES":
        return BytesFilter(name, compare, int(cursor.next().value))
    return NumberFilter(name, compare, number(cursor))


def number(cursor: Cursor) -> float:
    """A number with or without a sign.

    Raises:
        ParseError: there is none.
    """
    sign = cursor.took("+", "-")
    if cursor.token.kind != "NUMBER":
        raise cursor.unexpected(*(["NUMBER"] if sign else []))
    value = gotext.parse_float(cursor.next().text)
    return -value if sign == "-" else value
