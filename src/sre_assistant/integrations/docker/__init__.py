"""Docker: the containers of one daemon, their logs, use and events; restart, start and stop where allowed."""

from __future__ import annotations

from sre_assistant.contracts.integration import Integration
from sre_assistant.integrations.docker.checkup import Checks
from sre_assistant.integrations.docker.client import Client
from sre_assistant.integrations.docker.config import Config
from sre_assistant.integrations.docker.events import Events
from sre_assistant.integrations.docker.inventory import Inventory
from sre_assistant.integrations.docker.logs import Logs
from sre_assistant.integrations.docker.orders import Orders
from sre_assistant.integrations.docker.tools import change_tools, tools
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.wire import Wire

__all__ = ["connect"]


def connect(config: Config, wire: Wire, clock: Clock, name: str = "docker") -> Integration:
    """What one daemon offers, over a wire that somebody else opens and closes."""
    client = Client(name, config, wire, clock)
    inventory, logs, events = Inventory(client), Logs(client), Events(client)
    orders = Orders(client, inventory, config.timeout) if config.allow_changes else None
    return Integration(
        name=name,
        kind="docker",
        checkup=Checks(client, config, wire, clock).run,
        tools=(*tools(client, inventory, logs, events), *(change_tools(inventory, orders) if orders else ())),
        logs=logs,
        inventory=inventory,
        changes=events,
        actuator=orders,
    )
