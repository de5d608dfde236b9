"""Every scenario of the simulated homelab, over HTTP as in a real one."""

from __future__ import annotations

from datetime import timedelta

import pytest

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.errors import CallError, Unreachable
from sre_assistant.evals.expected import expected_of
from sre_assistant.sim.homelab import Homelab
from sre_assistant.workflows.investigate import Selection
from tests.workflows.houses import SOON, connected

FAULTS = (
    "backup-fills-nas",
    "clock-drift",
    "cpu-saturation",
    "disk-io",
    "exporter-gone",
    "filesystem-filling",
    "filesystem-full",
    "host-gone",
    "inodes",
    "memory-pressure",
    "oom-kill",
    "probe-failure",
    "scrape-failing",
)


@pytest.mark.parametrize("name", FAULTS)
async def test_the_true_cause_comes_first_and_its_figures_are_the_servers(name: str) -> None:
    async with Homelab(name, at="shows") as lab, connected(lab) as house:
        expected = expected_of(lab.scenario, lab.world.called)
        first, *_ = await house.investigate()
        assert first.verdict == "explained"
        (guilty,) = expected.guilty
        assert first.causes[0].id in guilty.causes
        assert guilty.thing.is_meant_by(first.causes[0].subject)
        assert not {i.cause for i in expected.innocent} & {c.id for c in first.causes}
        assert await house.wrong_figures(first) == []
        assert len(first.coverage) <= 40


async def test_a_house_at_peace_is_healthy() -> None:
    async with Homelab("healthy") as lab, connected(lab) as house:
        (only,) = await house.investigate()
    assert (only.verdict, only.case.kind, only.causes) == ("healthy", "house", ())


async def test_other_noise_gives_the_same_verdict() -> None:
    for seed in (2, 3):
        async with Homelab("backup-fills-nas", seed, at="shows") as lab, connected(lab) as house:
            first, *_ = await house.investigate()
        assert first.causes[0].id == "filesystem-filling"


@pytest.mark.parametrize(
    "mode", ["refuse", "401", "403", "500", "html", "hang", "half", "wrong-json", "not-json"]
)
async def test_with_prometheus_broken_nothing_is_called_healthy(mode: str) -> None:
    async with Homelab("healthy") as lab, connected(lab, patience=2.0) as house:
        lab.prometheus.fail(mode)  # type: ignore[arg-type]
        (only,) = await house.investigate()
    assert only.verdict == "unknown"
    assert "prometheus" in only.summary


async def test_with_alertmanager_broken_the_house_is_not_healthy_either() -> None:
    async with Homelab("healthy") as lab, connected(lab) as house:
        lab.alertmanager.fail("500")
        (only,) = await house.investigate()
    assert only.verdict == "unknown"
    assert "alertmanager" in only.summary


async def test_what_was_collected_survives_a_part_that_fails() -> None:
    async with Homelab("filesystem-full", at="shows") as lab, connected(lab) as house:
        lab.prometheus.fail("500", "/api/v1/query_range")
        first, *_ = await house.investigate()
    assert first.causes[0].id == "filesystem-full"
    assert "unreachable" in {line.completeness for line in first.coverage}


async def test_an_alert_is_found_by_name_and_by_fingerprint() -> None:
    async with Homelab("backup-fills-nas", at="shows") as lab, connected(lab) as house:
        (by_name,) = await house.investigate(Selection(name="DiskWillFillSoon"))
        assert by_name.case.alert
        (by_print,) = await house.investigate(Selection(name=by_name.case.alert.fingerprint))
    assert by_name.causes[0].id == by_print.causes[0].id == "filesystem-filling"


async def test_an_unknown_alert_names_close_ones() -> None:
    async with Homelab("backup-fills-nas", at="shows") as lab, connected(lab) as house:
        with pytest.raises(CallError, match="DiskWillFillSoon"):
            await house.investigate(Selection(name="DiskFillsSoon"))


async def test_an_alert_cannot_be_unknown_while_nobody_can_be_asked() -> None:
    async with Homelab("healthy") as lab, connected(lab) as house:
        lab.alertmanager.fail("refuse")
        with pytest.raises(Unreachable):
            await house.investigate(Selection(name="DiskWillFillSoon"))


def out_of_memory(instance: str) -> Selection:
    """The alert about a machine's memory, as somebody hands it over."""
    labels = {"alertname": "HostOutOfMemory", "instance": instance, "job": "node", "severity": "warning"}
    return Selection(alerts=(Alert(name="HostOutOfMemory", labels=labels, starts_at=SOON),))


async def test_an_alert_that_is_over_blames_nothing() -> None:
    async with Homelab("healthy") as lab, connected(lab) as house:
        (only,) = await house.investigate(out_of_memory("pve1.lan:9100"))
    assert (only.verdict, only.causes) == ("healthy", ())


async def test_a_rule_that_holds_for_another_machine_alone_is_no_all_clear() -> None:
    async with Homelab("memory-pressure", at="shows") as lab, connected(lab) as house:
        (only,) = await house.investigate(out_of_memory("pve2.lan:9100"))
    assert (only.verdict, only.causes) == ("unknown", ())


async def test_another_alert_on_the_machine_is_told_with_its_own_cause() -> None:
    async with Homelab("backup-fills-nas", at="shows") as lab, connected(lab) as house:
        (only,) = await house.investigate(Selection(name="DiskWillFillSoon"))
    told = {s.statement: s.explained_by for s in only.symptoms}
    assert told["HostHighCpuLoad is firing too"] == "cpu-saturation"


async def test_a_case_speaks_of_a_whole_second_that_can_be_asked_for_again() -> None:
    async with Homelab("healthy") as lab, connected(lab) as house:
        lab.clock.advance(timedelta(milliseconds=1700))
        (only,) = await house.investigate()
    assert only.case.at.microsecond == 0
