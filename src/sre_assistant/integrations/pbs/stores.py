"""Datastores: room, growth and maintenance, put together from the lists that tell of them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, TypeAlias
from urllib.parse import unquote

from sre_assistant.domain.window import from_epoch
from sre_assistant.integrations.pbs import shapes
from sre_assistant.integrations.pbs.runs import Collected, collected_of

Growth: TypeAlias = Literal["grows", "shrinks", "level", "unknown"]

_FARTHEST: Final = timedelta(days=36_525)


@dataclass(frozen=True, slots=True, kw_only=True)
class Datastore:
    """One datastore as the server tells of it."""

    name: str
    comment: str = ""
    total: float | None = None
    used: float | None = None
    available: float | None = None
    problem: str = ""
    """Why it cannot be used, in the server's words."""
    maintenance: str = ""
    """Its maintenance mode with the reason, e.g. ``read-only: disk swap``."""
    limited: bool = False
    """Whether only a part of it may be seen."""
    growth: Growth = "unknown"
    full_at: datetime | None = None
    """When it will be full at the growth of the last month; None for what is a century away."""
    course: tuple[tuple[datetime, float], ...] = ()
    """The first and the last share in use that the last month's record holds."""
    collected: Collected | None = None
    """None where the token may not know."""


def maintenance_of(text: str | None) -> str:
    """A maintenance mode as people say it, from ``type=offline,message=disk%20swap``."""
    parts = dict(part.partition("=")[::2] for part in (text or "").split(","))
    kind, reason = parts.get("type", text or ""), unquote(parts.get("message", "")).strip('"')
    return f"{kind}: {reason}" if reason else kind


def datastore_of(
    usage: shapes.Usage, listed: shapes.Store | None, collecting: shapes.Collecting | None, now: datetime
) -> Datastore:
    """A datastore from the three lists that tell of it."""
    known = usage.total is not None and usage.total >= 0
    growth, full_at = _estimate(usage.estimated_full_date, now)
    mount = usage.mount_status or (listed.mount_status if listed else None) or ""
    return Datastore(
        name=usage.store,
        comment=(listed.comment if listed else None) or "",
        total=usage.total if known else None,
        used=usage.used if known else None,
        available=usage.avail if known else None,
        problem=usage.error or ("it is not mounted" if mount == "notmounted" else ""),
        maintenance=maintenance_of(listed.maintenance if listed else None),
        limited=not known and not usage.error and mount != "notmounted",
        growth=growth,
        full_at=full_at,
        course=_course(usage),
        collected=collected_of(collecting or usage.gc_status),
    )


def _estimate(seconds: float | None, now: datetime) -> tuple[Growth, datetime | None]:
    if seconds is None:
        return "unknown", None
    if seconds == 0:
        return "level", None
    if seconds <= now.timestamp():
        return "shrinks", None
    far = seconds - now.timestamp() > _FARTHEST.total_seconds()
    return "grows", None if far else from_epoch(seconds)


def _course(usage: shapes.Usage) -> tuple[tuple[datetime, float], ...]:
    if usage.history_start is None or not usage.history_delta:
        return ()
    known = [(place, share) for place, share in enumerate(usage.history or ()) if share is not None]
    first = from_epoch(usage.history_start)
    ends = known[:1] + known[-1:] if len(known) > 1 else []
    return tuple((first + timedelta(seconds=place * usage.history_delta), share) for place, share in ends)
