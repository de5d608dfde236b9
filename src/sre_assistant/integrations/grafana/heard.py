"""Grafana's alerts and annotations, made into the domain's alerts and changes."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal, cast, get_args

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.inventory import Change, ResourceKind
from sre_assistant.integrations.grafana.loose import Loose, fit
from sre_assistant.integrations.grafana.moments import instant, moment
from sre_assistant.integrations.grafana.shapes import AlertItem, AnnotationItem, State
from sre_assistant.kit.codec import DecodeError, decode
from sre_assistant.kit.labels import fingerprint
from sre_assistant.kit.units import format_value

_PRIVATE: Final = "__"
_MOST_VALUES: Final = 8
_MOST_TAGS: Final = 10
_SUBJECT: Final = re.compile(f"({'|'.join(get_args(ResourceKind))})[:/]([^\\s:][^\\s]{{0,99}})")


@dataclass(frozen=True, slots=True, kw_only=True)
class Heard:
    """An alert with what only Grafana says of it."""

    alert: Alert
    state: str
    """``active``, ``suppressed`` or ``unprocessed``."""
    values: str = ""
    """What the rule's queries and expressions came to, e.g. ``A=95.2, C=1``."""


def heard(item: AlertItem, source: str) -> Heard:
    """One alert; labels and annotations that only Grafana's interface shows are left out, as in its webhooks.

    Raises:
        DecodeError: it does not say when it began.
    """
    began = moment(item.starts_at)
    if began is None:
        raise DecodeError(f"startsAt is {item.starts_at!r}: expected a time such as 2026-03-01T02:14:00Z")
    labels, annotations = item.labels or {}, item.annotations or {}
    state = item.status or State()
    quiet = state.state == "suppressed" or bool(state.silenced_by or state.inhibited_by)
    alert = Alert(
        name=labels.get("alertname", ""),
        labels={name: text for name, text in labels.items() if not name.startswith(_PRIVATE)},
        annotations={name: text for name, text in annotations.items() if not name.startswith(_PRIVATE)},
        starts_at=began,
        fingerprint=item.fingerprint or fingerprint(labels),
        silenced=quiet,
        generator_url=item.generator_url,
        source=source,
    )
    return Heard(
        alert=alert,
        state="suppressed" if quiet else state.state or "active",
        values=_values(annotations.get("__values__", "")),
    )


def change(item: AnnotationItem) -> Change:
    """One annotation; one that Grafana wrote about a rule is an alert's change of state.

    Raises:
        DecodeError: it does not say when.
    """
    began = instant(item.time)
    kind, subject = _subject(item.tags or ())
    ended = instant(item.time_end) if item.time_end and item.time_end > item.time else None
    return Change(
        at=began,
        until=ended,
        kind="alert" if item.new_state else "annotation",
        subject_kind=kind,
        subject=subject,
        text=fit(" ".join(_parts(item)), 500) or "(no text)",
        actor=fit(item.login or item.user_name or "", 100),
        id=Loose(item.id).text,
    )


def _parts(item: AnnotationItem) -> list[str]:
    parts = [item.alert_name or "", item.text or ""]
    if item.new_state:
        parts.append(f"({item.prev_state or '?'} to {item.new_state})")
    if item.tags:
        more = f", {len(item.tags) - _MOST_TAGS:,} more" if len(item.tags) > _MOST_TAGS else ""
        parts.append(f"[{', '.join(item.tags[:_MOST_TAGS])}{more}]")
    if item.dashboard_uid:
        panel = f", panel {Loose(item.panel_id).text}" if item.panel_id else ""
        parts.append(f"on dashboard {item.dashboard_uid}{panel}")
    return [part for part in parts if part]


def _values(text: str) -> str:
    """``A=95.2, C=1``, of a JSON object in an annotation."""
    try:
        found = Loose(decode(text, object)).fields
    except DecodeError:
        return ""
    numbers = {name: value.number for name, value in found.items()}
    shown = [f"{fit(name, 40)}={format_value(n, '')}" for name, n in numbers.items() if n is not None]
    return ", ".join(shown[:_MOST_VALUES])


def _subject(tags: Sequence[str]) -> tuple[ResourceKind | Literal[""], str]:
    """What a tag such as ``host:pve1`` or ``container/jellyfin`` names; nothing where several do."""
    found = [match for tag in tags if (match := _SUBJECT.fullmatch(tag))]
    if len(found) != 1:
        return "", ""
    return cast("ResourceKind", found[0][1]), found[0][2]
