"""The cells of each kind of object in a table."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from typing import Any, Final

from sre_assistant.sim.servers.kubernetes.objects import size_text
from sre_assistant.sim.servers.kubernetes.status import Object

Cells = Callable[[Object, datetime], Sequence[object]]
"""The cells of an object's row at a moment."""

_NONE: Final = "<none>"
_MODES: Final = {"ReadWriteOnce": "RWO", "ReadOnlyMany": "ROX", "ReadWriteMany": "RWX"}


def human(seconds: float) -> str:
    """A duration as kubectl prints ages: ``45s``, ``3m20s``, ``5h12m``, ``2d4h``, ``17d``."""
    whole = max(int(seconds), 0)
    minutes, hours, days = whole // 60, whole // 3600, whole // 86400
    for below, unit, count, rest, smaller in (
        (120, "s", whole, 0, ""),
        (600, "m", minutes, whole % 60, "s"),
        (10_800, "m", minutes, 0, ""),
        (28_800, "h", hours, minutes % 60, "m"),
        (172_800, "h", hours, 0, ""),
        (691_200, "d", days, hours % 24, "h"),
        (63_072_000, "d", days, 0, ""),
    ):
        if whole < below:
            return f"{count}{unit}{rest}{smaller}" if rest else f"{count}{unit}"
    years, rest = divmod(days, 365)
    return f"{years}y{rest}d" if rest else f"{years}y"


def pod_status(pod: Object) -> str:
    """What stands in the column STATUS of a pod."""
    status = pod["status"]
    found = str(status.get("reason") or status["phase"])
    for one in status.get("containerStatuses", []):
        state = one["state"]
        if state.get("waiting", {}).get("reason"):
            found = state["waiting"]["reason"]
        elif state.get("terminated", {}).get("reason"):
            found = state["terminated"]["reason"]
    if "deletionTimestamp" in pod["metadata"] and status["phase"] not in {"Failed", "Succeeded"}:
        return "Terminating"
    return found


def _since(text: str | None, now: datetime) -> str:
    if not text:
        return "<unknown>"
    return human((now - datetime.fromisoformat(text)).total_seconds())


def _age(one: Object, now: datetime) -> str:
    return _since(one["metadata"].get("creationTimestamp"), now)


def _pod(one: Object, now: datetime) -> Sequence[object]:
    status, name = one["status"], one["metadata"]["name"]
    known: list[Object] = status.get("containerStatuses", [])
    ready = sum(bool(state["ready"]) for state in known)
    restarts = sum(int(state["restartCount"]) for state in known)
    ends = [
        state["lastState"]["terminated"]["finishedAt"]
        for state in known
        if "terminated" in state["lastState"]
    ]
    again = f"{restarts} ({_since(max(ends), now)} ago)" if restarts and ends else str(restarts)
    address, node = status.get("podIP", _NONE), one["spec"].get("nodeName", _NONE)
    counted = f"{ready}/{len(one['spec']['containers'])}"
    return name, counted, pod_status(one), again, _age(one, now), address, node, _NONE, _NONE


def _node(one: Object, now: datetime) -> Sequence[object]:
    ready = next(each for each in one["status"]["conditions"] if each["type"] == "Ready")
    words = ["Ready" if ready["status"] == "True" else "NotReady"]
    if one["spec"].get("unschedulable"):
        words.append("SchedulingDisabled")
    prefix = "node-role.kubernetes.io/"
    roles = [key.removeprefix(prefix) for key in one["metadata"]["labels"] if key.startswith(prefix)]
    info, address = one["status"]["nodeInfo"], one["status"]["addresses"][0]["address"]
    return (
        one["metadata"]["name"],
        ",".join(words),
        ",".join(sorted(roles)) or _NONE,
        _age(one, now),
        info["kubeletVersion"],
        address,
        _NONE,
        info["osImage"],
        info["kernelVersion"],
        info["containerRuntimeVersion"],
    )


def _event(one: Object, now: datetime) -> Sequence[object]:
    about = one.get("involvedObject") or one["regarding"]
    series = one.get("series") or {}
    first = one.get("firstTimestamp") or one.get("deprecatedFirstTimestamp") or one.get("eventTime")
    last = series.get("lastObservedTime") or one.get("lastTimestamp") or one.get("deprecatedLastTimestamp")
    source = one.get("source") or one.get("deprecatedSource") or {}
    by = ", ".join(source[key] for key in ("component", "host") if key in source)
    by = by or str(one.get("reportingComponent") or one.get("reportingController") or "")
    count = series.get("count") or one.get("count") or one.get("deprecatedCount") or 1
    text = str(one.get("message") or one.get("note") or "").strip()
    return (
        _since(last or first, now),
        one["type"],
        one["reason"],
        f"{str(about['kind']).lower()}/{about['name']}",
        about.get("fieldPath", ""),
        by,
        text,
        _since(first, now),
        count,
        one["metadata"]["name"],
    )


