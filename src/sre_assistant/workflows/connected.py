"""What is connected, and everything it holds: each system's version, rights, tools, resources."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from typing import Literal

from sre_assistant.contracts.house import House
from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.ledger import Ledger
from sre_assistant.contracts.sources import InventorySource
from sre_assistant.contracts.tool import Effect
from sre_assistant.domain.errors import ConfigError
from sre_assistant.domain.events import Emit
from sre_assistant.domain.evidence import Lookup
from sre_assistant.domain.inventory import Resource
from sre_assistant.domain.reading import Completeness
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.ids import Ids

_CONTRACTS = (
    "metrics", "targets", "rules", "alerts", "logs", "inventory", "changes", "backups", "actuator"
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Connected:
    """One connected system."""

    system: str
    """Its configured name."""
    kind: str
    url: str
    """Where it is, without credentials."""
    status: Literal["ok", "limited", "down"]
    version: str
    """Product and version, or empty when it did not say."""
    rights: tuple[str, ...]
    """What the credential may do, in the system's own words; empty when the system does not say."""
    offers: tuple[str, ...]
    """What it can be asked for: ``metrics``, ``logs``, ``inventory`` …"""
    tools: tuple[str, ...]
    """Names of its tools that read."""
    changes: tuple[str, ...]
    """Names of its tools that change something; empty until the operator allows them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ConnectedList:
    """All connected systems. The JSON form is this class, field by field."""

    schema: int = 1
    at: datetime
    systems: tuple[Connected, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Holding:
    """What one system lets us see."""

    system: str
    completeness: Completeness
    detail: str
    """Why it is not complete."""
    resources: tuple[Resource, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Inventory:
    """Everything that the connected systems know of. The JSON form is this class, field by field."""

    schema: int = 1
    at: datetime
    systems: tuple[Holding, ...]
    coverage: tuple[Lookup, ...]


async def list_connected(house: House, *, clock: Clock) -> ConnectedList:
    """What is connected, its version, rights and tools.

    Raises:
        ConfigError: nothing is.
    """
    systems = house.require_systems()
    return ConnectedList(at=clock.now(), systems=tuple(await asyncio.gather(*(_told(s) for s in systems))))


async def take_inventory(house: House, *, clock: Clock, ids: Ids, emit: Emit) -> Inventory:
    """What all systems hold, asked side by side; one that fails leaves a line in the coverage.

    Raises:
        ConfigError: no connected system knows what there is.
    """
    house.require_systems()
    if not house.inventory:
        raise ConfigError(
            "PROXMOX_URL",
            "is not set, and no other system is connected that knows what there is",
            "Connect Proxmox, TrueNAS, Docker or Kubernetes, e.g. PROXMOX_URL=https://pve1.lan:8006",
        )
    ledger = Ledger(ids.new("r"), emit, clock)
    holdings = await asyncio.gather(*(_held(source, ledger, clock) for source in house.inventory))
    return Inventory(at=clock.now(), systems=tuple(holdings), coverage=ledger.lines)


async def _told(system: Integration) -> Connected:
    checkup = await system.checkup()
    return Connected(
        system=system.name,
        kind=system.kind,
        url=checkup.url,
        status=checkup.status,
        version=checkup.version,
        rights=checkup.rights,
        offers=tuple(name for name in _CONTRACTS if getattr(system, name) is not None),
        tools=tuple(tool.name for tool in system.tools if tool.effect is Effect.READ),
        changes=tuple(tool.name for tool in system.tools if tool.effect is Effect.CHANGE),
    )


async def _held(source: InventorySource, ledger: Ledger, clock: Clock) -> Holding:
    nothing: tuple[Resource, ...] = ()
    reading = await ledger.read(
        source.inventory,
        nothing,
        source=source.name,
        operation="inventory",
        query="everything it knows of",
        at=clock.now(),
    )
    return Holding(
        system=source.name,
        completeness=reading.completeness,
        detail=reading.detail,
        resources=reading.value,
    )
