"""Time as something that is handed in."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from typing import Protocol


class Clock(Protocol):
    """Where the time of day, durations and waiting come from."""

    def now(self) -> datetime:
        """The time of day, UTC."""
        ...

    def monotonic(self) -> float:
        """Seconds that only ever grow; only differences mean something."""
        ...

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        ...


class SystemClock:
    """The machine's own clock."""

    def now(self) -> datetime:
        """The time of day, UTC."""
        return datetime.now(UTC)

    def monotonic(self) -> float:
        """Seconds since some fixed point."""
        return time.monotonic()

    async def sleep(self, seconds: float) -> None:
        """Wait for real."""
        await asyncio.sleep(seconds)


class FixedClock:
    """A clock that stands still and only moves when somebody sleeps on it: for replays and tests."""

    def __init__(self, moment: datetime) -> None:
        self._moment = moment
        self._slept = 0.0

    def now(self) -> datetime:
        """The fixed moment."""
        return self._moment

    def monotonic(self) -> float:
        """The seconds slept so far."""
        return self._slept

    async def sleep(self, seconds: float) -> None:
        """Returns at once; the time counts as slept."""
        self._slept += seconds
