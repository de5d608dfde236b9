"""Who is asked for what, once several systems are connected."""

from __future__ import annotations

from datetime import UTC, datetime

from sre_assistant.contracts.house import House
from sre_assistant.contracts.integration import Integration
from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.checkup import Checkup
from sre_assistant.domain.reading import Completeness, Provenance, Reading, Rule


class Alerting:
    """A system that has alerts, and perhaps rules."""

    def __init__(self, name: str) -> None:
        self.name = name

    async def alerts(self) -> Reading[tuple[Alert, ...]]:
        return self._nothing()

    async def rules(self) -> Reading[tuple[Rule, ...]]:
        return self._nothing()

    def _nothing(self) -> Reading[tuple[()]]:
        at = datetime(2026, 3, 1, tzinfo=UTC)
        provenance = Provenance(source=self.name, query="all", observed_at=at)
        return Reading(value=(), provenance=provenance, completeness=Completeness.EMPTY)


def system(name: str, *, rules: bool = False, relays: bool = False) -> Integration:
    async def checkup() -> Checkup:
        return Checkup(system=name, kind=name, url="", version="", findings=())

    source = Alerting(name)
    return Integration(
        name=name,
        kind=name,
        checkup=checkup,
        tools=(),
        alerts=source,
        rules=source if rules else None,
        relays_alerts=relays,
    )


PROMETHEUS = system("prometheus", rules=True)
MANAGER = system("alertmanager", relays=True)
GRAFANA = system("grafana")


def asked(*systems: Integration) -> list[str]:
    return [source.name for source in House(systems).alerts]


def test_the_rules_own_alerts_are_left_out_where_an_alertmanager_relays_them() -> None:
    assert asked(PROMETHEUS, MANAGER) == ["alertmanager"]
    assert asked(PROMETHEUS) == ["prometheus"]


def test_alerts_that_only_grafana_knows_hide_nobody_elses() -> None:
    assert asked(PROMETHEUS, GRAFANA) == ["prometheus", "grafana"]
    assert asked(PROMETHEUS, MANAGER, GRAFANA) == ["alertmanager", "grafana"]
