"""The jobs of a house: what each works on, where, and the footprint that its runs leave."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final

from sre_assistant.sim.causality.graph import split
from sre_assistant.sim.causality.spells import Spells
from sre_assistant.sim.house import House
from sre_assistant.sim.signals import Scheduled, Sum, seeded
from sre_assistant.sim.things.hosts import Host
from sre_assistant.sim.things.jobs import Job

_BETWEEN_SECONDS: Final = 4.0  # from the end of one guest's backup to the start of the next
_SENT: Final = 0.4
"""The share of what a backup reads that is new and goes over the network."""


def jobs_of(house: House, spells: Mapping[str, Spells], seed: int) -> dict[str, Job]:
    """The jobs by name."""
    return {
        name: Job(name, spec, seeded(seed, f"job/{name}"), tuple(_steps(house, name)), spells[f"job/{name}"])
        for name, spec in house.jobs.items()
    }


def leave_footprints(house: House, jobs: Mapping[str, Job], hosts: Mapping[str, Host]) -> None:
    """Every run of a job reads, writes and works where it runs."""
    for job in jobs.values():
        if job.spec.pace or job.spec.cpu:
            receivers = _receivers(house, job, hosts)
            for entity, name, offset in job.steps:
                _leave(job, offset, hosts[name], _devices(house, entity, hosts[name]), receivers)


def _steps(house: House, name: str) -> Iterator[tuple[str, str, float]]:
    """What a job works on: backups one after the other on each node, the rest at once."""
    spec = house.jobs[name]
    if spec.kind in {"backup", "replication"}:
        yield from _backups(house, name)
    elif spec.pool:
        yield f"pool/{spec.pool}", house.pools[spec.pool].host, 0.0
    elif spec.datastore:
        yield f"datastore/{spec.datastore}", house.datastores[spec.datastore].host, 0.0
    else:
        yield from ((f"host/{host}", host, 0.0) for host in spec.hosts)


def _backups(house: House, name: str) -> Iterator[tuple[str, str, float]]:
    spec = house.jobs[name]
    running = tuple(guest for guest, one in house.guests.items() if one.running and not one.template)
    places: dict[str, int] = {}
    for guest in sorted(spec.guests or running, key=lambda one: house.guests[one].vmid):
        if guest not in spec.without:
            node = house.guests[guest].node
            place = places[node] = places.get(node, -1) + 1
            yield f"guest/{guest}", node, place * (spec.takes + _BETWEEN_SECONDS)


def _leave(
    job: Job, offset: float, host: Host, devices: list[str], receivers: list[tuple[Host, str]]
) -> None:
    spec = job.spec
    phase = (job.phase + offset) % job.period

    def rate(size: float) -> Scheduled:
        return Scheduled(size, job.period, phase, spec.takes)

    for device in devices:
        disk = host.disks[device]
        disk.reads = Sum((disk.reads, rate(spec.pace / len(devices))))
    host.cpu = Sum((host.cpu, rate(spec.cpu)))
    if spec.kind in {"backup", "replication"}:
        host.transmit = Sum((host.transmit, rate(spec.pace * _SENT)))
        for other, device in receivers:
            other.receive = Sum((other.receive, rate(spec.pace * _SENT)))
            disk = other.disks[device]
            disk.writes = Sum((disk.writes, rate(spec.pace * _SENT)))


def _devices(house: House, entity: str, host: Host) -> list[str]:
    """The disks that a job reads for one of the things it works on."""
    kind, name, _ = split(entity)
    if kind == "pool":
        return list(house.pools[name].disks)
    if kind == "datastore":
        return list(host.filesystems[house.datastores[name].mountpoint].spec.disks)
    return [next(iter(host.disks))]


def _receivers(house: House, job: Job, hosts: Mapping[str, Host]) -> list[tuple[Host, str]]:
    """The machine and the disks that a backup or a replica is written to."""
    if job.spec.target:
        host = hosts[job.spec.target]
        return [(host, next(iter(host.disks)))]
    storage = house.storages.get(job.spec.storage)
    if storage is not None and storage.datastore:
        store = house.datastores[storage.datastore]
        host = hosts[store.host]
        return [(host, host.filesystems[store.mountpoint].spec.disks[0])]
    if storage is not None and storage.share:
        share = house.shares[storage.share]
        host = hosts[share.host]
        return [(host, device) for device in host.filesystems[share.path].spec.disks]
    return []
