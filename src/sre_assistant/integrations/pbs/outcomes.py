"""Readings made of several look-ups: what each brought, and why it is not all."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final, TypeVar

from sre_assistant.domain.errors import SourceError
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.pbs.client import Listed

T = TypeVar("T")

_MOST_REASONS: Final = 6


def part(outcome: Listed[T] | SourceError, what: str) -> tuple[tuple[T, ...], str]:
    """A list that the rest does without, and why it is not whole."""
    if isinstance(outcome, SourceError):
        return (), f"{what} could not be read: {outcome.detail}"
    return outcome.items, f"{what}: {outcome.cut}" if outcome.cut else ""


def few(reasons: Sequence[str]) -> list[str]:
    """The first of different reasons, and how many more there are."""
    different = list(dict.fromkeys(reasons))
    more = len(different) - _MOST_REASONS
    return different[:_MOST_REASONS] + ([f"and {more} more such reasons"] if more > 0 else [])


def with_value(reading: Reading[object], value: T) -> Reading[T]:
    """Another value from the same answers."""
    return Reading(
        value=value,
        provenance=reading.provenance,
        completeness=reading.completeness,
        detail=reading.detail,
    )
