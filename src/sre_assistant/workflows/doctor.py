"""Check up on every connected system, and on what they let us see together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sre_assistant.contracts.house import House
from sre_assistant.contracts.ledger import Ledger
from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.domain.events import Emit
from sre_assistant.domain.reading import Target
from sre_assistant.investigation.naming import host_of
from sre_assistant.investigation.signals import Pack, known_signals
from sre_assistant.investigation.surroundings import Surroundings, look_around
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.ids import Ids

_SHOWN = 3
_INDISPENSABLE = "node_exporter"


@dataclass(frozen=True, slots=True, kw_only=True)
class CheckupReport:
    """The check-ups of all systems. The JSON form is this class, field by field."""

    schema: int = 1
    at: datetime
    """The moment it speaks of, on the assistant's clock."""
    systems: tuple[Checkup, ...]


async def check_up(house: House, *, clock: Clock, ids: Ids, emit: Emit) -> CheckupReport:
    """Each system's own check-up, and for metrics servers which exporters they scrape.

    Raises:
        ConfigError: nothing is connected.
    """
    systems = house.require_systems()
    ledger = Ledger(ids.new("r"), emit, clock)
    around, checkups = await asyncio.gather(
        look_around(house, ledger, known_signals(), clock.now()),
        asyncio.gather(*(s.checkup() for s in systems)),
    )
    seeing = {m.name for m in house.metrics}
    found = tuple(
        replace(c, findings=(*c.findings, *_exporters(around, c.system))) if c.system in seeing else c
        for c in checkups
    )
    return CheckupReport(at=clock.now(), systems=found)


def _exporters(around: Surroundings, system: str) -> tuple[Finding, ...]:
    """Which exporters are seen, what they miss, and which targets are down."""
    if "exporters" in around.gaps:
        return ()
    targets = around.targets.get(system, ())
    counts = {p.name: len({m.get("instance") for m in around.present[p.name]}) for p in _packs()}
    listed = ", ".join(f"{name} {count}" for name, count in counts.items() if count)
    found = [Finding(level="ok", check="exporters", text=listed)] if listed else []
    if not counts[_INDISPENSABLE]:
        text = f"no {_INDISPENSABLE} is scraped: no machine is watched from inside"
        fix = "apt install prometheus-node-exporter, then add each machine's :9100 to scrape_configs"
        found.append(Finding(level="warning", check="exporters", text=text, fix=fix))
    return (*found, *_unwatched(around, targets), *_down(targets))


def _packs() -> tuple[Pack, ...]:
    """The packs whose exporters can be looked for."""
    return tuple(p for p in known_signals().packs if p.present)


def _unwatched(around: Surroundings, targets: Iterable[Target]) -> tuple[Finding, ...]:
    watched = {host_of(m.get("instance", "")) for m in around.present["node_exporter"]}
    probes = {m.get("instance", "") for m in around.present["blackbox_exporter"]}
    scraped = {
        host_of(t.labels.get("instance", "")) for t in targets if t.labels.get("instance") not in probes
    }
    missing = sorted(scraped - watched) if watched else []
    if not missing:
        return ()
    names = ", ".join(missing[:_SHOWN]) + (
        f" and {len(missing) - _SHOWN} more" if len(missing) > _SHOWN else ""
    )
    text = f"no node_exporter on {names}: disks, memory and CPU there are not watched"
    return (
        Finding(
            level="warning", check="exporters", text=text, fix=f"add {missing[0]}:9100 to scrape_configs"
        ),
    )


def _down(targets: Iterable[Target]) -> tuple[Finding, ...]:
    down = [t for t in targets if t.health == "down"]
    return tuple(
        Finding(
            level="warning",
            check="exporters",
            text=f"target {t.labels.get('job', '')} {t.labels.get('instance', '')} is down: {t.last_error}",
            fix=f"curl -sS --max-time 10 {t.scrape_url}",
        )
        for t in down[:_SHOWN]
    )
