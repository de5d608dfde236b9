"""What is wrong with an expression, and where, in Prometheus' words.

The parser library says what is wrong but not where, and calls the types by other names; this module finds
the place. It is exact for the usual mistakes; for the rest it points to the beginning.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

import promql_parser as ast

from sre_assistant.sim.promql import places
from sre_assistant.sim.promql.tokens import (
    KEYWORDS,
    Token,
    Unreadable,
    closing,
    missing_ends,
    tokens_of,
)

_SYNTAX: Final = "invalid promql query"


def complaint(text: str, message: str) -> str:
    """The error of an expression that the library refused with ``message``, e.g. ``1:4: parse error: …``."""
    try:
        tokens = tokens_of(text)
    except Unreadable as error:
        return placed(text, error.place, str(error))
    if message == _SYNTAX:
        place, problem = _unexpected(text, tokens)
        return placed(text, place, problem)
    for pattern, words, where in _KNOWN:
        found = re.fullmatch(pattern, message)
        if found:
            return placed(text, where(places.Mistake(text, tokens, found)), _worded(words, found))
    return placed(text, 0, _quotes(message))


def placed(text: str, place: int, problem: str) -> str:
    """A problem with its line and column, both from 1."""
    before = text[:place]
    line = before.count("\n") + 1
    column = len(before) - (before.rfind("\n") + 1) + 1
    return f"{line}:{column}: parse error: {problem}"


def _unexpected(text: str, tokens: Sequence[Token]) -> tuple[int, str]:
    """The first word after which no expression can go on, found by trying to complete what is before it."""
    if tokens and tokens[0].text in KEYWORDS:
        return tokens[0].place, f"unexpected {tokens[0].description}"
    for count in range(1, len(tokens) + 1):
        if not _viable(text[: tokens[count - 1].end], tokens[:count]):
            token = tokens[count - 1]
            return token.place, f"unexpected {token.description}{_context(tokens[: count - 1])}"
    return len(text), f"unexpected end of input{_context(tokens)}"


def _viable(text: str, tokens: Sequence[Token]) -> bool:
    ends = missing_ends(tokens)
    for more in ("", " x", " 1", "(x)", ' "x"', "5m", ' ="x"', "(x)(x)"):
        for tail in dict.fromkeys((ends, ends + " x", ends + "(x)")):
            try:
                ast.parse(text + more + tail)
            except ValueError as error:
                if str(error) == _SYNTAX or "unexpected" in str(error):
                    continue
            return True
    return False


def _context(before: Sequence[Token]) -> str:
    """What Prometheus was reading, if it says so, from the words before the unexpected one."""
    if not before:
        return ""
    last = before[-1].text
    if last in {"by", "without", "on", "ignoring"}:
        return ' in grouping opts, expected "("'
    if last == "@" or (last in {"start", "end"} and len(before) > 1 and before[-2].text == "@"):
        return " in @, expected timestamp"
    opened = _innermost(before)
    if opened is None:
        return ""
    if before[opened].text == "{":
        kind = before[-1].kind
        expected = {"string": '"," or "}"', "identifier": "label matching operator"}
        if before[-1].text in {"=", "!=", "=~", "!~"}:
            return " in label matching, expected string"
        return " in label matching, expected " + expected.get(kind, 'identifier or "}"')
    if opened and before[opened - 1].text in {"by", "without", "on", "ignoring", "group_left", "group_right"}:
        wanted = '"," or ")"' if before[-1].kind == "identifier" else "label"
        return f" in grouping opts, expected {wanted}"
    return ""


def _innermost(tokens: Sequence[Token]) -> int | None:
    return next(
        (
            i
            for i in reversed(range(len(tokens)))
            if tokens[i].text in "({[" and closing(tokens, i) == len(tokens)
        ),
        None,
    )


def _worded(words: str, found: re.Match[str]) -> str:
    groups = {name: value for name, value in found.groupdict().items() if value is not None}
    kinds: dict[str, str] = {
        name: places.TYPES.get(groups[name], groups[name]) for name in ("type", "got") if name in groups
    }
    return words.format_map({**groups, **kinds})


def _quotes(message: str) -> str:
    return re.sub(r"'([^']+)'", r'"\1"', message)


_KNOWN: Final[tuple[tuple[str, str, places.Where], ...]] = (
    (r"unexpected end of input inside braces", "unexpected end of input inside braces", places.at_end),
    (r"unexpected end of input inside brackets", "unclosed left bracket", places.at_end_after),
    (r"unclosed left parenthesis", "unclosed left parenthesis", places.at_end),
    (r"(?P<all>unexpected end of input in .*)", "{all}", places.at_end_after),
    (r"(?P<all>no expression found in input)", "{all}", places.at_start),
    (r"unknown function with name '(?P<name>.*)'", 'unknown function with name "{name}"', places.at_name),
    (
        r"expected (?:at most |at least )?(?P<count>\d+) argument\(s\) in call to '(?P<name>.*)', "
        r"got (?P<given>\d+)",
        'expected {count} argument(s) in call to "{name}", got {given}',
        places.at_name,
    ),
    (
        r"expected type (?P<type>\w+) in call to function '(?P<name>.*)', got (?P<got>\w+)",
        'expected type {type} in call to function "{name}", got {got}',
        places.at_argument,
    ),
    (
        r"expected type (?P<type>scalar|string) in aggregation expression, got (?P<got>\w+)",
        "expected type {type} in aggregation parameter, got {got}",
        places.at_aggregated,
    ),
    (
        r"expected type (?P<type>\w+) in aggregation expression, got (?P<got>\w+)",
        "expected type {type} in aggregation expression, got {got}",
        places.at_aggregated,
    ),
    (
        r"no arguments for aggregate expression .*provided",
        "no arguments for aggregate expression provided",
        places.at_start,
    ),
    (
        r"(?P<all>binary expression must contain only scalar and instant vector types)",
        "{all}",
        places.at_operand,
    ),
    (r"(?P<all>comparisons between scalars must use BOOL modifier)", "{all}", places.at_comparison),
    (
        r"set operator '(?P<name>\w+)' not allowed in binary scalar expression",
        'set operator "{name}" not allowed in binary scalar expression',
        places.at_set,
    ),
    (
        r"no grouping allowed for '(?P<name>\w+)' operation",
        'no grouping allowed for "{name}" operation',
        places.at_set,
    ),
    (r"(?P<all>bool modifier can only be used on comparison operators)", "{all}", places.at_operator),
    (
        r"label '(?P<name>.*)' must not occur in ON and GROUP clause at once",
        'label "{name}" must not occur in ON and GROUP clause at once',
        places.at_operator,
    ),
    (
        r"unary expression only allowed on expressions of type scalar or vector, got: (?P<got>\w+)",
        'unary expression only allowed on expressions of type scalar or instant vector, got "{got}"',
        places.at_sign,
    ),
    (r"(?P<all>vector selector must contain at least one non-empty matcher)", "{all}", places.at_selector),
    (
        r"metric name must not be set twice: '(?P<name>.*)' or '(?P<other>.*)'",
        'metric name must not be set twice: "{name}" or "{other}"',
        places.at_name,
    ),
    (r"(?P<all>duration must be greater than 0)", "{all}", places.after_bracket),
    (r"(?P<all>missing unit character in duration)", "{all}", places.after_bracket),
    (
        r"unexpected character inside brackets: '-'",
        "missing unit character in duration",
        places.after_bracket,
    ),
    (r"unexpected character inside brackets: '[a-zA-Z_]'", 'bad duration syntax: ""', places.after_bracket),
    (
        r"unexpected identifier '(?P<name>\w+)' in label matching, expected string",
        'unexpected identifier "{name}" in label matching, expected string',
        places.at_name,
    ),
    (
        r"unexpected '(?P<name>,)' in label matching, expected .*",
        'unexpected "," in label matching, expected identifier or "}}"',
        places.at_name,
    ),
    (r"(?P<all>ranges only allowed for vector selectors)", "{all}", places.at_bracket),
    (
        r"subquery is only allowed on vector, got (?P<kind>\w+) instead",
        "subquery is only allowed on instant vector, got {kind} instead",
        places.at_subquery,
    ),
    (
        r"(?P<what>@|offset) modifier must be preceded by an .*",
        "{what} modifier must be preceded by an instant vector selector or range vector selector "
        "or a subquery",
        places.at_start,
    ),
    (r"unexpected right parenthesis '(?P<name>\))'", "unexpected right parenthesis ')'", places.at_unmatched),
    (r"unexpected right brace '(?P<name>\})'", "unexpected character: '}}'", places.at_unmatched),
    (r"unexpected right bracket '(?P<name>\])'", "unexpected right bracket ']'", places.at_unmatched),
)
