"""From claims and persistent volumes to resources."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Final

from sre_assistant.domain.inventory import Health, Resource
from sre_assistant.integrations.kubernetes import shapes
from sre_assistant.integrations.kubernetes.pods import plain_labels
from sre_assistant.integrations.kubernetes.quantities import moment, quantity
from sre_assistant.integrations.kubernetes.wording import said

_HEALTH: Final[Mapping[str, Health]] = {
    "Bound": "ok",
    "Available": "ok",
    "Released": "warning",
    "Pending": "warning",
    "Lost": "failed",
    "Failed": "failed",
}


def volumes_of(
    claims: Sequence[shapes.Claim], volumes: Sequence[shapes.PersistentVolume]
) -> tuple[Resource, ...]:
    """Claims, each with where its volume really is; then the volumes that are bound to none."""
    by_name = {volume.metadata.name: volume for volume in volumes}
    loose = (volume for volume in volumes if (volume.status and volume.status.phase) != "Bound")
    return (*(_claim(claim, by_name) for claim in claims), *map(_volume, loose))


def place_of(volume: shapes.PersistentVolume) -> tuple[str, ...]:
    """Where a volume really is: ``nas.lan:/mnt/tank/media``, an iSCSI target, a driver's handle."""
    spec = volume.spec or shapes.VolumeSpec()
    if spec.nfs:
        return (f"{spec.nfs.server}:{spec.nfs.path}",)
    if spec.iscsi:
        return (f"{spec.iscsi.target_portal}/{spec.iscsi.iqn}",)
    if spec.csi:
        return (_driven(spec.csi),)
    path = spec.local or spec.host_path
    return (f"path:{path.path}",) if path else ()


def _driven(csi: shapes.Csi) -> str:
    """What a driver mounts, where its attributes tell; they may hold secrets, so only these are looked at."""
    told = csi.volume_attributes or {}
    server, share = told.get("server", ""), told.get("share") or told.get("path") or ""
    if server and share:
        return f"{server}:{share}"
    if told.get("portal") and told.get("iqn"):
        return f"{told['portal']}/{told['iqn']}"
    source = told.get("source", "")
    return source if source.startswith("//") else f"{csi.driver}/{csi.volume_handle}"


def _claim(claim: shapes.Claim, volumes: Mapping[str, shapes.PersistentVolume]) -> Resource:
    meta = claim.metadata
    spec, status = claim.spec or shapes.ClaimSpec(), claim.status or shapes.ClaimStatus()
    phase = status.phase or "Unknown"
    volume = volumes.get(spec.volume_name or "")
    asked = quantity(((spec.resources and spec.resources.requests) or {}).get("storage"))
    size = quantity((status.capacity or {}).get("storage"))
    figures = {"size_bytes": size, "requested_bytes": asked}
    why = [f"{c.type}: {c.message or c.reason or ''}" for c in status.conditions or () if c.status == "True"]
    labels = {
        "namespace": meta.namespace or "",
        "storage_class": spec.storage_class_name or "",
        "volume": spec.volume_name or "",
        "access": ",".join(spec.access_modes or ()),
    }
    return Resource(
        kind="volume",
        id=f"{meta.namespace or ''}/{meta.name}",
        name=meta.name,
        state=phase,
        health=_HEALTH.get(phase, "unknown"),
        detail=said(why),
        uses=(*((spec.volume_name,) if spec.volume_name else ()), *(place_of(volume) if volume else ())),
        since=moment(meta.creation_timestamp),
        labels={**plain_labels(meta.labels), **{name: text for name, text in labels.items() if text}},
        figures={name: value for name, value in figures.items() if value is not None},
    )


def _volume(volume: shapes.PersistentVolume) -> Resource:
    """A volume whose claim is gone or was never made, or lies where we do not read."""
    meta = volume.metadata
    spec, status = volume.spec or shapes.VolumeSpec(), volume.status or shapes.VolumeStatus()
    phase = status.phase or "Unknown"
    of = spec.claim_ref
    size = quantity((spec.capacity or {}).get("storage"))
    why = [part for part in (status.reason, status.message) if part]
    labels = {
        "storage_class": spec.storage_class_name or "",
        "claim": f"{of.namespace or ''}/{of.name or ''}" if of else "",
        "reclaim": spec.persistent_volume_reclaim_policy or "",
    }
    return Resource(
        kind="volume",
        id=meta.name,
        name=meta.name,
        state=phase,
        health=_HEALTH.get(phase, "unknown"),
        detail=said([": ".join(why)]),
        uses=place_of(volume),
        since=moment(status.last_phase_transition_time) or moment(meta.creation_timestamp),
        labels={name: text for name, text in labels.items() if text},
        figures={"size_bytes": size} if size is not None else {},
    )
