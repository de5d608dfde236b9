from __future__ import annotations

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.kit.breaker import Breaker, BreakerState, Entry
from sre_assistant.kit.clock import FixedClock


@pytest.fixture
def clock() -> FixedClock:
    return FixedClock(datetime(2026, 3, 1, tzinfo=UTC))


def tripped(clock: FixedClock) -> Breaker:
    breaker = Breaker(clock)
    for _ in range(5):
        breaker.failed(breaker.enter(), "refused")
    return breaker


def test_four_failures_do_not_open_it(clock: FixedClock) -> None:
    breaker = Breaker(clock)
    for _ in range(4):
        breaker.failed(breaker.enter(), "refused")
    assert breaker.state == BreakerState(phase="closed", failures=4, reason="refused")


def test_a_success_between_starts_the_count_again(clock: FixedClock) -> None:
    breaker = Breaker(clock)
    for _ in range(20):
        breaker.failed(breaker.enter(), "refused")
        breaker.succeeded(breaker.enter())
    assert breaker.state == BreakerState()


def test_five_failures_in_a_row_open_it(clock: FixedClock) -> None:
    breaker = tripped(clock)
    assert breaker.state == BreakerState(phase="open", failures=5, next_try=15.0, reason="refused")
    assert breaker.enter() is Entry.REFUSED


async def test_the_pause_doubles_up_to_two_minutes(clock: FixedClock) -> None:
    breaker = tripped(clock)
    pauses = []
    for _ in range(6):
        pauses.append(breaker.state.next_try)
        await clock.sleep(breaker.state.next_try)
        breaker.failed(breaker.enter(), "refused")
    assert pauses == [15, 30, 60, 120, 120, 120]


async def test_one_trial_is_let_through_and_decides(clock: FixedClock) -> None:
    breaker = tripped(clock)
    await clock.sleep(15)
    assert breaker.state.phase == "half-open"
    assert [breaker.enter() for _ in range(3)] == [Entry.TRIAL, Entry.REFUSED, Entry.REFUSED]
    breaker.succeeded(Entry.TRIAL)
    assert breaker.enter() is Entry.USUAL


async def test_after_a_recovery_the_pause_is_short_again(clock: FixedClock) -> None:
    breaker = tripped(clock)
    await clock.sleep(15)
    breaker.failed(breaker.enter(), "refused")
    await clock.sleep(30)
    breaker.succeeded(breaker.enter())
    for _ in range(5):
        breaker.failed(breaker.enter(), "refused")
    assert breaker.state.next_try == 15


async def test_calls_from_before_it_opened_neither_end_the_trial_nor_lengthen_the_pause(
    clock: FixedClock,
) -> None:
    breaker = tripped(clock)
    breaker.failed(Entry.USUAL, "late")
    assert breaker.state.next_try == 15
    await clock.sleep(15)
    assert breaker.enter() is Entry.TRIAL
    breaker.failed(Entry.USUAL, "late")
    assert breaker.enter() is Entry.REFUSED


@given(st.lists(st.sampled_from(["ok", "fail", "give up", "wait"])))
async def test_whatever_happens_a_call_is_let_through_after_two_minutes(happenings: list[str]) -> None:
    clock = FixedClock(datetime(2026, 3, 1, tzinfo=UTC))
    breaker = Breaker(clock)
    for happening in happenings:
        if happening == "wait":
            await clock.sleep(10)
        elif (entry := breaker.enter()) is not Entry.REFUSED:
            outcomes = {"ok": breaker.succeeded, "give up": breaker.abandoned}
            outcomes[happening](entry) if happening in outcomes else breaker.failed(entry, "refused")
    await clock.sleep(120)
    assert breaker.enter() is not Entry.REFUSED
