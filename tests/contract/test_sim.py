"""Every integration against its simulated counterpart, which shares no code with it."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator

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
from sre_assistant.sim.homelab import Door, Homelab
from sre_assistant.sim.misbehaviour import Mode
from tests.contract.folders import FOLDERS, Folder, reads

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
    found: Door = getattr(homelab, folder.kind)
    return found


@by_folder
async def test_everything_it_reads_is_there(folder: Folder, homelab: Homelab) -> None:
    config = folder.config(url=door(homelab, folder).url)
    async with folder.live(config, FixedClock(homelab.clock.now())) as (integration, _):
        for name, ask in reads(integration).items():
            assert await ask() is not None, name
        checkup = await integration.checkup()
    # A simulated server dates its HTTP answers by the machine's clock, not by the simulated one.
    assert [f for f in checkup.findings if f.level != "ok" and f.check != "clock"] == []


@by_folder
@pytest.mark.parametrize(("mode", "kind"), MODES)
async def test_it_fails_rightly_and_recovers(
    folder: Folder, mode: Mode, kind: type[SourceError], homelab: Homelab
) -> None:
    system = door(homelab, folder)
    config = folder.config(url=system.url, max_body=1024 * 1024, timeout=60.0)
    async with folder.live(config, FixedClock(homelab.clock.now())) as (integration, _):
        ask = next(iter(reads(integration).values()))
        await asyncio.to_thread(system.fail, mode)
        with pytest.raises(SourceError) as caught:
            await ask()
        assert type(caught.value) is kind, caught.value
        await asyncio.to_thread(system.recover)
        assert await ask() is not None
