"""Log lines by what they are about, from one Loki."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import count
from typing import Final

from sre_assistant.domain.inventory import LogFilter, LogLine
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.loki.client import Client, Span
from sre_assistant.integrations.loki.meanings import Meanings
from sre_assistant.integrations.loki.parse import Entry
from sre_assistant.integrations.loki.plan import Plan, Planner, Query
from sre_assistant.kit.choice import check_range

MOST_LINES: Final = 10_000
_LEAST_PAGE: Final = 200
"""Lines asked for at once where some may have to be left out again."""
_MOST_PAGES: Final = 6


@dataclass(frozen=True, slots=True)
class _Pulled:
    """What one query gave, newest first."""

    entries: tuple[Entry, ...]
    back_to: datetime | None
    """Before this moment there is more that was not looked at; None when all was."""
    cut: str = ""


class Source:
    """One Loki, as a source of log lines."""

    def __init__(self, client: Client, planner: Planner, meanings: Meanings) -> None:
        self._client = client
        self._planner = planner
        self._meanings = meanings

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    async def lines(self, wanted: LogFilter, window: Window, limit: int) -> Reading[tuple[LogLine, ...]]:
        """The newest ``limit`` lines of a window that pass the filter, oldest first.

        ``unsupported`` also when nothing here is called what the filter names, since its silence would say
        nothing, and when more would be read than the operator allows.
        ``stale`` when no stream at all has a line in the window.

        Raises:
            CallError: the limit or a level is none.
            SourceError: nothing usable came.
        """
        return await self.matching(wanted, window, limit)

    async def matching(
        self, wanted: LogFilter, window: Window, limit: int, pattern: str = ""
    ) -> Reading[tuple[LogLine, ...]]:
        """As ``lines``, of lines that match a regular expression (RE2) besides."""
        check_range("limit", limit, 1, MOST_LINES)
        plan = await self._planner.plan(wanted, window, pattern)
        if plan.missing:
            return self._told((), _shown(wanted), window, Completeness.UNSUPPORTED, plan.missing)
        if not plan.queries and not plan.conditions:
            nothing = "no stream has a line in this window: nothing was shipped, or it is older than is kept"
            return self._told((), "labels", window, Completeness.STALE, nothing)
        loose = {query.selector for query in plan.queries if not query.selective}
        if loose:
            costly = await self._client.too_costly(" ".join(sorted(loose)), window)
            if costly:
                return self._told(
                    (), _shown(wanted), window, Completeness.UNSUPPORTED, f"not asked: {costly}"
                )
        pulled = await asyncio.gather(
            *(self._pulled(query, window, limit, plan.levels) for query in plan.queries)
        )
        return await self._reading(plan, pulled, _shown(wanted), window, limit)

    async def _pulled(self, query: Query, window: Window, limit: int, levels: tuple[str, ...]) -> _Pulled:
        """The newest ``limit + 1`` lines that are kept: one more than wanted tells whether there are more."""
        span = Span.of(window)
        size = max(limit + 1, _LEAST_PAGE if levels else 1)
        kept: list[Entry] = []
        before: tuple[Entry, ...] = ()
        cuts: dict[str, None] = {}
        for page_number in count(1):
            page = await self._client.lines(query.text, span, size)
            fresh = [entry for entry in page.entries if entry not in before]
            # A server's filter lets more lines pass than have the level.
            kept += [entry for entry in fresh if not levels or self._meanings.level(entry) in levels]
            cuts[page.cut] = None
            if len(page.entries) < min(size, self._client.most_entries):
                break
            oldest = page.entries[-1]
            if len(kept) > limit or not fresh or page_number == _MOST_PAGES:
                return _Pulled(tuple(kept), oldest.at, _joined(cuts))
            # The next page begins with the lines of this moment, since there may be more of them.
            before = tuple(each for each in page.entries if each.nanoseconds == oldest.nanoseconds)
            span = Span(span.start, oldest.nanoseconds + 1)
        return _Pulled(tuple(kept), None, _joined(cuts))

    async def _reading(
        self, plan: Plan, pulled: Sequence[_Pulled], asked: str, window: Window, limit: int
    ) -> Reading[tuple[LogLine, ...]]:
        entries = [entry for each in pulled for entry in each.entries]
        entries.sort(key=lambda entry: -entry.nanoseconds)
        cuts = [cut for cut in (plan.cut, *(each.cut for each in pulled)) if cut]
        lines = tuple(self._meanings.line(entry) for entry in reversed(entries[:limit]))
        back_to = [each.back_to for each in pulled if each.back_to]
        if len(entries) > limit:
            cuts.insert(0, f"more than {limit:,} lines: these are the newest, back to {_date(lines[0].at)}")
        elif back_to:
            cuts.insert(0, f"lines before {_date(max(back_to))} were not all looked through")
        query = "; ".join(query.text for query in plan.queries) or asked
        if lines or cuts:
            completeness = Completeness.PARTIAL if cuts else Completeness.COMPLETE
            return self._told(lines, query, window, completeness, "; ".join(cuts))
        if unknown := await self._planner.unknown(plan, window):
            return self._told((), query, window, Completeness.UNSUPPORTED, unknown)
        silent = "" if plan.queries else "it wrote nothing at all in this window"
        return self._told((), query, window, Completeness.EMPTY, silent)

    def _told(
        self,
        lines: tuple[LogLine, ...],
        query: str,
        window: Window,
        completeness: Completeness,
        detail: str,
    ) -> Reading[tuple[LogLine, ...]]:
        return Reading(
            value=lines,
            provenance=self._client.api.reading((), query, at=window.end, window=window).provenance,
            completeness=completeness,
            detail=detail,
        )


def _shown(wanted: LogFilter) -> str:
    """A filter as text, where there is no query for it."""
    parts = ("host", "service", "container", "namespace", "levels", "containing")
    return "lines of " + (
        ", ".join(f"{name}={value!r}" for name in parts if (value := getattr(wanted, name))) or "everything"
    )


def _joined(reasons: Iterable[str]) -> str:
    return "; ".join(filter(None, reasons))


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")
