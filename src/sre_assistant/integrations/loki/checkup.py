"""How well one Loki can be read, and the line that mends what is wrong."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterator
from datetime import timedelta
from typing import Final

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.domain.errors import SourceError, Unauthorised
from sre_assistant.domain.window import Window
from sre_assistant.integrations.loki.client import Client, Span
from sre_assistant.integrations.loki.config import Config
from sre_assistant.integrations.loki.landscape import LOOKED_BACK, Landscape, Surveyor
from sre_assistant.integrations.loki.meanings import MEANINGS
from sre_assistant.kit import checks
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.logql import selector
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.units import format_span
from sre_assistant.kit.wire import Wire

_LABELS: Final = "/loki/api/v1/labels"
_OLDEST: Final = (2, 9)
_NEWEST: Final = 3
_HEADER_PRECISION: Final = 1.0
"""Seconds: an HTTP date has no fraction."""
_STALE: Final = timedelta(minutes=15)
_AHEAD: Final = timedelta(minutes=1)
_SCHEMA: Final = re.compile(r"^\s*(?:- )?(store|schema): *([\w-]+)", re.MULTILINE)
_ALLOWED: Final = re.compile(r"^\s*allow_structured_metadata: *(true|false)", re.MULTILINE)
_RETENTION: Final = re.compile(r"^\s*retention_period: *([0-9][0-9a-z]*)", re.MULTILINE)


class Checks:
    """The check-up of one Loki."""

    def __init__(self, client: Client, surveyor: Surveyor, config: Config, wire: Wire, clock: Clock) -> None:
        self._client = client
        self._surveyor = surveyor
        self._config = config
        self._wire = wire
        self._clock = clock

    async def run(self) -> Checkup:
        """Asks for everything the assistant uses; what fails is a finding, never an error."""
        span = Span.of(Window.before(self._clock.now(), LOOKED_BACK))
        try:
            _, theirs = await self._client.dated_label_names(span)
            ours = self._clock.now()
        except SourceError as error:
            return self._told("", (*checks.transport(self._config, reached=False), self._obstacle(error)))
        (version, build), ready, labels, schema = await asyncio.gather(
            self._version(), self._ready(), self._labels(), self._schema()
        )
        found = (
            *checks.transport(self._config, reached=True),
            Finding(level="ok", check="reachable", text=f"answers at {self._config.url}"),
            build,
            *((checks.skew(ours, theirs, precision=_HEADER_PRECISION),) if theirs else ()),
            *ready,
            *labels,
            *schema,
        )
        return self._told(version, found)

    def _told(self, version: str, findings: tuple[Finding, ...]) -> Checkup:
        return Checkup(
            system=self._client.name,
            kind="loki",
            url=self._config.url,
            version=version,
            findings=findings + checks.breaker(self._wire.state),
        )

    def _obstacle(self, error: SourceError) -> Finding:
        if isinstance(error, Unauthorised) and "no org id" in error.detail:
            return Finding(
                level="error",
                check="authorised",
                text=error.detail,
                fix=f"{self._config.setting('tenant')}=NAME-OF-THE-TENANT",
            )
        return checks.failure(self._config, error, _LABELS)

    async def _version(self) -> tuple[str, Finding]:
        try:
            version = (await self._client.build()).version
        except SourceError as error:
            text = f"says no version: {error.detail}"
            return "", Finding(level="warning", check="version", text=text)
        return f"Loki {version}" if version else "", _judged(version)

    async def _ready(self) -> tuple[Finding, ...]:
        try:
            said = await self._client.ready()
        except SourceError as error:
            # Gateways keep this page to themselves; that queries are answered is what counts.
            text = f"does not say that it is ready: {error.detail}"
            return (Finding(level="warning", check="reachable", text=text),)
        if said == "ready":
            return ()
        return (Finding(level="warning", check="reachable", text=f"says of itself: {bounded(said, 200)}"),)

    async def _labels(self) -> tuple[Finding, ...]:
        try:
            land = await self._surveyor.landscape()
            counted = await self._counted(land)
        except SourceError as error:
            return (checks.permission(self._config, "streams and lines", error, "/loki/api/v1/series"),)
        if not land.cover:
            since = format_span(LOOKED_BACK)
            text = f"no stream has had a line for {since}: nothing is shipped, or to another tenant"
            return (Finding(level="warning", check="setting", text=text, fix=self._tenant()),)
        return (
            Finding(
                level="ok", check="permission", text=f"{land.streams:,} streams and their lines can be read"
            ),
            *self._meant(land),
            self._age(land),
            counted,
        )

    def _meant(self, land: Landscape) -> Iterator[Finding]:
        for meaning in MEANINGS:
            setting = self._config.setting(f"{meaning}_label")
            carriers = land.carriers[meaning]
            unseen = [each.name for each in carriers if each.kind == "unseen"]
            if unseen:
                text = f"{setting} names {', '.join(unseen)}, which no line of {format_span(LOOKED_BACK)} has"
                yield Finding(level="warning", check="setting", text=text, fix=f"{setting}=")
            elif carriers:
                yield Finding(level="ok", check="setting", text=f"{meaning} = {land.said(meaning)}")
            elif meaning == "level":
                text = "level = read from the lines themselves; no label or structured metadata tells it"
                yield Finding(level="ok", check="setting", text=text)
            elif meaning != "namespace":
                text = f"no label means {meaning}: labels are {', '.join(land.names)}"
                yield Finding(
                    level="warning", check="setting", text=bounded(text, 300), fix=f"{setting}=NAME"
                )

    def _age(self, land: Landscape) -> Finding:
        if land.newest is None:
            return Finding(level="warning", check="setting", text="its streams have no line of the last 6 h")
        age = self._clock.now() - land.newest
        if age < -_AHEAD:
            text = f"the newest line is {format_span(-age)} in the future: a sender's clock is ahead"
            return Finding(level="warning", check="clock", text=text, fix="timedatectl set-ntp true")
        said = f"the newest line is {format_span(max(age, timedelta(0)))} old"
        if age <= _STALE:
            return Finding(level="ok", check="setting", text=said)
        return Finding(
            level="warning",
            check="setting",
            text=f"{said}: do the agents still send?",
            fix="systemctl status alloy promtail",
        )

    async def _counted(self, land: Landscape) -> Finding:
        """Whether the index tells what a query would read."""
        window = Window.before(self._clock.now(), timedelta(hours=1))
        known = [await self._client.stats(selector(land.cover[0]), Span.of(window))] if land.cover else [None]
        if known[0] is not None:
            return Finding(level="ok", check="permission", text="the index tells what a query would read")
        text = "the index does not tell what a query would read: costly queries are not held back"
        return Finding(level="warning", check="setting", text=text)

    async def _schema(self) -> tuple[Finding, ...]:
        try:
            text = await self._client.configuration()
        except SourceError:
            return ()  # gateways do not let it through, and what matters of it shows in the lines
        found = _SCHEMA.findall(text)
        stores = [value for name, value in found if name == "store"]
        schemas = [value for name, value in found if name == "schema"]
        if not stores or not schemas:
            return ()
        said = f"schema {schemas[-1]} on {stores[-1]}"
        allowed = _ALLOWED.search(text)
        retention = _RETENTION.search(text)
        if retention:
            said += f", retention {retention[1] if retention[1].strip('0smhdw') else 'unlimited'}"
        modern = schemas[-1] >= "v13" and stores[-1] == "tsdb"
        if modern and not (allowed and allowed[1] == "false"):
            return (Finding(level="ok", check="version", text=f"{said}, structured metadata allowed"),)
        why = "limits_config.allow_structured_metadata is false" if modern else "it wants v13 on tsdb"
        return (
            Finding(
                level="warning",
                check="version",
                text=f"{said}: no structured metadata ({why}), so levels are read from the lines",
                fix="limits_config.allow_structured_metadata: true"
                if modern
                else "schema_config: schema: v13, store: tsdb",
            ),
        )

    def _tenant(self) -> str:
        return "" if self._config.tenant else f"{self._config.setting('tenant')}=NAME-OF-THE-TENANT"


def _judged(version: str) -> Finding:
    number = re.match(r"v?(\d+)\.(\d+)", version)
    if number is None:
        return Finding(
            level="warning", check="version", text=f"says no version we can read: {bounded(version, 60)!r}"
        )
    major, minor = int(number[1]), int(number[2])
    if (major, minor) < _OLDEST:
        text = f"{version} is older than 2.9, the oldest this is made for"
        return Finding(level="warning", check="version", text=text, fix="upgrade Loki to 3.x")
    if major > _NEWEST:
        text = f"{version} is newer than 3.x, the newest this is made for"
        return Finding(level="warning", check="version", text=text)
    return Finding(level="ok", check="version", text=f"Loki {version}")
