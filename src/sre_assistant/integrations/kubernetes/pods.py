"""From a pod as the API has it to a resource: its state in one word, and why it is not well."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from datetime import datetime, timedelta
from typing import Final

from sre_assistant.domain.inventory import Health, Resource
from sre_assistant.integrations.kubernetes import shapes
from sre_assistant.integrations.kubernetes.quantities import moment, quantity, stamp
from sre_assistant.integrations.kubernetes.wording import said

_MOST_LABELS = 20
_LATELY: Final = timedelta(hours=1)
"""How long a container that was started again still counts as a warning."""
_BROKEN: Final = frozenset(
    {
        "CrashLoopBackOff",
        "ImagePullBackOff",
        "ErrImagePull",
        "ErrImageNeverPull",
        "InvalidImageName",
        "ImageInspectError",
        "CreateContainerConfigError",
        "CreateContainerError",
        "RunContainerError",
        "ContainerCannotRun",
        "StartError",
        "OOMKilled",
        "Error",
        "DeadlineExceeded",
        "Evicted",
        "Failed",
        "NodeLost",
        "UnexpectedAdmissionError",
        "Unschedulable",
        "Unknown",
    }
)
"""States that do not pass by themselves, or that have cost a run."""


def pod_of(pod: shapes.Pod, now: datetime) -> Resource:
    """The resource that a pod is, at a moment of the asker's clock."""
    meta, spec, status = pod.metadata, pod.spec or shapes.PodSpec(), pod.status or shapes.PodStatus()
    state = pod_state(pod)
    containers = spec.containers or []
    limit = _sum(quantity((c.resources.limits or {}).get("memory")) for c in containers if c.resources)
    figures = {"restarts": float(restarts(pod)), "containers": float(len(containers))}
    return Resource(
        kind="pod",
        id=f"{meta.namespace or ''}/{meta.name}",
        name=meta.name,
        state=state,
        health=_health(pod, state, now),
        detail=said(_why(pod, now)),
        host=spec.node_name or "",
        within=owner_of(meta),
        uses=used_volumes(spec, meta.namespace or ""),
        addresses=_addresses(status),
        since=_since(pod),
        labels={
            **plain_labels(meta.labels),
            "namespace": meta.namespace or "",
            "image": images_text(spec),
            "containers": ",".join(c.name for c in containers),
            "phase": status.phase or "",
        },
        figures=figures | ({"memory_limit_bytes": limit} if limit else {}),
    )


def pod_state(pod: shapes.Pod) -> str:
    """The state in the word that kubectl shows, e.g. ``Running``, ``CrashLoopBackOff``, ``Init:Error``."""
    status = pod.status or shapes.PodStatus()
    if pod.metadata.deletion_timestamp:
        return "Unknown" if status.reason == "NodeLost" else "Terminating"
    beginning = _initialising(pod)
    if beginning:
        return beginning
    reasons = [
        _stopped(one.state) for one in status.container_statuses or () if one.state and not one.state.running
    ]
    found = next((reason for reason in reasons if reason and reason != "Completed"), "")
    state = found or status.reason or ("" if status.phase == "Running" else next(filter(None, reasons), ""))
    if not state and status.phase == "Pending" and _false(status, "PodScheduled") == "Unschedulable":
        return "Unschedulable"
    if not state and status.phase == "Running" and not ready(pod):
        return "NotReady"
    return state or status.phase or "Unknown"


def ready(pod: shapes.Pod) -> bool:
    """Whether the pod says that it can serve."""
    conditions = (pod.status.conditions if pod.status else None) or ()
    return any(c.type == "Ready" and c.status == "True" for c in conditions)


def restarts(pod: shapes.Pod) -> int:
    """How often its containers were started again, all together."""
    return sum(one.restart_count for one in all_statuses(pod))


def all_statuses(pod: shapes.Pod) -> tuple[shapes.ContainerStatus, ...]:
    """Its containers, those that prepare it last."""
    status = pod.status or shapes.PodStatus()
    return (*(status.container_statuses or ()), *(status.init_container_statuses or ()))


def owner_of(meta: shapes.Meta) -> str:
    """The workload that looks after it, as ``deployment/web/wiki``; empty when none does."""
    owner = controller(meta)
    if owner is None:
        return ""
    kind, name, space = owner.kind.lower(), owner.name, meta.namespace or ""
    digest = (meta.labels or {}).get("pod-template-hash", "")
    if kind == "replicaset" and digest and name.endswith(f"-{digest}"):  # how a deployment names its own
        return f"deployment/{space}/{name.removesuffix(f'-{digest}')}"
    if kind == "node":
        return ""
    return f"{kind}/{space}/{name}"


def controller(meta: shapes.Meta) -> shapes.Owner | None:
    """The one owner that would make it again."""
    return next((owner for owner in meta.owner_references or () if owner.controller), None)


def used_volumes(spec: shapes.PodSpec, namespace: str) -> tuple[str, ...]:
    """The claims and NFS directories that a pod mounts."""
    found = []
    for volume in spec.volumes or ():
        if volume.persistent_volume_claim and volume.persistent_volume_claim.claim_name:
            found.append(f"{namespace}/{volume.persistent_volume_claim.claim_name}")
        if volume.nfs:
            found.append(f"{volume.nfs.server}:{volume.nfs.path}")
    return tuple(dict.fromkeys(found))


