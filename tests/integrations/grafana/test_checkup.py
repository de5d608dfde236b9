from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.integrations.grafana import connect
from sre_assistant.integrations.grafana.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret
from tests.integrations.grafana.answers import (
    ALERTS,
    ANNOTATIONS,
    FRONTEND,
    HEALTH,
    LOST,
    NOT_FOUND,
    NOW,
    PERMISSIONS,
    PROVISIONED,
    RULER,
    SEARCH,
    SETTINGS_PATH,
    STATES,
    VIEWER,
    WELL,
    forbidden,
    running,
)
from tests.kit.certificates import authority, server_context
from tests.kit.hostile import Behaviour, answering, by_path, hang_up, hostile, login_page

TOKEN = Secret("glsa_abcdefgh12345678")
NARROWER = "curl -fsS -u admin -X PATCH -H 'Content-Type: application/json' -d '{\"role\":\"Viewer\"}' "
HEALTHY = {"database": "ok", "version": "12.3.0"}


def of(checkup: Checkup, check: str) -> list[Finding]:
    return [finding for finding in checkup.findings if finding.check == check]


def only(checkup: Checkup, check: str) -> Finding:
    [found] = of(checkup, check)
    return found


async def checked(changed: dict[str, Behaviour] | None = None, **settings: Any) -> tuple[Checkup, str]:
    async with running(**{"service_account_token": TOKEN, **settings}) as grafana:
        grafana.answers(changed or {})
        return await grafana.integration.checkup(), grafana.server.url


async def test_a_grafana_in_order_is_well() -> None:
    checkup, url = await checked()
    assert (checkup.system, checkup.kind, checkup.url) == ("graf", "grafana", url)
    assert (checkup.version, checkup.status) == ("Grafana 12.3.0", "ok")
    assert {finding.level for finding in checkup.findings} == {"ok"}
    assert [f.text for f in of(checkup, "permission")] == [
        "alerts can be read",
        "alert rules can be read",
        "annotations can be read",
        "dashboards can be read",
    ]
    assert checkup.rights == (
        "alert.instances:read",
        "alert.rules:read on folders:*",
        "annotations:read on annotations:*",
        "dashboards:read on folders:*",
        "folders:read on folders:*",
    )


@pytest.mark.parametrize(
    ("behaviour", "check"),
    [
        (hang_up, "reachable"),
        (answering({"database": "failing", "version": "12.3.0"}, 503), "reachable"),
        (login_page(), "authorised"),
        (answering("", 404), "reachable"),
    ],
)
async def test_what_keeps_us_out_is_found_with_its_remedy(behaviour: Behaviour, check: str) -> None:
    checkup, _ = await checked({HEALTH: behaviour})
    assert checkup.status == "down"
    assert only(checkup, check).level == "error"
    assert only(checkup, check).fix


async def test_a_database_that_fails_is_told_as_such() -> None:
    checkup, _ = await checked({HEALTH: answering({"database": "failing"}, 503)})
    assert only(checkup, "reachable").text == "HTTP 503: its database is failing"


async def test_a_path_that_is_missing_in_the_address_is_told() -> None:
    moved = answering("", 301, Location="http://grafana.lan/grafana/api/health")
    checkup, _ = await checked({HEALTH: moved})
    assert "it has moved to http://grafana.lan/grafana: use that address" in only(checkup, "reachable").text


@pytest.mark.parametrize("message", ["Invalid API key", "Expired API key"])
async def test_a_token_that_is_wrong_or_has_run_out_is_found(message: str) -> None:
    wrong = answering({"message": message}, 401)
    checkup, _ = await checked(dict.fromkeys((PERMISSIONS, ALERTS, PROVISIONED, STATES, SEARCH), wrong))
    found = only(checkup, "authorised")
    assert (found.level, checkup.status) == ("error", "down")
    assert message in found.text
    assert found.fix == "GRAFANA_SERVICE_ACCOUNT_TOKEN_FILE=/path/to/service-account-token"
    assert of(checkup, "permission") == []


