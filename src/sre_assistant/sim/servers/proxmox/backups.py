"""Every backup that was begun, by schedule or by request, and which of them are still kept."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Final

from sre_assistant.sim.causality.deeds import Deed
from sre_assistant.sim.causality.spells import Spells
from sre_assistant.sim.quantities import span
from sre_assistant.sim.servers.proxmox.requested import SECONDS
from sre_assistant.sim.signals import DAY
from sre_assistant.sim.things.guests import Guest
from sre_assistant.sim.things.jobs import Job
from sre_assistant.sim.world import World

BY_HAND_SECONDS: Final = SECONDS["run-job"]
_PACE_BY_HAND: Final = 60 * 2.0**20
LOOK_BACK: Final = 75 * DAY
"""How far back backups are looked for."""
KEPT_ON_FILES: Final = 7
"""How many backups of a guest a storage of plain files keeps."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Backup:
    """One backup of one guest."""

    guest: Guest
    node: str
    storage: str
    job: str
    """The scheduled job; empty if somebody asked for it."""
    begun: float
    """When the whole run began that this one is part of."""
    start: float
    end: float
    error: str
    pace: float
    """Bytes per second that it reads of what has changed."""

    @property
    def changed(self) -> float:
        """How much of the disk it reads: what has changed since the last time."""
        return min(self.pace * (self.end - self.start), float(self.guest.spec.disk))

    @property
    def good(self) -> bool:
        """Whether it ended well."""
        return not self.error

    def under_way(self, t: float) -> bool:
        """Whether it runs at a moment."""
        return self.start <= t < self.end


@dataclass(frozen=True, slots=True)
class Snapshot:
    """A snapshot of a guest."""

    name: str
    at: float
    description: str = ""


def backups(world: World, deeds: Sequence[Deed], start: float, end: float) -> list[Backup]:
    """The backups that began in a window, by time."""
    found = [*_scheduled(world, start, end), *_by_hand(world, deeds, start, end)]
    return sorted(found, key=lambda one: (one.start, one.guest.spec.vmid, one.storage))


def kept(world: World, deeds: Sequence[Deed], t: float, storage: str) -> list[Backup]:
    """The good backups that a storage holds at a moment, and those under way, by time."""
    found = [one for one in backups(world, deeds, t - LOOK_BACK, t + 1e-6) if one.storage == storage]
    by_guest: dict[str, list[Backup]] = {}
    for one in found:
        if one.under_way(t) or (one.good and one.end <= t):
            by_guest.setdefault(one.guest.name, []).append(one)
    pruned, count = _pruned(world, t, storage)
    deleted = _deleted(world, deeds, t, storage)
    left: list[Backup] = []
    for several in by_guest.values():
        old = [one for one in several if one.end <= pruned]
        left += old[max(len(old) - count, 0) :] + several[len(old) :]
    left = [one for one in left if path_of(world, one) not in deleted]
    return sorted(left, key=lambda one: (one.start, one.guest.spec.vmid))


def path_of(world: World, one: Backup) -> str:
    """How a backup server names a backup: ``vm/110/1793502000``."""
    kind = "vm" if one.guest.spec.kind == "qemu" else "ct"
    return f"{kind}/{one.guest.spec.vmid}/{world.unix_ms(one.start) // 1000}"


def _deleted(world: World, deeds: Sequence[Deed], t: float, storage: str) -> set[str]:
    """The backups that somebody deleted from a datastore."""
    entity = f"datastore/{world.house.storages[storage].datastore}"
    done = [one for one in deeds if (one.act, one.entity) == ("delete", entity) and one.at <= t]
    return {path for one in done if not one.half for path in one.detail.split()}


def snapshots(world: World, deeds: Sequence[Deed], guest: Guest, t: float) -> list[Snapshot]:
    """The snapshots of a guest at a moment, by time."""
    found = [Snapshot(name, world.begin - span(ago)) for name, ago in guest.spec.snapshots.items()]
    for deed in deeds:
        if deed.entity != guest.entity or deed.at > t:
            continue
        if deed.act == "snapshot" and not deed.half:
            name, _, description = deed.detail.partition("\n")
            found.append(Snapshot(name, deed.at, description))
        elif deed.act == "delete" and not deed.half:
            found = [one for one in found if one.name != deed.detail]
    return sorted((one for one in found if one.at <= t), key=lambda one: (one.at, one.name))


def half_done(deeds: Sequence[Deed], guest: Guest, t: float) -> str:
    """The lock that a snapshot half taken or half deleted has left on a guest."""
    locks = {"snapshot": "snapshot", "delete": "snapshot-delete"}
    left = [one for one in deeds if one.entity == guest.entity and one.half and one.at <= t]
    return next((locks[one.act] for one in left if one.act in locks), "")


def _scheduled(world: World, start: float, end: float) -> Iterator[Backup]:
    for job in world.jobs.values():
        if job.spec.kind == "backup":
            for run in job.runs(start, end):
                away = world.spells[f"host/{run.host}"].at(run.start, "gone")
                yield Backup(
                    guest=world.guests[run.subject.partition("/")[2]],
                    node=run.host,
                    storage=job.spec.storage,
                    job=job.name,
                    begun=_begun(job, run.start, run.subject),
                    start=run.start,
                    end=run.end if away is None else run.start + 4.0,
                    error=run.error if away is None else f"unable to activate storage '{job.spec.storage}'",
                    pace=job.spec.pace,
                )


def _begun(job: Job, start: float, subject: str) -> float:
    return start - next(offset for entity, _, offset in job.steps if entity == subject)


def _by_hand(world: World, deeds: Sequence[Deed], start: float, end: float) -> Iterator[Backup]:
    for deed in deeds:
        if deed.act != "run-job" or not deed.entity.startswith("guest/") or not start <= deed.at < end:
            continue
        guest = world.guests[deed.entity.partition("/")[2]]
        stopped = [one.at for one in deeds if one.act == "stop-job" and one.entity == deed.entity]
        until = deed.at + BY_HAND_SECONDS
        error = _refusal(world.spells[f"storage/{deed.detail}"], deed.at)
        if error or deed.half:
            until, error = deed.at + 4.0, error or "backup write data failed: command error: broken pipe"
        cut = next((at for at in stopped if deed.at <= at < until), None)
        if cut is not None:
            until, error = cut, "interrupted by signal"
        yield Backup(
            guest=guest,
            node=guest.spec.node,
            storage=deed.detail,
            job="",
            begun=deed.at,
            start=deed.at,
            end=until,
            error=error,
            pace=_PACE_BY_HAND,
        )


def _refusal(spells: Spells, t: float) -> str:
    """Why a storage takes no backup."""
    spell = spells.at(t, "gone", "full")
    if spell is None:
        return ""
    fallback = "storage is not online" if spell.mode == "gone" else "No space left on device"
    return spell.detail or fallback


def _pruned(world: World, t: float, storage: str) -> tuple[float, int]:
    """When old backups went last from a storage, and how many of a guest stayed then."""
    spec = world.house.storages[storage]
    if not spec.datastore:
        return t, KEPT_ON_FILES
    days = world.house.datastores[spec.datastore].keep_days
    entity = f"datastore/{spec.datastore}"
    done = [
        run.end
        for job in world.jobs.values()
        if job.spec.kind == "prune" and job.spec.datastore == spec.datastore
        for run in job.runs(t - LOOK_BACK, t)
        if run.good and run.end <= t and run.subject == entity
    ]
    return max(done, default=-1e12), days
