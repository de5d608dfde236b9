"""How well one cluster can be read, and the line that mends what is wrong."""

from __future__ import annotations

import asyncio
import base64
import binascii
import re
import shlex
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Final

import msgspec

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.domain.errors import ConfigError, SourceError
from sre_assistant.integrations.kubernetes import kinds
from sre_assistant.integrations.kubernetes.client import Client
from sre_assistant.integrations.kubernetes.config import Config
from sre_assistant.integrations.kubernetes.grants import GRANT, GRANT_CHANGES, TOKEN
from sre_assistant.integrations.kubernetes.kinds import PODS, RESTARTED
from sre_assistant.integrations.kubernetes.quantities import stamp
from sre_assistant.integrations.kubernetes.rights import Right, texts, wider
from sre_assistant.kit import checks
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.codec import DecodeError, decode
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.units import format_span
from sre_assistant.kit.wire import Wire

_OLDEST: Final = (1, 28)
_NEWEST: Final = (1, 36)
_HEADER_PRECISION = 1.0
"""Seconds: an HTTP date has no fraction."""
_SOON: Final = timedelta(days=7)
_MOST_SHOWN = 12
_USUAL = "default"
_MORE = "sre-assistant-more"
_CHANGES: Final = (
    *(Right("patch", kind) for kind in RESTARTED.values()),
    Right("delete", PODS),
)


class _Claims(msgspec.Struct):
    """What a service account's token says of itself."""

    exp: float | None = None
    sub: str | None = None


class Checks:
    """The check-up of one cluster."""

    def __init__(self, client: Client, config: Config, wire: Wire, clock: Clock) -> None:
        self._client = client
        self._config = config
        self._wire = wire
        self._clock = clock

    async def run(self) -> Checkup:
        """Asks for everything the assistant uses; what fails is a finding, never an error."""
        try:
            version, theirs = await self._client.version()
            ours = self._clock.now()
        except ConfigError as error:
            return self._told(
                "", (Finding(level="error", check="setting", text=str(error), fix=error.remedy),)
            )
        except SourceError as error:
            obstacle = checks.failure(self._config, error, "/version")
            return self._told("", (*self._way(reached=False), obstacle))
        found = [
            *self._way(reached=True),
            Finding(level="ok", check="reachable", text=f"answers at {self._config.url}"),
            _judged(version),
            *((checks.skew(ours, theirs, precision=_HEADER_PRECISION),) if theirs else ()),
        ]
        rights, held = await self._rights()
        found += [*rights, *await self._namespaces(), *await self._metrics()]
        return self._told(f"Kubernetes {version}", found, held)

    def _told(self, version: str, findings: Sequence[Finding], rights: tuple[str, ...] = ()) -> Checkup:
        return Checkup(
            system=self._client.name,
            kind="kubernetes",
            url=self._config.url,
            version=version,
            findings=(*findings, *checks.breaker(self._wire.state)),
            rights=rights,
        )

    def _way(self, *, reached: bool) -> tuple[Finding, ...]:
        """How it is entered, and what is odd about that."""
        found = [*checks.transport(self._config, reached=reached)]
        setting = self._config.setting
        if self._config.passed_over:
            text = f"nothing of {setting('kubeconfig')} is used: {self._config.passed_over}"
            found.append(
                Finding(
                    level="warning",
                    check="setting",
                    text=text,
                    fix=f"{setting('kubeconfig')}=/path/to/its/own",
                )
            )
        if self._config.unreadable:
            text = f"no token is sent: {self._config.unreadable}"
            found.append(
                Finding(
                    level="error",
                    check="authorised",
                    text=text,
                    fix=f"{setting('token')}_FILE=/path/to/token",
                )
            )
        ends = _expiry(self._config)
        if ends and ends - self._clock.now() < _SOON:
            found.append(_ending(ends, ends - self._clock.now()))
        return tuple(found)

    async def _rights(self) -> tuple[tuple[Finding, ...], tuple[str, ...]]:
        """Whether the rights are enough and no more than that, and which they are."""
        spaces = self._config.spaces
        try:
            missing = await self._missing(self._needed())
            rules = await asyncio.gather(*(self._client.rights.rules(each) for each in spaces or (_USUAL,)))
            changes = await self._changes()
        except SourceError as error:
            path = "/apis/authorization.k8s.io/v1"
            return (checks.permission(self._config, "its own rights", error, path),), ()
        found = [*self._narrow(missing), *changes]
        needed = _CHANGES if self._config.allow_changes and not self._config.change_token else ()
        more = tuple(dict.fromkeys(text for each in rules for text in wider(each, needed)))
        shown = (
            (*more[:_MOST_SHOWN], f"and {len(more) - _MOST_SHOWN} more") if len(more) > _MOST_SHOWN else more
        )
        found += checks.broader(shown, " && ".join((*GRANT[:4], TOKEN.partition("  #")[0])))
        if any(each.incomplete for each in rules):
            text = "the cluster cannot list all of its rights; they may be broader than is known here"
            found.append(Finding(level="warning", check="permission", text=text))
        return tuple(found), texts(rules[0])

    def _needed(self) -> tuple[Right, ...]:
        """Every right that a read needs."""
        spaces = self._config.spaces
        found = [
            Right("list", kind)
            for kind in kinds.ALL
            if not kind.namespaced and (kind != kinds.NAMESPACES or not spaces)
        ]
        for space in spaces or ("",):
            found += [Right("list", kind, namespace=space) for kind in kinds.ALL if kind.namespaced]
            found.append(Right("get", PODS, "log", space))
        return tuple(found)

    async def _missing(self, rights: Sequence[Right]) -> tuple[Right, ...]:
        held = await asyncio.gather(*(self._client.rights.holds(right) for right in rights))
        return tuple(right for right, has in zip(rights, held, strict=True) if not has)

    def _narrow(self, missing: Sequence[Right]) -> tuple[Finding, ...]:
        if not missing:
            return (Finding(level="ok", check="permission", text="everything that is read may be read"),)
        said = bounded("; ".join(right.text for right in missing), 400)
        names = ",".join(dict.fromkeys(_grantable(right) for right in missing))
        role = f"kubectl create clusterrole {_MORE} --verb=get,list --resource={names}"
        binding = f"kubectl create clusterrolebinding {_MORE} --clusterrole={_MORE} {_whom(self._config)}"
        text = f"the credential may not {said}"
        return (Finding(level="error", check="permission", text=text, fix=f"{role} && {binding}"),)

    async def _changes(self) -> tuple[Finding, ...]:
        """Whether the changes that the operator allowed here are allowed there too."""
        if not self._config.allow_changes:
            return ()
        spaces = self._config.spaces
        wanted = [
            Right(each.verb, each.kind, namespace=space) for space in spaces or ("",) for each in _CHANGES
        ]
        held = await asyncio.gather(*(self._client.rights.allowed(right, "change") for right in wanted))
        missing = [right.text for right, has in zip(wanted, held, strict=True) if not has]
        if not missing:
            return (Finding(level="ok", check="permission", text="what is to be changed may be changed"),)
        said = bounded("; ".join(missing), 400)
        return (
            Finding(
                level="error" if spaces else "warning",  # without names, it may still be allowed in some
                check="permission",
                text=f"for changes the credential may not {said}",
                fix=" && ".join(GRANT_CHANGES),
            ),
        )

    async def _namespaces(self) -> tuple[Finding, ...]:
        """The configured namespaces that are not there: their lists would be empty without an error."""
        spaces = self._config.spaces
        there = await asyncio.gather(*(self._client.exists(space) for space in spaces))
        gone = [space for space, exists in zip(spaces, there, strict=True) if not exists]
        if not gone:
            return ()
        setting = self._config.setting("namespaces")
        kept = ",".join(space for space in spaces if space not in gone)
        text = f"{setting} names what is not there: {', '.join(gone)}"
        return (Finding(level="error", check="setting", text=text, fix=f"{setting}={kept}"),)

    async def _metrics(self) -> tuple[Finding, ...]:
        try:
            served = await self._client.serves("metrics.k8s.io", "v1beta1")
        except SourceError:
            return ()  # it is only a note, and what stands in the way has been said above
        if served:
            return ()
        text = "no metrics server: what pods use is known to Prometheus alone, and nothing is scaled by use"
        return (Finding(level="ok", check="exporters", text=text),)


