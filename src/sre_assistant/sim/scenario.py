"""A scenario: a house, what happens in it and when, and what a good investigator would find."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Final, Literal

import msgspec

from sre_assistant.domain.errors import ConfigError
from sre_assistant.sim.causality.deeds import Deed, Mishap, carry_out, cured
from sre_assistant.sim.causality.graph import Graph, split
from sre_assistant.sim.causality.soundness import sound
from sre_assistant.sim.documents import Document, nearest
from sre_assistant.sim.faults import CAUSES, AnyFault
from sre_assistant.sim.faults.systems import LoseHost, StopGuest
from sre_assistant.sim.house import (
    ContainerSpec,
    FilesystemSpec,
    GuestSpec,
    HostSpec,
    House,
    JobSpec,
    PageSpec,
    ShareSpec,
    house_in,
    standard_house,
)
from sre_assistant.sim.quantities import Share, Size, span, time_of_day
from sre_assistant.sim.world import World

TAGS: Final = frozenset(
    {
        *("filesystem", "memory", "cpu", "disk", "network", "node", "guest", "container", "kubernetes"),
        *("backup", "storage", "power", "time", "certificate", "monitoring", "change", "probe"),
        *("cascade", "red-herring", "double", "busy", "blind", "recovered", "flapping", "hostile", "healthy"),
    }
)
"""Families of causes, and kinds of stories."""

VERSIONS: Final = {"truenas": ("25.04", "25.10", "26.0")}
"""The systems of which several releases are spoken."""

Verdict = Literal["explained", "healthy", "unknown"]


class Cause(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that is really wrong."""

    cause: str
    """The id of the hypothesis that names it."""
    subject: str
    """The entity, e.g. ``filesystem/nas:/tank/media``."""
    since: str
    """When it began: a time of day or ``+30m`` after the start."""
    also: tuple[str, ...] = ()
    """Hypotheses that are right too."""
    subjects: tuple[str, ...] = ()
    """Entities that are right too, e.g. the machine of a file system."""
    symptoms: tuple[str, ...] = ()
    """The names of alerts that come from it."""
    helps: tuple[str, ...] = ()
    """Actions that would help, e.g. ``restart container/media:jellyfin``."""


class Innocent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that looks guilty and is not; without a cause nothing may be blamed on it at all."""

    subject: str
    cause: str | None = None


class Truth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is really wrong; no cause means nothing is."""

    causes: tuple[Cause, ...] = ()
    innocent: tuple[Innocent, ...] = ()
    blind: tuple[str, ...] = ()
    """What cannot be seen and must be admitted: a system, or an exporter as ``smartctl on nas``."""
    verdict: Verdict | None = None
    """What an honest investigator concludes; by default ``explained`` with a cause, else ``healthy``."""

    @property
    def honest(self) -> Verdict:
        """The verdict that is expected."""
        return self.verdict or ("explained" if self.causes else "healthy")


class FilesystemChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a file system differs from the standard house's."""

    size: Size | None = None
    used: Size | None = None
    inodes: int | None = None
    inodes_used: Share | None = None


