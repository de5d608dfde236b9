from __future__ import annotations

from datetime import timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random

import pytest

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.integrations.alertmanager import connect
from sre_assistant.integrations.alertmanager.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from tests.integrations.alertmanager.answers import NOT_FOUND, NOW, STATUS, WELL, running
from tests.kit.certificates import authority, server_context
from tests.kit.hostile import Behaviour, answering, by_path, hostile, login_page


def only(checkup: Checkup, check: str) -> Finding:
    (found,) = (finding for finding in checkup.findings if finding.check == check)
    return found


async def test_a_healthy_server_passes_every_check() -> None:
    async with running() as am:
        checkup = await am.integration.checkup()
    assert checkup.status == "ok"
    assert (checkup.system, checkup.kind, checkup.version) == ("am", "alertmanager", "Alertmanager 0.25.0")
    assert {finding.level for finding in checkup.findings} == {"ok"}
    assert {f.check for f in checkup.findings} == {"reachable", "version", "clock", "permission"}


@pytest.mark.parametrize(
    ("behaviour", "check"),
    [
        (answering("no", 401, "text/plain"), "authorised"),
        (login_page(), "authorised"),
        (answering("no", 403, "text/plain"), "permission"),
        (NOT_FOUND, "reachable"),
        (answering("[]"), "reachable"),
    ],
)
async def test_what_keeps_us_out_is_found_with_its_remedy(behaviour: Behaviour, check: str) -> None:
    async with running() as am:
        am.server.behaviour = behaviour
        checkup = await am.integration.checkup()
    assert only(checkup, check).level == "error"
    assert only(checkup, check).fix


@pytest.mark.parametrize(("seconds", "level"), [(0, "ok"), (2, "ok"), (30, "warning"), (120, "error")])
async def test_a_clock_that_is_off_is_measured(seconds: int, level: str) -> None:
    date = format_datetime(NOW + timedelta(seconds=seconds), usegmt=True)
    async with running() as am:
        am.answers(status=answering(STATUS, Date=date))
        assert only(await am.integration.checkup(), "clock").level == level


@pytest.mark.parametrize(
    ("version", "level", "words"),
    [
        ("0.34.0", "ok", "Alertmanager 0.34.0"),
        ("0.24.0", "warning", "older than 0.25"),
        ("1.0.0", "ok", "1.0.0"),
        ("", "warning", "no version"),
    ],
)
async def test_the_version_is_judged(version: str, level: str, words: str) -> None:
    async with running() as am:
        am.answers(status=answering(STATUS | {"versionInfo": {"version": version}}))
        finding = only(await am.integration.checkup(), "version")
    assert finding.level == level
    assert words in finding.text


async def test_a_cluster_that_does_not_settle_is_a_warning() -> None:
    async with running() as am:
        am.answers(status=answering(STATUS | {"cluster": {"status": "settling", "peers": []}}))
        assert only(await am.integration.checkup(), "setting").level == "warning"


async def test_each_part_that_is_forbidden_is_an_error() -> None:
    async with running() as am:
        am.answers(silences=answering("no", 403, "text/plain"))
        checkup = await am.integration.checkup()
    (denied,) = (f for f in checkup.findings if f.level == "error")
    assert denied.text.startswith("silences: HTTP 403")
    assert denied.fix == f"allow GET /api/v2/silences for this credential in front of {am.server.url}"
    assert checkup.status == "limited"


@pytest.mark.parametrize(
    ("known", "verified", "level", "status"),
    [(True, True, "ok", "ok"), (False, True, "error", "down"), (False, False, "warning", "ok")],
)
async def test_the_certificate_is_judged(
    tmp_path: Path, known: bool, verified: bool, level: str, status: str
) -> None:
    async with hostile(by_path(WELL, NOT_FOUND), server_context(tmp_path)) as server:
        trusted = authority(tmp_path) if known else None
        config = Config(url=server.url, ca_cert=trusted, verify_ssl=verified)
        wire = LiveWire("am", config, FixedClock(NOW), Random(1))
        checkup = await connect(config, wire, FixedClock(NOW), "am").checkup()
        await wire.aclose()
    found = [finding for finding in checkup.findings if finding.check == "tls"]
    assert level in {finding.level for finding in found}
    assert checkup.status == status
    if level == "error":
        assert found[-1].fix == "ALERTMANAGER_CA_CERT=/path/to/ca.pem"
