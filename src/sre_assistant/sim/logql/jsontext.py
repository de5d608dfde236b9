"""Reads JSON lines as leniently as the server does, and the path expressions into them."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any, Final

import msgspec

_SPACE: Final = re.compile(r"[ \t\r\n]*")
_STRING: Final = re.compile(r'"(?:[^"\\]|\\.)*"', re.DOTALL)
_BARE: Final = re.compile(r"[^\s,\]}:]+")
_NUMBER: Final = re.compile(r"-?[0-9.eE+-]+", re.ASCII)
_LONELY: Final = re.compile("[\ud800-\udfff]")
_ESCAPE: Final = re.compile(r"(?:\\u[0-9a-fA-F]{4})+|\\.")
NO_OBJECT: Final = "Value looks like object, but can't find closing '}' symbol"
_NO_STRING: Final = "Value is string, but can't find closing '\"' symbol"
_UNKNOWN: Final = "Unknown value type"


class Malformed(ValueError):
    """Not JSON, at least from some point on."""


@dataclass(frozen=True, slots=True)
class Literal:
    """A number, true, false or null as it is written."""

    text: str


class Members(list[tuple[str, Any]]):
    """The members of an object in their order, those that come twice too."""


_DECODER: Final = json.JSONDecoder(
    parse_float=Literal, parse_int=Literal, object_pairs_hook=Members, strict=False
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
        yield from value


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
    """The piece of a line that a path leads to, as it is written; nothing if the line is not JSON at all."""
    try:
        _, end = _DECODER.raw_decode(line, _skip(line, 0))
        raw = msgspec.Raw(line[:end].encode())
        for step in steps:
            if isinstance(step, str):
                raw = msgspec.json.decode(raw, type=dict[str, msgspec.Raw])[step]
            else:
                raw = msgspec.json.decode(raw, type=list[msgspec.Raw])[step]
    except (ValueError, RecursionError, LookupError):
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


def unescaped(text: str) -> str:
    """A text in which JSON's escapes are read, quotes or not."""
    return _ESCAPE.sub(lambda found: _unescaped(f'"{found[0]}"'), text)


def _unescaped(literal: str) -> str:
    try:
        text = json.loads(literal, strict=False)
    except ValueError:
        return ""
    return text if isinstance(text, str) else ""


def looked_up(value: object, steps: tuple[str | int, ...]) -> Hit | None:
    """Where a path leads to: the first way through members of the same name that reaches an end."""
    return _reached(value, steps, ())


@dataclass(frozen=True, slots=True)
class Hit:
    """A value, and its place among the values of the document."""

    value: object
    place: tuple[int, ...]


def _reached(value: object, steps: tuple[str | int, ...], place: tuple[int, ...]) -> Hit | None:
    if not steps:
        return Hit(value, place)
    step, rest = steps[0], steps[1:]
    if isinstance(step, int):
        there = isinstance(value, list) and not isinstance(value, Members) and step < len(value)
        return _reached(value[step], rest, (*place, step)) if there and isinstance(value, list) else None
    for index, (key, one) in enumerate(value if isinstance(value, Members) else ()):
        if key == step and (hit := _reached(one, rest, (*place, index))):
            return hit
    return None
