"""Evidence: one statement that can be checked against its source."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sre_assistant.domain.reading import Completeness
from sre_assistant.domain.window import Window


@dataclass(frozen=True, slots=True, kw_only=True)
class Trend:
    """How a value moved, on an even grid."""

    query: str
    """What the source was asked as a range query."""
    start: datetime
    step: float
    """Seconds between two points."""
    values: tuple[float | None, ...]
    """None where the source had no sample."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """A statement with the value behind it.

    ``value`` is what ``query`` answers when it is asked of ``source`` as an instant query at
    ``observed_at``, unconverted. A figure that was worked out names what it was worked out from.
    """

    id: str
    """Unique within its diagnosis, e.g. ``e3``."""
    statement: str
    """One sentence with the value in readable units."""
    value: float | None
    """None when the evidence is not a number (an error text, an API's answer)."""
    unit: str
    """``bytes``, ``bytes/s``, ``ratio``, ``seconds``, ``count``, ``events``, ``code``, ``1/s``, ``celsius``
    or empty."""
    source: str
    query: str
    window: Window | None
    """The span the value speaks of, where it is not a moment."""
    observed_at: datetime
    link: str = ""
    derived_from: tuple[str, ...] = ()
    """Ids of the evidence this one was worked out from; empty for a value straight from its source."""
    trend: Trend | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Lookup:
    """One line of the coverage ledger: what was asked, and what came."""

    source: str
    operation: str
    """What was wanted, e.g. ``memory.available_ratio`` or ``targets``."""
    query: str
    completeness: Completeness
    detail: str = ""
    """Why it is not complete, and what would mend it."""
