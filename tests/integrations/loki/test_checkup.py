"""The check-up of a Loki: what labels mean there, and the line that mends what is wrong."""

from __future__ import annotations

import pytest

from sre_assistant.domain.checkup import Checkup, Finding
from tests.integrations.loki.answers import DOCKER, loki, ns, refusing, streams, success
from tests.kit.hostile import Behaviour, answering

CONFIG = """\
schema_config:
  configs:
  - from: "2024-04-01"
    store: {store}
    schema: {schema}
limits_config:
  retention_period: {retention}
  allow_structured_metadata: {allowed}
"""


async def checked(changed: dict[str, Behaviour] | None = None, **settings: str) -> Checkup:
    async with loki(changed, **settings) as (integration, _):
        return await integration.checkup()


def of(checkup: Checkup, check: str) -> list[Finding]:
    return [finding for finding in checkup.findings if finding.check == check]


def configured(
    store: str = "tsdb", schema: str = "v13", retention: str = "30d", allowed: str = "true"
) -> Behaviour:
    text = CONFIG.format(store=store, schema=schema, retention=retention, allowed=allowed)
    return answering(text, 200, "text/plain; charset=utf-8")


async def test_a_loki_that_is_well_is_ok_and_says_what_labels_mean() -> None:
    checkup = await checked()
    assert checkup.status == "ok"
    assert checkup.version == "Loki 3.7.6"
    assert [finding.text for finding in of(checkup, "setting")] == [
        "host = label host",
        "service = label service_name, label unit",
        "container = label container",
        "level = structured metadata detected_level",
        "the newest line is 1 s old",
    ]
    assert not [finding for finding in checkup.findings if finding.level != "ok"]


async def test_a_missing_tenant_is_named_with_its_setting() -> None:
    checkup = await checked({"/loki/api/v1/labels": refusing("no org id", 401)})
    assert checkup.status == "down"
    (finding,) = of(checkup, "authorised")
    assert finding.fix == "LOKI_TENANT=NAME-OF-THE-TENANT"
    assert "set LOKI_TENANT" in finding.text


async def test_a_missing_credential_is_named_with_its_setting() -> None:
    checkup = await checked({"/loki/api/v1/labels": refusing("who are you", 401)})
    assert [finding.fix for finding in of(checkup, "authorised")] == [
        "LOKI_BEARER_TOKEN_FILE=/path/to/bearer-token"
    ]


async def test_nothing_shipped_is_a_warning_that_thinks_of_tenants() -> None:
    empty = {"/loki/api/v1/labels": answering({"status": "success"})}
    (finding,) = of(await checked(empty), "setting")
    assert finding.level == "warning"
    assert finding.text == "no stream has had a line for 6 h: nothing is shipped, or to another tenant"
    assert finding.fix == "LOKI_TENANT=NAME-OF-THE-TENANT"
    (finding,) = of(await checked(empty, tenant="home"), "setting")
    assert finding.fix == ""


@pytest.mark.parametrize(
    ("ago", "check", "text"),
    [
        (16 * 60, "setting", "the newest line is 16 min old: do the agents still send?"),
        (-300, "clock", "the newest line is 5 min in the future: a sender's clock is ahead"),
    ],
)
async def test_the_age_of_the_newest_line_is_judged(ago: float, check: str, text: str) -> None:
    checkup = await checked({"/loki/api/v1/query_range": streams((DOCKER, [[ns(ago), "x"]]))})
    assert [f.text for f in of(checkup, check) if f.level == "warning"] == [text]


async def test_streams_without_lines_are_told() -> None:
    checkup = await checked({"/loki/api/v1/query_range": streams()})
    assert "its streams have no line of the last 6 h" in [f.text for f in of(checkup, "setting")]


