"""How the connected systems are, asked for seldom and never by every caller at once."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING, Literal

from starlette.exceptions import HTTPException

from sre_assistant.domain.checkup import Checkup

if TYPE_CHECKING:
    from sre_assistant.api.metrics import Meters
    from sre_assistant.runtime.program import Program

_FRESH = 15.0
"""Seconds a check-up is good for when somebody waits."""
_STALE = 60.0
"""Seconds after which a scrape sets off a new one."""
_PATIENCE = 4.0
"""Seconds somebody waits for a check-up."""
_STATUS: dict[str, Literal["healthy", "degraded", "unhealthy"]] = {
    "ok": "healthy",
    "limited": "degraded",
    "down": "unhealthy",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Component:
    """One connected system."""

    name: str
    status: Literal["healthy", "degraded", "unhealthy"]
    detail: str
    """What is wrong, or its version."""


@dataclass(frozen=True, slots=True, kw_only=True)
class HealthReport:
    """What `/healthz` answers."""

    schema: int = 1
    status: Literal["healthy", "degraded", "unhealthy"]
    version: str
    model: str = "none"
    """The language model in use."""
    components: tuple[Component, ...]


class Health:
    """The last check-up, renewed when it is too old; those who ask meanwhile share one."""

    def __init__(self, program: Program, meters: Meters, *, patience: float = _PATIENCE) -> None:
        self._program = program
        self._meters = meters
        self._patience = patience
        self._systems: tuple[Checkup, ...] = ()
        self._checked_at: float | None = None
        self._running: asyncio.Task[None] | None = None

    async def systems(self) -> tuple[Checkup, ...]:
        """Each system's check-up, at most 15 seconds old.

        Raises:
            HTTPException: it takes longer than a probe waits; it goes on, so asking again may find it done.
        """
        if self._program.settings.systems and self._age() > _FRESH:
            try:
                await asyncio.wait_for(asyncio.shield(self._renewal()), self._patience)
            except TimeoutError as error:
                said = f"The check-up takes longer than {self._patience:g} s; ask again."
                raise HTTPException(HTTPStatus.SERVICE_UNAVAILABLE, said) from error
        return self._systems

    def refresh(self) -> None:
        """Sets off a check-up when the last is over a minute old; does not wait for it."""
        if self._program.settings.systems and self._age() > _STALE:
            self._renewal()

    async def aclose(self) -> None:
        """Gives up a check-up that is under way."""
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)

    def _age(self) -> float:
        if self._checked_at is None:
            return float("inf")
        return self._program.clock.monotonic() - self._checked_at

    def _renewal(self) -> asyncio.Task[None]:
        if self._running is None or self._running.done():
            self._running = asyncio.create_task(self._check())
        return self._running

    async def _check(self) -> None:
        report = await self._program.doctor(emit=self._meters.heard)
        self._systems = report.systems
        self._checked_at = self._program.clock.monotonic()
        self._meters.checked(report.systems, report.at.timestamp())


def health_report(systems: tuple[Checkup, ...], version: str) -> HealthReport:
    """The whole from its parts: as healthy as its systems are; unhealthy without any that works."""
    components = tuple(
        Component(name=one.system, status=_STATUS[one.status], detail=_detail(one)) for one in systems
    )
    statuses = {one.status for one in components}
    status: Literal["healthy", "degraded", "unhealthy"] = "degraded"
    if statuses == {"healthy"}:
        status = "healthy"
    elif statuses <= {"unhealthy"}:
        status = "unhealthy"
    return HealthReport(status=status, version=version, components=components)


def unready(systems: tuple[Checkup, ...], metrics: frozenset[str]) -> tuple[str, ...]:
    """Why no work can be done, in words that tell a stranger nothing; empty when it can."""
    if not systems:
        return ("no system is configured",)
    readable = {one.system for one in systems if one.status != "down"}
    return () if readable & metrics else ("no metrics system can be read",)


def _detail(checkup: Checkup) -> str:
    wrong = [finding.text for finding in checkup.findings if finding.level == "error"]
    return wrong[0] if wrong else checkup.version
