"""From a node as the API has it to a machine."""

from __future__ import annotations

from sre_assistant.domain.inventory import Health, Resource
from sre_assistant.integrations.kubernetes import shapes
from sre_assistant.integrations.kubernetes.quantities import moment, quantity
from sre_assistant.integrations.kubernetes.wording import said

_ROLE = "node-role.kubernetes.io/"
_FIGURES = {
    "cpu": "cpu_count",
    "memory": "memory_bytes",
    "ephemeral-storage": "disk_bytes",
    "pods": "pods_most",
}


def node_of(node: shapes.Node) -> Resource:
    """The machine that a node is; ``state`` is the word that kubectl shows."""
    meta, status = node.metadata, node.status or shapes.NodeStatus()
    conditions = status.conditions or []
    ready = next((c for c in conditions if c.type == "Ready"), None)
    bad = [c for c in conditions if c.type != "Ready" and c.status == "True"]
    closed = bool(node.spec and node.spec.unschedulable)
    state = "Unknown" if ready is None else "Ready" if ready.status == "True" else "NotReady"
    shown = [*([ready] if ready and ready.status != "True" else []), *bad]
    return Resource(
        kind="host",
        id=meta.name,
        name=meta.name,
        state=f"{state},SchedulingDisabled" if closed else state,
        health=_health(state, bad),
        detail=said(_words(c) for c in shown),
        addresses=tuple(
            dict.fromkeys(a.address for a in status.addresses or () if a.type in {"InternalIP", "ExternalIP"})
        ),
        since=moment(ready.last_transition_time) if ready else None,
        labels=_labels(meta, status),
        figures=_figures(status),
    )


def _health(state: str, bad: list[shapes.Condition]) -> Health:
    if state == "NotReady":
        return "failed"
    if state == "Unknown":
        return "unknown"
    return "warning" if bad else "ok"


def _words(condition: shapes.Condition) -> str:
    told = condition.message or condition.reason or ""
    name = "not Ready" if condition.type == "Ready" else condition.type
    return f"{name}: {told}" if told else name


def _labels(meta: shapes.Meta, status: shapes.NodeStatus) -> dict[str, str]:
    info = status.node_info or shapes.NodeInfo()
    own = meta.labels or {}
    roles = sorted(name.removeprefix(_ROLE) for name in own if name.startswith(_ROLE))
    found = {
        "roles": ",".join(roles),
        "zone": own.get("topology.kubernetes.io/zone", ""),
        "kubelet": info.kubelet_version or "",
        "os": info.os_image or "",
        "kernel": info.kernel_version or "",
        "runtime": info.container_runtime_version or "",
        "arch": info.architecture or "",
        "machine_id": info.machine_id or "",
        "system_uuid": info.system_uuid or "",
    }
    return {name: text for name, text in found.items() if text}


def _figures(status: shapes.NodeStatus) -> dict[str, float]:
    found = {name: quantity((status.capacity or {}).get(theirs)) for theirs, name in _FIGURES.items()}
    free = quantity((status.allocatable or {}).get("memory"))
    return {
        name: value
        for name, value in {**found, "memory_allocatable_bytes": free}.items()
        if value is not None
    }
