"""How well one Grafana can be read, and the line that mends what is wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from dataclasses import replace
from datetime import timedelta
from typing import Final
from urllib.parse import urlsplit

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.domain.errors import Denied, Missing, SourceError, Unauthorised
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.grafana import client as paths
from sre_assistant.integrations.grafana.client import Client
from sre_assistant.integrations.grafana.config import Config
from sre_assistant.integrations.grafana.loose import Loose, fit
from sre_assistant.integrations.grafana.rights import Rights
from sre_assistant.kit import checks
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.outcomes import settled
from sre_assistant.kit.wire import Wire

_OLDEST: Final = 10
_HEADER_PRECISION: Final = 1.0
"""Seconds: an HTTP date has no fraction."""
_LATELY: Final = timedelta(hours=1)
_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})


class Checks:
    """The check-up of one Grafana."""

    def __init__(self, client: Client, config: Config, wire: Wire, clock: Clock) -> None:
        self._client = client
        self._config = config
        self._wire = wire
        self._clock = clock

    async def run(self) -> Checkup:
        """Asks for everything the assistant uses; what fails is a finding, never an error."""
        try:
            health, theirs = await self._client.health()
            ours = self._clock.now()
        except SourceError as error:
            obstacle = checks.failure(self._config, error, paths.HEALTH)
            return self._told("", (*checks.transport(self._config, reached=False), obstacle))
        rights, settings = await asyncio.gather(
            settled(self._client.asked_rights()), settled(self._client.settings())
        )
        shown = settings if isinstance(settings, Loose) else Loose()
        version = fit(health.version or shown["buildInfo"]["version"].text, 60)
        reached = (
            *checks.transport(self._config, reached=True),
            Finding(level="ok", check="reachable", text=f"answers at {self._config.url}"),
            _judged(version),
            *((checks.skew(ours, theirs, precision=_HEADER_PRECISION),) if theirs else ()),
        )
        product = f"Grafana {version}" if version else ""
        if isinstance(rights, Unauthorised):
            refused = checks.failure(self._config, rights, paths.PERMISSIONS)
            return self._told(product, (*reached, refused))
        found = (*reached, *self._way_in(shown), *await self._permissions(), *self._judged_rights(rights))
        return self._told(product, found, rights.told if isinstance(rights, Rights) else ())

    def _told(self, version: str, findings: tuple[Finding, ...], rights: tuple[str, ...] = ()) -> Checkup:
        return Checkup(
            system=self._client.name,
            kind="grafana",
            url=self._config.url,
            version=version,
            findings=findings + checks.breaker(self._wire.state),
            rights=rights,
        )

    def _way_in(self, settings: Loose) -> tuple[Finding, ...]:
        """Who is let in, and where its links lead."""
        found = []
        if settings["anonymousEnabled"].flag:
            text = "anonymous access is on: whoever reaches it reads without an account"
            found.append(
                Finding(level="warning", check="setting", text=text, fix="GF_AUTH_ANONYMOUS_ENABLED=false")
            )
        if self._config.service_account_token is None:
            name = self._config.setting("service_account_token")
            text = "no token is set: only what anonymous visitors see can be read"
            found.append(
                Finding(level="warning", check="authorised", text=text, fix=f"{name}_FILE=/path/to/token")
            )
        host = urlsplit(settings["appUrl"].text).hostname if _is_url(settings["appUrl"].text) else None
        if host in _LOOPBACK and urlsplit(self._config.url).hostname not in _LOOPBACK:
            text = f"the links in its alerts lead to {host}, which is another machine for everybody else"
            fix = f"GF_SERVER_ROOT_URL={self._config.url}/"
            found.append(Finding(level="warning", check="setting", text=text, fix=fix))
        return tuple(found)

    def _judged_rights(self, rights: Rights | SourceError) -> tuple[Finding, ...]:
        if isinstance(rights, SourceError):
            text = f"what the token may do could not be asked: {rights.detail}"
            return (Finding(level="warning", check="permission", text=text),)
        broader = rights.broader
        shown = [f"as {rights.role}: {broader[0]}", *broader[1:6]] if broader else []
        more = [f"{len(broader) - 6:,} more"] if len(broader) > 6 else []
        return checks.broader([*shown, *more], self._as_viewer())

    def _as_viewer(self) -> str:
        """The line that gives the service account its role; the ID is in its page's address."""
        body = '\'{"role":"Viewer"}\''
        call = f"curl -fsS -u admin -X PATCH -H 'Content-Type: application/json' -d {body}"
        return f"{call} {self._config.url}/api/serviceaccounts/ID"

    async def _permissions(self) -> tuple[Finding, ...]:
        def lately() -> Awaitable[Reading[object]]:
            return self._client.changes(Window.before(self._clock.now(), _LATELY))

        return tuple(
            await asyncio.gather(
                self._readable("alerts", self._client.heard, paths.ALERTS),
                self._readable("alert rules", self._client.alert_rules, paths.PROVISIONED),
                self._readable("annotations", lately, paths.ANNOTATIONS),
                self._readable("dashboards", lambda: self._client.search(""), paths.SEARCH),
            )
        )

    async def _readable(self, what: str, ask: Callable[[], Awaitable[Reading[object]]], path: str) -> Finding:
        try:
            reading = await ask()
        except Denied as error:
            return replace(checks.permission(self._config, what, error, path), fix=self._as_viewer())
        except Missing as error:
            return self._absent(what, error, path)
        except SourceError as error:
            return checks.permission(self._config, what, error, path)
        if reading.completeness is Completeness.DENIED:
            text = f"{what}: {reading.detail}"
            return Finding(level="error", check="permission", text=text, fix=self._as_viewer())
        if reading.completeness is Completeness.PARTIAL:
            text = f"{what} can be read in part: {reading.detail}"
            return Finding(level="warning", check="permission", text=text)
        limits = f": {reading.detail}" if reading.detail else ""
        return Finding(level="ok", check="permission", text=f"{what} can be read{limits}")

    def _absent(self, what: str, error: Missing, path: str) -> Finding:
        if not what.startswith("alert"):
            return checks.permission(self._config, what, error, path)
        text = f"{what}: Grafana's own alerting is off or missing ({error.detail})"
        return Finding(level="warning", check="setting", text=text, fix="GF_UNIFIED_ALERTING_ENABLED=true")


def _judged(version: str) -> Finding:
    number = re.match(r"v?(\d+)\.", version)
    if number is None:
        text = f"says no version we can read: {version!r}" if version else "hides its version"
        return Finding(level="warning", check="version", text=text)
    if int(number[1]) < _OLDEST:
        return Finding(
            level="warning",
            check="version",
            text=f"{version} is older than {_OLDEST}, the oldest this is made for",
            fix="upgrade Grafana to 12 or newer",
        )
    return Finding(level="ok", check="version", text=f"Grafana {version}")


def _is_url(text: str) -> bool:
    try:
        return bool(urlsplit(text).hostname)
    except ValueError:
        return False
