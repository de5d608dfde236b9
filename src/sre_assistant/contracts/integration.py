"""What an integration folder hands over once it is connected."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from sre_assistant.contracts.sources import (
    Actuator,
    AlertSource,
    BackupSource,
    ChangeSource,
    InventorySource,
    LogSource,
    MetricSource,
    RuleSource,
    TargetSource,
)
from sre_assistant.contracts.tool import Tool
from sre_assistant.domain.checkup import Checkup


@dataclass(frozen=True, slots=True, kw_only=True)
class Integration:
    """One connected system."""

    name: str
    """The configured name; the same as the kind when there is one instance."""
    kind: str
    """The folder it comes from, e.g. ``prometheus``."""
    checkup: Callable[[], Awaitable[Checkup]]
    """Asks the system how well it can be read. Never raises for what it finds."""
    tools: tuple[Tool, ...]
    metrics: MetricSource | None = None
    targets: TargetSource | None = None
    rules: RuleSource | None = None
    alerts: AlertSource | None = None
    relays_alerts: bool = False
    """Whether its alerts are those that other systems' rules raised, as an Alertmanager's are."""
    logs: LogSource | None = None
    inventory: InventorySource | None = None
    changes: ChangeSource | None = None
    backups: BackupSource | None = None
    actuator: Actuator | None = None
    """Only where the operator allowed changes."""
