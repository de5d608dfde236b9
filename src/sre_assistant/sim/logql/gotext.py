"""Numbers, durations, sizes and strings as Go reads and writes them."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final

_FLOAT: Final = re.compile(
    r"[+-]?(?:(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][+-]?[0-9]+)?|inf(?:inity)?|nan)", re.ASCII | re.IGNORECASE
)
_HEX_FLOAT: Final = re.compile(r"[+-]?0[xX][0-9a-fA-F]*\.?[0-9a-fA-F]*[pP][+-]?[0-9]+", re.ASCII)
_UNITS: Final = {
    "ns": 1,
    "us": 1_000,
    "µs": 1_000,
    "μs": 1_000,
    "ms": 1_000_000,
    "s": 1_000_000_000,
    "m": 60_000_000_000,
    "h": 3_600_000_000_000,
}
_PIECE: Final = re.compile(r"(?P<number>[0-9]+\.?[0-9]*|\.[0-9]+)(?P<unit>[^0-9.]*)", re.ASCII)
_SIZES: Final = {
    "": 1,
    "b": 1,
    **{unit: 1000**power for power, unit in enumerate(("kb", "mb", "gb", "tb", "pb", "eb"), 1)},
    **{unit: 1000**power for power, unit in enumerate(("k", "m", "g", "t", "p", "e"), 1)},
    **{unit: 1024**power for power, unit in enumerate(("kib", "mib", "gib", "tib", "pib", "eib"), 1)},
    **{unit: 1024**power for power, unit in enumerate(("ki", "mi", "gi", "ti", "pi", "ei"), 1)},
}
_ESCAPES: Final = {
    "a": "\a",
    "b": "\b",
    "f": "\f",
    "n": "\n",
    "r": "\r",
    "t": "\t",
    "v": "\v",
    "\\": "\\",
    '"': '"',
    "'": "'",
}
_NAMES: Final = {"\a": "\\a", "\b": "\\b", "\f": "\\f", "\n": "\\n", "\r": "\\r", "\t": "\\t", "\v": "\\v"}
_ESCAPED: Final = re.compile(
    r"\\(?:(?P<octal>[0-7]{3})|x(?P<hex>[0-9a-fA-F]{2})|u(?P<short>[0-9a-fA-F]{4})"
    r"|U(?P<long>[0-9a-fA-F]{8})|(?P<plain>.))",
    re.DOTALL,
)


def quoted(text: str) -> str:
    """A Go string literal."""
    return '"' + "".join(_written(one) for one in text) + '"'


def _written(one: str) -> str:
    if one in '"\\':
        return "\\" + one
    if one in _NAMES:
        return _NAMES[one]
    if one.isprintable():
        return one
    code = ord(one)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is no text, kept by `surrogateescape`
        return f"\\x{code - 0xDC00:02x}"
    return f"\\x{code:02x}" if code < 0x80 else f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"


def unquoted(literal: str) -> str:
    """What a Go string literal stands for; bytes that are no text become lone surrogates.

    Raises:
        ValueError: it is none; the text is Go's.
    """
    mark, inner = literal[0], literal[1:-1]
    if mark == "`":
        return inner.replace("\r", "")
    if "\\" not in inner:
        return inner
    return b"".join(_pieces(inner, mark)).decode(errors="surrogateescape")


def _pieces(inner: str, mark: str) -> list[bytes]:
    found, place = [], 0
    for piece in _ESCAPED.finditer(inner):
        found += [inner[place : piece.start()].encode(errors="surrogateescape"), _unescaped(piece, mark)]
        place = piece.end()
    return [*found, inner[place:].encode(errors="surrogateescape")]


def _unescaped(piece: re.Match[str], mark: str) -> bytes:
    if piece["octal"]:
        value = int(piece["octal"], 8)
        if value > 255:
            raise ValueError("invalid syntax")
        return bytes([value])
    if piece["hex"]:
        return bytes([int(piece["hex"], 16)])
    if code := piece["short"] or piece["long"]:
        point = int(code, 16)
        if point > 0x10FFFF:
            raise ValueError("invalid syntax")
        return (chr(point) if not 0xD800 <= point < 0xE000 else "\ufffd").encode()
    plain = piece["plain"]
    if plain not in _ESCAPES or (plain in "'\"" and plain != mark):
        raise ValueError("invalid char escape")
    return _ESCAPES[plain].encode()


def parse_float(text: str) -> float:
    """A number as ``strconv.ParseFloat`` reads it.

    Raises:
        ValueError: it is none; the text is Go's.
    """
    if _FLOAT.fullmatch(text):
        return float(text)
    if _HEX_FLOAT.fullmatch(text):
        return float.fromhex(text)
    raise ValueError(f"strconv.ParseFloat: parsing {quoted(text)}: invalid syntax")


def parse_duration(text: str) -> int:
    """Nanoseconds of a duration as ``time.ParseDuration`` reads it.

    Raises:
        ValueError: it is none; the text is Go's.
    """
    rest = text[1:] if text[:1] in {"+", "-"} else text
    if rest == "0":
        return 0
    total, place = 0, 0
    while place < len(rest) or not rest:
        piece = _PIECE.match(rest, place)
        if piece is None:
            raise ValueError(f"time: invalid duration {quoted(text)}")
        unit = piece["unit"]
        if not unit:
            raise ValueError(f"time: missing unit in duration {quoted(text)}")
        if unit not in _UNITS:
            raise ValueError(f"time: unknown unit {quoted(unit)} in duration {quoted(text)}")
        total += int(Decimal(piece["number"]) * _UNITS[unit])
        place = piece.end()
    if total >= 1 << 63:
        raise ValueError(f"time: invalid duration {quoted(text)}")
    return -total if text[0] == "-" else total


def duration_text(nanoseconds: int) -> str:
    """A duration as Go writes it, e.g. ``1h0m5.5s``."""
    if not nanoseconds:
        return "0s"
    sign, rest = "-" if nanoseconds < 0 else "", abs(nanoseconds)
    for unit, size in (("ns", 1), ("µs", 1_000), ("ms", 1_000_000)):
        if rest < size * 1000:
            return f"{sign}{_decimal(rest, size)}{unit}"
    minutes, rest = divmod(rest, _UNITS["m"])
    hours, minutes = divmod(minutes, 60)
    text = f"{_decimal(rest, _UNITS['s'])}s"
    if hours:
        return f"{sign}{hours}h{minutes}m{text}"
    return f"{sign}{minutes}m{text}" if minutes else sign + text


def _decimal(value: int, size: int) -> str:
    whole, part = divmod(value, size)
    digits = str(part).rjust(len(str(size)) - 1, "0").rstrip("0")
    return f"{whole}.{digits}" if digits else str(whole)


def parse_bytes(text: str) -> int:
    """The size that a text such as ``1.5MiB`` stands for.

    Raises:
        ValueError: it is none; the text is the humanize library's.
    """
    end = next((i for i, one in enumerate(text) if not (one.isdigit() or one in ".,")), len(text))
    value = parse_float(text[:end].replace(",", ""))
    unit = text[end:].strip().lower()
    if unit not in _SIZES:
        raise ValueError(f"unhandled size name: {unit}")
    total = value * _SIZES[unit]
    if not total < 1 << 64:
        raise ValueError(f"too large: {text}")
    return int(total)


def bytes_text(size: int) -> str:
    """A size as humanize writes it without the space, e.g. ``1.5MB``."""
    if size < 10:
        return f"{size}B"
    power = min(int(math.log(size) / math.log(1000)), 6)
    value = math.floor(size / 1000**power * 10 + 0.5) / 10
    unit = ("B", "kB", "MB", "GB", "TB", "PB", "EB")[power]
    return f"{value:.1f}{unit}" if value < 10 and power else f"{value:.0f}{unit}"


def scalar_text(value: float) -> str:
    """A number as Go prints it: plain from 1e-4 up to 1e21, else with an exponent."""
    if value != value or math.isinf(value):  # noqa: PLR0124  a NaN differs from itself
        return "NaN" if value != value else "+Inf" if value > 0 else "-Inf"  # noqa: PLR0124
    size = abs(value)
    text = repr(float(value))
    if size and (size < 1e-4 or size >= 1e21):
        return _exponent(value)
    if "e" in text:
        text = format(Decimal(text), "f")
    return text.removesuffix(".0")


def plain_text(value: float) -> str:
    """A sample value: the shortest decimal without an exponent."""
    text = scalar_text(value)
    return format(Decimal(repr(float(value))), "f").removesuffix(".0") if "e" in text else text


def _exponent(value: float) -> str:
    mantissa, _, power = f"{Decimal(repr(value)):e}".lower().partition("e")
    if "." in mantissa:
        mantissa = mantissa.rstrip("0").rstrip(".")
    return f"{mantissa}e{'-' if int(power) < 0 else '+'}{abs(int(power)):02d}"
