"""One backup server as a source of backups and changes: lists put together, and how complete they are."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Final, NamedTuple, TypeVar

from sre_assistant.domain.errors import Denied, Missing, SourceError
from sre_assistant.domain.inventory import Backup, BackupJob, BackupStore, Change
from sre_assistant.domain.reading import Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.pbs import runs, shapes
from sre_assistant.integrations.pbs.client import BASE, Client, JobKind, Listed
from sre_assistant.integrations.pbs.groups import Group, groups_of
from sre_assistant.integrations.pbs.outcomes import few, part, with_value
from sre_assistant.integrations.pbs.rights import AUDIT, DATASTORES, OWN, REMOTES, TASKS, Rights
from sre_assistant.integrations.pbs.stores import Datastore, datastore_of
from sre_assistant.kit.outcomes import settled
from sre_assistant.kit.redaction import bounded, redact

T = TypeVar("T")
S = TypeVar("S", shapes.Store, shapes.Collecting)

MOST_PLACES: Final = 100
"""Namespaces, of all datastores together, whose backups are listed."""
MOST_CHANGES: Final = 2_000
_LONGEST_TASK: Final = timedelta(days=1)
"""How long before a window a task may have begun that ended within it."""
_LONGEST_REASON: Final = 200
_UNLISTED: Final = "sync jobs with a remote are not listed"
_KINDS: Final[tuple[JobKind, ...]] = ("verify", "prune", "sync")


class Place(NamedTuple):
    """One namespace of one datastore; the root has the empty name."""

    store: str
    namespace: str

    def __str__(self) -> str:
        return f"{self.store}/{self.namespace}" if self.namespace else self.store


class _Found(NamedTuple):
    """What one place holds, or why that is not known."""

    groups: tuple[Group, ...]
    cut: tuple[str, ...]
    failure: SourceError | None = None


class Source:
    """The contracts that a backup server offers.

    What a read stands on is asked for first and alone, the rest side by side once that has come: a server
    that fails is met with one call and not with five.

    Args:
        client: its calls.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    async def datastores(self) -> Reading[tuple[Datastore, ...]]:
        """All datastores that the token sees, with their room, growth and garbage collection."""
        rows, cut = await self._client.usage()
        rights, listed, collected = await asyncio.gather(
            self._client.rights(), settled(self._client.stores()), settled(self._client.collections())
        )
        by_store, unlisted = _by_store(listed, "comments and maintenance modes")
        collecting, uncollected = _by_store(collected, "runs of garbage collection")
        now = self._client.api.clock.now()
        away = (shapes.Usage(name) for name, each in by_store.items() if each.mount_status == "notmounted")
        stores = {
            row.store: datastore_of(row, by_store.get(row.store), collecting.get(row.store), now)
            for row in (*away, *rows)
        }
        return self._reading(
            tuple(stores.values()),
            "/status/datastore-usage",
            cut=(cut, unlisted, uncollected),
            denied=rights.unseen(DATASTORES, AUDIT, OWN),
            note=rights.note,
        )

    async def backup_stores(self) -> Reading[tuple[BackupStore, ...]]:
        """The datastores with their room and when they will be full."""
        reading = await self.datastores()
        return with_value(
            reading,
            tuple(
                BackupStore(
                    name=each.name,
                    total=each.total,
                    used=each.used,
                    full_at=each.full_at,
                    state=each.maintenance.partition(":")[0] or ("unusable" if each.problem else ""),
                    detail=each.problem or each.maintenance,
                )
                for each in reading.value
            ),
        )

    async def backups(self) -> Reading[tuple[Backup, ...]]:
        """Every group of every datastore and namespace."""
        reading = await self.groups()
        return with_value(reading, tuple(each.backup for each in reading.value))

    async def groups(self, store: str = "") -> Reading[tuple[Group, ...]]:
        """The groups of all namespaces of one datastore, or of all.

        Raises:
            SourceError: nothing usable came; ``Missing`` where the token sees no such datastore.
        """
        rows, cut = await self._client.usage()
        rights = await self._client.rights()
        stores = {row.store: row for row in rows if store in {"", row.store}}
        if store and not stores:
            raise _absent(self.name, store, sorted({row.store for row in rows}), rights)
        usable, unusable = _usable(stores.values())
        places, untold = await self._places(usable)
        found = await asyncio.gather(*(self._held(place, rights) for place in places))
        reasons = [cut, *unusable.values(), *untold, *(why for each in found for why in each.cut)]
        self._check_some(unusable, found)
        return self._reading(
            tuple(group for each in found for group in each.groups),
            f"/admin/datastore/{store or '*'}/groups",
            cut=reasons,
            denied=rights.unseen(f"{DATASTORES}/{store}" if store else DATASTORES, AUDIT),
            note=rights.note,
        )

    async def backup_jobs(self) -> Reading[tuple[BackupJob, ...]]:
        """Verification, pruning, synchronisation and garbage collection with their last runs."""
        verify = await self._client.jobs("verify")
        rights, prune, sync, collected = await asyncio.gather(
            self._client.rights(),
            settled(self._client.jobs("prune")),
            settled(self._client.jobs("sync")),
            settled(self._client.collections()),
        )
        found: list[BackupJob] = []
        cut: list[str] = []
        for kind, each in zip(_KINDS, (verify, prune, sync), strict=True):
            items, why = part(each, f"{kind} jobs")
            found += [runs.job_of(kind, job) for job in items]
            cut.append(why)
        collections, why = part(collected, "runs of garbage collection")
        for one in collections:
            if about := runs.collected_of(one):
                found.append(runs.collection_job(one.store, about))
        remotes = rights.unseen(REMOTES, "Remote.Audit")
        denied = [rights.unseen(DATASTORES, AUDIT), remotes and f"{remotes}: {_UNLISTED}"]
        return self._reading(
            tuple(found),
            "/admin/{verify,prune,sync,gc}",
            cut=(*cut, why),
            denied="; ".join(text for text in denied if text),
            note=rights.note,
        )

    async def changes(self, window: Window) -> Reading[tuple[Change, ...]]:
        """The tasks that began, ended or ran within a window, oldest first."""
        since = max(0, int((window.start - _LONGEST_TASK).timestamp()))
        until = int(window.end.timestamp())
        tasks, cut = await self._client.tasks(MOST_CHANGES, since=since, until=until)
        rights, running = await asyncio.gather(
            self._client.rights(), settled(self._client.tasks(MOST_CHANGES, running=1))
        )
        more = f"only the newest {MOST_CHANGES:,} tasks came" if len(tasks) >= MOST_CHANGES else ""
        under_way, unknown = part(running, "tasks that run since long")
        changes = {task.upid: runs.change_of(task) for task in (*under_way, *tasks)}
        within = [each for each in changes.values() if _touches(each, window)]
        return self._reading(
            tuple(sorted(within, key=lambda each: (each.at, each.id))),
            "/nodes/localhost/tasks",
            window=window,
            cut=(cut, more, unknown),
            denied=_others_tasks(rights),
            note=rights.note,
        )

    async def tasks(self, limit: int, *, errors: bool) -> Reading[tuple[Change, ...]]:
        """The newest tasks, newest first; with ``errors`` those alone that ended other than OK."""
        wanted = {"errors": 1} if errors else {}
        tasks, cut = await self._client.tasks(limit, **wanted)
        rights = await self._client.rights()
        kept = [task for task in tasks if not errors or task.endtime is not None]
        return self._reading(
            tuple(runs.change_of(task) for task in kept),
            f"/nodes/localhost/tasks?limit={limit}{'&errors=1' if errors else ''}",
            cut=(cut,),
            denied=_others_tasks(rights),
            note=rights.note,
        )

    async def _places(self, stores: Sequence[str]) -> tuple[list[Place], list[str]]:
        """The namespaces of datastores, and why those are not all.

        Raises:
            SourceError: there are datastores, and of none can it be told.
        """
        asked = await asyncio.gather(
            *(settled(self._client.namespaces(store)) for store in stores[:MOST_PLACES])
        )
        places: dict[Place, None] = {}
        untold = []
        for store, each in zip(stores, asked, strict=False):
            if isinstance(each, Missing):  # before 2.2 there were no namespaces
                places[Place(store, "")] = None
                continue
            items, why = part(each, f"namespaces of {store}")
            places |= dict.fromkeys(Place(store, item.ns) for item in items)
            untold.append(why)
        failures = [each for each in asked if isinstance(each, SourceError)]
        if failures and not places:
            raise failures[0]
        if len(places) > MOST_PLACES or len(stores) > MOST_PLACES:
            untold.append(f"only {MOST_PLACES} of {len(places):,} namespaces were looked into")
        return list(places)[:MOST_PLACES], untold

    async def _held(self, place: Place, rights: Rights) -> _Found:
        groups, snapshots = await asyncio.gather(
            settled(self._client.groups(*place)), settled(self._client.snapshots(*place))
        )
        if isinstance(groups, SourceError):
            return _Found((), (f"{place}: {groups.detail}",), groups)
        rows, unread = groups
        several, unknown = part(snapshots, f"sizes and verification in {place}")
        known = None if isinstance(snapshots, SourceError) else several
        path = f"{DATASTORES}/{place}"
        own = rights.known and not rights.holds(path, AUDIT)
        why = f"of {place} only the token's own backups can be seen" if own else ""
        return _Found(groups_of(*place, rows, known), tuple(w for w in (unread, unknown, why) if w))

    def _check_some(self, unusable: Mapping[str, str], found: Sequence[_Found]) -> None:
        """Raises what went wrong where not a single place could be looked into."""
        failures = [each.failure for each in found if each.failure]
        if failures and len(failures) == len(found):
            raise failures[0]
        if unusable and not found:
            store, why = next(iter(unusable.items()))
            raise self._client.failed(f"/admin/datastore/{store}/groups", why)

    def _reading(
        self,
        value: T,
        path: str,
        *,
        window: Window | None = None,
        cut: Iterable[str] = (),
        denied: str = "",
        note: str = "",
    ) -> Reading[T]:
        return self._client.api.reading(
            value,
            f"GET {BASE}{path}",
            window=window,
            link=f"{self._client.url}/",
            cut=few([why for why in cut if why]),
            denied=denied,
            note=note,
        )


