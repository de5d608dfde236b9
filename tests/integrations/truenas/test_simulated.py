"""The three releases of the simulated NAS, told apart by nobody but the way they are asked."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from typing import Any

import pytest

from sre_assistant.domain.errors import Missing, Unauthorised
from sre_assistant.domain.reading import Completeness
from sre_assistant.domain.window import Window
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.secret import Secret
from sre_assistant.kit.wire import Request
from sre_assistant.sim.documents import Document
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.scenario import Scenario, checked
from sre_assistant.sim.servers.truenas import Keys
from tests.integrations.truenas.systems import System, connected

RELEASES = ("25.04", "25.10", "26.0")
LOST = "fault: lose-disk, at: '00:40', host: nas, device: sdc"


def told(release: str, *faults: str) -> Scenario:
    """A story with one release; a quiet fault stands for none."""
    quiet = "fault: deny, at: '23:00', system: truenas, privilege: NOTHING"
    lines = [
        "name: told",
        "title: A story",
        "start: 2026-11-15T00:30:00Z",
        f"versions: {{truenas: '{release}'}}",
        "timeline:",
        *(f"  - {{{one}}}" for one in faults or (quiet,)),
    ]
    return checked(Document("\n".join(lines), "story.yaml"))


@asynccontextmanager
async def homelab(release: str, *faults: str, at: str = "01:10") -> AsyncIterator[Homelab]:
    lab = await asyncio.to_thread(lambda: Homelab(told(release, *faults), at=at).__enter__())
    try:
        yield lab
    finally:
        await asyncio.to_thread(lab.__exit__, None, None, None)


def reaching(lab: Homelab, *, operator: bool = False, **settings: Any) -> Any:
    keys = Keys(lab.live.credentials["truenas"])
    key = Secret(keys.operator if operator else keys.reader)
    clock = FixedClock(lab.clock.now())
    return connected(lab.doors["truenas"].url, clock, **{"api_key": key, **settings})


async def everything(system: System) -> str:
    """What all tools say, without what differs by how it was asked."""
    texts = [(await tool.call()).text for tool in system.integration.tools]
    return "\n".join(texts)


@pytest.mark.parametrize("release", RELEASES)
async def test_each_release_is_read_whole(release: str) -> None:
    async with homelab(release, LOST) as lab, reaching(lab) as system:
        inventory = await system.inventory.inventory()
        assert inventory.completeness is Completeness.COMPLETE, inventory.detail
        assert {one.kind for one in inventory.value} == {"host", "pool", "dataset", "disk", "share"}
        found = {one.id: one for one in inventory.value if one.kind == "disk"}
        assert (found["sdc"].state, found["sdc"].health) == ("UNAVAIL", "failed")
        assert len((await system.backups.backups()).value) == 3
        assert {one.kind for one in (await system.backups.backup_jobs()).value} == {"snapshot", "verify"}
        checkup = await system.integration.checkup()
    assert [one for one in checkup.findings if one.level != "ok"] == []
    assert checkup.version.startswith(f"TrueNAS {release}")


@pytest.mark.parametrize("release", ["25.04", "25.10"])
async def test_rest_and_json_rpc_of_one_release_tell_the_same(release: str) -> None:
    async with homelab(release, LOST) as lab, reaching(lab) as new, reaching(lab, api="rest") as old:
        for tool in ("pool_status", "list_shares", "snapshots", "apps"):
            assert (await old.call(tool)).text == (await new.call(tool)).text


async def test_rest_of_26_says_what_to_write() -> None:
    async with homelab("26.0") as lab, reaching(lab, api="rest") as system:
        with pytest.raises(Missing, match="write TRUENAS_API=auto"):
            await system.call("apps")


async def test_a_key_revoked_in_the_middle_is_unauthorised() -> None:
    revoked = "fault: deny, at: '00:50', system: truenas, privilege: API_KEY"
    async with homelab("25.10", revoked, at="00:40") as lab, reaching(lab) as system:
        assert (await system.call("pool_status")).completeness is Completeness.COMPLETE
        await asyncio.to_thread(lab.clock.advance, timedelta(minutes=20))
        with pytest.raises(Unauthorised, match="wrong, expired or revoked"):
            await system.call("pool_status")


@pytest.mark.parametrize(
    ("privilege", "what"), [("DATASET_READ", "datasets"), ("APPS_READ", "apps"), ("pool", "pools")]
)
async def test_a_right_that_is_taken_is_said(privilege: str, what: str) -> None:
    taken = f"fault: deny, at: '00:30', system: truenas, privilege: {privilege}"
    async with homelab("25.10", taken, at="00:40") as lab, reaching(lab) as system:
        inventory = await system.inventory.inventory()
        checkup = await system.integration.checkup()
    assert inventory.completeness is Completeness.PARTIAL
    assert f"{what}: [EACCES] Not authorized" in inventory.detail
    assert what in {one.text.partition(":")[0] for one in checkup.findings if one.level == "error"}


async def test_a_change_of_a_setting_and_who_made_it_are_seen() -> None:
    async with homelab("25.10") as lab, reaching(lab) as reader, reaching(lab, operator=True) as operator:
        ordered = await operator.wire.send(_control())
        assert b"result" in ordered.body
        reading = await reader.changes.changes(Window.before(lab.clock.now(), timedelta(hours=1)))
        checkup = await operator.integration.checkup()
    [change] = [one for one in reading.value if one.kind == "config"]
    assert change.text == "Control RESTART nfs (service.control)"
    assert (change.outcome, change.actor) == ("ok", "operator at 127.0.0.1")
    assert [one.text for one in checkup.findings if one.level == "warning"] == [
        "the credential may do more than is needed: FULL_ADMIN"
    ]


async def test_a_nas_that_is_off_is_unreachable_and_comes_back() -> None:
    async with homelab("25.10", LOST) as lab, reaching(lab) as system:
        before = await everything(system)
        await asyncio.to_thread(lab.doors["truenas"].fail, "refuse")
        checkup = await system.integration.checkup()
        await asyncio.to_thread(lab.doors["truenas"].recover)
        assert await everything(system) == before
    assert checkup.status == "down"


def _control() -> Request:
    json = {"method": "service.control", "params": ["RESTART", "nfs"]}
    return Request(method="CALL", path="/api/current", json=json, repeatable=False, name="service.control")
