"""Grafana, read only: alerts of its own rules, those rules, dashboards, annotations."""

from __future__ import annotations

from sre_assistant.contracts.integration import Integration
from sre_assistant.integrations.grafana.checkup import Checks
from sre_assistant.integrations.grafana.client import Client
from sre_assistant.integrations.grafana.config import Config
from sre_assistant.integrations.grafana.tools import tools
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.wire import Wire

__all__ = ["connect"]


def connect(config: Config, wire: Wire, clock: Clock, name: str = "grafana") -> Integration:
    """What one Grafana offers, over a wire that somebody else opens and closes."""
    client = Client(name, config, wire, clock)
    return Integration(
        name=name,
        kind="grafana",
        checkup=Checks(client, config, wire, clock).run,
        tools=tools(client),
        alerts=client,
        changes=client,
    )
