"""One TrueNAS as a source of inventory, changes and backups."""

from __future__ import annotations

import asyncio
from typing import NamedTuple

from sre_assistant.domain.inventory import Backup, BackupJob, BackupStore, Change, Resource
from sre_assistant.domain.reading import Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.truenas import past, resources, saved, shapes, work
from sre_assistant.integrations.truenas.client import MOST_JOBS, Client, Rows
from sre_assistant.integrations.truenas.gathering import Gathering
from sre_assistant.integrations.truenas.past import Tasks

OWN_JOBS = "this key is shown its own jobs alone: core.get_jobs shows all of them to FULL_ADMIN"
UNKNOWN_JOBS = "over REST it cannot be asked whether the key is shown all jobs"


class _Stored(NamedTuple):
    pools: tuple[shapes.Pool, ...]
    datasets: tuple[shapes.Dataset, ...]
    disks: tuple[shapes.Disk, ...]
    temperatures: dict[str, float | None]


class _Offered(NamedTuple):
    services: tuple[shapes.Service, ...]
    nfs: tuple[shapes.NfsShare, ...]
    smb: tuple[shapes.SmbShare, ...]
    apps: tuple[shapes.App, ...]
    interfaces: tuple[shapes.Interface, ...]
    alerts: Rows[work.Alert] | None


class Holdings:
    """What one TrueNAS has, did and saved.

    Args:
        client: asks it.
    """

    def __init__(self, client: Client) -> None:
        self._client = client
        self.name = client.name

    async def inventory(self) -> Reading[tuple[Resource, ...]]:
        """The machine, its pools, all datasets, disks, shares and apps."""
        client, seen = self._client, Gathering()
        info = await client.info()
        stored, offered = await asyncio.gather(self._stored(seen), self._offered(seen))
        pools, datasets, disks, temperatures = stored
        services, nfs, smb, apps, interfaces, alerts = offered
        host = info.hostname
        around = resources.Surroundings(
            host=host,
            services={one.service: one for one in services},
            mounts={one.mountpoint: one.id for one in datasets if one.mountpoint},
        )
        found = (
            resources.host_of(info, seen.kept("alerts", alerts) if alerts else None, interfaces),
            *(resources.pool_of(one, host) for one in pools),
            *(resources.dataset_of(one, host) for one in datasets),
            *resources.disks_of(disks, pools, temperatures, host),
            *resources.nfs_shares_of(nfs, around),
            *(resources.smb_share_of(one, around) for one in smb),
            *(resources.app_of(one, host) for one in apps),
        )
        return client.api.reading(
            found,
            "system.info; pool, boot, dataset, disk, interface, service, sharing, app and alert queries",
            at=info.datetime.at if info.datetime else None,
            link=f"{client.url}/ui/storage",
            cut=seen.cut,
            denied=seen.denied,
        )

    async def changes(self, window: Window) -> Reading[tuple[Change, ...]]:
        """Scrubs, tasks, jobs, changed settings and alerts."""
        client, seen = self._client, Gathering()
        alerts = await client.alerts()
        tasks, pools, jobs, audited = await asyncio.gather(
            self._tasks(seen),
            seen.rows("pools", client.pools()),
            seen.rows("jobs", client.jobs()),
            seen.rows("audit log", client.audited(window)),
        )
        access = await client.access()
        if not access.sees_all_jobs:
            seen.lacks("jobs", OWN_JOBS if access.roles is not None else UNKNOWN_JOBS)
        elif jobs and len(jobs) >= MOST_JOBS and past.begun(jobs[-1], window):
            seen.lacks("jobs", f"the newest {len(jobs):,} alone reach back within the window")
        found = past.changes(
            past.Records(
                alerts=seen.kept("alerts", alerts),
                pools=pools,
                tasks=tasks,
                jobs=jobs,
                audited=audited,
            )
        )
        within = sorted(
            (one for one in found if past.touches(one, window)), key=lambda one: (one.at, one.text, one.id)
        )
        return client.api.reading(
            tuple(within),
            "alert.list; core.get_jobs; audit.query; pool scans and the last runs of tasks",
            window=window,
            link=f"{client.url}/ui/data-protection",
            cut=seen.cut,
            denied=seen.denied,
        )

    async def backups(self) -> Reading[tuple[Backup, ...]]:
        """The snapshots of each dataset that has any."""
        rows = await self._client.snapshots()
        return self._client.api.reading(
            saved.backups(rows.values),
            "pool.snapshot.query",
            link=f"{self._client.url}/ui/data-protection",
            cut=(rows.cut,),
        )

    async def backup_jobs(self) -> Reading[tuple[BackupJob, ...]]:
        """Snapshot tasks, replications, cloud syncs, rsync tasks and scrubs."""
        client, seen = self._client, Gathering()
        pools = seen.kept("pools", await client.pools())
        tasks, scrubs = await asyncio.gather(self._tasks(seen), seen.rows("scrub tasks", client.scrubs()))
        found = (
            *(saved.snapshot_job(one) for one in tasks.snapshots),
            *(saved.replication_job(one) for one in tasks.replications),
            *(saved.cloud_job(one) for one in tasks.cloud_syncs),
            *(saved.rsync_job(one) for one in tasks.rsyncs),
            *(saved.scrub_job(one, pools) for one in scrubs),
        )
        return client.api.reading(
            found,
            "pool.snapshottask.query; replication.query; cloudsync.query; rsynctask.query; pool.scrub.query",
            link=f"{client.url}/ui/data-protection",
            cut=seen.cut,
            denied=seen.denied,
        )

    async def backup_stores(self) -> Reading[tuple[BackupStore, ...]]:
        """The pools, with their room."""
        rows = await self._client.pools()
        return self._client.api.reading(
            tuple(saved.store(one) for one in rows.values),
            "pool.query",
            link=f"{self._client.url}/ui/storage",
            cut=(rows.cut,),
        )

    async def _stored(self, seen: Gathering) -> _Stored:
        client = self._client
        pools, boot, datasets, disks, temperatures = await asyncio.gather(
            seen.rows("pools", client.pools()),
            seen.rows("boot pool", client.boot_pool()),
            seen.rows("datasets", client.datasets()),
            seen.rows("disks", client.disks()),
            seen.part("temperatures", client.temperatures(), {}),
        )
        return _Stored((*pools, *boot), datasets, disks, temperatures)

    async def _offered(self, seen: Gathering) -> _Offered:
        client = self._client
        return _Offered(
            *await asyncio.gather(
                seen.rows("services", client.services()),
                seen.rows("NFS shares", client.nfs_shares()),
                seen.rows("SMB shares", client.smb_shares()),
                seen.rows("apps", client.apps()),
                seen.rows("interfaces", client.interfaces()),
                seen.part("alerts", client.alerts(), None),
            )
        )

    async def _tasks(self, seen: Gathering) -> Tasks:
        client = self._client
        return Tasks(
            *await asyncio.gather(
                seen.rows("snapshot tasks", client.snapshot_tasks()),
                seen.rows("replications", client.replications()),
                seen.rows("cloud syncs", client.cloud_syncs()),
                seen.rows("rsync tasks", client.rsyncs()),
            )
        )
