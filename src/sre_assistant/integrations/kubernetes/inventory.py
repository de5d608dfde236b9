"""Everything that a cluster lets us see, as resources."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Any, TypeVar

from sre_assistant.domain.inventory import Resource
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.kubernetes import kinds, shapes
from sre_assistant.integrations.kubernetes.client import Client
from sre_assistant.integrations.kubernetes.kinds import Kind
from sre_assistant.integrations.kubernetes.nodes import node_of
from sre_assistant.integrations.kubernetes.pages import Listed
from sre_assistant.integrations.kubernetes.parts import Part, essential, items, reading
from sre_assistant.integrations.kubernetes.pods import pod_of
from sre_assistant.integrations.kubernetes.volumes import volumes_of
from sre_assistant.integrations.kubernetes.workloads import (
    by_cron_job,
    cron_job_id,
    cron_job_of,
    daemon_set_of,
    deployment_of,
    job_of,
    stateful_set_of,
)
from sre_assistant.kit.outcomes import settled

S = TypeVar("S")
T = TypeVar("T")


@dataclass(frozen=True, slots=True, kw_only=True)
class _Works:
    """The lists that workloads are made of."""

    controlled: Sequence[Part[Resource]]
    cron_jobs: Part[shapes.CronJob]
    jobs: Part[shapes.Job]

    @property
    def parts(self) -> Sequence[Part[Any]]:
        return (*self.controlled, self.cron_jobs, self.jobs)

    @property
    def resources(self) -> tuple[Resource, ...]:
        jobs = items(self.jobs)
        of_cron_jobs = by_cron_job(jobs)
        return (
            *(each for part in self.controlled for each in items(part)),
            *(cron_job_of(each, of_cron_jobs) for each in items(self.cron_jobs)),
            *(job_of(each) for each in jobs if not cron_job_id(each)),
        )

    def within(self, pods: Sequence[Resource]) -> Iterator[Resource]:
        """Pods, each within the cron job whose job it runs for."""
        made_by = {
            f"job/{job.metadata.namespace or ''}/{job.metadata.name}": cron_job_id(job)
            for job in items(self.jobs)
        }
        for pod in pods:
            parent = made_by.get(pod.within)
            yield replace(pod, within=parent) if parent else pod


class Inventory:
    """Nodes, pods, workloads and volumes of one cluster."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    async def inventory(self) -> Reading[tuple[Resource, ...]]:
        """All of them; what may not be read is said, and the rest is kept."""
        pods = await essential(self._listed_pods())
        nodes, works, (claims, volumes) = await asyncio.gather(
            self._attempt(kinds.NODES, node_of), self._works(), self._stores()
        )
        found = (
            *items(nodes),
            *works.resources,
            *works.within(items(pods)),
            *volumes_of(items(claims), items(volumes)),
        )
        return reading(self._client, found, (pods, nodes, *works.parts, claims, volumes))

    async def nodes(self) -> Reading[tuple[Resource, ...]]:
        """The machines."""
        found = await self._client.listed(kinds.NODES, node_of)
        return reading(self._client, found.items, (found,))

    async def pods(self, namespace: str = "", node: str = "") -> Reading[tuple[Resource, ...]]:
        """The pods of a namespace, or on a node."""
        found = await self._listed_pods(namespace, node)
        return reading(self._client, tuple(p for p in found.items if node in {"", p.host}), (found,))

    async def workloads(self, namespace: str = "") -> Reading[tuple[Resource, ...]]:
        """Deployments, stateful sets, daemon sets, cron jobs, and jobs that no cron job made."""
        first = await essential(self._client.listed(kinds.DEPLOYMENTS, deployment_of, namespace=namespace))
        found = await self._works(namespace, first)
        return reading(self._client, found.resources, found.parts)

    async def volumes(self, namespace: str = "") -> Reading[tuple[Resource, ...]]:
        """Claims, and the volumes that are bound to none."""
        claims, volumes = await self._stores(namespace)
        found = volumes_of(items(claims), items(volumes))
        kept = tuple(v for v in found if namespace in {"", v.labels.get("namespace")})
        return reading(self._client, kept, (claims, volumes))

    async def _works(self, namespace: str = "", deployments: Part[Resource] | None = None) -> _Works:
        """What workloads are made of, side by side; deployments that were asked for before are not again."""
        stateful_sets, daemon_sets, cron_jobs, jobs, rolling = await asyncio.gather(
            self._attempt(kinds.STATEFUL_SETS, stateful_set_of, namespace),
            self._attempt(kinds.DAEMON_SETS, daemon_set_of, namespace),
            self._attempt(kinds.CRON_JOBS, itself, namespace),
            self._attempt(kinds.JOBS, itself, namespace),
            _known(deployments)
            if deployments
            else self._attempt(kinds.DEPLOYMENTS, deployment_of, namespace),
        )
        return _Works(controlled=(rolling, stateful_sets, daemon_sets), cron_jobs=cron_jobs, jobs=jobs)

    async def _stores(self, namespace: str = "") -> tuple[Part[shapes.Claim], Part[shapes.PersistentVolume]]:
        return await asyncio.gather(
            self._attempt(kinds.CLAIMS, itself, namespace), self._attempt(kinds.VOLUMES, itself)
        )

    async def _listed_pods(self, namespace: str = "", node: str = "") -> Listed[Resource]:
        now = self._client.clock.now()
        fields = f"spec.nodeName={node}" if node else ""
        return await self._client.listed(
            kinds.PODS, lambda pod: pod_of(pod, now), namespace=namespace, fields=fields
        )

    async def _attempt(self, kind: Kind[S], read: Callable[[S], T], namespace: str = "") -> Part[T]:
        return await settled(self._client.listed(kind, read, namespace=namespace))


async def _known(part: Part[T]) -> Part[T]:
    return part


def itself(item: S) -> S:
    """What the API has, unchanged."""
    return item
