"""A circuit breaker: a system that keeps failing is left alone for a while instead of being hammered."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum
from typing import Literal

from sre_assistant.kit.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class BreakerState:
    """What the breaker thinks of its system."""

    phase: Literal["closed", "open", "half-open"] = "closed"
    """``closed``: calls pass; ``open``: none does; ``half-open``: one may try."""
    failures: int = 0
    """Calls failed in a row."""
    next_try: float = 0.0
    """Seconds until a call is let through."""
    reason: str = ""
    """Why the last call failed."""


class Entry(Enum):
    """How a call was let through."""

    USUAL = "usual"
    TRIAL = "trial"
    """The one call that finds out whether the system is back."""
    REFUSED = "refused"


class Breaker:
    """Opens after some failures in a row; after a cool-down one call may try, and decides.

    Args:
        clock: measures the cool-down.
        threshold: failures in a row that open it.
        cool_down: seconds of the first pause; each failed trial doubles it.
        longest: seconds it never exceeds.
    """

    def __init__(
        self, clock: Clock, *, threshold: int = 5, cool_down: float = 15.0, longest: float = 120.0
    ) -> None:
        self._clock = clock
        self._threshold = threshold
        self._cool_down = cool_down
        self._longest = longest
        self._failures = 0
        self._trips = 0
        self._open_until = 0.0
        self._trying = False
        self._reason = ""

    @property
    def state(self) -> BreakerState:
        """A picture of this moment."""
        if self._trips == 0:
            return BreakerState(failures=self._failures, reason=self._reason)
        wait = max(0.0, self._open_until - self._clock.monotonic())
        return BreakerState(
            phase="open" if wait > 0 else "half-open",
            failures=self._failures,
            next_try=wait,
            reason=self._reason,
        )

    def enter(self) -> Entry:
        """How a call may go out now; whoever is not refused reports exactly one outcome."""
        phase = self.state.phase
        if phase == "closed":
            return Entry.USUAL
        if phase == "open" or self._trying:
            return Entry.REFUSED
        self._trying = True
        return Entry.TRIAL

    def succeeded(self, entry: Entry) -> None:
        """The system answered: everything is forgiven."""
        self._failures = self._trips = 0
        self._reason = ""
        self.abandoned(entry)

    def failed(self, entry: Entry, reason: str) -> None:
        """The system did not answer."""
        self._failures += 1
        self._reason = reason
        self.abandoned(entry)
        # Calls that were under way when it opened say nothing new about the pause.
        if entry is Entry.TRIAL or (self._trips == 0 and self._failures >= self._threshold):
            pause = min(self._cool_down * 2**self._trips, self._longest)
            self._trips += 1
            self._open_until = self._clock.monotonic() + pause

    def abandoned(self, entry: Entry) -> None:
        """The call was given up by its caller: it says nothing about the system."""
        if entry is Entry.TRIAL:
            self._trying = False
