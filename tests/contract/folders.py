"""Every integration there is, and everything that can be asked of it."""

from __future__ import annotations

import inspect
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
from typing import Any

from sre_assistant import integrations
from sre_assistant.contracts.integration import Integration
from sre_assistant.domain.window import Window
from sre_assistant.kit.clock import Clock, FixedClock
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.recording import ReplayWire
from sre_assistant.kit.wire import Wire
from tests.kit.hostile import Behaviour, by_path

NOW = datetime(2026, 3, 1, 2, 14, 5, tzinfo=UTC)
EXAMPLES: Mapping[str, object] = {"query": "up", "search_term": "cpu", "start": "1h", "end": "now"}
"""A sensible value for each parameter that some tool needs."""


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
    def behaving(self) -> Behaviour:
        """Good answers to all calls, kept with the integration's own tests."""
        answers = import_module(f"tests.integrations.{self.kind}.answers")
        return by_path(answers.WELL, answers.NOT_FOUND)

    def connect(self, config: Endpoint, wire: Wire, clock: Clock, name: str = "the-system") -> Integration:
        connected: Integration = self._module().connect(config, wire, clock, name)
        return connected

    @asynccontextmanager
    async def live(self, config: Endpoint, clock: FixedClock) -> AsyncIterator[tuple[Integration, LiveWire]]:
        wire = LiveWire("the-system", config, clock, Random(1))
        try:
            yield self.connect(config, wire, clock), wire
        finally:
            await wire.aclose()

    def read_names(self) -> list[str]:
        config = self.config(url="http://x.lan")
        return list(reads(self.connect(config, ReplayWire("the-system", ()), FixedClock(NOW))))

    def _module(self, name: str = "") -> ModuleType:
        return import_module(f"{integrations.__name__}.{self.kind}{'.' if name else ''}{name}")


FOLDERS = [
    Folder(found.name, Path(integrations.__path__[0]) / found.name)
    for found in pkgutil.iter_modules(integrations.__path__)
    if found.ispkg
]

Ask = Callable[[], Awaitable[object]]


def reads(integration: Integration) -> dict[str, Ask]:
    """Everything an integration can be asked, by name."""
    return {**_offered(integration), **_tools(integration)}


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
    return found


def _tools(integration: Integration) -> dict[str, Ask]:
    found: dict[str, Ask] = {}
    for tool in integration.tools:
        needed = [p.name for p in inspect.signature(tool.call).parameters.values() if p.default is p.empty]
        arguments = {name: EXAMPLES[name] for name in needed}

        def ask(
            call: Callable[..., Awaitable[object]] = tool.call, given: Any = arguments
        ) -> Awaitable[object]:
            return call(**given)

        found[tool.name] = ask
    return found
