"""The pieces of a Go text template."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Text:
    """Text that stays as it is."""

    text: str


@dataclass(frozen=True, slots=True)
class Field:
    """``.a.b``, of the data here or of something in front of it; with no names the dot itself."""

    names: tuple[str, ...]
    of: Operand | None = None


@dataclass(frozen=True, slots=True)
class Variable:
    """``$x`` and fields of it."""

    name: str
    names: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Value:
    """A constant."""

    value: object


@dataclass(frozen=True, slots=True)
class Call:
    """A function's name with its arguments; how it is written, and where, for errors."""

    function: str
    arguments: tuple[Operand, ...]
    written: str = ""
    place: str = ""


@dataclass(frozen=True, slots=True)
class Pipeline:
    """Commands whose results flow into the next; ``variables`` are set to the last one."""

    commands: tuple[Operand, ...]
    variables: tuple[str, ...] = ()
    declares: bool = True


Operand = Field | Variable | Value | Call | Pipeline


@dataclass(frozen=True, slots=True)
class Action:
    """A pipeline whose result is printed."""

    pipeline: Pipeline


@dataclass(frozen=True, slots=True)
class Block:
    """``if``, ``with`` or ``range``."""

    kind: str
    pipeline: Pipeline
    body: tuple[Node, ...]
    otherwise: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Jump:
    """``break`` or ``continue``."""

    kind: str


Node = Text | Action | Block | Jump
