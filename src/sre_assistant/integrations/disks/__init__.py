"""Power states of hard disks, from any metric source and any inventory."""

from __future__ import annotations

from sre_assistant.contracts.house import House
from sre_assistant.contracts.tool import Tool
from sre_assistant.integrations.disks.tools import tools
from sre_assistant.kit.clock import Clock

__all__ = ["compose"]


def compose(house: House, clock: Clock) -> tuple[Tool, ...]:
    """What a house can tell of its disks together; nothing where it has no metrics or no inventory."""
    return tools(house.metrics, house.inventory, clock) if house.metrics and house.inventory else ()
