"""One panel of a dashboard, with everything it asks and how it shows it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Set
from dataclasses import dataclass
from typing import Final

from sre_assistant.integrations.grafana.conditions import query_text, source_text
from sre_assistant.integrations.grafana.loose import SHORT, Loose, fit

MOST_OVERRIDES: Final = 10
MOST_PARTS: Final = 100
"""Queries or transformations of a panel, and variables, annotations, links or tags of a dashboard."""
_VARIABLE: Final = re.compile(r"\$(?:\{(\w+)[^}]*\}|(\w+))|\[\[(\w+)[^\]]*\]\]")


@dataclass(frozen=True, slots=True, kw_only=True)
class PanelQuery:
    """One query of a panel."""

    ref: str
    text: str
    legend: str = ""
    source: str = ""
    """Its data source where that is not the panel's."""
    hidden: bool = False
    """Asked, but not shown."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Override:
    """What some of a panel's series have of their own."""

    matcher: str
    """Which series, e.g. ``byName Used``."""
    properties: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One panel, wherever it is on the dashboard."""

    id: str
    title: str
    type: str
    row: str = ""
    """The title of the row it is under."""
    description: str = ""
    source: str = ""
    queries: tuple[PanelQuery, ...] = ()
    unit: str = ""
    decimals: str = ""
    thresholds: tuple[str, ...] = ()
    """From the lowest, e.g. ``green``, ``red from 90``."""
    overrides: tuple[Override, ...] = ()
    transformations: tuple[str, ...] = ()
    tooltip: str = ""
    legend: str = ""
    repeat: str = ""
    """The variable it is repeated for."""
    library_uid: str = ""
    """The shared panel it takes everything from."""
    variables: tuple[str, ...] = ()
    """Names of the template variables it uses."""
    left_out: tuple[str, ...] = ()
    """What is not read of it, e.g. ``3 more overrides``."""


def panel(model: Loose, row: str, variables: Set[str]) -> Panel:
    """The panel that a JSON model describes.

    Args:
        model: its JSON.
        row: the title of the row it is under.
        variables: names of the dashboard's template variables.
    """
    own = source_text(model["datasource"])
    targets, more_queries = first(model["targets"], "queries")
    queries = tuple(_query(each, own) for each in targets)
    overrides, more_overrides = first(model["fieldConfig"]["overrides"], "overrides", MOST_OVERRIDES)
    changes, more_changes = first(model["transformations"], "transformations")
    library = model["libraryPanel"]
    return Panel(
        id=model["id"].text,
        title=model["title"].line or library["name"].line or "(no title)",
        type=model["type"].line or ("library panel" if library else "?"),
        row=row,
        description=fit(model["description"].text),
        source=own,
        queries=queries,
        unit=_default(model, "unit").line or model["format"].line or _axis_unit(model),
        decimals=_default(model, "decimals").text or model["decimals"].text,
        thresholds=_thresholds(model),
        overrides=tuple(_override(each) for each in overrides),
        transformations=tuple(_transformation(each) for each in changes),
        tooltip=_tooltip(model["options"]["tooltip"]),
        legend=_legend(model["options"]["legend"]),
        repeat=model["repeat"].line,
        library_uid=_uid(library["uid"]),
        variables=tuple(name for name in _used(model, queries) if name in variables),
        left_out=tuple(each for each in (more_queries, more_overrides, more_changes) if each),
    )


def first(found: Loose, what: str, most: int = MOST_PARTS) -> tuple[tuple[Loose, ...], str]:
    """The first entries of a list, and how many there are more."""
    entries = found.items
    return entries[:most], f"{len(entries) - most:,} more {what}" if len(entries) > most else ""


def _query(model: Loose, panel_source: str) -> PanelQuery:
    source = source_text(model["datasource"])
    return PanelQuery(
        ref=model["refId"].text or "?",
        text=query_text(model) or "(nothing asked)",
        legend=model["legendFormat"].line or model["alias"].line,
        source=source if source != panel_source else "",
        hidden=model["hide"].flag,
    )


def _default(model: Loose, name: str) -> Loose:
    return model["fieldConfig"]["defaults"][name]


def _axis_unit(model: Loose) -> str:
    return next((axis["format"].line for axis in model["yaxes"].items), "")


def _thresholds(model: Loose) -> tuple[str, ...]:
    told = _default(model, "thresholds")
    unit = " %" if told["mode"].text == "percentage" else ""
    steps: list[str] = []
    for step in told["steps"].items:
        start = step["value"]
        at = f" from {start.text}{unit}" if steps and start.text else ""
        steps.append(f"{step['color'].line or '?'}{at}")
    return tuple(steps)


def _override(model: Loose) -> Override:
    matcher = model["matcher"]
    wanted = _plain(matcher["options"])
    return Override(
        matcher=f"{matcher['id'].line} {wanted}".strip(),
        properties={each["id"].line: _plain(each["value"]) for each in model["properties"].items},
    )


def _plain(value: Loose) -> str:
    """A value of any shape in few words: of an object its plain fields."""
    if isinstance(value.value, bool):
        return str(value.value).lower()
    if texts := value.texts:
        return fit(", ".join(texts), SHORT)
    parts = {name: _scalar(each) for name, each in value.fields.items()}
    return fit(", ".join(f"{name} {text}" for name, text in parts.items() if text), SHORT)


def _scalar(value: Loose) -> str:
    return str(value.value).lower() if isinstance(value.value, bool) else value.text


def _transformation(model: Loose) -> str:
    return f"{model['id'].line or '?'}{' (off)' if model['disabled'].flag else ''}"


def _tooltip(model: Loose) -> str:
    return " ".join(each for each in (model["mode"].text, model["sort"].text) if each and each != "none")


def _legend(model: Loose) -> str:
    if not model:
        return ""
    if model["showLegend"].value is False:
        return "hidden"
    shown = " ".join(each for each in (model["displayMode"].text, model["placement"].text) if each)
    calcs = ", ".join(model["calcs"].texts)
    return f"{shown} with {calcs}" if calcs else shown


def _used(model: Loose, queries: tuple[PanelQuery, ...]) -> tuple[str, ...]:
    texts = [model["title"].text, model["repeat"].text and f"${model['repeat'].text}"]
    texts += [source_text(model["datasource"])]
    texts += [part for query in queries for part in (query.text, query.legend, query.source)]
    found = (name for text in texts for match in _VARIABLE.finditer(text) for name in match.groups() if name)
    return tuple(dict.fromkeys(found))


def _uid(value: Loose) -> str:
    """Empty for what cannot be one."""
    return value.text if value.text not in {".", ".."} else ""
