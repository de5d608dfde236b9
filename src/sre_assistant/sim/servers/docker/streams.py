"""Answers that go on: logs that are followed, events as they happen, figures every second."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from dataclasses import replace
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.concurrency import run_in_threadpool

from sre_assistant.sim.servers.docker.containers import Container, containers
from sre_assistant.sim.servers.docker.events import Event, happened, remembered
from sre_assistant.sim.servers.docker.logs import Logs, Wanted, framed, kept, lines
from sre_assistant.sim.servers.docker.stats import measured

if TYPE_CHECKING:
    from sre_assistant.sim.live import Live
    from sre_assistant.sim.servers.docker.filters import Filters

_LOOK_SECONDS: Final = 0.02
_STEP: Final = 3600.0
"""Seconds of the world that are told of at once when the clock has leapt."""


async def written(
    live: Live, container: Container, logs: Logs, wanted: Wanted, *, follow: bool
) -> AsyncIterator[bytes]:
    """A container's log, and while it is followed and the container lives what is added."""
    tty = container.spec.tty
    end = _nanos(live) + 1
    past = await run_in_threadpool(kept, logs(live.world), container, end, wanted.tail)
    for piece in framed(filter(wanted.has, past), wanted, tty=tty):
        yield piece
    while follow and (wanted.until is None or end <= wanted.until):
        here = _again(live, container)
        now = _nanos(live) + 1
        if now > end:
            added = await run_in_threadpool(lines, logs(live.world), container, end, now)
            for piece in framed(filter(wanted.has, added), wanted, tty=tty):
                yield piece
            end = now
        if here is None or not here.alive:
            return
        await asyncio.sleep(_LOOK_SECONDS)


async def told(
    live: Live, host: str, filters: Filters, since: int | None, until: int | None
) -> AsyncIterator[bytes]:
    """Past events from ``since`` on, then those to come, up to ``until``; both in unix nanoseconds."""
    seen = live.now

    def wanted(event: Event) -> bool:
        return (
            (since is None or event.nanos >= since)
            and (until is None or event.nanos <= until)
            and event.passes(filters)
        )

    if since is not None or until is not None:
        past = await run_in_threadpool(remembered, live.world, host, seen)
        for event in filter(wanted, past):
            yield _line(event)
    known = {event.order for event in await run_in_threadpool(happened, live.world, host, seen, seen)}
    while until is None or live.world.unix_ms(seen) * 1_000_000 < until:
        now = min(live.now, seen + _STEP)
        fresh = await run_in_threadpool(happened, live.world, host, seen, now)
        for event in fresh:
            if event.order not in known and wanted(event):
                yield _line(event)
        known = {event.order for event in fresh if event.at == now} | (known if now == seen else set())
        seen = now
        await asyncio.sleep(0 if seen < live.now else _LOOK_SECONDS)


async def used(live: Live, container: Container) -> AsyncIterator[bytes]:
    """A container's figures: of the last second and of now, then of each second to come."""
    before = container.now - 1.0
    yield _json(measured(replace(container, now=before), None))
    here: Container | None = container
    while here is not None:
        if here.now >= before + 1.0:
            yield _json(measured(here, before))
            before = here.now
        await asyncio.sleep(_LOOK_SECONDS)
        here = _again(live, container)


async def ended(live: Live, container: Container, condition: str) -> AsyncIterator[bytes]:
    """The exit code, as soon as the container has ended; nothing but silence until then."""
    here: Container | None = container
    if condition == "next-exit" and not container.alive:
        while here is not None and here.life == container.life:
            await asyncio.sleep(_LOOK_SECONDS)
            here = _again(live, container)
    while here is not None and (condition == "removed" or here.alive):
        await asyncio.sleep(_LOOK_SECONDS)
        container, here = here, _again(live, container)
    yield _json({"StatusCode": (here or container).code})


def _again(live: Live, container: Container) -> Container | None:
    """The same container in the world of now, unless it is gone."""
    found = containers(live.world, container.host, live.now)
    return next((one for one in found if one.id == container.id), None)


def _nanos(live: Live) -> int:
    return live.clock.milliseconds() * 1_000_000


def _line(event: Event) -> bytes:
    return _json(event.json)


_json: Callable[[object], bytes] = lambda value: msgspec.json.encode(value) + b"\n"  # noqa: E731
