"""What of a cluster is saved: backups on its storages, the jobs that make them, and replication."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal, TypeAlias

from sre_assistant.domain.inventory import Backup, BackupJob, BackupStore
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.proxmox import runs, shapes
from sre_assistant.integrations.proxmox.client import Client
from sre_assistant.integrations.proxmox.estate import Estate, Place
from sre_assistant.integrations.proxmox.parts import (
    Part,
    Rows,
    away,
    by_node,
    hidden,
    items,
    needed,
    odd,
    pairs,
    part,
    problems,
    unknown,
)
from sre_assistant.integrations.proxmox.replication import replications
from sre_assistant.integrations.proxmox.rights import GUESTS, NODES, STORAGES, Rights

MOST_STORES: Final = 32
"""Backup storages whose content is asked for."""
Verified: TypeAlias = Literal["ok", "failed", "none", "unknown"]
"""As ``Backup.verified``."""
_ID: Final = re.compile(r"[0-9]{1,9}")
_KINDS: Final = {"qemu": "vm", "lxc": "ct", "vm": "vm", "ct": "ct"}
_OWNER: Final = re.compile(r"(?:backup/(vm|ct)/|vzdump-(qemu|lxc)-)[0-9]")


@dataclass(frozen=True, slots=True, kw_only=True)
class Saved:
    """One backup."""

    subject: str
    """``vm/104`` or ``ct/201``."""
    store: str
    at: datetime
    size: float | None
    verified: Verified
    protected: bool
    note: str


class Saves:
    """One cluster as a source of backups."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    async def backups(self) -> Reading[tuple[Backup, ...]]:
        """What is saved of each guest on each storage; ``denied`` when the token may not list it."""
        estate = await self._client.estate()
        reading = await self.saved(estate)
        groups: dict[tuple[str, str], list[Saved]] = {}
        for one in reading.value:
            groups.setdefault((one.subject, one.store), []).append(one)
        names = {one.short: one.name for one in estate.guests}
        found = tuple(_backup(several, names.get(key[0], "")) for key, several in sorted(groups.items()))
        return Reading(
            value=found,
            provenance=reading.provenance,
            completeness=reading.completeness,
            detail=reading.detail,
        )

    async def saved(self, estate: Estate) -> Reading[tuple[Saved, ...]]:
        """Every backup on every storage that can be asked."""
        client = self._client
        places = backup_places(estate)
        rights, contents = await asyncio.gather(
            part("rights", client.rights()),
            asyncio.gather(
                *(part(f"backups on {one.id}", client.saved(one.node, one.name)) for one in places)
            ),
        )
        found = [
            made
            for place, rows in zip(places, contents, strict=True)
            for item in items(rows)
            if (made := _saved(item, place.id))
        ]
        left = sum(one.value is not None and len(one.value.items) for one in contents) - len(found)
        unread = (f"{left} backups name no guest or no time",) if left else ()
        dark = _dark(estate)
        return client.api.reading(
            tuple(sorted(found, key=lambda one: (one.subject, one.store, one.at))),
            "GET /api2/json/nodes/*/storage/*/content?content=backup",
            link=client.link,
            cut=(*estate.cut, *dark, *away(estate), *problems(contents), *odd(contents), *unread),
            denied="; ".join(unsaid(rights)),
            note="; ".join(unknown(rights)),
        )

    async def backup_jobs(self) -> Reading[tuple[BackupJob, ...]]:
        """Backup jobs with the outcome of their last run, and replication jobs."""
        return await self.jobs(await self._client.estate())

    async def jobs(self, estate: Estate) -> Reading[tuple[BackupJob, ...]]:
        """The same, of a cluster that is known."""
        client = self._client
        planned, rights, plans, copies, tasks = await asyncio.gather(
            part("backup jobs", client.jobs()),
            part("rights", client.rights()),
            part("replication jobs", client.replication_plans()),
            by_node(estate, "replication", client.replications),
            by_node(estate, "backup tasks", lambda node: runs.asked(client, node)),
        )
        jobs = needed(planned)
        last, unclear = await runs.last_runs(client, jobs.items, estate, list(pairs(tasks)))
        found = (
            *(_job(one, last.get(one.id), estate) for one in jobs.items),
            *replications(plans, copies, estate),
        )
        parts = (plans, *copies.values(), *tasks.values())
        return client.api.reading(
            found,
            "GET /api2/json/cluster/backup, /nodes/*/replication, /nodes/*/tasks?typefilter=vzdump",
            link=client.link,
            cut=(
                *estate.cut,
                jobs.cut,
                *away(estate),
                *problems(parts),
                *odd((plans, *copies.values())),
                *odd(tasks.values()),
                *hidden(rights, GUESTS, NODES),
            ),
            note="; ".join((*unclear, *unknown(rights))),
        )

    async def backup_stores(self) -> Reading[tuple[BackupStore, ...]]:
        """The storages for backups, with their room."""
        client = self._client
        asked, rights = await asyncio.gather(
            part("storages", client.estate()), part("rights", client.rights())
        )
        estate = needed(asked)
        places = [one for one in estate.places if "backup" in one.content]
        groups: dict[str, list[Place]] = {}
        for one in places:
            groups.setdefault(one.id, []).append(one)
        return client.api.reading(
            tuple(_store(name, several, estate) for name, several in sorted(groups.items())),
            "GET /api2/json/cluster/resources",
            link=client.link,
            cut=estate.cut,
            denied="; ".join(hidden(rights, STORAGES)),
            note="; ".join(unknown(rights)),
        )

    async def unsaved(self) -> Part[Rows[shapes.UnsavedItem]]:
        """The guests that no job covers, or why nobody knows."""
        return await part("guests without a backup job", self._client.unsaved())