class HostChange(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How a machine differs from the standard house's."""

    load: Share | None = None
    memory_used: Share | None = None
    filesystems: dict[str, FilesystemChange] = {}


class Additions(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Things that this house has beyond the standard one's, or in the place of those of the same name."""

    hosts: dict[str, HostSpec] = {}
    guests: dict[str, GuestSpec] = {}
    containers: dict[str, dict[str, ContainerSpec]] = {}
    pages: dict[str, PageSpec] = {}
    shares: dict[str, ShareSpec] = {}
    jobs: dict[str, JobSpec] = {}


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A story with a known end."""

    name: str
    title: str
    start: datetime
    shows: str | None = None
    """When there is most to see, as a time of day or ``+2h`` after the start."""
    house_file: str = msgspec.field(name="house", default="")
    """A world file of one's own, beside the scenario; by default the house that comes with the program."""
    tags: tuple[str, ...] = ()
    difficulty: Literal["easy", "medium", "hard"] = "medium"
    world: dict[str, HostChange] = {}
    """How machines differ from the standard house's."""
    adds: Additions = Additions()
    removes: tuple[str, ...] = ()
    """Guests, containers, pages and jobs that this house lacks, as entities."""
    timeline: tuple[AnyFault, ...] = ()
    versions: dict[str, str] = {}
    """Which release of a system answers, e.g. ``truenas: "26.0"``."""
    mishaps: dict[str, Mishap] = {}
    """Actions that go wrong, by their words (``restart container/media:jellyfin``) or ``*`` for all."""
    truth: Truth = Truth()

    def moment(self, when: str) -> datetime:
        """The moment of a written time: the next such time of day after the start, or that long after it."""
        return self.start + offset(when, self.start)

    def since(self) -> datetime | None:
        """When the first true cause began."""
        return min((self.moment(one.since) for one in self.truth.causes), default=None)

    def starting(self, start: datetime) -> Scenario:
        """The same story on another day or hour; what was at 01:00 keeps its distance from the start."""

        def shifted(when: str) -> str:
            return f"+{offset(when, self.start).total_seconds():g}s"

        timeline = tuple(msgspec.structs.replace(fault, at=shifted(fault.at)) for fault in self.timeline)
        causes = tuple(msgspec.structs.replace(one, since=shifted(one.since)) for one in self.truth.causes)
        return msgspec.structs.replace(
            self,
            start=start.astimezone(UTC),
            shows=None if self.shows is None else shifted(self.shows),
            timeline=timeline,
            truth=msgspec.structs.replace(self.truth, causes=causes),
        )

    def house(self) -> House:
        """The standard house with this scenario's changes."""
        return _without(_changed(_added(self.plain_house(), self.adds), self.world), self.removes)

    def plain_house(self) -> House:
        """The house before this scenario's changes.

        Raises:
            ConfigError: its file is wrong; the message says where.
        """
        return house_in(self.house_file) if self.house_file else standard_house()

    def build(self, seed: int, deeds: Sequence[Deed] = ()) -> World:
        """The world in which everything of the timeline happens, and in which this was done."""
        world = World(self.house(), self.start, seed)
        for fault in self.timeline:
            t = world.begin + offset(fault.at, self.start).total_seconds()
            cured(fault, t, deeds).begin(world, t)
        carry_out(world, deeds)
        world.settle()
        return world


def offset(when: str, start: datetime) -> timedelta:
    """How long after ``start`` a written time is.

    Raises:
        ValueError: neither a time of day nor a span with a plus.
    """
    if when.startswith("+"):
        return timedelta(seconds=span(when[1:]))
    of_day = time_of_day(when)
    if of_day is None:
        raise ValueError(f"{when!r} is neither a time of day like 02:30 nor a span like +30m")
    midnight = start.replace(hour=0, minute=0, second=0, microsecond=0)
    moment = midnight + of_day
    return moment - start if moment >= start else moment + timedelta(days=1) - start


def scenario_names() -> list[str]:
    """The scenarios that come with the program."""
    folder = resources.files("sre_assistant.sim").joinpath("scenarios")
    return sorted(
        entry.name.removesuffix(".yaml") for entry in folder.iterdir() if entry.name.endswith(".yaml")
    )


def load_scenario(name: str | Path) -> Scenario:
    """A scenario that comes with the program by its name, or any by its path.

    Raises:
        ConfigError: there is none, or the file is wrong; the message says where.
    """
    if isinstance(name, Path) or name.endswith((".yaml", ".yml")):
        return checked(Document.read(Path(name)))
    if name not in scenario_names():
        raise ConfigError("scenario", f"{name!r} is not known", nearest(name, scenario_names()))
    file = resources.files("sre_assistant.sim").joinpath("scenarios", f"{name}.yaml")
    return checked(Document(file.read_text(encoding="utf-8"), f"{name}.yaml"))


def checked(document: Document) -> Scenario:
    """The scenario in a document, with every name in it looked up.

    Raises:
        ConfigError: a word, number or name that cannot be; the message says where.
    """
    scenario = document.typed(Scenario)
    if scenario.start.tzinfo is None:
        raise document.error("$.start", "has no time zone", "Write it like 2026-11-15T00:30:00Z.")
    beside = str(Path(document.name).parent / scenario.house_file) if scenario.house_file else ""
    scenario = msgspec.structs.replace(scenario, start=scenario.start.astimezone(UTC), house_file=beside)
    _Check(document, scenario).run()
    return scenario


@dataclass(frozen=True)
class _Check:
    document: Document
    scenario: Scenario

    def run(self) -> None:
        scenario = self.scenario
        standard = _added(scenario.plain_house(), scenario.adds)
        for name, change in scenario.world.items():
            self._known(f"$.world.{name}", "host", name, standard.hosts)
            for mount in change.filesystems:
                known = standard.hosts[name].filesystems
                self._known(f"$.world.{name}.filesystems.{mount}", "mountpoint", mount, known)
        for place, tag in enumerate(scenario.tags):
            self._known(f"$.tags[{place}]", "tag", tag, TAGS)
        for name, version in scenario.versions.items():
            self._known(f"$.versions.{name}", "system", name, VERSIONS)
            self._known(f"$.versions.{name}", "version", version, set(VERSIONS[name]))
        for place, entity in enumerate(scenario.removes):
            self._known(f"$.removes[{place}]", "entity", entity, Graph(standard).entities)
        house = scenario.house()
        if scenario.house_file:
            sound(scenario.plain_house(), Document.read(Path(scenario.house_file)), "$")
        graph = sound(house, self.document, "$.adds")
        for place, fault in enumerate(scenario.timeline):
            self._fault(f"$.timeline[{place}]", fault, graph)
        self._truth(graph.entities)
        if scenario.shows is not None:
            self._time("$.shows", scenario.shows)

    def _fault(self, path: str, fault: AnyFault, graph: Graph) -> None:
        self._time(f"{path}.at", fault.at)
        host = getattr(fault, "host", None)
        named = {"host": f"host/{host}"} if host is not None else {}
        for field, entity in {**named, **fault.entities()}.items():
            if entity not in graph.entities:
                kind, _, name = entity.partition("/")
                known = [one.partition("/")[2] for one in graph.entities if one.startswith(f"{kind}/")]
                whole, _, part = name.partition(":")
                if f"host/{whole}" in graph.entities and part:  # a part of something that is known
                    known = [one.partition(":")[2] for one in known if one.startswith(f"{whole}:")]
                    name = part
                self._known(f"{path}.{field}", field, name, set(known))
        if isinstance(fault, LoseHost | StopGuest) and fault.subject(graph.house) in _watchers(graph):
            name = fault.subject(graph.house).partition("/")[2]
            problem = f"is {name!r}, which Prometheus itself runs on"
            raise self.document.error(f"{path}.at", problem, "Choose another.")

    def _truth(self, entities: frozenset[str]) -> None:
        truth = self.scenario.truth
        for place, one in enumerate(truth.causes):
            path = f"$.truth.causes[{place}]"
            self._known(f"{path}.cause", "cause", one.cause, CAUSES)
            self._known(f"{path}.subject", "entity", one.subject, entities)
            self._time(f"{path}.since", one.since)
            for number, also in enumerate(one.also):
                self._known(f"{path}.also[{number}]", "cause", also, CAUSES)
            for number, entity in enumerate(one.subjects):
                self._known(f"{path}.subjects[{number}]", "entity", entity, entities)
        for place, innocent in enumerate(truth.innocent):
            path = f"$.truth.innocent[{place}]"
            if innocent.cause is not None:
                self._known(f"{path}.cause", "cause", innocent.cause, CAUSES)
            self._known(f"{path}.subject", "entity", innocent.subject, entities)

    def _time(self, path: str, when: str) -> None:
        try:
            offset(when, self.scenario.start)
        except ValueError as error:
            raise self.document.error(path, f"is wrong: {error}", "Times are UTC.") from error

    def _known(self, path: str, what: str, value: str, known: object) -> None:
        if isinstance(known, dict | set | frozenset) and value not in known:
            raise self.document.error(path, f"names an unknown {what}: {value!r}", nearest(value, known))


def _watchers(graph: Graph) -> set[str]:
    """What monitoring stands on."""
    found: set[str] = set()
    waiting = [f"host/{graph.house.monitoring}"]
    while waiting:
        found.add(waiting.pop())
        waiting += [one for entity in found for one in graph.lower(entity, "runs-on") if one not in found]
    return found


def _added(house: House, more: Additions) -> House:
    containers = dict(house.containers)
    for host, some in more.containers.items():
        containers[host] = {**containers.get(host, {}), **some}
    merged = {
        name: {**getattr(house, name), **getattr(more, name)}
        for name in more.__struct_fields__
        if name != "containers"
    }
    return msgspec.structs.replace(house, containers=containers, **merged)


def _without(house: House, removed: Sequence[str]) -> House:
    """The house without some guests, containers, pages or jobs."""
    lists = {"guest": "guests", "page": "pages", "job": "jobs", "share": "shares"}
    changed: dict[str, dict[str, object]] = {}
    containers = {host: dict(some) for host, some in house.containers.items()}
    for entity in removed:
        kind, name, part = split(entity)
        if kind == "container":
            del containers[name][part]
        elif kind in lists:
            left = changed.setdefault(lists[kind], dict(getattr(house, lists[kind])))
            del left[name]
    return msgspec.structs.replace(house, containers=containers, **changed)


def _changed(house: House, changes: dict[str, HostChange]) -> House:
    hosts = {
        name: _host(spec, changes[name]) if name in changes else spec for name, spec in house.hosts.items()
    }
    return msgspec.structs.replace(house, hosts=hosts)


def _host(spec: HostSpec, change: HostChange) -> HostSpec:
    filesystems: dict[str, FilesystemSpec] = dict(spec.filesystems)
    for mount, one in change.filesystems.items():
        filesystems[mount] = msgspec.structs.replace(filesystems[mount], **_set(one))
    plain = {key: value for key, value in _set(change).items() if key != "filesystems"}
    return msgspec.structs.replace(spec, filesystems=filesystems, **plain)


def _set(change: FilesystemChange | HostChange) -> dict[str, object]:
    return {name: value for name in change.__struct_fields__ if (value := getattr(change, name)) is not None}
