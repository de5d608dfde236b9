"""What a person or a model may call on an Alertmanager to read it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Final, Literal, TypeAlias

from sre_assistant.contracts.tool import Effect, Tool, ToolResult, told
from sre_assistant.domain.alerts import Alert
from sre_assistant.integrations.alertmanager import shapes
from sre_assistant.integrations.alertmanager.client import Client, Group, Notified, Silence
from sre_assistant.kit.choice import check_choice
from sre_assistant.kit.labels import labels_text
from sre_assistant.kit.listing import counted, fitting
from sre_assistant.kit.redaction import bounded, redact

MOST_SHOWN: Final = 50
"""Lines of a list that are shown."""
ROOM: Final = 4_200
"""Characters of a list; with its summary a result stays near 1,500 tokens."""
_LONGEST_LINE = 400
_AlertState: TypeAlias = Literal["any", "active", "suppressed"]
_SilenceState: TypeAlias = Literal["any", "active", "pending", "expired"]
_Call: TypeAlias = Callable[..., Awaitable[ToolResult]]


def tools(client: Client) -> tuple[Tool, ...]:
    """All tools of one Alertmanager that change nothing."""
    return tuple(Tool(call=call, effect=Effect.READ) for call in (*_alerting(client), *_about(client)))


def _alerting(client: Client) -> tuple[_Call, ...]:
    async def alertmanager_list_alerts(
        state: Annotated[_AlertState, "Only these; suppressed: silenced or inhibited."] = "any",
        name: Annotated[str, "Only this alertname."] = "",
    ) -> ToolResult:
        """Active alerts: begin, labels, summary, description, receivers, and what holds them back."""
        check_choice("state", state, _AlertState)
        reading = await client.notified()
        kept = [n for n in reading.value if state in {"any", _state(n.alert)} and name in {"", n.alert.name}]
        kept.sort(key=lambda each: (each.alert.silenced, each.alert.starts_at))
        lines = fitting((_alert(each) for each in kept), most=MOST_SHOWN, room=ROOM)
        text = counted("alert", len(reading.value), len(kept), lines)
        return told(reading, text, data=hidden(kept, lines))

    async def alertmanager_list_groups() -> ToolResult:
        """Alerts as they are grouped for each receiver: who is told of what."""
        reading = await client.groups()
        lines = fitting((_group(g) for g in reading.value), most=MOST_SHOWN, room=ROOM)
        text = counted("group", len(reading.value), len(reading.value), lines)
        return told(reading, text, data=hidden(reading.value, lines))

    return (alertmanager_list_alerts, alertmanager_list_groups)


def _about(client: Client) -> tuple[_Call, ...]:
    async def alertmanager_list_silences(
        state: Annotated[_SilenceState, "Only these."] = "active",
    ) -> ToolResult:
        """Silences: what is kept quiet, by whom, why and until when."""
        check_choice("state", state, _SilenceState)
        reading = await client.silences()
        kept = [silence for silence in reading.value if state in {"any", silence.state}]
        lines = fitting((_silence(s) for s in kept), most=MOST_SHOWN, room=ROOM)
        text = counted("silence", len(reading.value), len(kept), lines)
        return told(reading, text, data=hidden(kept, lines))

    async def alertmanager_status() -> ToolResult:
        """Version, start time and cluster members of the Alertmanager."""
        reading = await client.status()
        return told(reading, _status(reading.value))

    return (alertmanager_list_silences, alertmanager_status)


def hidden(values: Sequence[object], lines: Sequence[str]) -> Sequence[object] | None:
    """Everything, where the lines show a part of it."""
    return values if len(lines) < len(values) else None


def line(text: str) -> str:
    """One line of a list, whatever the text holds."""
    return f"  {bounded(redact(text), _LONGEST_LINE)}"


def _state(alert: Alert) -> str:
    return "suppressed" if alert.silenced else "active"


def _alert(each: Notified) -> str:
    alert = each.alert
    labels = {name: text for name, text in alert.labels.items() if name != "alertname"}
    began = alert.starts_at.strftime("%Y-%m-%d %H:%M:%SZ")
    parts = [
        f"[{_state(alert)}] {alert.name or '(no name)'} since {began} {labels_text(labels)}",
        alert.fingerprint,
        f"to {', '.join(each.receivers)}" if each.receivers else "",
        f"held by silence {', '.join(each.silenced_by)}" if each.silenced_by else "",
        f"held by alert {', '.join(each.inhibited_by)}" if each.inhibited_by else "",
        f'"{summary}"' if (summary := alert.annotations.get("summary", "")) else "",
        f'"{described}"' if (described := alert.annotations.get("description", "")) else "",
    ]
    return line(" ".join(filter(None, parts)))


def _group(group: Group) -> str:
    names = sorted({alert.name or "(no name)" for alert in group.alerts})
    quiet = sum(alert.silenced for alert in group.alerts)
    held = f", {quiet} suppressed" if quiet else ""
    about = f"{len(group.alerts)} alerts{held}: {', '.join(names)}"
    return line(f"{labels_text(group.labels)} to {group.receiver}: {about}")


def _silence(silence: Silence) -> str:
    matchers = ",".join(silence.matchers)
    by = f"by {silence.created_by}: {silence.comment}"
    return line(f"[{silence.state}] {{{matchers}}} until {silence.ends_at} {silence.id} {by}")


def _status(status: shapes.Status) -> str:
    version = status.version_info.version
    cluster = status.cluster or shapes.Cluster()
    peers = ", ".join(peer.address or peer.name for peer in cluster.peers or ()) or "none"
    running = f"Alertmanager {version or '(no version said)'}, running since {status.uptime or '(not said)'}"
    return "\n".join((line(running).strip(), line(f"cluster {cluster.status or 'unknown'}, peers: {peers}")))
