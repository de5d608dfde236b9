"""Typed calls to one TrueNAS, the same over either API."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

import msgspec

from sre_assistant.domain.errors import Missing
from sre_assistant.domain.window import Window
from sre_assistant.integrations.truenas import shapes, work
from sre_assistant.integrations.truenas.config import Config
from sre_assistant.integrations.truenas.middleware import Access, Middleware
from sre_assistant.kit.api import Api
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.codec import decode
from sre_assistant.kit.entries import read_entries
from sre_assistant.kit.wire import Wire

S = TypeVar("S", bound=msgspec.Struct)
T_co = TypeVar("T_co", covariant=True)

MOST_ROWS: Final = 10_000
"""Datasets, snapshots and the like of one answer that are kept."""
MOST_JOBS: Final = 1_000
MOST_AUDITED: Final = 500
_SNAPSHOT_PROPERTIES = ("creation", "used", "referenced")


@dataclass(frozen=True, slots=True)
class Rows(Generic[T_co]):
    """What a list holds."""

    values: tuple[T_co, ...]
    cut: str = ""
    """Why it is not all of it."""


class Client:
    """One TrueNAS.

    Args:
        name: the configured name of the system.
        config: where it is and how it is entered.
        wire: carries the calls.
        clock: dates what the system does not date itself.
    """

    def __init__(self, name: str, config: Config, wire: Wire, clock: Clock) -> None:
        self.name = name
        self.url = config.url
        self._middleware = Middleware(name, config, wire, clock)
        self._snapshots = "pool.snapshot.query"

    @property
    def api(self) -> Api:
        """Makes readings of what came."""
        return self._middleware.api

    async def access(self) -> Access:
        """Which API answers, and what our key may do."""
        return await self._middleware.access()

    async def info(self) -> shapes.SystemInfo:
        """Version, hardware, load and clock."""
        return await self._one("system.info", shapes.SystemInfo)

    async def pools(self) -> Rows[shapes.Pool]:
        """All pools but the one it boots from."""
        return await self._rows("pool.query", shapes.Pool)

    async def boot_pool(self) -> Rows[shapes.Pool]:
        """The pool it boots from, if it says."""
        return await self._middleware.call("boot.get_state", _boot_pool)

    async def datasets(self) -> Rows[shapes.Dataset]:
        """All datasets and volumes, whatever their depth."""
        return await self._rows("pool.dataset.query", shapes.Dataset, bare=True)

    async def disks(self) -> Rows[shapes.Disk]:
        """All disks that are there."""
        return await self._rows("disk.query", shapes.Disk)

    async def temperatures(self) -> dict[str, float | None]:
        """Degrees Celsius by disk; none over REST, where asking old releases wakes sleeping disks."""
        if (await self.access()).api == "rest":
            return {}
        return await self._middleware.call(
            "disk.temperatures", lambda body: decode(body, dict[str, float | None]), []
        )

    async def interfaces(self) -> Rows[shapes.Interface]:
        """Network interfaces with their addresses."""
        return await self._rows("interface.query", shapes.Interface)

    async def nfs_shares(self) -> Rows[shapes.NfsShare]:
        """What is exported over NFS."""
        return await self._rows("sharing.nfs.query", shapes.NfsShare)

    async def smb_shares(self) -> Rows[shapes.SmbShare]:
        """What is shared over SMB."""
        return await self._rows("sharing.smb.query", shapes.SmbShare)

    async def services(self) -> Rows[shapes.Service]:
        """NFS, SMB and the others, and whether they run."""
        return await self._rows("service.query", shapes.Service)

    async def smb_sessions(self) -> Rows[shapes.SmbSession]:
        """Who has SMB shares open."""
        return await self._middleware.call("smb.status", _reader(shapes.SmbSession))

    async def nfs_clients(self) -> Rows[shapes.NfsClient]:
        """Who mounts NFS exports by version 3."""
        return await self._rows("nfs.get_nfs3_clients", shapes.NfsClient)

    async def apps(self) -> Rows[shapes.App]:
        """Apps and their containers."""
        return await self._rows("app.query", shapes.App)

    async def alerts(self) -> Rows[work.Alert]:
        """What it complains of, dismissed alerts included."""
        return await self._middleware.call("alert.list", _reader(work.Alert))

    async def jobs(self, *states: str) -> Rows[work.Job]:
        """The newest jobs that we are shown, of any state unless some are named."""
        filters = [["state", "in", list(states)]] if states else []
        return await self._rows(
            "core.get_jobs",
            work.Job,
            filters=filters,
            keep=lambda job: not states or job.state in states,
            bare=True,
            most=MOST_JOBS,
            order="-id",
        )

    async def snapshot_tasks(self) -> Rows[work.SnapshotTask]:
        """What takes snapshots."""
        return await self._rows("pool.snapshottask.query", work.SnapshotTask)

    async def replications(self) -> Rows[work.Replication]:
        """What copies datasets elsewhere."""
        return await self._rows("replication.query", work.Replication, bare=True)

    async def cloud_syncs(self) -> Rows[work.CloudSync]:
        """What copies to and from a cloud."""
        return await self._rows("cloudsync.query", work.CloudSync, bare=True)

    async def rsyncs(self) -> Rows[work.Rsync]:
        """What copies by rsync."""
        return await self._rows("rsynctask.query", work.Rsync, bare=True)

    async def scrubs(self) -> Rows[work.ScrubTask]:
        """What checks the pools."""
        return await self._rows("pool.scrub.query", work.ScrubTask)

    async def snapshots(self, *datasets: str) -> Rows[shapes.Snapshot]:
        """Snapshots of these datasets, not of what is below them; without any, all there are."""
        try:
            return await self._snapshots_by(self._snapshots, datasets)
        except Missing:
            if self._snapshots != "pool.snapshot.query":
                raise
            found = await self._snapshots_by("zfs.snapshot.query", datasets)
            self._snapshots = "zfs.snapshot.query"
            return found

    async def audited(self, window: Window) -> Rows[work.AuditEntry]:
        """Changes of settings within a window; none over REST."""
        if (await self.access()).api == "rest":
            return Rows((), "the audit log is not read over REST")
        asked = {
            "services": ["MIDDLEWARE"],
            "query-filters": [
                ["event", "=", "METHOD_CALL"],
                ["message_timestamp", ">=", int(window.start.timestamp())],
                ["message_timestamp", "<=", int(window.end.timestamp())],
            ],
            "query-options": {"order_by": ["-message_timestamp"], "limit": MOST_AUDITED + 1},
        }
        read = _reader(work.AuditEntry, most=MOST_AUDITED)
        return await self._middleware.call("audit.query", read, asked)

    async def _snapshots_by(self, method: str, datasets: Sequence[str]) -> Rows[shapes.Snapshot]:
        return await self._rows(
            method,
            shapes.Snapshot,
            filters=[["dataset", "in", list(datasets)]] if datasets else [],
            keep=lambda one: not datasets or one.dataset in datasets,
            bare=True,
            extra={"properties": list(_SNAPSHOT_PROPERTIES)},
        )

    async def _one(self, method: str, kind: type[S]) -> S:
        return await self._middleware.call(method, lambda body: decode(body, kind))

    async def _rows(  # noqa: PLR0913  one keyword for each thing a query may ask
        self,
        method: str,
        kind: type[S],
        *,
        filters: Sequence[Sequence[object]] = (),
        keep: Callable[[S], bool] = lambda _: True,
        bare: bool = False,
        extra: dict[str, Any] | None = None,
        most: int = MOST_ROWS,
        order: str = "",
    ) -> Rows[S]:
        """The rows of a query.

        ``keep`` is the filters again, for the API that cannot be told of them. What is asked ``bare`` comes
        with the fields we read alone: others are large or hold secrets.
        """
        options: dict[str, Any] = {"limit": most + 1}
        options |= {"select": list(kind.__struct_fields__)} if bare else {}
        options |= {"extra": extra} if extra else {}
        options |= {"order_by": [order]} if order else {}
        found = await self._middleware.call(
            method, _reader(kind, most=most), [list(one) for one in filters], options
        )
        return Rows(tuple(one for one in found.values if keep(one)), found.cut)


def _boot_pool(body: bytes) -> Rows[shapes.Pool]:
    """One pool, or null where there is none of its own."""
    return Rows(() if body.strip() == b"null" else (decode(body, shapes.Pool),))


def _reader(kind: type[S], most: int = MOST_ROWS) -> Callable[[bytes], Rows[S]]:
    def read(body: bytes) -> Rows[S]:
        values, cut = read_entries(decode(body, list[msgspec.Raw]), kind, lambda one: one, most=most)
        return Rows(values, cut)

    return read