def images_text(spec: shapes.PodSpec | None) -> str:
    """The images of its containers."""
    containers = (spec.containers if spec else None) or ()
    return ",".join(dict.fromkeys(c.image for c in containers if c.image))


def plain_labels(labels: dict[str, str] | None) -> dict[str, str]:
    """The object's own labels, as many as anybody needs."""
    return dict(list((labels or {}).items())[:_MOST_LABELS])


def _initialising(pod: shapes.Pod) -> str:
    """What holds up the containers that prepare a pod; empty when they are done."""
    statuses = (pod.status.init_container_statuses if pod.status else None) or ()
    specs = {c.name: c for c in ((pod.spec.init_containers if pod.spec else None) or ())}
    for done, one in enumerate(statuses):
        state = one.state or shapes.State()
        sidecar = one.name in specs and specs[one.name].restart_policy == "Always"
        if (state.terminated and state.terminated.exit_code == 0) or (sidecar and one.started):
            continue
        reason = _stopped(state)
        if reason and reason != "PodInitializing":
            return f"Init:{reason}"
        return f"Init:{done}/{len(statuses)}"
    return ""


def _stopped(state: shapes.State) -> str:
    """Why a container does not run, in a word."""
    if state.waiting:
        return state.waiting.reason or ""
    if state.terminated:
        ended = state.terminated
        how = f"Signal:{ended.signal}" if ended.signal else f"ExitCode:{ended.exit_code}"
        return ended.reason or how
    return ""


def _health(pod: shapes.Pod, state: str, now: datetime) -> Health:
    phase = pod.status.phase if pod.status else ""
    word = state.removeprefix("Init:")
    if not phase:
        return "unknown"
    if word in _BROKEN or phase in {"Failed", "Unknown"} or word.startswith(("Signal:", "ExitCode:")):
        return "failed"
    if phase == "Succeeded":
        return "ok"
    if state != "Running" or not ready(pod):
        return "warning"
    return "warning" if any(_lately(one, now) for one in all_statuses(pod)) else "ok"


def _why(pod: shapes.Pod, now: datetime) -> Iterator[str]:
    """Everything that is wrong with it, in the words of the cluster."""
    status = pod.status or shapes.PodStatus()
    if status.reason or status.message:
        yield ": ".join(part for part in (status.reason, status.message) if part)
    for one in all_statuses(pod):
        yield from _container_why(one, now)
    for condition in status.conditions or ():
        why = condition.message or condition.reason or f"not {condition.type}"
        told = condition.type in {"PodScheduled", "Ready"} and condition.reason != "PodCompleted"
        if told and condition.status == "False":
            yield why


def _container_why(one: shapes.ContainerStatus, now: datetime) -> Iterator[str]:
    state = one.state or shapes.State()
    if state.waiting and state.waiting.reason not in {None, "ContainerCreating", "PodInitializing"}:
        message = f": {state.waiting.message}" if state.waiting.message else ""
        yield f"{one.name} waits, {state.waiting.reason}{message}"
    if state.terminated and state.terminated.exit_code:
        yield f"{one.name} ended {_ending(state.terminated)}"
    last = one.last_state.terminated if one.last_state else None
    if last and (not state.running or _lately(one, now)):
        times = f"{one.restart_count} restart{'' if one.restart_count == 1 else 's'}"
        yield f"{one.name} had {times}, last ended {_ending(last)}"


def _ending(ended: shapes.Terminated) -> str:
    reason = ended.reason or "without a reason"
    message = f" ({ended.message.strip()})" if ended.message and ended.message.strip() else ""
    when = moment(ended.finished_at)
    return f"{reason}, exit code {ended.exit_code}{message}{f' at {stamp(when)}' if when else ''}"


def _lately(one: shapes.ContainerStatus, now: datetime) -> bool:
    """Whether its last run ended badly not long ago."""
    last = one.last_state.terminated if one.last_state else None
    when = moment(last.finished_at) if last else None
    return bool(last and last.exit_code and when and now - when < _LATELY)


def _false(status: shapes.PodStatus, kind: str) -> str:
    """The reason of a condition that does not hold."""
    found = (c for c in status.conditions or () if c.type == kind and c.status == "False")
    return next((c.reason or "" for c in found), "")


def _since(pod: shapes.Pod) -> datetime | None:
    """When the state it is in began, as far as that is said."""
    status = pod.status or shapes.PodStatus()
    if pod.metadata.deletion_timestamp:
        return moment(pod.metadata.deletion_timestamp)
    runs = [one.state.running for one in status.container_statuses or () if one.state and one.state.running]
    began = [when for when in (moment(run.started_at) for run in runs) if when]
    if began and status.phase == "Running":
        return max(began)
    return moment(status.start_time) or moment(pod.metadata.creation_timestamp)


def _addresses(status: shapes.PodStatus) -> tuple[str, ...]:
    found = [status.pod_ip or "", *(one.ip or "" for one in status.pod_ips or ())]
    return tuple(dict.fromkeys(address for address in found if address))


def _sum(numbers: Iterable[float | None]) -> float:
    return sum(number for number in numbers if number)
