"""The containers of a host as its daemon sees them: which exist, since when, and how each fares."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

from sre_assistant.sim.causality.deeds import PAUSED
from sre_assistant.sim.causality.spells import Spell, joined
from sre_assistant.sim.house import ContainerSpec
from sre_assistant.sim.servers.docker.wire import Refused
from sre_assistant.sim.signals import DAY
from sre_assistant.sim.things.containers import HEALTH_EVERY, HEALTH_RETRIES, Running
from sre_assistant.sim.things.lives import Life

if TYPE_CHECKING:
    from sre_assistant.sim.world import World

HEALTH_PATIENCE: Final = 10
"""Seconds after which a health check has failed."""
SICK: Final = ("unhealthy", "hung", "failing")
"""Modes in which a health check fails."""
RETRYING: Final = ("crashing", "oom")
"""Ways to end after which the restart policy starts anew."""
_ABSENT: Final = ("delete", "pull-failed")
_LONGEST_WAIT: Final = 61.0
_PROBES_SHOWN: Final = 5


@dataclass(frozen=True, slots=True)
class Probe:
    """One run of a health check."""

    at: float
    number: int
    trouble: str
    """The mode that made it fail; empty if it passed."""


@dataclass(frozen=True)
class Container:
    """A container at a moment; of one name there is a new one after every update of its image."""

    world: World
    host: str
    spec: ContainerSpec
    running: Running
    now: float

    @property
    def name(self) -> str:
        """Its name, without the slash that the API puts before it."""
        return self.running.name

    @cached_property
    def generation(self) -> int:
        """How many containers of this name came before."""
        return sum(since <= self.now for since, _ in self.running.images)

    @cached_property
    def id(self) -> str:
        """Its 64 hexadecimal digits."""
        return self.running.id_of(self.generation)

    @property
    def image(self) -> str:
        """The image that it was made from."""
        return self.running.image_at(self.now)

    @cached_property
    def created(self) -> float:
        """When it was made."""
        return creation(self.world, self.running, self.generation)

    @cached_property
    def life(self) -> Life | None:
        """Its last run, under way or over; none before its first."""
        last = self.running.lives.last(self.now)
        return last if last is not None and last.end > self.created else None

    @cached_property
    def status(self) -> str:
        """``created``, ``running``, ``paused``, ``restarting`` or ``exited``."""
        life = self.life
        if life is None:
            return "created"
        if life.end > self.now:
            return "paused" if paused(self.running, self.now) else "running"
        begun = len(self.running.lives.upto(self.now))
        following = self.running.lives.upto(self.now + _LONGEST_WAIT)[begun : begun + 1]
        return "restarting" if life.mode in RETRYING and any(one.again for one in following) else "exited"

    @property
    def alive(self) -> bool:
        """Whether its process is there."""
        return self.status in {"running", "paused"}

    @property
    def started(self) -> float | None:
        """When its last run began."""
        return None if self.life is None else max(self.life.start, self.created + 0.2)

    @cached_property
    def finished(self) -> tuple[float, Life] | None:
        """When its last finished run ended, and that run."""
        for life in reversed(self.running.lives.upto(self.now)):
            if life.end <= self.created:
                return None
            if life.end <= self.now:
                return life.end, life
        return None

    @property
    def code(self) -> int:
        """The exit code that the API shows: that of the last run, 0 while one is under way."""
        return 0 if self.alive or self.finished is None else exit_code(self.running, self.finished[1])

    @property
    def out_of_memory(self) -> bool:
        """Whether it is down because the kernel killed it."""
        return not self.alive and self.finished is not None and self.finished[1].killed

    @cached_property
    def restarts(self) -> int:
        """How often its restart policy has started it since somebody last did."""
        count = int(self.status == "restarting")
        for life in reversed(self.running.lives.upto(self.now)):
            if not life.again or life.start <= self.created:
                break
            count += 1
        return count

    @cached_property
    def probes(self) -> list[Probe]:
        """Its last health checks in this run, the latest last."""
        if not self.spec.health or self.life is None or self.started is None:
            return []
        last = int((min(self.now, self.life.end) - self.started) // HEALTH_EVERY)
        return [self._probe(number) for number in range(max(1, last - _PROBES_SHOWN + 1), last + 1)]

    @cached_property
    def streak(self) -> int:
        """How many health checks have failed one after the other by now."""
        if not self.probes or not self.probes[-1].trouble or self.started is None:
            return 0
        last = self.probes[-1]
        begun = max(start for start, _ in sick(self.running) if start <= last.at)
        passed = max(int(-(-(begun - self.started) // HEALTH_EVERY)) - 1, 0)
        return last.number - passed

    @property
    def health(self) -> str:
        """``starting``, ``healthy`` or ``unhealthy``; empty without a health check."""
        if not self.spec.health or not self.alive:
            return "" if not self.spec.health else "unhealthy"
        if self.streak >= HEALTH_RETRIES:
            return "unhealthy"
        return "healthy" if self.probes and self.probes[-1].number > self.streak else "starting"

    def _probe(self, number: int) -> Probe:
        at = (self.started or 0.0) + number * HEALTH_EVERY
        trouble = self.running.spells.at(at, *SICK)
        return Probe(at, number, trouble.mode if trouble else "")


def containers(world: World, host: str, now: float) -> list[Container]:
    """The containers that exist on a host, the latest made first."""
    found = [
        Container(world, host, spec, world.containers[f"container/{host}:{name}"], now)
        for name, spec in world.house.containers[host].items()
        if exists(world.containers[f"container/{host}:{name}"], now)
    ]
    return sorted(found, key=lambda one: (-one.created, one.name))


def found_container(among: list[Container], reference: str) -> Container:
    """The container that a name, an id or the beginning of one means.

    Raises:
        Refused: none, or several.
    """
    for one in among:
        if reference == one.id or reference.removeprefix("/") == one.name:
            return one
    fitting = [one for one in among if reference and one.id.startswith(reference)]
    if len(fitting) > 1:
        raise Refused(400, f"multiple IDs found with provided prefix: {reference}")
    if not fitting:
        raise Refused(404, f"No such container: {reference}")
    return fitting[0]


def not_running(container: Container, before: str = "") -> Refused:
    """The refusal of what needs a container that runs; ``before`` is what its text begins with."""
    text = f"ontainer {container.id} is not running"
    return Refused(409, f"{before}c{text}", (409, f"{before[:1].upper()}{before[1:]}C{text}"))


def exists(running: Running, t: float) -> bool:
    """Whether the daemon knows it; it does not after its removal or while its new image cannot be had."""
    return running.spells.at(t, *_ABSENT) is None


def creation(world: World, running: Running, generation: int) -> float:
    """When that container was made: the first with one of its host's starts, the others with their image."""
    if generation:
        return running.images[generation - 1][0]
    lives = running.lives.upto(world.begin - DAY)
    return lives[running.seed % len(lives)].start - 0.4 if lives else -DAY


def sick(running: Running) -> list[tuple[float, float]]:
    """The stretches in which a health check fails."""
    return joined(running.spells.of(*SICK))


def paused(running: Running, t: float) -> bool:
    """Whether its processes are held."""
    return any(one.detail == PAUSED and one.has(t) for one in running.spells)


def exit_code(running: Running, life: Life) -> int:
    """How a run ended: a killed process with 137, one that was asked to stop as the story says, or with 0."""
    stop = stop_of(running, life.end)
    if life.mode != "stopped" or stop is None:
        return life.code
    return 137 if stop.detail.startswith("kill") else int(stop.level)


def stop_of(running: Running, t: float) -> Spell | None:
    """What stopped it at a moment, if that was an order."""
    return next((one for one in running.spells.of("stopped") if abs(one.start - t) < 1e-6), None)
