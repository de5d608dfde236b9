"""Who is told of which alerts and when: Alertmanager's dispatcher, on simulated time.

Alerts arrive, wait in groups, and each group is looked at ever again; what is due between two moments is
worked out event by event, so a clock that jumps hours ahead gives the same notifications as one that runs.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Final

from sre_assistant.sim.alerting.notification import Feed, Notification, Route, Style
from sre_assistant.sim.alerting.notified import Heard, Notified, held_by
from sre_assistant.sim.alerting.posting import Target, Undelivered, post
from sre_assistant.sim.clock import SimClock
from sre_assistant.sim.metrics.series import Labels

_TIDY_MS: Final = 30_000  # how often empty groups are given up
_FIRST_PAUSE: Final = 0.5
_LONGEST_PAUSE: Final = 60.0
_GROWTH: Final = 1.5


@dataclass(slots=True)
class _Group:
    """Alerts that are told together; ``next`` is when they are looked at again."""

    key: Labels
    next: int
    members: dict[str, Heard] = field(default_factory=dict)
    flushed: bool = False
    empty_since: int | None = None

    def over(self, moment: int) -> bool:
        """Whether it has been empty until somebody tidied up."""
        return self.empty_since is not None and moment >= (self.empty_since // _TIDY_MS + 1) * _TIDY_MS


@dataclass(frozen=True, slots=True)
class _Told:
    """What a target knows of a group: which alerts fired and which were over when it was last told."""

    at: int
    firing: frozenset[str]
    resolved: frozenset[str]


@dataclass(slots=True)
class _Door:
    """One target's state."""

    target: Target
    told: dict[Labels, _Told] = field(default_factory=dict)
    waiting: dict[Labels, tuple[Notification | None, _Told]] = field(default_factory=dict)
    failures: int = 0
    closed_until: float = 0.0
    """Real seconds before which it is not tried again."""


