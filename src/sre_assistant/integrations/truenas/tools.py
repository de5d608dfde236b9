"""What a person or a model may call on a TrueNAS; all of it only reads."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable, Sequence
from itertools import chain
from typing import Annotated, Any, Final, Literal, TypeAlias, TypeVar

from sre_assistant.contracts.tool import Effect, Tool, ToolResult, told
from sre_assistant.integrations.truenas import resources, saved, shapes, storage, texts, work
from sre_assistant.integrations.truenas.client import Client, Rows
from sre_assistant.integrations.truenas.gathering import Gathering
from sre_assistant.integrations.truenas.holdings import OWN_JOBS, UNKNOWN_JOBS
from sre_assistant.integrations.truenas.storage import Stored
from sre_assistant.kit.choice import check_choice, check_range
from sre_assistant.kit.listing import counted, fitting

MOST_SHOWN: Final = 50
"""Lines of a list that are shown."""
ROOM: Final = 3_200
"""Characters of the longest list; with the others a result stays near 1,800 tokens."""
MOST_SNAPSHOTS: Final = 200
_SHORT: Final = 1_400
"""Characters of a list that comes with others."""
_NO_SNAPSHOTS: Final = "Ask without a dataset to see which have any, or see what takes them below."
_LEVELS: Final = ("EMERGENCY", "ALERT", "CRITICAL", "ERROR", "WARNING", "NOTICE", "INFO")
_Share: TypeAlias = Literal["nfs", "smb"]
T = TypeVar("T")
_Call: TypeAlias = Callable[..., Awaitable[ToolResult]]


def tools(client: Client) -> tuple[Tool, ...]:
    """All tools of one TrueNAS."""
    calls = (*_storing(client), *_serving(client), *_system(client))
    return tuple(Tool(call=call, effect=Effect.READ) for call in calls)


def _storing(client: Client) -> tuple[_Call, ...]:
    async def truenas_pool_status(
        name: Annotated[str, "A pool or any dataset, e.g. tank or photos; all when empty."] = "",
    ) -> ToolResult:
        """Pools (health, errors, scrub, room) and datasets (used, available, quota, compression)."""
        seen = Gathering()
        pools = seen.kept("pools", await client.pools())
        datasets, boot = await asyncio.gather(
            seen.rows("datasets", client.datasets()), seen.rows("boot pool", client.boot_pool())
        )
        everything = Stored((*pools, *boot), datasets)
        chosen = storage.chosen(everything, name)
        reading = client.api.reading(
            chosen if any(chosen) else (),
            "pool.query; pool.dataset.query; boot.get_state",
            link=f"{client.url}/ui/storage",
            cut=seen.cut,
            denied=seen.denied,
        )
        return told(reading, storage.text(chosen, everything, name), data=chosen)

    async def truenas_snapshots(
        dataset: Annotated[str | None, "Only of this dataset, e.g. tank/media or media."] = None,
        limit: Annotated[int, "Newest snapshots to show, 1 to 200."] = MOST_SHOWN,
    ) -> ToolResult:
        """Snapshots, newest first, and what takes and copies them: schedules, retention, last runs."""
        check_range("limit", limit, 1, MOST_SNAPSHOTS)
        seen = Gathering()
        wanted = (dataset or "").strip()
        found = await _snapshots(client, wanted)
        rows = seen.kept("snapshots", found)
        tasks, replications = await asyncio.gather(
            seen.rows("snapshot tasks", client.snapshot_tasks()),
            seen.rows("replications", client.replications()),
        )
        jobs = (
            *(saved.snapshot_job(one) for one in tasks),
            *(saved.replication_job(one) for one in replications),
        )
        reading = client.api.reading(
            (saved.backups(rows), jobs) if rows or jobs else (),
            "pool.snapshot.query; pool.snapshottask.query; replication.query",
            link=f"{client.url}/ui/data-protection",
            cut=seen.cut,
            denied=seen.denied,
        )
        return told(reading, _saved(rows, tasks, replications, wanted, limit), data=(rows, jobs))

    return (truenas_pool_status, truenas_snapshots)


def _serving(client: Client) -> tuple[_Call, ...]:
    async def truenas_list_shares(
        share_type: Annotated[_Share | None, "Only these; both by default."] = None,
        include_sessions: Annotated[bool, "Also who uses them now."] = False,
    ) -> ToolResult:
        """NFS and SMB shares: path, enabled or not, read-only, for whom; sessions on request."""
        if share_type is not None:
            check_choice("share_type", share_type, _Share)
        seen = Gathering()
        services = seen.kept("services", await client.services())
        nfs, smb, sessions, mounts = await asyncio.gather(
            seen.rows("NFS shares", _if(share_type != "smb", client.nfs_shares)),
            seen.rows("SMB shares", _if(share_type != "nfs", client.smb_shares)),
            seen.rows("SMB sessions", _if(include_sessions and share_type != "nfs", client.smb_sessions)),
            seen.rows("NFS clients", _if(include_sessions and share_type != "smb", client.nfs_clients)),
        )
        around = resources.Surroundings("", {one.service: one for one in services}, {})
        shares = chain(
            (texts.nfs_share(one, around) for one in nfs), (texts.smb_share(one, around) for one in smb)
        )
        users = chain(map(texts.smb_session, sessions), map(texts.nfs_client, mounts))
        reading = client.api.reading(
            (nfs, smb, sessions, mounts) if nfs or smb or sessions or mounts else (),
            "sharing.nfs.query; sharing.smb.query; service.query"
            + ("; smb.status; nfs.get_nfs3_clients" if include_sessions else ""),
            link=f"{client.url}/ui/sharing",
            cut=seen.cut,
            denied=seen.denied,
        )
        kind = f"{share_type.upper()} share" if share_type else "share"
        text = _list(kind, len(nfs) + len(smb), shares)
        if include_sessions:
            text += "\n" + _list("share user", len(sessions) + len(mounts), users, room=_SHORT)
        return told(reading, text, data=reading.value)

    async def truenas_apps() -> ToolResult:
        """Apps on the NAS: state, version, whether an upgrade is available; troubled ones first."""
        seen = Gathering()
        apps = sorted(seen.kept("apps", await client.apps()), key=_trouble)
        reading = client.api.reading(
            tuple(apps), "app.query", link=f"{client.url}/ui/apps", cut=seen.cut, denied=seen.denied
        )
        return told(reading, _list("app", len(apps), map(texts.app, apps)), data=tuple(apps))

    return (truenas_list_shares, truenas_apps)


def _system(client: Client) -> tuple[_Call, ...]:
    async def truenas_system_status() -> ToolResult:
        """Version, hardware, load, active alerts, running jobs and disks of the NAS."""
        seen = Gathering()
        info = await client.info()
        alerts, jobs, disks, temperatures = await asyncio.gather(
            seen.rows("alerts", client.alerts()),
            seen.rows("jobs", client.jobs("RUNNING", "WAITING")),
            seen.rows("disks", client.disks()),
            seen.part("temperatures", client.temperatures(), {}),
        )
        access = await client.access()
        if not access.sees_all_jobs:
            seen.lacks("jobs", OWN_JOBS if access.roles is not None else UNKNOWN_JOBS)
        active = sorted((one for one in alerts if not one.dismissed), key=_urgency)
        reading = client.api.reading(
            (info, alerts, jobs, disks, temperatures),
            "system.info; alert.list; core.get_jobs; disk.query; disk.temperatures",
            at=info.datetime.at if info.datetime else None,
            link=f"{client.url}/ui/dashboard",
            cut=seen.cut,
            denied=seen.denied,
        )
        text = "\n".join(
            (
                *texts.system(info),
                _list("active alert", len(active), map(texts.alert, active), room=_SHORT),
                _list("running job", len(jobs), map(texts.job, jobs), room=_SHORT),
                _list("disk", len(disks), (texts.disk(one, temperatures) for one in disks), room=_SHORT),
            )
        )
        return told(reading, text, data=reading.value)

    return (truenas_system_status,)


def _if(wanted: bool, ask: Callable[[], Awaitable[Rows[T]]]) -> Awaitable[Rows[T]]:
    return ask() if wanted else _nothing()


async def _nothing() -> Rows[Any]:
    return Rows(())


def _list(what: str, total: int, lines: Iterable[str], *, room: int = ROOM) -> str:
    return counted(what, total, total, fitting(lines, most=MOST_SHOWN, room=room))


def _urgency(alert: work.Alert) -> tuple[int, float]:
    """The worst first, of equals the newest."""
    level = _LEVELS.index(alert.level) if alert.level in _LEVELS else len(_LEVELS)
    return level, -alert.datetime.ms


def _trouble(app: shapes.App) -> tuple[bool, bool, str]:
    """What does not run first, then what could be newer."""
    return app.state == "RUNNING", not app.upgrade_available, app.name


async def _snapshots(client: Client, wanted: str) -> Rows[shapes.Snapshot]:
    """Those of the dataset that is meant; its last name is enough where only one has it."""
    if not wanted:
        return await client.snapshots()
    found = await client.snapshots(wanted)
    if found.values or "/" in wanted:
        return found
    meant = [one.id for one in (await client.datasets()).values if one.id.rpartition("/")[2] == wanted]
    return await client.snapshots(*meant) if meant else found


def _saved(
    rows: Sequence[shapes.Snapshot],
    tasks: Sequence[work.SnapshotTask],
    replications: Sequence[work.Replication],
    wanted: str,
    limit: int,
) -> str:
    newest = sorted(rows, key=lambda one: (one.created is not None, one.created, one.name), reverse=True)
    lines = fitting((texts.snapshot(one) for one in newest), most=limit, room=ROOM)
    owners = sorted({one.dataset for one in rows})
    of = f" of {texts.names(owners)}" if owners else f" of {wanted!r}" if wanted else ""
    shown = f"; the newest {len(lines):,} are shown" if len(lines) < len(rows) else ""
    count = f"{len(rows):,} snapshot{'' if len(rows) == 1 else 's'}{of}{shown}"
    if not rows:
        count = f"No snapshots{of}. {_NO_SNAPSHOTS}"
    return "\n".join(
        (
            count,
            *lines,
            _list("snapshot task", len(tasks), map(texts.snapshot_task, tasks), room=_SHORT),
            _list("replication", len(replications), map(texts.replication, replications), room=_SHORT),
        )
    )
