"""Every task of the backup server: single backups, and runs of its own jobs, by schedule or by request."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

import numpy as np

from sre_assistant.sim.causality.deeds import Deed
from sre_assistant.sim.servers.pbs.view import StoreView
from sre_assistant.sim.servers.proxmox.backups import Backup, backups
from sre_assistant.sim.signals import DAY

ROOT: Final = "root@pam"
WRITER: Final = "pve@pbs!cluster"
"""The token with which Proxmox VE writes its backups, and so their owner."""
KEPT: Final = 60 * DAY
KINDS: Final = {"verify": "verificationjob", "prune": "prunejob", "gc": "garbage_collection"}
"""The task of each kind of job."""
BY_HAND: Final = {"verify": ("verify", 300.0), "gc": ("garbage_collection", 120.0)}
"""The task of what was asked for, and how long it takes."""
BAD_CHUNKS: Final = "verification failed - please check the log for details"


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """A task; ``status`` is how it ends, and may not be known yet."""

    kind: str
    id: str
    user: str
    start: float
    end: float
    status: str = "OK"
    store: str = ""
    backup: Backup | None = None

    @property
    def failed(self) -> bool:
        """Whether it ended badly; warnings are no failure."""
        return self.status != "OK" and not self.status.startswith("WARNINGS: ")

    def running(self, t: float) -> bool:
        """Whether it is under way."""
        return self.start <= t < self.end

    def pid(self, view: StoreView) -> int:
        """The daemon's process; all its tasks share it."""
        return 700 + int(view.booted) % 900 if self.start >= view.booted else 701

    def upid(self, view: StoreView) -> str:
        """Its name."""
        number = int.from_bytes(
            hashlib.sha256(f"{self.kind}\x00{self.id}\x00{self.start:.3f}".encode()).digest()[:3], "big"
        )
        head = f"{self.pid(view):08X}:{self.pstart(view):08X}:{number:08X}:{view.unix(self.start):08X}"
        return f"UPID:{view.node}:{head}:{self.kind}:{escaped(self.id)}:{self.user}:"

    def pstart(self, view: StoreView) -> int:
        """When its process began, in hundredths of a second since the boot."""
        return 900 + int(view.booted) % 100


def tasks(view: StoreView, since: float) -> list[Task]:
    """The tasks that had begun by now, the last first."""
    since = max(since, view.t - KEPT)
    found = [*_written(view, since), *_jobs(view, since), *_by_hand(view), *_package_lists(view, since)]
    begun = [one for one in found if since <= one.start <= view.t]
    return sorted(begun, key=lambda one: (one.start, one.kind, one.id), reverse=True)


def find(view: StoreView, upid: str) -> Task | None:
    """The task of that name."""
    return next((one for one in tasks(view, view.t - KEPT) if one.upid(view) == upid), None)


def verifications(view: StoreView, store: str) -> list[Task]:
    """The verifications of a datastore that have ended, the first first."""
    found = [
        one
        for one in tasks(view, view.t - KEPT)
        if one.store == store and one.kind in {"verificationjob", "verify"} and one.end <= view.t
    ]
    return sorted(found, key=lambda one: one.start)


def run_of(deed: Deed) -> Task:
    """The task that a request became."""
    store = deed.entity.partition("/")[2]
    kind, seconds = BY_HAND[deed.detail.partition(" ")[0]]
    user = deed.detail.partition(" ")[2] or ROOT
    status = "got unexpected error - task aborted" if deed.half else "OK"
    return Task(
        kind=kind, id=store, user=user, start=deed.at, end=deed.at + seconds, status=status, store=store
    )


def escaped(text: str) -> str:
    """A text as it stands in a task's name: slashes are dashes, other signs are numbers."""
    plain = [one if one.isalnum() or one in "_." else f"\\x{ord(one):02x}" for one in text]
    return "".join("-" if one == "/" else sign for one, sign in zip(text, plain, strict=True))


def _written(view: StoreView, since: float) -> Iterator[Task]:
    """One task for each backup that reached the server."""
    datastores = {name: spec.datastore for name, spec in view.world.house.storages.items() if spec.datastore}
    for one in backups(view.world, view.deeds, since, view.t + 1e-6):
        store = datastores.get(one.storage)
        if store is None or not _arrived(view, one, store):
            continue
        kind = "vm" if one.guest.spec.kind == "qemu" else "ct"
        yield Task(
            kind="backup",
            id=f"{store}:{kind}/{one.guest.spec.vmid}",
            user=WRITER,
            start=one.start,
            end=one.end,
            status=_outcome(one),
            store=store,
            backup=one,
        )


def _arrived(view: StoreView, one: Backup, store: str) -> bool:
    """Whether the server heard of a backup: not while it or the datastore was away."""
    away = view.world.spells[f"datastore/{store}"].at(one.start, "gone", "maintenance")
    return away is None and "unable to activate storage" not in one.error


def _outcome(one: Backup) -> str:
    if one.good:
        return "OK"
    if "os error" in one.error or "No space left" in one.error:
        return f"backup failed: {one.error}"
    return "backup ended but finished flag is not set."


def _jobs(view: StoreView, since: float) -> Iterator[Task]:
    for job in view.world.jobs.values():
        spec = job.spec
        if spec.kind not in KINDS or spec.datastore not in view.world.datastores:
            continue
        for run in job.runs(since, view.t + 1e-6):
            status = run.error or (
                BAD_CHUNKS if spec.kind == "verify" and _bad(view, spec.datastore, run.end) else "OK"
            )
            worker = spec.datastore if spec.kind == "gc" else f"{spec.datastore}:{job.name}"
            yield Task(
                kind=KINDS[spec.kind],
                id=worker,
                user=ROOT,
                start=run.start,
                end=run.end,
                status=status,
                store=spec.datastore,
            )


def _bad(view: StoreView, store: str, t: float) -> bool:
    """Whether the disks under a datastore have lost sectors, which a verification finds."""
    datastore = view.world.datastores[store]
    disks = [f"disk/{datastore.spec.host}:{name}" for name in datastore.filesystem.spec.disks]
    drives = [view.world.drives[disk] for disk in disks if disk in view.world.drives]
    return any(drive.bad_sectors(np.array([t]))[0] > 0 for drive in drives)


def _by_hand(view: StoreView) -> Iterator[Task]:
    for deed in view.deeds:
        word = deed.detail.partition(" ")[0]
        if deed.act == "run-job" and deed.entity.startswith("datastore/") and word in BY_HAND:
            yield run_of(deed)


def _package_lists(view: StoreView, since: float) -> Iterator[Task]:
    """Once a day the lists of packages are fetched."""
    phase = 3600.0 + view.host.seed % 14400
    day = since // DAY
    while day * DAY + phase <= view.t:
        start = day * DAY + phase
        if view.world.spells[f"host/{view.node}"].at(start, "gone", "off") is None:
            yield Task(kind="aptupdate", id="", user=ROOT, start=start, end=start + 4)
        day += 1
