"""Answers for people that are put together from several calls: lines, the most important first."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any, Final, NamedTuple

from sre_assistant.domain.errors import CallError
from sre_assistant.domain.inventory import BackupJob
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.proxmox import control, resources, shapes, texts
from sre_assistant.integrations.proxmox.client import Client
from sre_assistant.integrations.proxmox.estate import Estate, Guest
from sre_assistant.integrations.proxmox.parts import (
    away,
    by_node,
    hidden,
    items,
    needed,
    odd,
    pairs,
    part,
    problems,
    some_needed,
    unknown,
)
from sre_assistant.integrations.proxmox.replication import replications
from sre_assistant.integrations.proxmox.rights import CLUSTER, GUESTS, NODES, STORAGES

MOST_ASKED: Final = 48
"""Guests whose snapshots are asked for at once: one call each."""
MOST_SMART: Final = 32
"""Disks whose SMART table is read: one call each."""
Lines = tuple[str, ...]


def urgency(one: Guest) -> tuple[bool, bool, bool, int]:
    """Guests in trouble go first, then those that run; templates last."""
    return (not any(resources.trouble(one)), one.template, one.status != "running", one.vmid)


async def config(client: Client, one: Guest) -> Reading[Mapping[str, Any]]:
    """The configuration of a guest, secrets included: never to be shown as it is."""
    found = await client.guest_config(one)
    call = f"GET /api2/json/nodes/{one.node}/{one.kind}/{one.vmid}/config"
    return client.api.reading(found, call, link=client.link)


async def nodes(client: Client, only: str | None) -> Reading[Lines]:
    """How the nodes are; those that are away are told too.

    Raises:
        CallError: there is no such node.
    """
    estate = await client.estate()
    if only is not None:
        estate = _narrowed(estate, only)
    rights, found = await asyncio.gather(
        part("rights", client.rights()), by_node(estate, "status", client.node_status)
    )
    some_needed(found.values())
    lines = [f"- {one.name}: OFFLINE" for one in estate.nodes if not one.answers]
    lines += [texts.node(name, one.value) for name, one in found.items() if one.value]
    unseen = hidden(rights, NODES)
    return client.api.reading(
        tuple(lines),
        f"GET /api2/json/nodes/{only or '*'}/status",
        link=client.link,
        cut=(*estate.cut, *problems(found.values(), explained=bool(unseen)), *unseen),
        note="; ".join(unknown(rights)),
    )


async def cluster(client: Client) -> Reading[Lines]:
    """Quorum, members, HA services and replication jobs."""
    estate = await client.estate()
    told, rights, ha, plans, copies = await asyncio.gather(
        part("quorum", client.members()),
        part("rights", client.rights()),
        part("HA", client.ha()),
        part("replication jobs", client.replication_plans()),
        by_node(estate, "replication", client.replications),
    )
    members, jobs = needed(told), replications(plans, copies, estate)
    return client.api.reading(
        (*_members(members.items), *_ha(items(ha)), *_replications(jobs)),
        "GET /api2/json/cluster/status, /cluster/ha/status/current, /nodes/*/replication",
        link=client.link,
        cut=(
            members.cut,
            *estate.cut,
            *away(estate),
            *problems((ha, plans, *copies.values())),
            *odd((ha,)),
            *odd((plans, *copies.values())),
            *hidden(rights, GUESTS),
        ),
        note="; ".join(unknown(rights)),
    )


async def storages(client: Client) -> Reading[Lines]:
    """The storages as each node sees them, a shared one in one line."""
    estate = await client.estate()
    rights, found = await asyncio.gather(
        part("rights", client.rights()), by_node(estate, "storages", client.storages)
    )
    some_needed(found.values())
    seen: dict[str, dict[str, shapes.StorageItem]] = {}
    for node, one in pairs(found):
        name = one.storage if shapes.flag(one.shared) else f"{node}/{one.storage}"
        seen.setdefault(name, {})[node] = one
    ranked = sorted(seen.items(), key=lambda pair: (*_worst(pair[1].values()), pair[0]))
    return client.api.reading(
        tuple(texts.storage(name, by) for name, by in ranked),
        "GET /api2/json/nodes/*/storage",
        link=client.link,
        cut=(*estate.cut, *away(estate), *problems(found.values()), *odd(found.values())),
        denied="; ".join(hidden(rights, STORAGES)),
        note="; ".join(unknown(rights)),
    )


class Health(NamedTuple):
    """Disks and pools in lines, the bad ones first."""

    lines: Lines
    disks: int
    pools: int


async def disks(client: Client) -> Reading[Health]:
    """The disks of all nodes with what they say of themselves, and the ZFS pools."""
    estate = await client.estate()
    rights, found, pools = await asyncio.gather(
        part("rights", client.rights()),
        by_node(estate, "disks", client.disks),
        by_node(estate, "ZFS pools", client.pools),
    )
    some_needed(found.values())
    all_disks = sorted(pairs(found), key=lambda pair: shapes.words(pair[1].health) in {"PASSED", "OK"})
    asked = [(node, one) for node, one in all_disks if one.devpath.startswith("/dev/")][:MOST_SMART]
    smart = await asyncio.gather(
        *(part(f"SMART of {node}/{one.devpath}", client.smart(node, one.devpath)) for node, one in asked)
    )
    told = {(node, one.devpath): got.value for (node, one), got in zip(asked, smart, strict=True)}
    lines = [*(_pool(node, one) for node, one in pairs(pools))]
    lines += [
        (_disk_rank(one, got := told.get((node, one.devpath))), texts.disk(node, one, got))
        for node, one in all_disks
    ]
    lines.sort(key=lambda pair: pair[0])
    unseen, left = hidden(rights, NODES, CLUSTER), len(all_disks) - len(asked)
    health = Health(tuple(line for _, line in lines), len(all_disks), len(lines) - len(all_disks))
    return client.api.reading(
        health,
        "GET /api2/json/nodes/*/disks/list, /nodes/*/disks/smart, /nodes/*/disks/zfs",
        link=client.link,
        cut=(
            *estate.cut,
            *unseen,
            *away(estate),
            *problems((*found.values(), *pools.values(), *smart), explained=bool(unseen)),
            *odd(found.values()),
            *odd(pools.values()),
            *((f"the SMART tables of {left:,} disks were not asked for",) if left else ()),
        ),
        note="; ".join(unknown(rights)),
    )


async def snapshots(client: Client, wanted: str | None) -> Reading[Lines]:
    """The snapshots of one guest or of the first guests, the oldest first.

    Raises:
        CallError: there is no such guest.
    """
    estate = await client.estate()
    several = (control.find(estate, wanted),) if wanted is not None else estate.guests
    there = [one for one in several if one.node in estate.asked and not one.template]
    if wanted is not None and not there:
        there = list(several)
    asked = there[:MOST_ASKED]
    rights, found = await asyncio.gather(
        part("rights", client.rights()),
        asyncio.gather(*(part(f"snapshots of {one.id}", client.snapshots(one)) for one in asked)),
    )
    some_needed(found)
    taken = [
        (item, one)
        for one, rows in zip(asked, found, strict=True)
        for item in items(rows)
        if item.name != "current"
    ]
    taken.sort(key=lambda pair: (shapes.number(pair[0].snaptime) or 0.0, pair[1].vmid))
    now, left = client.clock.now(), len(there) - len(asked)
    more = f"{left:,} of {len(there):,} guests were not asked: name one with guest=…"
    return client.api.reading(
        tuple(texts.snapshot(one, item, now) for item, one in taken),
        "GET /api2/json/nodes/*/{qemu,lxc}/*/snapshot",
        link=client.link,
        cut=(
            *estate.cut,
            *(away(estate) if wanted is None else ()),
            *problems(found),
            *odd(found),
            *((more,) if left else ()),
        ),
        denied="; ".join(hidden(rights, GUESTS)) if wanted is None else "",
        note="; ".join(unknown(rights)),
    )


def _narrowed(estate: Estate, name: str) -> Estate:
    kept = tuple(one for one in estate.nodes if one.name == name)
    if not kept:
        known = ", ".join(one.name for one in estate.nodes[:16]) or "none that can be seen"
        raise CallError(f"There is no node {texts.short(name)!r}. There is: {known}.")
    return Estate(nodes=kept, guests=estate.guests, places=estate.places, cut=estate.cut)


def _members(found: Sequence[shapes.MemberItem]) -> Iterator[str]:
    nodes = [one for one in found if one.type == "node"]
    online = sum(shapes.flag(one.online) for one in nodes)
    whole = next((one for one in found if one.type == "cluster"), None)
    if whole is None:
        yield f"No cluster: {'one node stands alone' if len(nodes) == 1 else f'{len(nodes)} nodes'}"
    else:
        quorum = "quorate" if shapes.flag(whole.quorate) else "NO QUORUM, nothing can be changed"
        name = texts.short(shapes.words(whole.name))
        yield f"Cluster {name}: {quorum}, {online} of {len(nodes)} nodes online"
    for one in sorted(nodes, key=lambda node: (shapes.flag(node.online), shapes.words(node.name))):
        state = "online" if shapes.flag(one.online) else "OFFLINE"
        answers = ", answers us" if shapes.flag(one.local) else ""
        address = f" ({texts.short(shapes.words(one.ip), 50)})" if one.ip else ""
        yield f"- node {texts.short(shapes.words(one.name))}{address}: {state}{answers}"


def _ha(found: Sequence[shapes.HaItem]) -> Iterator[str]:
    """The manager, and its services with those first that are not as they should be."""
    services = [one for one in found if one.type == "service"]
    usual = {"started", "stopped", "ignored", "disabled"}
    services.sort(key=lambda one: (shapes.words(one.state) in usual, shapes.words(one.sid)))
    yield f"HA: {texts.number_of(len(services), 'service')}" if services else "HA: no service is managed"
    for one in found:
        if one.type != "service":
            name, said = texts.short(shapes.words(one.id), 40), texts.short(shapes.words(one.status), 100)
            yield f"- HA {name}: {said}"
    for one in services:
        asked = shapes.words(one.request_state)
        wanted = f", wanted {texts.short(asked, 40)}" if asked and asked != shapes.words(one.state) else ""
        sid = texts.short(shapes.words(one.sid) or shapes.words(one.id))
        yield (
            f"- HA {sid} on {texts.short(shapes.words(one.node))}: "
            f"{texts.short(shapes.words(one.state) or shapes.words(one.status))}{wanted}"
        )


def _replications(jobs: Sequence[BackupJob]) -> Iterator[str]:
    bad = sum(one.last_outcome == "failed" for one in jobs)
    yield (
        f"Replication: {texts.number_of(len(jobs), 'job')}, {bad} failing" if jobs else "Replication: no job"
    )
    for one in sorted(jobs, key=lambda job: (job.last_outcome != "failed", job.id)):
        yield texts.job(one)


def _worst(seen: Iterable[shapes.StorageItem]) -> tuple[int, float]:
    """Inactive storages go first, then the fullest; disabled ones last."""
    several = tuple(seen)
    states = {texts.state(one) for one in several}
    rank = 0 if "INACTIVE" in states else 1 if "active" in states else 2
    shares = [
        used / total
        for one in several
        if (used := shapes.number(one.used)) is not None and (total := shapes.number(one.total))
    ]
    return rank, -max(shares, default=0.0)


def _pool(node: str, item: shapes.PoolItem) -> tuple[int, str]:
    one = resources.pool(node, item)
    size, used = one.figures.get("size_bytes"), one.figures.get("used_bytes")
    line = f"- pool {texts.short(one.id)}: {texts.short(one.state, 40)}; {texts.used('used', used, size)}"
    return (1 if one.health == "ok" else 0), line


def _disk_rank(item: shapes.DiskItem, smart: shapes.Smart | None) -> int:
    """Failed disks go first, then those whose table counts something."""
    if shapes.words(item.health) not in {"PASSED", "OK", "UNKNOWN", ""}:
        return 0
    return 1 if smart and any("°C" not in one for one in texts.counts(smart)) else 2
