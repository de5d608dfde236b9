"""The words of a LogQL query and where they stand."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final, Literal, NamedTuple

from sre_assistant.sim.logql import gotext
from sre_assistant.sim.logql.errors import ParseError
from sre_assistant.sim.promql.text import duration_ms

Kind = Literal[
    "IDENTIFIER", "STRING", "NUMBER", "DURATION", "BYTES", "RANGE", "FLAG", "WORD", "FUNCTION", "END"
]

RANGE_FUNCTIONS: Final = frozenset(
    {
        "rate",
        "rate_counter",
        "count_over_time",
        "bytes_rate",
        "bytes_over_time",
        "avg_over_time",
        "sum_over_time",
        "min_over_time",
        "max_over_time",
        "stdvar_over_time",
        "stddev_over_time",
        "quantile_over_time",
        "first_over_time",
        "last_over_time",
        "absent_over_time",
    }
)
AGGREGATIONS: Final = frozenset(
    {"sum", "avg", "max", "min", "count", "stddev", "stdvar", "bottomk", "topk", "approx_topk"}
) | {"sort", "sort_desc"}
CONVERSIONS: Final = frozenset({"bytes", "duration", "duration_seconds"})
_FUNCTIONS: Final = RANGE_FUNCTIONS | AGGREGATIONS | CONVERSIONS | {"vector", "label_replace", "ip"}
_KEYWORDS: Final = frozenset(
    {
        *("by", "without", "bool", "offset", "on", "ignoring", "group_left", "group_right", "or", "and"),
        *("unless", "unwrap", "json", "regexp", "logfmt", "unpack", "pattern", "label_format"),
        *("line_format", "decolorize", "drop", "keep", "label_replace", "ip", "variants", "of"),
    }
)
_OPERATORS: Final = ("|=", "|~", "|>", "=~", "!~", "!=", "!>", "==", ">=", "<=")
_SINGLE: Final = frozenset("{}()[],.=|+-*/%^<>")
_NAMED: Final = {"label_replace": "label_replace", "ip": "ip"}

_SPACE: Final = re.compile(r"(?:[ \t\r\n]+|\#[^\n]*|//[^\n]*|/\*.*?\*/)*", re.DOTALL)
_WORD: Final = re.compile(r"[^\W\d]\w*")
_STRING: Final = re.compile(r'"(?:[^"\\\n]|\\.)*"|`[^`]*`|\'(?:[^\'\\\n]|\\.)\'', re.DOTALL)
_NUMBER: Final = re.compile(
    r"0[xX][0-9a-fA-F]+|0[bB][01]+|(?:[0-9]+(?:\.[0-9]*)?|\.[0-9]+)(?:[eE][-+]?[0-9]+)?", re.ASCII
)
_DURATION_TAIL: Final = re.compile(r"[0-9.nuµmshdwy]+")
_BYTES_TAIL: Final = re.compile(r"[0-9.BikKMGTP]+")
_FLAG: Final = re.compile(r"--(?:strict|keep-empty)(?![a-zA-Z-])")
_IS_FUNCTION: Final = re.compile(r"\s*(?:\(|(?:by|without)\s*\()", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Token:
    """One word: what it is, what it says, and its place as the server counts it.

    ``value`` is the content of a string, nanoseconds of a duration or range, or a number of bytes.
    """

    kind: Kind
    text: str
    line: int
    column: int
    value: str | int = ""

    @property
    def name(self) -> str:
        """How the server calls it in an error."""
        if self.kind == "END":
            return "$end"
        if self.kind == "FLAG":
            return "FUNCTION_FLAG"
        if self.kind == "FUNCTION":
            return _NAMED.get(self.text, self.text.upper() + ("_CONV" if self.text in CONVERSIONS else ""))
        return self.text if self.kind == "WORD" else self.kind


class Tokens(NamedTuple):
    """The words of a query; where something is no word the reading stops, and ``problem`` says why."""

    words: tuple[Token, ...]
    problem: ParseError | None


def tokens_of(text: str) -> Tokens:
    """The words of a query, ended by an END unless there is a problem."""
    return _Reading(text).all()


class _Reading:
    def __init__(self, text: str) -> None:
        self._text = text
        self._at = 0

    def all(self) -> Tokens:
        found: list[Token] = []
        while not found or found[-1].kind != "END":
            if space := _SPACE.match(self._text, self._at):
                self._at = space.end()
            try:
                found.append(self._next())
            except ParseError as error:
                return Tokens(tuple(found), error)
        return Tokens(tuple(found), None)

    def _made(
        self, kind: Kind, text: str, value: str | int = "", *, moved: bool = False, length: int | None = None
    ) -> Token:
        """A token here; where the server reads on by single characters it forgets the line."""
        line, column = self._place()
        self._at += len(text) if length is None else length
        return Token(kind, text, 0 if moved else line, column, value)

    def _place(self) -> tuple[int, int]:
        before = self._text[: self._at]
        line = before.count("\n")
        if not self._text:
            return 0, 0
        return line + 1, len(before) - (before.rfind("\n") + 1) + 1

    def _failed(self, message: str, *, moved: bool = False) -> ParseError:
        line, column = self._place()
        return ParseError(message, 0 if moved else line, column)

    def _next(self) -> Token:
        text, at = self._text, self._at
        if at >= len(text):
            return self._made("END", "")
        one = text[at]
        if one in "\"`'":
            return self._string()
        if one == "[":
            return self._range()
        if found := _NUMBER.match(text, at):
            return self._number(found[0])
        if found := _WORD.match(text, at):
            return self._word(found[0])
        if one == "-" and (special := self._after_minus()):
            return special
        return self._sign()

    def _sign(self) -> Token:
        for operator in _OPERATORS:
            if self._text.startswith(operator, self._at):
                return self._made("WORD", operator, moved=True)
        one = self._text[self._at]
        return self._made("WORD" if one in _SINGLE else "IDENTIFIER", one)

    def _string(self) -> Token:
        found = _STRING.match(self._text, self._at)
        if not found:
            raise self._failed("literal not terminated")
        if found[0][0] == "'":
            return self._made("IDENTIFIER", found[0])
        try:
            return self._made("STRING", found[0], gotext.unquoted(found[0]))
        except ValueError as error:
            raise self._failed(str(error)) from error

    def _range(self) -> Token:
        end = self._text.find("]", self._at)
        if end < 0:
            raise self._failed("missing closing ']' in duration", moved=True)
        inner = self._text[self._at + 1 : end]
        try:
            span = duration_ms(inner) if inner != "0" else 0
        except ValueError as error:
            problem = str(error) if inner else "empty duration string"
            raise self._failed(problem, moved=True) from error
        return self._made("RANGE", self._text[self._at : end + 1], span * 1_000_000, moved=True)

    def _number(self, digits: str) -> Token:
        end = self._at + len(digits)
        if (tail := _DURATION_TAIL.match(self._text, end)) and (
            span := _duration(digits + tail[0])
        ) is not None:
            return self._made("DURATION", digits + tail[0], span, moved=True)
        if tail := _BYTES_TAIL.match(self._text, end):
            try:
                size = gotext.parse_bytes(digits + tail[0])
                return self._made("BYTES", digits + tail[0], size, moved=True)
            except ValueError:
                pass  # not a size: a number, and a word after it
        return self._made("NUMBER", digits)

    def _after_minus(self) -> Token | None:
        if flag := _FLAG.match(self._text, self._at):
            return self._made("FLAG", flag[0], moved=True)
        tail = _DURATION_TAIL.match(self._text, self._at + 1)
        if tail and (span := _duration("-" + tail[0])) is not None:
            return self._made("DURATION", "-" + tail[0], span, moved=True)
        return None

    def _word(self, word: str) -> Token:
        lower = word.lower()
        end = self._at + len(word)
        if lower in _FUNCTIONS and _IS_FUNCTION.match(self._text, end):
            return self._made("FUNCTION", lower, length=len(word))
        if lower in _FUNCTIONS and lower not in {"label_replace", "ip"}:
            return self._made("IDENTIFIER", word)
        if lower in _FUNCTIONS or lower not in _KEYWORDS:
            return self._made("IDENTIFIER", word)
        return self._made("WORD", lower, length=len(word))


def _duration(text: str) -> int | None:
    try:
        return duration_ms(text) * 1_000_000
    except ValueError:
        try:
            return gotext.parse_duration(text) if text not in {"0", "-0"} else None
        except ValueError:
            return None
