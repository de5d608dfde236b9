"""The parameters of a request to Loki, read as Loki reads them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final

from starlette.datastructures import QueryParams

from sre_assistant.sim.logql import gotext
from sre_assistant.sim.logql.engine import check_resolution
from sre_assistant.sim.promql.text import duration_ms, duration_text

SECOND: Final = 1_000_000_000
MAX_LINES: Final = 5000
_HOUR: Final = 3600 * SECOND
_LONGEST: Final = 721 * _HOUR
_WHOLE: Final = re.compile(r"[+-]?[0-9]+", re.ASCII)
_RFC3339: Final = re.compile(r"(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(?:[.,](\d+))?(Z|[+-]\d\d:\d\d)", re.ASCII)
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Refused(Exception):
    """A request that gets no answer; the text is Loki's."""

    def __init__(self, text: str, status: int = 400) -> None:
        super().__init__(text)
        self.status = status


@dataclass(frozen=True, slots=True)
class Bounds:
    """A window, unix nanoseconds."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Asked:
    """Parameters of query and form together, the path's, and the simulated moment (unix nanoseconds)."""

    params: QueryParams
    path: Mapping[str, str]
    now: int
    categorised: bool = False
    """The client wants labels told apart by where they come from."""

    def first(self, name: str) -> str:
        """A parameter's first value, or nothing."""
        values = self.params.getlist(name)
        return values[0] if values else ""

    @property
    def query(self) -> str:
        """The expression."""
        return self.first("query")

    def moment(self) -> int:
        """The time of an instant query."""
        return _moment(self.first("time"), self.now)

    def bounds(self) -> Bounds:
        """The window: the last hour, or as long as ``since`` says, unless it is given."""
        since = _HOUR
        if text := self.first("since"):
            try:
                since = duration_ms(text) * 1_000_000
            except ValueError as error:
                raise Refused(f"could not parse 'since' parameter: {error}") from error
        end = _named("end", self.first("end"), self.now)
        start = _named("start", self.first("start"), min(end, self.now) - since)
        return Bounds(start, end)

    def range(self) -> tuple[Bounds, int]:
        """The window and the step of a range query, as far as they make sense."""
        bounds = self.bounds()
        if bounds.end < bounds.start:
            raise Refused("end timestamp must not be before or equal to start time")
        step = self.step(bounds)
        if step <= 0:
            raise Refused(
                "zero or negative query resolution step widths are not accepted. Try a positive integer"
            )
        check_resolution(bounds.start, bounds.end, step)
        if bounds.end - bounds.start > _LONGEST:
            asked = duration_text((bounds.end - bounds.start) // 1_000_000)
            raise Refused(
                f"the query time range exceeds the limit (query length: {asked}, "
                f"limit: {duration_text(_LONGEST // 1_000_000)})"
            )
        return bounds, step

    def step(self, bounds: Bounds) -> int:
        """The distance of steps in nanoseconds; a 250th of the window if nothing is said."""
        text = self.first("step")
        if not text:
            return max(1, (bounds.end - bounds.start) // SECOND // 250) * SECOND
        try:
            seconds = gotext.parse_float(text)
        except ValueError:
            try:
                return duration_ms(text) * 1_000_000
            except ValueError:
                raise Refused(f"cannot parse {gotext.quoted(text)} to a valid duration") from None
        if not abs(seconds) < 2**63 / SECOND:
            raise Refused(f"cannot parse {gotext.quoted(text)} to a valid duration. It overflows int64")
        return round(seconds * SECOND)

    def limit(self, default: int = 100) -> int:
        """How many lines at most."""
        text = self.first("limit")
        if not text:
            return default
        if not _WHOLE.fullmatch(text):
            raise Refused(f"strconv.Atoi: parsing {gotext.quoted(text)}: invalid syntax")
        if int(text) <= 0:
            raise Refused("limit must be a positive value")
        return int(text)

    def forward(self) -> bool:
        """Whether the oldest lines come first."""
        text = self.first("direction") or "backward"
        if text.upper() not in {"FORWARD", "BACKWARD"}:
            raise Refused(f"invalid direction '{text}'")
        return text.upper() == "FORWARD"


def check_limit(limit: int) -> None:
    """Refuses more lines than one answer may have.

    Raises:
        Refused: there are more.
    """
    if limit > MAX_LINES:
        raise Refused(
            "max entries limit per query exceeded, limit > max_entries_limit_per_query "
            f"({limit} > {MAX_LINES})"
        )


def rfc3339(nanoseconds: int) -> str:
    """A moment in RFC 3339, to the second."""
    return (_EPOCH + timedelta(seconds=nanoseconds // SECOND)).strftime("%Y-%m-%dT%H:%M:%SZ")


def _named(name: str, text: str, default: int) -> int:
    try:
        return _moment(text, default)
    except Refused as error:
        raise Refused(f"could not parse '{name}' parameter: {error}") from error


def _moment(text: str, default: int) -> int:
    """Unix nanoseconds of seconds (up to ten digits, or with a fraction), nanoseconds, or RFC 3339."""
    if not text:
        return default
    if "." in text:
        try:
            seconds = gotext.parse_float(text)
        except ValueError:
            pass  # a fraction may also stand in RFC 3339
        else:
            if math.isfinite(seconds):
                part, whole = math.modf(seconds)
                return int(whole) * SECOND + round(round(part * 1000) / 1000 * SECOND)
    if _WHOLE.fullmatch(text):
        number = int(text)
        if not -(1 << 63) <= number < 1 << 63:
            raise Refused(f"strconv.ParseInt: parsing {gotext.quoted(text)}: value out of range")
        return number * SECOND if len(text) <= 10 else number
    if (moment := _written(text)) is not None:
        return moment
    raise Refused(f"strconv.ParseInt: parsing {gotext.quoted(text)}: invalid syntax")


def _written(text: str) -> int | None:
    """Unix nanoseconds of RFC 3339, None if it is none."""
    found = _RFC3339.fullmatch(text)
    if not found:
        return None
    try:
        clock = datetime.fromisoformat(found[1] + found[3].replace("Z", "+00:00"))
    except ValueError:
        return None
    return (clock - _EPOCH) // timedelta(seconds=1) * SECOND + int((found[2] or "0").ljust(9, "0")[:9])
