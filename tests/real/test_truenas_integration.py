"""The reads of the TrueNAS integration against a real system. Nothing is changed there.

    SRE_TEST_TRUENAS_URL=https://nas.lan SRE_TEST_TRUENAS_API_KEY=1-… \\
        pytest tests/real/test_truenas_integration.py

``SRE_TEST_TRUENAS_CA_CERT`` names the authority; without it certificates are not checked.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from random import Random

import pytest

from sre_assistant.contracts.integration import Integration
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.truenas import connect
from sre_assistant.integrations.truenas.config import Config
from sre_assistant.kit.carriers import open_wire
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.secret import Secret

GIVEN = dict(os.environ)  # noqa: TID251  tests are told by whoever runs them
URL = GIVEN.get("SRE_TEST_TRUENAS_URL", "")
KEY = GIVEN.get("SRE_TEST_TRUENAS_API_KEY", "")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not (URL and KEY),
        reason="SRE_TEST_TRUENAS_URL and SRE_TEST_TRUENAS_API_KEY are not set: a TrueNAS to ask",
    ),
]


@pytest.fixture(scope="module", autouse=True)
def real_servers() -> None:
    """This suite needs a TrueNAS and nothing of what the others here need."""


@pytest.fixture
async def nas() -> AsyncIterator[Integration]:
    authority = GIVEN.get("SRE_TEST_TRUENAS_CA_CERT")
    config = Config(
        url=URL,
        api_key=Secret(KEY),
        ca_cert=Path(authority) if authority else None,
        verify_ssl=bool(authority),
        timeout=60.0,
    )
    clock = SystemClock()
    wire = open_wire("nas", config, clock, Random(1))
    yield connect(config, wire, clock, "nas")
    await wire.aclose()


def all_read(reading: Reading[object]) -> None:
    """Nothing was odd or refused; jobs of others may be hidden."""
    assert reading.completeness in {Completeness.COMPLETE, Completeness.PARTIAL, Completeness.EMPTY}
    assert "could not be read" not in reading.detail
    assert "Method does not exist" not in reading.detail
    assert "EINVAL" not in reading.detail


async def test_the_check_up_finds_no_error(nas: Integration) -> None:
    checkup = await nas.checkup()
    assert checkup.version.startswith("TrueNAS ")
    assert [one for one in checkup.findings if one.level == "error"] == []


async def test_every_tool_answers(nas: Integration) -> None:
    for tool in nas.tools:
        result = await tool.call()
        assert result.text
        assert "could not be read" not in result.detail, tool.name
        assert len(result.text) <= 7_000


async def test_the_inventory_has_the_machine_its_pools_and_disks(nas: Integration) -> None:
    assert nas.inventory
    reading = await nas.inventory.inventory()
    all_read(reading)
    kinds = [one.kind for one in reading.value]
    assert kinds.count("host") == 1
    assert {"pool", "disk", "dataset"} <= set(kinds)
    assert len({(one.kind, one.id) for one in reading.value}) == len(reading.value)
    assert all(one.host == reading.value[0].id for one in reading.value[1:])


async def test_a_week_of_changes_is_in_order(nas: Integration) -> None:
    assert nas.changes
    reading = await nas.changes.changes(Window.before(SystemClock().now(), timedelta(days=7)))
    all_read(reading)
    assert [one.at for one in reading.value] == sorted(one.at for one in reading.value)


async def test_backups_their_jobs_and_places_are_read(nas: Integration) -> None:
    assert nas.backups
    backups = await nas.backups.backups()
    for reading in (backups, await nas.backups.backup_jobs(), await nas.backups.backup_stores()):
        all_read(reading)
    assert all(one.newest is not None and one.count > 0 for one in backups.value)
