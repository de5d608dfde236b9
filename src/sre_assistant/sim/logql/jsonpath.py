"""Reads path expressions such as ``request.headers["User-Agent"][0]``."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import Final

_TOKEN: Final = re.compile(
    r"\s*(?:(?P<FIELD>[A-Za-z_][A-Za-z0-9_]*)|(?P<DOT>\.)|(?P<LSB>\[)|(?P<RSB>\])"
    r'|(?P<STRING>"[^"\]]*"?)|(?P<INDEX>[0-9]+(?=[\]\s])))'
)
_MOST: Final = 1 << 63


@lru_cache(maxsize=256)
def path(expression: str) -> tuple[str | int, ...]:
    """The steps of a path: names, and places in arrays.

    Raises:
        ValueError: it is none; the text is the server's.
    """
    try:
        return _Path(expression).steps()
    except ValueError as error:
        raise ValueError(f"cannot parse expression [{expression}]: {error}") from error


class _Path:
    def __init__(self, expression: str) -> None:
        self._words: list[tuple[str, str]] = []
        self._problem = ""
        text, at = expression.rstrip(), 0
        while at < len(text):
            word = _TOKEN.match(text, at)
            if word is None:
                self._problem = _unknown(text[at:].lstrip())
                break
            self._words.append((str(word.lastgroup), word[str(word.lastgroup)]))
            at = word.end()

    def steps(self) -> tuple[str | int, ...]:
        found: list[str | int] = []
        at = 0
        while at < len(self._words) or not found:
            kind = self._kind(at)
            if kind == "LSB":
                found.append(self._inside(at + 1))
                self._expect(at + 2, "RSB")
                at += 3
            elif kind == "FIELD" and not found:
                found.append(self._words[at][1])
                at += 1
            elif kind == "DOT" and found:
                self._expect(at + 1, "FIELD")
                found.append(self._words[at + 1][1])
                at += 2
            else:
                raise self._unexpected(kind, *(() if found else ("LSB", "FIELD")))
        if self._problem:
            raise ValueError(self._problem)
        return tuple(found)

    def _kind(self, at: int) -> str:
        return self._words[at][0] if at < len(self._words) else "$end"

    def _inside(self, at: int) -> str | int:
        kind = self._kind(at)
        if kind == "STRING":
            return self._words[at][1].strip('"')
        if kind != "INDEX" or int(self._words[at][1]) >= _MOST:
            raise self._unexpected("$end" if kind == "INDEX" else kind, "STRING", "INDEX")
        return int(self._words[at][1])

    def _expect(self, at: int, wanted: str) -> None:
        if self._kind(at) != wanted:
            raise self._unexpected(self._kind(at), wanted)

    @staticmethod
    def _unexpected(kind: str, *expected: str) -> ValueError:
        hint = f", expecting {' or '.join(expected)}" if expected else ""
        return ValueError(f"syntax error: unexpected {kind}{hint}")


def _unknown(rest: str) -> str:
    digits = re.match(r"[0-9]+", rest)
    if digits is None:
        return f"unexpected char {rest[0]}"
    following = rest[digits.end() : digits.end() + 1]
    return "cannot use float as array index" if following == "." else f"non-integer value: {following}"
