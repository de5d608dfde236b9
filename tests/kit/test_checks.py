from __future__ import annotations

import ssl
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from sre_assistant.domain.errors import (
    Denied,
    Malformed,
    Missing,
    Rejected,
    SourceError,
    Unauthorised,
    Unreachable,
)
from sre_assistant.domain.reading import Completeness, Provenance, Reading
from sre_assistant.kit import checks
from sre_assistant.kit.breaker import BreakerState
from sre_assistant.kit.endpoint import Endpoint, HttpEndpoint, Purpose
from sre_assistant.kit.secret import Secret

NOW = datetime(2026, 3, 1, 2, 14, tzinfo=UTC)
PLAIN = HttpEndpoint(url="http://prom.lan:9090")


def error(kind: type[SourceError]) -> SourceError:
    return kind("prom", "GET /x", "what happened")


@pytest.mark.parametrize(
    ("seconds", "level", "words"),
    [
        (0.0, "ok", "agrees with ours"),
        (1.5, "ok", "1.5 s ahead of ours"),
        (-1.5, "ok", "1.5 s behind ours"),
        (4.0, "warning", "4 s ahead of ours"),
        (-59.0, "warning", "59 s behind ours"),
        (75.0, "error", "1 min 15 s ahead of ours"),
    ],
)
def test_a_clock_is_judged_by_its_distance(seconds: float, level: str, words: str) -> None:
    finding = checks.skew(NOW, NOW + timedelta(seconds=seconds))
    assert finding.level == level
    assert words in finding.text
    assert bool(finding.fix) == (level != "ok")


def test_a_clock_without_fractions_is_given_the_benefit_of_the_doubt() -> None:
    assert checks.skew(NOW, NOW - timedelta(seconds=2.9), precision=1.0).level == "ok"
    assert checks.skew(NOW, NOW - timedelta(seconds=3.1), precision=1.0).level == "warning"


@pytest.mark.parametrize(
    ("settings", "level", "fix"),
    [
        ({"url": "https://prom.lan"}, "ok", ""),
        ({"url": "https://prom.lan", "ca_cert": Path("/ca.pem")}, "ok", ""),
        (
            {"url": "https://prom.lan", "verify_ssl": False},
            "warning",
            "VERIFY_SSL=true CA_CERT=/path/to/ca.pem",
        ),
        ({"url": "http://prom.lan", "bearer_token": Secret("t")}, "warning", "URL=https://prom.lan"),
    ],
)
def test_the_way_there_is_judged(settings: dict[str, Any], level: str, fix: str) -> None:
    (finding,) = checks.transport(HttpEndpoint(**settings), reached=True)
    assert (finding.level, finding.check, finding.fix) == (level, "tls", fix)


def test_a_certificate_nobody_has_seen_is_not_called_verified() -> None:
    assert checks.transport(HttpEndpoint(url="https://prom.lan"), reached=False) == ()
    assert checks.transport(HttpEndpoint(url="https://prom.lan", verify_ssl=False), reached=False)


@pytest.mark.parametrize("url", ["http://prom.lan", "http://ann:p@127.0.0.1:9090", "http://ann:p@localhost"])
def test_nothing_is_said_of_a_plain_way_without_anything_to_lose(url: str) -> None:
    assert checks.transport(HttpEndpoint(url=url), reached=True) == ()


@pytest.mark.parametrize(
    ("kind", "check", "fix"),
    [
        (Unreachable, "reachable", "curl -sS http://prom.lan:9090/x"),
        (Unauthorised, "authorised", "BEARER_TOKEN_FILE=/path/to/bearer-token"),
        (Denied, "permission", "allow GET /x for this credential in front of http://prom.lan:9090"),
        (Missing, "reachable", "URL=http://prom.lan:9090/PATH-OF-ITS-API"),
        (Malformed, "reachable", "URL=http://prom.lan:9090/PATH-OF-ITS-API"),
    ],
)
def test_each_obstacle_comes_with_the_line_that_mends_it(
    kind: type[SourceError], check: str, fix: str
) -> None:
    finding = checks.failure(PLAIN, error(kind), "/x")
    assert (finding.level, finding.check, finding.text, finding.fix) == ("error", check, "what happened", fix)


def test_a_wrong_password_is_mended_by_the_right_one() -> None:
    endpoint = HttpEndpoint(url="http://ann:wrong@prom.lan:9090")
    assert checks.failure(endpoint, error(Unauthorised), "/x").fix == "PASSWORD_FILE=/path/to/password"


def test_plain_http_to_a_tls_port_is_mended_by_the_scheme() -> None:
    said = Rejected("prom", "GET /x", "Client sent an HTTP request to an HTTPS server.")
    assert checks.failure(PLAIN, said, "/x").fix == "URL=https://prom.lan:9090"


def test_a_certificate_nobody_knows_is_mended_by_its_authority() -> None:
    wrapped = error(Unreachable)
    wrapped.__cause__ = ssl.SSLCertVerificationError("self-signed")
    finding = checks.failure(PLAIN, wrapped, "/x")
    assert (finding.check, finding.fix) == ("tls", "CA_CERT=/path/to/ca.pem")


def test_a_part_that_is_not_there_is_less_than_one_that_is_forbidden() -> None:
    assert checks.permission(PLAIN, "rules", error(Missing), "/x").level == "warning"
    assert checks.permission(PLAIN, "rules", error(Denied), "/x").level == "error"
    assert checks.permission(PLAIN, "rules", error(Denied), "/x").text == "rules: what happened"


def test_a_breaker_is_mentioned_only_when_it_holds_calls_back() -> None:
    assert checks.breaker(BreakerState(failures=2)) == ()
    (finding,) = checks.breaker(BreakerState(phase="open", failures=7, next_try=12.0, reason="refused"))
    assert finding.text == "circuit breaker open after 7 failed calls, next try in 12 s: refused"


async def test_what_a_missing_right_hides_is_an_error_though_the_system_answers() -> None:
    async def asked(completeness: Completeness) -> Reading[tuple[()]]:
        at = datetime(2026, 3, 1, tzinfo=UTC)
        provenance = Provenance(source="pve", query="guests", observed_at=at)
        return Reading(value=(), provenance=provenance, completeness=completeness, detail="needs VM.Audit")

    fine = await checks.readable(PLAIN, "guests", lambda: asked(Completeness.EMPTY), "/guests")
    hidden = await checks.readable(PLAIN, "guests", lambda: asked(Completeness.DENIED), "/guests")
    assert (fine.level, fine.text) == ("ok", "guests can be read")
    assert (hidden.level, hidden.check, hidden.text) == ("error", "permission", "guests: needs VM.Audit")


def test_rights_beyond_reading_are_a_warning() -> None:
    assert checks.broader((), "narrow it") == ()
    (finding,) = checks.broader(("VM.PowerMgmt", "VM.Allocate"), "narrow it")
    assert (finding.level, finding.check, finding.fix) == ("warning", "permission", "narrow it")
    assert finding.text.endswith("VM.PowerMgmt, VM.Allocate")


def test_a_credential_that_only_changes_travel_with_counts_too() -> None:
    @dataclass(frozen=True, slots=True, kw_only=True)
    class Changing(Endpoint):
        def headers(self, purpose: Purpose = "read") -> dict[str, str]:
            return {"Authorization": "Bearer t"} if purpose == "change" else {}

    (finding,) = checks.transport(Changing(url="http://prom.lan"), reached=True)
    assert finding.text == "the credential travels unencrypted"
    assert checks.transport(Changing(url="http://127.0.0.1:1"), reached=True) == ()
