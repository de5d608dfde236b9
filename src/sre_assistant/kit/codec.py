"""Machine formats: typed values to JSON bytes and back, and their schemas."""

from __future__ import annotations

from typing import Any, TypeVar

import msgspec

T = TypeVar("T")

DecodeError = msgspec.DecodeError


def encode(value: object, *, indent: int | None = None) -> bytes:
    """JSON of a dataclass tree; the same value gives the same bytes. NaN and infinities become null."""
    data = msgspec.json.encode(value, order="deterministic")
    return msgspec.json.format(data, indent=indent) if indent is not None else data


def decode(data: bytes | str, kind: type[T]) -> T:
    """The typed value in ``data``; unknown fields are ignored.

    Raises:
        DecodeError: the text is no JSON or not of this shape; the message says where.
    """
    try:
        return msgspec.json.decode(data, type=kind)
    except UnicodeDecodeError as error:
        raise DecodeError(f"JSON is malformed: not UTF-8 at byte {error.start}") from error
    except RecursionError as error:
        raise DecodeError("JSON is malformed: nested too deeply") from error


def schema(kind: Any) -> dict[str, Any]:
    """The JSON schema (2020-12) of what ``encode`` writes for ``kind``."""
    return msgspec.json.schema(kind)
