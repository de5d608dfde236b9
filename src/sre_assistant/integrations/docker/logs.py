"""The lines of containers, over all that a filter lets pass."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Final

from sre_assistant.domain.errors import Missing, SourceError
from sre_assistant.domain.inventory import LogFilter, LogLine
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.docker.client import Client, unreadable
from sre_assistant.integrations.docker.frames import Line
from sre_assistant.integrations.docker.parse import Container
from sre_assistant.kit import levels

MOST_ASKED: Final = 48
"""Containers whose logs are asked for at once, those that run first."""
SEARCHED: Final = 5_000
"""Lines from the end of each log that are looked through for a level or a text."""
_NOW: Final = timedelta(seconds=2)
"""How near to the present a window ends that ends now."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Got:
    """What came of one container's log."""

    container: Container
    lines: tuple[LogLine, ...] = ()
    further: bool = False
    """Whether older lines of the window were not looked at."""
    unreadable: bool = False
    error: SourceError | None = None


class Logs:
    """The logs of one daemon's containers.

    Args:
        client: asks the daemon.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    async def lines(self, wanted: LogFilter, window: Window, limit: int) -> Reading[tuple[LogLine, ...]]:
        """The newest lines of a window that pass the filter, oldest first.

        Containers and services are matched by their exact name. Docker knows no namespaces and gives lines
        no level: a level is what a line's own text says, and a line that says none passes no level filter.
        """
        query = await self._client.asked("containers", "NAME", "logs")
        if wanted.namespace:
            return self._unsupported(
                query, window, f"Docker has no namespaces ({wanted.namespace!r} was asked)"
            )
        host, why = await self._host()
        if wanted.host and not host:
            return self._unsupported(query, window, f"the daemon's name cannot be read: {why}")
        if wanted.host and wanted.host.lower() != host.lower():
            return self._client.reading((), query, window=window, note=f"this daemon is {host!r}")
        found, cut = await self._client.containers()
        asked = [one for one in found if _is_meant(one, wanted)]
        if not asked:
            return self._client.reading((), query, window=window, cut=(cut,), note=_nobody(wanted))
        if len(asked) == 1:
            query = await self._client.asked("containers", asked[0].short_id, "logs")
        asked.sort(key=lambda one: not one.alive)
        got = await asyncio.gather(
            *(self._of(one, host, wanted, window, limit) for one in asked[:MOST_ASKED])
        )
        untold = len(asked) - MOST_ASKED
        skipped = f"{untold} further containers were not asked: name one, or a service" if untold > 0 else ""
        reasons = (cut, skipped)
        return self._merged(got, query, window, limit, reasons, searching=_is_search(wanted))

    async def _host(self) -> tuple[str, str]:
        try:
            return await self._client.host(), ""
        except SourceError as error:
            return "", error.detail

    async def _of(self, found: Container, host: str, wanted: LogFilter, window: Window, limit: int) -> _Got:
        most = max(limit, SEARCHED) if _is_search(wanted) else limit
        # The daemon counts from the log's end, not the window's: only a window that ends now can be cut so.
        now = window.end >= self._client.clock.now() - _NOW
        try:
            lines = await self._client.log(
                found,
                since=window.start,
                until=None if now else window.end,
                tail=most + 1 if now else None,
            )
        except Missing as error:
            return _Got(container=found, unreadable=unreadable(error), error=error)
        except SourceError as error:
            return _Got(container=found, error=error)
        within = [line for line in lines if line.at >= window.start and (now or line.at <= window.end)]
        said = (_line(one, found, host) for one in within)
        kept = tuple(one for one in said if _passes(one, wanted))
        return _Got(container=found, lines=kept, further=now and len(within) > most)

    def _merged(
        self,
        got: list[_Got],
        query: str,
        window: Window,
        limit: int,
        cuts: tuple[str, ...],
        *,
        searching: bool,
    ) -> Reading[tuple[LogLine, ...]]:
        errors = [one.error for one in got if one.error is not None]
        mute = [one.container.name for one in got if one.unreadable]
        if len(mute) == len(got):
            text = f"the log driver keeps nothing that can be read: {', '.join(mute[:10])}"
            return self._unsupported(query, window, text)
        if len(errors) == len(got):
            raise errors[0]
        lines = sorted((line for one in got for line in one.lines), key=lambda line: line.at)
        return self._client.reading(
            tuple(lines[max(len(lines) - limit, 0) :]),
            query,
            window=window,
            cut=(*cuts, *_reasons(got, mute, limit, len(lines), searching=searching)),
        )

    def _unsupported(self, query: str, window: Window, why: str) -> Reading[tuple[LogLine, ...]]:
        reading: Reading[tuple[LogLine, ...]] = self._client.reading((), query, window=window, note=why)
        return replace(reading, completeness=Completeness.UNSUPPORTED)


def _reasons(got: list[_Got], mute: list[str], limit: int, total: int, *, searching: bool) -> Iterator[str]:
    """Why a merged answer is not everything."""
    if mute:
        yield f"the log driver keeps nothing that can be read: {', '.join(mute[:10])}"
    failed = [one for one in got if one.error is not None and not one.unreadable]
    for one in failed[:3]:
        yield f"{one.container.name}: {one.error.detail if one.error else ''}"
    if len(failed) > 3:
        yield f"{len(failed) - 3} further logs cannot be read"
    further = [one.container.name for one in got if one.further]
    if total > limit or (further and not searching):
        yield f"there are more lines than the newest {limit:,}"
    elif further:
        yield f"only the newest lines were looked through of {', '.join(further[:5])}"


def _is_meant(one: Container, wanted: LogFilter) -> bool:
    if wanted.container and wanted.container not in {one.name, one.id, one.short_id}:
        return False
    return not wanted.service or wanted.service == one.service


def _is_search(wanted: LogFilter) -> bool:
    """Whether lines are picked by what they say, which is done here and not by the daemon."""
    return bool(wanted.levels or wanted.containing)


def _nobody(wanted: LogFilter) -> str:
    named = [("container", wanted.container), ("service", wanted.service)]
    said = " and ".join(f"{kind} {text!r}" for kind, text in named if text)
    return f"there is no container here{f' for {said}' if said else ''}"


def _line(line: Line, found: Container, host: str) -> LogLine:
    labels = {"stream": line.stream, "project": found.project, "id": found.short_id}
    return LogLine(
        at=line.at,
        text=line.text,
        labels={name: text for name, text in labels.items() if text},
        host=host,
        service=found.service,
        container=found.name,
        level=levels.of_line(line.text),
    )


def _passes(line: LogLine, wanted: LogFilter) -> bool:
    if wanted.levels and line.level not in wanted.levels:
        return False
    text = line.text.lower()
    return not wanted.containing or any(part.lower() in text for part in wanted.containing)
