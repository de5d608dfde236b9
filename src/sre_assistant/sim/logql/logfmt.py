"""Reads ``key=value`` lines."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sre_assistant.sim.logql.gotext import unquoted

_GARBAGE: Final = re.compile(r"[\x00-\x20]*")
_KEY: Final = re.compile(r'[^\x00-\x20="]*')
_VALUE: Final = re.compile(r'[^\x00-\x20="]*')
_QUOTED: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_REST: Final = re.compile(r"[^\x00-\x20]*")


_ORDERLY: Final = re.compile(
    r'(?:[\x00-\x20]*[^\x00-\x20="]+(?:=(?:"[^"\\]*"|[^\x00-\x20="]*))?(?=[\x00-\x20]|$))*[\x00-\x20]*'
)
_ONE: Final = re.compile(r'([^\x00-\x20="]+)(?:=(?:"([^"\\]*)"|([^\x00-\x20="]*)))?')


@dataclass(frozen=True, slots=True)
class Pair:
    """A key and its value, empty when it has none."""

    key: str
    value: str


@dataclass(frozen=True, slots=True)
class Problem:
    """Something that is no pair; ``text`` is the server's."""

    text: str


def orderly(line: str) -> list[tuple[str, str, str]] | None:
    """The keys of a line with their quoted and bare values; None if that takes a closer look."""
    return _ONE.findall(line) if _ORDERLY.fullmatch(line) else None


def pairs(line: str) -> Iterator[Pair | Problem]:
    """The pairs of a line and what lies between them."""
    at, end = 0, len(line)
    while at < end:
        at = _end(_GARBAGE, line, at)
        if at >= end:
            return
        found, at = _pair(line, at)
        yield found


def _end(pattern: re.Pattern[str], line: str, at: int) -> int:
    found = pattern.match(line, at)
    return found.end() if found else at


def _pair(line: str, at: int) -> tuple[Pair | Problem, int]:
    start, at = at, _end(_KEY, line, at)
    key = line[start:at]
    following = line[at : at + 1]
    if following == '"' or (following == "=" and not key):
        return _unexpected(line, at)
    if following != "=":
        return Pair(key, ""), at
    at += 1
    if line.startswith('"', at):
        return _quoted_value(line, key, at)
    start, at = at, _end(_VALUE, line, at)
    if line[at : at + 1] in {"=", '"'}:
        return _unexpected(line, at)
    return Pair(key, line[start:at]), at


def _quoted_value(line: str, key: str, at: int) -> tuple[Pair | Problem, int]:
    found = _QUOTED.match(line, at)
    if not found:
        return _problem(line, len(line), "unterminated quoted value"), len(line)
    try:
        return Pair(key, unquoted(found[0].replace("\\/", "/"))), found.end()
    except ValueError:
        return _problem(line, found.end(), "invalid quoted value"), found.end()


def _unexpected(line: str, at: int) -> tuple[Problem, int]:
    said = "'='" if line[at] == "=" else "'\"'"
    return _problem(line, at, f"unexpected {said}"), _end(_REST, line, at)


def _problem(line: str, at: int, said: str) -> Problem:
    place = len(line[:at].encode()) + 1
    return Problem(f"logfmt syntax error at pos {place} : {said}")


_KEY_PART: Final = re.compile(r'\s*(?:(?P<KEY>[A-Za-z_][A-Za-z0-9_]*)|"(?P<STRING>[^"\]]*)["\]]?)')


def logfmt_key(expression: str) -> str:
    """The key that an expression stands for: a name, or quoted texts.

    Raises:
        ValueError: it is none; the text is the server's.
    """
    parts: list[str] = []
    text, at, problem = expression.rstrip(), 0, ""
    while at < len(text) and not problem:
        part = _KEY_PART.match(text, at)
        if part is None:
            problem = f"unexpected char {text[at:].lstrip()[0]}"
        elif part["KEY"] and parts:
            problem = "syntax error: unexpected KEY"
        else:
            parts.append(part["KEY"] or part["STRING"])
            at = part.end()
    if not parts:
        problem = "syntax error: unexpected $end, expecting STRING or KEY"
    if problem:
        raise ValueError(f"cannot parse expression [{expression}]: {problem}")
    return " ".join(parts)
