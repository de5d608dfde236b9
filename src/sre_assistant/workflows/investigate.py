"""Investigate: alerts, or the whole house."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from datetime import datetime

from sre_assistant.contracts.house import House
from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.diagnosis import Diagnosis
from sre_assistant.domain.errors import CallError, Unreachable
from sre_assistant.domain.events import Emit
from sre_assistant.investigation.concern import WHOLE_HOUSE, is_heartbeat, of_alert
from sre_assistant.investigation.signals import known_signals
from sre_assistant.investigation.surroundings import Surroundings
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.ids import Ids
from sre_assistant.workflows.diagnose import diagnose, look

_MOST_CASES = 500
_SEVERITIES = {
    "critical": 0,
    "page": 0,
    "disaster": 0,
    "error": 1,
    "high": 1,
    "warning": 2,
    "info": 3,
    "none": 3,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Selection:
    """What to investigate; nothing selected means the whole house."""

    name: str = ""
    """An alert's name or fingerprint, or the start of a fingerprint."""
    everything: bool = False
    """All active alerts; the whole house when there is none."""
    alerts: tuple[Alert, ...] = ()
    """Alerts handed in, from a file or a webhook body."""


async def investigate(
    house: House, selection: Selection, *, clock: Clock, ids: Ids, emit: Emit
) -> tuple[Diagnosis, ...]:
    """Explain what is selected, from live data.

    Raises:
        ConfigError: no metrics server is configured.
        CallError: no active alert is called so; the message names close ones. Or more than 500 are active.
        Unreachable: an alert was named, but no alert source answers.
    """
    here = await look(house, clock=clock, ids=ids, emit=emit)
    around = here.around
    cases = [
        (
            here.case("alert", alert.name, alert),
            of_alert(alert, around.rules, known_signals(), around.aliases),
        )
        for alert in _chosen(selection, around)
    ]
    return await diagnose(here, cases or [(here.case("house", "the whole house"), WHOLE_HOUSE)])


def _chosen(selection: Selection, around: Surroundings) -> tuple[Alert, ...]:
    if selection.alerts:
        return selection.alerts
    if selection.name:
        return _named(selection.name, around)
    if not selection.everything:
        return ()
    firing = [a for a in around.alerts if not a.silenced and not is_heartbeat(a, around.rules)]
    if len(firing) > _MOST_CASES:
        raise CallError(
            f"{len(firing)} alerts are active; at most {_MOST_CASES} at once. Name one: sre alerts"
        )
    return tuple(sorted(firing, key=_urgency))


def _urgency(alert: Alert) -> tuple[int, datetime, str, str]:
    """The most severe first, and of those the oldest; a severity we do not know ranks between the known."""
    return _SEVERITIES.get(alert.severity.lower(), 1), alert.starts_at, alert.name, alert.fingerprint


def _named(name: str, around: Surroundings) -> tuple[Alert, ...]:
    exact = [a for a in around.alerts if name in (a.name, a.fingerprint)]
    starting = [a for a in around.alerts if a.fingerprint.startswith(name) or a.name.lower() == name.lower()]
    if found := exact or starting:
        return tuple(found)
    if gap := around.gaps.get("alerts"):
        raise Unreachable(gap.source, f"look for the alert {name!r}", gap.detail)
    known = sorted({a.name for a in around.alerts})
    close = difflib.get_close_matches(name, known, n=3, cutoff=0.4) or known[:3]
    hint = f"Close: {', '.join(close)}." if close else "No alert is active at all."
    raise CallError(f"no alert {name!r} is active. {hint} See: sre alerts")
