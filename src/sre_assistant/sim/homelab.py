"""A whole simulated homelab on loopback: one process, one clock, one causal world."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import TracebackType
from typing import Any, Final, Self

from sre_assistant.sim.clock import SimClock
from sre_assistant.sim.misbehaviour import MODES, Mode
from sre_assistant.sim.notified import Inbox
from sre_assistant.sim.promql import Engine
from sre_assistant.sim.rules import Rules, load_rules, standard_rules
from sre_assistant.sim.scenario import Scenario, load_scenario
from sre_assistant.sim.servers.alertmanager import Alertmanager
from sre_assistant.sim.servers.prometheus import Prometheus
from sre_assistant.sim.serving import Served
from sre_assistant.sim.silences import Silences
from sre_assistant.sim.tsdb import Scrapes
from sre_assistant.sim.world import World

_RULES_KNOWN: Final = timedelta(days=1)
_PATIENCE_SECONDS: Final = 10.0


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
    """Prometheus and Alertmanager of a scenario, on free ports of 127.0.0.1.

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
    """

    def __init__(
        self,
        scenario: Scenario | str | Path = "healthy",
        seed: int = 1,
        *,
        speed: float = 0.0,
        at: str | None = None,
        start: datetime | None = None,
    ) -> None:
        story = scenario if isinstance(scenario, Scenario) else load_scenario(scenario)
        self.scenario = story if start is None else story.starting(start)
        self.seed = seed
        self.world: World = self.scenario.build(seed)
        self.clock = SimClock(_first_moment(self.scenario, at), speed)
        engine = Engine()
        since = round((self.scenario.start - _RULES_KNOWN).timestamp() * 1000)
        self.rules: Rules = load_rules(standard_rules(), Scrapes(self.world.index), engine, since)
        self.silences = Silences(seed)
        keeper = f"{self.world.house.monitoring}.{self.world.house.domain}"
        inbox = Inbox(self.rules, self.silences, f"http://{keeper}:9090/graph?g0.expr=")
        prometheus = Served(Prometheus(self.world, self.clock, self.rules, engine).app())
        alertmanager = Served(Alertmanager(self.world, self.clock, inbox, self.silences).app())
        self._served = (prometheus, alertmanager)
        self.prometheus = Door(self, prometheus)
        self.alertmanager = Door(self, alertmanager)
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def prometheus_url(self) -> str:
        """Where Prometheus listens."""
        return self.prometheus.url

    @property
    def alertmanager_url(self) -> str:
        """Where Alertmanager listens."""
        return self.alertmanager.url

    def start(self) -> Self:
        """Opens the ports; returns when both servers answer."""
        if self._thread is not None:
            raise RuntimeError("this homelab has been started already; make a new one")
        ready = threading.Event()
        self._thread = threading.Thread(target=self._live, args=(ready,), name="homelab", daemon=True)
        self._thread.start()
        ready.wait(_PATIENCE_SECONDS)
        for served in self._served:
            self.run(served.start())
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

    async def _stopped(self) -> None:
        await asyncio.gather(*(served.stop() for served in self._served))

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