async def test_labels_that_mean_nothing_known_are_listed_with_the_setting() -> None:
    changed = {
        "/loki/api/v1/labels": success(["filename", "job"]),
        "/loki/api/v1/series": success([{"filename": "/x", "job": "a"}]),
        "/loki/api/v1/query_range": streams(({"filename": "/x", "job": "a"}, [[ns(1), "x"]])),
    }
    checkup = await checked(changed)
    warned = {f.fix: f.text for f in of(checkup, "setting") if f.level == "warning"}
    assert warned == {
        "LOKI_HOST_LABEL=NAME": "no label means host: labels are filename, job",
        "LOKI_CONTAINER_LABEL=NAME": "no label means container: labels are filename, job",
    }
    assert "level = read from the lines themselves; no label or structured metadata tells it" in [
        f.text for f in of(checkup, "setting")
    ]


async def test_a_label_that_was_named_and_never_met_is_told() -> None:
    checkup = await checked(host_label="machine")
    (finding,) = [f for f in of(checkup, "setting") if f.level == "warning"]
    assert finding.text == "LOKI_HOST_LABEL names machine, which no line of 6 h has"


@pytest.mark.parametrize(
    ("config", "level", "text"),
    [
        (configured(), "ok", "schema v13 on tsdb, retention 30d, structured metadata allowed"),
        (
            configured(retention="0s"),
            "ok",
            "schema v13 on tsdb, retention unlimited, structured metadata allowed",
        ),
        (
            configured(allowed="false"),
            "warning",
            "schema v13 on tsdb, retention 30d: no structured metadata "
            "(limits_config.allow_structured_metadata is false), so levels are read from the lines",
        ),
        (
            configured(store="boltdb-shipper", schema="v11"),
            "warning",
            "schema v11 on boltdb-shipper, retention 30d: no structured metadata (it wants v13 on tsdb), "
            "so levels are read from the lines",
        ),
    ],
)
async def test_the_schema_is_judged(config: Behaviour, level: str, text: str) -> None:
    checkup = await checked({"/config": config})
    assert (level, text) in [(f.level, f.text) for f in of(checkup, "version")]


@pytest.mark.parametrize(
    ("version", "level"),
    [("3.7.6", "ok"), ("2.9.4", "ok"), ("2.8.0", "warning"), ("4.0.0", "warning"), ("main", "warning")],
)
async def test_the_version_is_judged(version: str, level: str) -> None:
    checkup = await checked({"/loki/api/v1/status/buildinfo": answering({"version": version})})
    assert [f.level for f in of(checkup, "version")] == [level]


async def test_what_a_gateway_keeps_back_is_no_error() -> None:
    gone = refusing("404 page not found", 404)
    changed = {
        "/ready": gone,
        "/loki/api/v1/status/buildinfo": gone,
        "/loki/api/v1/index/stats": gone,
    }
    checkup = await checked(changed)
    assert checkup.status == "ok"
    warned = [f.text for f in checkup.findings if f.level == "warning"]
    assert [text.partition(":")[0] for text in warned] == [
        "says no version",
        "does not say that it is ready",
        "the index does not tell what a query would read",
    ]


async def test_a_loki_that_is_starting_says_so() -> None:
    starting = answering("Ingester not ready: waiting for 15s after being ready\n", 200, "text/plain")
    checkup = await checked({"/ready": starting})
    assert (
        "says of itself: Ingester not ready"
        in next(f for f in of(checkup, "reachable") if f.level == "warning").text
    )


async def test_lines_that_cannot_be_read_are_an_error_with_the_path() -> None:
    checkup = await checked({"/loki/api/v1/series": refusing("denied", 403)})
    assert checkup.status == "limited"
    (finding,) = [f for f in checkup.findings if f.level == "error"]
    assert finding.check == "permission"
    assert finding.fix.startswith("allow GET /loki/api/v1/series for this credential")


async def test_a_clock_that_is_off_is_told() -> None:
    names = answering({"status": "success", "data": ["host"]}, Date="Sun, 01 Mar 2026 02:10:05 GMT")
    checkup = await checked({"/loki/api/v1/labels": names})
    (finding,) = of(checkup, "clock")
    assert finding.text.startswith("its clock is 4 min behind ours")
