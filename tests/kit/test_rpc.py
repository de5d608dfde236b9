from __future__ import annotations

import asyncio
import logging
import os
import ssl
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import Any, ClassVar

import pytest

from sre_assistant.domain.errors import (
    ConfigError,
    Denied,
    Malformed,
    Missing,
    SourceError,
    Unauthorised,
    Unreachable,
)
from sre_assistant.kit.answers import Answers
from sre_assistant.kit.carriers import open_wire
from sre_assistant.kit.clock import FixedClock, SystemClock
from sre_assistant.kit.codec import encode
from sre_assistant.kit.endpoint import Endpoint, RpcLogin
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.recording import Recorder, RecordingWire, ReplayWire
from sre_assistant.kit.rpc import RpcWire
from sre_assistant.kit.secret import Secret
from sre_assistant.kit.tls import tls_failure
from sre_assistant.kit.wire import Request, Wire
from tests.kit.certificates import authority, expired_context, second_authority, server_context
from tests.kit.hostile import answering as http_answering
from tests.kit.hostile import hang_up, hostile, no_http
from tests.kit.hostile import never as http_never
from tests.kit.hostile_socket import (
    LOGIN,
    PATH,
    Behaviour,
    Call,
    HostileSocket,
    answering,
    bytes_on_the_wire,
    closing,
    drop,
    echo,
    failing,
    hostile_socket,
    in_turn,
    never,
    replying,
    saying,
)

NOW = datetime(2026, 3, 1, 2, 14, tzinfo=UTC)
KEY = "1-s3cr3t-k3y-value"
GOOD = answering(["tank"])
MIB = 1024 * 1024


def refusal(body: bytes) -> str:
    return "" if body == b'{"result":true}' else f"the key {KEY} is not known"


@dataclass(frozen=True, slots=True, kw_only=True)
class Keyed(Endpoint):
    """An endpoint that logs in with a key, and is told so when that lapses."""

    rpc_path: ClassVar[str] = PATH
    key: Secret | None = field(default=None)

    @property
    def rpc_login(self) -> RpcLogin | None:
        if self.key is None:
            return None
        lapsed = lambda body: body.startswith(b'{"error"') and b"207" in body  # noqa: E731
        return RpcLogin(method=LOGIN, params=(self.key.reveal(),), refusal=refusal, lapsed=lapsed)


def call(method: str = "pool.query", *params: object, repeatable: bool = True) -> Request:
    json = {"method": method, "params": list(params)}
    return Request(method="CALL", path=PATH, json=json, repeatable=repeatable, name=method)


@asynccontextmanager
async def wired(
    url: str, clock: FixedClock | SystemClock | None = None, **settings: Any
) -> AsyncIterator[Wire]:
    endpoint = Keyed(url=url, **settings)
    wire = open_wire("nas", endpoint, clock or FixedClock(NOW), Random(1))
    try:
        yield wire
    finally:
        await wire.aclose()


async def failure(wire: Wire, request: Request | None = None) -> SourceError:
    with pytest.raises(SourceError) as caught:
        await wire.send(request or call())
    assert caught.value.system == "nas"
    assert KEY not in f"{caught.value} {caught.value!r} {caught.value.__cause__!r}"
    return caught.value


def phase(wire: Wire) -> str:
    return wire.state.phase


async def recovers(server: HostileSocket, wire: Wire) -> None:
    """Whatever was, the next call goes well."""
    server.behaviour, server.front = GOOD, None
    assert (await wire.send(call())).body == b'{"result":["tank"]}'


async def until(condition: Any) -> None:
    async with asyncio.timeout(10):
        while not condition():  # noqa: ASYNC110  what it looks at does not tell
            await asyncio.sleep(0.001)


# Calls


