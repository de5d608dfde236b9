"""The alerts that have reached Alertmanager, and which of them are held back."""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Final
from urllib.parse import quote_plus

from sre_assistant.sim.alerting.rules import Firing, Rules
from sre_assistant.sim.alerting.silences import Silences

RESOLVE_AFTER_MS: Final = 300_000
RESEND_DELAY_MS: Final = 60_000
RESOLVED_TOLD_MS: Final = 900_000
_POSTS_KEPT: Final = 10_000
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
    timeout: bool = False
    """Nobody said when it ends; it ends when nobody repeats it."""
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


@dataclass(frozen=True, slots=True)
class Heard:
    """An alert from the moment it arrives; ``ends_at`` is None as long as its end is not known."""

    arrived_at: int
    labels: Mapping[str, str]
    starts_at: int
    ends_at: int | None
    told_until: int | None
    """When it is repeated for the last time, once it has ended."""
    source: Firing | Notified
    generator: str

    @property
    def fingerprint(self) -> str:
        """The hash of the labels that names this alert."""
        return fingerprint(self.labels)

    def resolved(self, moment: int) -> bool:
        """Whether it is over."""
        return self.ends_at is not None and self.ends_at <= moment

    def annotations(self, moment: int) -> Mapping[str, str]:
        """What was last said of it up to a moment."""
        if isinstance(self.source, Notified):
            return self.source.annotations
        return self.source.alert(sent_before(self.source, moment)).annotations


def heard(firing: Firing, arrived_at: int, generator: str) -> Heard:
    """What Alertmanager learns of a time of firing."""
    ended = firing.ended_at
    period = resend_period(firing.rule.interval)
    return Heard(
        arrived_at=arrived_at,
        labels=dict(firing.labels),
        starts_at=firing.fired_at,
        ends_at=ended,
        told_until=None if ended is None else ended + RESOLVED_TOLD_MS // period * period,
        source=firing,
        generator=f"{generator}{quote_plus(firing.rule.query)}&g0.tab=1",
    )


def resend_period(interval: int) -> int:
    """How often Prometheus repeats an alert: at the first evaluation after the delay is over."""
    return (RESEND_DELAY_MS // interval + 1) * interval


def sent_before(firing: Firing, moment: int) -> int:
    """When Prometheus last sent an alert that fires; for one that has ended, its last evaluation."""
    if firing.ended_at is not None and moment >= firing.ended_at:
        return firing.ended_at - firing.rule.interval
    period = resend_period(firing.rule.interval)
    return firing.fired_at + max(moment - firing.fired_at, 0) // period * period


class Inbox:
    """Every alert that Alertmanager has: from the rules, and posted by others."""

    def __init__(self, rules: Rules, silences: Silences, generator: str) -> None:
        self.rules = rules
        self.silences = silences
        self._generator = generator
        self._lock = threading.Lock()
        self._posted: dict[str, Notified] = {}
        self._posts: deque[Notified] = deque(maxlen=_POSTS_KEPT)

    def post(self, alerts: Iterable[Notified]) -> None:
        """Takes in alerts from outside; the same labels mean the same alert."""
        with self._lock:
            for alert in alerts:
                kept = _merged(self._posted.get(alert.fingerprint), alert)
                self._posted[kept.fingerprint] = kept
                self._posts.append(kept)

    def alerts(self, now: int) -> list[Notified]:
        """The unresolved alerts, by fingerprint."""
        with self._lock:
            found = {mark: one for mark, one in self._posted.items() if one.starts_at <= now < one.ends_at}
        for one in self._from_rules(now):
            found[one.fingerprint] = one
        quiet = [self._silenced(one, now) for one in found.values()]
        return sorted((_inhibited(one, quiet) for one in quiet), key=lambda one: one.fingerprint)

    def arrivals(self, after: int, until: int) -> list[Heard]:
        """What has arrived in a window, in order; also alerts that arrived before it and ended in it.

        Those posted at the very moment ``after`` are among them, since a clock may stand still.
        """
        with self._lock:
            posts = [one for one in self._posts if after <= one.updated_at <= until]
        found = [
            Heard(one.updated_at, one.labels, one.starts_at, one.ends_at, one.updated_at, one, one.generator)
            for one in posts
        ]
        for rule in self.rules:
            if rule.step_before(until) > after:
                firings = rule.firings(after + 1, until)
                found += [heard(one, one.fired_at, self._generator) for one in firings]
        return sorted(found, key=lambda one: (one.arrived_at, one.fingerprint))

    def standing(self, moment: int) -> list[Heard]:
        """The unresolved alerts of a moment, as if they arrived then."""
        with self._lock:
            posts = [one for one in self._posted.values() if one.updated_at <= moment < one.ends_at]
        found = [
            Heard(moment, one.labels, one.starts_at, one.ends_at, one.updated_at, one, one.generator)
            for one in posts
        ]
        found += [heard(one, moment, self._generator) for one in self._firing(moment)]
        return sorted(found, key=lambda one: one.fingerprint)

    def _firing(self, moment: int) -> Iterable[Firing]:
        for rule in self.rules:
            for one in rule.firings(rule.step_before(moment), moment):
                if one.ended_at is None:
                    yield one

    def _from_rules(self, now: int) -> Iterable[Notified]:
        for one in self._firing(now):
            told = heard(one, one.fired_at, self._generator)
            sent = sent_before(one, now)
            yield Notified(
                labels=told.labels,
                annotations=told.annotations(now),
                starts_at=one.fired_at,
                ends_at=sent + 4 * max(one.rule.interval, RESEND_DELAY_MS),
                updated_at=sent,
                generator=told.generator,
            )

    def _silenced(self, alert: Notified, now: int) -> Notified:
        by = tuple(sorted(one.id for one in self.silences.active(now) if one.covers(alert.labels)))
        return replace(alert, silenced_by=by) if by else alert


def fingerprint(labels: Mapping[str, str]) -> str:
    """FNV-1a over names and values in order, as Prometheus' common library computes it."""
    mark = _FNV_OFFSET
    for name, value in sorted(labels.items()):
        for byte in (*name.encode(), 255, *value.encode(), 255):
            mark = ((mark ^ byte) * _FNV_PRIME) & 0xFFFFFFFFFFFFFFFF
    return f"{mark:016x}"


def held_by(labels: Mapping[str, str], others: Iterable[Mapping[str, str]]) -> list[str]:
    """The firing alerts, by fingerprint, that hold back one with these labels."""
    return sorted(
        fingerprint(other)
        for rule in INHIBITIONS
        if labels.get("severity") == rule.target
        for other in others
        if other.get("severity") == rule.source
        and all(labels.get(name, "") == other.get(name, "") for name in rule.equal)
    )


def _inhibited(alert: Notified, others: Iterable[Notified]) -> Notified:
    by = tuple(held_by(alert.labels, [other.labels for other in others]))
    return replace(alert, inhibited_by=by) if by else alert


def _merged(old: Notified | None, new: Notified) -> Notified:
    """A posted alert, which keeps the beginning of one with the same labels that it overlaps."""
    if old is None:
        return new
    overlaps = old.starts_at < new.ends_at < old.ends_at or old.starts_at < new.starts_at < old.ends_at
    if not overlaps:
        return new
    over, was_over = new.ends_at <= new.updated_at, old.ends_at <= new.updated_at
    ends = new.ends_at
    if old.ends_at > new.ends_at and (was_over if over else not old.timeout):
        ends = old.ends_at
    return replace(new, starts_at=min(old.starts_at, new.starts_at), ends_at=ends)
