"""A whole simulated homelab on loopback: one process, one clock, one causal world."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

from sre_assistant.sim.clock import SimClock
from sre_assistant.sim.live import Live
from sre_assistant.sim.misbehaviour import MODES, Mode
from sre_assistant.sim.rules import Rules
from sre_assistant.sim.scenario import Scenario, load_scenario
from sre_assistant.sim.servers.registry import applications, settings
from sre_assistant.sim.serving import Served, Told
from sre_assistant.sim.silences import Silences
from sre_assistant.sim.world import World

_PATIENCE_SECONDS: Final = 10.0
_LOOK_SECONDS: Final = 0.05
"""How often the doors are looked at that the story opens and closes."""


class Door:
    """One server of the homelab, seen from outside: where it is, and a switch that makes it misbehave."""

    def __init__(self, homelab: Homelab, served: Served) -> None:
        self._homelab = homelab
        self._served = served

    @property
    def url(self) -> str:
        """Where it listens."""
        return self._served.url

    def fail(self, mode: Mode | None, paths: str = "") -> None:
        """Misbehaves from now on (see `sim.misbehaviour.Mode`) for all paths that begin with ``paths``.

        Raises:
            ValueError: the mode is not known.
        """
        if mode is not None and mode not in MODES:
            raise ValueError(f"mode {mode!r} is not known; known are {', '.join(MODES)}")
        self._homelab.run(self._served.fail(mode, paths))

    def recover(self) -> None:
        """Behaves again, on the same port."""
        self.fail(None)


class Homelab:
    """Every system of a scenario's house, each on a free port of 127.0.0.1.

    Used as ``with`` or ``async with``, or by ``start`` and ``stop``; the servers live in a thread of their
    own, so that a plain program and an asynchronous test can use it alike. The same scenario and seed give
    the same bytes.

    Args:
        scenario: the name of one that comes with the program, a path, or a scenario itself.
        seed: decides everything that looks random.
        speed: simulated seconds per real second; 0 stands still and is moved with ``clock.advance``.
        at: the moment the clock begins with, as a time of day or ``+2h`` after the scenario's start;
            ``"shows"`` is when there is most to see.
        start: moves the whole scenario to another moment.
        ports: fixed ports for some of the systems, by name.
    """

    def __init__(
        self,
        scenario: Scenario | str | Path = "healthy",
        seed: int = 1,
        *,
        speed: float = 0.0,
        at: str | None = None,
        start: datetime | None = None,
        ports: Mapping[str, int] | None = None,
    ) -> None:
        story = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
        self.scenario = story if start is None else story.starting(start)
        self.seed = seed
        self.clock = SimClock(_first_moment(self.scenario, at), speed)
        self.live = Live(self.scenario, seed, self.clock)
        fixed = ports or {}
        self._served = {
            name: Served(app, self._told(name), fixed.get(name, 0))
            for name, app in applications(self.live).items()
        }
        self.doors = {name: Door(self, served) for name, served in self._served.items()}
        """Every server by its name, e.g. ``loki`` or ``docker-media``."""
        self.prometheus = self.doors["prometheus"]
        self.alertmanager = self.doors["alertmanager"]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._watch: asyncio.Task[None] | None = None

    @property
    def world(self) -> World:
        """The world as it is now."""
        return self.live.world

    @property
    def rules(self) -> Rules:
        """The alerting rules."""
        return self.live.rules

    @property
    def silences(self) -> Silences:
        """What Alertmanager is told to hold back."""
        return self.live.silences

    @property
    def prometheus_url(self) -> str:
        """Where Prometheus listens."""
        return self.prometheus.url

    @property
    def alertmanager_url(self) -> str:
        """Where Alertmanager listens."""
        return self.alertmanager.url

    def environment(self) -> dict[str, str]:
        """The settings with which the product finds every system of this homelab."""
        return settings(self.live, {name: served.url for name, served in self._served.items()})

    def start(self) -> Self:
        """Opens the ports; returns when all servers answer."""
        if self._thread is not None:
            raise RuntimeError("this homelab has been started already; make a new one")
        ready = threading.Event()
        self._thread = threading.Thread(target=self._live, args=(ready,), name="homelab", daemon=True)
        self._thread.start()
        ready.wait(_PATIENCE_SECONDS)
        self.run(self._started())
        return self

    def stop(self) -> None:
        """Closes the ports and ends the thread; a second call does nothing."""
        if self._loop is None or self._thread is None:
            return
        self.run(self._stopped())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE_SECONDS)
        self._loop = None

    def run(self, work: Coroutine[Any, Any, None]) -> None:
        """Does something in the servers' loop and waits for it."""
        if self._loop is None:
            work.close()
            raise RuntimeError("this homelab is not running")
        asyncio.run_coroutine_threadsafe(work, self._loop).result(_PATIENCE_SECONDS)

    def __enter__(self) -> Self:
        """Starts."""
        return self.start()

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops."""
        self.stop()

    async def __aenter__(self) -> Self:
        """Starts, without blocking the caller's loop."""
        return await asyncio.to_thread(self.start)

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Stops, without blocking the caller's loop."""
        await asyncio.to_thread(self.stop)

    async def _started(self) -> None:
        await asyncio.gather(*(served.start() for served in self._served.values()))
        await self._look()
        self._watch = asyncio.create_task(self._keep_looking())

    async def _stopped(self) -> None:
        if self._watch is not None:
            self._watch.cancel()
            await asyncio.gather(self._watch, return_exceptions=True)
        await asyncio.gather(*(served.stop() for served in self._served.values()))

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await self._look()

    async def _look(self) -> None:
        """Closes and opens the ports as the story says."""
        for served in self._served.values():
            await served.obey()

    def _told(self, name: str) -> Told:
        system = f"system/{name.partition('-')[0]}"

        def told() -> Mode | None:
            spell = self.live.world.spells[system].at(self.live.now, *MODES)
            return cast("Mode", spell.mode) if spell else None

        return told

    def _live(self, ready: threading.Event) -> None:
        with asyncio.Runner() as runner:
            self._loop = runner.get_loop()
            self._loop.call_soon(ready.set)
            self._loop.run_forever()


def _first_moment(scenario: Scenario, at: str | None) -> datetime:
    if at is None:
        return scenario.start
    if at == "shows":
        return scenario.moment(scenario.shows) if scenario.shows else scenario.start
    return scenario.moment(at).astimezone(UTC)
