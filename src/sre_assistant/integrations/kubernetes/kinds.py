"""The kinds of objects that are read, and where the API has them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sre_assistant.integrations.kubernetes import shapes
from sre_assistant.kit.wire import path_of

S = TypeVar("S")


@dataclass(frozen=True, slots=True)
class Kind(Generic[S]):
    """One kind of object."""

    group: str
    """Empty for the core group."""
    version: str
    plural: str
    shape: type[S]
    namespaced: bool = True

    @property
    def full(self) -> str:
        """Its name with its group, as kubectl and RBAC messages have it, e.g. ``deployments.apps``."""
        return f"{self.plural}.{self.group}" if self.group else self.plural

    def path(self, namespace: str = "", name: str = "", part: str = "") -> str:
        """Where all, those of a namespace, one of them, or a part of one is.

        Raises:
            CallError: a name cannot be part of a path.
        """
        place = ["namespaces", namespace] if namespace and self.namespaced else []
        root = ["apis", self.group, self.version] if self.group else ["api", self.version]
        rest = [each for each in (name, part) if each]
        return path_of(*root, *place, self.plural, *rest)


NODES: Final = Kind("", "v1", "nodes", shapes.Node, namespaced=False)
NAMESPACES: Final = Kind("", "v1", "namespaces", shapes.Named, namespaced=False)
PODS: Final = Kind("", "v1", "pods", shapes.Pod)
EVENTS: Final = Kind("", "v1", "events", shapes.Event)
CLAIMS: Final = Kind("", "v1", "persistentvolumeclaims", shapes.Claim)
VOLUMES: Final = Kind("", "v1", "persistentvolumes", shapes.PersistentVolume, namespaced=False)
DEPLOYMENTS: Final = Kind("apps", "v1", "deployments", shapes.Workload)
STATEFUL_SETS: Final = Kind("apps", "v1", "statefulsets", shapes.Workload)
DAEMON_SETS: Final = Kind("apps", "v1", "daemonsets", shapes.Workload)
REPLICA_SETS: Final = Kind("apps", "v1", "replicasets", shapes.Workload)
REVISIONS: Final = Kind("apps", "v1", "controllerrevisions", shapes.Revision)
JOBS: Final = Kind("batch", "v1", "jobs", shapes.Job)
CRON_JOBS: Final = Kind("batch", "v1", "cronjobs", shapes.CronJob)
"""Stable since Kubernetes 1.21."""

ALL: Final[tuple[Kind[Any], ...]] = (
    NODES,
    NAMESPACES,
    PODS,
    EVENTS,
    CLAIMS,
    VOLUMES,
    DEPLOYMENTS,
    STATEFUL_SETS,
    DAEMON_SETS,
    REPLICA_SETS,
    REVISIONS,
    JOBS,
    CRON_JOBS,
)
"""Everything that is listed; beside these only the logs of pods and reviews of rights are asked."""

RESTARTED: Final = {"deployment": DEPLOYMENTS, "statefulset": STATEFUL_SETS, "daemonset": DAEMON_SETS}
"""The workloads whose pods can be replaced, by the first part of their id."""
