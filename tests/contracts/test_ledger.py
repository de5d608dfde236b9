"""The coverage ledger."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime

import pytest

from sre_assistant.contracts.ledger import Ledger
from sre_assistant.domain.errors import (
    Denied,
    Malformed,
    Missing,
    Rejected,
    SourceError,
    Unauthorised,
    Unreachable,
)
from sre_assistant.domain.events import Event, LookupBegan, LookupDone
from sre_assistant.domain.reading import Completeness, Provenance, Reading
from sre_assistant.kit.clock import FixedClock

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


class Source:
    """Counts how often it is asked, and how many ask at once."""

    def __init__(self, error: SourceError | None = None) -> None:
        self.error = error
        self.asked = self.now = self.most = 0

    async def answer(self) -> Reading[int]:
        self.asked += 1
        self.now += 1
        self.most = max(self.most, self.now)
        await asyncio.sleep(0)
        self.now -= 1
        if self.error:
            raise self.error
        provenance = Provenance(source="prom", query="q", observed_at=NOW)
        return Reading(value=7, provenance=provenance, completeness=Completeness.COMPLETE)


async def read(ledger: Ledger, source: Source, query: str = "q") -> Reading[int]:
    return await ledger.read(source.answer, -1, source="prom", operation="load", query=query, at=NOW)


def ledger(events: list[Event] | None = None, **bounds: int) -> Ledger:
    return Ledger("c-1", (events if events is not None else []).append, FixedClock(NOW), **bounds)


async def test_the_same_question_is_asked_once() -> None:
    source, book = Source(), ledger()
    readings = await asyncio.gather(*(read(book, source) for _ in range(5)))
    assert [r.value for r in readings] == [7] * 5
    assert source.asked == 1


@pytest.mark.parametrize(
    ("error", "completeness"),
    [
        (Unreachable, "unreachable"),
        (Malformed, "unreachable"),
        (Unauthorised, "denied"),
        (Denied, "denied"),
        (Rejected, "unsupported"),
        (Missing, "unsupported"),
    ],
)
async def test_a_failure_is_a_line_and_no_exception(error: type[SourceError], completeness: str) -> None:
    book = ledger()
    reading = await read(book, Source(error("prom", "GET /x", "it said no")))
    assert (reading.value, reading.completeness, reading.detail) == (-1, completeness, "it said no")
    assert [line.completeness for line in book.lines] == [completeness]
    assert not reading.completeness.answered


async def test_no_more_ask_at_once_than_allowed() -> None:
    source, book = Source(), ledger(side_by_side=3)
    await asyncio.gather(*(read(book, source, f"q{i}") for i in range(20)))
    assert (source.asked, source.most) == (20, 3)


async def test_what_is_beyond_the_budget_is_not_asked_and_says_so() -> None:
    source, book = Source(), ledger(budget=2)
    readings = [await read(book, source, f"q{i}") for i in range(3)]
    assert source.asked == 2
    assert "budget of 2" in readings[2].detail
    assert not readings[2].completeness.answered


async def test_every_look_up_is_told_as_an_event() -> None:
    events: list[Event] = []
    await read(ledger(events), Source())
    began, done = events
    assert isinstance(began, LookupBegan)
    assert isinstance(done, LookupDone)
    assert (done.case, done.source, done.completeness) == ("c-1", "prom", "complete")
