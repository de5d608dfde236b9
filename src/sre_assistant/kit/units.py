"""Values as people read them, and sizes and spans as people write them.

Inside, everything is in base units: bytes, seconds, ratios from 0 to 1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from datetime import timedelta
from fractions import Fraction

from sre_assistant.domain.errors import CallError

_IEC = ("B", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB", "ZiB", "YiB")
_PLAIN_DIGITS = 1e15
_SPANS = {
    "ms": Fraction(1, 1000),
    "s": Fraction(1),
    "m": Fraction(60),
    "h": Fraction(3600),
    "d": Fraction(86_400),
    "w": Fraction(604_800),
    "y": Fraction(31_536_000),
}
_SPAN_PART = re.compile(r"(\d{1,15}(?:\.\d{1,9})?)\s*(ms|[smhdwy])\s*", re.ASCII)
_SIZE = re.compile(r"(\d{1,18}(?:\.\d{1,9})?)\s*([kmgtpe]?)(i?)b?", re.IGNORECASE | re.ASCII)
_LONGEST = Fraction(200 * 31_536_000)


def format_value(value: float, unit: str) -> str:
    """The value in readable units, e.g. ``1.9 TiB``, ``91 %``, ``3 h 12 min``.

    What is no number stays ``NaN``, ``+Inf`` or ``-Inf``.

    Args:
        value: in base units.
        unit: ``bytes``, ``bytes/s``, ``ratio``, ``seconds``, ``count``, ``events``, ``code``, ``1/s``,
            ``celsius`` or empty; any other is written behind the number.
    """
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    write = _WRITERS.get(unit)
    text = write(abs(value)) if write else _number(abs(value)) + (f" {unit}" if unit else "")
    return f"-{text}" if value < 0 and re.search("[1-9]", text) else text


def format_span(span: timedelta) -> str:
    """A span of time in its two largest units, e.g. ``3 h 12 min``."""
    return format_value(span.total_seconds(), "seconds")


def parse_duration(text: str) -> timedelta:
    """The span that ``1h``, ``90s``, ``2d12h``, ``1.5h`` or ``500ms`` means; zero is a span too.

    Raises:
        CallError: it is no such text, or longer than 200 years.
    """
    shown = text if len(text) <= 40 else f"{text[:40]}…"
    matched = [*_SPAN_PART.finditer(text.strip())]
    units = [m[2] for m in matched]
    if not matched or sum(len(m[0]) for m in matched) != len(text.strip()) or len(set(units)) != len(units):
        raise CallError(
            f"{shown!r} is no duration: write a number with a unit, e.g. 90s, 30m, 1h, 2d12h or 1w."
        )
    seconds = sum((Fraction(m[1]) * _SPANS[m[2]] for m in matched), Fraction(0))
    if seconds > _LONGEST:
        raise CallError(f"{shown!r} is too long: a duration has at most 200 years.")
    return timedelta(microseconds=round(seconds * 1_000_000))


def parse_size(text: str) -> int:
    """The bytes that ``512``, ``10 MB`` (decimal), ``10 MiB`` or ``10Gi`` (binary) means.

    Raises:
        CallError: it is no such text.
    """
    matched = _SIZE.fullmatch(text.strip())
    if matched is None or (matched[3] and not matched[2]):
        shown = text if len(text) <= 40 else f"{text[:40]}…"
        raise CallError(
            f"{shown!r} is no size: write a number with a unit, e.g. 512, 10 MB, 10 MiB or 1.5 TiB."
        )
    power = " kmgtpe".index(matched[2].lower() or " ")
    base = Fraction(1024 if matched[3] else 1000)
    return round(Fraction(matched[1]) * base**power)


def _bytes(value: float) -> str:
    unit = 0
    while unit < len(_IEC) - 1 and round(value, 1) >= 1024:
        value /= 1024
        unit += 1
    if unit == 0 and value == int(value):
        return f"{value:.0f} B"
    return f"{value:,.1f} {_IEC[unit]}" if value < _PLAIN_DIGITS else f"{_whole(value)} {_IEC[unit]}"


def _byte_rate(value: float) -> str:
    return f"{_bytes(value)}/s"


def _ratio(value: float) -> str:
    percent = value * 100
    if percent == 0:
        return "0 %"
    if percent < 0.95:
        return f"{_plain(percent, 2)} %"
    if percent < 9.95:
        return f"{percent:.1f} %"
    # Short of 100 must not read as 100: a disk with one block free is not yet full.
    if 99 <= percent < 100:
        return f"{percent:.1f} %" if percent < 99.95 else f"{percent:.2f} %" if percent < 99.995 else "100 %"
    return f"{_whole(percent)} %"


def _seconds(value: float) -> str:
    if value == 0:
        return "0 s"
    if value < 0.9995e-3:
        return f"{_plain(value * 1e6, 3)} µs"
    if value < 0.9995:
        return f"{_plain(value * 1e3, 3)} ms"
    if value < 9.95:
        return f"{_plain(value, 2)} s"
    for size, name, part_size, part in (
        (86_400, "d", 3600, "h"),
        (3600, "h", 60, "min"),
        (60, "min", 1, "s"),
    ):
        parts = round(value / part_size)
        if parts * part_size >= size:
            whole, rest = divmod(parts, size // part_size)
            return f"{_whole(whole)} {name} {rest} {part}" if rest else f"{_whole(whole)} {name}"
    return f"{value:.0f} s"


def _number(value: float) -> str:
    return _whole(value) if value >= 999.5 or value == int(value) else _plain(value, 3)


def _whole(value: float) -> str:
    return f"{value:,.0f}" if value < _PLAIN_DIGITS else f"{value:.4g}"


def _per_second(value: float) -> str:
    return f"{_number(value)}/s"


def _celsius(value: float) -> str:
    return f"{value:.1f} °C" if value < _PLAIN_DIGITS else f"{_whole(value)} °C"


def _plain(value: float, digits: int) -> str:
    """Significant digits without an exponent where that is readable."""
    if value < 1e-6:
        return f"{value:.{digits}g}"
    decimals = max(0, digits - 1 - math.floor(math.log10(value)))
    text = f"{value:.{decimals}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def _happenings(value: float) -> str:
    """A number of things that happen as a whole; a rate's extrapolation leaves fractions of them."""
    return _whole(max(1, round(value)) if value else 0)


_WRITERS: Mapping[str, Callable[[float], str]] = {
    "bytes": _bytes,
    "bytes/s": _byte_rate,
    "ratio": _ratio,
    "seconds": _seconds,
    "count": _number,
    "1/s": _per_second,
    "celsius": _celsius,
    "events": _happenings,
    "code": _happenings,
    "": _number,
}
