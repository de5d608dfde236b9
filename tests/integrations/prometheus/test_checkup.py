from __future__ import annotations

from datetime import timedelta

import pytest

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.kit.secret import Secret
from tests.integrations.prometheus.answers import (
    BUILD,
    EPOCH,
    FLAGS,
    NOT_FOUND,
    RULES,
    RUNTIME,
    Running,
    running,
    scalar,
    success,
)
from tests.kit.hostile import Behaviour, answering, by_path, login_page, never

FINE = {"rules": success({"groups": []})}


async def checked(prom: Running, **changed: Behaviour) -> Checkup:
    prom.answers(**(FINE | changed))
    return await prom.integration.checkup()


def only(checkup: Checkup, check: str) -> Finding:
    (found,) = (finding for finding in checkup.findings if finding.check == check)
    return found


async def test_a_healthy_server_passes_every_check() -> None:
    async with running() as prom:
        checkup = await checked(prom)
    assert checkup.status == "ok"
    assert (checkup.system, checkup.kind, checkup.version) == ("prom", "prometheus", "Prometheus 2.42.0+ds")
    assert checkup.url == prom.server.url
    assert {finding.level for finding in checkup.findings} == {"ok"}
    assert {f.check for f in checkup.findings} == {
        "reachable",
        "version",
        "clock",
        "permission",
        "rules",
        "setting",
    }


@pytest.mark.parametrize(
    ("behaviour", "check", "words"),
    [
        (answering("no", 401, "text/plain"), "authorised", "HTTP 401"),
        (login_page(), "authorised", "login page"),
        (answering("no", 403, "text/plain"), "permission", "HTTP 403"),
        (NOT_FOUND, "reachable", "HTTP 404"),
        (answering("busy", 503, "text/plain"), "reachable", "HTTP 503"),
        (answering("pong"), "reachable", "cannot be read"),
    ],
)
async def test_what_keeps_us_out_is_found_with_its_remedy(
    behaviour: Behaviour, check: str, words: str
) -> None:
    async with running() as prom:
        prom.server.behaviour = behaviour
        checkup = await prom.integration.checkup()
    finding = only(checkup, check)
    assert finding.level == "error"
    assert words in finding.text
    assert finding.fix
    assert checkup.status == ("limited" if check == "permission" else "down")


async def test_a_server_that_never_answers_is_down() -> None:
    async with running(timeout=0.1) as prom:
        prom.server.behaviour = never
        checkup = await prom.integration.checkup()
    assert checkup.status == "down"
    assert only(checkup, "reachable").fix == f"curl -sS '{prom.server.url}/api/v1/query?query=1'"


@pytest.mark.parametrize(
    ("off", "level"),
    [(timedelta(seconds=1), "ok"), (timedelta(seconds=5), "warning"), (timedelta(minutes=2), "error")],
)
async def test_a_clock_that_is_off_is_measured(off: timedelta, level: str) -> None:
    async with running() as prom:
        checkup = await checked(prom, clock=scalar(str(EPOCH - off.total_seconds())))
    assert only(checkup, "clock").level == level


async def test_failing_rules_are_named_with_the_file_to_check() -> None:
    async with running() as prom:
        checkup = await checked(prom, rules=success(RULES))
    finding = only(checkup, "rules")
    assert finding.text == "rule 'Broken' in group 'disks' fails: many-to-many matching not allowed"
    assert finding.fix == "promtool check rules /etc/prometheus/rules/disks.yml"
    assert checkup.status == "ok"


async def test_many_failing_rules_are_counted() -> None:
    rules = [{"name": f"r{n}", "health": "err", "type": "alerting"} for n in range(9)]
    async with running() as prom:
        checkup = await checked(prom, rules=success({"groups": [{"name": "g", "rules": rules}]}))
    found = [f.text for f in checkup.findings if f.check == "rules"]
    assert len(found) == 6
    assert found[-1] == "and 4 more rules fail"


