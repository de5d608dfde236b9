"""Times as Go writes and reads them: layouts that show how ``Mon Jan 2 15:04:05 2006`` would look."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from typing import Final
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_SECOND: Final = 1_000_000_000
_DAYS: Final = ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday")
_MONTHS: Final = (
    *("January", "February", "March", "April", "May", "June"),
    *("July", "August", "September", "October", "November", "December"),
)
_VERB: Final = re.compile(
    r"January|Jan|Monday|Mon|MST|2006|-07:00|-0700|-07|Z07:00|Z0700|[.,]0+(?![0-9])|[.,]9+(?![0-9])"
    r"|01|02|03|04|05|06|002|15|PM|pm|_2|1|2|3|4|5"
)
_DEFAULT: Final = "2006-01-02 15:04:05.999999999 -0700 MST"


@dataclass(frozen=True, slots=True)
class Moment:
    """Unix nanoseconds, seen in a zone."""

    nanoseconds: int
    zone: tzinfo = UTC

    @property
    def clock(self) -> datetime:
        """The same to the second."""
        return (_EPOCH + timedelta(seconds=self.nanoseconds // _SECOND)).astimezone(self.zone)

    def __str__(self) -> str:
        return written(self, _DEFAULT)


ZERO: Final = Moment(-62_135_596_800 * _SECOND)


def zone(name: str) -> tzinfo:
    """A zone by its name; UTC if there is none of that name."""
    try:
        return UTC if name in {"", "UTC", "Local"} else ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError):
        return UTC


def written(moment: Moment, layout: str) -> str:
    """A moment in a layout."""
    return _VERB.sub(lambda verb: _part(moment, verb[0]), layout)


def _part(moment: Moment, verb: str) -> str:
    clock = moment.clock
    if verb[0] in ".,":
        digits = f"{moment.nanoseconds % _SECOND:09d}"[: len(verb) - 1]
        if verb[1] == "9":
            digits = digits.rstrip("0")
        return verb[0] + digits if digits else ""
    if verb in {"-0700", "-07:00", "-07", "Z0700", "Z07:00"}:
        return _offset(clock, verb)
    hour = clock.hour % 12 or 12
    return {
        "2006": f"{clock.year:04d}",
        "06": f"{clock.year % 100:02d}",
        "January": _MONTHS[clock.month - 1],
        "Jan": _MONTHS[clock.month - 1][:3],
        "01": f"{clock.month:02d}",
        "1": str(clock.month),
        "Monday": _DAYS[clock.weekday()],
        "Mon": _DAYS[clock.weekday()][:3],
        "02": f"{clock.day:02d}",
        "_2": f"{clock.day:2d}",
        "2": str(clock.day),
        "002": f"{clock.timetuple().tm_yday:03d}",
        "15": f"{clock.hour:02d}",
        "03": f"{hour:02d}",
        "3": str(hour),
        "04": f"{clock.minute:02d}",
        "4": str(clock.minute),
        "05": f"{clock.second:02d}",
        "5": str(clock.second),
        "PM": "PM" if clock.hour >= 12 else "AM",
        "pm": "pm" if clock.hour >= 12 else "am",
        "MST": clock.tzname() or "UTC",
    }[verb]


def _offset(clock: datetime, verb: str) -> str:
    minutes = int((clock.utcoffset() or timedelta(0)).total_seconds() // 60)
    if verb[0] == "Z" and not minutes:
        return "Z"
    hours, rest = divmod(abs(minutes), 60)
    sign = "-" if minutes < 0 else "+"
    if verb == "-07":
        return f"{sign}{hours:02d}"
    return f"{sign}{hours:02d}{':' if ':' in verb else ''}{rest:02d}"


_SHAPES: Final = {
    "2006": r"(?P<year>\d{4})",
    "06": r"(?P<short>\d\d)",
    "January": r"(?P<month>[A-Z][a-z]+)",
    "Jan": r"(?P<month>[A-Z][a-z]{2})",
    **dict.fromkeys(("01", "1"), r"(?P<number>\d{1,2})"),
    **dict.fromkeys(("Monday", "Mon"), r"[A-Z][a-z]+"),
    **dict.fromkeys(("02", "_2", "2"), r"\s?(?P<day>\d{1,2})"),
    **dict.fromkeys(("15", "03", "3"), r"(?P<hour>\d{1,2})"),
    **dict.fromkeys(("04", "4"), r"(?P<minute>\d{1,2})"),
    **dict.fromkeys(("05", "5"), r"(?P<second>\d{1,2})(?:[.,](?P<part>\d+))?"),
    **dict.fromkeys(("PM", "pm"), r"(?P<half>[AaPp][Mm])"),
    **dict.fromkeys(("-0700", "-07:00", "-07", "Z0700", "Z07:00"), r"(?P<offset>Z|[+-]\d\d:?(?:\d\d)?)"),
    "MST": r"[A-Z]{3,4}",
}


def read(layout: str, text: str, where: tzinfo = UTC) -> Moment:
    """The moment that a text shows in a layout; Go's zero time if it does not fit."""
    shape, place = "", 0
    for verb in _VERB.finditer(layout):
        shape += re.escape(layout[place : verb.start()]) + _SHAPES.get(verb[0], "")
        place = verb.end()
    found = re.fullmatch(shape + re.escape(layout[place:]), text)
    if not found:
        return ZERO
    try:
        return _moment(found.groupdict(), where)
    except ValueError:
        return ZERO


def _moment(parts: dict[str, str | None], where: tzinfo) -> Moment:
    month = next(
        (place for place, name in enumerate(_MONTHS, 1) if name.startswith(parts.get("month") or "-")),
        int(parts.get("number") or 1),
    )
    year = int(parts.get("year") or 0)
    if short := parts.get("short"):
        year = int(short) + (1900 if int(short) >= 69 else 2000)
    hour = int(parts.get("hour") or 0)
    if half := (parts.get("half") or "").upper():
        hour = hour % 12 + 12 * (half == "PM")
    numbers = (
        int(parts.get(name) or default) for name, default in (("day", 1), ("minute", 0), ("second", 0))
    )
    day, minute, second = numbers
    if offset := parts.get("offset"):
        where = _zone_of(offset)
    clock = datetime(max(year, 1), month, day, hour, minute, second, tzinfo=where)
    fraction = int((parts.get("part") or "").ljust(9, "0")[:9] or 0)
    return Moment(int((clock - _EPOCH).total_seconds()) * _SECOND + fraction, where)


def _zone_of(offset: str) -> tzinfo:
    if offset == "Z":
        return UTC
    digits = offset[1:].replace(":", "").ljust(4, "0")
    span = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-span if offset[0] == "-" else span)
