"""Spans of time, always in UTC."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from sre_assistant.domain.errors import CallError


@dataclass(frozen=True, slots=True)
class Window:
    """A closed span of time."""

    start: datetime
    """First moment, timezone-aware UTC."""
    end: datetime
    """Last moment, timezone-aware UTC; never before ``start``."""

    def __post_init__(self) -> None:
        if self.start.tzinfo is None or self.end.tzinfo is None:
            raise CallError(f"A window needs times with a zone, got {self.start} and {self.end}.")
        if self.end < self.start:
            raise CallError(
                f"The window ends at {self.end.isoformat()}, before it starts at {self.start.isoformat()}: "
                "swap the two."
            )

    @classmethod
    def before(cls, moment: datetime, span: timedelta) -> Window:
        """The span that ends at ``moment``."""
        return cls(moment - span, moment)

    @property
    def span(self) -> timedelta:
        """How long it is."""
        return self.end - self.start


def from_epoch(seconds: float) -> datetime:
    """The UTC moment of Unix ``seconds``."""
    return datetime.fromtimestamp(seconds, UTC)
