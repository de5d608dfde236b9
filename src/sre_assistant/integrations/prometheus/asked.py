"""What callers ask, checked before the server is: each error names the value and what is accepted."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import Final

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.promql import matchers_text, regex_escape
from sre_assistant.kit.timeexpr import parse_time

LONGEST_QUERY: Final = 2_000
LONGEST_TERM: Final = 200
LONGEST_RANGE: Final = timedelta(days=30)
_SOME_DAY = datetime(2026, 1, 1, tzinfo=UTC)


def query(text: str) -> str:
    """The expression, if it has a sensible length."""
    if not text.strip() or len(text) > LONGEST_QUERY:
        raise CallError(
            f"The query has {len(text):,} characters: give an expression of 1 to {LONGEST_QUERY:,}."
        )
    return text


def check_moments(*texts: str) -> None:
    """Whether these are times at all, whatever the present is."""
    for text in texts:
        parse_time(text, _SOME_DAY)


def name_selector(term: str) -> str:
    """A selector for the metrics whose names contain all words of a term, whatever their case and order."""
    words = re.findall(r"[^\W_]+", term)
    if not words or len(term) > LONGEST_TERM:
        raise CallError(
            f"The search term {term[:60]!r} has {len(words)} words in {len(term)} characters: give at least "
            f"one word and at most {LONGEST_TERM} characters, e.g. node memory."
        )
    return "{" + matchers_text(("__name__", "=~", f"(?i).*{regex_escape(word)}.*") for word in words) + "}"
