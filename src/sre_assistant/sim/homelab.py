"""A whole simulated homelab on loopback: one process, one clock, one causal world."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self, cast

import yaml

from sre_assistant.sim.alerting.posting import Target
from sre_assistant.sim.alerting.rules import Rules
from sre_assistant.sim.alerting.silences import Silences
from sre_assistant.sim.clock import SimClock
from sre_assistant.sim.live import Live
from sre_assistant.sim.misbehaviour import MODES, Mode
from sre_assistant.sim.scenario import Scenario, load_scenario
from sre_assistant.sim.servers.registry import assembled, configuration, machine, settings
from sre_assistant.sim.serving import Served, Told
from sre_assistant.sim.world import World

_PATIENCE_SECONDS: Final = 10.0
_TELL_SECONDS: Final = 0.25
"""How often webhooks are told what is due."""
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Wiring:
    """How the systems of a homelab are reached, and whom they tell, by their names, e.g. ``docker-media``."""

    ports: Mapping[str, int] = field(default_factory=dict)
    """Fixed ports; the rest listens on free ones."""
    sockets: Mapping[str, Path] = field(default_factory=dict)
    """Paths of Unix sockets, beside the ports."""
    webhooks: Mapping[str, Sequence[Target]] = field(default_factory=dict)
    """Who is told of alerts, by ``alertmanager`` or by ``grafana``."""


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
        wiring: what is not left to chance of how its systems are reached, and whom they tell.
    """

    def __init__(
        self,
        scenario: Scenario | str | Path = "healthy",
        seed: int = 1,
        *,
        speed: float = 0.0,
        at: str | None = None,
        start: datetime | None = None,
        wiring: Wiring | None = None,
    ) -> None:
        story = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
        self.scenario = story if start is None else story.starting(start)
        self.seed = seed
        self.clock = SimClock(_first_moment(self.scenario, at), speed)
        self.live = Live(self.scenario, seed, self.clock)
        systems = assembled(self.live)
        wiring = wiring or Wiring()
        self._served = {
            name: Served(app, self._told(name), wiring.ports.get(name, 0), path=wiring.sockets.get(name))
            for name, app in systems.applications.items()
        }
        self.doors = {name: Door(self, served) for name, served in self._served.items()}
        """Every server by its name, e.g. ``loki`` or ``docker-media``."""
        self.prometheus = self.doors["prometheus"]
        self.alertmanager = self.doors["alertmanager"]
        self._notifiers = [
            systems.pushing[name](tuple(targets)) for name, targets in wiring.webhooks.items() if targets
        ]
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._tasks: list[asyncio.Task[None]] = []

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

    @property
    def requests(self) -> int:
        """How many requests have reached its systems."""
        return sum(served.app.requests for served in self._served.values())

    def environment(self) -> dict[str, str]:
        """The settings with which the product finds every system of this homelab."""
        return settings(self.live, {name: served.url for name, served in self._served.items()})

    @property
    def configuration(self) -> str:
        """The text of a ``config.yaml`` that names every system of this homelab, several Docker hosts too."""
        urls = {name: served.url for name, served in self._served.items()}
        return yaml.safe_dump(configuration(self.live, urls), sort_keys=False)

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
        self._tasks = [asyncio.create_task(self._keep_looking()), asyncio.create_task(self._keep_telling())]

    async def _stopped(self) -> None:
        for task in self._tasks:
            task.cancel()
        for outcome in await asyncio.gather(*self._tasks, return_exceptions=True):
            if isinstance(outcome, BaseException) and not isinstance(outcome, asyncio.CancelledError):
                raise outcome
        await asyncio.gather(*(served.stop() for served in self._served.values()))

    async def _keep_looking(self) -> None:
        while True:
            await asyncio.sleep(_LOOK_SECONDS)
            await self._look()

    async def _keep_telling(self) -> None:
        while self._notifiers:
            await asyncio.sleep(_TELL_SECONDS)
            await asyncio.gather(*(notifier.push() for notifier in self._notifiers))

    async def _look(self) -> None:
        """Closes and opens the ports as the story says."""
        for served in self._served.values():
            await served.obey()

    def _told(self, name: str) -> Told:
        """How a system behaves: as the story has it, and as one whose machine is gone."""
        system, host = f"system/{name.partition('-')[0]}", machine(self.live.world.house, name)

        def told() -> Mode | None:
            world, now = self.live.world, self.live.now
            if host and world.spells[f"host/{host}"].at(now, "gone", "off"):
                return "refuse"
            spell = world.spells[system].at(now, *MODES)
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
