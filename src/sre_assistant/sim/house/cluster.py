"""A small Kubernetes cluster: the part of a world file under ``kubernetes``."""

from __future__ import annotations

from typing import Literal

import msgspec

from sre_assistant.sim.quantities import Size, Span


class WorkloadSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A workload of one container per pod."""

    kind: Literal["deployment", "statefulset", "daemonset", "cronjob"]
    image: str
    replicas: int = 1
    """Pods; of a daemonset one for each node."""
    cpu: float = 0.02
    """Cores that a pod usually keeps busy."""
    cpu_request: float = 0.05
    memory: Size
    memory_request: Size = Size(64 << 20)
    memory_limit: Size | None = None
    port: int | None = None
    claim: Size | None = None
    """The size of its persistent volume, if it has one."""
    claim_used: Size = Size(0)
    needs: tuple[str, ...] = ()
    schedule: str = ""
    """When a cron job runs, in cron's notation."""
    says_every: Span = Span(30.0)
    dialect: Literal["json", "logfmt", "plain", "nginx", "java"] = "json"


class KubernetesSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The cluster: the hosts that are its nodes, the first the control plane, and workloads by namespace."""

    version: str
    nodes: tuple[str, ...]
    namespaces: dict[str, dict[str, WorkloadSpec]]
