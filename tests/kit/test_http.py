from __future__ import annotations

import asyncio
import base64
import gzip
import logging
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from pathlib import Path
from random import Random
from typing import Any

import pytest

from sre_assistant.domain.errors import CallError, ConfigError, Malformed, Rejected, SourceError, Unreachable
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.endpoint import HttpEndpoint
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret
from sre_assistant.kit.tls import tls_failure
from sre_assistant.kit.wire import Request
from tests.kit.certificates import authority, server_context
from tests.kit.hostile import (
    Behaviour,
    Hostile,
    Seen,
    answering,
    drip,
    half_closed,
    hang_up,
    hostile,
    huge,
    in_turn,
    never,
    no_http,
)

NOW = datetime(2026, 3, 1, 2, 14, tzinfo=UTC)
ASK = Request(method="GET", path="/api/v1/query", params=(("query", 'up{a="b c&d"}'),), repeatable=True)
CHANGE = Request(method="POST", path="/api/v2/silences", json={"a": 1}, repeatable=False)
GOOD = answering({"ok": True})


@asynccontextmanager
async def wired(
    server: Hostile, clock: FixedClock | None = None, path: str = "", **settings: Any
) -> AsyncIterator[LiveWire]:
    endpoint = HttpEndpoint(url=server.url + path, **settings)
    wire = LiveWire("prom", endpoint, clock or FixedClock(NOW), Random(1))
    try:
        yield wire
    finally:
        await wire.aclose()


async def test_query_and_path_prefix_arrive_as_they_were_meant() -> None:
    async with hostile(GOOD) as server, wired(server, path="/mimir/prometheus/") as wire:
        response = await wire.send(ASK)
    assert response.status == 200
    assert response.body == b'{"ok": true}'
    assert response.content_type == "application/json"
    assert server.seen[0].target == "/mimir/prometheus/api/v1/query?query=up%7Ba%3D%22b+c%26d%22%7D"


async def test_a_form_travels_in_the_body() -> None:
    request = Request(method="POST", path="/api/v1/query", form=(("query", "a+b"),), repeatable=True)
    async with hostile(GOOD) as server, wired(server) as wire:
        await wire.send(request)
    assert server.seen[0].body == b"query=a%2Bb"
    assert server.seen[0].headers["content-type"] == "application/x-www-form-urlencoded"


async def test_json_travels_in_the_body() -> None:
    async with hostile(GOOD) as server, wired(server) as wire:
        await wire.send(CHANGE)
    assert server.seen[0].body == b'{"a":1}'
    assert server.seen[0].headers["content-type"] == "application/json"


@pytest.mark.parametrize(
    ("settings", "expected"),
    [
        ({"bearer_token": Secret("tok-123")}, "Bearer tok-123"),
        (
            {"username": "ann", "password": Secret("pä:ss")},
            f"Basic {base64.b64encode('ann:pä:ss'.encode()).decode()}",
        ),
        ({}, None),
    ],
)
async def test_credentials_are_sent_with_every_call(settings: dict[str, Any], expected: str | None) -> None:
    async with hostile(GOOD) as server, wired(server, tenant="house-1", **settings) as wire:
        await wire.send(ASK)
    assert server.seen[0].headers.get("authorization") == expected
    assert server.seen[0].headers["x-scope-orgid"] == "house-1"


async def test_connections_are_pooled() -> None:
    async with hostile(GOOD) as server, wired(server) as wire:
        for _ in range(3):
            await wire.send(ASK)
    assert server.connections == 1


async def test_nothing_is_connected_before_the_first_call() -> None:
    async with hostile(GOOD) as server, wired(server):
        pass
    assert server.connections == 0


async def test_a_closed_wire_opens_again() -> None:
    async with hostile(GOOD) as server, wired(server) as wire:
        await wire.send(ASK)
        await wire.aclose()
        assert (await wire.send(ASK)).status == 200


@pytest.mark.parametrize("status", [429, 502, 503, 504])
async def test_a_repeatable_call_is_tried_three_times(status: int) -> None:
    clock = FixedClock(NOW)
    async with hostile(answering("busy", status)) as server, wired(server, clock) as wire:
        response = await wire.send(ASK)
    assert response.status == status
    assert len(server.seen) == 3
    assert 0 < clock.monotonic() <= 0.2 + 0.4


