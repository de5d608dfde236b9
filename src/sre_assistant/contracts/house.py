"""Everything that is connected, sorted by what it can tell."""

from __future__ import annotations

from dataclasses import dataclass, field

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.sources import AlertSource, MetricSource, RuleSource, TargetSource
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
        """Where alerts are read: the Alertmanagers, or else whoever evaluates the rules.

        A Prometheus and its Alertmanager tell of the same alerts; only Alertmanager knows silences.
        """
        managers = tuple(s.alerts for s in self.systems if s.alerts and not s.rules)
        return managers or tuple(s.alerts for s in self.systems if s.alerts)

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