def backup_places(estate: Estate) -> tuple[Place, ...]:
    """One node for each backup storage that some node can use."""
    found: dict[str, Place] = {}
    for one in estate.places:
        if "backup" in one.content and one.available and one.node in estate.asked:
            found.setdefault(one.id, one)
    return tuple(found.values())[:MOST_STORES]


def unsaid(rights: Part[Rights]) -> tuple[str, ...]:
    """Why backups are not listed."""
    return (*hidden(rights, STORAGES), *(rights.value.lack_backups() if rights.value else ()))


def _saved(item: shapes.VolumeItem, store: str) -> Saved | None:
    at, vmid = shapes.moment(item.ctime), shapes.whole(item.vmid)
    if at is None or vmid is None:
        return None
    found = _OWNER.search(item.volid)
    kind = _KINDS.get(shapes.words(item.subtype) or (found[1] or found[2] if found else ""), "vm")
    return Saved(
        subject=f"{kind}/{vmid}",
        store=store,
        at=at,
        size=shapes.number(item.size),
        verified=_verified(item),
        protected=shapes.flag(item.protected),
        note=shapes.words(item.notes),
    )


def _verified(item: shapes.VolumeItem) -> Verified:
    """Only a backup server checks what it keeps."""
    if item.verification is not None:
        state = shapes.words(item.verification.state)
        return "ok" if state == "ok" else "failed" if state == "failed" else "unknown"
    return "none" if shapes.words(item.format).startswith("pbs-") else "unknown"


def _backup(several: Sequence[Saved], name: str) -> Backup:
    newest = max(several, key=lambda one: one.at)
    return Backup(
        subject=newest.subject,
        name=name or newest.note,
        store=newest.store,
        newest=newest.at,
        oldest=min(one.at for one in several),
        count=len(several),
        size=newest.size,
        verified=newest.verified,
    )


def _job(item: shapes.JobItem, last: runs.Run | None, estate: Estate) -> BackupJob:
    return BackupJob(
        id=item.id,
        kind="backup",
        store=shapes.words(item.storage) or shapes.words(item.dumpdir) or "local",
        subjects=subjects(item, estate),
        excluded=tuple(_shorts(shapes.words(item.exclude), estate)),
        schedule=shapes.words(item.schedule)
        or " ".join(one for one in (shapes.words(item.dow), shapes.words(item.starttime)) if one),
        enabled=shapes.flag(item.enabled, default=True),
        last_run=last.start if last else None,
        last_outcome=last.outcome if last else "unknown",
        detail="; ".join(one for one in (shapes.words(item.comment), last.detail if last else "") if one),
        next_run=shapes.moment(item.next_run),
    )


def subjects(item: shapes.JobItem, estate: Estate) -> tuple[str, ...]:
    """What a job saves, as backups name it; empty for everything."""
    pool, node = shapes.words(item.pool), shapes.words(item.node)
    if wanted := shapes.words(item.vmid):
        return tuple(_shorts(wanted, estate))
    if pool:
        return tuple(one.short for one in estate.guests if one.pool == pool) or (f"pool/{pool}",)
    if node:
        return tuple(one.short for one in estate.guests if one.node == node) or (f"node/{node}",)
    return ()


def _shorts(numbers: str, estate: Estate) -> Iterator[str]:
    for text in re.split(r"[,;\s]+", numbers):
        if _ID.fullmatch(text):
            guest = estate.by_vmid(int(text))
            yield guest.short if guest else text


def _store(name: str, several: Iterable[Place], estate: Estate) -> BackupStore:
    seen = [one for one in several if one.node not in estate.away]
    there = [one for one in seen if one.available]
    without = sorted(one.node for one in seen if not one.available)
    return BackupStore(
        name=name,
        total=there[0].total if there else None,
        used=there[0].used if there else None,
        state="available" if there else "unknown",
        detail=f"not available on {', '.join(without)}" if without else "",
    )


def _dark(estate: Estate) -> tuple[str, ...]:
    """The backup storages that no node can use now."""
    usable = {one.id for one in backup_places(estate)}
    known = {one.id for one in estate.places if "backup" in one.content}
    return tuple(
        f"storage {name} is not available, its backups are not known" for name in sorted(known - usable)
    )[:8]
