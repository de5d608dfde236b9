"""Which addresses Prometheus scrapes, and what each shows of the world."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, Final
from urllib.parse import quote, urlsplit

import numpy as np

from sre_assistant.sim.causality.spells import Spell, joined
from sre_assistant.sim.exporters import (
    alertmanager,
    blackbox,
    cadvisor,
    kube,
    loki,
    node,
    nut,
    pbs,
    prometheus,
    pve,
    smartctl,
    zfs,
)
from sre_assistant.sim.exporters.kube import volumes
from sre_assistant.sim.exporters.shapes import fixed
from sre_assistant.sim.metrics.swelling import Swelling
from sre_assistant.sim.metrics.targets import Family, Level, Outage, Point, Target
from sre_assistant.sim.misbehaviour import MODES
from sre_assistant.sim.signals import seeded

if TYPE_CHECKING:
    from sre_assistant.sim.world import World

PORTS: Final = {
    "node": 9100,
    "cadvisor": 8080,
    "smartctl": 9633,
    "zfs": 9134,
    "nut": 9199,
    "pve": 9221,
    "kube-state-metrics": 30080,
    "pbs": 10019,
    "kubelet": 10250,
    "loki": 3100,
    "alertmanager": 9093,
}
_PATHS: Final = {"pve": "/pve?target={host}&cluster=1&node=1", "nut": "/ups_metrics"}
_SYSTEMS: Final = {"loki": "loki", "alertmanager": "alertmanager", "pve": "proxmox"}
"""The system behind an exporter that fails with it."""
_EXPORTERS: Final[dict[str, Callable[[World, str], Sequence[Family]]]] = {
    "node": node.families,
    "cadvisor": cadvisor.families,
    "smartctl": smartctl.families,
    "zfs": zfs.families,
    "nut": nut.families,
    "pve": pve.families,
    "pbs": pbs.families,
    "kube-state-metrics": kube.families,
    "kubelet": volumes.kubelet,
    "loki": loki.families,
}
"""What each kind of exporter on a host shows; a kind that is not here is not scraped."""
_SEEN: Final = 500
"""Of ever new series, so many can be asked for."""


def targets(world: World) -> tuple[Target, ...]:
    """All targets with what they show and when scraping them fails, by job and instance."""
    found = [*_exporters(world), *_probes(world)]
    keeper = world.hosts[world.house.monitoring]
    epoch = world.epoch.timestamp()
    found.append(_plain(world, "blackbox-exporter", keeper.name, 9115, blackbox.own_families(keeper, epoch)))
    found.append(_plain(world, "alertmanager", keeper.name, 9093, alertmanager.families(keeper, epoch)))
    found[-1].outages = _broken(world, keeper.name, "alertmanager")
    found.append(_plain(world, "prometheus", keeper.name, 9090, prometheus.families(world, found)))
    for target in found:
        told = [o for job, instance, o in world.outages if (job, instance) == (target.job, target.instance)]
        target.outages = sorted([*target.outages, *told], key=lambda outage: outage.start)
    return tuple(sorted(found, key=lambda target: (target.job, target.instance)))


def place(world: World, host: str, kind: str) -> tuple[str, str, str, str]:
    """Job, instance, address to scrape and network address of an exporter."""
    port = PORTS[kind]
    instance = f"{world.house.full_name(host)}:{port}"
    path = _PATHS.get(kind, "/metrics").format(host=world.house.full_name(host))
    return kind, instance, f"http://{instance}{path}", f"{world.hosts[host].spec.address}:{port}"


def _exporters(world: World) -> Iterator[Target]:
    for entity in sorted(world.graph.entities):
        if entity.startswith("exporter/"):
            host, _, kind = entity.removeprefix("exporter/").partition(":")
            if kind in _EXPORTERS and (kind != "node" or world.house.hosts[host].exporter):
                yield _exporter(world, entity, host, kind)


def _exporter(world: World, entity: str, host: str, kind: str) -> Target:
    job, instance, url, _ = place(world, host, kind)
    spells = world.spells[entity]
    swellings = [Swelling(one.start, one.end, one.level / 60) for one in spells.of("exploding")]
    families = _EXPORTERS[kind](world, host)
    made = _made(world, job, instance, url, families)
    made.families = [*families, *(_swollen(one, number) for number, one in enumerate(swellings))]
    made.swellings = swellings
    made.outages = [*_stopped(world, host, kind), *_broken(world, host, kind)]
    made.dropped = [(world.unix_ms(a), world.unix_ms(b)) for a, b in joined(spells.of("dropped"))]
    return made


def _stopped(world: World, host: str, kind: str) -> list[Outage]:
    """When a kubelet alone is down."""
    if kind != "kubelet":
        return []
    return [_refused(world, host, kind, one) for one in world.spells[f"host/{host}"].of("kubelet")]


def _broken(world: World, host: str, kind: str) -> list[Outage]:
    """When the system that the exporter is, or that it asks, does not answer anybody."""
    _, _, url, _ = place(world, host, kind)
    found = []
    for one in world.spells[f"system/{_SYSTEMS.get(kind, kind)}"]:
        if kind == "pve" and one.mode in MODES:
            error, seconds = "server returned HTTP status 500 INTERNAL SERVER ERROR", 0.3
            found.append(Outage(world.unix_ms(one.start), world.unix_ms(one.end), error, seconds))
        elif kind in _SYSTEMS and one.mode == "hang":
            error = f'Get "{url}": context deadline exceeded'
            found.append(Outage(world.unix_ms(one.start), world.unix_ms(one.end), error, 10.0))
        elif kind in _SYSTEMS and one.mode == "refuse":
            found.append(_refused(world, host, kind, one))
    return found


def _refused(world: World, host: str, kind: str, spell: Spell) -> Outage:
    _, _, url, address = place(world, host, kind)
    error = f'Get "{url}": dial tcp {address}: connect: connection refused'
    return Outage(world.unix_ms(spell.start), world.unix_ms(spell.end), error, 0.001)


def _swollen(swelling: Swelling, number: int) -> Family:
    """The first of the series with an ever-changing label."""
    points = []
    for place in range(_SEEN):
        mark = f"{seeded(number, 'run', str(place)):014x}"[-12:]
        there = _between(swelling.start + (place + 1) / swelling.pace, swelling.end)
        points.append(Point({"run_id": mark}, fixed(float(seeded(place, mark) % 900)), there))
    return Family("job_run_duration_seconds", "gauge", "Duration of a run in seconds.", tuple(points))


def _between(start: float, end: float) -> Level:
    return lambda t: np.where((t >= start) & (t < end), 1.0, 0.0)


def _probes(world: World) -> Iterator[Target]:
    for page in world.pages.values():
        secure = urlsplit(page.url).scheme == "https"
        families = blackbox.page_families(page, world.epoch.timestamp(), secure=secure)
        yield _probed(world, "blackbox-http", "http_2xx", page.url, families)
    for host in world.hosts.values():
        families = blackbox.ping_families(host.spec.address, host.is_gone, host.seed)
        yield _probed(world, "blackbox-icmp", "icmp", world.house.full_name(host.name), families)
    for name, device in world.devices.items():
        if device.spec.address and device.spec.kind == "dns":
            families = blackbox.dns_families(device, device.gone)
            yield _probed(world, "blackbox-dns", "dns_a", device.spec.address, families)
        elif device.spec.address:
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
    target = Target(
        job=job,
        instance=instance,
        url=url,
        since=world.epoch_ms,
        epoch=world.epoch_ms,
        families=tuple(families),
    )
    target.measure()
    return target
