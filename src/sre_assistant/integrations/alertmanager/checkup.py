"""How well one Alertmanager can be read, and the line that mends what is wrong."""

from __future__ import annotations

import asyncio
import re
from datetime import datetime

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.domain.errors import SourceError
from sre_assistant.integrations.alertmanager import shapes
from sre_assistant.integrations.alertmanager.client import Client
from sre_assistant.integrations.alertmanager.config import Config
from sre_assistant.kit import checks
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.wire import Wire

_OLDEST = (0, 25)
_HEADER_PRECISION = 1.0
"""Seconds: an HTTP date has no fraction."""


class Checks:
    """The check-up of one Alertmanager."""

    def __init__(self, client: Client, config: Config, wire: Wire, clock: Clock) -> None:
        self._client = client
        self._config = config
        self._wire = wire
        self._clock = clock

    async def run(self) -> Checkup:
        """Asks for everything the assistant uses; what fails is a finding, never an error."""
        try:
            reading, theirs = await self._client.dated_status()
            ours = self._clock.now()
        except SourceError as error:
            obstacle = checks.failure(self._config, error, "/api/v2/status")
            return self._told("", (*checks.transport(self._config, reached=False), obstacle))
        version = reading.value.version_info.version
        found = (
            *checks.transport(self._config, reached=True),
            Finding(level="ok", check="reachable", text=f"answers at {self._config.url}"),
            _judged(version),
            *_cluster(reading.value),
            *_clock(ours, theirs),
            *await self._permissions(),
            *_changes(self._config),
        )
        return self._told(f"Alertmanager {version}" if version else "", found)

    def _told(self, version: str, findings: tuple[Finding, ...]) -> Checkup:
        return Checkup(
            system=self._client.name,
            kind="alertmanager",
            url=self._config.url,
            version=version,
            findings=findings + checks.breaker(self._wire.state),
        )

    async def _permissions(self) -> tuple[Finding, ...]:
        return tuple(
            await asyncio.gather(
                checks.readable(self._config, "alerts", self._client.alerts, "/api/v2/alerts"),
                checks.readable(self._config, "groups", self._client.groups, "/api/v2/alerts/groups"),
                checks.readable(self._config, "silences", self._client.silences, "/api/v2/silences"),
            )
        )


def _judged(version: str) -> Finding:
    number = re.match(r"v?(\d+)\.(\d+)", version)
    if number is None:
        return Finding(level="warning", check="version", text=f"says no version we can read: {version!r}")
    if (int(number[1]), int(number[2])) < _OLDEST:
        return Finding(
            level="warning",
            check="version",
            text=f"{version} is older than 0.25, the oldest this is made for",
            fix="upgrade Alertmanager to 0.28 or newer",
        )
    return Finding(level="ok", check="version", text=f"Alertmanager {version}")


def _cluster(status: shapes.Status) -> tuple[Finding, ...]:
    state = status.cluster.status if status.cluster else ""
    if state in {"ready", "disabled", ""}:
        return ()
    text = f"its cluster is {state}: silences may differ between its members"
    return (Finding(level="warning", check="setting", text=text),)


def _clock(ours: datetime, theirs: datetime | None) -> tuple[Finding, ...]:
    return (checks.skew(ours, theirs, precision=_HEADER_PRECISION),) if theirs else ()


def _changes(config: Config) -> tuple[Finding, ...]:
    """Whether silences can be made; that the credential may is only seen when one is."""
    if config.allow_changes:
        text = "silences can be made and ended; whether the credential may is not known before one is"
        return (Finding(level="ok", check="setting", text=text),)
    if config.change_bearer_token:
        return (
            Finding(
                level="warning",
                check="setting",
                text=f"{config.setting('change_bearer_token')} is set, but no silence can be made",
                fix=f"{config.setting('allow_changes')}=true",
            ),
        )
    return ()
