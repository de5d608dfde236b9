"""What a person or a model may call on an Alertmanager; all of it only reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import Annotated, Final, Literal, TypeAlias

from sre_assistant.contracts.tool import Effect, Tool, ToolResult
from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.alertmanager import shapes
from sre_assistant.integrations.alertmanager.client import Client, Group, Silence
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
    """All tools of one Alertmanager."""
    return tuple(Tool(call=call, effect=Effect.READ) for call in (*_alerting(client), *_about(client)))


def _alerting(client: Client) -> tuple[_Call, ...]:
    async def alertmanager_list_alerts(
        state: Annotated[
            _AlertState, "Only alerts in this state; suppressed is silenced or inhibited."
        ] = "any",
        name: Annotated[str, "Only alerts of this name (the alertname label); all when empty."] = "",
    ) -> ToolResult:
        """Alerts that are active now, with begin, labels, summary, and whether somebody is told."""
        check_choice("state", state, _AlertState)
        reading = await client.alerts()
        kept = [a for a in reading.value if state in {"any", _state(a)} and name in {"", a.name}]
        kept.sort(key=lambda alert: (alert.silenced, alert.starts_at))
        lines = fitting((_alert(a) for a in kept), most=MOST_SHOWN, room=ROOM)
        return _result(reading, counted("alert", len(reading.value), len(kept), lines))

    async def alertmanager_list_groups() -> ToolResult:
        """Alerts as they are grouped for each receiver: who is told of what."""
        reading = await client.groups()
        lines = fitting((_group(g) for g in reading.value), most=MOST_SHOWN, room=ROOM)
        return _result(reading, counted("group", len(reading.value), len(reading.value), lines))

    return (alertmanager_list_alerts, alertmanager_list_groups)


def _about(client: Client) -> tuple[_Call, ...]:
    async def alertmanager_list_silences(
        state: Annotated[_SilenceState, "Only silences in this state."] = "active",
    ) -> ToolResult:
        """Silences: what is kept quiet, by whom, why and until when."""
        check_choice("state", state, _SilenceState)
        reading = await client.silences()
        kept = [silence for silence in reading.value if state in {"any", silence.state}]
        lines = fitting((_silence(s) for s in kept), most=MOST_SHOWN, room=ROOM)
        return _result(reading, counted("silence", len(reading.value), len(kept), lines))

    async def alertmanager_status() -> ToolResult:
        """Version, start time and cluster members of the Alertmanager."""
        reading = await client.status()
        return _result(reading, _status(reading.value))

    return (alertmanager_list_silences, alertmanager_status)


def _state(alert: Alert) -> str:
    return "suppressed" if alert.silenced else "active"


def _alert(alert: Alert) -> str:
    said = alert.annotations.get("summary") or alert.annotations.get("description", "")
    labels = {name: text for name, text in alert.labels.items() if name != "alertname"}
    began = alert.starts_at.strftime("%Y-%m-%d %H:%M:%SZ")
    quoted = f' "{redact(said)}"' if said else ""
    named = alert.name or "(no name)"
    return _line(f"[{_state(alert)}] {named} since {began} {labels_text(labels)} {alert.fingerprint}{quoted}")


def _group(group: Group) -> str:
    names = sorted({alert.name or "(no name)" for alert in group.alerts})
    quiet = sum(alert.silenced for alert in group.alerts)
    held = f", {quiet} suppressed" if quiet else ""
    told = f"{len(group.alerts)} alerts{held}: {', '.join(names)}"
    return _line(f"{labels_text(group.labels)} to {group.receiver}: {told}")


def _silence(silence: Silence) -> str:
    matchers = ",".join(silence.matchers)
    by = f"by {silence.created_by}: {redact(silence.comment)}"
    return _line(f"[{silence.state}] {{{matchers}}} until {silence.ends_at} {by}")


def _status(status: shapes.Status) -> str:
    version = status.version_info.version
    cluster = status.cluster or shapes.Cluster()
    peers = ", ".join(peer.address or peer.name for peer in cluster.peers or ()) or "none"
    return "\n".join(
        (
            f"Alertmanager {version or '(no version said)'}, running since {status.uptime or '(not said)'}",
            _line(f"cluster {cluster.status or 'unknown'}, peers: {peers}"),
        )
    )


def _line(text: str) -> str:
    return f"  {bounded(text, _LONGEST_LINE)}"


def _result(reading: Reading[object], text: str) -> ToolResult:
    return ToolResult(
        text=f"{text}\nNote: {reading.detail}" if reading.detail else text,
        provenance=reading.provenance,
        completeness=reading.completeness,
        detail=reading.detail,
    )
