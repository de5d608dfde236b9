"""Guests that are copied to other nodes: the jobs, and how their last runs went."""

from __future__ import annotations

from dataclasses import replace
from typing import Final

from sre_assistant.domain.inventory import BackupJob
from sre_assistant.integrations.proxmox import shapes
from sre_assistant.integrations.proxmox.estate import Estate
from sre_assistant.integrations.proxmox.parts import Part, Rows, items, pairs

_KINDS: Final = {"qemu": "vm", "lxc": "ct"}


def replications(
    plans: Part[Rows[shapes.ReplicationItem]],
    copies: dict[str, Part[Rows[shapes.ReplicationItem]]],
    estate: Estate,
) -> tuple[BackupJob, ...]:
    """All replication jobs; how those went whose node does not answer is not known."""
    told = {one.id: _replication(node, one, estate) for node, one in pairs(copies)}
    for one in items(plans):
        if one.id not in told:
            made = _replication(shapes.words(one.source) or "an unknown node", one, estate)
            told[one.id] = replace(made, detail=f"{made.detail}; how it went is not known")
    return tuple(told[name] for name in sorted(told))


def _replication(node: str, item: shapes.ReplicationItem, estate: Estate) -> BackupJob:
    fails, error = shapes.number(item.fail_count) or 0, shapes.words(item.error)
    tried, synced = shapes.moment(item.last_try), shapes.moment(item.last_sync)
    bad = fails > 0 or bool(error)
    vmid = shapes.whole(item.guest)
    guest, kind = estate.by_vmid(vmid or 0), _KINDS.get(shapes.words(item.vmtype))
    named = f"{kind}/{vmid}" if kind and vmid else str(vmid or item.id)
    subject = guest.short if guest else named
    said = f"{fails:,.0f} failed in a row: {error}" if bad else ""
    last = f"; last in step {synced:%Y-%m-%d %H:%M:%SZ}" if bad and synced else ""
    return BackupJob(
        id=item.id,
        kind="replication",
        store=shapes.words(item.target),
        subjects=(subject,),
        schedule=shapes.words(item.schedule) or "*/15",
        enabled=not shapes.flag(item.disable),
        last_run=tried or synced,
        last_outcome="failed" if bad else "ok" if synced else "unknown",
        detail=f"from {shapes.words(item.source) or node}; {said}{last}".removesuffix("; "),
        next_run=shapes.moment(item.next_sync),
    )
