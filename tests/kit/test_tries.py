from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from random import Random

import pytest

from sre_assistant.domain.errors import Malformed, Unreachable
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.tries import MOST_AT_ONCE, Failure, Tries, network_cause
from sre_assistant.kit.wire import Request, Response

NOW = datetime(2026, 3, 1, 2, 14, tzinfo=UTC)
ASK = Request(method="GET", path="/x", repeatable=True)
ONCE = Request(method="POST", path="/x", repeatable=False)
GOOD = Response(status=200, headers={}, body=b"{}")


def tries(clock: FixedClock | None = None) -> Tries:
    return Tries("nas", 10.0, clock or FixedClock(NOW), Random(1))


class Attempts:
    """Gives one outcome after the other; the last one stays."""

    def __init__(self, *outcomes: Response | Failure) -> None:
        self.left = list(outcomes)
        self.seconds: list[float] = []

    async def __call__(self, seconds: float) -> Response | Failure:
        self.seconds.append(seconds)
        return self.left.pop(0) if len(self.left) > 1 else self.left[0]


def broken(*, again: bool = True) -> Failure:
    return Failure("it broke", ConnectionResetError(), again=again)


async def test_what_broke_is_tried_again_within_the_time_that_is_left() -> None:
    clock = FixedClock(NOW)
    attempts = Attempts(broken(), broken(), GOOD)
    assert await tries(clock).outcome(ASK, attempts) is GOOD
    assert len(attempts.seconds) == 3
    assert attempts.seconds == [10.0] * 3
    assert 0 < clock.monotonic() < 1


@pytest.mark.parametrize(("request_", "again"), [(ONCE, True), (ASK, False)])
async def test_what_must_not_or_need_not_be_repeated_is_tried_once(request_: Request, again: bool) -> None:
    attempts = Attempts(broken(again=again))
    with pytest.raises(Unreachable) as caught:
        await tries().outcome(request_, attempts)
    assert (len(attempts.seconds), caught.value.detail) == (1, "it broke")
    assert isinstance(caught.value.__cause__, ConnectionResetError)


async def test_five_failures_open_the_breaker_and_a_later_success_closes_it() -> None:
    clock = FixedClock(NOW)
    held = tries(clock)
    for _ in range(5):
        with pytest.raises(Unreachable):
            await held.outcome(ONCE, Attempts(broken()))
    unasked = Attempts(GOOD)
    with pytest.raises(Unreachable, match="not asked, 5 calls failed in a row"):
        await held.outcome(ASK, unasked)
    assert unasked.seconds == []
    await clock.sleep(16)
    assert await held.outcome(ASK, unasked) is GOOD
    assert held.state.phase == "closed"


async def test_an_answer_that_cannot_be_read_says_that_the_system_is_there() -> None:
    async def odd(_seconds: float) -> Response:
        raise Malformed("nas", "GET /x", "odd")

    held = tries()
    with pytest.raises(Unreachable):
        await held.outcome(ONCE, Attempts(broken()))
    with pytest.raises(Malformed):
        await held.outcome(ASK, odd)
    assert held.state.failures == 0


async def test_no_more_than_so_many_are_under_way() -> None:
    gate, under_way, most = asyncio.Event(), 0, 0

    async def gated(_seconds: float) -> Response:
        nonlocal under_way, most
        under_way += 1
        most = max(most, under_way)
        await gate.wait()
        under_way -= 1
        return GOOD

    held = tries()
    waiting = [asyncio.create_task(held.outcome(ASK, gated)) for _ in range(MOST_AT_ONCE + 5)]
    await asyncio.sleep(0)
    gate.set()
    await asyncio.gather(*waiting)
    assert most == MOST_AT_ONCE


def test_an_error_without_words_is_said_in_ours() -> None:
    assert network_cause(ConnectionResetError()) == "the connection broke off"
    assert network_cause(ConnectionRefusedError(111, "whatever")) == "connection refused"
    assert network_cause(OSError("Odd things.")) == "odd things"


@pytest.mark.parametrize(
    ("status", "phase"), [(500, "open"), (503, "open"), (501, "closed"), (595, "closed")]
)
async def test_only_what_says_that_the_system_is_unwell_opens_the_breaker(status: int, phase: str) -> None:
    held = tries()
    answer = Response(status=status, headers={}, body=b"no")
    for _ in range(5):
        assert await held.outcome(ONCE, Attempts(answer)) is answer
    assert held.state.phase == phase


async def test_no_more_than_eight_attempts_are_under_way_at_once() -> None:
    held, go, begun = tries(), asyncio.Event(), 0

    async def attempt(_seconds: float) -> Response:
        nonlocal begun
        begun += 1
        await go.wait()
        return GOOD

    calls = [asyncio.ensure_future(held.outcome(ASK, attempt)) for _ in range(3 * MOST_AT_ONCE)]
    for _ in range(10):
        await asyncio.sleep(0)
    assert begun == MOST_AT_ONCE
    go.set()
    assert await asyncio.gather(*calls) == [GOOD] * len(calls)
