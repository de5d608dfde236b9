from __future__ import annotations

from datetime import UTC, datetime

from sre_assistant.kit.clock import FixedClock, SystemClock

NOW = datetime(2026, 3, 1, 2, 14, tzinfo=UTC)


async def test_a_fixed_clock_moves_only_when_somebody_sleeps_on_it() -> None:
    clock = FixedClock(NOW)
    await clock.sleep(90)
    await clock.sleep(0.5)
    assert clock.monotonic() == 90.5
    assert clock.now() == NOW


async def test_the_system_clock_is_in_utc_and_grows() -> None:
    clock = SystemClock()
    before = clock.monotonic()
    await clock.sleep(0)
    assert clock.monotonic() >= before
    assert clock.now().tzinfo is UTC
