"""How well one Prometheus can be read, and the line that mends what is wrong."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Awaitable, Callable
from datetime import datetime

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.domain.errors import Missing, Rejected, SourceError
from sre_assistant.domain.reading import Build, Reading, Rule, Target
from sre_assistant.integrations.prometheus import shapes
from sre_assistant.integrations.prometheus.client import Client
from sre_assistant.integrations.prometheus.config import Config
from sre_assistant.integrations.prometheus.hosts import host_label
from sre_assistant.kit import checks
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.wire import Wire

_OLDEST = (2, 42)
_NEWEST = 3
_MOST_RULES = 5


class Checks:
    """The check-up of one Prometheus."""

    def __init__(self, client: Client, config: Config, wire: Wire, clock: Clock) -> None:
        self._client = client
        self._config = config
        self._wire = wire
        self._clock = clock

    async def run(self) -> Checkup:
        """Asks for everything the assistant uses; what fails is a finding, never an error."""
        try:
            await self._client.clock()  # the first call also connects, which would count as a difference
            began = self._clock.now()
            theirs = (await self._client.clock()).value
            ours = began + (self._clock.now() - began) / 2
        except SourceError as error:
            obstacle = checks.failure(self._config, error, "/api/v1/query?query=1")
            return self._told("", (*checks.transport(self._config, reached=False), obstacle))
        version, found = await self._reachable(ours, theirs)
        return self._told(version, (*checks.transport(self._config, reached=True), *found))

    def _told(self, version: str, findings: tuple[Finding, ...]) -> Checkup:
        return Checkup(
            system=self._client.name,
            kind="prometheus",
            url=self._config.url,
            version=version,
            findings=findings + checks.breaker(self._wire.state),
        )

    async def _reachable(self, ours: datetime, theirs: datetime) -> tuple[str, tuple[Finding, ...]]:
        answered = Finding(level="ok", check="reachable", text=f"answers at {self._config.url}")
        (version, build), *others = await asyncio.gather(
            self._version(),
            self._targets(),
            self._rules(),
            self._read("alerts", self._client.alerts, "/api/v1/alerts"),
            self._read(
                "label values", lambda: self._client.label_values("job", ("up",)), "/api/v1/label/job/values"
            ),
            self._settings(),
        )
        return version, (answered, build, checks.skew(ours, theirs), *(f for found in others for f in found))

    async def _version(self) -> tuple[str, Finding]:
        try:
            build = (await self._client.build()).value
        except SourceError as error:
            text = f"says no version: {error.detail}"
            return "", Finding(level="warning", check="version", text=text)
        return f"{build.product or 'Prometheus API'} {build.version}".strip(), _judged(build)

    async def _read(
        self, what: str, ask: Callable[[], Awaitable[Reading[object]]], path: str
    ) -> tuple[Finding, ...]:
        return (await checks.readable(self._config, what, ask, path),)

    async def _targets(self) -> tuple[Finding, ...]:
        found: list[Reading[tuple[Target, ...]]] = []

        async def ask() -> Reading[tuple[Target, ...]]:
            found.append(await self._client.targets())
            return found[0]

        readable = await checks.readable(self._config, "targets", ask, "/api/v1/targets")
        return (readable, *(_naming(each.value, self._config) for each in found if each.value))

    async def _rules(self) -> tuple[Finding, ...]:
        try:
            rules = (await self._client.rules()).value
            failing = [rule for rule in rules if rule.health == "err"]
            files = (await self._client.rule_files()).value if failing else {}
        except SourceError as error:
            return (checks.permission(self._config, "rules", error, "/api/v1/rules"),)
        readable = Finding(level="ok", check="permission", text="rules can be read")
        if failing:
            told = [_failing(rule, files.get(rule.group, "")) for rule in failing[:_MOST_RULES]]
            return (readable, *told, *_more(len(failing) - _MOST_RULES))
        return (readable, Finding(level="ok", check="rules", text=f"{len(rules)} rules, none failing"))

    async def _settings(self) -> tuple[Finding, ...]:
        try:
            runtime = (await self._client.runtime()).value
        except (Missing, Rejected):
            return ()  # servers that only speak the query API have no such page
        except SourceError as error:
            return (
                checks.permission(self._config, "runtime information", error, "/api/v1/status/runtimeinfo"),
            )
        if runtime.reload_config_success is not False:
            return ()
        return (await self._refused(runtime),)

    async def _refused(self, runtime: shapes.RuntimeInfo) -> Finding:
        try:
            flags = (await self._client.flags()).value
        except SourceError:
            flags = {}  # only the file's name would come from here
        file = flags.get("config.file") or "/etc/prometheus/prometheus.yml"
        return Finding(
            level="error",
            check="setting",
            text=f"its last configuration was refused; it runs on the one of {runtime.last_config_time}",
            fix=f"promtool check config {shlex.quote(file)}",
        )


def _judged(build: Build) -> Finding:
    number = re.match(r"v?(\d+)\.(\d+)", build.version)
    if not build.product or build.product != "Prometheus" or not number:
        text = f"{build.product or 'speaks the Prometheus API, names no product'} {build.version}".strip()
        return Finding(level="ok", check="version", text=f"{text}: only queries are relied on")
    major, minor = int(number[1]), int(number[2])
    if (major, minor) < _OLDEST:
        text = f"{build.version} is older than 2.42, the oldest this is made for"
        return Finding(level="warning", check="version", text=text, fix="upgrade Prometheus to 2.53 or newer")
    if major > _NEWEST:
        text = f"{build.version} is newer than 3.x, the newest this is made for"
        return Finding(level="warning", check="version", text=text)
    return Finding(level="ok", check="version", text=f"{build.product} {build.version}")


def _failing(rule: Rule, file: str) -> Finding:
    return Finding(
        level="warning",
        check="rules",
        text=f"rule {rule.name!r} in group {rule.group!r} fails: {rule.last_error or 'no error given'}",
        fix=f"promtool check rules {shlex.quote(file)}" if file else "",
    )


def _more(count: int) -> tuple[Finding, ...]:
    if count <= 0:
        return ()
    return (Finding(level="warning", check="rules", text=f"and {count} more rules fail"),)


def _naming(targets: tuple[Target, ...], config: Config) -> Finding:
    """Which label names machines, and on how many targets."""
    label = config.host_label or host_label(target.labels for target in targets)
    if not label:
        text = "machines are named by the host in instance"
        return Finding(level="ok", check="setting", text=text)
    named = sum(1 for target in targets if target.host)
    text = f"machines are named by the label {label}, on {named:,} of {len(targets):,} targets"
    if named:
        return Finding(level="ok", check="exporters", text=text)
    fix = f"{config.setting('host_label')}=LABEL-THAT-YOUR-TARGETS-HAVE"
    return Finding(level="warning", check="setting", text=text, fix=fix)
