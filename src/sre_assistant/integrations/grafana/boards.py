"""Dashboards, from JSON of many years and many hands."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Final

from sre_assistant.integrations.grafana.conditions import source_text
from sre_assistant.integrations.grafana.loose import SHORT, Loose, fit
from sre_assistant.integrations.grafana.panels import Panel, first, panel

MOST_PANELS: Final = 1_000
_DEEPEST: Final = 5
"""Rows within rows that are looked into; Grafana itself makes one level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Variable:
    """Something to choose at the top of a dashboard."""

    name: str
    type: str
    query: str
    current: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Dashboard:
    """One dashboard, its rows flattened."""

    uid: str
    title: str
    folder: str = ""
    tags: tuple[str, ...] = ()
    description: str = ""
    refresh: str = ""
    span: str = ""
    """What it shows, e.g. ``now-6h to now``."""
    variables: tuple[Variable, ...] = ()
    annotations: tuple[str, ...] = ()
    links: tuple[str, ...] = ()
    panels: tuple[Panel, ...] = ()
    left_out: tuple[str, ...] = ()
    """What is not read of it, e.g. ``40 more variables``."""

    @property
    def sources(self) -> tuple[str, ...]:
        """The data sources its panels ask, in order of appearance."""
        named = [p.source for p in self.panels] + [q.source for p in self.panels for q in p.queries]
        return tuple(dict.fromkeys(each for each in named if each))


def dashboard(uid: str, model: Loose, meta: Loose) -> Dashboard:
    """The dashboard that a JSON model describes.

    Args:
        uid: what it was asked for by.
        model: its JSON.
        meta: what Grafana knows of it besides.
    """
    variables, more_variables = first(model["templating"]["list"], "variables")
    annotations, more_annotations = first(model["annotations"]["list"], "annotations")
    links, more_links = first(model["links"], "links")
    tags, more_tags = first(model["tags"], "tags")
    named = tuple(_variable(each) for each in variables if each["name"].text)
    names = frozenset(each.name for each in named)
    panels = [panel(part, row, names) for part, row in islice(_flat(model), MOST_PANELS + 1)]
    time = model["time"]
    left_out = (
        "all panels: they are written in schema v2" if model["elements"] else "",
        f"the panels after the first {MOST_PANELS:,}" if len(panels) > MOST_PANELS else "",
        *(more_variables, more_annotations, more_links, more_tags),
    )
    return Dashboard(
        uid=uid,
        title=model["title"].line or "(no title)",
        folder=meta["folderTitle"].line,
        tags=tuple(tag.line for tag in tags if tag.text),
        description=fit(model["description"].text),
        refresh=model["refresh"].line,
        span=" to ".join(each for each in (time["from"].text, time["to"].text) if each),
        variables=named,
        annotations=tuple(_annotation(each) for each in annotations),
        links=tuple(_link(each) for each in links),
        panels=tuple(panels[:MOST_PANELS]),
        left_out=tuple(each for each in left_out if each),
    )


def _flat(model: Loose) -> Iterator[tuple[Loose, str]]:
    """All panels with the row they are under; a row's own are inside it while it is collapsed."""
    yield from _panels(model["panels"].items, "", _DEEPEST)
    for row in model["rows"].items:  # until Grafana 5
        yield from _panels(row["panels"].items, row["title"].line, _DEEPEST)


def _panels(parts: tuple[Loose, ...], row: str, depth: int) -> Iterator[tuple[Loose, str]]:
    for part in parts:
        heading = part["type"].text == "row"
        row = part["title"].line if heading else row
        if not heading and part.fields:
            yield part, row
        if depth:
            yield from _panels(part["panels"].items, row, depth - 1)


def _variable(model: Loose) -> Variable:
    query = model["query"]
    asked = query.text or query["query"].text or query["label"].text or model["definition"].text
    chosen = model["current"]["text"].texts or model["current"]["value"].texts
    return Variable(
        name=model["name"].line,
        type=model["type"].line or "?",
        query=fit(asked),
        current=fit(", ".join(chosen), SHORT),
    )


def _annotation(model: Loose) -> str:
    asked = model["expr"].text or model["target"]["expr"].text or ", ".join(model["target"]["tags"].texts)
    told = " ".join(each for each in (source_text(model["datasource"]), asked) if each)
    off = "" if model["enable"].flag else ", off"
    return fit(f"{model['name'].line or '(no name)'} ({told}{off})")


def _link(model: Loose) -> str:
    target = model["url"].text or ", ".join(model["tags"].texts)
    return fit(f"{model['title'].line or model['type'].text or 'link'}: {target}")
