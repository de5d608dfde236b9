"""Dashboards: short texts in files, and the long JSON that Grafana makes of them."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from importlib import resources
from typing import Final, Literal

import msgspec

from sre_assistant.sim.documents import Document

_COLUMNS: Final = 24
_SCHEMA_VERSION: Final = 42
PROMETHEUS: Final = {"type": "prometheus", "uid": "prom"}


class Query(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A PromQL expression of a panel."""

    expr: str
    legend: str
    instant: bool = False


class Override(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Another colour for the series of a name, or of a pattern between slashes."""

    series: str
    color: str


class Panel(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A panel; ``width`` of 24 columns."""

    title: str
    queries: tuple[Query, ...]
    type: Literal["timeseries", "stat", "gauge", "bargauge", "table"] = "timeseries"
    width: int = 12
    height: int = 8
    unit: str = "none"
    decimals: int | None = None
    max: float | None = None
    stacked: bool = False
    thresholds: dict[str, float] = {}
    """Colours from a value on."""
    base: str = "green"
    mappings: dict[str, str] = {}
    overrides: tuple[Override, ...] = ()
    transformations: tuple[str, ...] = ()


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Panels under a heading; a collapsed one keeps them inside."""

    title: str
    panels: tuple[Panel, ...]
    collapsed: bool = False


class Variable(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something to choose at the top."""

    name: str
    label: str
    query: str
    current: str
    multi: bool = False


class Link(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A link to somewhere else."""

    title: str
    url: str


class Board(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A dashboard."""

    uid: str
    title: str
    description: str
    tags: tuple[str, ...]
    refresh: str
    since: str = msgspec.field(name="from")
    variables: tuple[Variable, ...]
    rows: tuple[Row, ...]
    links: tuple[Link, ...] = ()

    @property
    def slug(self) -> str:
        """The title as addresses have it."""
        return self.title.lower().replace(" ", "-")

    @property
    def url(self) -> str:
        """Its path."""
        return f"/d/{self.uid}/{self.slug}"

    def panel_id(self, title: str) -> int | None:
        """The number of the panel with a title."""
        return next((number for number, one in self._numbered() if one.title == title), None)

    def json(self, number: int) -> dict[str, object]:
        """The dashboard model."""
        return {
            "annotations": {"list": [_ANNOTATIONS]},
            "description": self.description,
            "editable": True,
            "fiscalYearStartMonth": 0,
            "graphTooltip": 1,
            "id": number,
            "links": [_link(one) for one in self.links],
            "panels": list(self._panels()),
            "refresh": self.refresh,
            "schemaVersion": _SCHEMA_VERSION,
            "tags": list(self.tags),
            "templating": {"list": [_variable(one) for one in self.variables]},
            "time": {"from": self.since, "to": "now"},
            "timepicker": {},
            "timezone": "browser",
            "title": self.title,
            "uid": self.uid,
            "version": 3,
            "weekStart": "",
        }

    def _numbered(self) -> Iterator[tuple[int, Row | Panel]]:
        number = 0
        for row in self.rows:
            number += 1
            yield number, row
            for panel in row.panels:
                number += 1
                yield number, panel

    def _panels(self) -> Iterator[dict[str, object]]:
        numbers = iter(number for number, _ in self._numbered())
        y = 0
        for row in self.rows:
            own = next(numbers)
            inside, bottom = [], y + 1
            x, line = 0, y + 1
            for panel in row.panels:
                if x + panel.width > _COLUMNS:
                    x, line = 0, bottom
                place = {"h": panel.height, "w": panel.width, "x": x, "y": line}
                inside.append(_panel(panel, next(numbers), place))
                x, bottom = x + panel.width, max(bottom, line + panel.height)
            yield {
                "collapsed": row.collapsed,
                "gridPos": {"h": 1, "w": _COLUMNS, "x": 0, "y": y},
                "id": own,
                "panels": inside if row.collapsed else [],
                "title": row.title,
                "type": "row",
            }
            if not row.collapsed:
                yield from inside
            y = bottom


@cache
def boards() -> dict[str, Board]:
    """All dashboards by uid, in the order of their titles."""
    folder = resources.files("sre_assistant.sim").joinpath("grafana", "dashboards")
    found = [
        Document(entry.read_text(encoding="utf-8"), entry.name).typed(Board)
        for entry in folder.iterdir()
        if entry.name.endswith(".yaml")
    ]
    return {one.uid: one for one in sorted(found, key=lambda board: board.title)}


_ANNOTATIONS: Final = {
    "builtIn": 1,
    "datasource": {"type": "grafana", "uid": "-- Grafana --"},
    "enable": True,
    "hide": True,
    "iconColor": "rgba(0, 211, 255, 1)",
    "name": "Annotations & Alerts",
    "type": "dashboard",
}


def _panel(panel: Panel, number: int, place: dict[str, int]) -> dict[str, object]:
    return {
        "datasource": PROMETHEUS,
        "fieldConfig": {
            "defaults": _defaults(panel),
            "overrides": [_override(one) for one in panel.overrides],
        },
        "gridPos": place,
        "id": number,
        "options": _options(panel),
        "pluginVersion": "12.3.0",
        "targets": [_target(one, place) for place, one in enumerate(panel.queries)],
        "title": panel.title,
        "transformations": [{"id": one, "options": {}} for one in panel.transformations],
        "type": panel.type,
    }


def _defaults(panel: Panel) -> dict[str, object]:
    steps: list[dict[str, object]] = [{"color": panel.base, "value": 0}]
    steps += [{"color": color, "value": value} for color, value in panel.thresholds.items()]
    found: dict[str, object] = {
        "color": {"mode": "palette-classic" if panel.type == "timeseries" else "thresholds"},
        "custom": {"stacking": {"group": "A", "mode": "normal"}} if panel.stacked else {},
        "mappings": _mappings(panel.mappings),
        "thresholds": {"mode": "absolute", "steps": steps},
        "unit": panel.unit,
    }
    if panel.decimals is not None:
        found["decimals"] = panel.decimals
    if panel.max is not None:
        found |= {"max": panel.max, "min": 0}
    return found


def _mappings(texts: dict[str, str]) -> list[dict[str, object]]:
    if not texts:
        return []
    options = {value: {"index": place, "text": text} for place, (value, text) in enumerate(texts.items())}
    return [{"options": options, "type": "value"}]


def _override(one: Override) -> dict[str, object]:
    pattern = one.series.startswith("/")
    return {
        "matcher": {"id": "byRegexp" if pattern else "byName", "options": one.series},
        "properties": [{"id": "color", "value": {"fixedColor": one.color, "mode": "fixed"}}],
    }


def _options(panel: Panel) -> dict[str, object]:
    if panel.type == "timeseries":
        return {
            "legend": {"calcs": [], "displayMode": "list", "placement": "bottom", "showLegend": True},
            "tooltip": {"mode": "multi", "sort": "desc"},
        }
    if panel.type == "table":
        return {"cellHeight": "sm", "showHeader": True}
    return {"reduceOptions": {"calcs": ["lastNotNull"], "fields": "", "values": False}}


def _target(query: Query, place: int) -> dict[str, object]:
    return {
        "datasource": PROMETHEUS,
        "editorMode": "code",
        "expr": query.expr,
        "format": "table" if query.instant else "time_series",
        "instant": query.instant,
        "legendFormat": query.legend,
        "range": not query.instant,
        "refId": chr(ord("A") + place),
    }


def _variable(one: Variable) -> dict[str, object]:
    chosen: object = [one.current] if one.multi else one.current
    return {
        "current": {"text": chosen, "value": chosen},
        "datasource": PROMETHEUS,
        "definition": one.query,
        "includeAll": one.multi,
        "label": one.label,
        "multi": one.multi,
        "name": one.name,
        "options": [],
        "query": {"qryType": 1, "query": one.query, "refId": "PrometheusVariableQueryEditor-VariableQuery"},
        "refresh": 2,
        "regex": "",
        "sort": 1,
        "type": "query",
    }


def _link(one: Link) -> dict[str, object]:
    return {
        "asDropdown": False,
        "icon": "external link",
        "includeVars": True,
        "keepTime": True,
        "tags": [],
        "targetBlank": False,
        "title": one.title,
        "type": "link",
        "url": one.url,
    }
