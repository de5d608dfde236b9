"""What a system answered, with where it came from and how complete it is."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Generic, TypeVar

from sre_assistant.domain.window import Window

T_co = TypeVar("T_co", covariant=True)


class Completeness(StrEnum):
    """How much of the truth an answer holds."""

    COMPLETE = "complete"
    PARTIAL = "partial"
    EMPTY = "empty"
    DENIED = "denied"
    UNREACHABLE = "unreachable"
    STALE = "stale"
    UNSUPPORTED = "unsupported"

    @property
    def answered(self) -> bool:
        """Whether the system told us something we may rely on (an empty list counts)."""
        return self in {Completeness.COMPLETE, Completeness.PARTIAL, Completeness.EMPTY}


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """Where a value came from, exactly enough to ask again."""

    source: str
    """Name of the configured system."""
    query: str
    """The query in the system's own language, or the API call."""
    observed_at: datetime
    """The moment the answer speaks of, UTC, on the source's clock."""
    window: Window | None = None
    """The span asked for, for a range."""
    link: str = ""
    """A page where a person sees the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading(Generic[T_co]):
    """A value with its provenance and completeness."""

    value: T_co
    provenance: Provenance
    completeness: Completeness
    detail: str = ""
    """Why it is not complete, in words fit to show."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One value of one series."""

    labels: Mapping[str, str]
    value: float
    """May be NaN or infinite, as the source said."""
    at: datetime


@dataclass(frozen=True, slots=True)
class Series:
    """One series over time."""

    labels: Mapping[str, str]
    times: tuple[float, ...]
    """Unix seconds, ascending, as many as ``values``."""
    values: tuple[float, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing a metrics server scrapes."""

    labels: Mapping[str, str]
    host: str = ""
    """The machine it is on, where a label of its own names that; empty where only ``instance`` tells."""
    health: str
    """``up``, ``down`` or ``unknown``."""
    last_error: str
    """What the last scrape said; empty when it worked."""
    scrape_url: str
    scrape_interval: float
    """Seconds; 0 when the server does not say."""
    last_scrape: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One alerting or recording rule."""

    name: str
    expression: str
    kind: str
    """``alerting`` or ``recording``."""
    group: str
    hold: float = 0.0
    """Seconds the expression must stay true (``for``)."""
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    health: str
    """``ok``, ``err`` or ``unknown``."""
    last_error: str = ""
    state: str = ""
    """``firing``, ``pending`` or ``inactive`` for an alerting rule."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Build:
    """Which program answers, and which version of it."""

    product: str
    version: str
    revision: str = ""
