"""A Kubernetes cluster: what runs in it, what it wrote, what was done; restarts where they are allowed."""

from __future__ import annotations

from sre_assistant.contracts.integration import Integration
from sre_assistant.integrations.kubernetes.actions import Actions
from sre_assistant.integrations.kubernetes.changes import Changes
from sre_assistant.integrations.kubernetes.checkup import Checks
from sre_assistant.integrations.kubernetes.client import Client
from sre_assistant.integrations.kubernetes.config import Config
from sre_assistant.integrations.kubernetes.inventory import Inventory
from sre_assistant.integrations.kubernetes.logs import Logs
from sre_assistant.integrations.kubernetes.named import Named
from sre_assistant.integrations.kubernetes.tools import Parts, tools
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.wire import Wire

__all__ = ["connect"]


def connect(config: Config, wire: Wire, clock: Clock, name: str = "kubernetes") -> Integration:
    """What one cluster offers, over a wire that somebody else opens and closes."""
    client = Client(name, config, wire, clock)
    inventory, logs, changes = Inventory(client), Logs(client), Changes(client)
    actions = Actions(client) if config.allow_changes else None
    parts = Parts(inventory=inventory, logs=logs, changes=changes, named=Named(client), clock=clock)
    return Integration(
        name=name,
        kind="kubernetes",
        checkup=Checks(client, config, wire, clock).run,
        tools=tools(parts, actions),
        logs=logs,
        inventory=inventory,
        changes=changes,
        actuator=actions,
    )
