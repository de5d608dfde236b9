"""What stands around the pods: namespaces, services, endpoints, volumes, configuration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from sre_assistant.sim.causality.spells import Spell
from sre_assistant.sim.servers.kubernetes.objects import Times, metadata, size_text
from sre_assistant.sim.servers.kubernetes.status import Object
from sre_assistant.sim.things.cluster import Cluster
from sre_assistant.sim.things.pods import Workload, identity, letters
from sre_assistant.sim.world import World

STORAGE_CLASS: Final = "longhorn"
PROVISIONER: Final = "driver.longhorn.io"
_OWN_SPACES: Final = ("default", "kube-node-lease", "kube-public", "kube-system")


class Around:
    """The smaller objects of a cluster at a moment."""

    def __init__(self, world: World, cluster: Cluster, t: float) -> None:
        self.world = world
        self.cluster = cluster
        self.t = t
        self.times = Times(world)
        self.made = world.begin - 86400.0 * 62
        """When the cluster was set up."""

    def namespaces(self) -> Iterator[Object]:
        """The cluster's own and the household's."""
        for name in sorted({*_OWN_SPACES, *self.cluster.spec.namespaces}):
            own = self._meta("Namespace", name, "")
            yield {
                "kind": "Namespace",
                "apiVersion": "v1",
                "metadata": own | {"labels": {"kubernetes.io/metadata.name": name}},
                "spec": {"finalizers": ["kubernetes"]},
                "status": {"phase": "Active"},
            }

    def services(self) -> Iterator[Object]:
        """The API's own, and one for each workload that listens."""
        own = self._meta("Service", "kubernetes", "default")
        labels = {"component": "apiserver", "provider": "kubernetes"}
        port: Object = {"name": "https", "protocol": "TCP", "port": 443, "targetPort": 6443}
        yield self._service(own | {"labels": labels}, "198.51.100.1", port, {})
        for place, work in enumerate(self._listening()):
            own = self._meta("Service", work.name, work.namespace, work.begun)
            address = f"198.51.100.{10 + place}"
            port = {"name": "main", "protocol": "TCP", "port": work.spec.port, "targetPort": "main"}
            yield self._service(own | {"labels": {"app": work.name}}, address, port, {"app": work.name})

    def endpoints(self) -> Iterator[Object]:
        """Who answers for each service."""
        first = self.cluster.hosts[self.cluster.spec.nodes[0]]
        own = self._meta("Endpoints", "kubernetes", "default")
        ports: list[Object] = [{"name": "https", "port": 6443, "protocol": "TCP"}]
        subset: Object = {"addresses": [{"ip": first.spec.address}], "ports": ports}
        yield {"kind": "Endpoints", "apiVersion": "v1", "metadata": own, "subsets": [subset]}
        for work in self._listening():
            yield self._endpoints(work)

    def endpoint_slices(self) -> Iterator[Object]:
        """The same, as those read it who have many to read."""
        for one in self.endpoints():
            yield _slice(one)

    def config_maps(self) -> Iterator[Object]:
        """The authority's certificate in each namespace, and the name server's configuration."""
        for space in sorted({*_OWN_SPACES, *self.cluster.spec.namespaces}):
            if space == "kube-system":
                own = self._meta("ConfigMap", "coredns", space)
                corefile = ".:53 {\n    errors\n    health\n    forward . /etc/resolv.conf\n    cache 30\n}\n"
                yield {
                    "kind": "ConfigMap",
                    "apiVersion": "v1",
                    "metadata": own,
                    "data": {"Corefile": corefile},
                }
            own = self._meta("ConfigMap", "kube-root-ca.crt", space)
            yield {
                "kind": "ConfigMap",
                "apiVersion": "v1",
                "metadata": own,
                "data": {"ca.crt": "-----BEGIN CERTIFICATE-----\n-----END CERTIFICATE-----\n"},
            }

    def claims(self) -> Iterator[Object]:
        """The volume claims."""
        for work in self._claiming():
            yield self._claim(work)

    def volumes(self) -> Iterator[Object]:
        """The volumes that are bound to claims."""
        found = [self._volume(work) for work in self._claiming() if self._waits(work) is None]
        yield from sorted(found, key=lambda one: str(one["metadata"]["name"]))

    def storage_classes(self) -> Iterator[Object]:
        """The one kind of storage there is."""
        own = self._meta("StorageClass", STORAGE_CLASS, "")
        yield {
            "kind": "StorageClass",
            "apiVersion": "storage.k8s.io/v1",
            "metadata": own | {"annotations": {"storageclass.kubernetes.io/is-default-class": "true"}},
            "provisioner": PROVISIONER,
            "reclaimPolicy": "Delete",
            "allowVolumeExpansion": True,
            "volumeBindingMode": "Immediate",
        }

    def _meta(self, kind: str, name: str, namespace: str, made: float = 0.0) -> Object:
        made = made or self.made
        own = identity(kind, namespace, name, str(self.world.seed))
        return metadata(self.times, name, namespace=namespace, uid=own, made=made, changed=made)

    def _listening(self) -> list[Workload]:
        found = [work for work in self.cluster.workloads.values() if work.spec.port is not None]
        return sorted(found, key=lambda work: (work.namespace, work.name))

    def _claiming(self) -> list[Workload]:
        found = [work for work in self.cluster.workloads.values() if work.spec.claim is not None]
        return sorted(found, key=lambda work: (work.namespace, work.name))

    def _service(self, own: Object, address: str, port: Object, selector: dict[str, str]) -> Object:
        spec: Object = {"ports": [port], **({"selector": selector} if selector else {})}
        spec |= {
            "clusterIP": address,
            "clusterIPs": [address],
            "type": "ClusterIP",
            "sessionAffinity": "None",
            "ipFamilies": ["IPv4"],
            "ipFamilyPolicy": "SingleStack",
            "internalTrafficPolicy": "Cluster",
        }
        return {
            "kind": "Service",
            "apiVersion": "v1",
            "metadata": own,
            "spec": spec,
            "status": {"loadBalancer": {}},
        }

    def _endpoints(self, work: Workload) -> Object:
        changed = max((at for at in work.turns(self.t)), default=work.begun)
        own = self._meta("Endpoints", work.name, work.namespace, work.begun)
        own |= metadata(
            self.times,
            work.name,
            namespace=work.namespace,
            uid=own["uid"],
            made=work.begun,
            changed=changed,
        )
        groups: dict[str, list[Object]] = {}
        for pod in sorted(work.at(self.t), key=lambda one: one.name):
            if pod.life(self.t) is None or pod.deleted <= self.t or pod.phase(self.t) != "Running":
                continue
            reference = {"kind": "Pod", "namespace": pod.namespace, "name": pod.name, "uid": pod.uid}
            address: Object = {"ip": self.cluster.address(pod), "nodeName": pod.node, "targetRef": reference}
            part = "addresses" if pod.ready(self.t) else "notReadyAddresses"
            groups.setdefault(part, []).append(address)
        made: Object = {
            "kind": "Endpoints",
            "apiVersion": "v1",
            "metadata": own | {"labels": {"app": work.name}},
        }
        if groups:
            ports = [{"name": "main", "port": work.spec.port, "protocol": "TCP"}]
            made["subsets"] = [{**groups, "ports": ports}]
        return made

    def _waits(self, work: Workload) -> Spell | None:
        return self.world.spells[f"claim/{work.namespace}:{work.name}"].at(self.t, "pending")

    def _claim(self, work: Workload) -> Object:
        waits = self._waits(work)
        begun = [one.start for one in self._remade(work) if one.start <= self.t]
        made = begun[-1] if begun else work.begun
        own = identity("PersistentVolumeClaim", work.namespace, work.name, repr(made), str(work.seed))
        changed = made if waits or not begun else max(self._bound(work), made)
        head = metadata(self.times, work.name, namespace=work.namespace, uid=own, made=made, changed=changed)
        head |= {"labels": {"app": work.name}, "finalizers": ["kubernetes.io/pvc-protection"]}
        size = size_text(work.spec.claim or 0)
        spec: Object = {
            "accessModes": ["ReadWriteOnce"],
            "resources": {"requests": {"storage": size}},
            "storageClassName": wanted_class(waits) if waits else STORAGE_CLASS,
            "volumeMode": "Filesystem",
        }
        status: Object = {"phase": "Pending"}
        if waits is None:
            spec["volumeName"] = f"pvc-{own}"
            status = {"phase": "Bound", "accessModes": ["ReadWriteOnce"], "capacity": {"storage": size}}
        return {
            "kind": "PersistentVolumeClaim",
            "apiVersion": "v1",
            "metadata": head,
            "spec": spec,
            "status": status,
        }

    def _remade(self, work: Workload) -> list[Spell]:
        return self.world.spells[f"claim/{work.namespace}:{work.name}"].of("pending")

    def _bound(self, work: Workload) -> float:
        return max((one.end for one in self._remade(work) if one.end <= self.t), default=work.begun)

    def _volume(self, work: Workload) -> Object:
        claim = self._claim(work)
        name = str(claim["spec"]["volumeName"])
        own = identity("PersistentVolume", name)
        made = max(self._bound(work), work.begun)
        head = metadata(self.times, name, uid=own, made=made, changed=made)
        head["annotations"] = {"pv.kubernetes.io/provisioned-by": PROVISIONER}
        reference = {
            "kind": "PersistentVolumeClaim",
            "namespace": work.namespace,
            "name": work.name,
            "uid": claim["metadata"]["uid"],
            "apiVersion": "v1",
        }
        return {
            "kind": "PersistentVolume",
            "apiVersion": "v1",
            "metadata": head,
            "spec": {
                "capacity": {"storage": size_text(work.spec.claim or 0)},
                "csi": {"driver": PROVISIONER, "fsType": "ext4", "volumeHandle": name},
                "accessModes": ["ReadWriteOnce"],
                "claimRef": reference,
                "persistentVolumeReclaimPolicy": "Delete",
                "storageClassName": STORAGE_CLASS,
                "volumeMode": "Filesystem",
            },
            "status": {"phase": "Bound", "lastPhaseTransitionTime": self.times.whole(made)},
        }