@pytest.mark.parametrize(("seconds", "level"), [(0, "ok"), (2, "ok"), (30, "warning"), (120, "error")])
async def test_a_clock_that_is_off_is_measured(seconds: int, level: str) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    checkup, _ = await checked({HEALTH: answering(HEALTHY, Date=date)})
    assert only(checkup, "clock").level == level


@pytest.mark.parametrize("date", ["", "yesterday"])
async def test_a_server_may_keep_its_time_to_itself(date: str) -> None:
    checkup, _ = await checked({HEALTH: answering(HEALTHY, Date=date)})
    assert of(checkup, "clock") == []


@pytest.mark.parametrize(
    ("version", "level", "words"),
    [
        ("13.0.1", "ok", "Grafana 13.0.1"),
        ("10.0.0", "ok", "Grafana 10.0.0"),
        ("9.5.21", "warning", "older than 10"),
        ("nightly", "warning", "no version we can read: 'nightly'"),
    ],
)
async def test_the_version_is_judged(version: str, level: str, words: str) -> None:
    checkup, _ = await checked({HEALTH: answering(HEALTHY | {"version": version})})
    assert only(checkup, "version").level == level
    assert words in only(checkup, "version").text


async def test_a_version_that_is_hidden_from_strangers_is_read_from_within() -> None:
    checkup, _ = await checked({HEALTH: answering({"database": "ok"})})
    assert checkup.version == "Grafana 12.3.0"
    hidden = {HEALTH: answering({"database": "ok"}), SETTINGS_PATH: answering({})}
    checkup, _ = await checked(hidden)
    assert (checkup.version, only(checkup, "version").text) == ("", "hides its version")


async def test_a_token_that_may_change_things_is_warned_of_with_the_line_that_narrows_it() -> None:
    wide = VIEWER | {"dashboards:write": ["dashboards:*"], "datasources:write": ["datasources:*"]}
    checkup, url = await checked({PERMISSIONS: answering(wide)})
    [found] = [f for f in of(checkup, "permission") if f.level != "ok"]
    assert found.level == "warning"
    assert found.text.endswith("as Admin: datasources:write, dashboards:write")
    assert found.fix == f"{NARROWER}{url}/api/serviceaccounts/ID"
    assert "dashboards:write on dashboards:*" in checkup.rights


async def test_many_rights_too_many_are_counted() -> None:
    kinds = ("dashboards", "datasources", "folders", "teams", "users", "orgs", "settings", "plugins")
    checkup, _ = await checked({PERMISSIONS: answering(VIEWER | {f"{k}:write": [""] for k in kinds})})
    [found] = [f for f in of(checkup, "permission") if f.level != "ok"]
    assert found.text.endswith(", 2 more")


@pytest.mark.parametrize(
    ("closed", "what"),
    [
        ({ALERTS}, "alerts"),
        ({PROVISIONED, RULER, STATES}, "alert rules"),
        ({ANNOTATIONS}, "annotations"),
        ({SEARCH}, "dashboards"),
    ],
)
async def test_each_part_that_is_forbidden_is_an_error(closed: set[str], what: str) -> None:
    checkup, url = await checked({path: forbidden() for path in closed})
    [found] = [f for f in checkup.findings if f.level == "error"]
    assert found.text.startswith(f"{what}: HTTP 403")
    assert found.fix.endswith(f"{url}/api/serviceaccounts/ID")
    assert checkup.status == "limited"


async def test_a_list_that_is_empty_for_want_of_a_right_is_an_error() -> None:
    rights = {action: scopes for action, scopes in VIEWER.items() if action != "dashboards:read"}
    checkup, _ = await checked({SEARCH: answering([]), PERMISSIONS: answering(rights)})
    [found] = [f for f in checkup.findings if f.level == "error"]
    assert found.text.startswith("dashboards: the token lacks dashboards:read")
    assert "serviceaccounts/ID" in found.fix


async def test_rules_without_conditions_are_a_warning() -> None:
    checkup, _ = await checked({PROVISIONED: forbidden(), RULER: forbidden()})
    [found] = [f for f in checkup.findings if f.level == "warning"]
    assert found.text.startswith("alert rules can be read in part: when the rules fire could not be asked")


