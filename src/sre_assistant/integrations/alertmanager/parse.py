"""From one of Alertmanager's alerts to the domain's."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final

from sre_assistant.domain.alerts import Alert
from sre_assistant.integrations.alertmanager.shapes import AlertItem, State
from sre_assistant.kit.codec import DecodeError
from sre_assistant.kit.labels import fingerprint

_QUIET: Final = "suppressed"


def alert_of(item: AlertItem, source: str) -> Alert:
    """The domain's alert; one that Alertmanager lists has not ended, whatever its expiry.

    Raises:
        DecodeError: it does not say when it began.
    """
    began = _moment(item.starts_at)
    if began is None:
        raise DecodeError(f"startsAt is {item.starts_at!r}: expected a time such as 2026-03-01T02:14:00Z")
    labels = item.labels or {}
    resolved = item.status == "resolved"
    return Alert(
        name=labels.get("alertname", ""),
        labels=labels,
        annotations=item.annotations or {},
        starts_at=began,
        ends_at=_moment(item.ends_at) if resolved else None,
        fingerprint=item.fingerprint or fingerprint(labels),
        status="resolved" if resolved else "firing",
        silenced=_kept_quiet(quieted_by(item)),
        generator_url=item.generator_url,
        source=source,
    )


def quieted_by(item: AlertItem) -> State:
    """Its state with what holds it back; a webhook does not say."""
    return item.status if isinstance(item.status, State) else State()


def _kept_quiet(state: State) -> bool:
    return state.state == _QUIET or bool(state.silenced_by or state.inhibited_by)


def _moment(text: str) -> datetime | None:
    """None for what is unset (the year 1) and for what is no time with a zone."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo and moment.year > 1 else None
