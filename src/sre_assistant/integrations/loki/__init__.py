"""Grafana Loki, read only."""

from __future__ import annotations

from sre_assistant.contracts.integration import Integration
from sre_assistant.integrations.loki.checkup import Checks
from sre_assistant.integrations.loki.client import Client
from sre_assistant.integrations.loki.config import Config
from sre_assistant.integrations.loki.landscape import Surveyor
from sre_assistant.integrations.loki.meanings import Meanings
from sre_assistant.integrations.loki.plan import Planner
from sre_assistant.integrations.loki.source import Source
from sre_assistant.integrations.loki.tools import Parts, tools
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.wire import Wire

__all__ = ["connect"]


def connect(config: Config, wire: Wire, clock: Clock, name: str = "loki") -> Integration:
    """What one Loki offers, over a wire that somebody else opens and closes."""
    client = Client(name, config, wire, clock)
    meanings = Meanings(config)
    surveyor = Surveyor(client, meanings, clock)
    source = Source(client, Planner(client, surveyor, config), meanings)
    parts = Parts(client=client, surveyor=surveyor, source=source, meanings=meanings, clock=clock)
    return Integration(
        name=name,
        kind="loki",
        checkup=Checks(client, surveyor, config, wire, clock).run,
        tools=tools(parts),
        logs=source,
    )
