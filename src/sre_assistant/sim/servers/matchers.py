"""Alertmanager's matchers as in ``filter``, e.g. ``severity=~"warning|critical"``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final, Literal, cast

from sre_assistant.sim.metrics.series import Matcher, pattern_error

_MATCHER: Final = re.compile(r"([a-zA-Z_:][a-zA-Z0-9_:]*)\s*(=~|=|!=|!~)\s*(.*?)\s*", re.DOTALL)
_PIECE: Final = re.compile(r'\\(?P<escaped>.)|(?P<quote>")|(?P<plain>[^\\"]+|\\)', re.DOTALL)


class BadMatcher(Exception):
    """Not a matcher; the text is Alertmanager's."""


def parse_filters(texts: Sequence[str]) -> list[Matcher]:
    """One matcher per ``filter`` parameter.

    Raises:
        BadMatcher: one is not written like a matcher, or its pattern is wrong.
    """
    return [_parsed(text) for text in texts]


def matcher(name: str, op: str, value: str) -> Matcher:
    """A matcher whose pattern has been tried.

    Raises:
        BadMatcher: the pattern is wrong.
    """
    if op.endswith("~") and (problem := pattern_error(value)):
        raise BadMatcher(problem)
    return Matcher(name, cast('Literal["=", "!=", "=~", "!~"]', op), value)


def _parsed(text: str) -> Matcher:
    found = _MATCHER.fullmatch(text)
    if not found:
        raise BadMatcher(f"bad matcher format: {text}")
    return matcher(found[1], found[2], _unquoted(found[3]))


def _unquoted(text: str) -> str:
    """A value with or without quotes; a quote inside must be escaped."""
    whole = len(text) > 1 and text[0] == text[-1] == '"'
    inner = text[1:-1] if whole else text
    value = ""
    for piece in _PIECE.finditer(inner):
        if piece["quote"]:
            raise BadMatcher(f"matcher value contains unescaped double quote: {text}")
        escaped = piece["escaped"]
        if escaped is None:
            value += piece["plain"]
        else:
            value += {"n": "\n", '"': '"', "\\": "\\"}.get(escaped, "\\" + escaped)
    return value
