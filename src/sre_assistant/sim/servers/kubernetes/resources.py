"""What the API serves: groups, versions, and the kinds of things in them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

READ: Final = ("get", "list", "watch")
_ALL: Final = ("create", "delete", "deletecollection", "get", "list", "patch", "update", "watch")


@dataclass(frozen=True, slots=True)
class Resource:
    """One kind of thing, e.g. deployments."""

    group: str
    version: str
    name: str
    kind: str
    singular: str
    namespaced: bool = True
    short: tuple[str, ...] = ()
    verbs: tuple[str, ...] = _ALL
    categories: tuple[str, ...] = ()
    parts: tuple[tuple[str, str], ...] = ()
    """Subresources, each with its kind."""

    @property
    def api(self) -> str:
        """Group and version as objects carry them."""
        return f"{self.group}/{self.version}" if self.group else self.version

    @property
    def full(self) -> str:
        """Its name with its group, as messages carry it."""
        return f"{self.name}.{self.group}" if self.group else self.name


_SCALE: Final = ("scale", "Scale")
_ALL_CATEGORY: Final = ("all",)

RESOURCES: Final = (
    Resource("", "v1", "configmaps", "ConfigMap", "configmap", short=("cm",)),
    Resource("", "v1", "endpoints", "Endpoints", "endpoints", short=("ep",)),
    Resource("", "v1", "events", "Event", "event", short=("ev",)),
    Resource("", "v1", "limitranges", "LimitRange", "limitrange", short=("limits",)),
    Resource("", "v1", "namespaces", "Namespace", "namespace", namespaced=False, short=("ns",)),
    Resource("", "v1", "nodes", "Node", "node", namespaced=False, short=("no",), parts=(("status", "Node"),)),
    Resource(
        "", "v1", "persistentvolumeclaims", "PersistentVolumeClaim", "persistentvolumeclaim", short=("pvc",)
    ),
    Resource(
        "", "v1", "persistentvolumes", "PersistentVolume", "persistentvolume", namespaced=False, short=("pv",)
    ),
    Resource(
        "",
        "v1",
        "pods",
        "Pod",
        "pod",
        short=("po",),
        categories=_ALL_CATEGORY,
        parts=(("eviction", "Eviction"), ("exec", "PodExecOptions"), ("log", "Pod"), ("status", "Pod")),
    ),
    Resource(
        "",
        "v1",
        "replicationcontrollers",
        "ReplicationController",
        "replicationcontroller",
        short=("rc",),
        categories=_ALL_CATEGORY,
    ),
    Resource("", "v1", "resourcequotas", "ResourceQuota", "resourcequota", short=("quota",)),
    Resource("", "v1", "secrets", "Secret", "secret"),
    Resource("", "v1", "serviceaccounts", "ServiceAccount", "serviceaccount", short=("sa",)),
    Resource("", "v1", "services", "Service", "service", short=("svc",), categories=_ALL_CATEGORY),
    Resource("apps", "v1", "controllerrevisions", "ControllerRevision", "controllerrevision"),
    Resource(
        "apps",
        "v1",
        "daemonsets",
        "DaemonSet",
        "daemonset",
        short=("ds",),
        categories=_ALL_CATEGORY,
        parts=(("status", "DaemonSet"),),
    ),
    Resource(
        "apps",
        "v1",
        "deployments",
        "Deployment",
        "deployment",
        short=("deploy",),
        categories=_ALL_CATEGORY,
        parts=(_SCALE, ("status", "Deployment")),
    ),
    Resource(
        "apps",
        "v1",
        "replicasets",
        "ReplicaSet",
        "replicaset",
        short=("rs",),
        categories=_ALL_CATEGORY,
        parts=(("status", "ReplicaSet"),),
    ),
    Resource(
        "apps",
        "v1",
        "statefulsets",
        "StatefulSet",
        "statefulset",
        short=("sts",),
        categories=_ALL_CATEGORY,
        parts=(_SCALE, ("status", "StatefulSet")),
    ),
    Resource(
        "authorization.k8s.io",
        "v1",
        "selfsubjectaccessreviews",
        "SelfSubjectAccessReview",
        "selfsubjectaccessreview",
        namespaced=False,
        verbs=("create",),
    ),
    Resource(
        "authorization.k8s.io",
        "v1",
        "selfsubjectrulesreviews",
        "SelfSubjectRulesReview",
        "selfsubjectrulesreview",
        namespaced=False,
        verbs=("create",),
    ),
    Resource("batch", "v1", "cronjobs", "CronJob", "cronjob", short=("cj",), categories=_ALL_CATEGORY),
    Resource("batch", "v1", "jobs", "Job", "job", categories=_ALL_CATEGORY),
    Resource("discovery.k8s.io", "v1", "endpointslices", "EndpointSlice", "endpointslice"),
    Resource("events.k8s.io", "v1", "events", "Event", "event", short=("ev",)),
    Resource(
        "metrics.k8s.io", "v1beta1", "nodes", "NodeMetrics", "", namespaced=False, verbs=("get", "list")
    ),
    Resource("metrics.k8s.io", "v1beta1", "pods", "PodMetrics", "", verbs=("get", "list")),
    Resource("networking.k8s.io", "v1", "ingresses", "Ingress", "ingress", short=("ing",)),
    Resource(
        "policy", "v1", "poddisruptionbudgets", "PodDisruptionBudget", "poddisruptionbudget", short=("pdb",)
    ),
    Resource(
        "storage.k8s.io",
        "v1",
        "storageclasses",
        "StorageClass",
        "storageclass",
        namespaced=False,
        short=("sc",),
    ),
)
"""Everything that is served, by group and name."""

BY_PLACE: Final = {(one.group, one.version, one.name): one for one in RESOURCES}


def resource(name: str, group: str = "") -> Resource:
    """A resource by its name and group."""
    return next(one for one in RESOURCES if one.name == name and one.group == group)


def groups() -> dict[str, str]:
    """The version of each named group, in the order in which they are offered."""
    return {one.group: one.version for one in RESOURCES if one.group}
