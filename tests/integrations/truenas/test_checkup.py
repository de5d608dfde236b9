from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.kit.secret import Secret
from tests.integrations.truenas.answers import INFO, ME, NOT_FOUND, WELL, date
from tests.integrations.truenas.systems import KEY, answers, but, connected, logged_in, nas, old_nas, refused
from tests.kit.certificates import authority, expired_context, second_authority, server_context
from tests.kit.hostile import answering, by_path, hostile
from tests.kit.hostile_socket import failing, hostile_socket


def named(checkup: Checkup, check: str, level: str = "") -> list[Finding]:
    return [one for one in checkup.findings if one.check == check and level in {"", one.level}]


async def checked(**changed: Any) -> Checkup:
    async with nas(answers(**changed)) as (system, _):
        return await system.integration.checkup()


async def test_a_good_system_has_no_complaints() -> None:
    checkup = await checked()
    assert [one for one in checkup.findings if one.level != "ok"] == []
    assert (checkup.status, checkup.version, checkup.rights) == (
        "ok",
        "TrueNAS 25.04.2.1",
        ("READONLY_ADMIN",),
    )
    assert named(checkup, "reachable")[0].text.endswith("(JSON-RPC)")
    assert named(checkup, "authorised")[0].text == "logged in as sre with READONLY_ADMIN"
    assert "jobs of others are not shown to it" in named(checkup, "permission")[-1].text


async def test_a_key_that_may_do_more_is_warned_of() -> None:
    roles = {"privilege": {"roles": {"$set": ["FULL_ADMIN", "POOL_READ", "DATASET_WRITE"]}}}
    checkup = await checked(auth__me=ME | roles)
    [finding] = named(checkup, "permission", "warning")
    assert finding.text == "the credential may do more than is needed: DATASET_WRITE, FULL_ADMIN"
    assert "api_key.create" in finding.fix
    assert not [one for one in checkup.findings if "jobs of others" in one.text]


async def test_a_missing_role_is_named_with_the_line_that_gives_it() -> None:
    async with nas(but("pool.dataset.query", refused(13, "[EACCES] Not authorized"))) as (system, _):
        checkup = await system.integration.checkup()
    [finding] = named(checkup, "permission", "error")
    assert finding.text == (
        "datasets: [EACCES] Not authorized; pool.dataset.query needs the role DATASET_READ, "
        "which READONLY_ADMIN includes"
    )
    assert finding.fix.startswith("midclt call user.update")
    assert checkup.status == "limited"


async def test_a_key_that_may_not_even_see_the_system_says_so() -> None:
    async with nas(but("system.info", refused(13, "[EACCES] Not authorized"))) as (system, _):
        checkup = await system.integration.checkup()
    [finding] = named(checkup, "permission")
    assert "SYSTEM_GENERAL_READ" in finding.text
    assert checkup.status == "limited"


async def test_a_refused_key_points_to_its_setting() -> None:
    async with nas(api_key=Secret("1-wrong")) as (system, _):
        checkup = await system.integration.checkup()
    [finding] = named(checkup, "authorised")
    assert "wrong, expired or revoked" in finding.text
    assert finding.fix == "TRUENAS_API_KEY_FILE=/path/to/api-key"
    assert checkup.status == "down"


async def test_no_key_at_all_points_to_the_setting_too() -> None:
    async with nas(api_key=None) as (system, _):
        [finding] = named(await system.integration.checkup(), "authorised")
    assert finding.fix == "TRUENAS_API_KEY_FILE=/path/to/api-key"


@pytest.mark.parametrize(
    ("version", "level", "told"),
    [
        ("25.10.1", "ok", "TrueNAS 25.10.1"),
        ("26.0.0", "ok", "TrueNAS 26.0.0"),
        ("TrueNAS-SCALE-24.10.2", "ok", "TrueNAS TrueNAS-SCALE-24.10.2"),
        ("TrueNAS-13.0-U6", "warning", "older than 24.10"),
        ("24.04.2", "warning", "older than 24.10"),
        ("nightly", "warning", "no version we can read"),
    ],
)
async def test_releases_are_judged(version: str, level: str, told: str) -> None:
    [finding] = named(await checked(system__info=INFO | {"version": version}), "version")
    assert finding.level == level
    assert told in finding.text


@pytest.mark.parametrize(
    ("minutes", "level"), [(0, "ok"), (0.01, "ok"), (0.5, "warning"), (5, "error"), (-5, "error")]
)
async def test_a_clock_that_is_off_is_found(minutes: float, level: str) -> None:
    [finding] = named(await checked(system__info=INFO | {"datetime": date(minutes)}), "clock")
    assert finding.level == level


async def test_an_old_release_over_rest_is_well_and_its_blindness_said() -> None:
    async with old_nas(api_key=Secret(KEY)) as (system, _):
        checkup = await system.integration.checkup()
    assert (checkup.status, checkup.rights) == ("ok", ())
    assert named(checkup, "reachable")[0].text.endswith("(REST v2.0)")
    assert "over REST nobody says what the key may do" in [one.text for one in checkup.findings]


async def test_rest_where_it_is_deprecated_is_warned_of() -> None:
    async with old_nas(api="rest") as (system, server):
        newer = {"/api/v2.0/system/info": answering(INFO | {"version": "25.10.1"})}
        server.behaviour = by_path(WELL | newer, NOT_FOUND)
        [finding] = named(await system.integration.checkup(), "version")
    assert finding.level == "warning"
    assert "26 has no REST any more" in finding.text
    assert finding.fix == "TRUENAS_API=auto"


async def test_rest_where_it_is_gone_is_the_setting_to_change() -> None:
    async with hostile(NOT_FOUND) as server, connected(server.url, api="rest") as system:
        checkup = await system.integration.checkup()
    [finding] = named(checkup, "reachable")
    assert finding.fix == "TRUENAS_API=auto"
    assert checkup.status == "down"


async def test_certificates_are_judged(tmp_path: Path) -> None:
    behaviour = logged_in(answers())
    async with hostile_socket(behaviour, tls=server_context(tmp_path)) as server:
        key = Secret(KEY)
        async with connected(server.url, api_key=key, ca_cert=authority(tmp_path)) as system:
            assert named(await system.integration.checkup(), "tls", "ok")
        async with connected(server.url, api_key=key) as system:
            [finding] = named(await system.integration.checkup(), "tls")
        assert finding.fix == "TRUENAS_CA_CERT=/path/to/ca.pem"
        async with connected(server.url, api_key=key, verify_ssl=False) as system:
            assert named(await system.integration.checkup(), "tls", "warning")
    async with hostile_socket(behaviour, tls=expired_context(tmp_path)) as server:
        async with connected(server.url, api_key=key, ca_cert=second_authority(tmp_path)) as system:
            [finding] = named(await system.integration.checkup(), "tls")
        assert "expired" in finding.text


async def test_a_part_that_is_not_there_is_a_warning() -> None:
    async with nas(but("app.query", failing(-32601, "Method does not exist"))) as (system, _):
        [finding] = named(await system.integration.checkup(), "permission", "warning")
    assert finding.text == "apps: Method does not exist"


async def test_a_front_that_fails_is_told_where_to_look() -> None:
    async with nas() as (system, server):
        server.front = (502, "text/html", b"<html></html>", {})
        checkup = await system.integration.checkup()
    [finding] = named(checkup, "reachable")
    assert "HTTP 502" in finding.text
    assert finding.fix.startswith("curl -sS http://127.0.0.1:")
    assert KEY not in repr(checkup)
