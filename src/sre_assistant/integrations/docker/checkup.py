"""How well one daemon can be read, and the line that mends what is wrong."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.domain.errors import Denied, Missing, SourceError
from sre_assistant.domain.window import from_epoch
from sre_assistant.integrations.docker import shapes
from sre_assistant.integrations.docker.client import (
    NEWEST_API,
    OLDEST_API,
    Client,
    Spoken,
    number,
    unreadable,
)
from sre_assistant.integrations.docker.config import Config
from sre_assistant.integrations.docker.inventory import Inventory, Survey
from sre_assistant.integrations.docker.parse import Container, moment
from sre_assistant.kit import checks
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.wire import Wire

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_READABLE: Final = frozenset({"json-file", "local", "journald", "k8s-file", "passthrough", ""})
"""Log drivers that keep lines where they can be read; of the others only asking tells."""
_ROTATION: Final = '{"log-driver": "json-file", "log-opts": {"max-size": "10m", "max-file": "3"}}'
_MOST_ASKED: Final = 20
_MOST_WARNINGS: Final = 3
_PROXY: Final = "put a read-only socket proxy before it: sre doctor docker --fix-hints prints the command"
_PARTS: Final = {
    "containers": ("CONTAINERS=1", "/containers/json"),
    "inspection": ("CONTAINERS=1", "/containers/NAME/json"),
    "logs": ("CONTAINERS=1", "/containers/NAME/logs"),
    "figures": ("CONTAINERS=1", "/containers/NAME/stats"),
    "events": ("EVENTS=1", "/events"),
    "the daemon and its machine": ("INFO=1", "/info"),
    "its version": ("VERSION=1", "/version"),
}
"""What is asked for, by the names that socket proxies give it and by its path."""


class Checks:
    """The check-up of one daemon."""

    def __init__(self, client: Client, config: Config, wire: Wire, clock: Clock) -> None:
        self._client = client
        self._config = config
        self._wire = wire
        self._clock = clock

    async def run(self) -> Checkup:
        """Asks for everything the assistant uses; what fails is a finding, never an error."""
        try:
            spoken = await self._client.spoken()
            if spoken.version is None:
                await self._client.containers()
        except SourceError as error:
            return self._told("", (*checks.transport(self._config, reached=False), self._obstacle(error)))
        answered = Finding(level="ok", check="reachable", text=f"answers at {self._config.address}")
        found = (
            *checks.transport(self._config, reached=True),
            answered,
            *_judged(spoken),
            *await self._clocks(),
            *await self._readable(),
        )
        return self._told(_product(spoken), (*found, *await self._exposure()))

    def _told(self, version: str, findings: tuple[Finding, ...]) -> Checkup:
        readable = [one.text for one in findings if one.check == "permission" and one.level == "ok"]
        return Checkup(
            system=self._client.name,
            kind="docker",
            url=self._config.address,
            version=version,
            findings=findings + checks.breaker(self._wire.state),
            rights=tuple(text.removesuffix(" can be read") for text in readable),
        )

    def _obstacle(self, error: SourceError) -> Finding:
        """What stands in the way, with a line for this system where there is a better one."""
        finding = checks.failure(self._config, error, "/version")
        if isinstance(error, Denied):
            return replace(finding, fix=_allowing("containers"))
        if finding.check == "tls" and "certificate required" in error.detail.lower().replace("_", " "):
            setting = self._config.setting("cert_path")
            return replace(finding, fix=f"{setting}=/path/to/folder-with-ca-cert-and-key")
        if finding.fix.startswith(f"{self._config.setting('url')}=https:"):
            setting = self._config.setting("cert_path")
            return replace(finding, fix=f"{finding.fix} {setting}=/path/to/folder-with-ca-cert-and-key")
        if not self._config.socket:
            return finding
        path = shlex.quote(self._config.socket)
        if "permission denied" in error.detail:
            return replace(finding, fix=f"sudo usermod -aG $(stat -c %G {path}) $(id -un), or {_PROXY}")
        if "no such file" in error.detail or "refused" in error.detail:
            return replace(finding, fix="sudo systemctl start docker")
        return replace(finding, fix=f"curl -sS --unix-socket {path} http://docker/version")

    async def _clocks(self) -> tuple[Finding, ...]:
        what = "the daemon and its machine"
        try:
            began = self._clock.now()
            info = await self._client.info()
            ours = began + (self._clock.now() - began) / 2
        except SourceError as error:
            return (_refused(what, error),)
        theirs = moment(info.system_time)
        found = [Finding(level="ok", check="permission", text=f"{what} can be read")]
        if theirs is not None:
            found.append(checks.skew(ours, theirs))
        return (*found, *_said(info))

    async def _readable(self) -> tuple[Finding, ...]:
        """Whether each part can be read; what concerns a container is tried on one."""
        # A window long past: up to a moment that the daemon's clock has not reached, it would wait.
        events = await _tried("events", lambda: self._client.events(from_epoch(1), from_epoch(2)))
        try:
            survey = (await Inventory(self._client).survey()).value
        except SourceError as error:
            return (events, _refused("containers", error))
        listed = Finding(level="ok", check="permission", text="containers can be read")
        if not survey.containers:
            return (events, listed)
        one = next((each for each in survey.containers if each.alive), survey.containers[0])
        return (
            events,
            listed,
            *await asyncio.gather(
                _tried("inspection", lambda: self._client.inspected(one)),
                _tried("logs", lambda: self._last_line(one)),
                _tried("figures", lambda: self._client.stats(one, at_once=True)),
            ),
            *await self._traps(survey),
        )

    async def _traps(self, survey: Survey) -> tuple[Finding, ...]:
        """Logs that cannot be read, and logs that grow for ever."""
        drivers = {key: _log_config(look) for key, look in survey.looked.items()}
        doubtful = [
            one for one in survey.containers if one.id in drivers and drivers[one.id].type not in _READABLE
        ]
        answers = await asyncio.gather(*(self._is_mute(one) for one in doubtful[:_MOST_ASKED]))
        mute = [one.name for one, is_mute in zip(doubtful, answers, strict=False) if is_mute]
        growing = [
            one.name
            for one in survey.containers
            if one.id in drivers and drivers[one.id].type == "json-file" and not _is_rotated(drivers[one.id])
        ]
        found = []
        if mute:
            text = f"no logs can be read of {_some(mute)}: their log driver keeps nothing"
            fix = "docker run --log-driver local …, or logging: {driver: local} in the compose file"
            found.append(Finding(level="warning", check="setting", text=text, fix=fix))
        if growing:
            text = f"the logs of {_some(growing)} are never rotated and grow until the disk is full"
            fix = f"{_ROTATION} in /etc/docker/daemon.json, restart Docker, make the containers anew"
            found.append(Finding(level="warning", check="setting", text=text, fix=fix))
        return tuple(found)

    async def _last_line(self, found: Container) -> object:
        try:
            return await self._client.log(found, since=self._clock.now(), until=None, tail=1)
        except Missing as error:
            if unreadable(error):
                return None  # the daemon lets us ask; which logs say nothing is told apart
            raise

    async def _is_mute(self, found: Container) -> bool:
        try:
            await self._client.log(found, since=self._clock.now(), until=None, tail=1)
        except Missing as error:
            return unreadable(error)
        except SourceError:
            return False  # told of as a missing right
        return False

    async def _exposure(self) -> tuple[Finding, ...]:
        """What whoever gets this far could do, as far as it can be known without doing it."""
        if self._config.socket:
            text = f"whoever reaches {self._config.socket} is root on its host, unless a proxy offers it"
            return (Finding(level="warning", check="permission", text=text, fix=_PROXY),)
        try:
            await self._client.plugins()
        except SourceError:
            open_wide: tuple[Finding, ...] = ()
        else:
            open_wide = checks.broader(("GET /plugins, so probably everything else too",), _PROXY)
        host = urlsplit(self._config.url).hostname
        if self._config.encrypted or host in _LOOPBACK:
            return open_wide
        text = "anybody who reaches this port is heard, and everything travels unencrypted"
        fix = (
            f"DOCKER_HOST=tcp://{host}:2376 DOCKER_TLS_VERIFY=1 DOCKER_CERT_PATH=/path/to/folder, or {_PROXY}"
        )
        return (*open_wide, Finding(level="warning", check="tls", text=text, fix=fix))


async def _tried(what: str, ask: Callable[[], Awaitable[object]]) -> Finding:
    try:
        await ask()
    except SourceError as error:
        return _refused(what, error)
    return Finding(level="ok", check="permission", text=f"{what} can be read")


def _refused(what: str, error: SourceError) -> Finding:
    fix = _allowing(what) if isinstance(error, Denied) else ""
    return Finding(level="error", check="permission", text=f"{what}: {error.detail}", fix=fix)


def _allowing(what: str) -> str:
    switch, path = _PARTS[what]
    return f"allow GET {path} in the proxy before the daemon ({switch}, or in its -allowGET)"


def _judged(spoken: Spoken) -> tuple[Finding, ...]:
    version = spoken.version
    if version is None:
        text = "its version: HTTP 403, so calls are made in whichever version the daemon takes for its newest"
        return (Finding(level="warning", check="version", text=text, fix=_allowing("its version")),)
    newest, oldest = number(version.api_version), number(version.min_api_version or "")
    said = f"{_product(spoken)}, API {version.api_version}, spoken {spoken.api}"
    if newest is not None and newest < OLDEST_API:
        text = f"{said}: older than 1.41, the oldest this is made for"
        return (Finding(level="warning", check="version", text=text, fix="upgrade Docker to 20.10 or newer"),)
    if oldest is not None and oldest > NEWEST_API:
        text = f"{said}: it speaks nothing as old as 1.47, the newest this is made for"
        return (Finding(level="warning", check="version", text=text),)
    if "podman" in _product(spoken).lower():
        said += (
            "; Podman's compatible API: figures and events may lack fields, which are then said to be missing"
        )
    return (Finding(level="ok", check="version", text=said),)


def _product(spoken: Spoken) -> str:
    if spoken.version is None:
        return ""
    names = [one.name for one in spoken.version.components or ()]
    product = "Podman" if any("podman" in name.lower() for name in names) else "Docker Engine"
    return bounded(f"{product} {spoken.version.version}".strip(), 80)


def _said(info: shapes.Info) -> list[Finding]:
    """What the daemon itself warns of, without what is told of the way to it anyway."""
    own = [redact(" ".join(text.split())) for text in info.warnings or ()]
    own = [re.sub(r"^WARNING: ", "", text) for text in own if "without encryption" not in text]
    return [
        Finding(level="warning", check="setting", text=f"the daemon warns: {bounded(text, 200)}")
        for text in own[:_MOST_WARNINGS]
    ]


def _log_config(look: shapes.Inspected) -> shapes.LogConfig:
    return (look.host_config and look.host_config.log_config) or shapes.LogConfig()


def _is_rotated(config: shapes.LogConfig) -> bool:
    return (config.config or {}).get("max-size", "-1") not in {"", "-1", "0"}


def _some(names: list[str]) -> str:
    more = f" and {len(names) - 5} more" if len(names) > 5 else ""
    return bounded(", ".join(sorted(names)[:5]), 200) + more
