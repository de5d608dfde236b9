"""How both Proxmox products describe a call: a path with parts, typed parameters, a privilege, a handler."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Final, Generic, Literal, NamedTuple, TypeVar

Value = str | int
Given = TypeVar("Given")
Wording = Literal["pve", "pbs"]

_INTEGER: Final = re.compile(r"[+-]?[0-9]{1,18}")
_TRUE: Final = frozenset({"1", "on", "yes", "true"})
_FALSE: Final = frozenset({"0", "off", "no", "false"})
_CALLED: Final[dict[str, dict[Wording, str]]] = {
    "integer": {"pve": "type check ('integer') failed - got '{}'", "pbs": "value is not an integer"},
    "boolean": {"pve": "type check ('boolean') failed - got '{}'", "pbs": "value is not a boolean"},
    "least": {"pve": "value must have a minimum value of {}", "pbs": "value must have a minimum value of {}"},
    "most": {"pve": "value must have a maximum value of {}", "pbs": "value must have a maximum value of {}"},
    "choice": {
        "pve": "value '{}' does not have a value in the enumeration '{}'",
        "pbs": "value '{}' is not defined in the enumeration.",
    },
    "format": {
        "pve": "invalid format - value does not look like a valid {1}",
        "pbs": "value does not match the regex pattern",
    },
    "missing": {
        "pve": "property is missing and it is not optional",
        "pbs": "parameter is missing and it is not optional.",
    },
    "unknown": {
        "pve": "property is not defined in schema and the schema does not allow additional properties",
        "pbs": "schema does not allow additional properties.",
    },
}


class Refused(Exception):
    """An answer that is an error; ``errors`` are those of single parameters."""

    def __init__(self, status: int, text: str, errors: Mapping[str, str] | None = None) -> None:
        super().__init__(text)
        self.status = status
        self.text = text
        self.errors = errors


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """A parameter of a call; ``pattern`` is that of the format that errors call ``noun``."""

    kind: Literal["string", "integer", "boolean"] = "string"
    needed: bool = False
    least: int | None = None
    most: int | None = None
    choices: tuple[str, ...] = ()
    pattern: str = ""
    noun: str = ""

    def read(self, text: str, wording: Wording) -> Value:
        """The value that a text stands for.

        Raises:
            ValueError: none; in the product's words.
        """
        if self.kind == "integer":
            return self._integer(text, wording)
        if self.kind == "boolean":
            if text.lower() not in _TRUE | _FALSE:
                raise ValueError(_CALLED["boolean"][wording].format(text))
            return int(text.lower() in _TRUE)
        if self.choices and text not in self.choices:
            raise ValueError(_CALLED["choice"][wording].format(text, ", ".join(self.choices)))
        if self.pattern and not re.fullmatch(self.pattern, text, re.ASCII):
            raise ValueError(_CALLED["format"][wording].format(text, self.noun))
        return text

    def _integer(self, text: str, wording: Wording) -> int:
        if not _INTEGER.fullmatch(text):
            raise ValueError(_CALLED["integer"][wording].format(text))
        value = int(text)
        if self.least is not None and value < self.least:
            raise ValueError(_CALLED["least"][wording].format(self.least))
        if self.most is not None and value > self.most:
            raise ValueError(_CALLED["most"][wording].format(self.most))
        return value


class Needs(NamedTuple):
    """A privilege that a call wants: one of these on a path with the call's parts in it."""

    path: str
    privileges: tuple[str, ...]

    def place(self, parts: Mapping[str, str]) -> str:
        """The path with the parts filled in."""
        return re.sub(r"\{(\w+)\}", lambda found: parts[found[1]], self.path)


def needs(path: str, *privileges: str) -> Needs:
    """One of the privileges on the path."""
    return Needs(path, privileges)


@dataclass(frozen=True, slots=True)
class Call(Generic[Given]):
    """One method of one path, e.g. ``GET nodes/{node}/status``."""

    method: str
    path: str
    run: Callable[[Given], object]
    needs: Needs | None = None
    fields: Mapping[str, Field] = field(default_factory=dict)


class Calls(Generic[Given]):
    """All calls of a product."""

    def __init__(self, calls: Iterable[Call[Given]]) -> None:
        self._by_shape: dict[tuple[str, int], list[tuple[tuple[str, ...], Call[Given]]]] = {}
        for call in calls:
            segments = tuple(call.path.split("/"))
            self._by_shape.setdefault((call.method, len(segments)), []).append((segments, call))
        for several in self._by_shape.values():  # a word goes before a part that may be anything
            several.sort(key=lambda one: [segment.startswith("{") for segment in one[0]])

    def find(self, method: str, path: str) -> tuple[Call[Given], dict[str, str]] | None:
        """The call for a path, with its parts; empty segments count for nothing, dots are mere names."""
        given = [segment for segment in path.split("/") if segment]
        for segments, call in self._by_shape.get((method, len(given)), ()):
            parts = _parts(segments, given)
            if parts is not None:
                return call, parts
        return None


def _parts(segments: tuple[str, ...], given: list[str]) -> dict[str, str] | None:
    parts: dict[str, str] = {}
    for segment, text in zip(segments, given, strict=True):
        if segment.startswith("{"):
            parts[segment.strip("{}")] = text
        elif segment != text:
            return None
    return parts


def read_all(
    fields: Mapping[str, Field], given: Mapping[str, str], wording: Wording
) -> tuple[dict[str, Value], dict[str, str]]:
    """The parameters that were given, typed, and what is wrong with the others, by name."""
    values: dict[str, Value] = {}
    errors: dict[str, str] = {}
    for name, text in given.items():
        if name not in fields:
            errors[name] = _CALLED["unknown"][wording]
            continue
        try:
            values[name] = fields[name].read(text, wording)
        except ValueError as error:
            errors[name] = str(error)
    for name, one in fields.items():
        if one.needed and name not in given:
            errors[name] = _CALLED["missing"][wording]
    return values, errors
