"""Settings to connected systems: the wires are opened once, a house is built over them per task."""

from __future__ import annotations

from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from random import Random

from sre_assistant.contracts.house import House
from sre_assistant.kit.carriers import open_wire
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.recording import Recorder, RecordingWire
from sre_assistant.kit.wire import Wire
from sre_assistant.runtime.discovery import connector
from sre_assistant.runtime.settings import Settings, System


@asynccontextmanager
async def open_wires(
    systems: Sequence[System], *, clock: Clock, rng: Random
) -> AsyncIterator[Mapping[str, Wire]]:
    """One pooled wire per system, by its name; all are closed at the end, whatever happens."""
    async with AsyncExitStack() as stack:
        wires: dict[str, Wire] = {}
        for system in systems:
            wire = open_wire(system.name, endpoint(system), clock, rng)
            stack.push_async_callback(wire.aclose)
            wires[system.name] = wire
        yield wires


@asynccontextmanager
async def open_house(
    settings: Settings, *, clock: Clock, rng: Random, recorder: Recorder | None = None
) -> AsyncIterator[House]:
    """The configured systems, connected for as long as the block lasts; nothing is asked yet."""
    async with open_wires(settings.systems, clock=clock, rng=rng) as wires:
        yield build_house(settings.systems, recorded(wires, recorder), clock=clock, site=settings.own.site)


def build_house(systems: Sequence[System], wires: Mapping[str, Wire], *, clock: Clock, site: str) -> House:
    """Integrations over wires that are already there; cheap enough to do for every task."""
    return House(
        tuple(connector(s.kind)(s.config, wires[s.name], clock, s.name) for s in systems),
        site=site,
    )


def recorded(wires: Mapping[str, Wire], recorder: Recorder | None) -> Mapping[str, Wire]:
    """The same wires, with everything they carry noted."""
    if recorder is None:
        return wires
    return {name: RecordingWire(wire, name, recorder) for name, wire in wires.items()}


def endpoint(system: System) -> Endpoint:
    """The address within a system's settings."""
    if not isinstance(system.config, Endpoint):
        raise TypeError(f"the settings of {system.kind!r} are no Endpoint")
    return system.config
