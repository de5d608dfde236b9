"""Typed calls to the API of Proxmox VE; the only file that knows its paths."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Mapping, Sequence
from typing import Any, Final, TypeVar

from sre_assistant.domain.errors import Rejected
from sre_assistant.integrations.proxmox import shapes
from sre_assistant.integrations.proxmox.config import Config
from sre_assistant.integrations.proxmox.estate import Estate, Guest, estate_of, thing_of
from sre_assistant.integrations.proxmox.parts import Rows
from sre_assistant.integrations.proxmox.rights import Rights
from sre_assistant.kit.answers import Answers
from sre_assistant.kit.api import Api, get
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.codec import DecodeError, decode
from sre_assistant.kit.endpoint import Purpose
from sre_assistant.kit.entries import read_entries
from sre_assistant.kit.wire import Request, Wire, path_of

S = TypeVar("S")
T = TypeVar("T")

MOST_NODES: Final = 32
"""Nodes of a cluster that are asked."""
_LACKING: Final = re.compile(
    r"Permission check failed \((?P<path>/[^\s,]{0,80}), (?P<privilege>[A-Za-z.]{1,40})"
)
MOST_TASKS: Final = 500
"""Tasks of one node that are asked for at once."""


class Client:
    """One cluster, through the node that the settings name.

    Args:
        name: its configured name.
        config: for its address in links, its tokens to hide and to name in advice.
        wire: carries the calls.
        clock: dates the answers.
    """

    def __init__(self, name: str, config: Config, wire: Wire, clock: Clock) -> None:
        self.config = config
        self.clock = clock
        self.api = Api(name, config, wire, clock, _explainer(config.who()))
        self._changing = Answers(name, config, _explainer(config.who("change")))
        self._rights: Rights | None = None
        self._asking = asyncio.Lock()

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self.api.name

    @property
    def link(self) -> str:
        """The page for people."""
        return f"{self.config.url}/"

    async def version(self) -> shapes.Version:
        """Which Proxmox VE answers; any valid token may ask."""
        return await self._one(shapes.Version, "version")

    async def estate(self) -> Estate:
        """Nodes, guests and storages, as far as the token may see them."""
        rows = await self._rows(shapes.ResourceItem, thing_of, ("cluster", "resources"))
        found = estate_of(rows.items, (rows.cut,), first=self.config.node)
        if len(found.nodes) <= MOST_NODES:
            return found
        cut = f"{len(found.nodes):,} nodes came, the first {MOST_NODES} are read"
        return estate_of(
            (*found.nodes[:MOST_NODES], *found.guests, *found.places),
            (*found.cut, cut),
            first=self.config.node,
        )

    async def rights(self) -> Rights:
        """What the token may do; asked once, and again only after a failure."""
        async with self._asking:
            if self._rights is None:
                self._rights = await self.rights_of(self.config.who())
        return self._rights

    async def rights_of(self, who: str, purpose: Purpose = "read") -> Rights:
        """What a token may do; another than the one that asks only with Sys.Audit on /access."""
        others = who and who != self.config.who(purpose)
        request = Request(
            method="GET",
            path=_path("access", "permissions"),
            params=(("userid", who),) if others else (),
            repeatable=True,
            purpose=purpose,
        )
        found = await self.api.fetch(request, lambda body: decode(body, shapes.Permissions))
        paths = {
            path: {privilege: shapes.flag(below) for privilege, below in some.items()}
            for path, some in found.data.items()
        }
        return Rights(who=who, paths=paths)

    async def acl(self) -> Rows[shapes.AclItem]:
        """Who has which role where, as far as the token may know."""
        return await self._rows(shapes.AclItem, _same, ("access", "acl"))

    async def members(self) -> Rows[shapes.MemberItem]:
        """The cluster with its quorum, and its nodes with their addresses."""
        return await self._rows(shapes.MemberItem, _same, ("cluster", "status"))

    async def ha(self) -> Rows[shapes.HaItem]:
        """What the high-availability manager says."""
        return await self._rows(shapes.HaItem, _same, ("cluster", "ha", "status", "current"))

    async def node_status(self, node: str) -> shapes.NodeStatus:
        """How a node is."""
        return await self._one(shapes.NodeStatus, "nodes", node, "status")

    async def node_time(self, node: str) -> shapes.Time:
        """A node's own clock."""
        return await self._one(shapes.Time, "nodes", node, "time")

    async def replications(self, node: str) -> Rows[shapes.ReplicationItem]:
        """The replication jobs from a node, with how they went."""
        return await self._rows(shapes.ReplicationItem, _same, ("nodes", node, "replication"))

    async def replication_plans(self) -> Rows[shapes.ReplicationItem]:
        """All replication jobs as they are configured, without how they went."""
        return await self._rows(shapes.ReplicationItem, _same, ("cluster", "replication"))

    async def tasks(self, node: str, **only: object) -> Rows[shapes.TaskItem]:
        """Tasks of a node, the newest first; ``only`` are the API's own filters."""
        params = tuple((name, str(value)) for name, value in only.items())
        return await self._rows(shapes.TaskItem, _same, ("nodes", node, "tasks"), *params)

    async def recent_tasks(self) -> Rows[shapes.TaskItem]:
        """The last tasks of all nodes, those included that no longer answer."""
        return await self._rows(shapes.TaskItem, _same, ("cluster", "tasks"))

    async def task_lines(self, node: str, upid: str, limit: int) -> Rows[shapes.LineItem]:
        """The first lines of a task's log."""
        place = ("nodes", node, "tasks", upid, "log")
        return await self._rows(shapes.LineItem, _same, place, ("limit", str(limit)))

    async def cluster_log(self, most: int) -> Rows[shapes.LogItem]:
        """The newest lines of the cluster's log; without Sys.Syslog only those of the token's own user."""
        return await self._rows(shapes.LogItem, _same, ("cluster", "log"), ("max", str(most)))

    async def storages(self, node: str, *content: str) -> Rows[shapes.StorageItem]:
        """The storages of a node, disabled ones included, or those for some content."""
        only = (("content", ",".join(content)),) if content else ()
        return await self._rows(shapes.StorageItem, _same, ("nodes", node, "storage"), *only)

    async def saved(self, node: str, storage: str) -> Rows[shapes.VolumeItem]:
        """The backups on a storage."""
        place = ("nodes", node, "storage", storage, "content")
        return await self._rows(shapes.VolumeItem, _same, place, ("content", "backup"))

    async def jobs(self) -> Rows[shapes.JobItem]:
        """The scheduled backups."""
        return await self._rows(shapes.JobItem, _same, ("cluster", "backup"))

    async def unsaved(self) -> Rows[shapes.UnsavedItem]:
        """The guests that no backup job covers."""
        return await self._rows(shapes.UnsavedItem, _same, ("cluster", "backup-info", "not-backed-up"))

    async def disks(self, node: str) -> Rows[shapes.DiskItem]:
        """The disks of a node with their health."""
        return await self._rows(shapes.DiskItem, _same, ("nodes", node, "disks", "list"))

    async def smart(self, node: str, device: str) -> shapes.Smart:
        """What a disk says of itself."""
        return await self._one(shapes.Smart, "nodes", node, "disks", "smart", params=(("disk", device),))

    async def pools(self, node: str) -> Rows[shapes.PoolItem]:
        """The ZFS pools of a node."""
        return await self._rows(shapes.PoolItem, _same, ("nodes", node, "disks", "zfs"))

    async def guest_config(self, guest: Guest) -> Mapping[str, Any]:
        """The configuration of a guest, secrets included: never to be shown as it is."""
        path = _path("nodes", guest.node, guest.kind, str(guest.vmid), "config")
        return (await self.api.get(path, shapes.Configured)).data

    async def snapshots(self, guest: Guest) -> Rows[shapes.SnapshotItem]:
        """The snapshots of a guest, its present state included."""
        place = ("nodes", guest.node, guest.kind, str(guest.vmid), "snapshot")
        return await self._rows(shapes.SnapshotItem, _same, place)

    async def control(self, guest: Guest, action: str) -> tuple[str, str]:
        """Asks for a guest to be started or stopped, once; gives the call and the task's name.

        Raises:
            Rejected: Proxmox VE refused, so nothing was done.
            SourceError: it was refused otherwise, or it is unknown whether it was done.
        """
        path = _path("nodes", guest.node, guest.kind, str(guest.vmid), "status", action)
        request = Request(method="POST", path=path, repeatable=False, purpose="change")
        response = await self.api.wire.send(request)
        # It answers its own refusals with 500, which elsewhere means that nobody knows what happened.
        refusal = explanation(response.body) or response.reason
        if response.status == 500 and refusal:
            raise Rejected(self.name, request.operation, self.config.quoted(refusal))
        body = self._changing.body(request, response)
        return request.operation, (await self.api.parsed(request, body, _started)).data

    async def _one(self, kind: type[S], *place: str, params: Sequence[tuple[str, str]] = ()) -> S:
        request = get(_path(*place), *params)
        return await self.api.fetch(request, lambda body: decode(bytes(decode(body, shapes.One).data), kind))

    async def _rows(
        self, kind: type[S], read: Callable[[S], T], place: tuple[str, ...], *params: tuple[str, str]
    ) -> Rows[T]:
        def rows(body: bytes) -> Rows[T]:
            listed = decode(body, shapes.Listed)
            items, cut = read_entries(listed.data, kind, read)
            return Rows(items, f"/{'/'.join(place)}: {cut}" if cut else "", shapes.number(listed.total))

        return await self.api.fetch(get(_path(*place), *params), rows)


def explanation(body: bytes) -> str | None:
    """What an error says in its body; empty where only the status line tells."""
    try:
        told = decode(body, shapes.Refusal)
    except DecodeError:
        return None
    wrong = [f"{name}: {text}" for name, text in (told.errors or {}).items()]
    return "; ".join([*(said for said in (told.message.strip(),) if said), *wrong])


def _explainer(who: str) -> Callable[[bytes], str | None]:
    """Explains errors; one for want of a right with the line that gives it."""

    def explained(body: bytes) -> str | None:
        said = explanation(body)
        lacking = _LACKING.search(said or "")
        if said is None or lacking is None:
            return said
        grant = Rights(who=who, paths={}).grant(lacking["privilege"], lacking["path"])
        return f"{said}; grant it with: {grant}"

    return explained


def _path(*segments: str) -> str:
    return path_of("api2", "json", *segments)


def _same(item: T) -> T:
    return item


def _started(body: bytes) -> shapes.Started:
    return decode(body, shapes.Started)
