"""The shapes of Loki's answers; unknown fields are ignored."""

from __future__ import annotations

from typing import Annotated, Literal, TypeAlias

import msgspec


class Result(msgspec.Struct, rename="camel"):
    """What a query was answered with."""

    result_type: str
    result: msgspec.Raw
    encoding_flags: list[str] | None = None


class Answer(msgspec.Struct):
    """A query's answer."""

    status: Literal["success"]
    data: Result


class Stream(msgspec.Struct):
    """Lines under their labels: ``[nanoseconds, text]``, or with a third part."""

    stream: dict[str, str]
    values: list[list[str | dict[str, object]]]


class VectorItem(msgspec.Struct):
    """One series at a moment."""

    metric: dict[str, str]
    value: tuple[float, str]


class MatrixItem(msgspec.Struct):
    """One series over time."""

    metric: dict[str, str]
    values: list[tuple[float, str]]


class Names(msgspec.Struct):
    """Names or values; without any there is no data."""

    status: Literal["success"]
    data: list[str] | None = None


class LabelSets(msgspec.Struct):
    """Streams by their labels."""

    status: Literal["success"]
    data: list[msgspec.Raw] | None = None


Count: TypeAlias = Annotated[int, msgspec.Meta(ge=0, le=2**62)]


class Stats(msgspec.Struct):
    """What the index says a selector reads."""

    streams: Count
    chunks: Count
    bytes: Count
    entries: Count


class PatternItem(msgspec.Struct):
    """One pattern with its number of lines in each step."""

    pattern: str
    samples: list[tuple[int, Count]]
    level: str = ""


class Patterns(msgspec.Struct):
    """The patterns of a selector."""

    status: Literal["success"]
    data: list[msgspec.Raw] | None = None


class Build(msgspec.Struct):
    """Which version answers."""

    version: str
    revision: str = ""


class Said(msgspec.Struct):
    """An error as gateways and newer parts of Loki write it."""

    message: str = ""
    error: str = ""