def _labels(labels: Mapping[str, str]) -> str:
    return ",".join(f"{key}={value}" for key, value in sorted(labels.items())) or _NONE


def _template(one: Object) -> tuple[str, str, str]:
    spec = one["spec"]
    template = spec["jobTemplate"]["spec"]["template"] if "jobTemplate" in spec else spec["template"]
    containers = template["spec"]["containers"]
    selector = _labels(spec.get("selector", {}).get("matchLabels", {}))
    names, images = (",".join(str(each[key]) for each in containers) for key in ("name", "image"))
    return names, images, selector


def _deployment(one: Object, now: datetime) -> Sequence[object]:
    status, wanted = one["status"], one["spec"]["replicas"]
    counts = f"{status.get('readyReplicas', 0)}/{wanted}"
    updated, available = status.get("updatedReplicas", 0), status.get("availableReplicas", 0)
    return one["metadata"]["name"], counts, updated, available, _age(one, now), *_template(one)


def _replica_set(one: Object, now: datetime) -> Sequence[object]:
    status = one["status"]
    counts = (one["spec"]["replicas"], status["replicas"], status.get("readyReplicas", 0))
    return one["metadata"]["name"], *counts, _age(one, now), *_template(one)


def _stateful_set(one: Object, now: datetime) -> Sequence[object]:
    counts = f"{one['status'].get('readyReplicas', 0)}/{one['spec']['replicas']}"
    return one["metadata"]["name"], counts, _age(one, now), *_template(one)[:2]


def _daemon_set(one: Object, now: datetime) -> Sequence[object]:
    names = ("desiredNumberScheduled", "currentNumberScheduled", "numberReady", "updatedNumberScheduled")
    counts = [one["status"].get(name, 0) for name in (*names, "numberAvailable")]
    return one["metadata"]["name"], *counts, _NONE, _age(one, now), *_template(one)


def _job(one: Object, now: datetime) -> Sequence[object]:
    status = one["status"]
    ends = [each for each in status.get("conditions", []) if each["status"] == "True"]
    word = ends[-1]["type"] if ends else "Running"
    end = datetime.fromisoformat(ends[-1]["lastTransitionTime"]) if ends else now
    took = human((end - datetime.fromisoformat(status["startTime"])).total_seconds())
    done = f"{status.get('succeeded', 0)}/{one['spec']['completions']}"
    return one["metadata"]["name"], word, done, took, _age(one, now), *_template(one)


def _cron_job(one: Object, now: datetime) -> Sequence[object]:
    status, spec = one["status"], one["spec"]
    last = status.get("lastScheduleTime")
    ago = _since(last, now) if last else _NONE
    name, zone = one["metadata"]["name"], _NONE
    active = len(status.get("active", []))
    return name, spec["schedule"], zone, spec["suspend"], active, ago, _age(one, now), *_template(one)


def _service(one: Object, now: datetime) -> Sequence[object]:
    spec = one["spec"]
    ports = ",".join(f"{each['port']}/{each['protocol']}" for each in spec["ports"])
    selector = _labels(spec.get("selector", {}))
    return one["metadata"]["name"], spec["type"], spec["clusterIP"], _NONE, ports, _age(one, now), selector


def _endpoints(one: Object, now: datetime) -> Sequence[object]:
    found = [
        f"{address['ip']}:{port['port']}"
        for subset in one.get("subsets", [])
        for port in subset["ports"]
        for address in subset.get("addresses", [])
    ]
    return one["metadata"]["name"], ",".join(found) or _NONE, _age(one, now)


def _slice(one: Object, now: datetime) -> Sequence[object]:
    ports = ",".join(str(port["port"]) for port in one["ports"]) or "<unset>"
    addresses = ",".join(address for each in one["endpoints"] for address in each["addresses"]) or "<unset>"
    return one["metadata"]["name"], one["addressType"], ports, addresses, _age(one, now)


def _claim(one: Object, now: datetime) -> Sequence[object]:
    spec, status = one["spec"], one["status"]
    modes = ",".join(_MODES[mode] for mode in status.get("accessModes", []))
    size = status.get("capacity", {}).get("storage", "")
    volume = spec.get("volumeName", "")
    head = (one["metadata"]["name"], status["phase"], volume, size, modes, spec["storageClassName"])
    return *head, "<unset>", _age(one, now), spec["volumeMode"]


def _volume(one: Object, now: datetime) -> Sequence[object]:
    spec, claim = one["spec"], one["spec"]["claimRef"]
    modes = ",".join(_MODES[mode] for mode in spec["accessModes"])
    head = (one["metadata"]["name"], spec["capacity"]["storage"], modes)
    kept = (spec["persistentVolumeReclaimPolicy"], one["status"]["phase"])
    place = f"{claim['namespace']}/{claim['name']}"
    return *head, *kept, place, spec["storageClassName"], "<unset>", "", _age(one, now), spec["volumeMode"]


