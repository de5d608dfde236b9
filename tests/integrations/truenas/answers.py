"""Answers as a TrueNAS gives them: results by method, the same over REST by path."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from sre_assistant.kit.secret import Secret
from tests.kit.hostile import Behaviour, answering

NOW = datetime(2026, 3, 1, 2, 14, 5, tzinfo=UTC)
MINUTE = 60_000


def date(minutes: float = 0) -> dict[str, int]:
    """A moment so many minutes ago, as the middleware writes it."""
    return {"$date": int(NOW.timestamp() * 1000 - minutes * MINUTE)}


def prop(raw: str, value: str = "") -> dict[str, str]:
    return {"rawvalue": raw, **({"value": value} if value else {})}


def stats(read: int = 0, write: int = 0) -> dict[str, int]:
    return {"read_errors": read, "write_errors": write}


POOL: dict[str, Any] = {
    "name": "tank",
    "status": "DEGRADED",
    "healthy": False,
    "warning": True,
    "status_code": "FAULTED_DEV_R",
    "status_detail": "One or more devices are faulted.",
    "size": 8_000_000_000_000,
    "allocated": 7_280_000_000_000,
    "free": 720_000_000_000,
    "fragmentation": "31",
    "scan": {
        "function": "RESILVER",
        "state": "SCANNING",
        "start_time": date(30),
        "end_time": None,
        "percentage": 42.5,
        "errors": 0,
        "total_secs_left": 7500,
    },
    "topology": {
        "data": [
            {
                "name": "mirror-0",
                "type": "MIRROR",
                "status": "DEGRADED",
                "children": [
                    {"name": "p-a", "status": "ONLINE", "stats": stats(), "disk": "sda"},
                    {
                        "name": "p-b",
                        "status": "UNAVAIL",
                        "stats": stats(12, 3),
                        "unavail_disk": {"name": "sdb", "serial": "ZFL1", "model": "ST8000"},
                    },
                ],
            }
        ],
        "cache": [],
    },
}
BOOT: dict[str, Any] = {"name": "boot-pool", "status": "ONLINE", "healthy": True, "scan": None}
DATASETS: list[dict[str, Any]] = [
    {
        "id": "tank",
        "pool": "tank",
        "type": "FILESYSTEM",
        "mountpoint": "/mnt/tank",
        "used": prop("7280000000000"),
    },
    {
        "id": "tank/family/photos",
        "pool": "tank",
        "type": "FILESYSTEM",
        "mountpoint": "/mnt/tank/family/photos",
        "encrypted": True,
        "used": prop("2040109465600"),
        "available": prop("343597383680"),
        "usedbysnapshots": prop("107374182400"),
        "quota": prop("0"),
        "refquota": prop("2199023255552"),
        "compression": prop("lz4", "LZ4"),
        "compressratio": prop("1.35", "1.35x"),
    },
]
DISKS: list[dict[str, Any]] = [
    {
        "name": "sda",
        "serial": "ZFL0",
        "lunid": "5000c500",
        "size": 8_001_563_222_016,
        "model": "ST8000VN004",
        "type": "HDD",
        "hddstandby": "30",
        "pool": "tank",
        "passwd": "hunter2",
    }
]
INFO: dict[str, Any] = {
    "version": "25.04.2.1",
    "hostname": "nas",
    "physmem": 67_331_653_632,
    "model": "Intel(R) Core(TM) i3-9100",
    "cores": 4,
    "loadavg": [0.42, 0.5, 0.61],
    "uptime_seconds": 880_330.12,
    "system_serial": "SN1",
    "system_product": "X11SCL-F",
    "boottime": date(14_672),
    "datetime": date(),
    "timezone": "Europe/Vienna",
    "ecc_memory": True,
}
ALERTS: list[dict[str, Any]] = [
    {
        "uuid": "a-1",
        "klass": "VolumeStatus",
        "level": "CRITICAL",
        "datetime": date(20),
        "dismissed": False,
        "one_shot": False,
        "formatted": "Pool tank state is DEGRADED:<br><ul><li>Disk ST8000 ZFL1 is UNAVAIL</li></ul>",
    },
    {
        "uuid": "a-2",
        "level": "INFO",
        "datetime": date(9000),
        "formatted": None,
        "text": "%s",
        "dismissed": True,
    },
]
JOBS: list[dict[str, Any]] = [
    {
        "id": 920,
        "method": "app.upgrade",
        "state": "RUNNING",
        "description": None,
        "arguments": [{"password": "hunter2"}],
        "progress": {"percent": 12, "description": "Pulling"},
        "time_started": date(5),
        "time_finished": None,
        "credentials": {"type": "API_KEY", "data": {"username": "ann"}},
    },
    {
        "id": 915,
        "method": "cloudsync.sync",
        "state": "FAILED",
        "error": "rclone failed: exit status 1",
        "progress": {"percent": 40, "description": ""},
        "time_started": date(50),
        "time_finished": date(40),
        "credentials": None,
    },
]
SCHEDULE = {
    "minute": "0",
    "hour": "3",
    "dom": "*",
    "month": "*",
    "dow": "*",
    "begin": "00:00",
    "end": "23:59",
}
SNAPSHOT_TASKS: list[dict[str, Any]] = [
    {
        "id": 1,
        "dataset": "tank/family/photos",
        "recursive": True,
        "enabled": True,
        "lifetime_value": 2,
        "lifetime_unit": "WEEK",
        "schedule": SCHEDULE,
        "state": {"state": "ERROR", "datetime": date(45), "error": "out of space"},
    }
]
REPLICATIONS: list[dict[str, Any]] = [
    {
        "id": 1,
        "name": "to the attic",
        "direction": "PUSH",
        "transport": "SSH",
        "ssh_credentials": {"attributes": {"private_key": "hunter2"}},
        "source_datasets": ["tank/family"],
        "target_dataset": "attic/family",
        "enabled": True,
        "auto": True,
        "schedule": None,
        "state": {"state": "FINISHED", "datetime": date(35), "last_snapshot": "tank/family@a"},
        "job": None,
    }
]
CLOUD_SYNCS: list[dict[str, Any]] = [
    {
        "id": 1,
        "description": "photos to B2",
        "path": "/mnt/tank/family/photos",
        "credentials": {"provider": {"key": "hunter2"}},
        "direction": "PUSH",
        "enabled": True,
        "schedule": SCHEDULE,
        "job": {"id": 915, "state": "FAILED", "error": "rclone failed", "time_started": date(50)},
    }
]
RSYNCS = [{"id": 3, "path": "/mnt/tank/x", "remotehost": "attic.lan", "direction": "PUSH", "enabled": False}]
SCRUBS = [{"id": 1, "pool_name": "tank", "enabled": True, "threshold": 35, "schedule": SCHEDULE}]
SNAPSHOTS: list[dict[str, Any]] = [
    {
        "name": "tank/family/photos@auto-2026-02-28_03-00",
        "dataset": "tank/family/photos",
        "properties": {
            "creation": prop("1772247600"),
            "used": prop("1048576"),
            "referenced": prop("2040109465600"),
        },
    },
    {
        "name": "tank/family/photos@auto-2026-03-01_00-00",
        "dataset": "tank/family/photos",
        "properties": {
            "creation": prop("1772323200"),
            "used": prop("0"),
            "referenced": prop("2040109465601"),
        },
    },
    {"name": "tank@by-hand", "dataset": "tank", "properties": None},
]
NFS: list[dict[str, Any]] = [
    {
        "id": 1,
        "path": "/mnt/tank/family",
        "enabled": True,
        "ro": False,
        "networks": ["192.0.2.0/24"],
        "hosts": [],
    },
    {
        "id": 2,
        "path": "/mnt/tank/family",
        "enabled": False,
        "ro": True,
        "networks": [],
        "hosts": ["attic.lan"],
    },
]
SMB = [
    {"id": 1, "name": "family", "path": "/mnt/tank/family", "enabled": True, "ro": False, "comment": "ours"}
]
SERVICES = [{"service": "cifs", "state": "RUNNING"}, {"service": "nfs", "state": "STOPPED"}]
SESSIONS = [
    {
        "username": "ann",
        "remote_machine": "192.0.2.31",
        "session_dialect": "SMB3_11",
        "encryption": {"cipher": "-"},
        "share_connections": [{"service": "family"}],
    }
]
MOUNTS = [{"ip": "192.0.2.12", "export": "/mnt/tank/family"}]
INTERFACES = [
    {
        "name": "enp3s0",
        "state": {
            "link_address": "02:00:5E:00:53:01",
            "aliases": [
                {"type": "INET", "address": "192.0.2.5"},
                {"type": "INET6", "address": "fe80::1"},
                {"type": "LINK", "address": "02:00:5e:00:53:01"},
            ],
        },
    }
]
APPS: list[dict[str, Any]] = [
    {
        "name": "immich",
        "state": "CRASHED",
        "upgrade_available": True,
        "latest_version": "1.9.0",
        "human_version": "2.1.0_1.8.3",
        "active_workloads": {
            "container_details": [
                {
                    "service_name": "server",
                    "image": "immich-server:v2.1.0",
                    "state": "exited",
                    "volume_mounts": [{"source": "/mnt/tank/family/photos", "destination": "/data"}],
                }
            ]
        },
    }
]
RESULTS: dict[str, Any] = {
    "pool.query": [POOL],
    "boot.get_state": BOOT,
    "pool.dataset.query": DATASETS,
    "disk.query": DISKS,
    "system.info": INFO,
    "alert.list": ALERTS,
    "core.get_jobs": JOBS,
    "pool.snapshottask.query": SNAPSHOT_TASKS,
    "replication.query": REPLICATIONS,
    "cloudsync.query": CLOUD_SYNCS,
    "rsynctask.query": RSYNCS,
    "pool.scrub.query": SCRUBS,
    "zfs.snapshot.query": SNAPSHOTS,
    "sharing.nfs.query": NFS,
    "sharing.smb.query": SMB,
    "service.query": SERVICES,
    "smb.status": SESSIONS,
    "nfs.get_nfs3_clients": MOUNTS,
    "interface.query": INTERFACES,
    "app.query": APPS,
}
"""What both APIs answer."""

SETTINGS = {"api": "rest"}
WELL: dict[str, Behaviour] = {
    f"/api/v2.0/{method.removesuffix('.query').replace('.', '/')}": answering(result)
    for method, result in RESULTS.items()
}
NOT_FOUND = answering("404: Not Found", 404, "text/plain; charset=utf-8")


def credentials(token: Secret, _password: Secret) -> list[dict[str, Any]]:
    """There is one way in."""
    return [{"api_key": token}]


ME = {
    "pw_name": "sre",
    "account_attributes": ["LOCAL", "API_KEY"],
    "privilege": {"roles": {"$set": ["READONLY_ADMIN"]}, "web_shell": False},
}
AUDITED: list[dict[str, Any]] = [
    {
        "audit_id": "9f0c",
        "message_timestamp": int(NOW.timestamp()) - 600,
        "username": "ann",
        "address": "192.0.2.31",
        "event": "METHOD_CALL",
        "event_data": {
            "method": "pool.dataset.update",
            "params": ["tank/family", {"passphrase": "hunter2"}],
            "description": "Pool dataset update tank/family",
        },
        "success": True,
    },
    {"message_timestamp": int(NOW.timestamp()) - 500, "event": "METHOD_CALL", "success": False},
]
CALLS: dict[str, Any] = {
    **{name: result for name, result in RESULTS.items() if name != "zfs.snapshot.query"},
    "auth.me": ME,
    "pool.snapshot.query": SNAPSHOTS,
    "audit.query": AUDITED,
    "disk.temperatures": {"sda": 41, "sdb": None},
}
"""What JSON-RPC of 25.10 answers."""
