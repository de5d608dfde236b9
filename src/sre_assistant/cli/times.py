"""Times as a tired person reads them: in their own zone, always with the date."""

from __future__ import annotations

from datetime import datetime, timedelta, tzinfo


def moment(at: datetime, zone: tzinfo) -> str:
    """Date and minute in the zone, e.g. ``2026-03-01 02:14``."""
    return at.astimezone(zone).strftime("%Y-%m-%d %H:%M")


def moment_with_zone(at: datetime, zone: tzinfo) -> str:
    """Like ``moment``, with the zone's short name."""
    local = at.astimezone(zone)
    return f"{local:%Y-%m-%d %H:%M} {local.tzname()}"


def span(start: datetime, end: datetime, zone: tzinfo) -> str:
    """Two moments; the second date only where it differs, seconds only where minutes would not tell."""
    first, last = start.astimezone(zone), end.astimezone(zone)
    clock = "%H:%M:%S" if last - first < timedelta(minutes=2) else "%H:%M"
    date = "" if first.date() == last.date() else f"{last:%Y-%m-%d} "
    return f"{first:%Y-%m-%d} {first.strftime(clock)} ─ {date}{last.strftime(clock)}"