async def test_a_call_brings_its_result_without_the_id() -> None:
    async with hostile_socket(echo) as server, wired(server.url) as wire:
        response = await wire.send(call("pool.query", [["name", "=", "tänk"]], {"limit": 1}))
    assert response.status == 200
    assert response.body == b'{"result":[[["name", "=", "t\\u00e4nk"]], {"limit": 1}]}'
    assert response.content_type == "application/json"
    assert (server.calls[0].method, server.calls[0].params) == (
        "pool.query",
        [[["name", "=", "tänk"]], {"limit": 1}],
    )


async def test_an_error_of_the_call_is_a_response_too() -> None:
    async with hostile_socket(failing(-32601, "no such")) as server, wired(server.url) as wire:
        response = await wire.send(call())
    assert (response.status, response.body) == (200, b'{"error":{"code": -32601, "message": "no such"}}')


@pytest.mark.parametrize(
    ("members", "body"),
    [
        ({"result": None}, b'{"result":null}'),
        ({"result": 0, "error": None}, b'{"result":0}'),
        ({"result": None, "error": {"code": 1}}, b'{"error":{"code": 1}}'),
    ],
)
async def test_servers_that_send_both_members_are_understood(members: dict[str, Any], body: bytes) -> None:
    async with hostile_socket(replying(**members)) as server, wired(server.url) as wire:
        assert (await wire.send(call())).body == body


async def test_all_other_requests_travel_over_http() -> None:
    async with hostile(http_answering({"ok": True})) as server, wired(server.url) as wire:
        response = await wire.send(Request(method="GET", path="/api/v2.0/pool", repeatable=True))
    assert (response.body, server.paths) == (b'{"ok": true}', ["/api/v2.0/pool"])


async def test_only_endpoints_with_a_path_for_it_get_a_socket() -> None:
    wire = open_wire("prom", Endpoint(url="http://prom.lan"), FixedClock(NOW), Random(1))
    assert isinstance(wire, LiveWire)


async def test_calls_side_by_side_share_one_connection_and_find_their_replies() -> None:
    async def late_first(asked: Call) -> None:
        await asyncio.sleep(0.05 if asked.params[0] == 0 else 0)
        await asked.reply(result=asked.params[0])

    async with hostile_socket(late_first) as server, wired(server.url) as wire:
        answers = await asyncio.gather(*(wire.send(call("x", n)) for n in range(6)))
    assert [answer.body for answer in answers] == [b'{"result":%d}' % n for n in range(6)]
    assert len(server.handshakes) == 1


async def test_at_most_eight_calls_are_under_way_at_once() -> None:
    gate = asyncio.Event()

    async def gated(asked: Call) -> None:
        await gate.wait()
        await asked.reply(result=1)

    async with hostile_socket(gated) as server, wired(server.url) as wire:
        calls = [asyncio.create_task(wire.send(call("x", n))) for n in range(20)]
        await until(lambda: server.under_way == 8)
        await asyncio.sleep(0.02)
        assert server.most_under_way == 8
        gate.set()
        await asyncio.gather(*calls)
    assert len(server.calls) == 20


async def test_news_of_the_server_is_ignored() -> None:
    async def talkative(asked: Call) -> None:
        await asked.socket.send('{"jsonrpc":"2.0","method":"collection_update","params":{"msg":"added"}}')
        await asked.reply(result=1)

    async with hostile_socket(talkative) as server, wired(server.url) as wire:
        assert (await wire.send(call())).body == b'{"result":1}'


async def test_a_path_before_the_api_and_ids_across_reconnects() -> None:
    async with hostile_socket(in_turn(answering(1), drop, answering(3))) as server, wired(server.url) as wire:
        assert (await wire.send(call())).body == b'{"result":1}'
        assert (await wire.send(call())).body == b'{"result":3}'
    assert [asked.id for asked in server.calls] == [1, 2, 1]


# Logging in


async def test_each_connection_logs_in_once_and_before_anything_else() -> None:
    async with hostile_socket(GOOD, key=KEY) as server, wired(server.url, key=Secret(KEY)) as wire:
        await asyncio.gather(*(wire.send(call()) for _ in range(5)))
        await wire.aclose()
        await wire.send(call())
    assert server.logins == [KEY, KEY]
    assert server.methods == ["pool.query"] * 6


