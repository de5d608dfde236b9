"""Claims and volumes."""

from __future__ import annotations

import msgspec

from sre_assistant.integrations.kubernetes.shapes.common import (
    Amounts,
    Condition,
    Meta,
    Reference,
    Resources,
    Text,
)
from sre_assistant.integrations.kubernetes.shapes.pods import Nfs


class ClaimSpec(msgspec.Struct, rename="camel"):
    """What a claim asks for."""

    access_modes: list[str] | None = None
    resources: Resources | None = None
    storage_class_name: Text = None
    volume_name: Text = None


class ClaimStatus(msgspec.Struct):
    """What it got."""

    phase: Text = None
    capacity: Amounts = None
    conditions: list[Condition] | None = None


class Claim(msgspec.Struct):
    """A persistent volume claim."""

    metadata: Meta
    spec: ClaimSpec | None = None
    status: ClaimStatus | None = None


class Csi(msgspec.Struct, rename="camel"):
    """A volume that a storage driver knows."""

    driver: str = ""
    volume_handle: str = ""
    volume_attributes: dict[str, str] | None = None


class Path(msgspec.Struct):
    """A directory of a node."""

    path: str = ""


class Iscsi(msgspec.Struct, rename="camel"):
    """A block device of an iSCSI server."""

    target_portal: str = ""
    iqn: str = ""


class VolumeSpec(msgspec.Struct, rename="camel"):
    """Where a volume really is."""

    capacity: Amounts = None
    claim_ref: Reference | None = None
    storage_class_name: Text = None
    persistent_volume_reclaim_policy: Text = None
    nfs: Nfs | None = None
    csi: Csi | None = None
    iscsi: Iscsi | None = None
    local: Path | None = None
    host_path: Path | None = None


class VolumeStatus(msgspec.Struct, rename="camel"):
    """How a volume is."""

    phase: Text = None
    message: Text = None
    reason: Text = None
    last_phase_transition_time: Text = None


class PersistentVolume(msgspec.Struct):
    """A persistent volume."""

    metadata: Meta
    spec: VolumeSpec | None = None
    status: VolumeStatus | None = None