async def test_a_refused_configuration_is_an_error_with_the_file_to_check() -> None:
    refused = success(RUNTIME | {"reloadConfigSuccess": False})
    async with running() as prom:
        checkup = await checked(prom, status__runtimeinfo=refused, status__flags=success(FLAGS))
        unknown = await checked(prom, status__runtimeinfo=refused, status__flags=NOT_FOUND)
    for found in (checkup, unknown):
        (error,) = (f for f in found.findings if f.level == "error")
        assert (error.check, error.fix) == (
            "setting",
            "promtool check config /etc/prometheus/prometheus.yml",
        )
    assert checkup.status == "limited"


@pytest.mark.parametrize(
    ("build", "level", "words"),
    [
        (BUILD | {"version": "3.5.0"}, "ok", "3.5.0"),
        (BUILD | {"version": "2.41.0"}, "warning", "older than 2.42"),
        (BUILD | {"version": "4.0.0"}, "warning", "newer than 3.x"),
        ({"version": "2.24.0"}, "ok", "names no product 2.24.0: only queries are relied on"),
        ({"application": "Grafana Mimir", "version": "2.14.0"}, "ok", "Grafana Mimir 2.14.0"),
        ({}, "ok", "names no product"),
    ],
)
async def test_the_version_is_judged(build: dict[str, str], level: str, words: str) -> None:
    async with running() as prom:
        checkup = await checked(prom, status__buildinfo=success(build))
    assert only(checkup, "version").level == level
    assert words in only(checkup, "version").text


@pytest.mark.parametrize(
    ("labels", "setting", "level", "words"),
    [
        ({}, "", "ok", "machines are named by the host in instance"),
        ({"node": "nas"}, "", "ok", "machines are named by the label node, on 2 of 2 targets"),
        ({"rack": "left"}, "rack", "ok", "machines are named by the label rack, on 2 of 2 targets"),
        ({"node": "nas"}, "rack", "warning", "machines are named by the label rack, on 0 of 2 targets"),
    ],
)
async def test_the_label_that_names_machines_is_told(
    labels: dict[str, str], setting: str, level: str, words: str
) -> None:
    scraped = [{"labels": {"instance": f"nas.lan:{port}", **labels}} for port in (9100, 9633)]
    async with running(host_label=setting) as prom:
        checkup = await checked(prom, targets=success({"activeTargets": scraped}))
    (finding,) = (f for f in checkup.findings if f.text == words)
    assert finding.level == level
    assert bool(finding.fix) == (level == "warning")


async def test_a_server_that_only_answers_queries_is_limited_by_warnings_alone() -> None:
    async with running() as prom:
        prom.server.behaviour = by_path({"/api/v1/query": scalar(str(EPOCH))}, NOT_FOUND)
        checkup = await prom.integration.checkup()
    assert checkup.status == "ok"
    assert checkup.version == ""
    missing = [f for f in checkup.findings if f.check == "permission"]
    assert [f.text.partition(":")[0] for f in missing] == ["targets", "rules", "alerts", "label values"]
    assert {f.level for f in missing} == {"warning"}


async def test_each_part_that_is_forbidden_is_an_error() -> None:
    denied = answering("no", 403, "text/plain")
    async with running() as prom:
        prom.answers(**FINE, targets=denied, status__runtimeinfo=denied)
        checkup = await prom.integration.checkup()
    denied_parts = [f for f in checkup.findings if f.level == "error"]
    assert [f.text.partition(":")[0] for f in denied_parts] == ["targets", "runtime information"]
    assert (
        denied_parts[0].fix == f"allow GET /api/v1/targets for this credential in front of {prom.server.url}"
    )
    assert checkup.status == "limited"


async def test_an_open_breaker_is_part_of_the_picture() -> None:
    async with running() as prom:
        prom.server.behaviour = answering("", 500)
        for _ in range(5):
            await prom.integration.checkup()
        checkup = await prom.integration.checkup()
    assert only(checkup, "breaker").text.startswith(
        "circuit breaker open after 5 failed calls, next try in 15 s"
    )
    assert checkup.status == "down"


async def test_a_check_up_shows_no_secret() -> None:
    async with running(username="ann", password=Secret("s3cr3t-w0rd")) as prom:
        prom.server.behaviour = answering("you are ann:s3cr3t-w0rd", 401, "text/plain")
        checkup = await prom.integration.checkup()
    assert "s3cr3t-w0rd" not in repr(checkup)