async def test_a_refused_key_is_said_once_for_all_who_wait_and_asked_again_later() -> None:
    async with hostile_socket(GOOD, key="another") as server, wired(server.url, key=Secret(KEY)) as wire:
        outcomes = await asyncio.gather(*(wire.send(call()) for _ in range(5)), return_exceptions=True)
        assert {type(one) for one in outcomes} == {Unauthorised}
        assert str(outcomes[0]) == (f"nas: CALL {PATH} {LOGIN}: the key [hidden] is not known")
        assert server.logins == [KEY]
        assert wire.state.phase == "closed"
        server.key = KEY
        await recovers(server, wire)
    assert server.methods == ["pool.query"]


async def test_a_login_that_lapses_is_made_once_more() -> None:
    async with hostile_socket(GOOD, key=KEY) as server, wired(server.url, key=Secret(KEY)) as wire:
        await wire.send(call())
        server.known.clear()
        answers = await asyncio.gather(*(wire.send(call(repeatable=False)) for _ in range(4)))
        assert {one.body for one in answers} == {b'{"result":["tank"]}'}
    assert server.logins == [KEY, KEY]


async def test_a_key_revoked_in_the_middle_is_unauthorised() -> None:
    async with hostile_socket(GOOD, key=KEY) as server, wired(server.url, key=Secret(KEY)) as wire:
        await wire.send(call())
        server.known.clear()
        server.key = "another"
        assert type(await failure(wire)) is Unauthorised
        assert server.logins == [KEY, KEY]
        server.key = KEY
        await recovers(server, wire)


async def test_a_login_that_opens_nothing_is_unauthorised() -> None:
    stranger = failing(-32001, "Method call error", error=207)
    async with hostile_socket(stranger) as server, wired(server.url, key=Secret("")) as wire:
        server.key = ""
        error = await failure(wire)
    assert type(error) is Unauthorised
    assert error.detail == "a fresh login is not accepted either"
    assert len(server.logins) == 2


async def test_without_a_login_nothing_is_said_of_who_we_are() -> None:
    async with hostile_socket(GOOD) as server, wired(server.url) as wire:
        await wire.send(call())
    assert server.logins == []
    assert "Authorization" not in server.handshakes[0]


async def test_the_key_is_in_no_log_and_no_repr(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.DEBUG)
    async with hostile_socket(echo, key=KEY) as server, wired(server.url, key=Secret(KEY)) as wire:
        recorder = Recorder()
        await RecordingWire(wire, "nas", recorder).send(call("x", "parameter-of-mine"))
        shown = f"{wire!r} {vars(wire)!r} {wire._endpoint!r} {wire._endpoint.rpc_login!r}"  # type: ignore[attr-defined]
    assert KEY not in shown + caplog.text + encode(recorder.exchanges).decode()
    assert "parameter-of-mine" not in caplog.text
    assert server.logins == [KEY]


# Connections that end


async def test_a_connection_dropped_under_way_is_made_again_for_repeatable_calls() -> None:
    async with hostile_socket(in_turn(drop, GOOD)) as server, wired(server.url, key=Secret(KEY)) as wire:
        server.key = KEY
        assert (await wire.send(call())).body == b'{"result":["tank"]}'
    assert (len(server.handshakes), server.logins) == (2, [KEY, KEY])


async def test_a_call_that_must_not_be_repeated_is_not() -> None:
    async with hostile_socket(in_turn(drop, GOOD)) as server, wired(server.url) as wire:
        error = await failure(wire, call(repeatable=False))
        assert type(error) is Unreachable
        assert error.detail == "the connection broke off"
        assert len(server.calls) == 1
        await recovers(server, wire)


async def test_all_calls_of_a_dropped_connection_fail_and_the_next_reconnects() -> None:
    async def together(asked: Call) -> None:
        await until(lambda: server.under_way == 4)
        asked.socket.transport.abort()

    async with hostile_socket(together) as server, wired(server.url) as wire:
        asks = [wire.send(call(repeatable=False)) for _ in range(4)]
        outcomes = await asyncio.gather(*asks, return_exceptions=True)
        assert {type(one) for one in outcomes} == {Unreachable}
        await recovers(server, wire)
    assert len(server.handshakes) == 2


