"""Closed sets of words and bounded numbers, checked where callers are not typed."""

from __future__ import annotations

from typing import get_args

from sre_assistant.domain.errors import CallError


def check_choice(name: str, value: object, kind: object) -> None:
    """Makes sure that a value is one of a Literal's.

    Raises:
        CallError: it is not; the message lists what is.
    """
    if value not in get_args(kind):
        raise CallError(f"{name} is {value!r}: give one of {', '.join(get_args(kind))}.")


def check_range(name: str, value: float, least: float, most: float) -> None:
    """Makes sure that a number lies between two others, both included.

    Raises:
        CallError: it does not; the message says what is accepted.
    """
    if not least <= value <= most:
        raise CallError(f"{name} is {value!r}: give {least:,} to {most:,}.")
