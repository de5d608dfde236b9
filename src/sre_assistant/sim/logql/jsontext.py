"""Reads JSON lines as leniently as the server does, and the path expressions into them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache
from typing import Any, Final

import msgspec

from sre_assistant.sim.logql.gotext import unquoted

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BARE: Final = re.compile(r"[^\s,\]}:]+")
_NUMBER: Final = re.compile(r"-?[0-9.eE+-]+", re.ASCII)
_LONELY: Final = re.compile("[\ud800-\udfff]")
_PATH: Final = re.compile(
    r'(?:(?P<dot>\.)?(?P<field>[a-zA-Z_][a-zA-Z0-9_-]*))|\[(?P<index>[0-9]+)\]|\[(?P<key>"(?:[^"\\]|\\.)*")\]'
)
NO_OBJECT: Final = "Value looks like object, but can't find closing '}' symbol"
_NO_STRING: Final = "Value is string, but can't find closing '\"' symbol"
_UNKNOWN: Final = "Unknown value type"


class Malformed(ValueError):
    """Not JSON, at least from some point on."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, true, false or null as it is written."""

    text: str


_DECODER: Final = json.JSONDecoder(
    parse_float=Literal, parse_int=Literal, parse_constant=None, strict=False
)


def fields(line: str) -> Iterator[tuple[str, Any]]:
    """The members of the object that a line begins with; numbers are Literals, as written.

    Raises:
        Malformed: not at the first look, but when the bad place is reached.
    """
    start = _skip(line, 0)
    if not line.startswith("{", start):
        raise Malformed(NO_OBJECT)
    try:
        value, _ = _DECODER.raw_decode(line, start)
    except (ValueError, RecursionError):
        yield from _slowly(line, start)
    else:
        yield from value.items()


def value_of(line: str) -> Any:
    """The JSON value a line begins with, numbers as Literals.

    Raises:
        Malformed: there is none.
    """
    try:
        return _DECODER.raw_decode(line, _skip(line, 0))[0]
    except (ValueError, RecursionError) as error:
        raise Malformed(str(error)) from error


def text_of(value: object) -> str | None:
    """A scalar as a label has it; None for null, objects and arrays."""
    if isinstance(value, str):
        return _LONELY.sub("", value) if not value.isascii() else value
    if isinstance(value, Literal):
        return value.text
    if isinstance(value, bool):
        return "true" if value else "false"
    return None


def slice_of(line: str, steps: tuple[str | int, ...]) -> str:
    """The piece of a line that a path leads to, as it is written; nothing if the line is not JSON throughout."""
    raw = msgspec.Raw(line.encode())
    try:
        for step in steps:
            if isinstance(step, str):
                raw = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])[step]
            else:
                raw = msgspec.json.decode(raw, type=list[msgspec.Raw])[step]
    except msgspec.DecodeError:
        return ""
    return bytes(raw).decode()


def _skip(line: str, at: int) -> int:
    found = _SPACE.match(line, at)
    return found.end() if found else at


def _slowly(line: str, at: int) -> Iterator[tuple[str, Any]]:
    """Member by member, for lines that are JSON only at first."""
    at = _skip(line, at + 1)
    if line.startswith("}", at):
        return
    while True:
        key = _STRING.match(line, at)
        if not key:
            raise Malformed(NO_OBJECT if at >= len(line) or line[at] != '"' else _NO_STRING)
        at = _skip(line, key.end())
        if not line.startswith(":", at):
            raise Malformed(NO_OBJECT)
        value, at = _value(line, _skip(line, at + 1))
        yield _unescaped(key[0]), value
        at = _skip(line, at)
        if line.startswith("}", at):
            return
        if not line.startswith(",", at):
            raise Malformed(NO_OBJECT)
        at = _skip(line, at + 1)


def _value(line: str, at: int) -> tuple[Any, int]:
    try:
        return _DECODER.raw_decode(line, at)
    except (ValueError, RecursionError):
        pass  # read by hand below
    if found := _STRING.match(line, at):
        return _unescaped(found[0]), found.end()
    opening = line[at : at + 1]
    if opening == '"':
        raise Malformed(_NO_STRING)
    if opening == "{":
        raise Malformed(NO_OBJECT)
    if opening == "[":
        raise Malformed("Value is array, but can't find closing ']' symbol")
    bare = _BARE.match(line, at)
    if not bare or not _NUMBER.fullmatch(bare[0]):
        raise Malformed(_UNKNOWN)
    return Literal(bare[0]), bare.end()


def _unescaped(literal: str) -> str:
    try:
        text = json.loads(literal, strict=False)
    except ValueError:
        return ""
    return text if isinstance(text, str) else ""


@lru_cache(maxsize=256)
def path(expression: str) -> tuple[str | int, ...]:
    """The steps of a path such as ``request.headers["User-Agent"][0]``.

    Raises:
        ValueError: it is none; the text is the server's.
    """
    found: list[str | int] = []
    at = 0
    while at < len(expression):
        step = _PATH.match(expression, at)
        if not step or (step["field"] and bool(found) != bool(step["dot"])):
            raise ValueError(f"cannot parse expression [{expression}]: {_path_problem(expression, at)}")
        at = step.end()
        if step["field"]:
            found.append(step["field"])
        elif step["index"]:
            found.append(int(step["index"]))
        else:
            found.append(unquoted(step["key"]))
    if not found:
        raise ValueError(f"cannot parse expression [{expression}]: {_path_problem(expression, at)}")
    return tuple(found)


def _path_problem(expression: str, at: int) -> str:
    if at >= len(expression):
        return "syntax error: unexpected $end, expecting FIELD or STRING or ["
    return f"unexpected char {expression[at]}"


def looked_up(value: object, steps: tuple[str | int, ...]) -> tuple[bool, object]:
    """Whether a path leads somewhere, and the value there."""
    for step in steps:
        if isinstance(step, str) and isinstance(value, dict) and step in value:
            value = value[step]
        elif isinstance(step, int) and isinstance(value, list) and step < len(value):
            value = value[step]
        else:
            return False, None
    return True, value
