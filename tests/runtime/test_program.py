from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random

import pytest

from sre_assistant.domain.errors import CallError, ConfigError
from sre_assistant.domain.events import Event, LookupDone
from sre_assistant.kit.clock import SystemClock
from sre_assistant.runtime.results import DiagnosisList
from sre_assistant.runtime.settings import load
from sre_assistant.runtime.wiring import open_house
from sre_assistant.runtime.zones import machine_zone, zone_name, zone_named
from sre_assistant.sim.homelab import Homelab
from sre_assistant.workflows.investigate import Selection
from tests.runtime.homelab import connected, environment, nobody


async def test_an_investigation_names_the_cause_and_is_recorded(homelab: Homelab, tmp_path: Path) -> None:
    heard: list[Event] = []
    async with connected(homelab, tmp_path) as program:
        found = await program.investigate(Selection(name="DiskWillFillSoon"), emit=heard.append)
    assert found.diagnoses[0].causes[0].id == "filesystem-filling"
    assert found.bundle is not None
    assert found.bundle.is_relative_to(tmp_path)
    assert any(isinstance(event, LookupDone) for event in heard)


async def test_one_alert_is_one_document_and_several_are_a_list(homelab: Homelab, tmp_path: Path) -> None:
    async with connected(homelab, tmp_path) as program:
        one = await program.investigate(Selection(name="DiskWillFillSoon"), emit=nobody)
        every = await program.investigate(Selection(everything=True), emit=nobody)
    assert one.document == one.diagnoses[0]
    assert isinstance(every.document, DiagnosisList)
    assert len(every.document.diagnoses) == 2


async def test_the_time_of_a_request_is_read_per_request(homelab: Homelab, tmp_path: Path) -> None:
    async with connected(homelab, tmp_path) as program:
        first = await program.investigate(Selection(everything=True), emit=nobody)
        second = await program.investigate(Selection(everything=True), emit=nobody)
    opened = [found.diagnoses[0].case.opened_at for found in (first, second)]
    assert opened[0] < opened[1]
    assert datetime.now(UTC) - opened[1] < timedelta(minutes=1)


async def test_a_check_up_can_be_limited_to_one_system(homelab: Homelab, tmp_path: Path) -> None:
    async with connected(homelab, tmp_path) as program:
        every = await program.doctor(emit=nobody)
        one = await program.doctor(("alertmanager",), emit=nobody)
    assert [checkup.system for checkup in every.systems] == ["alertmanager", "prometheus"]
    assert [checkup.system for checkup in one.systems] == ["alertmanager"]


async def test_an_unknown_system_is_answered_with_the_nearest(homelab: Homelab, tmp_path: Path) -> None:
    async with connected(homelab, tmp_path) as program:
        with pytest.raises(CallError, match="Did you mean prometheus"):
            await program.doctor(("promethius",), emit=nobody)


async def test_without_a_metrics_server_there_is_nothing_to_investigate(tmp_path: Path) -> None:
    settings = load({"HOME": str(tmp_path)}, folder=tmp_path)
    async with open_house(settings, clock=SystemClock(), rng=Random(1)) as house:
        with pytest.raises(ConfigError, match="sre demo"):
            house.require_metrics()


async def test_a_house_is_built_from_settings_alone(homelab: Homelab, tmp_path: Path) -> None:
    settings = load(environment(homelab, tmp_path) | {"SRE_SITE": "cabin"}, folder=tmp_path)
    async with open_house(settings, clock=SystemClock(), rng=Random(1)) as house:
        assert house.site == "cabin"
        assert [source.name for source in house.metrics] == ["prometheus"]
        answer = await house.metrics[0].instant("vector(1)", homelab.clock.now())
    assert answer.value[0].value == 1


async def test_the_state_of_each_circuit_breaker_is_visible(homelab: Homelab, tmp_path: Path) -> None:
    async with connected(homelab, tmp_path) as program:
        assert {name: state.phase for name, state in program.breakers.items()} == {
            "alertmanager": "closed",
            "prometheus": "closed",
        }
        assert program.metric_systems == {"prometheus"}


@pytest.mark.parametrize("name", ["Europe/Berlin", "+05:45", "-03:30", "+00:00"])
def test_a_zone_keeps_its_name(name: str) -> None:
    assert zone_name(zone_named(name)) == name


def test_the_machines_zone_has_a_name_that_leads_back_to_it() -> None:
    at = datetime(2026, 3, 1, tzinfo=UTC)
    zone = machine_zone()
    assert at.astimezone(zone_named(zone_name(zone))).utcoffset() == at.astimezone(zone).utcoffset()


@pytest.mark.parametrize("name", ["Mars/Olympus", "../../etc/passwd", "", "+99:99x"])
def test_an_unknown_zone_is_an_error(name: str) -> None:
    with pytest.raises(CallError, match="is not known"):
        zone_named(name)
