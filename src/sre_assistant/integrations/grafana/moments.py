"""The two ways in which Grafana writes a time."""

from __future__ import annotations

from datetime import UTC, datetime

from sre_assistant.kit.codec import DecodeError


def moment(text: str) -> datetime | None:
    """Of RFC 3339; None for what is unset (the year 1) and for what is no time with a zone."""
    try:
        found = datetime.fromisoformat(text)
        return found.astimezone(UTC) if found.tzinfo and found.year > 1 else None
    except (ValueError, OverflowError):
        return None


def instant(milliseconds: float) -> datetime:
    """Of Unix milliseconds.

    Raises:
        DecodeError: no calendar reaches that far.
    """
    try:
        return datetime.fromtimestamp(milliseconds / 1000, UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise DecodeError(f"its time cannot be: {error}") from error
