"""Calls to an API: judged, parsed, and handed on with how complete they are."""

from __future__ import annotations

import threading
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random

import msgspec
import pytest

from sre_assistant.domain.errors import Denied, Malformed, Missing, Unauthorised
from sre_assistant.domain.reading import Completeness
from sre_assistant.kit.api import Api, get
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.codec import DecodeError, decode
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.entries import read_entries
from sre_assistant.kit.http import LiveWire
from tests.kit.hostile import Hostile, answering, hostile, login_page

NOW = datetime(2026, 3, 1, 2, 14, tzinfo=UTC)


@asynccontextmanager
async def api(server: Hostile) -> AsyncIterator[Api]:
    endpoint, clock = Endpoint(url=server.url), FixedClock(NOW)
    wire = LiveWire("it", endpoint, clock, Random(1))
    try:
        yield Api("it", endpoint, wire, clock, lambda _: None)
    finally:
        await wire.aclose()


async def test_an_answer_is_decoded_or_named_as_what_it_is() -> None:
    async with hostile(answering({"a": 1})) as server, api(server) as calls:
        assert await calls.get("/x", dict[str, int], ("q", "1")) == {"a": 1}
        assert server.seen[0].target == "/x?q=1"
        with pytest.raises(Malformed, match="it: GET /x: the answer cannot be read"):
            await calls.get("/x", list[int])
        server.behaviour = answering("no", 403, "text/plain")
        with pytest.raises(Denied):
            await calls.get("/x", dict[str, int])


async def test_text_is_not_judged_by_how_it_looks() -> None:
    page = answering("<html> is what the log line says", 200, "text/plain")
    async with hostile(page) as server, api(server) as calls:
        response = await calls.response(get("/logs"))
        assert response.body.startswith(b"<html>")
        with pytest.raises(Unauthorised):
            await calls.get("/logs", str)
        server.behaviour = login_page(404)
        with pytest.raises(Missing):
            await calls.response(get("/logs"))


async def test_a_large_answer_is_read_beside_the_event_loop() -> None:
    threads: list[str] = []

    def read(body: bytes) -> int:
        threads.append(threading.current_thread().name)
        return len(body)

    async with hostile(answering("[1]")) as server, api(server) as calls:
        await calls.fetch(get("/small"), read)
        server.behaviour = answering(b"[" + b"1," * 1_000_000 + b"1]")
        await calls.fetch(get("/large"), read)
    assert threads[0] == "MainThread"
    assert threads[1] != "MainThread"


async def test_a_reading_says_how_much_of_the_truth_it_holds() -> None:
    async with hostile(answering("[]")) as server, api(server) as calls:
        told = [
            calls.reading((1,), "GET /x"),
            calls.reading((), "GET /x"),
            calls.reading((1,), "GET /x", cut=("the first 1 was kept", "")),
            calls.reading((1,), "GET /x", denied="needs A on /b", note="by the way"),
            calls.reading((), "GET /x", denied="needs A on /b"),
            calls.reading((), "GET /x", cut=("node 2 is down",), denied="needs A on /b"),
            calls.reading((), "GET /x", cut=("node 2 is down",)),
        ]
    assert [reading.completeness for reading in told] == [
        Completeness.COMPLETE,
        Completeness.EMPTY,
        Completeness.PARTIAL,
        Completeness.PARTIAL,
        Completeness.DENIED,
        Completeness.DENIED,
        Completeness.PARTIAL,
    ]
    assert told[2].detail == "the first 1 was kept"
    assert told[3].detail == "needs A on /b; by the way"
    assert told[0].provenance.observed_at == NOW


def entries(text: str, most: int = 10) -> tuple[tuple[str, ...], str]:
    class Item(msgspec.Struct):
        name: str

    def read(item: Item) -> str:
        if item.name == "odd":
            raise DecodeError("it is odd")
        return item.name

    return read_entries(decode(text.encode(), list[msgspec.Raw]), Item, read, most=most)


def test_an_odd_entry_is_counted_and_the_others_are_kept() -> None:
    assert entries('[{"name": "a"}, {"name": "b"}]') == (("a", "b"), "")
    found, note = entries('[{"name": "a"}, {"name": null}, {"name": "odd"}]')
    assert found == ("a",)
    assert note.startswith("2 of 3 entries could not be read: ")
    found, note = entries('[{"name": "a"}, {"name": "b"}, {"name": "c"}]', most=2)
    assert (found, note) == (("a", "b"), "3 entries came, the first 2 were kept")
    assert entries("[]") == ((), "")
    with pytest.raises(DecodeError, match="it is odd"):
        entries('[{"name": "odd"}]')
