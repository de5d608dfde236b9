"""What callers ask, checked before the server is: each error names the value and what is accepted."""

from __future__ import annotations

from typing import Final

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.promql import is_label

LONGEST_QUERY: Final = 2_000
LONGEST_NAME: Final = 200


def query(text: str) -> str:
    """The expression as it is, if it has a sensible length."""
    if not text.strip() or len(text) > LONGEST_QUERY:
        raise CallError(
            f"The query has {len(text):,} characters: give LogQL of 1 to {LONGEST_QUERY:,}, "
            'e.g. {host="nas"} |= "error".'
        )
    return text


def label(text: str) -> str:
    """The name, if it is one of a label."""
    if len(text) > LONGEST_NAME or not is_label(text):
        raise CallError(f"{text[:60]!r} is no label: use letters, digits and underscores, e.g. host.")
    return text


def thing(name: str, text: str | None) -> str:
    """The name of a host or service; nothing when it was left out."""
    if text is None:
        return ""
    if not text.strip() or len(text) > LONGEST_NAME:
        raise CallError(f"{name} is {text[:60]!r}: give a name of 1 to {LONGEST_NAME} characters, or none.")
    return text.strip()
