"""The program behind every surface: one method per job, recorded, measured by nobody, startable in a test."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from random import Random

from sre_assistant.contracts.house import House
from sre_assistant.contracts.tool import Tool, ToolResult
from sre_assistant.domain.answer import Answer
from sre_assistant.domain.errors import CallError, ConfigError
from sre_assistant.domain.events import Emit
from sre_assistant.kit import codec
from sre_assistant.kit.breaker import BreakerState
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.ids import Ids
from sre_assistant.kit.recording import Recorder
from sre_assistant.kit.wire import Wire
from sre_assistant.runtime import bundles, toolbox
from sre_assistant.runtime.names import nearest
from sre_assistant.runtime.results import Investigation
from sre_assistant.runtime.settings import Settings
from sre_assistant.runtime.wiring import build_house, open_wires, recorded
from sre_assistant.runtime.zones import zone_name
from sre_assistant.workflows.alerts import AlertList, list_alerts
from sre_assistant.workflows.ask import ask
from sre_assistant.workflows.connected import ConnectedList, Inventory, list_connected, take_inventory
from sre_assistant.workflows.doctor import CheckupReport, check_up
from sre_assistant.workflows.investigate import Selection, investigate

KEPT_BUNDLES = 100


class Program:
    """What surfaces call. Made by ``open_program``."""

    def __init__(self, settings: Settings, wires: Mapping[str, Wire], *, clock: Clock, ids: Ids) -> None:
        self.settings = settings
        self.clock = clock
        self._wires = wires
        self._ids = ids

    async def investigate(
        self, selection: Selection, *, emit: Emit, keep: Path | None = None
    ) -> Investigation:
        """Explains what is selected and records how.

        Args:
            selection: what to look into.
            emit: where events go.
            keep: where the bundle goes; None is the state folder, where the newest 100 are kept.

        Raises:
            SreError: as ``workflows.investigate`` does.
        """
        run = _Run(self.clock, self._ids)
        house = self._house(run, run.recorder)
        diagnoses = await investigate(house, selection, clock=run.clock, ids=run.ids, emit=emit)
        found = Investigation(selection=selection, diagnoses=diagnoses)
        asked = bundles.Asked(command="investigate", selection=selection)
        bundle = self._bundle(run, asked, codec.encode(found.document))
        try:
            path = await asyncio.to_thread(self._save, bundle, keep)
        except ConfigError as error:  # the result is worth more than its recording
            return replace(found, unrecorded=str(error))
        return replace(found, bundle=path)

    async def ask(
        self,
        question: str,
        *,
        emit: Emit,
        previous: Answer | None = None,
        session_id: str = "",
        keep: Path | None = None,
    ) -> Answer:
        """Answers a question; it is recorded only where ``keep`` names a file for the bundle.

        Raises:
            SreError: as ``workflows.ask`` does.
        """
        run = _Run(self.clock, self._ids)
        house = self._house(run, run.recorder if keep else None)
        answer = await ask(
            house,
            question,
            previous=previous,
            zone=self.settings.own.zone,
            clock=run.clock,
            ids=run.ids,
            emit=emit,
        )
        answer = replace(answer, session_id=session_id)
        if keep is not None:
            asked = bundles.Asked(command="ask", question=question, previous=previous, session_id=session_id)
            await asyncio.to_thread(self._save, self._bundle(run, asked, codec.encode(answer)), keep)
        return answer

    async def alerts(self, *, emit: Emit) -> AlertList:
        """The active alerts.

        Raises:
            ConfigError: nothing is configured.
        """
        run = _Run(self.clock, self._ids)
        return await list_alerts(self._house(run), clock=run.clock, ids=run.ids, emit=emit)

    async def doctor(self, systems: Sequence[str] = (), *, emit: Emit) -> CheckupReport:
        """Checks all systems, or those of the given names or kinds.

        Raises:
            CallError: no system is called so.
            ConfigError: none is configured.
        """
        run = _Run(self.clock, self._ids)
        house = self._house(run)
        known = tuple(dict.fromkeys(name for s in house.require_systems() for name in (s.name, s.kind)))
        for name in systems:
            if name not in known:
                raise CallError(f"no system is called {name!r}. {nearest(name, known)}")
        if systems:
            wanted = tuple(s for s in house.systems if s.name in systems or s.kind in systems)
            house = House(wanted, site=house.site)
        return await check_up(house, clock=run.clock, ids=run.ids, emit=emit)

    async def connected(self) -> ConnectedList:
        """What is connected, with version, rights and tools.

        Raises:
            ConfigError: nothing is.
        """
        run = _Run(self.clock, self._ids)
        return await list_connected(self._house(run), clock=run.clock)

    async def inventory(self, *, emit: Emit) -> Inventory:
        """Everything that the connected systems know of.

        Raises:
            ConfigError: none knows what there is.
        """
        run = _Run(self.clock, self._ids)
        return await take_inventory(self._house(run), clock=run.clock, ids=run.ids, emit=emit)

    def tools(self) -> tuple[tuple[str, tuple[Tool, ...]], ...]:
        """The tools of each system, by its name.

        Raises:
            ConfigError: none is configured.
        """
        return toolbox.owned_tools(self._house(_Run(self.clock, self._ids)), self.clock)

    async def call_tool(
        self, name: str, given: Mapping[str, object], *, system: str = "", approved: bool = False
    ) -> ToolResult:
        """Calls one tool; what its text leaves out is kept under a reference.

        Args:
            name: the tool's name.
            given: its parameters; texts are read as what it wants.
            system: whose tool it is; empty where only one system has it.
            approved: whether a person said yes to exactly this call.

        Raises:
            CallError: there is no such tool or system, or a parameter is wrong.
            ActionRefused: it changes something and nobody approved.
            SourceError: the system failed.
        """
        result = await toolbox.call_tool(self.tools(), name, given, system=system, approved=approved)
        if not result.data:
            return result
        reference = self._ids.new("t")
        try:
            return await asyncio.to_thread(
                toolbox.keep_result, result, reference, self.settings.own.state_dir
            )
        except ConfigError as error:  # the answer is worth more than its long form
            return replace(result, text=f"{result.text}\nNote: the rest is not kept: {error}")

    @property
    def metric_systems(self) -> frozenset[str]:
        """Names of the systems that answer PromQL."""
        return frozenset(source.name for source in self._house(_Run(self.clock, self._ids)).metrics)

    @property
    def breakers(self) -> Mapping[str, BreakerState]:
        """Whether each system is asked at all right now, by its name."""
        return {name: wire.state for name, wire in self._wires.items()}

    def _house(self, run: _Run, recorder: Recorder | None = None) -> House:
        wires = recorded(self._wires, recorder)
        return build_house(self.settings.systems, wires, clock=run.clock, site=self.settings.own.site)

    def _bundle(self, run: _Run, asked: bundles.Asked, result: bytes) -> bundles.Bundle:
        return bundles.Bundle(
            asked=asked,
            at=run.clock.now(),
            ids=tuple(run.ids.noted),
            site=self.settings.own.site,
            zone=zone_name(self.settings.own.zone),
            systems=tuple(bundles.recorded_system(system) for system in self.settings.systems),
            exchanges=run.recorder.exchanges,
            result=bundles.digest(result),
        )

    def _save(self, bundle: bundles.Bundle, keep: Path | None) -> Path:
        if keep is not None:
            bundles.save(bundle, keep)
            return keep
        folder = bundles.folder(self.settings.own.state_dir)
        path = folder / f"{bundle.at:%Y%m%dT%H%M%S}-{bundle.ids[0]}{bundles.SUFFIX}"
        bundles.save(bundle, path)
        bundles.prune(folder, KEPT_BUNDLES)
        return path


@asynccontextmanager
async def open_program(settings: Settings, *, clock: Clock, ids: Ids, rng: Random) -> AsyncIterator[Program]:
    """The program over open wires, which are closed at the end; nothing is asked yet."""
    async with open_wires(settings.systems, clock=clock, rng=rng) as wires:
        yield Program(settings, wires, clock=clock, ids=ids)


class _Run:
    """What one task is handed: a moment that stands still, ids that are noted, a recorder."""

    def __init__(self, clock: Clock, ids: Ids) -> None:
        self.clock = _Stopped(clock)
        self.ids = _Noted(ids)
        self.recorder = Recorder()


class _Stopped:
    """A clock whose time of day is that of the request; waiting and measuring go on."""

    def __init__(self, clock: Clock) -> None:
        self._clock = clock
        self._moment = clock.now()

    def now(self) -> datetime:
        return self._moment

    def monotonic(self) -> float:
        return self._clock.monotonic()

    async def sleep(self, seconds: float) -> None:
        await self._clock.sleep(seconds)


class _Noted:
    """Hands ids out and remembers which."""

    def __init__(self, ids: Ids) -> None:
        self._ids = ids
        self.noted: list[str] = []

    def new(self, prefix: str) -> str:
        self.noted.append(self._ids.new(prefix))
        return self.noted[-1]
