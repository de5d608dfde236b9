"""Plan: from what is to be explained to what to ask. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.window import Window
from sre_assistant.investigation.concern import Concern
from sre_assistant.investigation.hypotheses import LIBRARY
from sre_assistant.investigation.naming import instance_pattern
from sre_assistant.investigation.signals import Signals, Spans
from sre_assistant.kit.promql import matchers_text

_LONGEST = timedelta(hours=24)


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What to ask first."""

    signals: tuple[str, ...]
    """Those without which no hypothesis can be judged, and those that cost nothing."""
    matchers: str
    """Which series to ask for: those of the machines concerned, or empty for the whole house."""
    window: Window
    """The past to look at."""


def plan(
    concerns: Iterable[Concern], signals: Signals, spans: Spans, at: datetime, began: datetime | None
) -> Plan:
    """What to ask about several concerns at once.

    Args:
        concerns: what has to be explained.
        signals: the known signals.
        spans: how long the house's looks back are.
        at: now, on the metrics server's clock.
        began: when the earliest of their alerts began, if there is one.
    """
    every = tuple(concerns)
    hosts = {h for c in every for h in c.hosts}
    somewhere = bool(hosts) and all(c.hosts for c in every)
    matchers = matchers_text((("instance", "=~", instance_pattern(hosts)),)) if somewhere else ""
    free = tuple(s.id for s in signals if not s.query)
    required = tuple(dict.fromkeys(s for h in LIBRARY for s in h.required_signals()))
    return Plan(signals=(*required, *free), matchers=matchers, window=window(spans, at, began))


def window(spans: Spans, at: datetime, began: datetime | None = None) -> Window:
    """The past to look at: what led to an alert, but no more than a day."""
    lead_in = timedelta(seconds=spans.lead_in)
    firing = at - began if began and began < at else timedelta(0)
    return Window.before(at, min(firing + lead_in, _LONGEST))


def earliest(alerts: Iterable[Alert]) -> datetime | None:
    """When the first of some alerts began."""
    return min((a.starts_at for a in alerts), default=None)