def _slice(endpoints: Object) -> Object:
    """Endpoints in their newer form."""
    head, name = dict(endpoints["metadata"]), str(endpoints["metadata"]["name"])
    head["uid"] = identity("EndpointSlice", str(head["uid"]))
    head["name"] = f"{name}-{letters(5, str(head['uid']))}"
    head["labels"] = {**head.get("labels", {}), "kubernetes.io/service-name": name}
    found: list[Object] = []
    ports: list[Object] = []
    for subset in endpoints.get("subsets", []):
        ports = subset["ports"]
        for part, ready in (("addresses", True), ("notReadyAddresses", False)):
            for address in subset.get(part, []):
                conditions = {"ready": ready, "serving": ready, "terminating": False}
                kept = {key: address[key] for key in ("nodeName", "targetRef") if key in address}
                found.append({"addresses": [address["ip"]], "conditions": conditions, **kept})
    return {
        "kind": "EndpointSlice",
        "apiVersion": "discovery.k8s.io/v1",
        "metadata": head,
        "addressType": "IPv4",
        "endpoints": found,
        "ports": ports,
    }


def wanted_class(waits: Spell) -> str:
    """The storage class that a waiting claim asks for, as the complaint about it says."""
    quoted = waits.detail.split('"')
    return quoted[1] if len(quoted) > 2 and "storageclass" in waits.detail.lower() else STORAGE_CLASS