async def test_a_connection_that_ended_while_nobody_called_is_no_failure() -> None:
    async with hostile_socket(GOOD) as server, wired(server.url) as wire:
        await wire.send(call())
        server.calls[0].socket.transport.abort()
        await until(lambda: wire._line.lost)  # type: ignore[attr-defined]
        assert (await wire.send(call(repeatable=False))).status == 200
        assert wire.state.failures == 0


async def test_what_the_server_says_at_the_end_is_told() -> None:
    async with (
        hostile_socket(closing(1012, f"restarting \x1b[2J {KEY}")) as server,
        wired(server.url, key=Secret(KEY)) as wire,
    ):
        server.key = KEY
        error = await failure(wire)
        assert type(error) is Unreachable
        assert error.detail == "it closed the connection (1012: restarting [hidden]) (3 tries)"
        await recovers(server, wire)


async def test_a_slow_call_is_given_up_and_its_late_reply_ignored() -> None:
    gate = asyncio.Event()

    async def slow(asked: Call) -> None:
        if asked.method == "slow":
            await gate.wait()
        await asked.reply(result=asked.method)

    async with hostile_socket(slow) as server, wired(server.url, timeout=2.0) as wire:
        waiting = asyncio.create_task(failure(wire, call("slow")))
        await until(lambda: server.under_way)
        assert (await wire.send(call("quick"))).body == b'{"result":"quick"}'
        error = await waiting
        assert (type(error), error.detail) == (Unreachable, "no answer within 2 s")
        gate.set()
        assert (await wire.send(call("quick"))).body == b'{"result":"quick"}'
    assert (len(server.handshakes), len(server.calls)) == (1, 3)


async def test_a_line_that_fell_silent_is_not_used_again() -> None:
    async with hostile_socket(never) as server, wired(server.url, timeout=1.0) as wire:
        assert type(await failure(wire)) is Unreachable
        await recovers(server, wire)
    assert len(server.handshakes) == 2


async def test_a_call_given_up_by_its_caller_leaves_the_others_alone() -> None:
    async def slow(asked: Call) -> None:
        if asked.method != "given up":
            await asked.reply(result=1)

    async with hostile_socket(slow) as server, wired(server.url) as wire:
        one = asyncio.create_task(wire.send(call("given up")))
        await until(lambda: server.under_way or server.calls)
        one.cancel()
        await asyncio.gather(one, return_exceptions=True)
        assert (await wire.send(call())).body == b'{"result":1}'
    assert len(server.handshakes) == 1


# What is no JSON-RPC


@pytest.mark.parametrize(
    ("behaviour", "kind", "told"),
    [
        (saying("pong"), Malformed, "what came is no JSON-RPC: "),
        (saying('{"id": 1, "result"'), Malformed, "what came is no JSON-RPC: "),
        (saying("[" * 100_000), Malformed, "what came is no JSON-RPC: "),
        (saying("[1, 2]"), Malformed, "what came is no JSON-RPC: "),
        (saying(b'{"id": 1, "result": 1}'), Malformed, "a binary message came instead of JSON-RPC"),
        (replying(), Malformed, "the reply has neither a result nor an error"),
        (replying(id=99, result=1), Malformed, "a reply came to a call that was not made (id 99)"),
        (replying(id="1", result=1), Malformed, "a reply came to a call that was not made (id '1')"),
        (replying(id=True, result=1), Malformed, "what came is no JSON-RPC: "),
        (
            replying(id=None, error={"code": -32700, "message": "Parse error"}),
            Malformed,
            "a reply came to a call that was not made (id None): {",
        ),
        (bytes_on_the_wire(b"\x81\x7e\x10\x00{half of a frame"), Unreachable, "the connection broke off"),
        (bytes_on_the_wire(b"\x83\x01x"), Malformed, "what came is no WebSocket: "),
        (bytes_on_the_wire(b"\x81\x02\xff\xfe"), Malformed, "what came is no WebSocket: "),
        (bytes_on_the_wire(b"HTTP/1.1 500 Oops\r\n" * 9), Malformed, "what came is no WebSocket: "),
        (drop, Unreachable, "the connection broke off"),
        (closing(1008, "no"), Unreachable, "it closed the connection (1008: no)"),
        (saying('"' + "x" * 2 * MIB + '"'), Malformed, "answer larger than 1.0 MiB; narrow the query"),
    ],
)
async def test_what_is_no_reply_is_the_right_error_and_heals(
    behaviour: Behaviour, kind: type[SourceError], told: str
) -> None:
    async with hostile_socket(behaviour) as server, wired(server.url, max_body=MIB) as wire:
        error = await failure(wire)
        assert type(error) is kind
        assert error.detail.startswith(told)
        assert error.operation == f"CALL {PATH} pool.query"
        assert len(error.detail) <= 400
        await recovers(server, wire)


