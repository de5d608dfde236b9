"""The homelab as one causal whole: from a house, a timeline and a seed to everything its systems can show."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from functools import cached_property
from typing import Final

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.causality import consequences
from sre_assistant.sim.causality.changes import Change, changes
from sre_assistant.sim.causality.graph import Graph, split
from sre_assistant.sim.causality.names import called
from sre_assistant.sim.causality.spells import FOREVER, Spell, Spells, joined
from sre_assistant.sim.house import House, PageSpec
from sre_assistant.sim.journal.streams import Journal, journal
from sre_assistant.sim.metrics import scraping
from sre_assistant.sim.metrics.series import Index
from sre_assistant.sim.metrics.targets import Outage, Target
from sre_assistant.sim.signals import DAY, WEEK, During, Weekly, seeded, uneven
from sre_assistant.sim.things import cluster as clusters
from sre_assistant.sim.things.around import Device, Ups
from sre_assistant.sim.things.containers import Running
from sre_assistant.sim.things.footprints import jobs_of, leave_footprints
from sre_assistant.sim.things.guests import Guest
from sre_assistant.sim.things.hosts import Host, settled_host
from sre_assistant.sim.things.jobs import Run
from sre_assistant.sim.things.storage import Datastore, Drive, Pool
from sre_assistant.sim.things.tenants import REBOOT_SECONDS, container_of, guest_of

HISTORY: Final = timedelta(days=400)
MONDAY: Final = datetime(1970, 1, 5, tzinfo=UTC)
_NOTICED_SECONDS: Final = 3.0  # until the network says that a machine is gone
_STALLED_TASKS: Final = 6.0  # tasks that hang for each stale mount


@dataclass(slots=True)
class Page:
    """A web page, its host if it is one of ours, and when it answers with another status than 200."""

    url: str
    spec: PageSpec
    host: Host | None
    seed: int
    start: float
    spells: Spells
    address: str

    def status(self, t: Floats) -> Floats:
        """The HTTP status, 0 while nobody answers."""
        status = np.full(len(t), 200.0)
        for one in self.spells:
            if one.mode == "status":
                status = np.where((t >= one.start) & (t < one.end), one.level, status)
        return np.where(self.spells.inside(t, "silent"), 0.0, status)

    def valid_until(self, t: Floats) -> Floats:
        """Until when its certificate is valid, in seconds since the epoch."""
        until = np.full(len(t), self.start + (self.spec.certificate or 90 * DAY))
        for one in self.spells.of("certificate"):
            until = np.where((t >= one.start) & (t < one.end), one.start + one.level, until)
        return until


class World:
    """Everything in the house, from 400 days before the scenario's start on.

    Times are seconds since the world's epoch. What happens is told to it before anyone looks: faults change
    signals and add spells, then `settle` lets the trouble travel.
    """

    def __init__(self, house: House, start: datetime, seed: int) -> None:
        self.house = house
        self.graph = Graph(house)
        self.start = start
        self.seed = seed
        self.epoch = monday_before(start - HISTORY)
        self.spells: defaultdict[str, Spells] = defaultdict(Spells)
        self.hosts = {
            name: settled_host(name, house.instance(name), spec, self.begin, seed)
            for name, spec in house.hosts.items()
        }
        self.drives = {drive.entity: drive for name in house.hosts for drive in self._drives(name)}
        self.outages: list[tuple[str, str, Outage]] = []
        self.jobs = jobs_of(house, self.spells, seed)
        leave_footprints(house, self.jobs, self.hosts)
        self._reboot()

    @property
    def begin(self) -> float:
        """The scenario's start in seconds since the epoch."""
        return (self.start - self.epoch).total_seconds()

    @property
    def epoch_ms(self) -> int:
        """The epoch in unix milliseconds."""
        return round(self.epoch.timestamp() * 1000)

    def unix_ms(self, t: float) -> int:
        """A time of the world in unix milliseconds."""
        if t >= FOREVER:
            return 1 << 62
        return self.epoch_ms + round(t * 1000)

    def seconds(self, unix_ms: float) -> float:
        """Unix milliseconds as a time of the world."""
        return (unix_ms - self.epoch_ms) / 1000

    def tell(self, entity: str, mode: str, start: float, end: float, **more: object) -> None:
        """Something is in another mode for a while (see `Spell`)."""
        self.spells[entity].add(replace(Spell(start, end, mode), **more))  # type: ignore[arg-type]

    def settle(self) -> None:
        """Lets all trouble travel along the edges and shows in machines and scrapes what it does to them."""
        consequences.spread(self.graph, self.spells)
        for name, host in self.hosts.items():
            own = self.spells[f"host/{name}"]
            host.gone = joined(own.of("gone", "off"))
            back = [end for _, end in joined(own.of("off")) if end < FOREVER]
            host.boots = np.unique(np.concatenate((host.boots, np.array(back))))
        for name, job in self.jobs.items():
            for machine in sorted({machine for _, machine, _ in job.steps}):
                for start, end in joined(self.spells[f"host/{machine}"].of("off")):
                    self.tell(f"job/{name}", "away", start, end, part=machine)
        for entity in sorted(self.graph.entities):
            kind, whole, part = split(entity)
            if kind == "exporter":
                self._silence(entity, whole, part)
            if kind == "mount":
                self._stall(self.hosts[whole], self.spells[entity].of("stale"))

    def break_target(self, job: str, instance: str, outage: Outage) -> None:
        """Lets the scrapes of one target fail for a while."""
        self.outages.append((job, instance, outage))

    @cached_property
    def pages(self) -> dict[str, Page]:
        """The pages, by address."""
        return {url: self._page(url, spec) for url, spec in self.house.pages.items()}

    @cached_property
    def guests(self) -> dict[str, Guest]:
        """The guests, by name."""
        return {name: guest_of(self, name) for name in self.house.guests}

    @cached_property
    def containers(self) -> dict[str, Running]:
        """The Docker containers, by entity."""
        return {
            f"container/{host}:{name}": container_of(self, host, name)
            for host, some in self.house.containers.items()
            for name in some
        }

    @cached_property
    def pools(self) -> dict[str, Pool]:
        """The ZFS pools, by name."""
        return {name: self._pool(name) for name in self.house.pools}

    @cached_property
    def datastores(self) -> dict[str, Datastore]:
        """The backup datastores, by name."""
        return {
            name: Datastore(
                name,
                spec,
                self.hosts[spec.host].filesystems[spec.mountpoint],
                self.spells[f"datastore/{name}"],
            )
            for name, spec in self.house.datastores.items()
        }

    @cached_property
    def devices(self) -> dict[str, Device]:
        """The network's devices, by name."""
        return {
            name: Device(name, spec, seeded(self.seed, "net", name), self.spells[f"net/{name}"])
            for name, spec in self.house.devices.items()
        }

    @cached_property
    def ups(self) -> dict[str, Ups]:
        """The batteries, by name."""
        return {
            name: Ups(name, spec, seeded(self.seed, "ups", name), self.spells[f"ups/{name}"])
            for name, spec in self.house.ups.items()
        }

    @cached_property
    def cluster(self) -> clusters.Cluster | None:
        """The Kubernetes cluster, if there is one."""
        spec = self.house.kubernetes
        return clusters.built(spec, self.hosts, self.spells, self.begin, self.seed) if spec else None

    @cached_property
    def targets(self) -> tuple[Target, ...]:
        """What Prometheus scrapes, by job and instance."""
        return scraping.targets(self)

    @cached_property
    def index(self) -> Index:
        """All scraped series."""
        return Index(series for target in self.targets for series in target.series())

    @cached_property
    def logs(self) -> Journal:
        """Everything that is written into logs."""
        return journal(self)

    def on_machine(self, host: str) -> list[str]:
        """A machine and everything whose troubles it writes about, e.g. its pools and guests."""
        return self._on_machines.get(host, [])

    @cached_property
    def _on_machines(self) -> dict[str, list[str]]:
        house = self.house
        owners = {
            "pool": {name: one.host for name, one in house.pools.items()},
            "share": {name: one.host for name, one in house.shares.items()},
            "guest": {name: one.node for name, one in house.guests.items()},
            "ups": {name: one.host for name, one in house.ups.items()},
        }
        found: dict[str, list[str]] = {}
        for entity in sorted(self.graph.entities):
            kind, whole, part = split(entity)
            owner = owners.get(kind, {}).get(whole, whole if part or kind in {"host", "clock"} else "")
            found.setdefault(owner, []).append(entity)
        return found

    def changes(self, start: float, end: float) -> list[Change]:
        """What was changed in a window: updates, edits, starts and stops, by time."""
        return changes(self, start, end)

    def runs(self, start: float, end: float, *kinds: str) -> list[Run]:
        """The runs of jobs that began in a window, of some kinds or of all, by time."""
        found = [
            run
            for job in self.jobs.values()
            if not kinds or job.spec.kind in kinds
            for run in job.runs(start, end)
        ]
        return sorted(found, key=lambda run: (run.start, run.job, run.subject))

    def called(self, entity: str) -> frozenset[str]:
        """Every name that metrics, programs or people have for an entity."""
        return called(self.house, entity)

    def _drives(self, host: str) -> Iterable[Drive]:
        for device, spec in self.house.hosts[host].disks.items():
            if spec.model:
                entity = f"disk/{host}:{device}"
                own = seeded(self.seed, entity)
                yield Drive(host, device, spec, own, self.begin, self.spells[entity])

    def _page(self, url: str, spec: PageSpec) -> Page:
        host = self.hosts[spec.host] if spec.host else None
        address = host.spec.address if host else "198.51.100.80"
        own = seeded(self.seed, "page", url)
        return Page(url, spec, host, own, self.begin, self.spells[f"page/{url}"], address)

    def _pool(self, name: str) -> Pool:
        spec = self.house.pools[name]
        host = self.hosts[spec.host]
        mounted = {
            mount: one for mount, one in host.filesystems.items() if one.spec.device.split("/")[0] == name
        }
        drives = tuple(self.drives[f"disk/{spec.host}:{device}"] for device in spec.disks)
        return Pool(name, spec, host, drives, mounted, self.spells[f"pool/{name}"])

    def _reboot(self) -> None:
        """Each machine is away for a moment when it starts; of its own, Prometheus sees nothing."""
        guests, monitoring = self.house.guests, self.house.monitoring
        blind = {monitoring, guests[monitoring].node if monitoring in guests else monitoring}
        for name, host in self.hosts.items():
            if name not in blind:
                for boot in host.boots[host.boots > 0].tolist():
                    self.tell(f"host/{name}", "off", boot - REBOOT_SECONDS, boot, detail="reboot")

    def _silence(self, entity: str, host: str, kind: str) -> None:
        """Scrapes of an exporter fail: refused where it alone is gone, no route where its machine is."""
        job, instance, url, address = scraping.place(self, host, kind)
        for spell in self.spells[entity]:
            if spell.mode == "gone":
                host_gone = spell.why == f"host/{host}"
                why, seconds = (
                    ("no route to host", _NOTICED_SECONDS) if host_gone else ("connection refused", 0.001)
                )
                error = f'Get "{url}": dial tcp {address}: connect: {why}'
            elif spell.mode == "failing":
                error, seconds = spell.detail, 0.02
            else:
                continue
            outage = Outage(self.unix_ms(spell.start), self.unix_ms(spell.end), error, seconds)
            self.break_target(job, instance, outage)

    def _stall(self, host: Host, stale: list[Spell]) -> None:
        """Tasks that touch a stale mount hang: they count as load and wait for I/O that never comes."""
        for start, end in joined(stale):
            seed = seeded(self.seed, "stall", host.name)
            stuck = uneven(Weekly(np.full(7, _STALLED_TASKS)), seed, 1.0)
            host.crowd = During(host.crowd, start + 30.0, end, stuck)
            host.wait_for_disks(start + 20.0, end, 0.3, seed + 2)
            stalled = uneven(Weekly(np.full(7, 0.6)), seed + 4, 0.1)
            host.stalls["io"] = During(host.stalls["io"], start + 20.0, end, stalled)


def monday_before(moment: datetime) -> datetime:
    """The last Monday 00:00 UTC at or before a moment."""
    return moment - timedelta(seconds=(moment - MONDAY).total_seconds() % WEEK)
