"""Which addresses Prometheus scrapes, and what each shows of the world."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

from sre_assistant.sim.exporters import alertmanager, blackbox, node, prometheus
from sre_assistant.sim.targets import Family, Target

if TYPE_CHECKING:
    from sre_assistant.sim.world import World

_PORTS: Final = {
    "node": 9100,
    "cadvisor": 8080,
    "smartctl": 9633,
    "zfs": 9134,
    "nut": 9199,
    "pve": 9221,
    "kube-state-metrics": 30080,
    "loki": 3100,
}
_EXPORTERS: Final[dict[str, Callable[[World, str], Sequence[Family]]]] = {
    "node": lambda world, host: node.families(world.hosts[host], world.epoch.timestamp()),
}
"""What each kind of exporter on a host shows; a kind that is not here is not scraped."""


def targets(world: World) -> tuple[Target, ...]:
    """All targets with what they show and when scraping them fails, by job and instance."""
    found = [*_exporters(world), *_probes(world)]
    keeper = world.hosts[world.house.monitoring]
    epoch = world.epoch.timestamp()
    found.append(_plain(world, "blackbox-exporter", keeper.name, 9115, blackbox.own_families(keeper, epoch)))
    found.append(_plain(world, "alertmanager", keeper.name, 9093, alertmanager.families(keeper, epoch)))
    found.append(
        _plain(world, "prometheus", keeper.name, 9090, prometheus.families(keeper, epoch, len(found) + 1))
    )
    for target in found:
        target.size = sum(len(family.points) for family in target.families)
        target.outages = sorted(
            (o for job, instance, o in world.outages if (job, instance) == (target.job, target.instance)),
            key=lambda outage: outage.start,
        )
    return tuple(sorted(found, key=lambda target: (target.job, target.instance)))


def place(world: World, host: str, kind: str) -> tuple[str, str, str, str]:
    """Job, instance, address to scrape and network address of an exporter."""
    port = _PORTS[kind]
    instance = f"{world.house.full_name(host)}:{port}"
    return kind, instance, f"http://{instance}/metrics", f"{world.hosts[host].spec.address}:{port}"


def _exporters(world: World) -> Iterator[Target]:
    for entity in sorted(world.graph.entities):
        if entity.startswith("exporter/"):
            host, _, kind = entity.removeprefix("exporter/").partition(":")
            if kind in _EXPORTERS and (kind != "node" or world.house.hosts[host].exporter):
                job, instance, url, _ = place(world, host, kind)
                yield _made(world, job, instance, url, _EXPORTERS[kind](world, host))


def _probes(world: World) -> Iterator[Target]:
    for page in world.pages.values():
        secure = urlsplit(page.url).scheme == "https"
        families = blackbox.page_families(page, world.epoch.timestamp(), secure=secure)
        yield _probed(world, "blackbox-http", "http_2xx", page.url, families)
    for host in world.hosts.values():
        families = blackbox.ping_families(host.spec.address, host.is_gone, host.seed)
        yield _probed(world, "blackbox-icmp", "icmp", world.house.full_name(host.name), families)
    for name, device in world.devices.items():
        if device.spec.address and device.spec.kind != "dns":
            families = blackbox.ping_families(device.spec.address, device.gone, device.seed)
            yield _probed(world, "blackbox-icmp", "icmp", world.house.full_name(name), families)


def _plain(world: World, job: str, host: str, port: int, families: Sequence[Family]) -> Target:
    instance = f"{world.house.full_name(host)}:{port}"
    return _made(world, job, instance, f"http://{instance}/metrics", families)


def _probed(world: World, job: str, module: str, goal: str, families: Sequence[Family]) -> Target:
    exporter = f"{world.house.full_name(world.house.monitoring)}:9115"
    url = f"http://{exporter}/probe?module={module}&target={quote(goal, safe='')}"
    return _made(world, job, goal, url, families)


def _made(world: World, job: str, instance: str, url: str, families: Sequence[Family]) -> Target:
    return Target(
        job=job,
        instance=instance,
        url=url,
        since=world.epoch_ms,
        epoch=world.epoch_ms,
        families=tuple(families),
    )
