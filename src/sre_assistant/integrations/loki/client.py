"""Typed calls to Loki's HTTP API; the only file that knows its paths."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from sre_assistant.domain.errors import (
    CallError,
    Malformed,
    Missing,
    Rejected,
    SourceError,
    Unauthorised,
    Unreachable,
)
from sre_assistant.domain.reading import Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.loki import parse, shapes
from sre_assistant.integrations.loki.config import Config
from sre_assistant.integrations.loki.parse import Direction, Lines, Numbers, Pattern
from sre_assistant.kit.api import Api, get
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.logql import reach, selectors_in
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.units import format_span, format_value
from sre_assistant.kit.wire import Request, Wire, path_of

T = TypeVar("T")

MAX_POINTS: Final = 11_000
"""Points per series that Loki answers a range query with."""
MOST_ENTRIES: Final = 5_000
"""Lines of one answer, unless the server allows fewer."""
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)
_MOST_SELECTORS: Final = 6
_ENTRIES_LIMIT: Final = re.compile(r"max_entries_limit\w* \(\d+ > (\d+)\)")
_NO_PATTERNS: Final = re.compile(r"(?i)pattern[- ]?ingester.{0,40}(?:disabled|not enabled|not running)")
_NO_VOLUME: Final = re.compile(r"(?i)volume.{0,40}(?:disabled|not enabled|not supported)")
_ADVICE: Final[tuple[tuple[str, str], ...]] = (
    ("no org id", "it wants a tenant: set {tenant}"),
    ("max_entries_limit", "ask for fewer lines"),
    ("query time range exceeds", "shorten the window"),
    ("query length exceeds", "shorten the window"),
    ("empty-compatible", 'name a label that must be there, e.g. {{service_name=~".+"}}'),
    ("maximum of series", "aggregate, e.g. sum by (label) (...)"),
    ("maximum number of series", "aggregate, e.g. sum by (label) (...)"),
    ("too many bytes", "name more labels or shorten the window"),
    ("not supported as an instant query", "ask for lines with loki_query_logs"),
    ("too many outstanding requests", "ask less at once, or later"),
    ("deadline exceeded", "name more labels or shorten the window"),
)


@dataclass(frozen=True, slots=True)
class Span:
    """A window in whole nanoseconds, its end left out, as Loki reads it."""

    start: int
    end: int

    @classmethod
    def of(cls, window: Window) -> Span:
        """Every nanosecond of a closed window of whole microseconds."""
        return cls(nanoseconds(window.start), nanoseconds(window.end) + 1000)

    @property
    def params(self) -> tuple[tuple[str, str], ...]:
        """As the wire says it."""
        return (("start", str(self.start)), ("end", str(self.end)))


class Client:
    """One Loki.

    Args:
        name: its configured name.
        config: for its address, the credentials to hide and the bound on what a query may read.
        wire: carries the calls.
        clock: dates what the server does not date itself.
    """

    def __init__(self, name: str, config: Config, wire: Wire, clock: Clock) -> None:
        self.name = name
        self.config = config
        self.clock = clock
        self.wire = wire
        self.api = Api(name, config, wire, clock, parse.explanation)
        self._most_entries = MOST_ENTRIES

    @property
    def most_entries(self) -> int:
        """Lines the server gives in one answer."""
        return self._most_entries

    async def lines(self, query: str, span: Span, limit: int, direction: Direction = "backward") -> Lines:
        """At most ``limit`` lines of a log query; those of one moment keep the server's order.

        Raises:
            CallError: it is a metric query.
            SourceError: nothing usable came.
        """
        most = min(limit, self._most_entries)
        request = get(
            "/loki/api/v1/query_range",
            ("query", query),
            *span.params,
            ("limit", str(most)),
            ("direction", direction),
        )
        try:
            found = await self._fetch(request, lambda body: parse.lines(body, direction, most))
        except Rejected as error:
            allowed = _ENTRIES_LIMIT.search(error.detail)
            fewer = int(allowed[1][:9]) if allowed else 0
            if not 0 < fewer < most:
                raise
            self._most_entries = fewer
            return await self.lines(query, span, limit, direction)
        if isinstance(found, str):
            if found in {"matrix", "vector", "scalar"}:
                raise CallError(
                    f"{query!r} answers with numbers, not with lines: ask for them with loki_metric_query."
                )
            raise self.api.malformed(request, f"a log query was answered with a {found!r}")
        return found

    async def value(self, query: str, at: datetime) -> Reading[Numbers]:
        """The value of each series of a metric query at one moment."""
        request = get("/loki/api/v1/query", ("query", query), ("time", str(nanoseconds(at))))
        return await self._numbers(request, query, Window(before(at, reach(query)), at))

    async def course(self, query: str, window: Window, step: timedelta) -> Reading[Numbers]:
        """The values of each series of a metric query over a window.

        Raises:
            CallError: there would be more than 11,000 points.
            SourceError: nothing usable came.
        """
        if window.span / step > MAX_POINTS:
            raise CallError(
                f"{format_span(window.span)} in steps of {format_span(step)} are more than {MAX_POINTS:,} "
                "points: widen the step or shorten the window."
            )
        request = get(
            "/loki/api/v1/query_range",
            ("query", query),
            ("start", str(nanoseconds(window.start))),
            ("end", str(nanoseconds(window.end))),
            ("step", f"{step.total_seconds():.3f}"),
        )
        return await self._numbers(request, query, window)

    async def label_names(self, span: Span) -> tuple[str, ...]:
        """The labels that any stream has."""
        return await self._fetch(get("/loki/api/v1/labels", *span.params), parse.names)

    async def label_values(self, label: str, span: Span, query: str = "") -> tuple[str, ...]:
        """The values of a label, of the streams that a selector picks, or of all."""
        picked = (("query", query),) if query else ()
        path = path_of("loki", "api", "v1", "label", label, "values")
        return await self._fetch(get(path, *span.params, *picked), parse.names)

    async def streams(self, selectors: Sequence[str], span: Span) -> tuple[tuple[parse.LabelSet, ...], str]:
        """The label sets that any of the selectors picks, and why that is not all of them."""
        picked = (("match[]", each) for each in selectors)
        return await self._fetch(get("/loki/api/v1/series", *picked, *span.params), parse.label_sets)

    async def patterns(self, selector: str, span: Span) -> tuple[tuple[Pattern, ...], str] | None:
        """The patterns of the lines of a selector; None where the server finds none out."""
        request = get("/loki/api/v1/patterns", ("query", selector), *span.params)
        return await self._if_there(request, parse.patterns, _NO_PATTERNS)

    async def volume(self, selector: str, by: Sequence[str], span: Span, limit: int) -> Numbers | None:
        """Bytes of log by the values of labels; None where the server does not count them."""
        request = get(
            "/loki/api/v1/index/volume",
            ("query", selector),
            *span.params,
            ("targetLabels", ",".join(by)),
            ("limit", str(limit)),
        )
        return await self._if_there(request, parse.numbers, _NO_VOLUME)

    async def stats(self, selector: str, span: Span) -> shapes.Stats | None:
        """What the index says a selector reads; None where it does not say, or not of this selector."""
        request = get("/loki/api/v1/index/stats", ("query", selector), *span.params)
        try:
            return await self._fetch(request, parse.stats)
        except (Missing, Rejected):
            return None  # what is wrong with the selector, the query itself will tell

    async def too_costly(self, query: str, window: Window) -> str:
        """Why a query is not to be asked: by the index's estimate it reads more than the operator allows.

        Args:
            query: any query, or several selectors.
            window: of its moments; what it reads before them is reckoned with.

        Returns:
            Nothing when it may be asked, or when the index does not tell.

        Raises:
            SourceError: the index cannot be asked.
        """
        span = Span.of(Window(before(window.start, reach(query)), window.end))
        asked = selectors_in(query)[:_MOST_SELECTORS]
        found = await asyncio.gather(*(self.stats(each, span) for each in asked))
        size = sum(each.bytes for each in found if each)
        if size <= self.config.max_scan_bytes:
            return ""
        return (
            f"{bounded(' and '.join(asked), 150)} would read {format_value(size, 'bytes')} of log, more than "
            f"{format_value(self.config.max_scan_bytes, 'bytes')}: name more labels, shorten the window or "
            f"raise {self.config.setting('max_scan_bytes')}"
        )

    async def build(self) -> shapes.Build:
        """The version."""
        return await self._fetch(get("/loki/api/v1/status/buildinfo"), parse.build)

    async def ready(self) -> str:
        """What it says of itself: ``ready``, or why not."""
        response = await self.api.response(get("/ready"))
        return response.body[:200].decode("utf-8", "replace").strip()

    async def configuration(self) -> str:
        """Its configuration as text; it names no secrets, and nothing of it is shown as it is."""
        response = await self.api.response(get("/config"))
        return response.body.decode("utf-8", "replace")

    async def dated_label_names(self, span: Span) -> tuple[tuple[str, ...], datetime | None]:
        """The labels, and the server's clock to the second where it sends one."""
        request = get("/loki/api/v1/labels", *span.params)
        found = await self._fetch(request, parse.names)
        dated = await self.api.response(request)
        try:
            moment = parsedate_to_datetime(dated.headers.get("date", ""))
        except ValueError:
            return found, None
        return found, moment if moment.tzinfo else None

    async def _numbers(self, request: Request, query: str, window: Window) -> Reading[Numbers]:
        found = await self._fetch(request, parse.numbers)
        if found.kind == "streams":
            raise CallError(
                f"{query!r} answers with lines, not with numbers: ask for them with loki_query_logs."
            )
        if found.kind not in {"vector", "matrix", "scalar"}:
            raise self.api.malformed(request, f"a metric query was answered with a {found.kind!r}")
        return self.api.reading(found, query, at=window.end, window=window, cut=(found.cut,))

    async def _if_there(
        self, request: Request, read: Callable[[bytes], T], absent: re.Pattern[str]
    ) -> T | None:
        """The answer, or None where this part of the API is switched off."""
        try:
            return await self._fetch(request, read)
        except Missing:
            return None
        except (Rejected, Unreachable) as error:
            if absent.search(error.detail):
                return None
            raise

    async def _fetch(self, request: Request, read: Callable[[bytes], T]) -> T:
        return await self._explained(self.api.fetch(request, read))

    async def _explained(self, asking: Awaitable[T]) -> T:
        """The answer; an error says what to do about it where Loki's words do not."""
        try:
            return await asking
        except Malformed:
            raise
        except SourceError as error:
            advice = next((advice for said, advice in _ADVICE if said in error.detail), "")
            if not advice:
                raise
            kind = Unauthorised if "no org id" in error.detail else type(error)
            told = advice.format(tenant=self.config.setting("tenant"))
            raise kind(error.system, error.operation, f"{error.detail}; {told}") from error


def before(moment: datetime, span: timedelta) -> datetime:
    """So long before, or the begin of time."""
    return max(moment - min(span, moment - _EPOCH), _EPOCH)


def nanoseconds(moment: datetime) -> int:
    """Unix nanoseconds of a moment in whole microseconds."""
    return (moment - _EPOCH) // _MICROSECOND * 1000
