"""Alert annotations: the part of Go's template language that rules use."""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Final

from sre_assistant.sim.promql.text import general

_ACTION: Final = re.compile(r"\{\{-?\s*(?P<body>.*?)\s*-?\}\}", re.DOTALL)
_LABEL: Final = re.compile(
    r"\$labels\.(?P<name>[a-zA-Z_][a-zA-Z0-9_]*)|\.Labels\.(?P<same>[a-zA-Z_][a-zA-Z0-9_]*)"
)
_VALUES: Final = re.compile(r"\$values\.[A-Z](?:\.Value)?|\$value|\.Value")
_PRINTF: Final = re.compile(r'printf\s+"(?P<format>[^"%]*%[-+ 0#]*[0-9]*(?:\.[0-9]+)?[fgeds][^"%]*)"')


@dataclass(frozen=True, slots=True)
class Template:
    """A text with actions in double braces, checked when it is made.

    Raises:
        ValueError: it uses something this module does not know.
    """

    text: str

    def __post_init__(self) -> None:
        """Tries it once, so that a wrong rule file fails when it is loaded."""
        self.expanded({}, 1.0)

    def expanded(self, labels: Mapping[str, str], value: float) -> str:
        """The text for one alert."""
        return _ACTION.sub(lambda action: _run(action["body"], labels, value), self.text)


def humanize(value: float) -> str:
    """With metric prefixes, e.g. ``1.234k``."""
    if value == 0 or not math.isfinite(value):
        return _short(value)
    prefix = ""
    if abs(value) >= 1:
        for one in "kMGTPEZY":
            if abs(value) < 1000:
                break
            prefix, value = one, value / 1000
        return _short(value) + prefix
    for one in "mμnpfazy":
        if abs(value) >= 1:
            break
        prefix, value = one, value * 1000
    return _short(value) + prefix


def humanize1024(value: float) -> str:
    """With binary prefixes, e.g. ``1.5Gi``."""
    if abs(value) <= 1 or not math.isfinite(value):
        return _short(value)
    prefix = ""
    for one in ("ki", "Mi", "Gi", "Ti", "Pi", "Ei", "Zi", "Yi"):
        if abs(value) < 1024:
            break
        prefix, value = one, value / 1024
    return _short(value) + prefix


def humanize_percentage(value: float) -> str:
    """A ratio as percent."""
    return _short(value * 100) + "%"


def humanize_duration(value: float) -> str:
    """Seconds as days, hours, minutes and seconds."""
    if not math.isfinite(value) or value == 0:
        return _short(value) + ("s" if value == 0 else "")
    if abs(value) < 1:
        prefix = ""
        for one in "mμnpfazy":
            if abs(value) >= 1:
                break
            prefix, value = one, value * 1000
        return f"{_short(value)}{prefix}s"
    sign, whole = "-" if value < 0 else "", int(abs(value))
    minutes, seconds = divmod(whole, 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    if days:
        return f"{sign}{days}d {hours}h {minutes}m {seconds}s"
    if hours:
        return f"{sign}{hours}h {minutes}m {seconds}s"
    if minutes:
        return f"{sign}{minutes}m {seconds}s"
    return f"{sign}{_short(abs(value))}s"


def humanize_timestamp(value: float) -> str:
    """Unix seconds as a date."""
    if not math.isfinite(value):
        return _short(value)
    seconds, milliseconds = divmod(int(value * 1000), 1000)
    part = f".{milliseconds:03d}".rstrip("0").rstrip(".")
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%d %H:%M:%S}{part} +0000 UTC"


_FUNCTIONS: Final[dict[str, Callable[[float], str]]] = {
    "humanize": humanize,
    "humanize1024": humanize1024,
    "humanizeDuration": humanize_duration,
    "humanizePercentage": humanize_percentage,
    "humanizeTimestamp": humanize_timestamp,
}
_CASES: Final[dict[str, Callable[[str], str]]] = {
    "toUpper": str.upper,
    "toLower": str.lower,
    "title": str.title,
}


def _run(body: str, labels: Mapping[str, str], value: float) -> str:
    first, *stages = (stage.strip() for stage in body.split("|"))
    word, _, argument = first.partition(" ")
    if argument and (word in _FUNCTIONS or word in _CASES or word == "printf"):
        head, _, operand = first.rpartition(" ")
        first, stages = operand, [head, *stages]
    result: float | str = _operand(first, labels, value)
    for stage in stages:
        result = _applied(stage, result)
    return result if isinstance(result, str) else general(result)


def _operand(text: str, labels: Mapping[str, str], value: float) -> float | str:
    if _VALUES.fullmatch(text):
        return value
    label = _LABEL.fullmatch(text)
    if label:
        return labels.get(label["name"] or label["same"], "")
    raise ValueError(f"{text!r} is not supported in a template; known are $labels.NAME and $value")


def _applied(stage: str, operand: float | str) -> str:
    if stage in _CASES:
        return _CASES[stage](operand if isinstance(operand, str) else general(operand))
    printf = _PRINTF.fullmatch(stage)
    if printf:
        return printf["format"] % operand
    if stage in _FUNCTIONS:
        return _FUNCTIONS[stage](float(operand or "nan"))
    raise ValueError(
        f"{stage!r} is not supported in a template; known are {', '.join([*_FUNCTIONS, *_CASES, 'printf'])}"
    )


def _short(value: float) -> str:
    if not math.isfinite(value):
        return general(value)
    return f"{value:.4g}"
