"""The reads of the Proxmox VE integration against a real cluster. Nothing is changed there.

    SRE_TEST_PROXMOX_URL=https://pve.lan:8006 SRE_TEST_PROXMOX_API_TOKEN='sre@pve!read=…' \\
        pytest tests/real/test_proxmox_integration.py

``SRE_TEST_PROXMOX_CA_CERT`` names the cluster's authority; without it certificates are not checked.
"""

from __future__ import annotations

import os
import re
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from sre_assistant.contracts.integration import Integration
from sre_assistant.domain.inventory import Resource
from sre_assistant.domain.reading import Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.proxmox import connect
from sre_assistant.integrations.proxmox.config import Config
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret

GIVEN = dict(os.environ)  # noqa: TID251  tests are told by whoever runs them
URL = GIVEN.get("SRE_TEST_PROXMOX_URL", "")
ID = re.compile(r"[^/]+/(?:qemu|lxc)/\d+")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(not URL, reason="SRE_TEST_PROXMOX_URL is not set: the URL of a Proxmox VE to ask"),
]


@pytest.fixture(scope="module", autouse=True)
def real_servers() -> None:
    """This suite needs a Proxmox VE and nothing of what the others here need."""


@pytest.fixture
async def pve() -> AsyncIterator[Integration]:
    authority, token = GIVEN.get("SRE_TEST_PROXMOX_CA_CERT"), GIVEN.get("SRE_TEST_PROXMOX_API_TOKEN")
    config = Config(
        url=URL,
        api_token=Secret(token) if token else None,
        ca_cert=Path(authority) if authority else None,
        verify_ssl=bool(authority),
        timeout=30.0,
    )
    clock = SystemClock()
    wire = LiveWire("pve", config, clock, Random(1))
    yield connect(config, wire, clock, "pve")
    await wire.aclose()


async def held(pve: Integration) -> Reading[tuple[Resource, ...]]:
    assert pve.inventory
    return await pve.inventory.inventory()


def said(pve: Integration, reading: Reading[object]) -> None:
    """An answer that is not all there is says why, and nothing of it was unreadable."""
    assert reading.completeness.answered or reading.detail
    assert "could not be read" not in reading.detail


async def test_it_can_be_asked_and_knows_its_version(pve: Integration) -> None:
    checkup = await pve.checkup()
    assert checkup.status != "down", checkup.findings
    assert re.match(r"Proxmox VE \d+\.\d+", checkup.version)
    assert checkup.rights


async def test_there_are_nodes_with_figures(pve: Integration) -> None:
    reading = await held(pve)
    said(pve, reading)
    hosts = [one for one in reading.value if one.kind == "host"]
    assert hosts
    online = [one for one in hosts if one.state == "online"]
    assert all(one.figures["memory_bytes"] > one.figures["memory_used_bytes"] > 0 for one in online)


async def test_guests_have_an_id_that_the_tools_understand(pve: Integration) -> None:
    reading = await held(pve)
    tools = {tool.name: tool for tool in pve.tools}
    guests = [one for one in reading.value if one.kind == "guest" and one.state in {"running", "stopped"}]
    for one in guests[:3]:
        assert ID.fullmatch(one.id)
        told = await tools["proxmox_get_guest_config"].call(vmid=int(one.labels["vmid"]))
        assert told.text.startswith(one.id)


async def test_changes_lie_in_their_window_and_come_in_order(pve: Integration) -> None:
    assert pve.changes
    window = Window.before(SystemClock().now(), timedelta(days=7))
    reading = await pve.changes.changes(window)
    said(pve, reading)
    assert all(one.at <= window.end and (one.until or window.end) >= window.start for one in reading.value)
    assert [one.at for one in reading.value] == sorted(one.at for one in reading.value)


async def test_backups_jobs_and_stores_are_read_or_said_to_be_denied(pve: Integration) -> None:
    assert pve.backups
    for ask in (pve.backups.backups, pve.backups.backup_jobs, pve.backups.backup_stores):
        said(pve, await ask())


async def test_every_tool_that_reads_answers_with_a_bounded_text(pve: Integration) -> None:
    for tool in pve.tools:
        told = await tool.call()
        assert told.text
        assert len(told.text) < 7_000, tool.name
        assert "could not be read" not in told.text, told.text
