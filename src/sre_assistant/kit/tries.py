"""How often one system is asked: so many calls at once, again with jitter, and behind a circuit breaker."""

from __future__ import annotations

import asyncio
import os
import socket
from collections.abc import Awaitable, Callable
from datetime import UTC
from email.utils import parsedate_to_datetime
from random import Random
from typing import Any, Final, TypeAlias

from sre_assistant.domain.errors import SourceError, Unreachable
from sre_assistant.kit.breaker import Breaker, BreakerState, Entry
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.tls import behind, tls_cause, tls_failure
from sre_assistant.kit.units import format_value
from sre_assistant.kit.wire import Request, Response

MOST_AT_ONCE: Final = 8
"""Requests that are under way at once to one system; the others wait their turn."""
_TRIES = 3
_PATIENCE = 1.5
"""All tries together may take this many timeouts."""
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
_LONGEST_RETRY_AFTER = 5.0
_RETRIED = frozenset({429, 502, 503, 504})
_FAILING = frozenset({500, 502, 503, 504})
"""Statuses of a system that is unwell. Others above 500 speak of one thing asked for: a call that is not
there, or a node behind the system that does not answer (Proxmox' 595)."""


class Failure:
    """A try that brought nothing.

    Args:
        reason: why, fit to be shown.
        cause: the error behind it.
        again: whether another try may bring more.
    """

    def __init__(self, reason: str, cause: Exception, *, again: bool) -> None:
        self.reason = reason
        self.cause = cause
        self.again = again


Try: TypeAlias = Callable[[float], Awaitable[Response | Failure]]
"""Asks once, within so many seconds."""


class Tries:
    """Tries calls to one system, whatever carries them.

    Args:
        system: its configured name, for errors.
        timeout: seconds that one try may take.
        clock: measures pauses and the breaker's cool-down.
        rng: spreads the pauses between tries.
    """

    def __init__(self, system: str, timeout: float, clock: Clock, rng: Random) -> None:
        self._system = system
        self._timeout = timeout
        self._clock = clock
        self._rng = rng
        self._breaker = Breaker(clock)
        self._slots = asyncio.Semaphore(MOST_AT_ONCE)
        self._under_way: set[asyncio.Task[Any]] = set()

    @property
    def state(self) -> BreakerState:
        """Whether the system is asked at all right now."""
        return self._breaker.state

    async def outcome(self, request: Request, attempt: Try) -> Response:
        """What at most three tries brought; only repeatable requests are tried again.

        Raises:
            Unreachable: nothing, or the breaker is open.
            SourceError: whatever else ``attempt`` raised.
        """
        if (task := asyncio.current_task()) is None:
            raise RuntimeError("calls are sent from within a task")
        self._under_way.add(task)
        try:
            async with self._slots:
                return await self._guarded(request, attempt)
        finally:
            self._under_way.discard(task)

    async def abandon(self) -> None:
        """Ends the calls that are still under way; who closes a wire wants none of their answers.

        Where one of several calls of an answer fails, the others go on until here.
        """
        left = self._under_way - {asyncio.current_task()}
        for task in left:
            task.cancel()
        if left:
            await asyncio.wait(left)

    async def _guarded(self, request: Request, attempt: Try) -> Response:
        entry = self._breaker.enter()
        if entry is Entry.REFUSED:
            raise Unreachable(self._system, request.operation, _not_asked(self._breaker.state))
        try:
            response = await self._tried(request, attempt)
        except Unreachable as error:
            self._breaker.failed(entry, error.detail)
            raise
        except SourceError:
            self._breaker.succeeded(entry)
            raise
        except BaseException:
            self._breaker.abandoned(entry)
            raise
        if response.status in _FAILING:
            self._breaker.failed(entry, f"HTTP {response.status}")
        else:
            self._breaker.succeeded(entry)
        return response

    async def _tried(self, request: Request, attempt: Try) -> Response:
        deadline = self._clock.monotonic() + self._timeout * _PATIENCE
        tries = _TRIES if request.repeatable else 1
        number = 1
        while True:
            left = deadline - self._clock.monotonic()
            outcome = await attempt(min(self._timeout, left))
            pause = self._pause(outcome, number)
            if number == tries or pause is None or pause >= deadline - self._clock.monotonic():
                break
            await self._clock.sleep(pause)
            number += 1
        if isinstance(outcome, Failure):
            tried = f" ({number} tries)" if number > 1 else ""
            detail = f"{outcome.reason}{tried}"
            raise Unreachable(self._system, request.operation, detail) from outcome.cause
        return outcome

    def _pause(self, outcome: Response | Failure, number: int) -> float | None:
        """Seconds to wait before the next try, or None when there should be none."""
        if isinstance(outcome, Failure):
            asked = 0.0 if outcome.again else None
        else:
            asked = self._asked(outcome) if outcome.status in _RETRIED else None
        if asked is None or asked > _LONGEST_RETRY_AFTER:
            return None
        return asked + self._rng.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (number - 1)))

    def _asked(self, response: Response) -> float:
        """Seconds the server wants us to wait."""
        said = response.headers.get("retry-after", "").strip()
        if said.isdecimal():
            return float(said[:9])
        try:
            moment = parsedate_to_datetime(said)
        except ValueError:
            return 0.0
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - self._clock.now()).total_seconds())


def late(seconds: float) -> str:
    """Why nothing came in time."""
    return f"no answer within {format_value(seconds, 'seconds')}"


def network_cause(error: Exception) -> str:
    """Why nothing came, in words that say where to look."""
    if tls := tls_failure(error):
        return "TLS: " + tls_cause(tls)
    origins = [e for e in behind(error) if isinstance(e, OSError)]
    if any(isinstance(e, socket.gaierror) for e in origins):
        return "its name is not known to the resolver"
    if any(isinstance(e, TimeoutError) for e in origins):
        return "no connection could be made in time"
    silent = "the connection broke off" if origins else type(error).__name__
    said = next((os.strerror(e.errno) for e in origins if e.errno), str(error) or silent)
    return f"{said[:1].lower()}{said[1:]}".rstrip(".")


def _not_asked(state: BreakerState) -> str:
    wait = (
        f"next try in {format_value(state.next_try, 'seconds')}" if state.next_try else "one call is trying"
    )
    return f"not asked, {state.failures} calls failed in a row ({state.reason}); {wait}"