async def test_rules_through_the_ruler_are_in_order_and_said() -> None:
    checkup, _ = await checked({PROVISIONED: forbidden()})
    assert checkup.status == "ok"
    assert [f for f in of(checkup, "permission") if f"read from {RULER}" in f.text]


async def test_alerting_that_is_switched_off_is_a_warning_with_the_switch() -> None:
    off = answering({"message": "Not found"}, 404)
    checkup, _ = await checked(dict.fromkeys((ALERTS, PROVISIONED, RULER, STATES), off))
    found = of(checkup, "setting")
    assert [f.level for f in found] == ["warning", "warning"]
    assert {f.fix for f in found} == {"GF_UNIFIED_ALERTING_ENABLED=true"}
    assert checkup.status == "ok"


async def test_annotations_that_are_missing_are_not_blamed_on_alerting() -> None:
    checkup, _ = await checked({ANNOTATIONS: answering(LOST, 404)})
    [found] = [f for f in checkup.findings if f.level == "warning"]
    assert (found.check, found.text.startswith("annotations: HTTP 404")) == ("permission", True)


async def test_rights_that_cannot_be_asked_are_a_warning() -> None:
    checkup, _ = await checked({PERMISSIONS: answering({"message": "Not found"}, 404)})
    assert [f for f in checkup.findings if "what the token may do could not be asked" in f.text]
    assert checkup.rights == ()


async def test_anonymous_access_is_warned_of() -> None:
    checkup, _ = await checked({SETTINGS_PATH: answering(FRONTEND | {"anonymousEnabled": True})})
    found = only(checkup, "setting")
    assert (found.level, found.fix) == ("warning", "GF_AUTH_ANONYMOUS_ENABLED=false")


async def test_no_token_is_warned_of() -> None:
    checkup, _ = await checked(service_account_token=None)
    found = only(checkup, "authorised")
    assert (found.level, checkup.status) == ("warning", "ok")
    assert found.fix == "GRAFANA_SERVICE_ACCOUNT_TOKEN_FILE=/path/to/token"


@pytest.mark.parametrize(
    ("address", "seen"),
    [
        ("http://localhost:3000/", True),
        ("http://[::1]:3000/", True),
        ("http://grafana.lan:3000/", False),
        ("http://[::1/", False),
        ("", False),
    ],
)
async def test_links_that_lead_home_only_are_warned_of(address: str, seen: bool) -> None:
    settings = {SETTINGS_PATH: answering(FRONTEND | {"appUrl": address})}
    async with hostile(by_path(WELL | settings, NOT_FOUND)) as server:
        port = server.url.rpartition(":")[2]
        config = Config(url=f"http://localhost.localdomain:{port}", service_account_token=TOKEN)
        inner = LiveWire("graf", Config(url=server.url), FixedClock(NOW), Random(1))
        checkup = await connect(config, inner, FixedClock(NOW), "graf").checkup()
        await inner.aclose()
    assert bool(of(checkup, "setting")) == seen
    if seen:
        assert only(checkup, "setting").fix == f"GF_SERVER_ROOT_URL=http://localhost.localdomain:{port}/"


async def test_links_to_this_machine_are_right_where_we_are_on_it() -> None:
    checkup, _ = await checked({SETTINGS_PATH: answering(FRONTEND | {"appUrl": "http://localhost:3000/"})})
    assert of(checkup, "setting") == []


@pytest.mark.parametrize(
    ("known", "verified", "level", "status"),
    [(True, True, "ok", "ok"), (False, True, "error", "down"), (False, False, "warning", "ok")],
)
async def test_the_certificate_is_judged(
    tmp_path: Path, known: bool, verified: bool, level: str, status: str
) -> None:
    async with hostile(by_path(WELL, NOT_FOUND), server_context(tmp_path)) as server:
        trusted = authority(tmp_path) if known else None
        config = Config(url=server.url, ca_cert=trusted, verify_ssl=verified, service_account_token=TOKEN)
        wire = LiveWire("graf", config, FixedClock(NOW), Random(1))
        checkup = await connect(config, wire, FixedClock(NOW), "graf").checkup()
        await wire.aclose()
    assert level in {finding.level for finding in of(checkup, "tls")}
    assert checkup.status == status
