"""Typed calls to the backup server's API; the only file that knows its paths."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Mapping
from datetime import datetime
from functools import partial
from typing import Final, Generic, Literal, NamedTuple, TypeAlias, TypeVar

import msgspec

from sre_assistant.domain.errors import Denied, Missing, Rejected, SourceError, Unreachable
from sre_assistant.domain.window import from_epoch
from sre_assistant.integrations.pbs import shapes
from sre_assistant.integrations.pbs.config import Config
from sre_assistant.integrations.pbs.rights import Rights
from sre_assistant.kit.api import Api, get
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.codec import decode
from sre_assistant.kit.entries import MOST_KEPT, read_entries
from sre_assistant.kit.wire import Wire, path_of

T = TypeVar("T")
JobKind: TypeAlias = Literal["verify", "prune", "sync"]

BASE: Final = "/api2/json"
MOST_SNAPSHOTS: Final = 50_000
"""Backups of one namespace that are looked at."""
_MEANINGS: Final[tuple[tuple[re.Pattern[str], type[SourceError]], ...]] = (
    (re.compile(r"permission check failed|missing permissions?\b|not permitted"), Denied),
    (re.compile(r"^no such |does not exist|no such (?:datastore|node|file)"), Missing),
    (re.compile(r"maintenance mode|not mounted|unable to open chunk store"), Unreachable),
)
"""A failure inside a call is told with the status 400, whatever it is; only its text says more."""


class Listed(NamedTuple, Generic[T]):
    """What could be read of a list."""

    items: tuple[T, ...]
    cut: str
    """Why that is not all of it; empty when it is."""


class Client:
    """The calls to one backup server.

    Args:
        name: its configured name.
        config: where it is and how it is entered.
        wire: carries the calls.
        clock: dates what the server does not date itself.
    """

    def __init__(self, name: str, config: Config, wire: Wire, clock: Clock) -> None:
        self.api = Api(name, config, wire, clock, _unexplained)
        self.url = config.url
        self._node = config.node
        self._rights: Rights | None = None
        self._asking = asyncio.Lock()

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self.api.name

    async def version(self) -> shapes.Version:
        """Which release runs; any token may ask."""
        return await self._one(shapes.Answer[shapes.Version], "version")

    async def time(self) -> datetime:
        """The server's clock, to the second; any token may ask."""
        told = await self._one(shapes.Answer[shapes.Time], "nodes", self._node, "time")
        return from_epoch(told.time)

    async def rights(self) -> Rights:
        """What the token may do; asked once, and again if that failed."""
        async with self._asking:
            if self._rights is None or not self._rights.known:
                self._rights = await self._asked_rights()
            return self._rights

    async def usage(self) -> Listed[shapes.Usage]:
        """How full each datastore is that the token may see at all."""
        return await self._list(shapes.Usage, "status", "datastore-usage")

    async def stores(self) -> Listed[shapes.Store]:
        """The datastores with comments and maintenance modes."""
        return await self._list(shapes.Store, "admin", "datastore")

    async def namespaces(self, store: str) -> Listed[shapes.Namespace]:
        """The namespaces of a datastore that the token may see, the root among them."""
        return await self._list(shapes.Namespace, "admin", "datastore", store, "namespace")

    async def groups(self, store: str, namespace: str) -> Listed[shapes.Group]:
        """The backup groups of one namespace, those below it not."""
        return await self._list(
            shapes.Group, "admin", "datastore", store, "groups", params=_within(namespace)
        )

    async def snapshots(self, store: str, namespace: str) -> Listed[shapes.Snapshot]:
        """Every backup of one namespace; the server reads each manifest for that."""
        return await self._list(
            shapes.Snapshot,
            *("admin", "datastore", store, "snapshots"),
            most=MOST_SNAPSHOTS,
            params=_within(namespace),
        )

    async def collections(self) -> Listed[shapes.Collecting]:
        """Garbage collection of each datastore; releases before 3.2 have no such list."""
        return await self._list(shapes.Collecting, "admin", "gc")

    async def jobs(self, kind: JobKind) -> Listed[shapes.Job]:
        """The jobs of one kind that the token may see."""
        if kind != "sync":
            return await self._list(shapes.Job, "admin", kind)
        try:
            return await self._list(shapes.Job, "admin", "sync", params={"sync-direction": "all"})
        except Rejected:  # before 3.3 there was one direction only, and no word for it
            return await self._list(shapes.Job, "admin", "sync")

    async def tasks(self, limit: int, **wanted: int) -> Listed[shapes.Task]:
        """The newest tasks.

        Args:
            limit: most of them.
            wanted: the server's own filters, e.g. ``errors=1`` or ``since=1795200000``.
        """
        params = {name: str(value) for name, value in (("limit", limit), *wanted.items())}
        return await self._list(shapes.Task, "nodes", self._node, "tasks", most=limit, params=params)

    def failed(self, path: str, detail: str) -> Unreachable:
        """The error for a part that the server itself says cannot be used."""
        return Unreachable(self.name, f"GET {BASE}{path}", detail)

    async def _asked_rights(self) -> Rights:
        try:
            answer = await self._one(shapes.Answer[dict[str, dict[str, bool]]], "access", "permissions")
        except SourceError as error:
            return Rights(by_path={}, problem=error.detail)
        return Rights(by_path=answer)

    async def _one(self, kind: type[shapes.Answer[T]], *segments: str) -> T:
        try:
            return (await self.api.get(self._path(*segments), kind)).data
        except Rejected as error:
            if other := meant(error.detail):
                raise other(error.system, error.operation, error.detail) from error
            raise

    async def _list(
        self, kind: type[T], *segments: str, params: Mapping[str, str] | None = None, most: int = MOST_KEPT
    ) -> Listed[T]:
        request = get(self._path(*segments), *(params or {}).items())
        try:
            return await self.api.fetch(request, partial(_entries, kind, most))
        except Rejected as error:
            if other := meant(error.detail):
                raise other(error.system, error.operation, error.detail) from error
            raise

    def _path(self, *segments: str) -> str:
        return BASE + path_of(*segments)


def meant(text: str) -> type[SourceError] | None:
    """What a failure with the status 400 really is, by its text; None for a request that is wrong."""
    return next((kind for pattern, kind in _MEANINGS if pattern.search(text)), None)


def _unexplained(_body: bytes) -> str | None:
    """Errors are plain texts under a JSON content type; there is nothing to take out of them."""
    return None


def _within(namespace: str) -> Mapping[str, str]:
    return {"ns": namespace} if namespace else {}


def _entries(kind: type[T], most: int, body: bytes) -> Listed[T]:
    rows = decode(body, shapes.Answer[list[msgspec.Raw]]).data
    return Listed(*read_entries(rows, kind, lambda row: row, most=most))
