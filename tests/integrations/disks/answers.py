"""Metric and inventory sources made of plain values, for what stands on contracts alone."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from sre_assistant.contracts.house import House
from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.domain.checkup import Checkup
from sre_assistant.domain.errors import CallError, SourceError
from sre_assistant.domain.inventory import Resource
from sre_assistant.domain.reading import Completeness, Provenance, Reading, Sample, Series
from sre_assistant.domain.window import Window
from sre_assistant.integrations.disks import compose
from sre_assistant.integrations.disks.forms import FORMS
from sre_assistant.kit.clock import FixedClock

NOW = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
STATUS, OLD_STATUS, SMARTCTL = (form.query for form in FORMS)
Level = Callable[[timedelta], float | None]
"""A value by how long ago, or None where there is none."""


def always(value: float) -> Level:
    return lambda _ago: value


def since(ago: timedelta, value: float, before: float) -> Level:
    return lambda moment: value if moment <= ago else before


def disk(serial_or_wwn: str, level: Level, **labels: str) -> tuple[dict[str, str], Level]:
    kind = "wwn-0x" if serial_or_wwn.startswith("5000") else "ata-WDC_WD80EFAX-68KNBN0_"
    given = {"device_id": f"/dev/disk/by-id/{kind}{serial_or_wwn}", "type": "hdd", "instance": "nas.lan:9635"}
    return given | labels, level


def resource(name: str, pool: str, **labels: str) -> Resource:
    return Resource(
        kind="disk",
        id=name,
        name=name,
        state="ONLINE",
        host="nas",
        within=pool,
        labels={"type": "HDD", **labels},
    )


@dataclass
class Metrics:
    """A metric source over series that are functions of time."""

    series: Mapping[str, list[tuple[dict[str, str], Level]]] = field(default_factory=dict)
    name: str = "prom"
    fails: Callable[[str], SourceError | None] = lambda _kind: None
    detail: str = ""
    ranges: list[tuple[timedelta, timedelta]] = field(default_factory=list)

    async def clock(self) -> Reading[datetime]:
        raise NotImplementedError

    async def label_values(self, label: str, matchers: tuple[str, ...]) -> Reading[tuple[str, ...]]:
        raise NotImplementedError

    async def instant(self, query: str, at: datetime) -> Reading[tuple[Sample, ...]]:
        if error := self.fails("instant"):
            raise error
        held = ((labels, level(timedelta(0))) for labels, level in self.series.get(query, ()))
        return self._reading(
            tuple(Sample(labels, value, at) for labels, value in held if value is not None), query
        )

    async def range(self, query: str, window: Window, step: timedelta) -> Reading[tuple[Series, ...]]:
        if window.span // step + 1 > 11_000:
            raise CallError("more than 11,000 points")
        if query in self.series:
            self.ranges.append((window.span, step))
        if error := self.fails("range"):
            raise error
        return self._reading(
            tuple(
                Series(labels, *zip(*points, strict=True))
                for labels, level in self.series.get(query, ())
                if (points := self._points(level, window, step))
            ),
            query,
        )

    def link(self, query: str, at: datetime) -> str:
        return f"http://prom.lan:9090/graph?q={len(query)}&t={at.timestamp():.0f}"

    def _points(self, level: Level, window: Window, step: timedelta) -> list[tuple[float, float]]:
        moments = [window.start + number * step for number in range(window.span // step + 1)]
        held = ((moment.timestamp(), level(NOW - moment)) for moment in moments)
        return [(at, value) for at, value in held if value is not None]

    def _reading(self, value: Any, query: str) -> Reading[Any]:
        told = Completeness.PARTIAL if self.detail else Completeness.COMPLETE
        return Reading(
            value=value,
            provenance=Provenance(source=self.name, query=query, observed_at=NOW),
            completeness=told if value else Completeness.EMPTY,
            detail=self.detail,
        )


@dataclass
class Inventory:
    """An inventory source over what it is given."""

    resources: tuple[Resource, ...] = ()
    name: str = "nas"
    completeness: Completeness = Completeness.COMPLETE
    detail: str = ""
    fails: SourceError | None = None

    async def inventory(self) -> Reading[tuple[Resource, ...]]:
        if self.fails:
            raise self.fails
        return Reading(
            value=self.resources,
            provenance=Provenance(source=self.name, query="GET /disks", observed_at=NOW),
            completeness=self.completeness,
            detail=self.detail,
        )


async def _checkup() -> Checkup:
    raise NotImplementedError


def house(metrics: list[Metrics], inventories: list[Inventory]) -> House:
    return House(
        (
            *(Integration(name=m.name, kind="x", checkup=_checkup, tools=(), metrics=m) for m in metrics),
            *(
                Integration(name=i.name, kind="y", checkup=_checkup, tools=(), inventory=i)
                for i in inventories
            ),
        )
    )


async def ask(
    metrics: Metrics | list[Metrics], inventory: Inventory | list[Inventory], **arguments: object
) -> ToolResult:
    """What the one tool answers over these sources."""
    sources = metrics if isinstance(metrics, list) else [metrics]
    inventories = inventory if isinstance(inventory, list) else [inventory]
    (tool,) = compose(house(sources, inventories), FixedClock(NOW))
    return await tool.called(arguments)
