"""TrueNAS, by JSON-RPC or the older REST API, read only."""

from __future__ import annotations

from sre_assistant.contracts.integration import Integration
from sre_assistant.integrations.truenas.checkup import Checks
from sre_assistant.integrations.truenas.client import Client
from sre_assistant.integrations.truenas.config import Config
from sre_assistant.integrations.truenas.holdings import Holdings
from sre_assistant.integrations.truenas.tools import tools
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.wire import Wire

__all__ = ["connect"]


def connect(config: Config, wire: Wire, clock: Clock, name: str = "truenas") -> Integration:
    """What one TrueNAS offers, over a wire that somebody else opens and closes."""
    client = Client(name, config, wire, clock)
    holdings = Holdings(client)
    return Integration(
        name=name,
        kind="truenas",
        checkup=Checks(client, config, wire, clock).run,
        tools=tools(client),
        inventory=holdings,
        changes=holdings,
        backups=holdings,
    )