async def test_an_answer_of_just_the_bound_is_read_beside_the_loop() -> None:
    async with (
        hostile_socket(answering("x" * 3 * MIB)) as server,
        wired(server.url, max_body=4 * MIB) as wire,
    ):
        assert len((await wire.send(call())).body) == 3 * MIB + 13


async def test_an_answer_that_is_too_large_spares_the_calls_beside_it() -> None:
    async def large(asked: Call) -> None:
        if asked.method == "large":
            await until(lambda: server.under_way >= 3 or len(server.handshakes) > 1)
            await asked.reply(result="x" * 2 * MIB)
        elif len(server.handshakes) == 1:
            await asyncio.Event().wait()
        else:
            await asked.reply(result=asked.method)

    async with hostile_socket(large) as server, wired(server.url, max_body=MIB) as wire:
        methods = ("large", "a", "b")
        one, two, three = await asyncio.gather(
            *(wire.send(call(method)) for method in methods), return_exceptions=True
        )
        assert isinstance(one, Malformed)
        assert one.detail == "answer larger than 1.0 MiB; narrow the query"
        assert not isinstance(two, BaseException)
        assert not isinstance(three, BaseException)
        assert (two.body, three.body) == (b'{"result":"a"}', b'{"result":"b"}')


async def test_a_call_that_must_not_be_repeated_is_not_asked_apart() -> None:
    async def large(asked: Call) -> None:
        await until(lambda: server.under_way == 2)
        await asked.reply(result="x" * 2 * MIB)

    async with hostile_socket(large) as server, wired(server.url, max_body=MIB) as wire:
        asks = [wire.send(call(repeatable=False)) for _ in range(2)]
        outcomes = await asyncio.gather(*asks, return_exceptions=True)
    assert {type(one) for one in outcomes} == {Malformed}
    assert "answer to one of 2 calls larger than 1.0 MiB" in str(outcomes[0])
    assert len(server.calls) == 2


# Where there is no WebSocket


def judged(response_of: Any) -> Any:
    return Answers("nas", Keyed(url="http://nas.lan"), lambda _: None).body(call(), response_of)


@pytest.mark.parametrize(
    ("status", "kind", "body", "headers", "error"),
    [
        (401, "text/plain", b"who?", {}, Unauthorised),
        (403, "text/plain", b"no", {}, Denied),
        (404, "text/plain", b"404: Not Found", {}, Missing),
        (502, "text/html", b"<html>bad gateway</html>", {}, Unreachable),
        (503, "text/plain", b"", {}, Unreachable),
        (429, "text/plain", b"slow down", {"Retry-After": "7200"}, Unreachable),
        (302, "text/plain", b"", {"Location": "https://sso.lan/login"}, Unauthorised),
        (200, "text/html", b"<!doctype html><form>Sign in</form>", {}, Unauthorised),
    ],
)
async def test_a_handshake_answered_in_plain_http_is_what_http_would_have_answered(
    status: int, kind: str, body: bytes, headers: dict[str, str], error: type[SourceError]
) -> None:
    async with hostile_socket(GOOD) as server, wired(server.url) as wire:
        server.front = (status, kind, body, headers)
        response = await wire.send(call())
        assert response.status == status
        with pytest.raises(error):
            judged(response)
        assert server.calls == []
        await recovers(server, wire)