def _by_store(outcome: Listed[S] | SourceError, what: str) -> tuple[dict[str, S], str]:
    items, why = part(outcome, what)
    return {item.store: item for item in items}, why


def _usable(rows: Iterable[shapes.Usage]) -> tuple[list[str], dict[str, str]]:
    """The datastores that can be looked into, and why the others cannot."""
    usable, unusable = [], {}
    for row in rows:
        away = f"{row.store} is not mounted" if row.mount_status == "notmounted" else ""
        problem = bounded(redact(row.error), _LONGEST_REASON) if row.error else away
        if problem:
            unusable[row.store] = problem
        else:
            usable.append(row.store)
    return usable, unusable


def _absent(system: str, store: str, known: Sequence[str], rights: Rights) -> SourceError:
    """Why a datastore is not among those that can be seen."""
    operation, path = f"GET {BASE}/status/datastore-usage", f"{DATASTORES}/{store}"
    if rights.known and not rights.holds(path, AUDIT, OWN):
        return Denied(system, operation, f"{AUDIT} on {path} is missing")
    return Missing(system, operation, f"the datastores are {', '.join(known[:20]) or 'none'}")


def _others_tasks(rights: Rights) -> str:
    if not rights.known or rights.holds(TASKS, "Sys.Audit"):
        return ""
    return f"Sys.Audit on {TASKS} is missing: only the token's own tasks can be seen"


def _touches(change: Change, window: Window) -> bool:
    last: datetime = change.until or (window.end if change.outcome == "running" else change.at)
    return change.at <= window.end and last >= window.start
