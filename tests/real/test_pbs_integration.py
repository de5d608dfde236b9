"""The reads of the backup server's integration against a real one. Nothing is changed there.

    SRE_TEST_PBS_URL=https://pbs.lan:8007 SRE_TEST_PBS_API_TOKEN='sre@pbs!read:…' \\
        pytest tests/real/test_pbs_integration.py

``SRE_TEST_PBS_CA_CERT`` names the server's certificate; without it certificates are not checked.
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
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.domain.reading import Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.pbs import connect
from sre_assistant.integrations.pbs.config import Config
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret

GIVEN = dict(os.environ)  # noqa: TID251  tests are told by whoever runs them
URL, TOKEN = GIVEN.get("SRE_TEST_PBS_URL", ""), GIVEN.get("SRE_TEST_PBS_API_TOKEN", "")
EPOCH_SECONDS = re.compile(r"\b1[5-9]\d{8}\b")

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(
        not (URL and TOKEN),
        reason="SRE_TEST_PBS_URL and SRE_TEST_PBS_API_TOKEN are not set: a Proxmox Backup Server to ask",
    ),
]


@pytest.fixture(scope="module", autouse=True)
def real_servers() -> None:
    """This suite needs a backup server and nothing of what the others here need."""


@pytest.fixture
async def pbs() -> AsyncIterator[Integration]:
    authority = GIVEN.get("SRE_TEST_PBS_CA_CERT")
    config = Config(
        url=URL,
        api_token=Secret(TOKEN),
        ca_cert=Path(authority) if authority else None,
        verify_ssl=bool(authority),
        timeout=60.0,
    )
    clock = SystemClock()
    wire = LiveWire("pbs", config, clock, Random(1))
    yield connect(config, wire, clock, "pbs")
    await wire.aclose()


def said(reading: Reading[object]) -> None:
    """An answer that is not all there is says why, and nothing of it was unreadable."""
    assert reading.completeness.answered or reading.detail
    assert "entries could not be read" not in reading.detail


async def call(pbs: Integration, tool: str, **arguments: object) -> ToolResult:
    found = {each.name: each for each in pbs.tools}
    result = await found[tool].call(**arguments)
    assert not EPOCH_SECONDS.search(result.text)
    return result


async def test_what_is_saved_has_a_date_and_a_place(pbs: Integration) -> None:
    assert pbs.backups
    reading, stores = await pbs.backups.backups(), await pbs.backups.backup_stores()
    said(reading)
    said(stores)
    now, names = reading.provenance.observed_at, {store.name for store in stores.value}
    for each in reading.value:
        assert re.fullmatch(r"(vm|ct|host)/.+", each.subject)
        assert each.store.partition("/")[0] in names
        assert each.count or each.newest is None
        assert each.newest is None or (each.oldest or each.newest) <= each.newest <= now + timedelta(days=1)
    for store in stores.value:
        assert store.total is None or 0 <= (store.used or 0) <= store.total


async def test_jobs_ran_in_the_past_and_run_again_in_the_future(pbs: Integration) -> None:
    assert pbs.backups
    reading = await pbs.backups.backup_jobs()
    said(reading)
    now = reading.provenance.observed_at + timedelta(minutes=5)
    for job in reading.value:
        assert job.last_run is None or job.last_run <= now
        assert job.last_outcome != "failed" or job.detail


async def test_tasks_of_a_day_are_in_order_and_of_that_day(pbs: Integration) -> None:
    assert pbs.changes
    window = Window.before(SystemClock().now(), timedelta(days=1))
    reading = await pbs.changes.changes(window)
    said(reading)
    assert list(reading.value) == sorted(reading.value, key=lambda each: (each.at, each.id))
    for each in reading.value:
        assert each.at <= window.end
        assert each.until is None or each.until >= window.start


@pytest.mark.parametrize(
    "tool", ["pbs_datastore_status", "pbs_list_backups", "pbs_list_tasks", "pbs_list_jobs"]
)
async def test_each_tool_answers_in_its_budget(pbs: Integration, tool: str) -> None:
    result = await call(pbs, tool)
    assert 0 < len(result.text) <= 7_000


async def test_only_errors_are_errors(pbs: Integration) -> None:
    assert "[OK]" not in re.sub(
        r"\[OK\] .*WARNINGS", "", (await call(pbs, "pbs_list_tasks", errors_only=True)).text
    )


async def test_a_check_up_reaches_it(pbs: Integration) -> None:
    checkup = await pbs.checkup()
    assert checkup.status in {"ok", "limited"}
    assert re.match(r"Proxmox Backup Server \d", checkup.version)
    assert {finding.check for finding in checkup.findings} >= {"reachable", "version", "clock"}
