"""From what Proxmox VE has to the domain's resources."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from itertools import groupby
from typing import Final

from sre_assistant.domain.inventory import Health, Resource
from sre_assistant.integrations.proxmox.configs import Wiring
from sre_assistant.integrations.proxmox.estate import Estate, Guest, Node, Place
from sre_assistant.integrations.proxmox.shapes import DiskItem, PoolItem, number, words

_LONGEST: Final = 3_000_000_000.0
"""Seconds of uptime that are believed: 95 years."""
_SOUND: Final = frozenset({"PASSED", "OK"})
_POOLS: Final[Mapping[str, Health]] = {"ONLINE": "ok", "DEGRADED": "warning"}
_UNNAMED: Final = frozenset({"", "unknown"})


def host(node: Node, address: str, now: datetime) -> Resource:
    """A node as a machine."""
    health: Mapping[str, Health] = {"online": "ok", "offline": "failed"}
    return Resource(
        kind="host",
        id=node.name,
        name=node.name,
        state=node.status,
        health=health.get(node.status, "unknown"),
        addresses=(address,) if address else (),
        since=_since(node.uptime, now),
        figures=_figures(
            cpu_count=node.cpus,
            cpu_ratio=node.cpu,
            memory_bytes=node.memory,
            memory_used_bytes=node.memory_used,
            disk_bytes=node.disk,
            disk_used_bytes=node.disk_used,
            uptime_seconds=node.uptime,
        ),
    )


def guest(one: Guest, wiring: Wiring | None, now: datetime) -> Resource:
    """A virtual machine or a container."""
    known = wiring or Wiring((), (), ())
    running = one.status == "running"
    return Resource(
        kind="guest",
        id=one.id,
        name=one.name,
        state=one.status,
        health="failed" if one.ha == "error" else "ok" if running else "unknown",
        detail=", ".join(trouble(one)),
        host=one.node,
        within=one.pool,
        uses=known.uses,
        addresses=known.addresses,
        macs=known.macs,
        since=_since(one.uptime, now) if running else None,
        labels=_labels(
            vmid=str(one.vmid),
            type=one.kind,
            tags=";".join(one.tags),
            template="true" if one.template else "",
            ha=one.ha,
            lock=one.lock,
        ),
        figures=_figures(
            cpu_count=one.cpus,
            cpu_ratio=one.cpu,
            memory_bytes=one.memory,
            memory_used_bytes=one.memory_used,
            disk_bytes=one.disk,
            # Of a virtual machine Proxmox VE does not know how full its disks are and says 0.
            disk_used_bytes=one.disk_used if one.kind == "lxc" else None,
            uptime_seconds=one.uptime,
        ),
    )


def trouble(one: Guest) -> Iterator[str]:
    """What is not usual about a guest."""
    if one.status not in {"running", "stopped"}:
        yield f"its state is {one.status}"
    if one.lock:
        yield f"locked ({one.lock})"
    if one.ha in {"error", "fence", "recovery"}:
        yield f"HA state {one.ha}"


def storages(estate: Estate) -> Iterator[Resource]:
    """Each storage once; a shared one is as well as it is on the nodes that answer."""
    for name, group in groupby(sorted(estate.places, key=lambda one: one.id), key=lambda one: one.id):
        several = [one for one in group if one.node not in estate.away]
        yield _storage(name, several, estate)


def disk(node: str, item: DiskItem) -> Resource:
    """A disk; ``wear_ratio`` is the part of a solid-state disk's life that is used."""
    left, health = number(item.wearout), words(item.health)
    return Resource(
        kind="disk",
        id=f"{node}/{item.devpath}",
        name=item.devpath,
        state=health or "unknown",
        health="ok" if health in _SOUND else "failed" if health.startswith("FAIL") else "unknown",
        host=node,
        labels=_labels(
            serial=_named(item.serial),
            wwn=_named(item.wwn),
            model=_named(item.model),
            type=words(item.type),
            used=words(item.used),
        ),
        figures=_figures(size_bytes=number(item.size), wear_ratio=worn(left)),
    )


def pool(node: str, item: PoolItem) -> Resource:
    """A ZFS pool of a node."""
    state = words(item.health) or "unknown"
    return Resource(
        kind="pool",
        id=f"{node}/{item.name}",
        name=item.name,
        state=state,
        health="unknown" if state == "unknown" else _POOLS.get(state, "failed"),
        host=node,
        figures=_figures(size_bytes=number(item.size), used_bytes=number(item.alloc)),
    )


def worn(left: float | None) -> float | None:
    """The used part of a disk's life, from the percent that are left."""
    return (100 - left) / 100 if left is not None and 0 <= left <= 100 else None


def _storage(name: str, several: list[Place], estate: Estate) -> Resource:
    there = [one for one in several if one.available]
    without = sorted(one.node for one in several if not one.available)
    first = next(iter(there or several), None) or next(one for one in estate.places if one.id == name)
    health: Health = "failed" if not there and several else "warning" if without else "ok"
    return Resource(
        kind="storage",
        id=name,
        name=first.name,
        state="available" if there else "unknown",
        health=health if several else "unknown",
        detail=f"not available on {', '.join(without)}" if without else "",
        host="" if first.shared else first.node,
        labels=_labels(
            type=first.kind,
            content=",".join(sorted(first.content)),
            shared="true" if first.shared else "",
        ),
        figures=_figures(size_bytes=first.total, used_bytes=first.used),
    )


def _since(uptime: float | None, now: datetime) -> datetime | None:
    return now - timedelta(seconds=uptime) if uptime and 0 < uptime < _LONGEST else None


def _labels(**known: str) -> dict[str, str]:
    return {name: text for name, text in known.items() if text}


def _figures(**known: float | None) -> dict[str, float]:
    return {name: value for name, value in known.items() if value is not None and math.isfinite(value)}


def _named(text: str | float | None) -> str:
    found = re.sub(r"\s+", " ", words(text)).strip()
    return "" if found.lower() in _UNNAMED else found
