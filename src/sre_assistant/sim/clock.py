"""The time of the simulated world: scaled real time, or stepped."""

from __future__ import annotations

import asyncio
import threading
import time
from collections.abc import Callable
from datetime import UTC, datetime, timedelta


class SimClock:
    """A clock that starts at a given moment and runs ``speed`` times as fast as the real one.

    Speed 0 stands still and moves by ``advance`` only. Safe to read and change from any thread. It serves as
    a `kit.clock.Clock` too: the time of day is simulated, durations and waiting stay real.
    """

    def __init__(
        self, start: datetime, speed: float = 0.0, *, real: Callable[[], float] = time.monotonic
    ) -> None:
        self._lock = threading.Lock()
        self._real = real
        self._moment = start.astimezone(UTC)
        self._since = real()
        self._speed = _checked(speed)

    @property
    def speed(self) -> float:
        """Simulated seconds per real second."""
        return self._speed

    def now(self) -> datetime:
        """The simulated time of day, UTC."""
        with self._lock:
            return self._now(self._real())

    def milliseconds(self) -> int:
        """The simulated time in unix milliseconds."""
        return (self.now() - _EPOCH) // timedelta(milliseconds=1)

    def run(self, speed: float) -> None:
        """Goes on at another speed from here; time never jumps."""
        speed = _checked(speed)
        with self._lock:
            self._settle()
            self._speed = speed

    def advance(self, by: timedelta) -> None:
        """Moves ahead at once, whatever the speed."""
        if by < timedelta(0):
            raise ValueError(f"a clock cannot go back by {-by}")
        with self._lock:
            self._settle()
            self._moment += by

    def advance_to(self, moment: datetime) -> None:
        """Moves ahead to a moment at once."""
        with self._lock:
            self._settle()
            if moment < self._moment:
                raise ValueError(f"the clock is at {self._moment.isoformat()}, after {moment.isoformat()}")
            self._moment = moment.astimezone(UTC)

    def monotonic(self) -> float:
        """Real seconds since some fixed point."""
        return self._real()

    async def sleep(self, seconds: float) -> None:
        """Waits for real seconds."""
        await asyncio.sleep(seconds)

    def _now(self, real: float) -> datetime:
        return self._moment + timedelta(seconds=(real - self._since) * self._speed)

    def _settle(self) -> None:
        real = self._real()
        self._moment, self._since = self._now(real), real


_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


def _checked(speed: float) -> float:
    if not 0 <= speed < float("inf"):
        raise ValueError(f"speed {speed!r} must be zero (stepped) or a positive number")
    return speed
