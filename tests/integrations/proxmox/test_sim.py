"""The integration against a simulated cluster, which shares no code with it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random

import pytest

from sre_assistant.contracts.integration import Integration
from sre_assistant.domain.errors import Unauthorised
from sre_assistant.domain.reading import Completeness
from sre_assistant.domain.window import Window
from sre_assistant.integrations.proxmox import connect
from sre_assistant.integrations.proxmox.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.recording import Recorder, RecordingWire, ReplayWire
from sre_assistant.kit.secret import Secret
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.servers.proxmox.access import CHANGE, Keys


@asynccontextmanager
async def connected(homelab: Homelab, *, change: bool = False, token: str = "") -> AsyncIterator[Integration]:
    keys, url = Keys(homelab.live.credentials["proxmox"]), homelab.doors["proxmox"].url
    read = token or homelab.environment()["PROXMOX_API_TOKEN"]
    config = Config(
        url=url,
        api_token=Secret(read),
        allow_changes=change,
        change_api_token=Secret(keys.header(CHANGE)) if change else None,
    )
    clock = FixedClock(homelab.clock.now())
    wire = LiveWire("pve", config, clock, Random(1))
    try:
        yield connect(config, wire, clock, "pve")
    finally:
        await wire.aclose()


async def called(integration: Integration, tool: str, **given: object) -> str:
    return (await {one.name: one for one in integration.tools}[f"proxmox_{tool}"].call(**given)).text


async def test_rights_that_were_taken_away_do_not_look_like_an_empty_house() -> None:
    async with Homelab("blind-rights", at="shows") as homelab, connected(homelab) as pve:
        assert pve.inventory
        reading = await pve.inventory.inventory()
        told = await called(pve, "list_guests")
        checkup = await pve.checkup()
    assert reading.completeness is Completeness.PARTIAL
    assert not [one for one in reading.value if one.kind == "guest"]
    assert told.startswith(
        "No guests.\nNote: guests cannot be seen: VM.Audit is missing on /vms; grant it with:"
    )
    assert checkup.status == "limited"


async def test_a_node_that_died_is_named_and_is_not_asked() -> None:
    async with Homelab("node-down", at="shows") as homelab, connected(homelab) as pve:
        assert pve.inventory
        assert pve.changes
        reading = await pve.inventory.inventory()
        changes = await pve.changes.changes(Window.before(homelab.clock.now(), timedelta(hours=2)))
        cluster = await called(pve, "cluster_status")
    hosts = {one.id: one.health for one in reading.value if one.kind == "host"}
    assert hosts == {"pve1": "ok", "pve2": "failed", "pve3": "ok"}
    assert "offline and not asked: pve2" in reading.detail
    assert changes.completeness is Completeness.PARTIAL
    assert "replication 102-0 of vm/102 to pve1" in cluster
    assert "how it went is not known" in cluster


async def test_a_guest_is_rebooted_and_the_task_is_found_again() -> None:
    async with Homelab("healthy") as homelab:
        async with connected(homelab, change=True) as pve:
            assert pve.actuator
            receipt = (await pve.actuator.act("reboot", "pve1/qemu/110")).value
        homelab.clock.advance(timedelta(minutes=1))
        async with connected(homelab, change=True) as pve:
            assert pve.changes
            changes = (
                await pve.changes.changes(Window.before(homelab.clock.now(), timedelta(minutes=5)))
            ).value
    done = next(one for one in changes if one.id == receipt.task)
    assert (done.kind, done.subject, done.outcome) == ("lifecycle", "pve1/qemu/110", "ok")
    assert done.actor == "sre@pve!change"


async def test_the_last_outcome_of_a_job_is_that_of_its_tasks() -> None:
    async with Homelab("backup-failed", at="shows") as homelab, connected(homelab) as pve:
        assert pve.backups
        backup, replication = (await pve.backups.backup_jobs()).value
    assert (backup.last_outcome, backup.detail) == ("failed", "backup-nightly; pve2: job errors")
    assert (replication.kind, replication.last_outcome) == ("replication", "ok")


async def test_backups_are_seen_with_the_rights_that_show_them() -> None:
    with Homelab("backup-never", at="shows") as homelab:
        token = Keys(homelab.live.credentials["proxmox"]).header(CHANGE)
        async with connected(homelab, token=token) as pve:
            assert pve.backups
            reading = await pve.backups.backups()
            told = await called(pve, "list_backups")
            checkup = await pve.checkup()
    assert {one.subject for one in reading.value} >= {"vm/110", "ct/201"}
    assert reading.completeness is Completeness.COMPLETE
    lines = told.splitlines()
    assert "- vm/160 paperwork: NO BACKUP; NO JOB SAVES IT" in lines[2:5]
    [broad] = [one for one in checkup.findings if "more than is needed" in one.text]
    assert broad.fix == "pveum acl delete / --tokens 'sre@pve!change' --roles SREOperator"


async def test_a_wrong_token_is_told_in_the_words_of_the_status_line_and_replays() -> None:
    with Homelab("healthy") as homelab:
        config = Config(url=homelab.doors["proxmox"].url, api_token=Secret("sre@pve!read=00000000-0000"))
        clock, recorder = FixedClock(homelab.clock.now()), Recorder()
        live = LiveWire("pve", config, clock, Random(1))
        said = []
        for wire in (RecordingWire(live, "pve", recorder), None):
            pve = connect(config, wire or ReplayWire("pve", recorder.exchanges), clock, "pve")
            assert pve.inventory
            with pytest.raises(Unauthorised) as caught:
                await pve.inventory.inventory()
            said.append(str(caught.value))
        await live.aclose()
    assert said[0].endswith("HTTP 401: the credential is missing or wrong: invalid token value!")
    assert said[1] == said[0]


async def test_an_inventory_asks_once_for_each_guest_and_twice_for_each_node() -> None:
    async with Homelab("healthy") as homelab, connected(homelab) as pve:
        before = homelab.requests
        assert pve.inventory
        reading = await pve.inventory.inventory()
        asked = homelab.requests - before
    assert len(reading.value) == 27
    assert asked <= 3 + 2 * 3 + 13
