"""How well one TrueNAS can be read, and the line that mends what is wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Final

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.domain.errors import Denied, Missing, SourceError, Unauthorised
from sre_assistant.domain.window import Window
from sre_assistant.integrations.truenas import shapes
from sre_assistant.integrations.truenas.client import Client
from sre_assistant.integrations.truenas.config import Config
from sre_assistant.integrations.truenas.middleware import Access
from sre_assistant.kit import checks
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.wire import Wire

_OLDEST: Final = (24, 10)
_DEPRECATED: Final = (25, 10)
_NARROW: Final = (
    'midclt call api_key.create \'{"name": "sre-assistant", "username": "sre"}\'  '
    "# for a user in truenas_readonly_administrators"
)
_GRANT: Final = (
    "midclt call user.update SRE_USER_ID '{\"groups\": [GROUP_ID]}'  "
    "# GROUP_ID of truenas_readonly_administrators"
)
_GLANCE: Final = timedelta(minutes=1)
_READING: Final = frozenset({"READONLY_ADMIN"})


class Checks:
    """The check-up of one TrueNAS."""

    def __init__(self, client: Client, config: Config, wire: Wire, clock: Clock) -> None:
        self._client = client
        self._config = config
        self._wire = wire
        self._clock = clock

    async def run(self) -> Checkup:
        """Asks for everything the assistant uses; what fails is a finding, never an error."""
        try:
            access = await self._client.access()
            before = self._clock.now()
            info = await self._client.info()
            after = self._clock.now()
        except SourceError as error:
            return self._told("", (*checks.transport(self._config, reached=False), self._failure(error)))
        found = (
            *checks.transport(self._config, reached=True),
            Finding(
                level="ok", check="reachable", text=f"answers at {self._config.url} ({_SAID[access.api]})"
            ),
            *_authorised(access),
            _judged(info.version, access, f"{self._config.setting('api')}=auto"),
            *_clock(before + (after - before) / 2, info),
            *await self._permissions(),
            *checks.broader(_beyond(access), _NARROW),
            *_blind(access),
        )
        return self._told(f"TrueNAS {info.version}", found, tuple(sorted(access.roles or ())))

    def _told(self, version: str, findings: tuple[Finding, ...], rights: tuple[str, ...] = ()) -> Checkup:
        return Checkup(
            system=self._client.name,
            kind="truenas",
            url=self._config.url,
            version=version,
            findings=findings + checks.breaker(self._wire.state),
            rights=rights,
        )

    def _failure(self, error: SourceError) -> Finding:
        """What stands in the way; a key that is refused or too narrow has a remedy of its own."""
        finding = checks.failure(self._config, error, "/api/v2.0/system/info")
        if isinstance(error, Denied):
            return Finding(level="error", check="permission", text=error.detail, fix=_GRANT)
        if isinstance(error, Missing) and self._config.api != "auto":
            return Finding(
                level="error", check="reachable", text=error.detail, fix=f"{self._config.setting('api')}=auto"
            )
        if isinstance(error, Unauthorised) and not self._config.api_key:
            return Finding(level="error", check="authorised", text=error.detail, fix=finding.fix)
        return finding

    async def _permissions(self) -> tuple[Finding, ...]:
        client = self._client
        asks: tuple[tuple[str, Callable[[], Awaitable[object]]], ...] = (
            ("pools", client.pools),
            ("datasets", client.datasets),
            ("snapshots", client.snapshots),
            ("disks", client.disks),
            ("shares", client.nfs_shares),
            ("SMB shares", client.smb_shares),
            ("apps", client.apps),
            ("alerts", client.alerts),
            ("services", client.services),
            ("snapshot tasks", client.snapshot_tasks),
            ("replications", client.replications),
            ("cloud syncs", client.cloud_syncs),
            ("rsync tasks", client.rsyncs),
            ("scrub tasks", client.scrubs),
            ("interfaces", client.interfaces),
            ("audit log", lambda: client.audited(Window.before(self._clock.now(), _GLANCE))),
        )
        return tuple(await asyncio.gather(*(self._readable(what, ask) for what, ask in asks)))

    async def _readable(self, what: str, ask: Callable[[], Awaitable[object]]) -> Finding:
        try:
            await ask()
        except Denied as error:
            return Finding(level="error", check="permission", text=f"{what}: {error.detail}", fix=_GRANT)
        except SourceError as error:
            return checks.permission(self._config, what, error, self._config.rpc_path)
        return Finding(level="ok", check="permission", text=f"{what} can be read")


_SAID: Final = {"jsonrpc": "JSON-RPC", "rest": "REST v2.0"}


def _authorised(access: Access) -> tuple[Finding, ...]:
    if access.roles is None:
        return ()
    roles = ", ".join(sorted(access.roles)) or "no role"
    return (Finding(level="ok", check="authorised", text=f"logged in as {access.user} with {roles}"),)


def _judged(version: str, access: Access, ask_otherwise: str) -> Finding:
    number = re.search(r"(\d+)\.(\d+)", version)
    if number is None:
        return Finding(level="warning", check="version", text=f"says no version we can read: {version!r}")
    release = int(number[1][:4]), int(number[2][:4])
    if release < _OLDEST:
        return Finding(
            level="warning",
            check="version",
            text=f"{version} is older than 24.10, the oldest this is made for",
            fix="upgrade TrueNAS to 25.10 or newer",
        )
    if access.api == "rest" and release >= _DEPRECATED:
        return Finding(
            level="warning",
            check="version",
            text=f"TrueNAS {version} raises an alert for every call over REST, and 26 has no REST any more",
            fix=ask_otherwise,
        )
    return Finding(level="ok", check="version", text=f"TrueNAS {version}")


def _clock(ours: datetime, info: shapes.SystemInfo) -> tuple[Finding, ...]:
    return (checks.skew(ours, info.datetime.at, precision=0.5),) if info.datetime else ()


def _beyond(access: Access) -> tuple[str, ...]:
    """Roles that do more than read."""
    return tuple(sorted(r for r in access.roles or () if r not in _READING and not r.endswith("_READ")))


def _blind(access: Access) -> tuple[Finding, ...]:
    """What even the right key is not shown."""
    if access.roles is None:
        text = "over REST nobody says what the key may do"
    elif access.sees_all_jobs:
        return ()
    else:
        text = (
            "jobs of others are not shown to it (TrueNAS shows them to FULL_ADMIN alone, which is not worth "
            "it); scrubs, tasks, alerts and the audit log are read instead"
        )
    return (Finding(level="ok", check="permission", text=text),)
