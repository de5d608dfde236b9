"""Making and ending silences: the tools that exist only where changes are allowed."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Annotated, Final

from sre_assistant.contracts.tool import Effect, Tool, ToolResult, told
from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.errors import CallError
from sre_assistant.integrations.alertmanager.client import Client, Silence, Wanted
from sre_assistant.integrations.alertmanager.matchers import parse_matchers
from sre_assistant.integrations.alertmanager.tools import hidden, line
from sre_assistant.kit.labels import labels_text
from sre_assistant.kit.listing import fitting
from sre_assistant.kit.promql import matchers_text
from sre_assistant.kit.units import format_span, parse_duration

LONGEST: Final = timedelta(days=30)
_SHORTEST = timedelta(minutes=1)
_LONGEST_COMMENT = 1_000
_LONGEST_NAME = 100
_MOST_SHOWN = 20
_ROOM = 2_500
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


def changes(client: Client) -> tuple[Tool, ...]:
    """The tools of one Alertmanager that change something."""

    async def alertmanager_create_silence(
        matchers: Annotated[str, 'All must match, e.g. alertname="DiskFull", instance=~"nas.*".'],
        comment: Annotated[str, "Why."],
        duration: Annotated[str, "From now, e.g. 2h; at most 30d."] = "2h",
        created_by: Annotated[str, "For whom."] = "sre-assistant",
    ) -> ToolResult:
        """Silence the alerts that match for a while; says how many active ones that holds back now."""
        named, span = parse_matchers(matchers), _span(duration)
        _check_said("comment", comment, _LONGEST_COMMENT)
        _check_said("created_by", created_by, _LONGEST_NAME)
        # A pattern that Alertmanager cannot read fails here, before anything is changed.
        every, (matching, now) = await asyncio.gather(client.alerts(), client.matching(named))
        wanted = Wanted(
            matchers=named,
            starts_at=now,
            ends_at=now + span,
            created_by=created_by.strip(),
            comment=comment.strip(),
        )
        made = await client.create_silence(wanted)
        hushed = [alert for alert in matching.value if not alert.silenced]
        lines = fitting((_hushed(alert) for alert in hushed), most=_MOST_SHOWN, room=_ROOM)
        text = "\n".join(
            (*_made(made.value, wanted, span), _effect(hushed, matching.value, every.value), *lines)
        )
        return told(made, text, notes=(matching.detail,), data=hidden(hushed, lines))

    async def alertmanager_expire_silence(
        id: Annotated[str, "Its UUID, see alertmanager_list_silences."],  # noqa: A002  what Alertmanager calls it
    ) -> ToolResult:
        """End a silence now; whatever it holds back is told of again."""
        wanted = id.strip().lower()
        if not _UUID.fullmatch(wanted):
            raise CallError(
                f"id {id[:60]!r} is no UUID: take one from alertmanager_list_silences, e.g. "
                "dd109e2d-97d3-4390-bdf6-c2d32dde467b."
            )
        found = await client.silence(wanted)
        if found.value.state == "expired":
            return told(found, f"Nothing was changed, it had ended before: {wanted}\n{_about(found.value)}")
        ended = await client.expire_silence(wanted)
        return told(ended, f"Silence ended: {wanted}\n{_about(found.value)}")

    return tuple(
        Tool(call=call, effect=Effect.CHANGE)
        for call in (alertmanager_create_silence, alertmanager_expire_silence)
    )


def _span(text: str) -> timedelta:
    span = parse_duration(text)
    if not _SHORTEST <= span <= LONGEST:
        raise CallError(f"duration {text!r} is {format_span(span)}: give 1m to 30d, e.g. 2h.")
    return span


def _check_said(name: str, text: str, longest: int) -> None:
    if not text.strip() or len(text) > longest:
        raise CallError(f"{name} has {len(text):,} characters: give 1 to {longest:,}, not only spaces.")


def _made(id_: str, wanted: Wanted, span: timedelta) -> tuple[str, str]:
    until = f"{_date(wanted.ends_at)} ({format_span(span)})"
    return f"Silence made: {id_} until {until}", line(f"{{{matchers_text(wanted.matchers)}}}")


def _effect(hushed: Sequence[Alert], matching: Sequence[Alert], every: Sequence[Alert]) -> str:
    """What it does to the alerts that are active now."""
    active = [alert for alert in every if not alert.silenced]
    quiet = len(matching) - len(hushed)
    before = f"; {quiet:,} more match and were quiet before" if quiet else ""
    if not hushed:
        return f"It holds back none of {len(active):,} active alerts now{before}."
    text = f"It holds back {len(hushed):,} of {len(active):,} active alerts now{before}:"
    alone = len(active) > 1 and len(hushed) >= len(active)
    return f"WARNING: nothing that is active now is told of any more. {text}" if alone else text


def _hushed(alert: Alert) -> str:
    labels = {name: text for name, text in alert.labels.items() if name != "alertname"}
    return line(f"{alert.name or '(no name)'} since {_date(alert.starts_at)} {labels_text(labels)}")


def _about(silence: Silence) -> str:
    said = f"by {silence.created_by}: {silence.comment}"
    return line(f"{{{','.join(silence.matchers)}}} until {silence.ends_at} {said}")


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")
