"""The time zone of the times on screen, by a name that a bundle can keep."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from pathlib import Path
from zoneinfo import ZoneInfo

from sre_assistant.domain.errors import CallError

_LOCALTIME = Path("/etc/localtime")
_DAY = 24 * 60
_OFFSET = re.compile(r"([+-])(\d{2}):(\d{2})")


def machine_zone() -> tzinfo:
    """The machine's own zone; where only its present offset can be told, that."""
    parts = _LOCALTIME.resolve().parts
    if "zoneinfo" in parts:
        name = "/".join(parts[parts.index("zoneinfo") + 1 :])
        try:
            return ZoneInfo(name)
        except (OSError, ValueError, KeyError):
            pass  # a file of another make: the offset below is what it says today
    offset = datetime.now(UTC).astimezone().utcoffset()
    return timezone(offset or timedelta(0))


def zone_name(zone: tzinfo) -> str:
    """The zone's name, or its offset such as ``+01:00``."""
    if isinstance(zone, ZoneInfo) and zone.key:
        return zone.key
    minutes = round((zone.utcoffset(None) or timedelta(0)).total_seconds() / 60)
    return f"{'-' if minutes < 0 else '+'}{abs(minutes) // 60:02d}:{abs(minutes) % 60:02d}"


def zone_named(name: str) -> tzinfo:
    """The zone that ``zone_name`` named.

    Raises:
        CallError: there is none of that name here.
    """
    offset = _OFFSET.fullmatch(name)
    if offset:
        minutes = min(int(offset[2]) * 60 + int(offset[3]), _DAY - 1)
        return timezone(timedelta(minutes=-minutes if offset[1] == "-" else minutes))
    try:
        return ZoneInfo(name)
    except (OSError, ValueError, KeyError) as error:
        raise CallError(f"the time zone {name[:60]!r} is not known on this machine.") from error
