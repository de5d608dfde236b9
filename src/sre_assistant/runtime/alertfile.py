"""Alerts that somebody hands over: a webhook body, an Alertmanager answer, one alert, or our own list."""

from __future__ import annotations

import codecs
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import cast

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.errors import CallError
from sre_assistant.kit import codec
from sre_assistant.kit.labels import fingerprint
from sre_assistant.kit.redaction import bounded

MAX_ALERTS = 40
_MAX_LABELS = 64
_MAX_NAME = 256
_MAX_TEXT = 4096
_MAX_SHOWN = 60
_UNSET_YEAR = 1  # Alertmanager writes 0001-01-01 for "has not ended"
_EXAMPLE = "2026-03-01T02:14:00Z"
_SHAPES = "an alert object with labels, a list of them, or a webhook body with a list under `alerts`"


def read_alerts(data: bytes, place: str, now: datetime) -> tuple[Alert, ...]:
    """The alerts in the JSON text ``data``.

    An alert that does not say when it began is taken to begin now: written by hand, it means just that.

    Args:
        data: JSON; what is understood is listed in the message of the error.
        place: where it came from, for the error messages and as the alerts' source.
        now: when it was handed over.

    Raises:
        CallError: no JSON, not alerts, an alert without labels or name, or more than is sensible;
            the message names the alert and the value.
    """
    try:
        document = codec.decode(data.removeprefix(codecs.BOM_UTF8), object)
    except codec.DecodeError as error:
        raise CallError(f"{place} is not JSON: {error}. Expected {_SHAPES}.") from error
    found = _items(document, place)
    if not found:
        raise CallError(f"{place} holds no alert. Expected {_SHAPES}.")
    if len(found) > MAX_ALERTS:
        raise CallError(f"{place} holds {len(found)} alerts; at most {MAX_ALERTS} are looked into at once.")
    numbered = enumerate(found, start=1)
    return tuple(_alert(item, f"{place}, alert {number}", place, now) for number, item in numbered)


def _items(document: object, place: str) -> list[object]:
    if isinstance(document, dict):
        inner = document.get("alerts", [document] if "labels" in document else None)
    else:
        inner = document
    if not isinstance(inner, list):
        raise CallError(f"{place} holds no alerts. Expected {_SHAPES}.")
    return inner


def _alert(item: object, place: str, source: str, now: datetime) -> Alert:
    if not isinstance(item, dict):
        raise CallError(f"{place} is {_shown(item)}, not an object with labels.")
    labels = _texts(item.get("labels"), f"{place}: labels")
    name = labels.get("alertname", "")
    if not name:
        raise CallError(f"{place} has no label `alertname`: without its name an alert cannot be looked into.")
    begin = item.get("startsAt", item.get("starts_at"))
    link = item.get("generatorURL", item.get("generator_url", ""))
    end = item.get("endsAt", item.get("ends_at"))
    starts_at = now if begin is None else _moment(begin, f"{place}: startsAt")
    ends_at = None if end is None else _moment(end, f"{place}: endsAt")
    if ends_at is not None and ends_at.year == _UNSET_YEAR:
        ends_at = None
    status, silenced = _status(item)
    if status != "resolved":
        ends_at = None
    return Alert(
        name=name,
        labels=labels,
        annotations=_texts(item.get("annotations") or {}, f"{place}: annotations"),
        starts_at=starts_at,
        ends_at=ends_at,
        fingerprint=_text(item.get("fingerprint", ""), f"{place}: fingerprint") or fingerprint(labels),
        status=status,
        silenced=silenced,
        generator_url=_text(link, f"{place}: generatorURL"),
        source=_text(item.get("source", "") or source, f"{place}: source"),
    )


def _status(item: Mapping[str, object]) -> tuple[str, bool]:
    """Webhooks say ``firing``, Alertmanager's API an object with a state, our own list also ``silenced``."""
    said = item.get("status", "firing")
    if isinstance(said, Mapping):
        state = cast("Mapping[str, object]", said).get("state")
        return "firing", state == "suppressed"
    return ("resolved" if said == "resolved" else "firing"), item.get("silenced") is True


def _texts(value: object, place: str) -> dict[str, str]:
    if not isinstance(value, dict):
        raise CallError(f"{place} must be an object of texts, got {_shown(value)}.")
    if len(value) > _MAX_LABELS:
        raise CallError(f"{place} holds {len(value)} entries; at most {_MAX_LABELS} are read.")
    return {_name(key, place): _text(text, f"{place}.{key}"[:_MAX_NAME]) for key, text in value.items()}


def _name(value: object, place: str) -> str:
    if not isinstance(value, str) or not 0 < len(value) <= _MAX_NAME:
        raise CallError(f"{place}: a name has 1 to {_MAX_NAME} characters, got {_shown(value)}.")
    return value


def _text(value: object, place: str) -> str:
    if not isinstance(value, str):
        raise CallError(f"{place} must be a text, got {_shown(value)}.")
    if len(value) > _MAX_TEXT:
        raise CallError(f"{place} has {len(value)} characters; at most {_MAX_TEXT} are read.")
    return value


def _moment(value: object, place: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None:
        raise CallError(f"{place} is {_shown(value)}: write a time with its zone, e.g. {_EXAMPLE}.")
    try:
        return moment.astimezone(UTC)
    except OverflowError as error:
        raise CallError(f"{place} is {_shown(value)}: outside the calendar.") from error


def _shown(value: object) -> str:
    return bounded(repr(value), _MAX_SHOWN)
