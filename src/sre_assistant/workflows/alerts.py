"""List what is alerting."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sre_assistant.contracts.house import House
from sre_assistant.contracts.ledger import Ledger
from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.events import Emit
from sre_assistant.domain.evidence import Lookup
from sre_assistant.investigation.signals import known_signals
from sre_assistant.investigation.surroundings import look_around
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.ids import Ids


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertList:
    """The active alerts, the oldest first. The JSON form is this class, field by field."""

    schema: int = 1
    at: datetime
    """The moment it speaks of, on the metrics server's clock."""
    alerts: tuple[Alert, ...]
    coverage: tuple[Lookup, ...]
    """An empty list of alerts means something only if every alert source answered."""


async def list_alerts(house: House, *, clock: Clock, ids: Ids, emit: Emit) -> AlertList:
    """All active alerts, silenced ones included and marked.

    Raises:
        ConfigError: nothing is connected.
    """
    house.require_systems()
    ledger = Ledger(ids.new("r"), emit, clock)
    around = await look_around(house, ledger, known_signals(), clock.now())
    alerts = sorted(around.alerts, key=lambda a: (a.starts_at, a.name, a.fingerprint))
    return AlertList(at=around.at, alerts=tuple(alerts), coverage=ledger.lines)
