"""A scenario: a house, what happens in it and when, and what a good investigator would find."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from importlib import resources
from pathlib import Path
from typing import Final

import msgspec

from sre_assistant.domain.errors import ConfigError
from sre_assistant.sim.documents import Document, nearest
from sre_assistant.sim.faults import AnyFault, Fault
from sre_assistant.sim.house import FilesystemSpec, HostSpec, House, standard_house
from sre_assistant.sim.quantities import Share, Size, span, time_of_day
from sre_assistant.sim.world import World

CAUSES: Final = frozenset(
    {
        "clock-drift",
        "cpu-saturation",
        "disk-io-saturation",
        "exporter-gone",
        "filesystem-filling",
        "filesystem-full",
        "host-gone",
        "inode-exhaustion",
        "memory-pressure",
        "oom-kill",
        "probe-failure",
        "scrape-failing",
    }
)


class Innocent(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something that looks guilty and is not."""

    cause: str
    subject: dict[str, str]


class Truth(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is really wrong; no cause means nothing is."""

    cause: str | None = None
    subject: dict[str, str] = {}
    since: str | None = None
    """When it began: a time of day or ``+30m`` after the start."""
    innocent: tuple[Innocent, ...] = ()


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


class Scenario(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A story with a known end."""

    name: str
    title: str
    start: datetime
    shows: str | None = None
    """When there is most to see, as a time of day or ``+2h`` after the start."""
    world: dict[str, HostChange] = {}
    timeline: tuple[AnyFault, ...] = ()
    truth: Truth = Truth()

    def moment(self, when: str) -> datetime:
        """The moment of a written time: the next such time of day after the start, or that long after it."""
        return self.start + offset(when, self.start)

    def since(self) -> datetime | None:
        """When the true cause began."""
        return None if self.truth.since is None else self.moment(self.truth.since)

    def starting(self, start: datetime) -> Scenario:
        """The same story on another day or hour; what was at 01:00 keeps its distance from the start."""

        def shifted(when: str) -> str:
            return f"+{offset(when, self.start).total_seconds():g}s"

        timeline = tuple(msgspec.structs.replace(fault, at=shifted(fault.at)) for fault in self.timeline)
        since = None if self.truth.since is None else shifted(self.truth.since)
        return msgspec.structs.replace(
            self,
            start=start.astimezone(UTC),
            shows=None if self.shows is None else shifted(self.shows),
            timeline=timeline,
            truth=msgspec.structs.replace(self.truth, since=since),
        )

    def house(self) -> House:
        """The standard house with this scenario's changes."""
        return _changed(standard_house(), self.world)

    def build(self, seed: int) -> World:
        """The world in which everything of the timeline happens."""
        world = World(self.house(), self.start, seed)
        for fault in self.timeline:
            fault.begin(world, world.begin + offset(fault.at, self.start).total_seconds())
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
    scenario = msgspec.structs.replace(scenario, start=scenario.start.astimezone(UTC))
    _Check(document, scenario).run()
    return scenario


@dataclass(frozen=True)
class _Check:
    document: Document
    scenario: Scenario

    def run(self) -> None:
        standard = standard_house()
        for name, change in self.scenario.world.items():
            self._known(f"$.world.{name}", "host", name, standard.hosts)
            for mount in change.filesystems:
                self._known(
                    f"$.world.{name}.filesystems.{mount}",
                    "mountpoint",
                    mount,
                    standard.hosts[name].filesystems,
                )
        house = self.scenario.house()
        for place, fault in enumerate(self.scenario.timeline):
            self._fault(f"$.timeline[{place}]", fault, house)
        self._truth(house)

    def _fault(self, path: str, fault: Fault, house: House) -> None:
        self._time(f"{path}.at", fault.at)
        page = getattr(fault, "page", None)
        if page is not None:
            self._known(f"{path}.page", "page", page, house.pages)
        name = getattr(fault, "host", None)
        if name is None:
            return
        self._known(f"{path}.host", "host", name, house.hosts)
        spec = house.hosts[name]
        for field, known in (("mountpoint", spec.filesystems), ("device", spec.disks)):
            value = getattr(fault, field, None)
            if value is not None:
                self._known(f"{path}.{field}", field, value, known)
        if fault.cause == "host-gone" and name == house.monitoring:
            raise self.document.error(
                f"{path}.host", f"is {name!r}, which runs Prometheus itself", "Choose another host."
            )

    def _truth(self, house: House) -> None:
        truth = self.scenario.truth
        blamed = [("$.truth", truth.cause, truth.subject)] if truth.cause is not None else []
        blamed += [(f"$.truth.innocent[{i}]", one.cause, one.subject) for i, one in enumerate(truth.innocent)]
        for path, cause, subject in blamed:
            self._known(f"{path}.cause", "cause", cause or "", CAUSES)
            self._subject(f"{path}.subject", subject, house)
        if truth.cause is not None and truth.since is None:
            raise self.document.error(
                "$.truth", "has a cause but no since", "Say when it began, e.g. since: 01:00."
            )
        for path, when in (("$.truth.since", truth.since), ("$.shows", self.scenario.shows)):
            if when is not None:
                self._time(path, when)

    def _subject(self, path: str, subject: dict[str, str], house: House) -> None:
        instances = {house.instance(name): spec for name, spec in house.hosts.items()}
        instance = subject.get("instance", "")
        self._known(f"{path}.instance", "instance", instance, {*instances, *house.pages})
        spec = instances.get(instance)
        for field, known in (
            ("mountpoint", spec.filesystems if spec else {}),
            ("device", spec.disks if spec else {}),
        ):
            if field in subject:
                self._known(f"{path}.{field}", field, subject[field], known)

    def _time(self, path: str, when: str) -> None:
        try:
            offset(when, self.scenario.start)
        except ValueError as error:
            raise self.document.error(path, f"is wrong: {error}", "Times are UTC.") from error

    def _known(self, path: str, what: str, value: str, known: object) -> None:
        if isinstance(known, dict | set | frozenset) and value not in known:
            raise self.document.error(path, f"names an unknown {what}: {value!r}", nearest(value, known))


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
