"""Every method that is played: what runs, which role it needs, and the releases that have it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from sre_assistant.sim.causality.deeds import Act
from sre_assistant.sim.servers.truenas import alerts, datasets, disks, jobs, orders, pools, shares, system
from sre_assistant.sim.servers.truenas.asked import Asked
from sre_assistant.sim.servers.truenas.errors import InstanceNotFound, ValidationErrors
from sre_assistant.sim.servers.truenas.queries import Row, queried
from sre_assistant.sim.servers.truenas.view import View
from sre_assistant.sim.signals import DAY

OPEN: Final = "open"
"""The role of methods that need no login."""
ANYBODY: Final = ""
"""The role of methods for everybody who is logged in."""


@dataclass(frozen=True, slots=True)
class Method:
    """A method: what it does, the role it needs, and in which releases it is (``below`` left out)."""

    run: Callable[[Asked], object]
    role: str = ANYBODY
    least: str = "25.04"
    below: str = "99"
    rows: bool = False
    """Whether it takes filters and options."""

    def known(self, release: str) -> bool:
        """Whether a release has it."""
        return _number(self.least) <= _number(release) < _number(self.below)


def _number(release: str) -> tuple[int, ...]:
    return tuple(int(part) for part in release.split("."))


def _alerts(asked: Asked) -> list[Row]:
    memory, now = asked.memory, asked.view.now
    recent = sum(now - DAY < one <= now for one in memory.rest_calls)
    return alerts.alerts(asked.view, frozenset(memory.dismissed), memory.revoked, recent)


def _jobs(asked: Asked) -> list[Row]:
    """All of them for a full administrator; whoever is none is shown what he ordered himself."""
    ordered = [jobs.again(asked.view, row) for row in asked.memory.jobs]
    if asked.role == "FULL_ADMIN":
        return sorted([*jobs.jobs(asked.view), *ordered], key=lambda row: int(row["id"]))
    return [row for row in ordered if row["credentials"]["data"]["username"] == asked.user]


def _audited(asked: Asked) -> object:
    data = asked.arguments[0] if asked.arguments else {}
    if not isinstance(data, dict):
        raise ValidationErrors("data", "Input should be a valid dictionary or instance of AuditQuery")
    wanted = data.get("services", ["MIDDLEWARE"])
    rows = [row for row in asked.memory.audited if row["service"] in wanted]
    return queried(rows, [data.get("query-filters", []), data.get("query-options", {})])


def _scrubs(asked: Asked) -> list[Row]:
    found = [
        (pool, job)
        for pool in pools.pools(asked.view)
        for job in asked.view.world.jobs.values()
        if job.spec.kind == "scrub" and job.spec.pool == pool["name"]
    ]
    return [
        {
            "id": number,
            "pool": pool["id"],
            "pool_name": pool["name"],
            "threshold": 6,
            "description": "",
            "enabled": True,
            "schedule": {
                "minute": f"{int(job.phase % 3600 // 60):02d}",
                "hour": f"{int(job.phase % DAY // 3600):02d}",
                "dom": "*",
                "month": "*",
                "dow": str(int(job.phase // DAY) + 1) if job.period > DAY else "*",
            },
        }
        for number, (pool, job) in enumerate(found, 1)
    ]


def _report(asked: Asked) -> object:
    graphs = asked.arguments[0] if asked.arguments else []
    window = asked.arguments[1] if len(asked.arguments) > 1 else {}
    if not isinstance(graphs, list) or not all(isinstance(one, dict) for one in graphs):
        raise ValidationErrors("graphs", "Input should be a valid list")
    if not isinstance(window, dict):
        raise ValidationErrors("query", "Input should be a valid dictionary")
    end = asked.view.now if window.get("end") is None else asked.view.world.seconds(window["end"] * 1000)
    start = end - 3600.0 if window.get("start") is None else asked.view.world.seconds(window["start"] * 1000)
    return system.report(asked.view, graphs, max(start, end - 7 * DAY), min(end, asked.view.now))


def _temperature_range(asked: Asked) -> object:
    days = asked.arguments[1] if len(asked.arguments) > 1 else 7
    if not isinstance(days, int) or not 1 <= days <= 400:
        raise ValidationErrors("days", "Input should be a valid integer")
    return disks.temperature_range(asked.view, asked.names(0, "names"), days)


def _known(asked: Asked) -> object:
    return {
        name: {
            "description": None,
            "roles": [one.role] if one.role not in {OPEN, ANYBODY} else [],
            "job": False,
        }
        for name, one in sorted(METHODS.items())
        if one.known(asked.view.release)
    }


def _query(rows: Callable[[Asked], list[Row]], role: str, **more: Any) -> Method:
    return Method(lambda asked: queried(rows(asked), asked.arguments), role, rows=True, **more)


def _of_view(rows: Callable[[View], list[Row]]) -> Callable[[Asked], list[Row]]:
    return lambda asked: rows(asked.view)


def _instance(rows: Callable[[Asked], list[Row]], called: str, role: str) -> Method:
    def run(asked: Asked) -> object:
        if not asked.arguments:
            raise ValidationErrors("id", "Field required")
        wanted = asked.arguments[0]
        for row in rows(asked):
            if row["id"] == wanted:
                return row
        raise InstanceNotFound(f"{called} {wanted} does not exist")

    return Method(run, role)


def _service(act: Act) -> Method:
    return Method(lambda asked: orders.service(asked, act), "SERVICE_WRITE", below="26.0")


def _none(_asked: Asked) -> list[Row]:
    return []


_QUERIES: Final[dict[str, tuple[Callable[[Asked], list[Row]], str, str]]] = {
    # namespace: its rows, the role to read them, what one is called
    "pool": (_of_view(pools.pools), "POOL_READ", "Pool"),
    "pool.dataset": (_of_view(datasets.datasets), "DATASET_READ", "Dataset"),
    "pool.snapshottask": (_of_view(datasets.snapshot_tasks), "SNAPSHOT_TASK_READ", "Snapshot task"),
    "pool.scrub": (_scrubs, "POOL_SCRUB_READ", "Scrub"),
    "disk": (_of_view(disks.disks), "DISK_READ", "Disk"),
    "sharing.nfs": (_of_view(shares.nfs_shares), "SHARING_NFS_READ", "NFS share"),
    "sharing.smb": (_of_view(shares.smb_shares), "SHARING_SMB_READ", "SMB share"),
    "service": (_of_view(shares.services), "SERVICE_READ", "Service"),
    "interface": (_of_view(system.interfaces), "NETWORK_INTERFACE_READ", "Interface"),
    "app": (_of_view(system.apps), "APPS_READ", "App"),
    "replication": (_none, "REPLICATION_TASK_READ", "Replication task"),
    "cloudsync": (_none, "CLOUD_SYNC_READ", "Cloud sync task"),
    "rsynctask": (_none, "RSYNC_TASK_READ", "Rsync task"),
    "cronjob": (_none, "SYSTEM_CRON_READ", "Cron job"),
}

METHODS: Final[Mapping[str, Method]] = {
    **{f"{name}.query": _query(rows, role) for name, (rows, role, _) in _QUERIES.items()},
    **{
        f"{name}.get_instance": _instance(rows, called, role)
        for name, (rows, role, called) in _QUERIES.items()
    },
    "pool.snapshot.query": _query(_of_view(datasets.snapshots), "SNAPSHOT_READ", least="25.10"),
    "pool.snapshot.delete": Method(orders.delete_snapshot, "SNAPSHOT_DELETE", least="25.10"),
    "zfs.snapshot.query": _query(_of_view(datasets.snapshots), "SNAPSHOT_READ", below="25.10"),
    "zfs.snapshot.delete": Method(orders.delete_snapshot, "SNAPSHOT_DELETE", below="25.10"),
    "smb.status": Method(lambda asked: shares.smb_sessions(asked.view), "SHARING_SMB_READ"),
    "nfs.get_nfs3_clients": _query(_of_view(shares.nfs_clients), "SHARING_NFS_READ"),
    "nfs.client_count": Method(lambda asked: len(shares.nfs_clients(asked.view)), "SHARING_NFS_READ"),
    "disk.temperatures": Method(
        lambda asked: disks.temperatures(asked.view, asked.names(0, "names")), "DISK_READ"
    ),
    "disk.temperature_agg": Method(_temperature_range, "DISK_READ"),
    "disk.smart_attributes": Method(
        lambda asked: disks.smart_attributes(asked.view, asked.text(0, "name")), "DISK_READ", below="25.10"
    ),
    "smart.test.results": _query(_of_view(disks.smart_tests), "DISK_READ", below="25.10"),
    "alert.list": Method(_alerts, "ALERT_LIST_READ"),
    "alert.dismiss": Method(orders.dismiss, "ALERT_LIST_WRITE"),
    "alert.restore": Method(orders.restore, "ALERT_LIST_WRITE"),
    "audit.query": Method(_audited, "SYSTEM_AUDIT_READ"),
    "boot.get_state": Method(lambda asked: pools.boot_state(asked.view), "READONLY_ADMIN"),
    "pool.scrub.scrub": Method(orders.scrub, "POOL_SCRUB_WRITE"),
    "service.start": _service("start"),
    "service.stop": _service("stop"),
    "service.restart": _service("restart"),
    "service.control": Method(orders.control_service, "SERVICE_WRITE", least="25.10"),
    "system.info": Method(lambda asked: system.info(asked.view), "SYSTEM_GENERAL_READ"),
    "system.version": Method(lambda asked: system.version(asked.view)),
    "system.version_short": Method(lambda asked: system.VERSIONS[asked.view.release]),
    "system.ready": Method(lambda _asked: True),
    "system.state": Method(lambda _asked: "READY", "SYSTEM_ADVANCED_READ"),
    "update.status": Method(
        lambda asked: system.update_status(asked.view), "SYSTEM_UPDATE_READ", least="25.10"
    ),
    "update.check_available": Method(
        lambda asked: system.update_available(asked.view), "SYSTEM_UPDATE_READ", below="25.10"
    ),
    "ups.config": Method(lambda asked: system.ups_config(asked.view), "SERVICE_READ"),
    "reporting.get_data": Method(_report, "REPORTING_READ"),
    "reporting.netdata_get_data": Method(_report, "REPORTING_READ"),
    "core.get_jobs": _query(_jobs, ANYBODY),
    "core.get_methods": Method(_known),
    "core.ping": Method(lambda _asked: "pong", OPEN),
}
"""By name; what only a session can answer (``auth.*``, subscriptions) is elsewhere."""
