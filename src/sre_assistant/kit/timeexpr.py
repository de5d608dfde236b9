"""Moments as people write them."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.units import parse_duration

ACCEPTED = (
    "write RFC 3339 (2026-03-01T02:14:00Z), Unix seconds, now, 1h or now-1h (ago), 18:20, "
    "yesterday 18:20, or a date with a time"
)

_RELATIVE = re.compile(r"(?:now\s*-\s*)?(\d[\d.\s]*(?:ms|[smhdwy])[\dsmhdwy.\s]*?)(?:\s+ago)?", re.ASCII)
_CLOCK = re.compile(r"(?:(today|yesterday)\s+(?:at\s+)?)?(\d{1,2}):(\d{2})(?::(\d{2}))?", re.ASCII)
_EPOCH = re.compile(r"\d{1,13}(?:\.\d{1,9})?", re.ASCII)
_MILLISECONDS_FROM = 100_000_000_000  # as seconds that is the year 5138


def parse_time(text: str, now: datetime, zone: tzinfo = UTC) -> datetime:
    """The moment meant, in UTC.

    Args:
        text: what was written; a bare ``18:20`` is the last one that has been.
        now: the present, with a zone.
        zone: where the writer's clock hangs; used for times without a zone.

    Raises:
        CallError: it is no such text; the message lists what is accepted.
    """
    said = " ".join(text.split()).lower()
    try:
        moment = _spoken(said, now, zone) or _epoch(said) or _written(text.strip(), zone)
    except (ValueError, OverflowError) as error:
        raise _unknown(text) from error
    if moment is None:
        raise _unknown(text)
    return moment


def _unknown(text: str) -> CallError:
    shown = text if len(text) <= 60 else f"{text[:60]}…"
    return CallError(f"{shown!r} is no time: {ACCEPTED}.")


def _spoken(said: str, now: datetime, zone: tzinfo) -> datetime | None:
    now = now.astimezone(UTC)
    if said == "now":
        return now
    if said in {"today", "yesterday"}:
        return _local(_day(said, now, zone), time(), zone)
    if relative := _RELATIVE.fullmatch(said):
        return now - parse_duration(relative[1])
    if clock := _CLOCK.fullmatch(said):
        hour = time(int(clock[2]), int(clock[3]), int(clock[4] or 0))
        if clock[1]:
            return _local(_day(clock[1], now, zone), hour, zone)
        today = _local(_day("today", now, zone), hour, zone)
        return today if today <= now else _local(_day("yesterday", now, zone), hour, zone)
    return None


def _day(said: str, now: datetime, zone: tzinfo) -> date:
    today = now.astimezone(zone).date()
    return today - timedelta(days=1) if said == "yesterday" else today


def _local(day: date, hour: time, zone: tzinfo) -> datetime:
    return datetime.combine(day, hour, zone).astimezone(UTC)


def _epoch(said: str) -> datetime | None:
    if not _EPOCH.fullmatch(said):
        return None
    seconds = float(said)
    if seconds >= _MILLISECONDS_FROM:
        seconds /= 1000
    return datetime.fromtimestamp(seconds, UTC)


def _written(text: str, zone: tzinfo) -> datetime | None:
    if not re.match(r"\d{4}-\d{2}-\d{2}", text):
        return None
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=zone)).astimezone(UTC)
