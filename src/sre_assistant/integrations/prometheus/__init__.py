"""Prometheus, and servers that speak its HTTP API."""

from __future__ import annotations

from sre_assistant.contracts.integration import Integration
from sre_assistant.integrations.prometheus.checkup import Checks
from sre_assistant.integrations.prometheus.client import Client
from sre_assistant.integrations.prometheus.config import Config
from sre_assistant.integrations.prometheus.tools import tools
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.wire import Wire

__all__ = ["connect"]


def connect(config: Config, wire: Wire, clock: Clock, name: str = "prometheus") -> Integration:
    """What one Prometheus offers, over a wire that somebody else opens and closes."""
    client = Client(name, config, wire, clock)
    return Integration(
        name=name,
        kind="prometheus",
        checkup=Checks(client, config, wire, clock).run,
        tools=tools(client, clock),
        metrics=client,
        targets=client,
        rules=client,
        alerts=client,
    )
