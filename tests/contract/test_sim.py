"""Every integration against its simulated counterpart, which shares no code with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sre_assistant.domain.errors import (
    Denied,
    Malformed,
    Missing,
    SourceError,
    Unauthorised,
    Unreachable,
)
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.runtime.settings import load
from sre_assistant.sim.homelab import Door, Homelab
from sre_assistant.sim.misbehaviour import Mode
from tests.contract.folders import FOLDERS, Folder

by_folder = pytest.mark.parametrize("folder", FOLDERS, ids=[folder.kind for folder in FOLDERS])
MODES: list[tuple[Mode, type[SourceError]]] = [
    ("refuse", Unreachable),
    ("401", Unauthorised),
    ("403", Denied),
    ("404", Missing),
    ("500", Unreachable),
    ("502", Unreachable),
    ("503", Unreachable),
    ("html", Unauthorised),
    ("half", Unreachable),
    ("huge", Malformed),
    ("wrong-json", Malformed),
    ("not-json", Malformed),
]


@pytest.fixture(scope="module")
def homelab() -> Iterator[Homelab]:
    with Homelab() as running:
        yield running


def door(homelab: Homelab, folder: Folder) -> Door:
    """The first of the simulated servers of this kind."""
    return next(found for name, found in homelab.doors.items() if name.partition("-")[0] == folder.kind)


def config_of(homelab: Homelab, folder: Folder, **bounds: Any) -> Endpoint:
    """As the settings in the homelab's own environment have it."""
    settings = load({**homelab.environment(), "HOME": "/nonexistent"})
    (config,) = (system.config for system in settings.systems if system.kind == folder.kind)
    assert isinstance(config, Endpoint)
    return replace(config, **bounds)


@by_folder
async def test_everything_it_reads_is_there(folder: Folder, homelab: Homelab) -> None:
    config = config_of(homelab, folder)
    async with folder.live(config, FixedClock(homelab.clock.now())) as (integration, _):
        for name, ask in folder.reads(integration).items():
            assert await ask() is not None, name
        checkup = await integration.checkup()
    assert [f for f in checkup.findings if f.level == "error"] == []


@by_folder
@pytest.mark.parametrize(("mode", "kind"), MODES)
async def test_it_fails_rightly_and_recovers(
    folder: Folder, mode: Mode, kind: type[SourceError], homelab: Homelab
) -> None:
    system = door(homelab, folder)
    config = config_of(homelab, folder, max_body=1024 * 1024, timeout=60.0)
    async with folder.live(config, FixedClock(homelab.clock.now())) as (integration, _):
        ask = next(iter(folder.reads(integration).values()))
        await asyncio.to_thread(system.fail, mode)
        with pytest.raises(SourceError) as caught:
            await ask()
        assert type(caught.value) is kind, caught.value
        await asyncio.to_thread(system.recover)
        assert await ask() is not None
