"""A connected TrueNAS and the local server behind it, over either API."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from random import Random
from typing import Any

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.sources import BackupSource, ChangeSource, InventorySource
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.integrations.truenas import connect
from sre_assistant.integrations.truenas.config import Config
from sre_assistant.kit.carriers import open_wire
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.secret import Secret
from sre_assistant.kit.wire import Wire
from tests.integrations.truenas.answers import CALLS, NOT_FOUND, NOW, WELL
from tests.kit import hostile_socket
from tests.kit.hostile import Hostile, by_path, hostile
from tests.kit.hostile_socket import Behaviour, Call, HostileSocket, by_method

KEY = "1-s3cr3t-k3y-value"


@dataclass
class System:
    """What is connected."""

    integration: Integration
    wire: Wire

    @property
    def inventory(self) -> InventorySource:
        assert self.integration.inventory
        return self.integration.inventory

    @property
    def changes(self) -> ChangeSource:
        assert self.integration.changes
        return self.integration.changes

    @property
    def backups(self) -> BackupSource:
        assert self.integration.backups
        return self.integration.backups

    async def call(self, tool: str, **arguments: object) -> ToolResult:
        found = {each.name: each for each in self.integration.tools}
        return await found[f"truenas_{tool}"].call(**arguments)


@asynccontextmanager
async def connected(url: str, clock: FixedClock | None = None, **settings: Any) -> AsyncIterator[System]:
    clock = clock or FixedClock(NOW)
    config = Config(url=url, **settings)
    wire = open_wire("nas", config, clock, Random(1))
    try:
        yield System(connect(config, wire, clock, "nas"), wire)
    finally:
        await wire.aclose()


def logged_in(behaviour: Behaviour, key: str = KEY) -> Behaviour:
    """Answers logins as the middleware does, everything else by a behaviour, and only after a login."""
    known: set[object] = set()

    async def behave(call: Call) -> None:
        if call.method == "auth.login_with_api_key":
            if good := call.params == [key]:
                known.add(call.socket)
            await call.reply(result=good)
        elif call.socket in known:
            await behaviour(call)
        else:
            await refused(207, "[ENOTAUTHENTICATED] Not authenticated")(call)

    return behave


def refused(number: int, reason: str) -> Behaviour:
    """How the middleware refuses a call."""
    return hostile_socket.failing(-32001, "Method call error", error=number, reason=reason)


def answers(**changed: Any) -> Behaviour:
    """Good results for all methods; a method is written with double underscores for dots."""
    return by_method(CALLS | {name.replace("__", "."): result for name, result in changed.items()})


def but(method: str, behaviour: Behaviour, otherwise: Behaviour | None = None) -> Behaviour:
    """One method behaves otherwise."""
    rest = otherwise or answers()

    async def behave(call: Call) -> None:
        await (behaviour if call.method == method else rest)(call)

    return behave


@asynccontextmanager
async def nas(
    behaviour: Behaviour | None = None, **settings: Any
) -> AsyncIterator[tuple[System, HostileSocket]]:
    """A TrueNAS that answers by JSON-RPC, with a key that fits."""
    behave = logged_in(behaviour or answers())
    with_key = {"api_key": Secret(KEY), **settings}
    async with hostile_socket.hostile_socket(behave) as server, connected(server.url, **with_key) as system:
        yield system, server


@asynccontextmanager
async def old_nas(**settings: Any) -> AsyncIterator[tuple[System, Hostile]]:
    """A TrueNAS that has REST alone."""
    async with hostile(by_path(WELL, NOT_FOUND)) as server, connected(server.url, **settings) as system:
        yield system, server
