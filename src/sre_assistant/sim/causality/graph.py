"""The things of a house and what hangs on what: identities and typed edges.

An entity is written ``kind/name``; a part of something is ``kind/whole:part``, e.g. ``host/nas``,
``filesystem/nas:/tank/media``, ``container/media:jellyfin``, ``workload/web:wiki``, ``net/dns``.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from graphlib import CycleError, TopologicalSorter
from typing import Final, Literal

from sre_assistant.sim.house import House

Relation = Literal[
    "runs-on", "stores-on", "mounts", "depends-on", "powers", "routes", "backs-up", "serves", "part-of"
]

SYSTEMS: Final = (
    "prometheus",
    "alertmanager",
    "grafana",
    "loki",
    "proxmox",
    "pbs",
    "truenas",
    "docker",
    "kubernetes",
)
"""The servers that the homelab puts on the wire."""


@dataclass(frozen=True, slots=True)
class Edge:
    """``lower`` carries ``upper``: trouble travels from the first to the second."""

    upper: str
    relation: Relation
    lower: str


@dataclass(frozen=True)
class Graph:
    """All entities of a house and the edges between them."""

    house: House

    @cached_property
    def entities(self) -> frozenset[str]:
        """Every entity there is."""
        house = self.house
        found = {f"host/{name}" for name in house.hosts} | {f"guest/{name}" for name in house.guests}
        for name, host in house.hosts.items():
            found |= {f"filesystem/{name}:{mount}" for mount in host.filesystems}
            found |= {f"disk/{name}:{device}" for device in host.disks}
            found |= {f"nic/{name}:{host.network.device}", f"exporter/{name}:node", f"clock/{name}"}
        found |= {f"container/{host}:{name}" for host, some in house.containers.items() for name in some}
        found |= {f"exporter/{name}:cadvisor" for name in house.containers}
        for kind, names in (
            ("page", house.pages),
            ("pool", house.pools),
            ("share", house.shares),
            ("storage", house.storages),
            ("datastore", house.datastores),
            ("net", house.devices),
            ("ups", house.ups),
            ("job", house.jobs),
            ("system", SYSTEMS),
        ):
            found |= {f"{kind}/{name}" for name in names}
        found |= {
            f"mount/{client}:{name}" for name, share in house.shares.items() for client in share.clients
        }
        return frozenset(found | set(self._exporters()) | set(self._cluster()))

    @cached_property
    def edges(self) -> tuple[Edge, ...]:
        """Every edge, by the one that is carried."""
        told = (self._machines(), self._services(), self._storage(), self._around(), self._jobs())
        return tuple(sorted({edge for some in told for edge in some}, key=_order))

    def lower(self, entity: str, *relations: Relation) -> list[str]:
        """What an entity stands on, by these relations or by any."""
        return [
            e.lower for e in self.edges if e.upper == entity and (not relations or e.relation in relations)
        ]

    def upper(self, entity: str, *relations: Relation) -> list[str]:
        """What stands on an entity, by these relations or by any."""
        return [
            e.upper for e in self.edges if e.lower == entity and (not relations or e.relation in relations)
        ]

    def ordered(self) -> list[str]:
        """All entities, each after everything that it stands on.

        Raises:
            ValueError: some of them stand on each other; the message shows the circle.
        """
        sorter: TopologicalSorter[str] = TopologicalSorter(
            {entity: set() for entity in sorted(self.entities)}
        )
        for edge in self.edges:
            sorter.add(edge.upper, edge.lower)
        try:
            return list(sorter.static_order())
        except CycleError as error:
            raise ValueError(" needs ".join(reversed(error.args[1]))) from error

    def _machines(self) -> Iterator[Edge]:
        house = self.house
        for name, guest in house.guests.items():
            yield Edge(f"guest/{name}", "runs-on", f"host/{guest.node}")
            if guest.storage:
                yield Edge(f"guest/{name}", "stores-on", f"storage/{guest.storage}")
        for name, host in house.hosts.items():
            if name in house.guests:
                yield Edge(f"host/{name}", "runs-on", f"guest/{name}")
            parts = [f"disk/{name}:{device}" for device in host.disks]
            parts += [f"filesystem/{name}:{mount}" for mount in host.filesystems]
            parts += [f"nic/{name}:{host.network.device}", f"exporter/{name}:node", f"clock/{name}"]
            yield from (Edge(part, "part-of", f"host/{name}") for part in parts)

    def _services(self) -> Iterator[Edge]:
        house = self.house
        for host, containers in house.containers.items():
            yield Edge(f"exporter/{host}:cadvisor", "part-of", f"host/{host}")
            for name, spec in containers.items():
                entity = f"container/{host}:{name}"
                yield Edge(entity, "runs-on", f"host/{host}")
                yield from (Edge(entity, "depends-on", need) for need in _further(spec.needs))
                yield from (
                    Edge(entity, "mounts", f"mount/{host}:{_share(source)}")
                    for source in spec.mounts.values()
                    if _share(source)
                )
        for url, page in house.pages.items():
            if page.container:
                yield Edge(f"page/{url}", "serves", f"container/{page.host}:{page.container}")
            elif page.host:
                yield Edge(f"page/{url}", "serves", f"host/{page.host}")
            yield from (Edge(f"page/{url}", "depends-on", need) for need in page.needs)
        if house.kubernetes:
            for space, workloads in house.kubernetes.namespaces.items():
                for name, work in workloads.items():
                    entity = f"workload/{space}:{name}"
                    yield from (Edge(entity, "runs-on", f"host/{node}") for node in house.kubernetes.nodes)
                    yield from (Edge(entity, "depends-on", need) for need in work.needs)
                    if work.claim:
                        yield Edge(entity, "stores-on", f"claim/{space}:{name}")

    def _storage(self) -> Iterator[Edge]:
        house = self.house
        for name, pool in house.pools.items():
            yield Edge(f"pool/{name}", "part-of", f"host/{pool.host}")
            yield from (Edge(f"pool/{name}", "stores-on", f"disk/{pool.host}:{disk}") for disk in pool.disks)
            for mount, filesystem in house.hosts[pool.host].filesystems.items():
                if filesystem.device.split("/")[0] == name:
                    yield Edge(f"filesystem/{pool.host}:{mount}", "stores-on", f"pool/{name}")
        for name, share in house.shares.items():
            yield Edge(f"share/{name}", "runs-on", f"host/{share.host}")
            yield Edge(f"share/{name}", "stores-on", f"filesystem/{share.host}:{share.path}")
            for client in share.clients:
                yield Edge(f"mount/{client}:{name}", "mounts", f"share/{name}")
                yield Edge(f"mount/{client}:{name}", "part-of", f"host/{client}")
        for name, storage in house.storages.items():
            if storage.share:
                yield Edge(f"storage/{name}", "mounts", f"share/{storage.share}")
            if storage.datastore:
                yield Edge(f"storage/{name}", "stores-on", f"datastore/{storage.datastore}")
        for name, store in house.datastores.items():
            yield Edge(f"datastore/{name}", "stores-on", f"filesystem/{store.host}:{store.mountpoint}")
            yield Edge(f"datastore/{name}", "runs-on", f"host/{store.host}")

    def _around(self) -> Iterator[Edge]:
        house = self.house
        for exporter in self._exporters():
            host = exporter.removeprefix("exporter/").partition(":")[0]
            yield Edge(exporter, "part-of", f"host/{host}")
        for name, device in house.devices.items():
            for carried in device.carries:
                kind = "net" if carried in house.devices else "host"
                yield Edge(f"{kind}/{carried}", "routes", f"net/{name}")
            if device.guest:
                yield Edge(f"net/{name}", "runs-on", f"guest/{device.guest}")
        for name, ups in house.ups.items():
            for fed in ups.feeds:
                kind = "net" if fed in house.devices else "host"
                yield Edge(f"{kind}/{fed}", "powers", f"ups/{name}")

    def _jobs(self) -> Iterator[Edge]:
        for name, job in self.house.jobs.items():
            if job.storage:
                yield Edge(f"job/{name}", "backs-up", f"storage/{job.storage}")
            if job.datastore:
                yield Edge(f"job/{name}", "runs-on", f"datastore/{job.datastore}")
            if job.pool:
                yield Edge(f"job/{name}", "runs-on", f"pool/{job.pool}")

    def _exporters(self) -> Iterator[str]:
        house = self.house
        if house.hypervisors:
            yield f"exporter/{house.hypervisors[0]}:pve"
        for host, spec in house.hosts.items():
            if any(disk.model for disk in spec.disks.values()):
                yield f"exporter/{host}:smartctl"
        yield from (f"exporter/{pool.host}:zfs" for pool in house.pools.values())
        yield from (f"exporter/{ups.host}:nut" for ups in house.ups.values())
        yield from (f"exporter/{store.host}:pbs" for store in house.datastores.values())
        if house.kubernetes:
            yield f"exporter/{house.kubernetes.nodes[0]}:kube-state-metrics"
            yield from (f"exporter/{node}:kubelet" for node in house.kubernetes.nodes)
        yield f"exporter/{house.monitoring}:loki"

    def _cluster(self) -> Iterator[str]:
        if self.house.kubernetes:
            for space, workloads in self.house.kubernetes.namespaces.items():
                for name, work in workloads.items():
                    yield f"workload/{space}:{name}"
                    if work.claim:
                        yield f"claim/{space}:{name}"


def split(entity: str) -> tuple[str, str, str]:
    """Kind, name and part of an entity; the part is empty for a whole."""
    kind, _, name = entity.partition("/")
    if kind in {"page", "net", "host", "guest", "pool", "share", "storage", "datastore", "ups", "job"}:
        return kind, name, ""
    whole, _, part = name.partition(":")
    return kind, whole, part


def _further(needs: tuple[str, ...]) -> list[str]:
    """What a container needs beside its mounts."""
    return [need for need in needs if not need.startswith("share/")]


def _share(source: str) -> str:
    kind, _, name = source.partition("/")
    return name if kind == "share" else ""


def _order(edge: Edge) -> tuple[str, str, str]:
    return edge.upper, edge.relation, edge.lower
