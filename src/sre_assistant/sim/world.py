"""The homelab as one causal whole: from a house, a scenario and a seed to everything Prometheus can see."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Final
from urllib.parse import quote, urlsplit

import numpy as np

from sre_assistant.sim.arrays import Floats
from sre_assistant.sim.exporters import alertmanager, blackbox, node, prometheus
from sre_assistant.sim.hosts import FOREVER, Host, settled_host
from sre_assistant.sim.house import House, PageSpec
from sre_assistant.sim.series import Index
from sre_assistant.sim.signals import WEEK, seeded
from sre_assistant.sim.targets import Family, Outage, Target

HISTORY: Final = timedelta(days=400)
_REBOOT_SECONDS: Final = 70.0
_NOTICED_SECONDS: Final = 3.0  # until the network says that a machine is gone
MONDAY: Final = datetime(1970, 1, 5, tzinfo=UTC)


@dataclass(slots=True)
class Page:
    """A web page, its host, and the times at which it answers with another status than 200."""

    url: str
    spec: PageSpec
    host: Host
    seed: int
    start: float
    failing: list[tuple[float, float, int]] = field(default_factory=list)

    def status(self, t: Floats) -> Floats:
        """The HTTP status, 0 while nobody answers."""
        status = np.full(len(t), 200.0)
        for start, end, code in self.failing:
            status = np.where((t >= start) & (t < end), float(code), status)
        return np.where(self.host.is_gone(t) > 0, 0.0, status)


class World:
    """Hosts, pages and targets; whatever happens is written into them before anyone looks."""

    def __init__(self, house: House, start: datetime, seed: int) -> None:
        self.house = house
        self.start = start
        self.seed = seed
        self.epoch = monday_before(start - HISTORY)
        begin = (start - self.epoch).total_seconds()
        self.hosts = {
            name: settled_host(name, house.instance(name), spec, begin, seed)
            for name, spec in house.hosts.items()
        }
        self.pages = {
            url: Page(url, spec, self.hosts[spec.host], seeded(seed, "page", url), begin)
            for url, spec in house.pages.items()
        }
        self.outages: list[tuple[str, str, Outage]] = []
        self._reboot()
        self._targets: tuple[Target, ...] | None = None
        self._index: Index | None = None

    @property
    def begin(self) -> float:
        """The scenario's start in seconds since the epoch."""
        return (self.start - self.epoch).total_seconds()

    def unix_ms(self, t: float) -> int:
        """A time of the world in unix milliseconds."""
        if t >= FOREVER:
            return 1 << 62
        return self.epoch_ms + round(t * 1000)

    @property
    def epoch_ms(self) -> int:
        """The epoch in unix milliseconds."""
        return round(self.epoch.timestamp() * 1000)

    def _reboot(self) -> None:
        """Each machine is away for a moment when it starts; of its own, Prometheus sees nothing."""
        for name, host in self.hosts.items():
            if name != self.house.monitoring:
                for boot in host.boots[host.boots > 0].tolist():
                    self.lose(host, boot - _REBOOT_SECONDS, boot)

    def lose(self, host: Host, start: float, end: float) -> None:
        """Takes a machine off the network for a while."""
        host.gone.append((start, end))
        self.break_exporter(host, start, end, "connect: no route to host", _NOTICED_SECONDS)

    def break_exporter(self, host: Host, start: float, end: float, why: str, seconds: float) -> None:
        """Lets connections to a machine's node_exporter fail for a while, after so many ``seconds`` each."""
        error = f'Get "http://{host.instance}/metrics": dial tcp {host.spec.address}:9100: {why}'
        self.break_target(
            "node", host.instance, Outage(self.unix_ms(start), self.unix_ms(end), error, seconds)
        )

    def break_target(self, job: str, instance: str, outage: Outage) -> None:
        """Lets the scrapes of one target fail for a while."""
        self.outages.append((job, instance, outage))

    @property
    def targets(self) -> tuple[Target, ...]:
        """What Prometheus scrapes, by job and instance."""
        if self._targets is None:
            self._targets = self._built()
        return self._targets

    @property
    def index(self) -> Index:
        """All scraped series."""
        if self._index is None:
            self._index = Index(series for target in self.targets for series in target.series())
        return self._index

    def _built(self) -> tuple[Target, ...]:
        epoch = self.epoch.timestamp()
        targets = [
            self._target("node", host, 9100, node.families(host, epoch)) for host in self.hosts.values()
        ]
        keeper = self.hosts[self.house.monitoring]
        targets.append(self._target("blackbox-exporter", keeper, 9115, blackbox.own_families(keeper, epoch)))
        targets += [self._probe(keeper, page) for page in self.pages.values()]
        targets += [self._ping(keeper, host) for host in self.hosts.values()]
        targets.append(self._target("alertmanager", keeper, 9093, alertmanager.families(keeper, epoch)))
        targets.append(
            self._target("prometheus", keeper, 9090, prometheus.families(keeper, epoch, len(targets) + 1))
        )
        for target in targets:
            target.size = sum(len(family.points) for family in target.families)
            target.outages = sorted(
                (o for job, instance, o in self.outages if (job, instance) == (target.job, target.instance)),
                key=lambda outage: outage.start,
            )
        return tuple(sorted(targets, key=lambda target: (target.job, target.instance)))

    def _target(self, job: str, host: Host, port: int, families: Sequence[Family]) -> Target:
        instance = f"{host.name}.{self.house.domain}:{port}"
        return self._made(job, instance, f"http://{instance}/metrics", families)

    def _probe(self, keeper: Host, page: Page) -> Target:
        secure = urlsplit(page.url).scheme == "https"
        families = blackbox.page_families(page, self.epoch.timestamp(), secure=secure)
        return self._probed("blackbox-http", "http_2xx", keeper, page.url, families)

    def _ping(self, keeper: Host, host: Host) -> Target:
        name = f"{host.name}.{self.house.domain}"
        return self._probed("blackbox-icmp", "icmp", keeper, name, blackbox.ping_families(host))

    def _probed(self, job: str, module: str, keeper: Host, goal: str, families: Sequence[Family]) -> Target:
        exporter = f"{keeper.name}.{self.house.domain}:9115"
        url = f"http://{exporter}/probe?module={module}&target={quote(goal, safe='')}"
        return self._made(job, goal, url, families)

    def _made(self, job: str, instance: str, url: str, families: Sequence[Family]) -> Target:
        return Target(
            job=job,
            instance=instance,
            url=url,
            since=self.epoch_ms,
            epoch=self.epoch_ms,
            families=tuple(families),
        )


def monday_before(moment: datetime) -> datetime:
    """The last Monday 00:00 UTC at or before a moment."""
    return moment - timedelta(seconds=(moment - MONDAY).total_seconds() % WEEK)
