"""Nodes."""

from __future__ import annotations

import msgspec

from sre_assistant.integrations.kubernetes.shapes.common import Amounts, Condition, Meta, Text


class Address(msgspec.Struct):
    """One address of a node."""

    type: str = ""
    address: str = ""


class NodeInfo(msgspec.Struct, rename="camel"):
    """What runs on a node below its pods."""

    kubelet_version: Text = None
    os_image: Text = None
    kernel_version: Text = None
    container_runtime_version: Text = None
    architecture: Text = None
    machine_id: Text = msgspec.field(name="machineID", default=None)
    system_uuid: Text = msgspec.field(name="systemUUID", default=None)


class NodeSpec(msgspec.Struct, rename="camel"):
    """Whether pods may be put on a node."""

    unschedulable: bool | None = None


class NodeStatus(msgspec.Struct, rename="camel"):
    """How a node is."""

    capacity: Amounts = None
    allocatable: Amounts = None
    conditions: list[Condition] | None = None
    addresses: list[Address] | None = None
    node_info: NodeInfo | None = None


class Node(msgspec.Struct):
    """A machine of the cluster."""

    metadata: Meta
    spec: NodeSpec | None = None
    status: NodeStatus | None = None
