"""The hard disks of a house with their power states: metrics and inventories, put together."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeVar

from sre_assistant.contracts.sources import InventorySource, MetricSource
from sre_assistant.domain.errors import CallError, SourceError
from sre_assistant.domain.reading import Completeness, Reading, Series
from sre_assistant.domain.window import Window
from sre_assistant.integrations.disks.course import Course, Point, Turn, course_of, looks_around, step_for
from sre_assistant.integrations.disks.forms import FORMS, Form, State
from sre_assistant.integrations.disks.identity import Keys, Known, keys_of, known_disks, matching
from sre_assistant.kit.labels import labels_text
from sre_assistant.kit.outcomes import settled
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.units import format_span

T = TypeVar("T")
U = TypeVar("U")

MOST_DISKS: Final = 500
"""Series of one answer that are looked at."""
_NO_POOL: Final = frozenset({"", "none"})
_MOST_NAMED: Final = 20


class Voice(NamedTuple):
    """One metric source, asked in one form."""

    source: MetricSource
    form: Form


@dataclass(frozen=True, slots=True, kw_only=True)
class Disk:
    """A hard disk that tells its power state."""

    key: str
    """What its series have in common."""
    name: str
    """What identifies it in the metrics, e.g. ``/dev/disk/by-id/wwn-0x5000c500f7425581``."""
    labels: Mapping[str, str]
    keys: Keys
    voice: Voice
    value: float | None = None
    """The present code; None where there is no present value."""
    known: tuple[Known, ...] = ()
    """The same disk in the inventories; several only where several systems, or several disks, fit."""
    course: Course | None = None
    """Over the span asked for; None where nothing is known of it."""
    last: Turn | None = None
    precision: timedelta = timedelta(0)
    """How far apart the points were between which ``last`` lies."""

    @property
    def state(self) -> State | None:
        """What its present code comes down to."""
        return None if self.value is None else self.voice.form.state(self.value)

    @property
    def pools(self) -> frozenset[str]:
        """The pools that anybody says it is in."""
        within = {each.resource.within for each in self.known}
        return frozenset(within | {self.labels.get("pool", "")}) - _NO_POOL


@dataclass(slots=True)
class Survey:
    """What was found, and what could not be."""

    at: datetime
    disks: list[Disk] = field(default_factory=list)
    inventory: list[Known] = field(default_factory=list)
    voices: list[Voice] = field(default_factory=list)
    cut: list[str] = field(default_factory=list)
    """Why it is not all."""
    troubles: list[str] = field(default_factory=list)
    """Which inventories could not be read whole; it matters only where a disk was not found in any."""
    searched: timedelta = timedelta(0)
    """How far back the last change was looked for."""

    async def ask(self, metrics: Sequence[MetricSource], inventories: Sequence[InventorySource]) -> None:
        """Finds the disks that tell their state now.

        Raises:
            SourceError: no metric source answered.
        """
        asked = [Voice(source, form) for source in metrics for form in FORMS]
        samples, _ = await asyncio.gather(
            asyncio.gather(*(settled(each.source.instant(each.form.query, self.at)) for each in asked)),
            self._take(inventories),
        )
        answers = self._answered(asked, samples, "power states")
        for voice, reading in answers:
            for sample in self._bounded(reading.value):
                self._add(_disk(voice, sample.labels, sample.value))
        telling = [voice for voice, _ in answers if any(disk.voice is voice for disk in self.disks)]
        self.voices = telling or [voice for voice, _ in answers]

    async def follow(self, span: timedelta) -> None:
        """Adds how the states went over a span, and the disks that told theirs only before."""
        courses = await self._courses(span, step_for(span))
        for disk, course in courses.values():
            self._add(disk, again=True)
            self.disks = [replace(one, course=course) if one.key == disk.key else one for one in self.disks]

    def narrow(self, pool: str) -> None:
        """Keeps the disks of one pool.

        Raises:
            CallError: no disk is in a pool of that name, as far as anybody says.
        """
        named = {each.resource.within for each in self.inventory}
        pools = sorted(named.union(*(disk.pools for disk in self.disks)) - _NO_POOL)
        if pool not in pools:
            shown = ", ".join(bounded(name, 60) for name in pools[:_MOST_NAMED])
            why = f" ({'; '.join(self.troubles)})" if self.troubles else ""
            known = f"disks are in {shown}" if pools else "no connected system tells of pools with disks"
            text = f"pool is {bounded(pool, 60)!r}: {known}{why}. Leave it out to see all disks."
            raise CallError(bounded(text, 400))
        self.disks = [disk for disk in self.disks if pool in disk.pools]
        self.inventory = [each for each in self.inventory if each.resource.within == pool]

    async def trace(self, span: timedelta) -> None:
        """Adds when each of the disks last spun up or down, as finely as can be seen; asks only as needed."""
        own = (span, step_for(span))
        for look in looks_around(span):
            if not any(disk.last is None for disk in self.disks):
                return
            told = {disk.key: disk.course for disk in self.disks}
            if look != own:
                told = {key: course for key, (_, course) in (await self._courses(*look)).items()}
            self.searched = max(self.searched, look[0])
            self.disks = [_turned(disk, told.get(disk.key), look[1]) for disk in self.disks]

    def unwatched(self) -> list[Known]:
        """The hard disks of the inventories that tell no power state."""
        seen = {(each.system, each.resource.id) for disk in self.disks for each in disk.known}
        return [
            each
            for each in self.inventory
            if "hdd" in each.resource.labels.get("type", "").lower()
            and (each.system, each.resource.id) not in seen
        ]

    async def _take(self, inventories: Sequence[InventorySource]) -> None:
        answers = await asyncio.gather(*(settled(each.inventory()) for each in inventories))
        for source, answer in zip(inventories, answers, strict=True):
            if isinstance(answer, SourceError):
                self.troubles.append(f"{source.name} told of no disks: {answer.detail}")
                continue
            self.inventory += known_disks(source.name, answer.value)
            if answer.completeness not in {Completeness.COMPLETE, Completeness.EMPTY}:
                self.troubles.append(f"{source.name}: {answer.detail or answer.completeness}")

    def _add(self, disk: Disk, *, again: bool = False) -> None:
        """Adds a disk that nothing else has told of yet; what contradicts it is said."""
        known = matching(disk.keys, self.inventory)
        disk = replace(disk, known=known, keys=disk.keys.joined(each.keys for each in known))
        same = [one for one in self.disks if one.key == disk.key or one.keys.match(disk.keys)]
        if not same:
            self.disks.append(disk)
        elif not again and same[0].state != disk.state:
            self._say([f"{disk.name} is told of twice, as {same[0].state} and as {disk.state}"])

    async def _courses(self, span: timedelta, step: timedelta) -> dict[str, tuple[Disk, Course]]:
        window = Window.before(self.at, span)
        asked = (settled(each.source.range(each.form.query, window, step)) for each in self.voices)
        told = await asyncio.gather(*asked)
        answers = self._answered(self.voices, told, f"states over {format_span(span)}", needed=False)
        points: dict[str, list[Point]] = {}
        disks: dict[str, Disk] = {}
        for voice, reading in answers:
            for series in self._bounded(reading.value):
                disk = _disk(voice, series.labels)
                disks.setdefault(disk.key, disk)
                points.setdefault(disk.key, []).extend(_points(voice.form, series))
        found = {key: (disks[key], course_of(several)) for key, several in points.items()}
        return {key: (disk, course) for key, (disk, course) in found.items() if course}

    def _answered(
        self,
        voices: Sequence[Voice],
        told: Sequence[Reading[T] | SourceError],
        what: str,
        *,
        needed: bool = True,
    ) -> list[tuple[Voice, Reading[T]]]:
        """The answers among outcomes; what failed or came in part is said.

        Raises:
            SourceError: all failed, and they are needed.
        """
        failures = [each for each in told if isinstance(each, SourceError)]
        if needed and len(failures) == len(told):
            raise failures[0]
        self._say(f"{what} could not be read: {error.system}: {error.detail}" for error in failures)
        pairs = zip(voices, told, strict=True)
        answers = [(voice, each) for voice, each in pairs if isinstance(each, Reading)]
        for voice, reading in answers:
            if reading.completeness is Completeness.PARTIAL:
                self._say([f"{what} of {voice.source.name}: {reading.detail}"])
        return answers

    def _bounded(self, found: Sequence[U]) -> Sequence[U]:
        """As many as a house may have."""
        if len(found) > MOST_DISKS:
            self._say([f"only {MOST_DISKS:,} of {len(found):,} series were looked at"])
        return found[:MOST_DISKS]

    def _say(self, reasons: Iterable[str]) -> None:
        for reason in reasons:
            shown = bounded(redact(reason), 250)
            if shown not in self.cut:
                self.cut.append(shown)


def _disk(voice: Voice, labels: Mapping[str, str], value: float | None = None) -> Disk:
    place = f"{labels.get('instance', '')} {labels.get('device', '')}".strip()
    name = labels.get("device_id") or labels.get("serial_number") or place or labels_text(labels)
    keys = keys_of(labels)
    return Disk(
        key=f"{voice.source.name} {name}", name=name, labels=labels, keys=keys, voice=voice, value=value
    )


def _points(form: Form, series: Series) -> Iterator[Point]:
    for at, value in zip(series.times, series.values, strict=True):
        yield Point(at, form.state(value))


def _turned(disk: Disk, course: Course | None, step: timedelta) -> Disk:
    if disk.last or not course or not course.last:
        return disk
    return replace(disk, last=course.last, precision=step)
