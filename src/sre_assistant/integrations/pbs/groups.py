"""Backup groups, put together from the list of groups and that of every single backup."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from sre_assistant.domain.inventory import Backup
from sre_assistant.integrations.pbs import shapes
from sre_assistant.integrations.pbs.runs import moment

_MANIFEST: Final = "index.json.blob"


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """All backups of one thing in one namespace."""

    backup: Backup
    namespace: str = ""
    owner: str = ""
    protected: int = 0
    """How many are kept from being pruned; 0 too when nobody says."""
    failed: int = 0
    """How many failed their last verification."""
    unfinished: datetime | None = None
    """The newest that has no manifest: it is being written, or broke off."""


def groups_of(
    store: str, namespace: str, groups: Iterable[shapes.Group], snapshots: Sequence[shapes.Snapshot] | None
) -> tuple[Group, ...]:
    """The groups of a namespace; without ``snapshots`` only what the list of groups itself says."""
    by_name = {f"{each.backup_type}/{each.backup_id}": each for each in groups}
    saved: dict[str, list[shapes.Snapshot]] = {}
    for each in snapshots or ():
        saved.setdefault(f"{each.backup_type}/{each.backup_id}", []).append(each)
    place = f"{store}/{namespace}" if namespace else store
    found = []
    for name in {**by_name, **saved}:
        listed = by_name.get(name)
        if snapshots is None or (listed and name not in saved):
            found.append(_listed(place, namespace, name, listed))
        else:
            found.append(_saved(place, namespace, name, listed, saved[name]))
    return tuple(found)


def _listed(place: str, namespace: str, name: str, listed: shapes.Group | None) -> Group:
    backup = Backup(
        subject=name,
        name=_first_line(listed.comment if listed else None),
        store=place,
        newest=moment(listed.last_backup) if listed else None,
        count=(listed.backup_count or 0) if listed else 0,
    )
    return Group(backup=backup, namespace=namespace, owner=(listed.owner if listed else None) or "")


def _saved(
    place: str, namespace: str, name: str, listed: shapes.Group | None, several: Sequence[shapes.Snapshot]
) -> Group:
    done = sorted((each for each in several if _finished(each)), key=lambda each: each.backup_time)
    newest = done[-1] if done else None
    unfinished = max((each.backup_time for each in several if not _finished(each)), default=None)
    comment = (listed.comment if listed else None) or (newest.comment if newest else None)
    backup = Backup(
        subject=name,
        name=_first_line(comment),
        store=place,
        newest=moment(newest.backup_time) if newest else None,
        oldest=moment(done[0].backup_time) if done else None,
        count=len(done),
        size=newest.size if newest else None,
        verified=_verified(newest),
    )
    owner = (listed.owner if listed else None) or several[-1].owner
    return Group(
        backup=backup,
        namespace=namespace,
        owner=owner or "",
        protected=sum(bool(each.protected) for each in several),
        failed=sum(_verified(each) == "failed" for each in done),
        unfinished=moment(unfinished) if _later(unfinished, newest) else None,
    )


def _later(unfinished: float | None, newest: shapes.Snapshot | None) -> bool:
    return unfinished is not None and (newest is None or unfinished > newest.backup_time)


def _finished(snapshot: shapes.Snapshot) -> bool:
    return snapshot.size is not None or any(file.filename == _MANIFEST for file in snapshot.files or ())


def _verified(snapshot: shapes.Snapshot | None) -> Literal["ok", "failed", "none", "unknown"]:
    if snapshot is None or snapshot.verification is None:
        return "none"
    state = snapshot.verification.state
    return "ok" if state == "ok" else "failed" if state == "failed" else "unknown"


def _first_line(text: str | None) -> str:
    return (text or "").strip().partition("\n")[0]
