"""Everything that is connected, sorted by what it can tell."""

from __future__ import annotations

from dataclasses import dataclass, field

from sre_assistant.contracts.integration import Integration
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
from sre_assistant.domain.errors import ConfigError


@dataclass(frozen=True, slots=True)
class House:
    """The connected systems of one site."""

    systems: tuple[Integration, ...]
    site: str = field(default="home", kw_only=True)

    @property
    def metrics(self) -> tuple[MetricSource, ...]:
        """All that answer PromQL."""
        return tuple(s.metrics for s in self.systems if s.metrics)

    @property
    def targets(self) -> tuple[TargetSource, ...]:
        """All that know what they scrape."""
        return tuple(s.targets for s in self.systems if s.targets)

    @property
    def rules(self) -> tuple[RuleSource, ...]:
        """All that evaluate rules."""
        return tuple(s.rules for s in self.systems if s.rules)

    @property
    def alerts(self) -> tuple[AlertSource, ...]:
        """Where alerts are read: all that have some, except rules' own where an Alertmanager relays them.

        A Prometheus and its Alertmanager tell of the same alerts; only Alertmanager knows silences.
        """
        relayed = any(s.relays_alerts for s in self.systems)
        return tuple(s.alerts for s in self.systems if s.alerts and not (relayed and s.rules))

    @property
    def logs(self) -> tuple[LogSource, ...]:
        """All that keep log lines."""
        return tuple(s.logs for s in self.systems if s.logs)

    @property
    def inventory(self) -> tuple[InventorySource, ...]:
        """All that know what there is."""
        return tuple(s.inventory for s in self.systems if s.inventory)

    @property
    def changes(self) -> tuple[ChangeSource, ...]:
        """All that remember what was done."""
        return tuple(s.changes for s in self.systems if s.changes)

    @property
    def backups(self) -> tuple[BackupSource, ...]:
        """All that keep or make backups."""
        return tuple(s.backups for s in self.systems if s.backups)

    @property
    def actuators(self) -> tuple[Actuator, ...]:
        """All that may be asked to change something."""
        return tuple(s.actuator for s in self.systems if s.actuator)

    def require_metrics(self) -> tuple[MetricSource, ...]:
        """The metric sources.

        Raises:
            ConfigError: there is none; the message names the setting.
        """
        if not self.metrics:
            raise _nothing_connected()
        return self.metrics

    def require_systems(self) -> tuple[Integration, ...]:
        """Whatever is connected.

        Raises:
            ConfigError: nothing is; the message names the setting.
        """
        if not self.systems:
            raise _nothing_connected()
        return self.systems


def _nothing_connected() -> ConfigError:
    return ConfigError(
        "PROMETHEUS_URL",
        "is not set",
        "Set it to your Prometheus, e.g. PROMETHEUS_URL=http://prom.lan:9090, or run: sre demo",
    )