class Notifier:
    """Tells its targets of the alerts of a feed.

    ``push`` sends what is due by now. A target that does not answer, or with a 5xx, is tried again with
    growing pauses in real time until the group's next notification takes the place of the one that failed;
    after another error it is tried again only with that next one.
    """

    def __init__(
        self,
        feed: Feed,
        clock: SimClock,
        style: Style,
        targets: Iterable[Target] = (),
        route: Route | None = None,
    ) -> None:
        self.route = route or Route()
        self._feed = feed
        self._clock = clock
        self._style = style
        self._doors = [_Door(target) for target in targets]
        self._groups: dict[Labels, _Group] = {}
        self._until: int | None = None
        self._since = clock.milliseconds()
        self._last_posts: list[Notified] = []
        self._lock = asyncio.Lock()

    def subscribe(self, target: Target) -> None:
        """Tells one more target from the next ``push`` on, beginning with all that fires now."""
        if not self._doors:
            self._since, self._until = self._clock.milliseconds(), None
        self._doors.append(_Door(target))
        for group in self._groups.values():
            group.next = 0

    async def push(self) -> int:
        """Sends what is due up to now, in order, and says how many notifications have been taken."""
        async with self._lock:
            now = self._clock.milliseconds()
            if not self._doors:
                return 0
            pending = await asyncio.to_thread(self._learned, now)
            sent = 0
            while (moment := self._next(pending, now)) is not None:
                while pending and pending[0].arrived_at <= moment:
                    self._arrive(pending.pop(0))
                for group in sorted(self._groups.values(), key=lambda one: one.key):
                    if group.next <= moment:
                        sent += await self._flush(group, max(moment, group.next))
            self._until = now
            return sent + await self._retry()

    def _learned(self, now: int) -> list[Heard]:
        """What has arrived since the last time; at the first, all that stood at the beginning."""
        fresh: list[Heard] = []
        if self._until is None:
            self._until = self._since
            self._groups.clear()
            fresh += self._feed.standing(self._since)
            self._last_posts = [one.source for one in fresh if isinstance(one.source, Notified)]
        posts = []
        for one in self._feed.arrivals(self._until, now):
            if isinstance(one.source, Notified):
                if not any(one.source is other for other in self._last_posts):
                    fresh.append(one)
                if one.arrived_at == now:
                    posts.append(one.source)
            elif one.arrived_at > self._until:
                fresh.append(one)
            else:
                self._ended(one)
        self._last_posts = posts
        return fresh

    def _ended(self, one: Heard) -> None:
        """Takes down that an alert which arrived before is over."""
        group = self._groups.get(self.route.key(one.labels))
        known = group.members.get(one.fingerprint) if group else None
        if group is not None and known is not None and known.starts_at == one.starts_at:
            group.members[one.fingerprint] = one

    def _next(self, pending: Sequence[Heard], now: int) -> int | None:
        """The moment of the next event up to now."""
        moments = [group.next for group in self._groups.values()]
        moments += [one.arrived_at for one in pending[:1]]
        earliest = min(moments, default=now + 1)
        return None if earliest > now else max(earliest, self._until or 0)

    def _arrive(self, one: Heard) -> None:
        key = self.route.key(one.labels)
        group = self._groups.get(key)
        if group is None or group.over(one.arrived_at):
            group = self._groups[key] = _Group(key, one.arrived_at + _ms(self.route.group_wait))
        group.members[one.fingerprint] = one
        group.empty_since = None
        if not group.flushed and one.starts_at + _ms(self.route.group_wait) < one.arrived_at:
            group.next = one.arrived_at

    async def _flush(self, group: _Group, moment: int) -> int:
        group.next, group.flushed = moment + _ms(self.route.group_interval), True
        if group.over(moment):
            del self._groups[group.key]
            return 0
        alerts = await asyncio.to_thread(self._heard_now, group, moment)
        outcomes = await asyncio.gather(*(self._tell(door, group, alerts, moment) for door in self._doors))
        if False not in outcomes:
            self._drop_resolved(group, moment)
        return outcomes.count(True)

    def _heard_now(self, group: _Group, moment: int) -> tuple[Heard, ...]:
        """The group's alerts that nothing holds back, in the order in which they are told."""
        silences = self._feed.silences.active(moment)
        others = [
            one.labels
            for some in self._groups.values()
            for one in some.members.values()
            if not one.resolved(moment)
        ]
        heard = [
            one
            for one in group.members.values()
            if not held_by(one.labels, others) and not any(silence.covers(one.labels) for silence in silences)
        ]
        return tuple(sorted(heard, key=_order))

    def _drop_resolved(self, group: _Group, moment: int) -> None:
        for mark, one in list(group.members.items()):
            if one.resolved(moment) and (one.told_until is None or one.told_until <= moment):
                del group.members[mark]
        if not group.members and group.empty_since is None:
            group.empty_since = moment

    async def _tell(self, door: _Door, group: _Group, alerts: tuple[Heard, ...], moment: int) -> bool | None:
        """Whether the target took it; None when there was nothing to tell."""
        door.waiting.pop(group.key, None)
        known = _Told(
            moment,
            frozenset(one.fingerprint for one in alerts if not one.resolved(moment)),
            frozenset(one.fingerprint for one in alerts if one.resolved(moment)),
        )
        if not alerts or not self._news(door.told.get(group.key), known):
            return None
        if not self.route.send_resolved:
            alerts = tuple(one for one in alerts if not one.resolved(moment))
        most = self.route.max_alerts or len(alerts)
        told = Notification(group.key, alerts[:most], len(alerts[most:]), moment) if alerts else None
        return await self._deliver(door, told, known, group.key)

    def _news(self, before: _Told | None, now: _Told) -> bool:
        """Whether a group has to be told: something new, something over, or it is time to repeat."""
        if before is None:
            return bool(now.firing)
        if not now.firing <= before.firing:
            return True
        if not now.firing:
            return bool(before.firing)
        if self.route.send_resolved and not now.resolved <= before.resolved:
            return True
        return before.at < now.at - _ms(self.route.repeat_interval)

    async def _deliver(
        self, door: _Door, told: Notification | None, known: _Told, key: Labels
    ) -> bool | None:
        if told is None:
            door.told[key] = known
            return None
        if self._clock.monotonic() < door.closed_until:
            door.waiting[key] = (told, known)
            return False
        body = await asyncio.to_thread(self._style.body, told)
        headers = {**self._style.headers, **door.target.headers(body, self._clock.milliseconds())}
        try:
            status = await post(door.target, body, headers)
        except Undelivered:
            status = 503
        if status >= 500:
            pause = min(_FIRST_PAUSE * _GROWTH**door.failures, _LONGEST_PAUSE)
            door.failures += 1
            door.closed_until = self._clock.monotonic() + pause
            door.waiting[key] = (told, known)
            return False
        door.failures = 0
        if not 200 <= status < 300:
            return False
        door.told[key] = known
        return True

    async def _retry(self) -> int:
        """Tries again what targets have not taken, when their pause is over."""
        sent = 0
        for door in self._doors:
            for key, (told, known) in list(door.waiting.items()):
                if self._clock.monotonic() < door.closed_until:
                    break
                del door.waiting[key]
                taken = await self._deliver(door, told, known, key)
                sent += taken is True
                group = self._groups.get(key)
                if taken and group is not None and not any(key in other.waiting for other in self._doors):
                    self._drop_resolved(group, known.at)
        return sent


def _order(one: Heard) -> tuple[object, ...]:
    """By job, then instance, those without last; then by the number of labels and the labels themselves."""
    ranks = [(name not in one.labels, one.labels.get(name, "")) for name in ("job", "instance")]
    return (*ranks, len(one.labels), sorted(one.labels.items()))


def _ms(seconds: float) -> int:
    return round(seconds * 1000)
