"""What lies in a datastore: groups, snapshots with their files, and how their verification went."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from sre_assistant.sim.servers.pbs.tasks import BAD_CHUNKS, WRITER, Task, verifications
from sre_assistant.sim.servers.pbs.view import StoreView
from sre_assistant.sim.servers.proxmox.backups import Backup

Row = dict[str, object]


def groups(view: StoreView, store: str) -> list[Row]:
    """One row for each guest with at least one backup."""
    by_guest: dict[str, list[Backup]] = {}
    for one in view.backups(store):
        by_guest.setdefault(one.guest.name, []).append(one)
    found: list[Row] = []
    for several in by_guest.values():
        done = [one for one in several if not one.under_way(view.t)]
        last = (done or several)[-1]
        row = _identity(last) | {
            "last-backup": view.unix(several[-1].start),
            "backup-count": len(several),
            "files": [one["filename"] for one in _files(last)] if done else [],
            "owner": WRITER,
        }
        found.append(row)
    return sorted(found, key=lambda row: (str(row["backup-type"]), int(str(row["backup-id"]))))


def snapshots(view: StoreView, store: str) -> list[Row]:
    """Every backup; one that is being written has no files yet."""
    checks = verifications(view, store)
    found = [_snapshot(view, one, checks) for one in view.backups(store)]
    return sorted(found, key=lambda row: (str(row["backup-type"]), int(str(row["backup-id"])), -_time(row)))


def counts(view: StoreView, store: str) -> Row:
    """How many groups and snapshots of each kind there are."""
    found: Row = {}
    for kind, word in (("lxc", "ct"), ("qemu", "vm")):
        some = [one for one in view.backups(store) if one.guest.spec.kind == kind]
        if some:
            found[word] = {"groups": len({one.guest.name for one in some}), "snapshots": len(some)}
    return {"ct": None, "host": None, "other": None, "vm": None} | found


def size(one: Backup) -> int:
    """The bytes that a backup stands for, before what it shares with others is taken off."""
    return sum(int(str(file["size"])) for file in _files(one) if "size" in file)


def _time(row: Row) -> int:
    return int(str(row["backup-time"]))


def _identity(one: Backup) -> Row:
    kind = "vm" if one.guest.spec.kind == "qemu" else "ct"
    return {"backup-type": kind, "backup-id": str(one.guest.spec.vmid)}


def _snapshot(view: StoreView, one: Backup, checks: Sequence[Task]) -> Row:
    row = _identity(one) | {
        "backup-time": view.unix(one.start),
        "files": [],
        "owner": WRITER,
        "protected": False,
    }
    if one.under_way(view.t):
        return row
    row |= {"comment": one.guest.title, "files": list(_files(one)), "size": size(one)}
    check = next((task for task in checks if task.start > one.end and not _broke_off(task)), None)
    if check is not None:
        state = "failed" if check.status == BAD_CHUNKS and _hit(view, one, check) else "ok"
        row["verification"] = {"upid": check.upid(view), "state": state}
    return row


def _broke_off(check: Task) -> bool:
    """Whether a verification ended before it had looked at everything."""
    return check.failed and check.status != BAD_CHUNKS


def _hit(view: StoreView, one: Backup, check: Task) -> bool:
    """Whether a backup is among those with bad chunks: the last before the check always is."""
    before = [other for other in view.backups(check.store) if other.end <= check.start]
    return bool(before) and (one == before[-1] or (one.guest.seed + view.unix(one.start) // 86400) % 7 == 0)


def _files(one: Backup) -> Iterator[Row]:
    spec = one.guest.spec
    if spec.kind == "qemu":
        yield {"filename": "qemu-server.conf.blob", "crypt-mode": "none", "size": 380 + one.guest.seed % 90}
        yield {"filename": "drive-scsi0.img.fidx", "crypt-mode": "none", "size": int(spec.disk)}
    else:
        used = int(one.guest.disk_used(np.array([one.start]))[0])
        yield {"filename": "pct.conf.blob", "crypt-mode": "none", "size": 200 + one.guest.seed % 60}
        yield {"filename": "root.pxar.didx", "crypt-mode": "none", "size": used}
        yield {"filename": "catalog.pcat1.didx", "crypt-mode": "none", "size": 90_000 + one.guest.seed % 9000}
    yield {"filename": "client.log.blob", "crypt-mode": "none"}
    yield {"filename": "index.json.blob", "crypt-mode": "none", "size": 480 + one.guest.seed % 40}
