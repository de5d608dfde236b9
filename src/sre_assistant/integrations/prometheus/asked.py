"""What callers ask, checked before the server is: each error names the value and what is accepted."""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from typing import Final

from sre_assistant.domain.errors import CallError
from sre_assistant.domain.window import Window
from sre_assistant.kit.promql import matchers_text, regex_escape
from sre_assistant.kit.timeexpr import parse_time
from sre_assistant.kit.units import format_span, parse_duration

LONGEST_QUERY: Final = 2_000
LONGEST_TERM: Final = 200
LONGEST_RANGE: Final = timedelta(days=30)
LONGEST_STEP: Final = timedelta(days=1)
_AHEAD = timedelta(minutes=1)
"""How far a clock may be ahead of ours before "now" there is the future here."""
_PLAIN_SECONDS = re.compile(r"\d+(?:\.\d+)?")


def query(text: str) -> str:
    """The expression, if it has a sensible length."""
    if not text.strip() or len(text) > LONGEST_QUERY:
        raise CallError(
            f"The query has {len(text):,} characters: give an expression of 1 to {LONGEST_QUERY:,}."
        )
    return text


def moment(text: str, now: datetime) -> datetime:
    """The moment meant, which must have been."""
    at = parse_time(text, now)
    if at > now + _AHEAD:
        raise CallError(
            f"{text!r} is {at.isoformat()}, which is in the future (now is {now.isoformat()}): "
            "give a time that has been, e.g. now."
        )
    return at


def window(start: str, end: str, now: datetime) -> Window:
    """The span between two moments, which must not be reversed, empty or longer than 30 days."""
    first, last = moment(start, now), moment(end, now)
    if first >= last:
        order = "is the same moment as" if first == last else "is after"
        raise CallError(f"start {start!r} {order} end {end!r}: give a start before the end, e.g. 1h and now.")
    if last - first > LONGEST_RANGE:
        raise CallError(
            f"From {start!r} to {end!r} is {format_span(last - first)}, more than the 30 days of one query: "
            "shorten it."
        )
    return Window(first, last)


def step(text: str) -> timedelta:
    """The distance of two points, above zero and at most a day."""
    width = timedelta(seconds=float(text)) if _PLAIN_SECONDS.fullmatch(text) else parse_duration(text)
    if not timedelta(0) < width <= LONGEST_STEP:
        raise CallError(f"step {text!r} must be above 0 and at most 1d, e.g. 60s.")
    return width


def name_selector(term: str) -> str:
    """A selector for the metrics whose names contain all words of a term, whatever their case and order."""
    words = re.findall(r"[^\W_]+", term)
    if not words or len(term) > LONGEST_TERM:
        raise CallError(
            f"The search term {term[:60]!r} has {len(words)} words in {len(term)} characters: give at least "
            f"one word and at most {LONGEST_TERM} characters, e.g. node memory."
        )
    return "{" + matchers_text(("__name__", "=~", f"(?i).*{regex_escape(word)}.*") for word in words) + "}"
