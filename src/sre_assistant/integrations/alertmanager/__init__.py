"""Prometheus Alertmanager: alerts, groups and silences, which can be made and ended where that is allowed."""

from __future__ import annotations

from sre_assistant.contracts.integration import Integration
from sre_assistant.integrations.alertmanager.checkup import Checks
from sre_assistant.integrations.alertmanager.client import Client
from sre_assistant.integrations.alertmanager.config import Config
from sre_assistant.integrations.alertmanager.silencing import changes
from sre_assistant.integrations.alertmanager.tools import tools
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.wire import Wire

__all__ = ["connect"]


def connect(config: Config, wire: Wire, clock: Clock, name: str = "alertmanager") -> Integration:
    """What one Alertmanager offers, over a wire that somebody else opens and closes."""
    client = Client(name, config, wire, clock)
    return Integration(
        name=name,
        kind="alertmanager",
        checkup=Checks(client, config, wire, clock).run,
        tools=(*tools(client), *(changes(client) if config.allow_changes else ())),
        alerts=client,
        relays_alerts=True,
    )
