"""The coverage ledger: every look-up of an investigation passes through it and leaves a line."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import TypeVar, cast

from sre_assistant.domain.errors import (
    Denied,
    Malformed,
    Missing,
    Rejected,
    SourceError,
    Unauthorised,
    Unreachable,
)
from sre_assistant.domain.events import Emit, LookupBegan, LookupDone
from sre_assistant.domain.evidence import Lookup
from sre_assistant.domain.reading import Completeness, Provenance, Reading
from sre_assistant.kit.clock import Clock

T = TypeVar("T")

_COMPLETENESS_OF: dict[type[SourceError], Completeness] = {
    Unreachable: Completeness.UNREACHABLE,
    Malformed: Completeness.UNREACHABLE,
    Unauthorised: Completeness.DENIED,
    Denied: Completeness.DENIED,
    Rejected: Completeness.UNSUPPORTED,
    Missing: Completeness.UNSUPPORTED,
}


class Ledger:
    """Asks on behalf of one investigation: bounded, side by side, each question once, each outcome kept.

    Args:
        case: id of the investigation, for the events.
        emit: where events go.
        clock: measures how long each look-up takes.
        side_by_side: most look-ups under way at once.
        budget: most look-ups in all; what comes after is not asked, and its line says so.
    """

    def __init__(
        self, case: str, emit: Emit, clock: Clock, *, side_by_side: int = 16, budget: int = 40
    ) -> None:
        self._case = case
        self._emit = emit
        self._clock = clock
        self._slots = asyncio.Semaphore(side_by_side)
        self._budget = budget
        self._asked: dict[tuple[str, str], asyncio.Task[Reading[object]]] = {}
        self._lines: dict[tuple[str, str, str], Lookup] = {}

    @property
    def lines(self) -> tuple[Lookup, ...]:
        """What was asked so far and what came, ordered so that two runs over the same answers agree."""
        return tuple(self._lines[key] for key in sorted(self._lines))

    def extend(self, look_ups: int) -> None:
        """Allow more look-ups, as when more cases share one investigation."""
        self._budget += look_ups

    async def read(
        self,
        ask: Callable[[], Awaitable[Reading[T]]],
        otherwise: T,
        *,
        source: str,
        operation: str,
        query: str,
        at: datetime,
    ) -> Reading[T]:
        """Ask once; a failing system gives ``otherwise`` with the reason instead of an exception.

        Args:
            ask: performs the look-up.
            otherwise: the value of a failed look-up; never mistaken for an answer, since the
                reading's completeness says it is none.
            source: name of the system asked.
            operation: what is wanted, for the ledger.
            query: what identifies the question to that system.
            at: the moment the question is about.
        """
        key = (source, query)
        if key not in self._asked:
            if len(self._asked) >= self._budget:
                detail = f"not asked: the budget of {self._budget} look-ups is spent"
                return self._kept(operation, _failed(otherwise, key, at, Completeness.UNSUPPORTED, detail))
            self._asked[key] = asyncio.ensure_future(self._ask(ask, otherwise, key, operation, at))
        reading = cast("Reading[T]", await asyncio.shield(self._asked[key]))
        return self._kept(operation, reading)

    async def _ask(
        self,
        ask: Callable[[], Awaitable[Reading[T]]],
        otherwise: T,
        key: tuple[str, str],
        operation: str,
        at: datetime,
    ) -> Reading[object]:
        async with self._slots:
            self._emit(LookupBegan(case=self._case, source=key[0], operation=operation))
            began = self._clock.monotonic()
            try:
                reading = await ask()
            except SourceError as error:
                reading = _failed(otherwise, key, at, _COMPLETENESS_OF[type(error)], error.detail)
            self._emit(
                LookupDone(
                    case=self._case,
                    source=key[0],
                    operation=operation,
                    completeness=reading.completeness,
                    seconds=self._clock.monotonic() - began,
                )
            )
            return cast("Reading[object]", reading)

    def _kept(self, operation: str, reading: Reading[T]) -> Reading[T]:
        line = Lookup(
            source=reading.provenance.source,
            operation=operation,
            query=reading.provenance.query,
            completeness=reading.completeness,
            detail=reading.detail,
        )
        self._lines[line.source, line.operation, line.query] = line
        return reading


def _failed(
    otherwise: T, key: tuple[str, str], at: datetime, completeness: Completeness, detail: str
) -> Reading[T]:
    source, query = key
    return Reading(
        value=otherwise,
        provenance=Provenance(source=source, query=query, observed_at=at),
        completeness=completeness,
        detail=detail,
    )
