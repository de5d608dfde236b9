"""Everything that the API can list, at one moment of the world."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import cached_property

from sre_assistant.sim.servers.kubernetes.around import Around
from sre_assistant.sim.servers.kubernetes.events import Events
from sre_assistant.sim.servers.kubernetes.jobs import CronJobObject
from sre_assistant.sim.servers.kubernetes.nodes import NodeObject, node_usage, pod_usage
from sre_assistant.sim.servers.kubernetes.pods import PodObject
from sre_assistant.sim.servers.kubernetes.resources import Resource
from sre_assistant.sim.servers.kubernetes.status import Object
from sre_assistant.sim.servers.kubernetes.workloads import KINDS, WorkloadObject
from sre_assistant.sim.things.cluster import Cluster
from sre_assistant.sim.world import World


@dataclass(frozen=True)
class View:
    """A cluster at a moment."""

    world: World
    cluster: Cluster
    t: float

    def all(self, resource: Resource, namespace: str = "") -> list[Object]:
        """All objects of a kind, in one namespace or in all, by namespace and name."""
        found = [
            one
            for one in self._lists.get(resource.full, list)()
            if not namespace or one["metadata"].get("namespace") == namespace
        ]
        found.sort(key=lambda one: (one["metadata"].get("namespace", ""), one["metadata"]["name"]))
        return found

    def find(self, resource: Resource, namespace: str, name: str) -> Object | None:
        """One object."""
        return next((one for one in self.all(resource, namespace) if one["metadata"]["name"] == name), None)

    def moments(self, resource: Resource, start: float, end: float) -> list[float]:
        """When something of a kind may have changed in ``start < t <= end``, ascending."""
        if resource.name == "events":
            return self.events.moments(start, end)
        if resource.name == "nodes":
            found = {at for node in self.cluster.nodes.values() for at in node.moments(start, end)}
            return sorted(found | set(self._beats(start, end)))
        claims = {f"claim/{work.namespace}:{work.name}" for work in self.cluster.workloads.values()}
        spells = [one for claim in claims for one in self.world.spells[claim]]
        edges = {at for one in spells for at in (one.start, one.end) if start < at <= end}
        for work in self.cluster.workloads.values():
            edges |= set(work.moments(start, end))
            edges |= {at for run in work.runs for at in (run.start, run.end, run.dies) if start < at <= end}
        return sorted(edges)

    @cached_property
    def events(self) -> Events:
        """All that is said."""
        return Events(self.world, self.cluster)

    @cached_property
    def measures(self) -> bool:
        """Whether the cluster has a metrics server at all."""
        return any(work.name == "metrics-server" for work in self.cluster.workloads.values())

    @cached_property
    def measuring(self) -> bool:
        """Whether the metrics server serves."""
        return any(
            work.ready(self.t) > 0
            for work in self.cluster.workloads.values()
            if work.name == "metrics-server"
        )

    @cached_property
    def _around(self) -> Around:
        return Around(self.world, self.cluster, self.t)

    @cached_property
    def _lists(self) -> dict[str, Callable[[], Iterable[Object]]]:
        around = self._around
        return {
            "pods": self._pods,
            "nodes": self._nodes,
            "namespaces": around.namespaces,
            "services": around.services,
            "endpoints": around.endpoints,
            "endpointslices.discovery.k8s.io": around.endpoint_slices,
            "configmaps": around.config_maps,
            "persistentvolumeclaims": around.claims,
            "persistentvolumes": around.volumes,
            "storageclasses.storage.k8s.io": around.storage_classes,
            "events": lambda: [self.events.core(one) for one in self.events.told(self.t)],
            "events.events.k8s.io": lambda: [self.events.later(one) for one in self.events.told(self.t)],
            "deployments.apps": lambda: self._workloads("Deployment"),
            "statefulsets.apps": lambda: self._workloads("StatefulSet"),
            "daemonsets.apps": lambda: self._workloads("DaemonSet"),
            "cronjobs.batch": self._cron_jobs,
            "replicasets.apps": lambda: self._made(WorkloadObject.replica_sets),
            "controllerrevisions.apps": lambda: self._made(WorkloadObject.controller_revisions),
            "jobs.batch": self._jobs,
            "nodes.metrics.k8s.io": self._node_usage,
            "pods.metrics.k8s.io": self._pod_usage,
        }

    def _pods(self) -> Iterable[Object]:
        for work in self.cluster.workloads.values():
            for pod in work.at(self.t):
                yield PodObject(self.world, work, pod, self.t).json()

    def _nodes(self) -> Iterable[Object]:
        for place, node in enumerate(self.cluster.nodes.values()):
            yield NodeObject(self.world, node, place, self.cluster.spec.version, self.t).json()

    def _workloads(self, kind: str) -> Iterable[Object]:
        for work in self.cluster.workloads.values():
            if KINDS[work.spec.kind] == kind:
                yield WorkloadObject(self.world, work, self.t).json()

    def _made(self, by: Callable[[WorkloadObject], Iterable[Object]]) -> Iterable[Object]:
        for work in self.cluster.workloads.values():
            yield from by(WorkloadObject(self.world, work, self.t))

    def _cron_jobs(self) -> Iterable[Object]:
        for work in self.cluster.workloads.values():
            if work.spec.kind == "cronjob":
                yield CronJobObject(self.world, work, self.t).json()

    def _jobs(self) -> Iterable[Object]:
        for work in self.cluster.workloads.values():
            yield from CronJobObject(self.world, work, self.t).jobs()

    def _node_usage(self) -> Iterable[Object]:
        for node in self.cluster.nodes.values():
            if node.ready(self.t):
                yield node_usage(self.world, node, self.t)

    def _pod_usage(self) -> Iterable[Object]:
        for work in self.cluster.workloads.values():
            for pod in work.at(self.t):
                usage = pod_usage(self.world, work, pod, self.t)
                if usage is not None:
                    yield usage

    def _beats(self, start: float, end: float) -> Iterable[float]:
        """When nodes report by habit."""
        for node in self.cluster.nodes.values():
            phase = node.host.seed % 300
            first = (start - phase) // 300 * 300 + phase + 300
            yield from (first + 300.0 * step for step in range(int(max(end - first, -300.0) // 300) + 1))
