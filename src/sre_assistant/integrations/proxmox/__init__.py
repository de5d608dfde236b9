"""Proxmox VE: what there is on a cluster, what was done and what is saved; guests start where allowed."""

from __future__ import annotations

from sre_assistant.contracts.integration import Integration
from sre_assistant.integrations.proxmox.checkup import Checks
from sre_assistant.integrations.proxmox.client import Client
from sre_assistant.integrations.proxmox.config import Config
from sre_assistant.integrations.proxmox.control import Control
from sre_assistant.integrations.proxmox.history import History
from sre_assistant.integrations.proxmox.holdings import Holdings
from sre_assistant.integrations.proxmox.saves import Saves
from sre_assistant.integrations.proxmox.tools import tools
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.wire import Wire

__all__ = ["connect"]


def connect(config: Config, wire: Wire, clock: Clock, name: str = "proxmox") -> Integration:
    """What one cluster offers, over a wire that somebody else opens and closes."""
    client = Client(name, config, wire, clock)
    holdings, history, saves = Holdings(client), History(client), Saves(client)
    power = Control(client) if config.allow_changes else None
    return Integration(
        name=name,
        kind="proxmox",
        checkup=Checks(client).run,
        tools=tools(client, holdings, history, saves, power),
        inventory=holdings,
        changes=history,
        backups=saves,
        actuator=power,
    )