@pytest.mark.parametrize("status", [200, 400, 401, 404, 500])
async def test_other_answers_stand_at_once(status: int) -> None:
    async with hostile(answering("{}", status)) as server, wired(server) as wire:
        assert (await wire.send(ASK)).status == status
    assert len(server.seen) == 1


async def test_a_change_is_never_sent_twice() -> None:
    async with hostile(answering("busy", 503)) as server, wired(server) as wire:
        assert (await wire.send(CHANGE)).status == 503
    assert len(server.seen) == 1


async def test_a_second_try_that_works_is_the_answer() -> None:
    behaviour = in_turn(hang_up, answering("busy", 503), GOOD)
    async with hostile(behaviour) as server, wired(server) as wire:
        assert (await wire.send(ASK)).status == 200
        assert wire.state.failures == 0
    assert len(server.seen) == 3


@pytest.mark.parametrize(
    ("said", "least"),
    [("3", 3.0), (format_datetime(NOW + timedelta(seconds=4), usegmt=True), 4.0), ("soon", 0.0), ("-1", 0.0)],
)
async def test_retry_after_is_waited_for(said: str, least: float) -> None:
    clock = FixedClock(NOW)
    behaviour = in_turn(answering("slow down", 429, Retry_After=said), GOOD)
    async with hostile(behaviour) as server, wired(server, clock) as wire:
        assert (await wire.send(ASK)).status == 200
    assert least <= clock.monotonic() <= least + 0.2


async def test_a_long_retry_after_is_not_waited_for() -> None:
    clock = FixedClock(NOW)
    async with hostile(answering("", 429, Retry_After="3600")) as server, wired(server, clock) as wire:
        assert (await wire.send(ASK)).status == 429
    assert len(server.seen) == 1
    assert clock.monotonic() == 0


async def test_all_tries_together_keep_within_one_and_a_half_timeouts() -> None:
    clock = FixedClock(NOW)
    behaviour = answering("", 503, Retry_After="4")
    async with hostile(behaviour) as server, wired(server, clock, timeout=5.0) as wire:
        await wire.send(ASK)
    assert len(server.seen) == 2
    assert clock.monotonic() <= 7.5


@pytest.mark.parametrize("behaviour", [hang_up, half_closed, no_http])
async def test_a_broken_conversation_is_unreachable_after_three_tries(behaviour: Behaviour) -> None:
    async with hostile(behaviour) as server, wired(server) as wire:
        with pytest.raises(Unreachable, match=r"^prom: GET /api/v1/query: .+\(3 tries\)$"):
            await wire.send(ASK)
    assert len(server.seen) == 3


@pytest.mark.parametrize("behaviour", [never, drip])
async def test_a_server_that_never_finishes_is_given_up_once(behaviour: Behaviour) -> None:
    async with hostile(behaviour) as server, wired(server, timeout=0.2) as wire:
        with pytest.raises(Unreachable, match="no answer within 200 ms"):
            await wire.send(ASK)
    assert len(server.seen) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
async def test_a_refused_connection_is_unreachable(host: str) -> None:
    async with hostile(GOOD) as server:
        url = server.url.replace("127.0.0.1", host)
    async with wired(Hostile(url, GOOD)) as wire:
        with pytest.raises(Unreachable, match=r"connection refused \(3 tries\)"):
            await wire.send(ASK)


async def test_an_unknown_name_is_unreachable() -> None:
    async with wired(Hostile("http://no-such-host.invalid", GOOD)) as wire:
        with pytest.raises(Unreachable, match="its name is not known"):
            await wire.send(ASK)


async def test_a_url_that_is_too_long_is_rejected_before_it_is_sent() -> None:
    request = Request(method="GET", path="/x", params=(("query", "x" * 100_000),), repeatable=True)
    async with hostile(GOOD) as server, wired(server) as wire:
        with pytest.raises(Rejected, match="too long"):
            await wire.send(request)
    assert server.seen == []


@pytest.mark.parametrize("announced", [True, False])
async def test_an_answer_of_200_megabytes_is_cut_off(announced: bool) -> None:
    async with hostile(huge(200 * 1024 * 1024, announced=announced)) as server, wired(server) as wire:
        with pytest.raises(Malformed, match=r"answer larger than 32\.0 MiB; narrow the query"):
            await wire.send(ASK)
        server.behaviour = GOOD
        assert (await wire.send(ASK)).status == 200


