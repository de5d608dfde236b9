"""The integration against the simulated backup server of a house, in good times and bad."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random
from typing import Any

import pytest

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.domain.errors import Unauthorised, Unreachable
from sre_assistant.domain.reading import Completeness
from sre_assistant.domain.window import Window
from sre_assistant.integrations.pbs import connect
from sre_assistant.integrations.pbs.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret
from sre_assistant.sim.homelab import Homelab
from tests.sim.proxmox_wire import story


@asynccontextmanager
async def house(*faults: dict[str, Any], at: str = "04:00", token: str = "") -> AsyncIterator[Integration]:
    async with Homelab(story(*faults), at=at) as homelab:
        told = homelab.environment()
        config = Config(url=told["PBS_URL"], api_token=Secret(token or told["PBS_API_TOKEN"]))
        clock = FixedClock(homelab.clock.now())
        wire = LiveWire("pbs", config, clock, Random(1))
        yield connect(config, wire, clock)
        await wire.aclose()


async def call(pbs: Integration, tool: str, **arguments: object) -> ToolResult:
    found = {each.name: each for each in pbs.tools}
    return await found[tool].call(**arguments)


async def test_a_healthy_house_is_saved_every_night() -> None:
    async with house() as pbs:
        assert pbs.backups
        assert pbs.changes
        backups = await pbs.backups.backups()
        jobs = await pbs.backups.backup_jobs()
        (store,) = (await pbs.backups.backup_stores()).value
        now = backups.provenance.observed_at
        tonight = await pbs.changes.changes(Window.before(now, timedelta(hours=2)))
        checkup = await pbs.checkup()
    assert backups.completeness is Completeness.COMPLETE
    assert len(backups.value) == 11
    assert {each.newest and each.newest.isoformat() for each in backups.value} >= {
        "2026-11-15T03:00:00+00:00"
    }
    assert {job.kind for job in jobs.value} == {"verify", "prune", "gc"}
    assert store.full_at is not None
    assert {(each.kind, each.outcome) for each in tonight.value} >= {("backup", "ok")}
    assert checkup.status == "ok"
    assert checkup.rights


async def test_a_right_that_was_taken_is_denied_and_not_empty() -> None:
    taken = {
        "fault": "deny",
        "at": "+0s",
        "system": "pbs",
        "privilege": "Datastore.Audit",
        "path": "/datastore",
    }
    async with house(taken) as pbs:
        assert pbs.backups
        reading = await pbs.backups.backups()
        result = await call(pbs, "pbs_datastore_status")
        checkup = await pbs.checkup()
    assert (reading.value, reading.completeness) == ((), Completeness.DENIED)
    assert "Note: Datastore.Audit on /datastore is missing" in result.text
    assert checkup.status == "limited"
    assert any("acl update /datastore DatastoreAudit" in finding.fix for finding in checkup.findings)


async def test_a_guest_whose_backup_fails_comes_first() -> None:
    failing = {"fault": "fail-backup", "at": "01:00", "job": "backup-nightly", "guest": "apps"}
    async with house(failing) as pbs:
        backups, tasks = (
            await call(pbs, "pbs_list_backups"),
            await call(pbs, "pbs_list_tasks", errors_only=True),
        )
    assert backups.text.splitlines()[1].startswith('  vm/111 "apps" in main: newest 2026-11-14')
    assert "[FAILED]" in tasks.text
    assert "backup main:vm/111: backup ended but finished flag is not set." in tasks.text


async def test_a_backup_that_is_being_written_is_not_the_newest() -> None:
    async with house(at="03:01") as pbs:
        text = (await call(pbs, "pbs_list_backups", group="vm/110")).text
    assert "newest 2026-11-14 03:00:00Z" in text
    assert "one begun 2026-11-15 03:00:00Z is not finished" in text


async def test_bad_sectors_under_a_datastore_show_as_a_failed_verification() -> None:
    failing = {"fault": "fail-disk", "at": "01:00", "host": "pbs", "device": "sdb"}
    story_of_saturday = story(failing, start="2026-11-14T00:30:00Z")
    async with Homelab(story_of_saturday, at="20:00") as homelab:
        told = homelab.environment()
        config = Config(url=told["PBS_URL"], api_token=Secret(told["PBS_API_TOKEN"]))
        clock = FixedClock(homelab.clock.now())
        wire = LiveWire("pbs", config, clock, Random(1))
        pbs = connect(config, wire, clock)
        backups, jobs = await call(pbs, "pbs_list_backups"), await call(pbs, "pbs_list_jobs")
        await wire.aclose()
    assert "newest backup FAILED verification: " in backups.text.splitlines()[0]
    assert jobs.text.splitlines()[0].endswith("1 failed")


async def test_a_server_that_is_gone_and_a_token_that_is_wrong_are_told_apart() -> None:
    async with house({"fault": "lose-host", "at": "01:00", "host": "pbs"}) as pbs:
        with pytest.raises(Unreachable):
            await call(pbs, "pbs_list_jobs")
    async with house(token="sre@pbs!read:0000-0000") as pbs:
        with pytest.raises(Unauthorised):
            await call(pbs, "pbs_list_jobs")
        assert (await pbs.checkup()).status == "down"