async def test_json_instead_of_a_socket_is_not_taken_for_a_reply() -> None:
    async with hostile_socket(GOOD) as server, wired(server.url) as wire:
        server.front = (200, "application/json", b'{"result": ["forged"]}', {})
        error = await failure(wire)
        assert (type(error), error.detail) == (Malformed, "HTTP 200 came instead of a WebSocket")
        server.front = (200, "application/json", b"[" * 3 * MIB, {})
        assert type(await failure(wire)) is Malformed
        await recovers(server, wire)


async def test_a_redirect_is_not_followed_with_the_key() -> None:
    async with hostile_socket(GOOD, key=KEY) as elsewhere, hostile_socket(GOOD, key=KEY) as server:
        server.front = (301, "text/plain", b"", {"Location": f"{elsewhere.url}{PATH}"})
        async with wired(server.url, key=Secret(KEY)) as wire:
            assert (await wire.send(call())).status == 301
    assert (elsewhere.handshakes, elsewhere.logins) == ([], [])


async def test_proxies_of_the_environment_are_not_used() -> None:
    script = (
        "import asyncio, sys, random\n"
        "from tests.kit.test_rpc import Keyed, call\n"
        "from sre_assistant.kit.carriers import open_wire\n"
        "from sre_assistant.kit.clock import SystemClock\n"
        "async def main():\n"
        "    wire = open_wire('nas', Keyed(url=sys.argv[1]), SystemClock(), random.Random(1))\n"
        "    print((await wire.send(call(repeatable=False))).status)\n"
        "    await wire.aclose()\n"
        "asyncio.run(main())\n"
    )
    around = dict.fromkeys(("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"), "http://127.0.0.1:1")
    around |= {"socks_proxy": "socks5://127.0.0.1:1", "PYTHONPATH": os.pathsep.join(sys.path)}
    async with hostile_socket(GOOD) as server:
        process = await asyncio.create_subprocess_exec(
            sys.executable, "-c", script, server.url, env=around, stdout=asyncio.subprocess.PIPE
        )
        out, _ = await process.communicate()
    assert out.decode().strip() == "200"


async def test_a_busy_front_is_tried_again() -> None:
    clock = FixedClock(NOW)
    async with hostile_socket(GOOD) as server, wired(server.url, clock) as wire:
        server.front = (503, "text/plain", b"", {"Retry-After": "3"})
        assert (await wire.send(call())).status == 503
    assert len(server.handshakes) == 3
    assert 6 < clock.monotonic() < 8


@pytest.mark.parametrize(
    ("behaviour", "told"),
    [
        (hang_up, "it closed the connection without an answer (3 tries)"),
        (no_http, "it did not answer in HTTP: "),
        (http_never, "no answer within 300 ms"),
    ],
)
async def test_a_server_that_speaks_no_http_is_unreachable(behaviour: Any, told: str) -> None:
    async with hostile(behaviour) as server, wired(server.url, timeout=0.3) as wire:
        error = await failure(wire)
    assert type(error) is Unreachable
    assert error.detail.startswith(told)


async def test_a_closed_port_is_unreachable_and_trips_the_breaker_for_both_ways() -> None:
    clock = FixedClock(NOW)
    async with hostile_socket(GOOD) as server:
        port, url = int(server.url.rpartition(":")[2]), server.url
    async with wired(url, clock) as wire:
        for _ in range(5):
            error = await failure(wire)
            assert error.detail == "connection refused (3 tries)"
        assert phase(wire) == "open"
        assert (await failure(wire)).detail.startswith(
            "not asked, 5 calls failed in a row (connection refused"
        )
        get = Request(method="GET", path="/api/v2.0/pool", repeatable=True)
        assert (await failure(wire, get)).detail.startswith("not asked")
        async with hostile_socket(GOOD, port=port) as server:
            await clock.sleep(16)
            await recovers(server, wire)
        assert phase(wire) == "closed"


