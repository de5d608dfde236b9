"""Sizes, rates, shares and times as people write them in worlds and scenarios."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import timedelta
from typing import Final

_SIZES: Final = {"B": 1, "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "TiB": 1 << 40}
_SPANS: Final = {"ms": 0.001, "s": 1, "m": 60, "h": 3600, "d": 86400, "w": 604800}
_NUMBER: Final = r"(?P<number>[0-9]+(?:\.[0-9]+)?)"
_SIZE: Final = re.compile(_NUMBER + r"\s*(?P<unit>B|KiB|MiB|GiB|TiB)")
_RATE: Final = re.compile(r"(?P<amount>.+?)\s*/\s*(?P<per>s|m|h|d)")
_SPAN: Final = re.compile(r"(?P<number>[0-9]+(?:\.[0-9]+)?)(?P<unit>ms|s|m|h|d|w)")
_OF_DAY: Final = re.compile(r"(?P<hour>[01][0-9]|2[0-3]):(?P<minute>[0-5][0-9])(?::(?P<second>[0-5][0-9]))?")


class Size(float):
    """Bytes, written like ``203GiB``."""


class Rate(float):
    """Bytes per second, written like ``40GiB/h``."""


class Pace(float):
    """Things per second, written like ``9000/m``."""


class Share(float):
    """A part of a whole from 0 to 1, written like ``0.9`` or ``90%``."""


class Span(float):
    """Seconds, written like ``90s``, ``10m`` or ``1h30m``."""


def read(kind: type[object], value: object) -> object:
    """A quantity from what stands in a file; the hook that typed documents are read with.

    Raises:
        ValueError: not such a quantity; the message shows how one looks.
    """
    if kind is Size:
        return Size(_size(value))
    if kind is Rate:
        return Rate(_per_second(value, _size, "a rate like 40GiB/h"))
    if kind is Pace:
        return Pace(_per_second(value, _count, "a pace like 9000/m"))
    if kind is Share:
        return Share(_share(value))
    if kind is Span:
        return Span(span(value))
    raise TypeError(f"{kind!r} is no quantity")


def span(value: object) -> float:
    """Seconds of a written duration; several units may follow each other."""
    text = str(value)
    pieces = list(_SPAN.finditer(text))
    if not pieces or "".join(piece[0] for piece in pieces) != text:
        raise ValueError(f"{value!r} is no duration like 90s, 10m or 1h30m")
    return sum(float(piece["number"]) * _SPANS[piece["unit"]] for piece in pieces)


def time_of_day(text: str) -> timedelta | None:
    """How long after midnight ``02:30`` or ``02:30:15`` is; None if the text is no time of day."""
    found = _OF_DAY.fullmatch(text)
    if not found:
        return None
    return timedelta(
        hours=int(found["hour"]), minutes=int(found["minute"]), seconds=int(found["second"] or 0)
    )


def _size(value: object) -> float:
    found = _SIZE.fullmatch(str(value).strip())
    if not found:
        raise ValueError(f"{value!r} is no size like 203GiB (units: {', '.join(_SIZES)})")
    return float(found["number"]) * _SIZES[found["unit"]]


def _count(value: object) -> float:
    return float(str(value).strip())


def _per_second(value: object, amount: Callable[[object], float], example: str) -> float:
    found = _RATE.fullmatch(str(value).strip())
    if not found:
        raise ValueError(f"{value!r} is not {example}")
    try:
        return amount(found["amount"]) / _SPANS[found["per"]]
    except ValueError as error:
        raise ValueError(f"{value!r} is not {example}") from error


def _share(value: object) -> float:
    text = str(value).strip()
    try:
        share = float(text.removesuffix("%")) / (100 if text.endswith("%") else 1)
    except ValueError as error:
        raise ValueError(f"{value!r} is no share like 0.9 or 90%") from error
    if not 0 <= share <= 1:
        raise ValueError(f"{value!r} is not between 0 and 1 (or 0% and 100%)")
    return share
