"""Loki's answers as short texts: what matters first, dates always, nothing untrusted unbounded."""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Final

from sre_assistant.domain.inventory import LogLine
from sre_assistant.domain.reading import Sample, Series
from sre_assistant.domain.window import Window, from_epoch
from sre_assistant.integrations.loki.parse import Pattern
from sre_assistant.kit import levels
from sre_assistant.kit.labels import labels_text
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.units import format_value

_LONGEST_LINE: Final = 400
_LONGEST_PATTERN: Final = 240
_LONGEST_NAME: Final = 60
_ENDS: Final = 3


def line(each: LogLine) -> str:
    """One log line: when, how grave, where from, what."""
    grade = f" [{each.level}]" if each.level else ""
    return f"{precise(each.at)}{grade} {place(each)}: {bounded(redact(each.text), _LONGEST_LINE)}"


def place(each: LogLine) -> str:
    """Where a line comes from: host, service and container, each said once."""
    names = dict.fromkeys(name for name in (each.host, each.service, each.container) if name)
    if not names:
        names = dict.fromkeys(f"{name}={value}" for name, value in sorted(each.labels.items())[:3])
    return "/".join(bounded(name, _LONGEST_NAME) for name in names) or "(no labels)"


def found_lines(window: Window, total: str, shown: int, count: int, order: str, lines: Sequence[str]) -> str:
    """Lines under how many there are and how many of those are shown."""
    first = f"; the first {shown:,} are shown" if shown < count else ""
    return "\n".join([f"{total} from {span(window)}, {order}{first}", *lines])


def summary(lines: Iterable[LogLine]) -> list[str]:
    """How many lines of which level each place has, the gravest place first."""
    counts: dict[str, Counter[str]] = {}
    for each in lines:
        counts.setdefault(place(each), Counter())[each.level or "other"] += 1
    grades = (*levels.LEVELS, "other")

    def grave(item: tuple[str, Counter[str]]) -> tuple[object, ...]:
        return (*(-item[1][grade] for grade in grades), item[0])

    return [
        f"  {name}: " + ", ".join(f"{count[grade]:,} {grade}" for grade in grades if count[grade])
        for name, count in sorted(counts.items(), key=grave)
    ]


def sample(each: Sample) -> str:
    """One value of one series."""
    return f"  {bounded(labels_text(each.labels), _LONGEST_LINE)} => {number(each.value)}"


def series(each: Series) -> str:
    """One series: how many points, their range and mean, and both ends; no point twice."""
    name = f"  {bounded(labels_text(each.labels), _LONGEST_LINE)}"
    numbers = [value for value in each.values if math.isfinite(value)]
    if not numbers:
        return f"{name}: {len(each.values):,} points, none of them a number"
    points = [f"    {seconds(at)} {number(value)}" for at, value in zip(each.times, each.values, strict=True)]
    if len(points) > 2 * _ENDS:
        points[_ENDS:-_ENDS] = [f"    ... ({len(points) - 2 * _ENDS:,} more points)"]
    mean = math.fsum(numbers) / len(numbers)
    head = (
        f"{name}: {len(each.values):,} points "
        f"(min {number(min(numbers))}, max {number(max(numbers))}, avg {number(mean)})"
    )
    return "\n".join([head, *points])


def pattern(each: Pattern) -> str:
    """One pattern with the number of its lines."""
    grade = f" [{level}]" if (level := levels.level_named(each.level)) else ""
    return f"  {each.count:,} x{grade} {bounded(redact(each.text), _LONGEST_PATTERN)}"


def share(name: str, value: float, total: float, unit: str) -> str:
    """What a label's value has of the whole."""
    part = f" ({format_value(value / total, 'ratio')})" if total else ""
    lines = "line" if value == 1 else "lines"
    shown = format_value(value, unit) if unit == "bytes" else f"{format_value(value, 'count')} {lines}"
    return f"  {bounded(name, _LONGEST_NAME) or '(without)'}: {shown}{part}"


def number(value: float) -> str:
    """A value in full precision, thousands set apart."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return f"{int(value):,}" if value == int(value) and abs(value) < 1e15 else f"{value:,.6g}"


def precise(moment: datetime) -> str:
    """A moment with its date, to the millisecond."""
    return f"{moment:%Y-%m-%d %H:%M:%S}.{moment.microsecond // 1000:03d}Z"


def date(moment: datetime) -> str:
    """A moment with its date, to the second."""
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")


def span(window: Window) -> str:
    """Both ends of a window."""
    return f"{date(window.start)} to {date(window.end)}"


def seconds(at: float) -> str:
    """A moment in Unix seconds with its date; the text itself when it is none."""
    try:
        return date(from_epoch(at))
    except (ValueError, OverflowError, OSError):
        return f"({at!r})"
