from __future__ import annotations

import asyncio
from collections.abc import Callable
from datetime import UTC, datetime
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.domain.errors import (
    Denied,
    Malformed,
    Missing,
    Rejected,
    SourceError,
    Unauthorised,
    Unreachable,
)
from sre_assistant.kit.breaker import BreakerState
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.codec import decode, encode
from sre_assistant.kit.endpoint import HttpEndpoint
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.recording import Exchange, Recorder, RecordingWire, ReplayWire
from sre_assistant.kit.secret import Secret
from sre_assistant.kit.wire import Request, Response
from tests.kit.hostile import answering, hostile


def ask(query: str) -> Request:
    return Request(method="GET", path="/api/v1/query", params=(("query", query),), repeatable=True)


def response(body: bytes = b"{}", **headers: str) -> Response:
    return Response(status=200, headers={"content-type": "application/json", **headers}, body=body)


class Scripted:
    """A wire that answers from a list; a callable among the outcomes decides when."""

    def __init__(self, *outcomes: Response | SourceError) -> None:
        self.outcomes = list(outcomes)
        self.gates: dict[str, asyncio.Event] = {}
        self.closed = False

    @property
    def state(self) -> BreakerState:
        return BreakerState(failures=3)

    async def send(self, request: Request) -> Response:
        outcome = self.outcomes.pop(0)
        query = dict(request.params).get("query", "")
        if query in self.gates:
            await self.gates[query].wait()
        if isinstance(outcome, SourceError):
            raise outcome
        return outcome

    async def aclose(self) -> None:
        self.closed = True


async def recorded(*asked: tuple[Request, Response | SourceError]) -> tuple[Exchange, ...]:
    recorder = Recorder()
    wire = RecordingWire(Scripted(*(outcome for _, outcome in asked)), "prom", recorder)
    for request, _ in asked:
        with_outcome = await asyncio.gather(wire.send(request), return_exceptions=True)
        assert with_outcome
    return recorder.exchanges


async def test_a_replay_answers_as_the_system_did() -> None:
    exchanges = await recorded((ask("up"), response(b'{"a": 1}')), (ask("down"), response(b"\xff\x00")))
    replay = ReplayWire("prom", exchanges)
    assert (await replay.send(ask("down"))).body == b"\xff\x00"
    again = await replay.send(ask("up"))
    assert (again.status, again.body, again.content_type) == (200, b'{"a": 1}', "application/json")


@pytest.mark.parametrize("kind", [Unreachable, Unauthorised, Denied, Rejected, Missing, Malformed])
async def test_a_replay_fails_as_the_system_did(kind: Callable[[str, str, str], SourceError]) -> None:
    exchanges = await recorded((ask("up"), kind("prom", "GET /api/v1/query", "as it was")))
    with pytest.raises(SourceError) as caught:
        await ReplayWire("prom", exchanges).send(ask("up"))
    assert type(caught.value) is kind
    assert str(caught.value) == "prom: GET /api/v1/query: as it was"


async def test_equal_requests_get_their_outcomes_in_order() -> None:
    refused = Unreachable("prom", "GET /api/v1/query", "refused")
    exchanges = await recorded((ask("up"), response(b"1")), (ask("up"), refused), (ask("up"), response(b"3")))
    replay = ReplayWire("prom", exchanges)
    assert (await replay.send(ask("up"))).body == b"1"
    with pytest.raises(Unreachable):
        await replay.send(ask("up"))
    assert (await replay.send(ask("up"))).body == b"3"
    with pytest.raises(Missing, match="not in the bundle so often"):
        await replay.send(ask("up"))


async def test_what_was_never_asked_is_missing() -> None:
    exchanges = await recorded((ask("up"), response()))
    with pytest.raises(Missing, match=r"not in the bundle: GET /api/v1/query query=down"):
        await ReplayWire("prom", exchanges).send(ask("down"))
    with pytest.raises(Missing):
        await ReplayWire("other", exchanges).send(ask("up"))


async def test_the_order_of_the_record_is_that_of_asking_not_of_answering() -> None:
    recorder = Recorder()
    inner = Scripted(response(b"first"), response(b"second"), response(b"third"))
    inner.gates = {"slow": asyncio.Event()}
    wire = RecordingWire(inner, "prom", recorder)
    slow = asyncio.ensure_future(wire.send(ask("slow")))
    await asyncio.sleep(0)
    await wire.send(ask("a"))
    await wire.send(ask("b"))
    inner.gates["slow"].set()
    await slow
    assert [(dict(e.params)["query"], e.text) for e in recorder.exchanges] == [
        ("a", "second"),
        ("b", "third"),
        ("slow", "first"),
    ]


async def test_a_call_that_was_given_up_leaves_no_line() -> None:
    recorder = Recorder()
    inner = Scripted(response())
    inner.gates = {"slow": asyncio.Event()}
    with pytest.raises(TimeoutError):
        await asyncio.wait_for(RecordingWire(inner, "prom", recorder).send(ask("slow")), 0.01)
    assert recorder.exchanges == ()


@given(st.lists(st.tuples(st.text(), st.binary()), max_size=5))
async def test_a_record_survives_being_written(asked: list[tuple[str, bytes]]) -> None:
    exchanges = await recorded(*((ask(query), response(body)) for query, body in asked))
    assert decode(encode(exchanges), tuple[Exchange, ...]) == exchanges
    replay = ReplayWire("prom", decode(encode(exchanges), tuple[Exchange, ...]))
    for query, body in asked:
        assert (await replay.send(ask(query))).body == body


async def test_bodies_of_requests_tell_them_apart() -> None:
    def post(form: str, json: object = None) -> Request:
        return Request(method="POST", path="/x", form=(("q", form),), json=json, repeatable=True)

    exchanges = await recorded(
        (post("a"), response(b"1")), (post("b"), response(b"2")), (post("a", 1), response(b"3"))
    )
    replay = ReplayWire("prom", exchanges)
    assert (await replay.send(post("a", 1))).body == b"3"
    assert (await replay.send(post("b"))).body == b"2"


async def test_state_and_closing_are_those_of_the_wire_within() -> None:
    inner = Scripted()
    wire = RecordingWire(inner, "prom", Recorder())
    assert wire.state.failures == 3
    await wire.aclose()
    assert inner.closed
    replay = ReplayWire("prom", ())
    assert replay.state == BreakerState()
    await replay.aclose()


async def test_credentials_are_in_no_record() -> None:
    moved = answering(
        "", 302, Location="https://ann:hunter2@sso.lan/login?token=abc", Set_Cookie="sid=s3cr3t"
    )
    recorder = Recorder()
    async with hostile(moved) as server:
        endpoint = HttpEndpoint(url=server.url, bearer_token=Secret("s3cr3t-token"))
        live = LiveWire("prom", endpoint, FixedClock(datetime(2026, 3, 1, tzinfo=UTC)), Random(1))
        await RecordingWire(live, "prom", recorder).send(ask("up"))
        await live.aclose()
    written = encode(recorder.exchanges).decode()
    assert "s3cr3t" not in written
    assert "hunter2" not in written
    assert "token=abc" not in written
    assert "sso.lan/login" in written
