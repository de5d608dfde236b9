from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from sre_assistant.sim.clock import SimClock

START = datetime(2026, 11, 15, 0, 30, tzinfo=UTC)


class Hands:
    """A real clock that a test moves."""

    def __init__(self) -> None:
        self.seconds = 1000.0

    def __call__(self) -> float:
        return self.seconds


def test_a_stepped_clock_stands_still_until_advanced() -> None:
    hands = Hands()
    clock = SimClock(START, real=hands)
    hands.seconds += 100
    assert clock.now() == START
    clock.advance(timedelta(minutes=3))
    assert clock.now() == START + timedelta(minutes=3)


def test_speed_scales_real_time_and_a_change_never_jumps() -> None:
    hands = Hands()
    clock = SimClock(START, 600, real=hands)
    hands.seconds += 2
    assert clock.now() == START + timedelta(minutes=20)
    clock.run(1)
    assert clock.now() == START + timedelta(minutes=20)
    hands.seconds += 5
    assert clock.now() == START + timedelta(minutes=20, seconds=5)
    assert clock.speed == 1


def test_advance_to_goes_forward_only() -> None:
    clock = SimClock(START, real=Hands())
    clock.advance_to(START + timedelta(hours=1))
    assert clock.milliseconds() == round((START.timestamp() + 3600) * 1000)
    with pytest.raises(ValueError, match="after 2026-11-15T00:30:00"):
        clock.advance_to(START)
    with pytest.raises(ValueError, match="go back"):
        clock.advance(timedelta(seconds=-1))


@pytest.mark.parametrize("speed", [-1.0, float("inf"), float("nan")])
def test_an_impossible_speed_is_refused(speed: float) -> None:
    with pytest.raises(ValueError, match="speed"):
        SimClock(START, speed)


def test_the_start_may_be_given_in_any_zone() -> None:
    east = START.astimezone(timezone(timedelta(hours=2)))
    assert SimClock(east, real=Hands()).now().tzinfo is UTC


async def test_waiting_and_durations_stay_real() -> None:
    hands = Hands()
    clock = SimClock(START, 600, real=hands)
    before = clock.monotonic()
    await clock.sleep(0)
    hands.seconds += 3
    assert clock.monotonic() - before == 3
