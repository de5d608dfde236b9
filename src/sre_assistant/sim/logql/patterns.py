"""The pattern language of the ``pattern`` parser and the ``|>`` filter: ``<name> text <_>``."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from itertools import pairwise
from typing import Final

_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*", re.ASCII)
_CAPTURE: Final = re.compile(r"<([a-zA-Z_][a-zA-Z0-9_]*)>", re.ASCII)


@dataclass(frozen=True, slots=True)
class Capture:
    """A place for any text; ``_`` is not kept."""

    name: str


Part = Capture | str


def is_label(name: str) -> bool:
    """Whether a name can be a label's."""
    return _LABEL.fullmatch(name) is not None


@lru_cache(maxsize=256)
def parser(expression: str) -> tuple[Part, ...]:
    """The parts of a pattern that captures.

    Raises:
        ValueError: it captures nothing, the same twice, or one right after the other.
    """
    parts = _parts(expression)
    names = [part.name for part in parts if isinstance(part, Capture) and part.name != "_"]
    if not names:
        raise ValueError("at least one capture is required")
    _consecutive(parts)
    for name in names:
        if names.count(name) > 1:
            raise ValueError(f"duplicate capture name ({name}): invalid expression")
    return parts


@lru_cache(maxsize=256)
def line_matcher(expression: str) -> tuple[Part, ...]:
    """The parts of a pattern that only tests.

    Raises:
        ValueError: it has a named capture, or one capture right after the other.
    """
    parts = _parts(expression)
    if any(isinstance(part, Capture) and part.name != "_" for part in parts):
        raise ValueError("named captures are not allowed")
    _consecutive(parts)
    return parts


def _parts(expression: str) -> tuple[Part, ...]:
    if not expression:
        raise ValueError("syntax error: unexpected $end, expecting IDENTIFIER or LITERAL")
    found: list[Part] = []
    place = 0
    for capture in _CAPTURE.finditer(expression):
        if capture.start() > place:
            found.append(expression[place : capture.start()])
        found.append(Capture(capture[1]))
        place = capture.end()
    return tuple([*found, expression[place:]] if place < len(expression) else found)


def _consecutive(parts: tuple[Part, ...]) -> None:
    for one, other in pairwise(parts):
        if isinstance(one, Capture) and isinstance(other, Capture):
            written = f"<{one.name}><{other.name}>"
            raise ValueError(f"found consecutive capture '{written}': invalid expression")  # noqa: TRY004


def captured(parts: tuple[Part, ...], line: str) -> list[tuple[str, str]]:
    """What the captures hold, as far as the line follows the pattern; nothing if it begins otherwise."""
    found: list[tuple[str, str]] = []
    place, index = 0, 0
    if not line:
        return found
    if isinstance(parts[0], str):
        if not line.startswith(parts[0]):
            return found
        place, index = len(parts[0]), 1
    while index < len(parts):
        capture, literal = parts[index], parts[index + 1] if index + 1 < len(parts) else ""
        if not isinstance(capture, Capture) or not isinstance(literal, str):
            return found
        end = line.find(literal, place) if literal else len(line)
        missed = end < 0
        if missed:
            end = len(line)
        if capture.name != "_":
            found.append((capture.name, line[place:end]))
        if missed:
            return found
        place, index = end + len(literal), index + 2
    return found


def matches(parts: tuple[Part, ...], line: str) -> bool:
    """Whether a line has the pattern's literals in their order, each taken where it comes first.

    A capture stands for at least one character. A pattern that ends with a literal must end the line; one
    that begins with a literal need not begin it.
    """
    place = 0
    for index, part in enumerate(parts):
        if isinstance(part, Capture):
            continue
        found = line.find(part, place)
        if found < 0 or (index and found == place):
            return False
        place = found + len(part)
    return isinstance(parts[-1], Capture) == (place < len(line))
