"""What Grafana holds, as lines for people and models."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

from sre_assistant.integrations.grafana.boards import Dashboard, Variable
from sre_assistant.integrations.grafana.finding import Hit
from sre_assistant.integrations.grafana.heard import Heard
from sre_assistant.integrations.grafana.loose import fit
from sre_assistant.integrations.grafana.panels import Panel, PanelQuery
from sre_assistant.integrations.grafana.rules import AlertRule, Query
from sre_assistant.kit.labels import labels_text
from sre_assistant.kit.listing import fitting

MOST_SHOWN: Final = 50
"""Entries of a list that are shown."""
ROOM: Final = 4_200
"""Characters of a list; with its summary a result stays near 1,500 tokens."""
_FIRST_QUERY: Final = 120
_LINE: Final = 400
_NAMED: Final = frozenset({"alertname", "grafana_folder", "severity"})


def alert_entry(one: Heard) -> str:
    """One alert on one line."""
    alert = one.alert
    labels = {name: text for name, text in alert.labels.items() if name not in _NAMED}
    parts = [
        f"[{one.state}] {alert.name or '(no name)'}",
        f"severity={alert.severity}" if alert.severity else "",
        f"folder={alert.labels.get('grafana_folder')}" if alert.labels.get("grafana_folder") else "",
        f"since {alert.starts_at:%Y-%m-%d %H:%M:%SZ}",
        labels_text(labels) if labels else "",
        f"values {one.values}" if one.values else "",
        *(f'"{alert.annotations[name]}"' for name in ("summary", "description") if name in alert.annotations),
    ]
    return _line(parts)


def rule_entry(rule: AlertRule) -> str:
    """One rule on several lines: who and how it is, when it fires, what it asks, what it says."""
    says = rule.annotations.get("summary") or rule.annotations.get("description", "")
    lines = [
        _line([rule.title, f"(uid {rule.uid or '?'})", f"in {rule.folder}/{rule.group}:", _standing(rule)]),
        _line([_when(rule)], "    "),
        *(_line([_asked(query)], "    ") for query in rule.queries),
        _line([f"failed: {rule.last_error}"], "    ") if rule.last_error else "",
        _line([f'"{says}"'], "    ") if says else "",
    ]
    return "\n".join(line for line in lines if line)


def hit_entry(hit: Hit) -> str:
    """One dashboard on one line."""
    tags = f"tags {', '.join(hit.tags)}" if hit.tags else ""
    return _line([hit.title, f"(uid {hit.uid})", f"in {hit.folder or 'General'}", hit.url, tags])


def board_text(board: Dashboard) -> str:
    """A whole dashboard: what it is, what can be chosen, and each panel with its first query."""
    head = [
        _head(board),
        f"  {board.description}" if board.description else "",
        *_section("variables", (_variable(one) for one in board.variables)),
        *_section("data sources", board.sources),
        *_section("annotations", board.annotations),
        *_section("links", board.links),
    ]
    told = "\n".join(fit_line for fit_line in head if fit_line)
    shown = fitting(map(_panel_line, board.panels), most=MOST_SHOWN, room=max(ROOM - len(told), ROOM // 2))
    count = len(board.panels)
    cut = f" (first {len(shown):,} shown)" if len(shown) < count else ""
    return "\n".join([told, f"{count:,} panel{'' if count == 1 else 's'}{cut}", *shown])


def panel_text(board: Dashboard, panel: Panel) -> str:
    """All of one panel."""
    legends = [
        _line([f"{'row ' + panel.row + ', ' if panel.row else ''}data source {panel.source or 'default'}"]),
        _line([panel.description]) if panel.description else "",
        *(_line([_queried(query)], limit=800) for query in panel.queries),
        _line([_display(panel)]),
        *_section("thresholds", (", ".join(panel.thresholds),)),
        *(_line([f"override {o.matcher}: {_properties(o.properties)}"]) for o in panel.overrides),
        *_section("transformations", (", ".join(panel.transformations),)),
        *_section("tooltip", (panel.tooltip,)),
        *_section("legend", (panel.legend,)),
        *_section("repeated for", (panel.repeat,)),
        *_section("not shown", panel.left_out),
        *_section("uses", (_variable(one) for one in board.variables if one.name in panel.variables)),
    ]
    title = f"{panel.title} [{panel.type}], panel {panel.id or '?'} of {board.title} (uid {board.uid})"
    return "\n".join([title, *fitting((line for line in legends if line), most=60, room=2 * ROOM)])


def _standing(rule: AlertRule) -> str:
    counts = ", ".join(f"{count:,} {name}" for name, count in rule.instances.items() if count)
    parts = [
        "paused" if rule.paused else "",
        rule.state or "state unknown",
        f"({counts})" if counts else "",
        f"health {rule.health}" if rule.health not in {"", "ok"} else "",
        f"severity {rule.severity}" if rule.severity else "",
        f"evaluated {rule.evaluated_at:%Y-%m-%d %H:%M:%SZ}" if rule.evaluated_at else "",
    ]
    return " ".join(part for part in parts if part)


def _when(rule: AlertRule) -> str:
    if rule.record:
        return f"records {rule.record}"
    parts = [
        f"fires when {rule.condition}" if rule.condition else "fires when: not known",
        f"for {rule.hold}" if rule.hold else "",
        f"and {rule.keep_firing} longer" if rule.keep_firing else "",
    ]
    states = [
        f"no data: {rule.no_data}" if rule.no_data else "",
        f"error: {rule.on_error}" if rule.on_error else "",
        f"tells {rule.receiver}" if rule.receiver else "",
        f"provisioned by {rule.provenance}" if rule.provenance else "",
    ]
    more = "; ".join(state for state in states if state)
    return " ".join(part for part in parts if part) + (f"; {more}" if more else "")


def _asked(query: Query) -> str:
    where = ", ".join(each for each in (query.source, query.span) if each)
    named = f"{query.ref} = " if query.ref else "asks "
    return f"{named}{query.text or '(nothing)'}{f' [{where}]' if where else ''}"


def _head(board: Dashboard) -> str:
    parts = [
        f"{board.title} (uid {board.uid})",
        f"in {board.folder}" if board.folder else "",
        f"tags {', '.join(board.tags)}" if board.tags else "",
        f"refresh {board.refresh}" if board.refresh else "",
        f"shows {board.span}" if board.span else "",
    ]
    return fit(", ".join(part for part in parts if part), _LINE)


def _variable(one: Variable) -> str:
    query = f": {one.query}" if one.query else ""
    return fit(f"${one.name} ({one.type}{query}) = {one.current or '(nothing chosen)'}", 200)


def _panel_line(panel: Panel) -> str:
    count = len(panel.queries)
    queries = f"{count:,} quer{'y' if count == 1 else 'ies'}" if count else "no query"
    first = f": {fit(panel.queries[0].text, _FIRST_QUERY)}" if panel.queries else ""
    library = f", shared panel {panel.library_uid}" if panel.library_uid else ""
    row = f"{panel.row} / " if panel.row else ""
    return _line([f"{row}[{panel.type}] {panel.title} (id {panel.id or '?'}, {queries}{library}){first}"])


def _queried(query: PanelQuery) -> str:
    parts = [
        f"{query.ref}: {query.text}",
        f"legend {query.legend}" if query.legend else "",
        f"from {query.source}" if query.source else "",
        "(hidden)" if query.hidden else "",
    ]
    return "  ".join(part for part in parts if part)


def _display(panel: Panel) -> str:
    decimals = f", {panel.decimals} decimals" if panel.decimals else ""
    return f"unit {panel.unit or 'none'}{decimals}"


def _properties(properties: Mapping[str, str]) -> str:
    return "; ".join(f"{name} = {value}" if value else name for name, value in properties.items())


def _section(title: str, entries: Iterable[str]) -> list[str]:
    told = "; ".join(entry for entry in entries if entry)
    return [_line([f"{title}: {told}"], limit=900)] if told else []


def _line(parts: Iterable[str], indent: str = "  ", limit: int = _LINE) -> str:
    return f"{indent}{fit(' '.join(part for part in parts if part), limit)}"
