"""Proxmox Backup Server, read only."""

from __future__ import annotations

from sre_assistant.contracts.integration import Integration
from sre_assistant.integrations.pbs.checkup import Checks
from sre_assistant.integrations.pbs.client import Client
from sre_assistant.integrations.pbs.config import Config
from sre_assistant.integrations.pbs.source import Source
from sre_assistant.integrations.pbs.tools import tools
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.wire import Wire

__all__ = ["connect"]


def connect(config: Config, wire: Wire, clock: Clock, name: str = "pbs") -> Integration:
    """What one backup server offers, over a wire that somebody else opens and closes."""
    client = Client(name, config, wire, clock)
    source = Source(client)
    return Integration(
        name=name,
        kind="pbs",
        checkup=Checks(client, source, config, wire, clock).run,
        tools=tools(source, config, clock),
        changes=source,
        backups=source,
    )
