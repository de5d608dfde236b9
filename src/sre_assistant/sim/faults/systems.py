"""Faults of whole machines, guests, exporters and the systems that can be asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, ClassVar

from sre_assistant.sim.faults.model import About, OnHost
from sre_assistant.sim.misbehaviour import Mode
from sre_assistant.sim.quantities import Share, Span
from sre_assistant.sim.signals import Constant, During, seeded, uneven

if TYPE_CHECKING:
    from sre_assistant.sim.house import House
    from sre_assistant.sim.world import World


class LoseHost(OnHost, frozen=True, kw_only=True, tag="lose-host"):
    """A machine drops off the network: nothing on it answers."""

    cause: ClassVar[str | None] = "host-gone"

    def begin(self, world: World, t: float) -> None:
        """All its targets fail, pings too, and so does everything that runs on it."""
        world.tell(f"host/{self.host}", "gone", t, self.until(t))


class Reboot(OnHost, frozen=True, kw_only=True, tag="reboot"):
    """A machine restarts, once; a planned thing, or the end of a crash."""

    takes: Span = Span(70.0)

    def begin(self, world: World, t: float) -> None:
        """It is off for a moment and counts from zero afterwards."""
        world.tell(f"host/{self.host}", "off", t, t + self.takes, detail="reboot")


class LoseExporter(OnHost, frozen=True, kw_only=True, tag="lose-exporter"):
    """An exporter on a machine stops; the machine itself is well."""

    cause: ClassVar[str | None] = "exporter-gone"

    exporter: str = "node"

    def begin(self, world: World, t: float) -> None:
        """Connections are refused."""
        world.tell(self._entity, "gone", t, self.until(t))

    def subject(self, house: House) -> str:  # noqa: ARG002  the same in every house
        """The exporter."""
        return self._entity

    def entities(self) -> dict[str, str]:
        """The exporter."""
        return {"host": f"host/{self.host}", "exporter": self._entity}

    @property
    def _entity(self) -> str:
        return f"exporter/{self.host}:{self.exporter}"


class FailScrapes(LoseExporter, frozen=True, kw_only=True, tag="fail-scrapes"):
    """An exporter answers, but not with metrics."""

    cause: ClassVar[str | None] = "scrape-failing"

    error: str = "server returned HTTP status 500 Internal Server Error"

    def begin(self, world: World, t: float) -> None:
        """Each scrape ends with the error."""
        world.tell(self._entity, "failing", t, self.until(t), detail=self.error)


class StopGuest(About, frozen=True, kw_only=True, tag="stop-guest"):
    """A guest stops: a crash of its own, a mistake, or a task."""

    cause: ClassVar[str | None] = "guest-down"
    about: ClassVar[tuple[str, str]] = ("guest", "guest")

    guest: str
    why: str = "VM quit/powerdown failed"

    def begin(self, world: World, t: float) -> None:
        """The guest, the system in it and all on it are gone."""
        world.tell(self.entity, "stopped", t, self.until(t), detail=self.why)


class NoisyGuest(StopGuest, frozen=True, kw_only=True, tag="noisy-guest"):
    """A guest takes all CPU of its node, so that the others get less than they ask for."""

    cause: ClassVar[str | None] = "noisy-neighbour"

    why: str = ""
    steal: Share = Share(0.3)
    """The share of their time that the node's other guests lose."""

    def begin(self, world: World, t: float) -> None:
        """The guest and its node are busy; the neighbours' time is stolen."""
        end, me = self.until(t), world.house.guests[self.guest]
        node = world.hosts[me.node]
        seed = seeded(world.seed, "noisy", self.guest)
        node.work(t, end, uneven(Constant(0.9), seed, 0.03), 0.92)
        node.crowd = During(node.crowd, t, end, Constant(node.spec.cpus * 0.9))
        node.stalls["cpu"] = During(node.stalls["cpu"], t, end, uneven(Constant(0.45), seed + 2, 0.1))
        world.tell(f"guest/{self.guest}", "busy", t, end, level=0.97)
        for name, other in world.house.guests.items():
            if other.node == me.node and name != self.guest:
                world.tell(f"guest/{name}", "starved", t, end, why=f"guest/{self.guest}", level=self.steal)
                if name in world.hosts:
                    host = world.hosts[name]
                    host.steal = During(host.steal, t, end, uneven(Constant(self.steal), seed + 3, 0.05))
                    host.crowd = During(host.crowd, t, end, Constant(host.spec.cpus * 0.5))


class BreakSystem(About, frozen=True, kw_only=True, tag="break-system"):
    """A system that can be asked answers wrongly or not at all; what it watches goes on."""

    cause: ClassVar[str | None] = "source-unreachable"
    about: ClassVar[tuple[str, str]] = ("system", "system")

    system: str
    mode: Mode = "refuse"

    def begin(self, world: World, t: float) -> None:
        """From then on it behaves so to everybody."""
        world.tell(self.entity, self.mode, t, self.until(t))


class Deny(BreakSystem, frozen=True, kw_only=True, tag="deny"):
    """The assistant's token loses a privilege of a system; it may see less than there is."""

    cause: ClassVar[str | None] = None

    privilege: str
    """As the system names it, e.g. ``VM.Audit``."""
    path: str = "/"

    def begin(self, world: World, t: float) -> None:
        """Answers become refusals, or empty."""
        end = self.until(t)
        world.tell(f"system/{self.system}", "denied", t, end, detail=self.privilege, part=self.path)


class LoseSamples(OnHost, frozen=True, kw_only=True, tag="stop-scraping"):
    """Prometheus no longer knows a target: it was dropped from its configuration, or relabelled away."""

    cause: ClassVar[str | None] = "target-missing"

    exporter: str = "node"

    def begin(self, world: World, t: float) -> None:
        """The series end, and ``up`` with them."""
        world.tell(f"exporter/{self.host}:{self.exporter}", "dropped", t, self.until(t))

    def subject(self, house: House) -> str:  # noqa: ARG002  the same in every house
        """The exporter."""
        return f"exporter/{self.host}:{self.exporter}"


class ExplodeSeries(OnHost, frozen=True, kw_only=True, tag="explode-series"):
    """An exporter begins to put an ever-changing value into a label: series pile up in Prometheus."""

    cause: ClassVar[str | None] = "cardinality-explosion"

    exporter: str = "node"
    pace: float = 400.0
    """New series per minute."""

    def begin(self, world: World, t: float) -> None:
        """The exporter's scrapes grow, and so do Prometheus' head and memory."""
        entity = f"exporter/{self.host}:{self.exporter}"
        world.tell(entity, "exploding", t, self.until(t), level=self.pace)

    def subject(self, house: House) -> str:  # noqa: ARG002  the same in every house
        """The exporter."""
        return f"exporter/{self.host}:{self.exporter}"
