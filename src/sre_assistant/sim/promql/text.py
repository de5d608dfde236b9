"""Numbers, durations and labels written as Go writes them."""

from __future__ import annotations

import math
import re
from decimal import Decimal
from typing import Final

from sre_assistant.sim.metrics.series import NAME, Labels

_UNITS: Final = {
    "ms": 1,
    "s": 1000,
    "m": 60_000,
    "h": 3_600_000,
    "d": 86_400_000,
    "w": 604_800_000,
    "y": 31_536_000_000,
}
_DURATION: Final = re.compile(
    r"(?:(?P<y>[0-9]+)y)?(?:(?P<w>[0-9]+)w)?(?:(?P<d>[0-9]+)d)?(?:(?P<h>[0-9]+)h)?"
    r"(?:(?P<m>[0-9]+)m)?(?:(?P<s>[0-9]+)s)?(?:(?P<ms>[0-9]+)ms)?"
)


def plain(value: float) -> str:
    """The shortest decimal that reads back the same, without an exponent."""
    if value != value or value in (math.inf, -math.inf):  # noqa: PLR0124  a NaN differs from itself
        return "NaN" if value != value else "+Inf" if value > 0 else "-Inf"  # noqa: PLR0124
    text = repr(float(value))
    if "e" in text:
        text = format(Decimal(text), "f")
    return text.removesuffix(".0")


def number(value: float) -> str:
    """A sample value in the HTTP API: plain, but with an exponent when very small or very large."""
    size = abs(value)
    if size and size < math.inf and (size < 1e-6 or size >= 1e21):
        return scientific(value)
    return plain(value)


def scientific(value: float) -> str:
    """The shortest decimal with an exponent of at least two digits, e.g. ``1.5e+00``."""
    if not math.isfinite(value):
        return plain(value)
    sign, digits, exponent = Decimal(repr(float(value))).as_tuple()
    figures = "".join(map(str, digits))
    power = len(figures) - 1 + int(exponent)
    figures = figures.rstrip("0") or "0"
    if figures == "0":
        power = 0
    mantissa = figures[0] + ("." + figures[1:] if len(figures) > 1 else "")
    return f"{'-' if sign else ''}{mantissa}e{'-' if power < 0 else '+'}{abs(power):02d}"


def general(value: float) -> str:
    """Go's ``%v``: plain from 1e-4 up to 1e21, else with an exponent."""
    size = abs(value)
    if size and size < math.inf and (size < 1e-4 or size >= 1e21):
        return scientific(value)
    return plain(value)


def shortest(value: float) -> str:
    """A value in the text format: plain from 1e-4 up to 1e6, else with an exponent."""
    size = abs(value)
    if size and size < math.inf and (size < 1e-4 or size >= 1e6):
        return scientific(value)
    return plain(value)


def duration_ms(text: str) -> int:
    """Milliseconds of a Prometheus duration such as ``1h30m``.

    Raises:
        ValueError: it is none.
    """
    found = _DURATION.fullmatch(text)
    if not text or not found or text == "0" or not any(found.groups()):
        raise ValueError(f'not a valid duration string: "{text}"')
    return sum(int(count) * _UNITS[unit] for unit, count in found.groupdict().items() if count)


def duration_text(milliseconds: int) -> str:
    """A Prometheus duration, e.g. ``1h30m``; whole years, weeks and days only when nothing is left."""
    if not milliseconds:
        return "0s"
    text, rest = "", milliseconds
    for unit, exact in (
        ("y", True),
        ("w", True),
        ("d", False),
        ("h", False),
        ("m", False),
        ("s", False),
        ("ms", False),
    ):
        size = _UNITS[unit]
        if exact and rest % size:
            continue
        if rest >= size:
            text += f"{rest // size}{unit}"
            rest %= size
    return text


def quoted(text: str) -> str:
    """A Go string literal."""
    escaped = text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")
    return f'"{escaped}"'


def label_set(labels: Labels) -> str:
    """Labels as in Prometheus' messages, the metric name among them."""
    return "{" + ", ".join(f"{name}={quoted(value)}" for name, value in labels) + "}"


def exposed(labels: Labels) -> str:
    """A series as an exporter writes it, e.g. ``up{job="node"}``."""
    have = dict(labels)
    name = have.pop(NAME, "")
    inner = ",".join(f"{key}={quoted(value)}" for key, value in sorted(have.items()))
    return f"{name}{{{inner}}}" if inner else name
