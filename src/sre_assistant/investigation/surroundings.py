"""Look around: what is true of the house as a whole, before anything in particular is asked."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from sre_assistant.contracts.house import House
from sre_assistant.contracts.ledger import Ledger
from sre_assistant.contracts.sources import AlertSource, MetricSource, RuleSource, TargetSource
from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.evidence import Lookup
from sre_assistant.domain.reading import Reading, Rule, Target
from sre_assistant.investigation.asking import instant, line
from sre_assistant.investigation.naming import aliases_of, host_of
from sre_assistant.investigation.signals import Signals, Spans
from sre_assistant.kit.promql import matchers_text

# A scrape that is under way is stored with the time it began; asked a moment later, an answer for "now"
# could still change. What is a second old stands.
_SETTLED = timedelta(seconds=1)


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """The house as a whole."""

    at: datetime
    """Now, on the metrics servers' clock; on ours if none of them answers."""
    targets: Mapping[str, tuple[Target, ...]]
    """By metrics server."""
    rules: tuple[Rule, ...]
    alerts: tuple[Alert, ...]
    present: Mapping[str, tuple[Mapping[str, str], ...]]
    """Label sets of each exporter's presence metric, by pack."""
    gaps: Mapping[str, Lookup]
    """Of ``clock``, ``targets``, ``rules``, ``alerts`` and ``exporters``, those not answered."""
    spans: Spans

    @property
    def aliases(self) -> Mapping[str, str]:
        """Every name a machine goes by, with the one its ``instance`` labels use."""
        targets = [t for of_server in self.targets.values() for t in of_server]
        labels = [t.labels for t in targets]
        labels += [p for of_pack in self.present.values() for p in of_pack]
        names: dict[str, str] = {}
        for found in labels:
            if instance := found.get("instance", ""):
                names[host_of(instance)] = host_of(instance)
                if nodename := found.get("nodename"):
                    names.setdefault(nodename, host_of(instance))
        placed = ((t.host, t.labels.get("instance", "")) for t in targets)
        own = aliases_of((name, host_of(instance)) for name, instance in placed if name and instance)
        return {**own, **names}


async def look_around(house: House, ledger: Ledger, signals: Signals, now: datetime) -> Surroundings:
    """The time, the targets, the rules, the alerts and the exporters.

    Args:
        house: what is connected.
        ledger: keeps what was asked.
        signals: the packs, whose exporters are looked for.
        now: the assistant's own time, used only where no metrics server tells its time.
    """
    clocks, targets, rules, alerts = await asyncio.gather(
        asyncio.gather(*(_clock(ledger, m, now) for m in house.metrics)),
        asyncio.gather(*(_targets(ledger, t, now) for t in house.targets)),
        asyncio.gather(*(_rules(ledger, r, now) for r in house.rules)),
        asyncio.gather(*(_alerts(ledger, a, now) for a in house.alerts)),
    )
    told = [c.value for c in clocks if c.completeness.answered]
    # Whole seconds: every server can be asked for exactly this moment again.
    at = ((min(told) - _SETTLED) if told else now).replace(microsecond=0)
    present, unseen = await _presence(house, ledger, signals, at)
    return Surroundings(
        at=at,
        targets={r.provenance.source: r.value for r in targets},
        rules=tuple(rule for r in rules for rule in r.value),
        alerts=tuple(alert for a in alerts for alert in a.value),
        present=present,
        gaps={
            **_gaps("clock", clocks),
            **_gaps("targets", targets),
            **_gaps("rules", rules),
            **_gaps("alerts", alerts),
            **unseen,
        },
        spans=Spans.fitting(_interval(t for r in targets for t in r.value)),
    )


async def _clock(ledger: Ledger, source: MetricSource, now: datetime) -> Reading[datetime]:
    return await ledger.read(source.clock, now, source=source.name, operation="clock", query="time()", at=now)


async def _targets(ledger: Ledger, source: TargetSource, now: datetime) -> Reading[tuple[Target, ...]]:
    return await ledger.read(
        source.targets, (), source=source.name, operation="targets", query="targets", at=now
    )


async def _rules(ledger: Ledger, source: RuleSource, now: datetime) -> Reading[tuple[Rule, ...]]:
    return await ledger.read(source.rules, (), source=source.name, operation="rules", query="rules", at=now)


async def _alerts(ledger: Ledger, source: AlertSource, now: datetime) -> Reading[tuple[Alert, ...]]:
    return await ledger.read(
        source.alerts, (), source=source.name, operation="alerts", query="alerts", at=now
    )


async def _presence(
    house: House, ledger: Ledger, signals: Signals, at: datetime
) -> tuple[dict[str, tuple[Mapping[str, str], ...]], dict[str, Lookup]]:
    packs = {p.present: p.name for p in signals.packs if p.present}
    query = "{" + matchers_text((("__name__", "=~", "|".join(sorted(packs))),)) + "}"
    readings = await asyncio.gather(*(instant(ledger, m, "exporters", query, at) for m in house.metrics))
    present: dict[str, tuple[Mapping[str, str], ...]] = dict.fromkeys(packs.values(), ())
    for sample in (s for r in readings for s in r.value):
        present[packs[sample.labels["__name__"]]] += (sample.labels,)
    return present, _gaps("exporters", readings)


def _gaps(operation: str, readings: Iterable[Reading[object]]) -> dict[str, Lookup]:
    missing = [r for r in readings if not r.completeness.answered]
    return {operation: line(operation, missing[0])} if missing else {}


def _interval(targets: Iterable[Target]) -> float:
    """The scrape interval most targets have, in seconds; 0 when none says."""
    known = sorted(t.scrape_interval for t in targets if t.scrape_interval > 0)
    return known[len(known) // 2] if known else 0.0