async def test_an_answer_without_end_is_cut_off_at_the_bound() -> None:
    async with hostile(huge(10**15)) as server, wired(server, max_body=1_000_000) as wire:
        with pytest.raises(Malformed, match="answer larger than"):
            await wire.send(ASK)


async def test_a_compressed_answer_is_measured_unpacked() -> None:
    packed = gzip.compress(b" " * 5_000_000)
    behaviour = answering(packed, Content_Encoding="gzip")
    async with hostile(behaviour) as server, wired(server, max_body=1_000_000) as wire:
        with pytest.raises(Malformed, match="answer larger than"):
            await wire.send(ASK)


async def test_a_body_that_is_not_what_its_encoding_says_is_malformed() -> None:
    async with hostile(answering(b"no gzip", Content_Encoding="gzip")) as server, wired(server) as wire:
        with pytest.raises(Malformed):
            await wire.send(ASK)


async def test_redirects_are_not_followed() -> None:
    async with (
        hostile(GOOD) as elsewhere,
        hostile(answering("", 302, Location=f"{elsewhere.url}/login")) as server,
        wired(server, bearer_token=Secret("tok-123")) as wire,
    ):
        response = await wire.send(ASK)
    assert response.status == 302
    assert elsewhere.seen == []


@pytest.mark.parametrize(
    "path", ["api", "/a/../b", "/a/%2e%2E/b", "/a?x=1", "/a#b", "/a b", "/ä", "/a\\b", "/a\nb"]
)
async def test_a_path_that_leaves_its_place_is_refused(path: str) -> None:
    async with hostile(GOOD) as server, wired(server) as wire:
        with pytest.raises(CallError, match="is no path"):
            await wire.send(Request(method="GET", path=path, repeatable=True))
    assert server.seen == []


async def test_an_escaped_slash_stays_escaped() -> None:
    async with hostile(GOOD) as server, wired(server) as wire:
        await wire.send(Request(method="GET", path="/label/a%2Fb%3Fc", repeatable=True))
    assert server.seen[0].target == "/label/a%2Fb%3Fc"


class TestBreaker:
    async def test_five_failures_open_it_and_calls_no_longer_go_out(self) -> None:
        async with hostile(answering("", 500)) as server, wired(server) as wire:
            for _ in range(5):
                await wire.send(ASK)
            assert wire.state.phase == "open"
            with pytest.raises(
                Unreachable, match=r"not asked, 5 calls failed in a row \(HTTP 500\); next try in 15 s"
            ):
                await wire.send(ASK)
        assert len(server.seen) == 5

    async def test_it_closes_when_the_trial_works(self) -> None:
        clock = FixedClock(NOW)
        async with hostile(answering("", 500)) as server, wired(server, clock) as wire:
            for _ in range(5):
                await wire.send(ASK)
            await clock.sleep(15)
            phases = [wire.state.phase]
            server.behaviour = GOOD
            assert (await wire.send(ASK)).status == 200
            phases.append(wire.state.phase)
            assert (await wire.send(ASK)).status == 200
        assert phases == ["half-open", "closed"]

    async def test_only_one_call_tries_while_it_is_half_open(self) -> None:
        clock = FixedClock(NOW)
        async with hostile(answering("", 500)) as server, wired(server, clock) as wire:
            for _ in range(5):
                await wire.send(ASK)
            await clock.sleep(15)
            outcomes = await asyncio.gather(*(wire.send(ASK) for _ in range(4)), return_exceptions=True)
        assert len(server.seen) == 6
        assert sum(isinstance(outcome, Unreachable) for outcome in outcomes) == 3

    async def test_a_trial_that_is_given_up_lets_the_next_one_try(self) -> None:
        clock = FixedClock(NOW)
        async with hostile(answering("", 500)) as server, wired(server, clock) as wire:
            for _ in range(5):
                await wire.send(ASK)
            await clock.sleep(15)
            server.behaviour = never
            with pytest.raises(TimeoutError):
                await asyncio.wait_for(wire.send(ASK), 0.05)
            server.behaviour = GOOD
            assert (await wire.send(ASK)).status == 200

    async def test_answers_that_deny_do_not_open_it(self) -> None:
        async with hostile(answering("", 401)) as server, wired(server) as wire:
            for _ in range(8):
                await wire.send(ASK)
            assert wire.state.phase == "closed"

    async def test_answers_that_are_too_large_do_not_open_it(self) -> None:
        async with hostile(answering(b"x" * 5000)) as server, wired(server, max_body=1024) as wire:
            for _ in range(8):
                with pytest.raises(Malformed):
                    await wire.send(ASK)
            assert wire.state.phase == "closed"


