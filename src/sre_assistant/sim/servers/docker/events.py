"""What the daemon tells of: containers made, started, ended, checked and removed, and what goes with that."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sre_assistant.sim.causality.deeds import PAUSED
from sre_assistant.sim.causality.spells import FOREVER
from sre_assistant.sim.house import ContainerSpec
from sre_assistant.sim.servers.docker.containers import (
    Container,
    creation,
    exit_code,
    sick,
    stop_of,
)
from sre_assistant.sim.servers.docker.filters import Filters, labels_fit, pattern_fits
from sre_assistant.sim.servers.docker.images import repository
from sre_assistant.sim.servers.docker.networks import mounts, network_id, network_name
from sre_assistant.sim.servers.docker.views import labels
from sre_assistant.sim.servers.docker.wire import digest, nanoseconds
from sre_assistant.sim.things.containers import HEALTH_EVERY, HEALTH_RETRIES, Running
from sre_assistant.sim.things.lives import Life

if TYPE_CHECKING:
    from sre_assistant.sim.world import World

REMEMBERED: Final = 256
"""How many past events the daemon keeps, of whatever kind."""
_FIRST_LOOK: Final = 600.0
_DAEMON_SECONDS: Final = 8.0
"""From the start of the machine to that of the daemon."""
_JUST_BEFORE: Final = 1e-4
_CHECK: Final = "/bin/sh -c curl -fsS http://localhost/health || exit 1"


@dataclass(frozen=True)
class Event:
    """Something that happened to a container, or to an image, a network or a volume because of it."""

    at: float
    kind: str
    subject: str
    action: str
    container: Container
    more: tuple[tuple[str, str], ...] = ()

    @property
    def order(self) -> tuple[float, str, str]:
        """By time."""
        return self.at, self.subject, self.action

    @property
    def nanos(self) -> int:
        """When, in unix nanoseconds."""
        return nanoseconds(self.container.world, self.at, self.container.id)

    @property
    def attributes(self) -> dict[str, str]:
        """What is said of it; of a container also its labels."""
        own = dict(self.more)
        if self.kind != "container":
            return own
        named = {"image": self.container.image, "name": self.container.name}
        return dict(sorted({**labels(self.container), **own, **named}.items()))

    @property
    def json(self) -> dict[str, object]:
        """As it goes over the wire."""
        old: dict[str, object] = {}
        if self.kind in {"container", "image"}:
            old = {"status": self.action, "id": self.subject}
        if self.kind == "container":
            old["from"] = self.container.image
        nanos = self.nanos
        return old | {
            "Type": self.kind,
            "Action": self.action,
            "Actor": {"ID": self.subject, "Attributes": self.attributes},
            "scope": "local",
            "time": nanos // 1_000_000_000,
            "timeNano": nanos,
        }

    def passes(self, filters: Filters) -> bool:
        """Whether somebody who filters wants it; what no event has never passes."""
        if "label" in filters and not labels_fit(filters["label"], self.attributes):
            return False
        return all(
            any(self._fits(name, value) for value in values)
            for name, values in filters.items()
            if values and name != "label"
        )

    def _fits(self, name: str, value: str) -> bool:
        if name == "type":
            return value == self.kind
        if name == "event":
            return value in {self.action, self.action.partition(":")[0]}
        if name == "image":
            image = self.subject if self.kind == "image" else self.container.image
            return self.kind in {"image", "container"} and value in {image, repository(image)}
        if name in {"container", "network", "volume"}:
            known = (self.subject, self.attributes.get("name", ""))
            return name == self.kind and any(pattern_fits(f"^/?{value}", one) for one in known)
        return name == "scope" and value == "local"


def remembered(world: World, host: str, now: float) -> list[Event]:
    """The past events that the daemon can still tell of."""
    boots = world.hosts[host].boots
    first = float(boots[boots <= now].max(initial=0.0)) + _DAEMON_SECONDS
    size, begin = _FIRST_LOOK, now
    found: list[Event] = []
    while len(found) < REMEMBERED and begin > first:
        begin = max(now - size, first)
        found = happened(world, host, begin, now)
        size *= 4
    return found[-REMEMBERED:]


def happened(world: World, host: str, start: float, end: float) -> list[Event]:
    """Everything with ``start <= at <= end``, by time."""
    found: list[Event] = []
    for name, spec in world.house.containers[host].items():
        told = _Told(world, host, spec, world.containers[f"container/{host}:{name}"])
        found += [one for one in told.events(start, end) if start <= one.at <= end]
    return sorted(found, key=lambda one: one.order)


@dataclass(frozen=True, slots=True)
class _Told:
    """The events of all containers of one name."""

    world: World
    host: str
    spec: ContainerSpec
    running: Running

    def events(self, start: float, end: float) -> Iterator[Event]:
        before: Life | None = None
        for life in self.running.lives.upto(end + 1.0):
            if life.end >= start - 1.0:
                yield from self._lived(life, before, start, end)
            before = life
        for since, image in self.running.images:
            if start - 60.0 <= since <= end + 60.0:
                yield from self._replaced(since, image)
        for spell in self.running.spells:
            if spell.mode == "delete":
                yield self._of(spell.start, "destroy", spell.start - _JUST_BEFORE)
            elif spell.detail == PAUSED:
                yield self._of(spell.start, "pause")
                yield from (self._of(spell.end, "unpause") for _ in range(spell.end < FOREVER))

    def _lived(self, life: Life, before: Life | None, start: float, end: float) -> Iterator[Event]:
        if life.start >= start - 1.0:
            yield from self._begun(life, before)
        if life.end <= end:
            yield from self._ended(life)
        if self.spec.health:
            yield from self._checked(life, max(life.start, start - 1.0), min(life.end, end))

    def _begun(self, life: Life, before: Life | None) -> Iterator[Event]:
        at = life.start
        if abs(creation(self.world, self.running, 0) - (at - 0.4)) < 1e-6:
            yield self._of(at - 0.4, "create")
        yield from self._around(at - 0.06, "connect", "mount")
        yield self._of(at, "start")
        stop = stop_of(self.running, before.end) if before else None
        if stop is not None and stop.detail.startswith("restart"):
            yield self._of(at + 0.01, "restart")

    def _ended(self, life: Life, at: float | None = None) -> Iterator[Event]:
        if life.mode == "off":
            return  # the daemon went with the machine
        stop, own = stop_of(self.running, life.end), at if at is not None else life.end
        known = own - _JUST_BEFORE
        ordered = stop is not None or at is not None
        killed = stop is not None and stop.detail.startswith("kill")
        if ordered:
            yield self._of(own, "kill", known, signal="9" if killed else "15")
        if life.killed and at is None:
            yield self._of(own, "oom", known)
        code = exit_code(self.running, life) if at is None else 0
        yield self._of(own + 0.02, "die", known, execDuration=str(int(own - life.start)), exitCode=str(code))
        yield from self._around(own + 0.05, "disconnect", "unmount", known)
        if ordered and not killed:
            yield self._of(own + 0.08, "stop", known)

    def _replaced(self, since: float, image: str) -> Iterator[Event]:
        """The image is pulled, the old container removed, and a new one made in its place."""
        new = self._at(since)
        yield Event(since - 4.0, "image", image, "pull", new, (("name", repository(image)),))
        across = next((one for one in self.running.lives.upto(since) if one.start < since < one.end), None)
        if across is not None:
            yield from self._ended(across, since)
        yield self._of(since + 0.1, "destroy", since - _JUST_BEFORE)
        yield self._of(since + 0.12, "create")
        if across is not None:
            yield from self._around(since + 0.15, "connect", "mount")
            yield self._of(since + 0.2, "start")

    def _checked(self, life: Life, start: float, end: float) -> Iterator[Event]:
        """Each health check is a program run inside; a change of the verdict is told after it."""
        bad = sick(self.running)

        def failing(number: int) -> bool:
            at = life.start + number * HEALTH_EVERY
            return number > 0 and any(begin <= at < over for begin, over in bad)

        number = max(int((start - life.start) // HEALTH_EVERY), 1)
        while (at := life.start + number * HEALTH_EVERY) <= end:
            own = digest(self.running.id, "exec", f"{at:.3f}")
            yield self._of(at, f"exec_create: {_CHECK}", execID=own)
            yield self._of(at + 0.001, f"exec_start: {_CHECK}", execID=own)
            yield self._of(at + 0.06, "exec_die", execID=own, exitCode=str(int(failing(number))))
            verdict = _verdict(number, failing)
            if verdict:
                yield self._of(at + 0.07, f"health_status: {verdict}")
            number += 1

    def _around(self, at: float, network: str, volume: str, known: float | None = None) -> Iterator[Event]:
        """What a start or an end does to the network and the volumes."""
        here = self._at(at if known is None else known)
        name = network_name(here)
        more = (("container", here.id), ("name", name), ("type", "bridge"))
        yield Event(at, "network", network_id(self.world, self.host, name), network, here, more)
        for one in mounts(here):
            if one["Type"] == "volume":
                details = {"container": here.id, "driver": "local"}
                if volume == "mount":
                    details |= {
                        "destination": str(one["Destination"]),
                        "propagation": "",
                        "read/write": "true",
                    }
                said = tuple(sorted(details.items()))
                yield Event(at + 0.01, "volume", str(one["Name"]), volume, here, said)

    def _of(self, at: float, action: str, known: float | None = None, **more: str) -> Event:
        here = self._at(at if known is None else known)
        return Event(at, "container", here.id, action, here, tuple(more.items()))

    def _at(self, t: float) -> Container:
        return Container(self.world, self.host, self.spec, self.running, t)


def _verdict(number: int, failing: Callable[[int], bool]) -> str:
    """What a check changes: the third failure in a row, or a first success after that or after the start."""

    def streak(last: int) -> int:
        count = 0
        while failing(last - count) and count <= HEALTH_RETRIES:
            count += 1
        return count

    if failing(number):
        return "unhealthy" if streak(number) == HEALTH_RETRIES else ""
    before = streak(number - 1)
    return "healthy" if before >= HEALTH_RETRIES or before == number - 1 else ""
