"""A small language for stories: ``Lab().at("02:00").fill_disk("nas", "/tank/media")``."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Final, Self

import msgspec
import yaml

from sre_assistant.sim.documents import Document
from sre_assistant.sim.scenario import Cause, Innocent, Scenario, Truth, checked

_START: Final = datetime(2026, 11, 15, 0, 30, tzinfo=UTC)


class Lab:
    """Collects what happens and makes a scenario of it.

    Each sentence says something about the time last given with ``at``. The truth is the first fault told;
    whatever is told with ``innocent=True`` only looks like one. Quantities are written as in scenario files.
    """

    def __init__(self, start: datetime = _START, *, name: str = "lab") -> None:
        self._start = start
        self._name = name
        self._when = "+0s"
        self._shows: str | None = None
        self._timeline: list[dict[str, object]] = []
        self._innocent: list[int] = []
        self._cause: str | None = None
        self._world: dict[str, dict[str, dict[str, object]]] = {}

    def at(self, when: str) -> Self:
        """What follows happens then: a time of day, or ``+30m`` after the start."""
        self._when = when
        return self

    def shows(self, when: str) -> Self:
        """There is most to see then."""
        self._shows = when
        return self

    def with_filesystem(self, host: str, mountpoint: str, **changes: object) -> Self:
        """A file system with its own ``size``, ``used``, ``inodes`` or ``inodes_used``."""
        self._world.setdefault(host, {"filesystems": {}})["filesystems"][mountpoint] = changes
        return self

    def fill_disk(
        self,
        host: str,
        mountpoint: str,
        rate: str = "40GiB/h",
        *,
        fills: str = "100%",
        over_network: bool = False,
        cause: str | None = None,
        innocent: bool = False,
    ) -> Self:
        """Something writes; ``cause="filesystem-full"`` when the story is told after it is full."""
        told = {
            "host": host,
            "mountpoint": mountpoint,
            "rate": rate,
            "fills": fills,
            "over_network": over_network,
        }
        return self._tell("fill-disk", told, innocent=innocent, cause=cause)

    def fill_inodes(
        self, host: str, mountpoint: str, pace: str = "100000/m", *, innocent: bool = False
    ) -> Self:
        """Something creates small files."""
        return self._tell(
            "fill-inodes", {"host": host, "mountpoint": mountpoint, "pace": pace}, innocent=innocent
        )

    def busy_cpu(
        self, host: str, level: str = "93%", *, lasts: str | None = None, innocent: bool = False
    ) -> Self:
        """Programs take the CPU."""
        return self._tell("busy-cpu", {"host": host, "level": level, "lasts": lasts}, innocent=innocent)

    def scrub(self, host: str, mountpoint: str, cpu: str = "90%", reads: str = "150MiB/s") -> Self:
        """A pool checks itself: loud and innocent."""
        return self._tell(
            "scrub", {"host": host, "mountpoint": mountpoint, "cpu": cpu, "reads": reads}, innocent=False
        )

    def saturate_disk(
        self, host: str, device: str, *, lasts: str | None = None, innocent: bool = False
    ) -> Self:
        """A disk cannot keep up."""
        return self._tell(
            "saturate-disk", {"host": host, "device": device, "lasts": lasts}, innocent=innocent
        )

    def leak_memory(self, host: str, pace: str = "30GiB/h", *, lasts: str | None = None) -> Self:
        """A program takes ever more memory."""
        return self._tell("leak-memory", {"host": host, "pace": pace, "lasts": lasts}, innocent=False)

    def oom_kills(self, host: str, pace: str = "60GiB/h", *, lasts: str | None = None) -> Self:
        """A program leaks and is killed, again and again."""
        return self._tell("oom-kills", {"host": host, "pace": pace, "lasts": lasts}, innocent=False)

    def lose_host(self, host: str, *, lasts: str | None = None) -> Self:
        """A machine drops off the network."""
        return self._tell("lose-host", {"host": host, "lasts": lasts}, innocent=False)

    def lose_exporter(self, host: str, *, lasts: str | None = None) -> Self:
        """node_exporter stops."""
        return self._tell("lose-exporter", {"host": host, "lasts": lasts}, innocent=False)

    def fail_scrapes(self, host: str, error: str | None = None, *, lasts: str | None = None) -> Self:
        """node_exporter answers with an error."""
        return self._tell("fail-scrapes", {"host": host, "error": error, "lasts": lasts}, innocent=False)

    def fail_page(self, page: str, status: int = 503, *, lasts: str | None = None) -> Self:
        """A page answers with another status; 0 for not at all."""
        return self._tell("fail-page", {"page": page, "status": status, "lasts": lasts}, innocent=False)

    def drift_clock(self, host: str, seconds_per_hour: float = 1.5, *, lasts: str | None = None) -> Self:
        """A clock runs ahead."""
        told = {"host": host, "seconds_per_hour": seconds_per_hour, "lasts": lasts}
        return self._tell("drift-clock", told, innocent=False)

    def scenario(self, title: str = "A story told by a test") -> Scenario:
        """The scenario so far.

        Raises:
            ConfigError: something in it cannot be.
        """
        told = {
            "name": self._name,
            "title": title,
            "start": self._start.isoformat(),
            "shows": self._shows,
            "world": self._world,
            "timeline": self._timeline,
        }
        made = checked(Document(yaml.safe_dump(told, sort_keys=False), self._name))
        return msgspec.structs.replace(made, truth=self._truth(made))

    def _truth(self, made: Scenario) -> Truth:
        house = made.house()
        told = list(enumerate(made.timeline))
        innocent = tuple(
            Innocent(cause=fault.cause, subject=fault.subject(house))
            for place, fault in told
            if place in self._innocent and fault.cause is not None
        )
        for place, fault in told:
            if fault.cause is not None and place not in self._innocent:
                cause = self._cause or fault.cause
                blamed = Cause(cause=cause, subject=fault.subject(house), since=fault.at)
                return Truth(causes=(blamed,), innocent=innocent)
        return Truth(innocent=innocent)

    def _tell(self, fault: str, told: dict[str, object], *, innocent: bool, cause: str | None = None) -> Self:
        said = {name: value for name, value in told.items() if value is not None}
        self._timeline.append({"fault": fault, "at": self._when, **said})
        if innocent:
            self._innocent.append(len(self._timeline) - 1)
        self._cause = self._cause or cause
        return self
