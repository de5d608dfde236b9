"""What a person or a model may call on a Grafana; all of it only reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Annotated, Final, Literal, TypeAlias

from sre_assistant.contracts.tool import Effect, Tool, ToolResult, told
from sre_assistant.domain.errors import CallError, SourceError
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.grafana import texts
from sre_assistant.integrations.grafana.boards import Dashboard
from sre_assistant.integrations.grafana.client import Client
from sre_assistant.integrations.grafana.finding import close_titles, panel_of
from sre_assistant.integrations.grafana.loose import fit
from sre_assistant.integrations.grafana.panels import Panel
from sre_assistant.integrations.grafana.rules import AlertRule, in_order
from sre_assistant.kit.choice import check_choice
from sre_assistant.kit.listing import counted, fitting

_State: TypeAlias = Literal["any", "active", "suppressed", "unprocessed"]
_LONGEST_TITLE: Final = 250
_Call: TypeAlias = Callable[..., Awaitable[ToolResult]]


def tools(client: Client) -> tuple[Tool, ...]:
    """All tools of one Grafana."""
    return tuple(Tool(call=call, effect=Effect.READ) for call in (*_alerting(client), *_showing(client)))


def _alerting(client: Client) -> tuple[_Call, ...]:
    async def grafana_get_alerts(
        state: Annotated[_State, "Only these; suppressed is silenced or inhibited."] = "any",
    ) -> ToolResult:
        """Alerts of Grafana's own rules that are active now, with values and summary."""
        check_choice("state", state, _State)
        reading = await client.heard()
        kept = [one for one in reading.value if state in {"any", one.state}]
        kept.sort(key=lambda one: (one.alert.silenced, one.alert.starts_at))
        lines = fitting(map(texts.alert_entry, kept), most=texts.MOST_SHOWN, room=texts.ROOM)
        text = counted("alert", len(reading.value), len(kept), lines)
        if not reading.value:
            text += " Rules that are pending or cannot be evaluated: grafana_get_alert_rules."
        return told(reading, text, data=reading.value)

    async def grafana_get_alert_rules(
        name: Annotated[str, "Part of a title, uid, folder or group; all when empty."] = "",
    ) -> ToolResult:
        """Grafana's alert rules: condition, threshold, for, query, state, health, errors."""
        reading = await client.alert_rules()
        kept = [rule for rule in in_order(reading.value) if _named(rule, name)]
        lines = fitting(map(texts.rule_entry, kept), most=texts.MOST_SHOWN, room=texts.ROOM)
        text = counted("rule", len(reading.value), len(kept), lines)
        if not kept:
            text += " An empty name lists all." if name else " What Prometheus evaluates is not among them."
        return told(reading, text, data=tuple(kept))

    return (grafana_get_alerts, grafana_get_alert_rules)


def _showing(client: Client) -> tuple[_Call, ...]:
    async def grafana_get_dashboard(
        dashboard: Annotated[str, "Its uid or title."],
        panel: Annotated[str, "Title or id of one panel, to see all of it."] = "",
    ) -> ToolResult:
        """A dashboard with its variables, panels and queries, or all of one panel."""
        wanted = dashboard.strip()
        if not 0 < len(wanted) <= _LONGEST_TITLE:
            raise CallError(
                f"dashboard has {len(wanted):,} characters: give a uid or a title of at most "
                f"{_LONGEST_TITLE}; grafana_search_dashboards lists them."
            )
        reading = await client.dashboard(wanted)
        board = reading.value
        if board is None:
            return told(reading, await _nothing_like(client, dashboard))
        if not panel.strip():
            return told(reading, texts.board_text(board), data=board)
        return await _one_panel(client, reading, board, panel_of(board, panel))

    async def grafana_search_dashboards(
        query: Annotated[str, "Part of a title; all when empty."],
    ) -> ToolResult:
        """Find dashboards by title: uid, folder, path, tags."""
        if len(query) > _LONGEST_TITLE:
            raise CallError(f"query has {len(query):,} characters: give at most {_LONGEST_TITLE}.")
        reading = await client.search(query.strip())
        if not reading.value and query.strip():
            return told(reading, await _nothing_like(client, query))
        lines = fitting(map(texts.hit_entry, reading.value), most=texts.MOST_SHOWN, room=texts.ROOM)
        text = counted("dashboard", len(reading.value), len(reading.value), lines)
        return told(reading, text, data=reading.value if len(lines) < len(reading.value) else None)

    return (grafana_get_dashboard, grafana_search_dashboards)


async def _one_panel(client: Client, reading: Reading[object], board: Dashboard, panel: Panel) -> ToolResult:
    """A panel with all it has; one that is shared is fetched from where it is kept."""
    notes: list[str] = []
    if panel.library_uid and not panel.queries:
        try:
            shared = await client.library_panel(panel.library_uid, frozenset(v.name for v in board.variables))
        except SourceError as error:
            notes.append(
                f"it is the shared panel {panel.library_uid}, which could not be read: {error.detail}"
            )
        else:
            notes.append(f"it is the shared panel {panel.library_uid}")
            panel = replace(shared, id=panel.id, row=panel.row, library_uid=panel.library_uid)
    return told(reading, texts.panel_text(board, panel), notes=notes, data=panel)


async def _nothing_like(client: Client, wanted: str) -> str:
    """What to try instead of a title that does not exist."""
    try:
        all_of_them = (await client.search("")).value
    except SourceError as error:
        return f"No dashboard is called {fit(wanted, 100)!r}; the others could not be listed: {error.detail}."
    close = close_titles(wanted, all_of_them)
    hint = f" Close: {fit('; '.join(close), 600)}." if close else " An empty query lists all."
    return f"No dashboard is called {fit(wanted, 100)!r}; there are {len(all_of_them):,}.{hint}"


def _named(rule: AlertRule, name: str) -> bool:
    wanted = name.strip().casefold()
    return any(wanted in each.casefold() for each in (rule.title, rule.uid, rule.folder, rule.group))