def _judged(version: str) -> Finding:
    number = re.match(r"v?(\d{1,4})\.(\d{1,4})", version)
    if number is None:
        shown = bounded(version, 80)
        return Finding(level="warning", check="version", text=f"says no version we can read: {shown!r}")
    found, shown = (int(number[1]), int(number[2])), bounded(version, 80)
    if found < _OLDEST:
        return Finding(
            level="warning",
            check="version",
            text=f"{shown} is older than 1.28, the oldest this is made for",
            fix="upgrade the cluster, one minor version at a time",
        )
    newer = ", newer than 1.36, the newest this was tried with" if found > _NEWEST else ""
    return Finding(level="ok", check="version", text=f"Kubernetes {shown}{newer}")


def _claims(config: Config) -> _Claims:
    """What the token says of itself, where it is one of a service account."""
    token = config.headers().get("Authorization", "").removeprefix("Bearer ")
    parts = token.split(".")
    if len(parts) != 3:
        return _Claims()
    try:
        return decode(base64.urlsafe_b64decode(parts[1] + "=" * (-len(parts[1]) % 4)), _Claims)
    except (binascii.Error, ValueError, DecodeError):
        return _Claims()


def _expiry(config: Config) -> datetime | None:
    ends = _claims(config).exp
    try:
        return datetime.fromtimestamp(ends, UTC) if ends else None
    except (ValueError, OverflowError, OSError):
        return None


def _ending(ends: datetime, left: timedelta) -> Finding:
    if left <= timedelta():
        return Finding(level="error", check="authorised", text=f"its token ended at {stamp(ends)}", fix=TOKEN)
    text = f"its token ends in {format_span(left)}, at {stamp(ends)}"
    return Finding(level="warning", check="authorised", text=text, fix=TOKEN)


def _whom(config: Config) -> str:
    """The account that a binding is for, as kubectl takes it."""
    subject = (_claims(config).sub or "").split(":")
    if subject[:2] == ["system", "serviceaccount"] and len(subject) == 4:
        return f"--serviceaccount={shlex.quote(f'{subject[2]}:{subject[3]}')}"
    return "--serviceaccount=sre-assistant:sre-assistant"


def _grantable(right: Right) -> str:
    """A resource as ``kubectl create role`` takes it."""
    return f"{right.kind.full}/{right.part}" if right.part else right.kind.full