# TLS


async def test_a_certificate_is_verified_and_the_key_sent_only_then(tmp_path: Path) -> None:
    tls = server_context(tmp_path)
    async with hostile_socket(GOOD, key=KEY, tls=tls) as server:
        async with wired(server.url, key=Secret(KEY), ca_cert=authority(tmp_path)) as wire:
            assert (await wire.send(call())).status == 200
        async with wired(server.url, key=Secret(KEY)) as wire:
            error = await failure(wire)
        assert type(error) is Unreachable
        assert error.detail.startswith("TLS: the certificate is not trusted")
        assert "tries" not in error.detail
        assert isinstance(tls_failure(error), ssl.SSLCertVerificationError)
        async with wired(server.url, key=Secret(KEY), verify_ssl=False) as wire:
            assert (await wire.send(call())).status == 200
    assert server.logins == [KEY, KEY]


async def test_an_expired_certificate_is_named(tmp_path: Path) -> None:
    async with (
        hostile_socket(GOOD, tls=expired_context(tmp_path)) as server,
        wired(server.url, ca_cert=second_authority(tmp_path)) as wire,
    ):
        assert "expired" in (await failure(wire)).detail


async def test_tls_towards_a_plain_port_says_so() -> None:
    async with hostile(no_http) as server, wired(server.url.replace("http", "https")) as wire:
        error = await failure(wire)
    assert error.detail.startswith("TLS: it does not speak TLS at this port")


async def test_plain_towards_a_tls_port_is_unreachable(tmp_path: Path) -> None:
    async with (
        hostile_socket(GOOD, tls=server_context(tmp_path)) as server,
        wired(server.url.replace("https", "http")) as wire,
    ):
        assert type(await failure(wire)) is Unreachable


async def test_an_unusable_authority_is_the_operators_to_mend(tmp_path: Path) -> None:
    async with wired("https://nas.lan", ca_cert=tmp_path / "none.pem") as wire:
        for _ in range(2):
            with pytest.raises(ConfigError, match="CA_CERT is"):
                await wire.send(call())


# Closing, recording


async def test_closing_while_connecting_fails_the_call_and_leaves_nothing_behind() -> None:
    async with hostile(http_never) as server, wired(server.url) as wire:
        waiting = asyncio.create_task(failure(wire, call(repeatable=False)))
        await until(lambda: server.seen)
        await wire.aclose()
        error = await waiting
    assert (type(error), error.detail) == (Unreachable, "the connection was given up")


async def test_closing_fails_calls_under_way() -> None:
    async with hostile_socket(never) as server, wired(server.url) as wire:
        waiting = asyncio.create_task(failure(wire, call(repeatable=False)))
        await until(lambda: server.calls)
        await wire.aclose()
        assert type(await waiting) is Unreachable
        await recovers(server, wire)


async def test_a_record_plays_again_byte_for_byte_whatever_the_ids_were() -> None:
    async with hostile_socket(echo) as server, wired(server.url, key=Secret(KEY)) as wire:
        server.key = KEY
        await wire.send(call("earlier"))
        recorder = Recorder()
        recording = RecordingWire(wire, "nas", recorder)
        asked = [call("x", 1), call("y", {"a": None}), call("x", 1)]
        answers = await asyncio.gather(*(recording.send(one) for one in asked))
    replay = ReplayWire("nas", recorder.exchanges)
    assert [(await replay.send(one)).body for one in asked] == [one.body for one in answers]
    assert LOGIN not in encode(recorder.exchanges).decode()


async def test_the_wire_of_such_an_endpoint_is_one() -> None:
    async with wired("http://nas.lan") as wire:
        assert isinstance(wire, RpcWire)
        assert wire.state.phase == "closed"