class TestTls:
    async def test_an_unknown_authority_is_refused_at_once(self, tmp_path: Path) -> None:
        async with hostile(GOOD, server_context(tmp_path)) as server, wired(server) as wire:
            with pytest.raises(Unreachable, match="TLS: the certificate is not trusted") as caught:
                await wire.send(ASK)
        assert tls_failure(caught.value)
        assert "tries" not in str(caught.value)
        assert server.seen == []

    async def test_the_own_authority_is_accepted(self, tmp_path: Path) -> None:
        async with (
            hostile(GOOD, server_context(tmp_path)) as server,
            wired(server, ca_cert=authority(tmp_path)) as wire,
        ):
            assert (await wire.send(ASK)).status == 200

    async def test_checking_can_be_turned_off(self, tmp_path: Path) -> None:
        async with hostile(GOOD, server_context(tmp_path)) as server, wired(server, verify_ssl=False) as wire:
            assert (await wire.send(ASK)).status == 200

    async def test_a_ca_file_that_cannot_be_read_names_its_setting(self, tmp_path: Path) -> None:
        bad = tmp_path / "bad.pem"
        bad.write_text("no certificate")
        for file in (bad, tmp_path / "absent.pem"):
            async with wired(Hostile("https://127.0.0.1:1", GOOD), ca_cert=file) as wire:
                with pytest.raises(ConfigError, match=rf"^CA_CERT is '{file}', which cannot be used"):
                    await wire.send(ASK)

    async def test_tls_asked_of_a_plain_server_is_told_as_such(self) -> None:
        async with hostile(GOOD) as server:
            url = server.url.replace("http:", "https:")
            async with wired(Hostile(url, GOOD)) as wire:
                with pytest.raises(Unreachable, match="write http instead of https"):
                    await wire.send(ASK)


async def test_secrets_show_nowhere(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    secret = "s3cr3t-p4ssw0rd"
    async with hostile(hang_up) as server, wired(server, username="ann", password=Secret(secret)) as wire:
        with pytest.raises(SourceError) as caught:
            await wire.send(ASK)
        shown = f"{caught.value} {caught.value!r} {wire!r} {wire.state!r} {caplog.text}"
    assert secret not in shown
    assert base64.b64encode(f"ann:{secret}".encode()).decode() not in shown


async def test_proxies_and_credentials_of_the_environment_are_not_used(tmp_path: Path) -> None:
    (tmp_path / ".netrc").write_text("machine 127.0.0.1 login ann password from-netrc\n")
    script = (
        "import asyncio, sys, random, datetime\n"
        "from sre_assistant.kit.clock import SystemClock\n"
        "from sre_assistant.kit.endpoint import HttpEndpoint\n"
        "from sre_assistant.kit.http import LiveWire\n"
        "from sre_assistant.kit.wire import Request\n"
        "async def main():\n"
        "    wire = LiveWire('prom', HttpEndpoint(url=sys.argv[1]), SystemClock(), random.Random(1))\n"
        "    print((await wire.send(Request(method='GET', path='/x', repeatable=False))).status)\n"
        "    await wire.aclose()\n"
        "asyncio.run(main())\n"
    )
    around = {"HTTP_PROXY": "http://127.0.0.1:1", "ALL_PROXY": "http://127.0.0.1:1", "HOME": str(tmp_path)}
    around["PYTHONPATH"] = os.pathsep.join(sys.path)
    async with hostile(GOOD) as server:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, server.url, env=around, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
    assert out.decode().strip() == "200"
    assert "authorization" not in server.seen[0].headers


async def test_closing_ends_the_calls_that_nobody_waits_for_any_more() -> None:
    asked = asyncio.Event()

    async def silent(seen: Seen, writer: asyncio.StreamWriter) -> bool:
        asked.set()
        return await never(seen, writer)

    async with hostile(silent) as server, wired(server) as wire:
        left = asyncio.ensure_future(wire.send(ASK))
        await asked.wait()
        await wire.aclose()
        assert left.cancelled()
        server.behaviour = GOOD
        assert (await wire.send(ASK)).status == 200
