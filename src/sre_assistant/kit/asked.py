"""Times that callers ask for, checked before a server is: each error names the value and what is accepted."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from sre_assistant.domain.errors import CallError
from sre_assistant.domain.window import Window
from sre_assistant.kit.timeexpr import parse_time
from sre_assistant.kit.units import format_span, parse_duration

LONGEST_STEP: Final = timedelta(days=1)
_AHEAD: Final = timedelta(minutes=1)
"""How far a clock may be ahead of ours before "now" there is the future here."""
_PLAIN_SECONDS: Final = re.compile(r"\d{1,9}(?:\.\d{1,9})?", re.ASCII)


def past_moment(text: str, now: datetime) -> datetime:
    """The moment meant, which must have been.

    Raises:
        CallError: it is no time, or in the future.
    """
    at = parse_time(text, now)
    if at > now + _AHEAD:
        raise CallError(
            f"{text!r} is {at.isoformat()}, which is in the future (now is {now.isoformat()}): "
            "give a time that has been, e.g. now."
        )
    return at


def past_window(start: str, end: str, now: datetime, *, longest: timedelta | None = None) -> Window:
    """The span between two moments, which must not be reversed, empty or longer than ``longest``.

    Raises:
        CallError: it is; or one of them is no time, or in the future.
    """
    first, last = past_moment(start, now), past_moment(end, now)
    if first >= last:
        order = "is the same moment as" if first == last else "is after"
        raise CallError(f"start {start!r} {order} end {end!r}: give a start before the end, e.g. 1h and now.")
    if longest and last - first > longest:
        raise CallError(
            f"From {start!r} to {end!r} is {format_span(last - first)}, more than the {longest.days} days of "
            "one query: shorten it."
        )
    return Window(first, last)


def step_width(text: str) -> timedelta:
    """The distance of two points, above zero and at most a day.

    Raises:
        CallError: it is no span, or not within these bounds.
    """
    width = timedelta(seconds=float(text)) if _PLAIN_SECONDS.fullmatch(text) else parse_duration(text)
    if not timedelta(0) < width <= LONGEST_STEP:
        raise CallError(f"step {text!r} must be above 0 and at most 1d, e.g. 60s.")
    return width
