from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from random import Random

import pytest

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.domain.reading import Completeness
from sre_assistant.domain.window import Window
from sre_assistant.integrations.grafana import connect
from sre_assistant.integrations.grafana.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret
from sre_assistant.sim.grafana.boards import boards
from sre_assistant.sim.grafana.managed import setup
from sre_assistant.sim.homelab import Homelab


@pytest.fixture(scope="module")
def homelab() -> Iterator[Homelab]:
    with Homelab("backup-fills-nas", at="shows") as running:
        yield running


@asynccontextmanager
async def connected(homelab: Homelab) -> AsyncIterator[Integration]:
    found = homelab.environment()
    config = Config(
        url=found["GRAFANA_URL"], service_account_token=Secret(found["GRAFANA_SERVICE_ACCOUNT_TOKEN"])
    )
    clock = FixedClock(homelab.clock.now())
    wire = LiveWire("grafana", config, clock, Random(1))
    try:
        yield connect(config, wire, clock)
    finally:
        await wire.aclose()


async def asked(homelab: Homelab, tool: str, **arguments: str) -> ToolResult:
    async with connected(homelab) as integration:
        found = {each.name: each for each in integration.tools}
        return await found[f"grafana_{tool}"].call(**arguments)


async def test_the_alert_of_the_story_is_heard(homelab: Homelab) -> None:
    result = await asked(homelab, "get_alerts")
    assert "[active] CpuBusy severity=warning folder=Homelab since 2026-" in result.text
    assert '{instance="nas.lan:9100"} values A=0.896, C=1' in result.text


async def test_every_rule_is_told_with_what_makes_it_fire(homelab: Homelab) -> None:
    text = (await asked(homelab, "get_alert_rules")).text
    for group in setup().groups:
        for rule in group.rules:
            kind, number = rule.threshold
            sign = ">" if kind == "gt" else "<"
            assert f"{rule.title} (uid {rule.uid}) in {setup().folders[group.folder]}/{group.name}" in text
            assert f"fires when A {sign} {number:g} for " in text
            assert f"A = {rule.query} [prometheus prom]" in text
    assert "CpuBusy (uid cpu-busy) in Homelab/machines: firing (1 alerting)" in text
    assert "PageSlow (uid page-slow) in Services/pages: paused inactive" in text


async def test_every_panel_of_every_dashboard_is_shown(homelab: Homelab) -> None:
    for board in boards().values():
        whole = (await asked(homelab, "get_dashboard", dashboard=board.title)).text
        for row in board.rows:
            for panel in row.panels:
                assert f"{row.title} / [{panel.type}] {panel.title} (id " in whole
                one = (await asked(homelab, "get_dashboard", dashboard=board.uid, panel=panel.title)).text
                for query in panel.queries:
                    assert " ".join(query.expr.split())[:200] in one
                assert f"unit {panel.unit}" in one


async def test_what_was_changed_is_read_from_its_annotations(homelab: Homelab) -> None:
    week = Window.before(homelab.clock.now(), timedelta(days=7))
    async with connected(homelab) as integration:
        assert integration.changes
        reading = await integration.changes.changes(week)
    assert reading.completeness is Completeness.COMPLETE
    assert [change.at for change in reading.value] == sorted(change.at for change in reading.value)
    assert ("host", "media") in {(change.subject_kind, change.subject) for change in reading.value}


async def test_a_viewers_token_is_neither_too_narrow_nor_too_broad(homelab: Homelab) -> None:
    async with connected(homelab) as integration:
        checkup = await integration.checkup()
    assert checkup.status == "ok"
    assert {finding.level for finding in checkup.findings} == {"ok"}
    assert "alert.rules:read on folders:*" in checkup.rights
