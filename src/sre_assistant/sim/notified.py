"""The alerts that have reached Alertmanager, and which of them are held back."""

from __future__ import annotations

import threading
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote_plus

from sre_assistant.sim.rules import Rules
from sre_assistant.sim.silences import Silences

RESOLVE_AFTER_MS: Final = 300_000
RESEND_DELAY_MS: Final = 60_000
_FNV_OFFSET: Final = 14695981039346656037
_FNV_PRIME: Final = 1099511628211


@dataclass(frozen=True, slots=True)
class Notified:
    """An alert as Alertmanager knows it; moments in unix milliseconds."""

    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    starts_at: int
    ends_at: int
    updated_at: int
    generator: str
    silenced_by: tuple[str, ...] = ()
    inhibited_by: tuple[str, ...] = ()

    @property
    def fingerprint(self) -> str:
        """The hash of the labels that names this alert."""
        return fingerprint(self.labels)

    @property
    def state(self) -> str:
        """Whether it is sent on."""
        return "suppressed" if self.silenced_by or self.inhibited_by else "active"


@dataclass(frozen=True, slots=True)
class Inhibition:
    """While an alert of the source severity fires, those of the target severity and equal labels are held."""

    source: str
    target: str
    equal: tuple[str, ...]


INHIBITIONS: Final = (Inhibition("critical", "warning", ("alertname", "instance")),)


class Inbox:
    """Every alert that Alertmanager has now: from the rules, and posted by others."""

    def __init__(self, rules: Rules, silences: Silences, generator: str) -> None:
        self._rules = rules
        self._silences = silences
        self._generator = generator
        self._lock = threading.Lock()
        self._posted: dict[str, Notified] = {}

    def post(self, alerts: Iterable[Notified]) -> None:
        """Takes in alerts from outside; the same labels mean the same alert."""
        with self._lock:
            for alert in alerts:
                self._posted[alert.fingerprint] = alert

    def alerts(self, now: int) -> list[Notified]:
        """The unresolved alerts, by fingerprint."""
        with self._lock:
            found = {mark: one for mark, one in self._posted.items() if one.starts_at <= now < one.ends_at}
        for one in self._from_rules(now):
            found[one.fingerprint] = one
        quiet = [self._silenced(one, now) for one in found.values()]
        return sorted((_inhibited(one, quiet) for one in quiet), key=lambda one: one.fingerprint)

    def _from_rules(self, now: int) -> Iterable[Notified]:
        for rule in self._rules:
            step = rule.step_before(now)
            period = (RESEND_DELAY_MS // rule.interval + 1) * rule.interval
            for alert in rule.alerts(now):
                if alert.fired_at is None:
                    continue
                sent = alert.fired_at + (step - alert.fired_at) // period * period
                yield Notified(
                    labels=dict(alert.labels),
                    annotations=alert.annotations,
                    starts_at=alert.fired_at,
                    ends_at=sent + 4 * max(rule.interval, RESEND_DELAY_MS),
                    updated_at=sent,
                    generator=f"{self._generator}{quote_plus(rule.query)}&g0.tab=1",
                )

    def _silenced(self, alert: Notified, now: int) -> Notified:
        by = tuple(sorted(one.id for one in self._silences.active(now) if one.covers(alert.labels)))
        return replace(alert, silenced_by=by) if by else alert


def fingerprint(labels: Mapping[str, str]) -> str:
    """FNV-1a over names and values in order, as Prometheus' common library computes it."""
    mark = _FNV_OFFSET
    for name, value in sorted(labels.items()):
        for byte in (*name.encode(), 255, *value.encode(), 255):
            mark = ((mark ^ byte) * _FNV_PRIME) & 0xFFFFFFFFFFFFFFFF
    return f"{mark:016x}"


def _inhibited(alert: Notified, others: Iterable[Notified]) -> Notified:
    by = tuple(
        sorted(
            other.fingerprint
            for rule in INHIBITIONS
            if alert.labels.get("severity") == rule.target
            for other in others
            if other.labels.get("severity") == rule.source
            and all(alert.labels.get(name, "") == other.labels.get(name, "") for name in rule.equal)
        )
    )
    return replace(alert, inhibited_by=by) if by else alert
