"""Per guest: what is saved of it, by which job, and whether anything is saved at all."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Final, NamedTuple

from sre_assistant.domain.inventory import BackupJob
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.integrations.proxmox import control, shapes, texts
from sre_assistant.integrations.proxmox.client import Client
from sre_assistant.integrations.proxmox.estate import Estate, Guest
from sre_assistant.integrations.proxmox.parts import away, items, needed, odd, part, problems
from sre_assistant.integrations.proxmox.saves import Saved, Saves, Verified
from sre_assistant.kit.units import format_value

_MOST_JOBS: Final = 8


@dataclass(frozen=True, slots=True, kw_only=True)
class Backed:
    """What is known of the backups of one guest."""

    subject: str
    """``vm/104``."""
    name: str
    listed: bool
    """Whether the token may list backups at all; otherwise none seen means nothing."""
    newest: datetime | None = None
    count: int = 0
    size: float | None = None
    """Bytes of the newest."""
    protected: int = 0
    """How many of them pruning spares."""
    verified: Verified = "unknown"
    """The last check of the newest."""
    stores: tuple[str, ...] = ()
    jobs: tuple[str, ...] = ()
    """The enabled jobs that save it."""
    covered: bool | None = None
    """Whether any job saves it; None when nobody says."""
    template: bool = False
    gone: bool = False
    """Whether only its backups are left, or it cannot be seen."""

    @property
    def rank(self) -> tuple[int, float]:
        """Guests without a backup or a job go first, then those whose newest is oldest."""
        bare = self.listed and not self.count
        trouble = self.covered is False or bare or self.verified == "failed"
        age = self.newest.timestamp() if self.newest else 0.0
        return (3 if self.gone else 2 if self.template else 0 if trouble else 1, age)


class Backing(NamedTuple):
    """All guests with their backups, and the jobs."""

    guests: Reading[tuple[Backed, ...]]
    jobs: tuple[BackupJob, ...]


async def backed(client: Client, saves: Saves, wanted: str | None) -> Backing:
    """The guests with their backups, those in trouble first, and the backup jobs.

    Args:
        client: the cluster.
        saves: its backups.
        wanted: number, id or name of a guest; all when None.

    Raises:
        CallError: there is no such guest.
    """
    estate = await client.estate()
    only = control.find(estate, wanted) if wanted is not None else None
    kept, planned, unsaved = await asyncio.gather(
        part("backups", saves.saved(estate)), part("backup jobs", saves.jobs(estate)), saves.unsaved()
    )
    saved = needed(kept)
    jobs = tuple(one for one in (planned.value.value if planned.value else ()) if one.kind == "backup")
    bare = {shapes.whole(one.vmid) for one in items(unsaved)} if unsaved.value else None
    listed = saved.completeness is not Completeness.DENIED
    found = [
        replace(one, listed=listed)
        for one in _each(estate, saved.value, jobs, bare)
        if only is None or one.subject == only.short
    ]
    behind = planned.value.detail if planned.value else ""
    for told in away(estate):  # said of the backups already
        behind = behind.replace(f"{told}; ", "").replace(told, "")
    why = (saved.detail, behind, *problems((planned, unsaved)), *odd((unsaved,)))
    detail = "; ".join(dict.fromkeys(one for one in why if one))
    reading = Reading(
        provenance=saved.provenance,
        value=tuple(sorted(found, key=lambda one: one.rank)),
        completeness=_together(saved, planned.value, failed=bool(problems((planned, unsaved)))),
        detail=detail,
    )
    return Backing(reading, tuple(sorted(jobs, key=lambda one: (one.last_outcome != "failed", one.id))))


def summary(backing: Backing, now: datetime) -> Iterator[str]:
    """The text: counts, jobs, and a line for each guest."""
    guests = backing.guests.value
    real = [one for one in guests if not (one.template or one.gone)]
    without = sum(one.listed and not one.count for one in real)
    loose = sum(one.covered is False for one in real)
    seen = f"{without} without a backup" if all(one.listed for one in real) else "backups cannot be listed"
    count, plans = texts.number_of(len(real), "guest"), texts.number_of(len(backing.jobs), "backup job")
    head = f"{count}: {seen}, {loose} that no job saves" if real else "No guest to be seen"
    yield f"{head}. {plans}."
    yield from (texts.job(one) for one in backing.jobs[:_MOST_JOBS])
    yield from (_line(one, now) for one in guests)


def _line(one: Backed, now: datetime) -> str:
    age = format_value(max(0.0, (now - one.newest).total_seconds()), "seconds") if one.newest else ""
    bare = "no backup (a template)" if one.template else "NO BACKUP"
    state = f"newest {texts.when(one.newest)} ({age} ago)" if one.newest else bare
    return f"- {one.subject} {texts.short(one.name) or '(no name)'}: " + texts.joined(
        state if one.listed else "its backups cannot be listed",
        f"{one.count:,} kept on {texts.short(', '.join(one.stores))}" if one.count else "",
        format_value(one.size, "bytes") if one.size is not None else "",
        f"{one.protected} protected" if one.protected else "",
        f"VERIFICATION {one.verified.upper()}" if one.verified == "failed" else "",
        f"verified {one.verified}" if one.verified in {"ok", "none"} else "",
        f"job {texts.short(', '.join(one.jobs))}" if one.jobs else "",
        "NO JOB SAVES IT" if one.covered is False else "",
        "the guest is gone or cannot be seen" if one.gone else "",
    )


def _each(
    estate: Estate, saved: Sequence[Saved], jobs: Sequence[BackupJob], bare: set[int | None] | None
) -> Iterator[Backed]:
    """Every guest, and what is saved of guests that are not there."""
    by_subject: dict[str, list[Saved]] = {}
    for one in saved:
        by_subject.setdefault(one.subject, []).append(one)
    for guest in estate.guests:
        known = _kept(by_subject.pop(guest.short, []), guest.short, guest.name)
        yield replace(
            known,
            jobs=tuple(job.id for job in jobs if job.enabled and _saves(job, guest)),
            covered=None if bare is None else guest.vmid not in bare,
            template=guest.template,
        )
    for subject, several in sorted(by_subject.items()):
        yield replace(_kept(several, subject, several[-1].note), gone=True)


def _kept(several: Sequence[Saved], subject: str, name: str) -> Backed:
    if not several:
        return Backed(subject=subject, name=name, listed=True)
    newest = max(several, key=lambda one: one.at)
    return Backed(
        subject=subject,
        name=name,
        listed=True,
        newest=newest.at,
        count=len(several),
        size=newest.size,
        protected=sum(one.protected for one in several),
        verified=newest.verified,
        stores=tuple(sorted({one.store for one in several})),
    )


def _saves(job: BackupJob, guest: Guest) -> bool:
    if guest.short in job.excluded:
        return False
    return not job.subjects or guest.short in job.subjects


def _together(
    saved: Reading[tuple[Saved, ...]], jobs: Reading[tuple[BackupJob, ...]] | None, *, failed: bool
) -> Completeness:
    """As complete as the least of its parts; with the jobs known, backups that are denied are a part."""
    parts = {saved.completeness, *({jobs.completeness} if jobs else ())}
    if jobs is None and saved.completeness is Completeness.DENIED:
        return Completeness.DENIED
    if failed or parts & {Completeness.DENIED, Completeness.PARTIAL}:
        return Completeness.PARTIAL
    return Completeness.COMPLETE
