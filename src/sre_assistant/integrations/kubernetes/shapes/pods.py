"""Pods and the templates they are made from; of their containers neither environment nor arguments."""

from __future__ import annotations

import msgspec

from sre_assistant.integrations.kubernetes.shapes.common import Condition, Meta, Notes, Resources, Text


class Container(msgspec.Struct, rename="camel"):
    """One container of a pod."""

    name: str = ""
    image: Text = None
    resources: Resources | None = None
    restart_policy: Text = None


class ClaimRef(msgspec.Struct, rename="camel"):
    """A claim that a pod mounts."""

    claim_name: str = ""


class Nfs(msgspec.Struct):
    """A directory of an NFS server."""

    server: str = ""
    path: str = ""


class Volume(msgspec.Struct, rename="camel"):
    """One volume of a pod."""

    persistent_volume_claim: ClaimRef | None = None
    nfs: Nfs | None = None


class PodSpec(msgspec.Struct, rename="camel"):
    """What a pod is made of; its environment is not read."""

    node_name: Text = None
    containers: list[Container] | None = None
    init_containers: list[Container] | None = None
    volumes: list[Volume] | None = None


class Waiting(msgspec.Struct):
    """Why a container does not run yet, or again."""

    reason: Text = None
    message: Text = None


class Running(msgspec.Struct, rename="camel"):
    """Since when a container runs."""

    started_at: Text = None


class Terminated(msgspec.Struct, rename="camel"):
    """How a container ended."""

    exit_code: int = 0
    signal: int | None = None
    reason: Text = None
    message: Text = None
    started_at: Text = None
    finished_at: Text = None


class State(msgspec.Struct):
    """One of the three; none when nothing is known."""

    waiting: Waiting | None = None
    running: Running | None = None
    terminated: Terminated | None = None


class ContainerStatus(msgspec.Struct, rename="camel"):
    """How one container is."""

    name: str = ""
    ready: bool = False
    started: bool | None = None
    restart_count: int = 0
    image: Text = None
    state: State | None = None
    last_state: State | None = None


class PodIp(msgspec.Struct):
    """One address of a pod."""

    ip: Text = None


class PodStatus(msgspec.Struct, rename="camel"):
    """How a pod is."""

    phase: Text = None
    reason: Text = None
    message: Text = None
    pod_ip: Text = msgspec.field(name="podIP", default=None)
    pod_ips: list[PodIp] | None = msgspec.field(name="podIPs", default=None)
    start_time: Text = None
    conditions: list[Condition] | None = None
    container_statuses: list[ContainerStatus] | None = None
    init_container_statuses: list[ContainerStatus] | None = None


class Pod(msgspec.Struct):
    """A pod."""

    metadata: Meta
    spec: PodSpec | None = None
    status: PodStatus | None = None


class TemplateMeta(msgspec.Struct):
    """Annotations of a template."""

    annotations: Notes | None = None


class Template(msgspec.Struct):
    """What a workload makes its pods from."""

    metadata: TemplateMeta | None = None
    spec: PodSpec | None = None
