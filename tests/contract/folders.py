"""Every integration there is, and everything that can be asked of it."""

from __future__ import annotations

import pkgutil
import tomllib
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import import_module
from pathlib import Path
from random import Random
from types import ModuleType
from typing import Any, TypeAlias

from sre_assistant import integrations
from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import Effect
from sre_assistant.domain.inventory import LogFilter
from sre_assistant.domain.window import Window
from sre_assistant.kit.carriers import open_wire
from sre_assistant.kit.clock import Clock, FixedClock
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.recording import ReplayWire
from sre_assistant.kit.secret import Secret
from sre_assistant.kit.wire import Wire
from tests.kit.hostile import Behaviour, by_path

Ask: TypeAlias = Callable[[], Awaitable[object]]
NOW = datetime(2026, 3, 1, 2, 14, 5, tzinfo=UTC)
TOKEN = "s3cr3t-t0k3n-value"
PASSWORD = "s3cr3t-p4ssw0rd-value"


@dataclass(frozen=True)
class Folder:
    """One integration."""

    kind: str
    path: Path

    @property
    def manifest(self) -> Mapping[str, Any]:
        return tomllib.loads((self.path / "manifest.toml").read_text(encoding="utf-8"))

    @property
    def config(self) -> type[Endpoint]:
        found: type[Endpoint] = self._module("config").Config
        return found

    @property
    def answers(self) -> ModuleType:
        """What the integration's own tests keep for this suite.

        ``WELL``: a good answer for each path; ``NOT_FOUND``: what any other path gets. Optional: ``SETTINGS``
        that the suite needs beside the URL, ``CREDENTIALS`` (a list of settings made from a token and a
        password), and ``EXAMPLES``: a sensible value for each parameter that some tool needs.
        """
        return import_module(f"tests.integrations.{self.kind}.answers")

    @property
    def behaving(self) -> Behaviour:
        """Good answers to all calls."""
        return by_path(self.answers.WELL, self.answers.NOT_FOUND)

    @property
    def examples(self) -> Mapping[str, object]:
        """A sensible value for each parameter that some tool needs; ``tool.parameter`` for one tool alone."""
        return getattr(self.answers, "EXAMPLES", {})

    @property
    def credentials(self) -> list[dict[str, Any]]:
        """Every way to say who we are, with the secrets above."""
        made = getattr(self.answers, "credentials", _http_credentials)
        found: list[dict[str, Any]] = made(Secret(TOKEN), Secret(PASSWORD))
        return found

    @property
    def changing(self) -> dict[str, Any]:
        """The settings that let it change things, where it can."""
        return {"allow_changes": True} if "change" in self.manifest["effects"] else {}

    def configured(self, url: str, **settings: Any) -> Endpoint:
        """Settings for a server at this address."""
        return self.config(url=url, **{**getattr(self.answers, "SETTINGS", {}), **settings})

    def connect(self, config: Endpoint, wire: Wire, clock: Clock, name: str = "the-system") -> Integration:
        connected: Integration = self._module().connect(config, wire, clock, name)
        return connected

    @asynccontextmanager
    async def live(self, config: Endpoint, clock: FixedClock) -> AsyncIterator[tuple[Integration, Wire]]:
        wire = open_wire("the-system", config, clock, Random(1))
        try:
            yield self.connect(config, wire, clock), wire
        finally:
            await wire.aclose()

    def unasked(self, name: str = "the-system", **settings: Any) -> Integration:
        """Connected to nothing, with changes allowed where that can be."""
        config = self.configured("http://x.lan", **settings)
        return self.connect(config, ReplayWire(name, ()), FixedClock(NOW), name)

    def read_names(self) -> list[str]:
        return list(self.reads(self.unasked()))

    def reads(self, integration: Integration) -> dict[str, Ask]:
        """Everything an integration can be asked, by name; nothing that changes."""
        return {**_offered(integration), **_tools(integration, self.examples)}

    def _module(self, name: str = "") -> ModuleType:
        return import_module(f"{integrations.__name__}.{self.kind}{'.' if name else ''}{name}")


def _http_credentials(token: Secret, password: Secret) -> list[dict[str, Any]]:
    return [{"bearer_token": token}, {"username": "ann", "password": password}]


ALL_FOLDERS = [
    Folder(found.name, Path(integrations.__path__[0]) / found.name)
    for found in pkgutil.iter_modules(integrations.__path__)
    if found.ispkg
]
FOLDERS = [folder for folder in ALL_FOLDERS if "env_prefix" in folder.manifest]
"""Those that connect a system; the others combine what systems offer."""


def _offered(integration: Integration) -> dict[str, Ask]:
    found: dict[str, Ask] = {}
    if metrics := integration.metrics:
        hour = Window.before(NOW, timedelta(hours=1))
        found["clock"] = metrics.clock
        found["instant"] = lambda: metrics.instant("up", NOW)
        found["range"] = lambda: metrics.range("up", hour, timedelta(minutes=1))
        found["label_values"] = lambda: metrics.label_values("job", ("up",))
    if integration.targets:
        found["targets"] = integration.targets.targets
    if integration.rules:
        found["rules"] = integration.rules.rules
    if integration.alerts:
        found["alerts"] = integration.alerts.alerts
    found |= _holdings(integration)
    return found


def _holdings(integration: Integration) -> dict[str, Ask]:
    found: dict[str, Ask] = {}
    hour = Window.before(NOW, timedelta(hours=1))
    if logs := integration.logs:
        found["lines"] = lambda: logs.lines(LogFilter(), hour, 10)
    if inventory := integration.inventory:
        found["inventory"] = inventory.inventory
    if changes := integration.changes:
        found["changes"] = lambda: changes.changes(hour)
    if backups := integration.backups:
        found["backups"] = backups.backups
        found["backup_jobs"] = backups.backup_jobs
        found["backup_stores"] = backups.backup_stores
    return found


def _tools(integration: Integration, examples: Mapping[str, object]) -> dict[str, Ask]:
    found: dict[str, Ask] = {}
    for tool in integration.tools:
        if tool.effect is not Effect.READ:
            continue
        required = [p.name for p in tool.parameters if p.required]
        arguments = {name: examples.get(f"{tool.name}.{name}", examples[name]) for name in required}

        def ask(
            call: Callable[..., Awaitable[object]] = tool.call, given: Any = arguments
        ) -> Awaitable[object]:
            return call(**given)

        found[tool.name] = ask
    return found
