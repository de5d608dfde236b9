"""The house's log streams as Loki knows them after a collector has shipped them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import timedelta
from typing import TYPE_CHECKING, Final

from sre_assistant.sim.journal.machines import Machine
from sre_assistant.sim.journal.phrases import written
from sre_assistant.sim.journal.programs import Program
from sre_assistant.sim.journal.voice import Line
from sre_assistant.sim.logstore import Entry, LogStream
from sre_assistant.sim.metrics.series import Labels, Matcher, labels_of, matching_labels

if TYPE_CHECKING:
    from sre_assistant.sim.world import World

_NS: Final = 1_000_000_000
_KEPT: Final = 64
"""Windows of which a stream remembers the lines."""


@dataclass(slots=True)
class Stream:
    """The lines of one label set."""

    world: World
    labels: Labels
    lines: Callable[[float, float], list[Line]]
    dialect: str
    name: str
    _known: dict[tuple[int, int], list[Entry]] = field(default_factory=dict)

    def entries(self, start: int, end: int) -> Sequence[Entry]:
        """The lines with ``start <= at < end``, in unix nanoseconds."""
        known = self._known.get((start, end))
        if known is None:
            known = self._made(start, end)
            if len(self._known) >= _KEPT:
                self._known.clear()
            self._known[start, end] = known
        return known

    def _made(self, start: int, end: int) -> list[Entry]:
        world = self.world
        first = max(world.seconds(start / 1e6) - 1e-3, 0.0)
        found = []
        for line in self.lines(first, world.seconds(end / 1e6) + 1e-3):
            at = world.epoch_ms * 1_000_000 + int(line.at * 1e6) * 1000
            if start <= at < end:
                moment = world.epoch + timedelta(seconds=line.at)
                text = (
                    written(self.dialect, moment, line.level, line.text, self.name)
                    if self.dialect
                    else line.text
                )
                found.append(Entry(at, text, self._metadata(line.level)))
        return found

    def _metadata(self, level: str) -> dict[str, str]:
        """What goes with a line; only programs have two streams, the journal has one."""
        if not self.dialect:
            return {"detected_level": level}
        return {"detected_level": level, "stream": "stderr" if level == "error" else "stdout"}


@dataclass(frozen=True, slots=True)
class Journal:
    """Every stream of the house."""

    all: tuple[Stream, ...]

    def streams(self, matchers: Sequence[Matcher], start: int, end: int) -> Sequence[LogStream]:
        """The streams that pass the matchers and have lines in the window, sorted by labels."""
        return [one for one in self.all if matching_labels(one.labels, matchers) and one.entries(start, end)]


def journal(world: World) -> Journal:
    """The streams of all machines, containers and pods."""
    found = [*_containers(world), *_machines(world), *_pods(world)]
    return Journal(tuple(sorted(found, key=lambda one: one.labels)))


def _containers(world: World) -> list[Stream]:
    found = []
    for entity, running in world.containers.items():
        host, _, name = entity.removeprefix("container/").partition(":")
        spec = world.house.containers[host][name]
        labels = {
            "host": host,
            "container": name,
            "compose_project": spec.project,
            "service_name": name,
            "source": "docker",
        }
        program = Program(world, running, spec.dialect, spec.says_every, host)
        found.append(Stream(world, labels_of(labels), program.lines, spec.dialect, name))
    return found


def _machines(world: World) -> list[Stream]:
    found = []
    for name in world.hosts:
        machine = Machine(world, name)
        for unit in machine.units():
            labels = {
                "host": name,
                "unit": unit,
                "service_name": unit.removesuffix(".service"),
                "source": "journal",
            }
            lines = _unit_lines(machine, unit)
            found.append(Stream(world, labels_of(labels), lines, "", unit))
    return found


def _unit_lines(machine: Machine, unit: str) -> Callable[[float, float], list[Line]]:
    return lambda start, end: machine.lines(unit, start, end)


def _pods(world: World) -> list[Stream]:
    found = []
    for workload in world.cluster.workloads.values() if world.cluster else ():
        for pod in workload.pods:
            if not pod.node:
                continue
            labels = {
                "namespace": pod.namespace,
                "pod": pod.name,
                "container": workload.name,
                "app": workload.name,
                "node": pod.node,
                "service_name": workload.name,
                "source": "kubernetes",
            }
            program = Program(world, pod.running, workload.spec.dialect, workload.spec.says_every, pod.node)
            found.append(
                Stream(world, labels_of(labels), program.lines, workload.spec.dialect, workload.name)
            )
    return found