def _storage_class(one: Object, now: datetime) -> Sequence[object]:
    name = one["metadata"]["name"]
    default = one["metadata"].get("annotations", {}).get("storageclass.kubernetes.io/is-default-class")
    shown = f"{name} (default)" if default == "true" else name
    kept = (one["provisioner"], one["reclaimPolicy"], one["volumeBindingMode"], one["allowVolumeExpansion"])
    return shown, *kept, _age(one, now)


def _usage(one: Object, _now: datetime) -> Sequence[object]:
    each: list[Mapping[str, Any]] = [one, *one.get("containers", [])]
    cpu = sum(int(str(part["usage"]["cpu"]).removesuffix("n")) for part in each if "usage" in part)
    memory = sum(int(str(part["usage"]["memory"]).removesuffix("Ki")) for part in each if "usage" in part)
    shown = f"{round(cpu / 1e6)}m", size_text(memory * 1024)
    return one["metadata"]["name"], *shown, one["window"]


PLAIN: Final[tuple[tuple[str, ...], Cells]] = (
    ("Name", "Age"),
    lambda one, now: (one["metadata"]["name"], _age(one, now)),
)
_EVENTS: Final = (
    *("Last Seen", "Type", "Reason", "Object", "+Subobject", "+Source", "Message", "+First Seen"),
    *("+Count", "+Name"),
)
_WORK: Final = ("+Containers", "+Images", "+Selector")
TABLES: Final[Mapping[str, tuple[tuple[str, ...], Cells]]] = {
    "pods": (
        (
            *("Name", "Ready", "Status", "Restarts", "Age", "+IP", "+Node", "+Nominated Node"),
            "+Readiness Gates",
        ),
        _pod,
    ),
    "nodes": (
        (
            *("Name", "Status", "Roles", "Age", "Version", "+Internal-IP", "+External-IP", "+OS-Image"),
            *("+Kernel-Version", "+Container-Runtime"),
        ),
        _node,
    ),
    "events": (_EVENTS, _event),
    "events.events.k8s.io": (_EVENTS, _event),
    "namespaces": (
        ("Name", "Status", "Age"),
        lambda one, now: (one["metadata"]["name"], one["status"]["phase"], _age(one, now)),
    ),
    "services": (("Name", "Type", "Cluster-IP", "External-IP", "Port(s)", "Age", "+Selector"), _service),
    "endpoints": (("Name", "Endpoints", "Age"), _endpoints),
    "endpointslices.discovery.k8s.io": (("Name", "AddressType", "Ports", "Endpoints", "Age"), _slice),
    "configmaps": (
        ("Name", "Data:integer", "Age"),
        lambda one, now: (one["metadata"]["name"], len(one.get("data", {})), _age(one, now)),
    ),
    "persistentvolumeclaims": (
        (
            *("Name", "Status", "Volume", "Capacity", "Access Modes", "StorageClass"),
            *("VolumeAttributesClass", "Age", "+VolumeMode"),
        ),
        _claim,
    ),
    "persistentvolumes": (
        (
            *("Name", "Capacity", "Access Modes", "Reclaim Policy", "Status", "Claim", "StorageClass"),
            *("VolumeAttributesClass", "Reason", "Age", "+VolumeMode"),
        ),
        _volume,
    ),
    "deployments.apps": (
        ("Name", "Ready", "Up-to-date:integer", "Available:integer", "Age", *_WORK),
        _deployment,
    ),
    "replicasets.apps": (
        ("Name", "Desired:integer", "Current:integer", "Ready:integer", "Age", *_WORK),
        _replica_set,
    ),
    "statefulsets.apps": (("Name", "Ready", "Age", "+Containers", "+Images"), _stateful_set),
    "daemonsets.apps": (
        (
            *("Name", "Desired:integer", "Current:integer", "Ready:integer", "Up-to-date:integer"),
            *("Available:integer", "Node Selector", "Age", *_WORK),
        ),
        _daemon_set,
    ),
    "jobs.batch": (("Name", "Status", "Completions", "Duration", "Age", *_WORK), _job),
    "cronjobs.batch": (
        (
            *("Name", "Schedule", "Timezone", "Suspend:boolean", "Active:integer", "Last Schedule", "Age"),
            *_WORK,
        ),
        _cron_job,
    ),
    "storageclasses.storage.k8s.io": (
        ("Name", "Provisioner", "ReclaimPolicy", "VolumeBindingMode", "AllowVolumeExpansion:boolean", "Age"),
        _storage_class,
    ),
    "nodes.metrics.k8s.io": (("Name", "cpu", "memory", "Window"), _usage),
    "pods.metrics.k8s.io": (("Name", "cpu", "memory", "Window"), _usage),
}
