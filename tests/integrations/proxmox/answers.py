"""Answers as a Proxmox VE cluster gives them, and a server that gives them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from random import Random
from typing import Any

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.integrations.proxmox import connect
from sre_assistant.integrations.proxmox.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret
from tests.kit.hostile import Behaviour, Hostile, answering, by_path, hostile

NOW = datetime(2026, 3, 1, 2, 14, 5, tzinfo=UTC)
EPOCH = int(NOW.timestamp())
API = "/api2/json"


def data(value: object, **beside: object) -> Behaviour:
    return answering({"data": value, **beside})


def refused(status: int, message: str) -> Behaviour:
    return answering({"data": None, "message": f"{message}\n"}, status)


NODES: list[dict[str, Any]] = [
    {
        "type": "node",
        "node": "pve1",
        "status": "online",
        "cpu": 0.043,
        "maxcpu": 8,
        "mem": 22548578304,
        "maxmem": 34359738368,
        "uptime": 864000,
    },
    {"type": "node", "node": "pve2", "status": "offline"},
]
FRIGATE: dict[str, Any] = {
    "type": "qemu",
    "vmid": 104,
    "name": "frigate",
    "node": "pve1",
    "status": "running",
    "cpu": 0.121,
    "maxcpu": 4,
    "mem": 6442450944,
    "maxmem": 8589934592,
    "disk": 0,
    "maxdisk": 68719476736,
    "uptime": 3600,
    "template": 0,
    "tags": "docker;prod",
    "hastate": "started",
    "pool": "lab",
}
PIHOLE: dict[str, Any] = {
    "type": "lxc",
    "vmid": "201",
    "name": "pihole",
    "node": "pve1",
    "status": "running",
    "disk": 1887436800,
    "maxdisk": 8589934592,
    "uptime": 860000,
    "lock": "backup",
}
AWAY: dict[str, Any] = {
    "type": "qemu",
    "vmid": 102,
    "name": "on-dead-node",
    "node": "pve2",
    "status": "unknown",
}
STORAGES: list[dict[str, Any]] = [
    {
        "type": "storage",
        "storage": "local-zfs",
        "node": "pve1",
        "status": "available",
        "content": "images,rootdir",
        "plugintype": "zfspool",
        "shared": 0,
        "disk": 955630223360,
        "maxdisk": 987842478080,
    },
    {
        "type": "storage",
        "storage": "pbs",
        "node": "pve1",
        "status": "available",
        "content": "backup",
        "plugintype": "pbs",
        "shared": 1,
        "disk": 600,
        "maxdisk": 1000,
    },
]
RESOURCES = [*NODES, FRIGATE, PIHOLE, AWAY, *STORAGES, {"id": "sdn/pve1/x", "type": "sdn", "sdn": "x"}]
FEW: list[dict[str, Any]] = [
    {"type": "node", "node": "pve1", "status": "online"},
    {"type": "node", "node": "pve2", "status": "offline"},
    {key: FRIGATE[key] for key in ("type", "vmid", "name", "node", "status", "uptime", "tags")},
    {key: PIHOLE[key] for key in ("type", "vmid", "node", "status", "lock")},
    {key: STORAGES[1][key] for key in ("type", "storage", "node", "status", "content", "shared")},
]
"""The same with little of it, for tests that spoil each part in turn."""
AUDITOR = {"Datastore.Audit": 1, "Pool.Audit": 1, "Sys.Audit": 1, "VM.Audit": 1}
ALL = {"Datastore.AllocateSpace": 1, "Sys.Syslog": 1, "VM.Backup": 1, **AUDITOR}
MEMBERS = [
    {"id": "cluster", "name": "home", "type": "cluster", "nodes": 2, "quorate": 1, "version": 5},
    {"id": "node/pve1", "name": "pve1", "type": "node", "ip": "192.0.2.11", "local": 1, "online": 1},
    {"id": "node/pve2", "name": "pve2", "type": "node", "ip": "192.0.2.12", "local": 0, "online": 0},
]
HA = [
    {"id": "quorum", "type": "quorum", "node": "pve1", "quorate": 1, "status": "OK"},
    {"id": "service:vm:104", "type": "service", "node": "pve1", "sid": "vm:104", "state": "started"},
    {
        "id": "service:vm:102",
        "type": "service",
        "node": "pve2",
        "sid": "vm:102",
        "state": "fence",
        "request_state": "started",
        "status": "vm:102 (pve2, fence)",
    },
]
NODE_STATUS: dict[str, Any] = {
    "uptime": 864000,
    "loadavg": ["3.41", "2.90", "2.22"],
    "cpu": 0.43,
    "wait": 0.11,
    "kversion": "Linux 6.17.2-1-pve #1 SMP PREEMPT_DYNAMIC PMX 6.17.2-1",
    "pveversion": "pve-manager/9.1.2/9a1b2c3d4e5f6a7b",
    "cpuinfo": {"model": "Intel(R) Core(TM) i5-8500T", "cpus": 6, "sockets": 1},
    "memory": {"total": 33568288768, "used": 30600000000},
    "swap": {"total": 8589930496, "used": 6442450944},
    "rootfs": {"total": 100861726720, "used": 96000000000},
}
VZDUMP = "UPID:pve1:0020C066:042DF204:69A39FB0:vzdump::root@pam:"
QMSTART = "UPID:pve1:0020C067:042DF205:69A3A0DC:qmstart:104:sre@pve:"
TASKS: list[dict[str, Any]] = [
    {
        "upid": VZDUMP,
        "node": "pve1",
        "starttime": EPOCH - 900,
        "endtime": EPOCH - 500,
        "type": "vzdump",
        "id": "",
        "user": "root@pam",
        "status": "job errors",
    },
    {
        "upid": QMSTART,
        "node": "pve1",
        "starttime": EPOCH - 60,
        "type": "qmstart",
        "id": "104",
        "user": "sre@pve",
        "tokenid": "change",
        "status": "RUNNING",
    },
]
LOG = [
    {
        "uid": 7,
        "time": EPOCH - 300,
        "node": "pve1",
        "user": "ann@pam",
        "pid": 1,
        "pri": 6,
        "tag": "pvedaemon",
        "msg": "update VM 104: -memory 8192 -sshkeys ssh-rsa%20AAAAB3NzaC1 -delete balloon",
    }
]
JOBS = [
    {
        "id": "backup-4d3f2a11-7e5b",
        "type": "vzdump",
        "enabled": 1,
        "schedule": "02:00",
        "storage": "pbs",
        "all": 1,
        "exclude": "102",
        "comment": "nightly",
        "next-run": EPOCH + 80000,
    }
]
SAVED: list[dict[str, Any]] = [
    {
        "volid": "pbs:backup/vm/104/2026-02-28T02:00:00Z",
        "content": "backup",
        "subtype": "qemu",
        "format": "pbs-vm",
        "size": 34359739320,
        "ctime": EPOCH - 87245,
        "vmid": 104,
        "notes": "frigate",
        "protected": 1,
        "verification": {"state": "ok", "upid": "UPID:x"},
    },
    {
        "volid": "pbs:backup/vm/104/2026-02-27T02:00:00Z",
        "format": "pbs-vm",
        "subtype": "qemu",
        "size": 34359739000,
        "ctime": EPOCH - 173645,
        "vmid": "104",
    },
]
REPLICATION = [
    {
        "id": "104-0",
        "type": "local",
        "guest": 104,
        "vmtype": "qemu",
        "source": "pve1",
        "target": "pve2",
        "schedule": "*/15",
        "last_sync": EPOCH - 7200,
        "last_try": EPOCH - 300,
        "next_sync": EPOCH + 600,
        "fail_count": 3,
        "error": "command 'ssh -o … root@192.0.2.12' failed: exit code 255",
    }
]
DISKS: list[dict[str, Any]] = [
    {
        "devpath": "/dev/sda",
        "model": "ST4000DM000-1F2168",
        "serial": "Z300",
        "size": 4000787030016,
        "type": "hdd",
        "health": "PASSED",
        "wearout": "N/A",
        "wwn": "0x5000c5007e000000",
        "used": "ZFS",
    },
    {
        "devpath": "/dev/nvme0n1",
        "model": "Samsung SSD 970",
        "serial": "unknown",
        "size": 500107862016,
        "type": "nvme",
        "health": "FAILED",
        "wearout": 69,
    },
]
SMART: dict[str, Any] = {
    "health": "PASSED",
    "type": "ata",
    "attributes": [
        {"id": "197", "name": "Current_Pending_Sector", "raw": "48", "fail": "-"},
        {"id": "190", "name": "Airflow_Temperature_Cel", "raw": "45 (Min/Max 28/50)", "fail": "Past"},
    ],
}
POOLS = [{"name": "tank", "health": "DEGRADED", "size": 3985729650688, "alloc": 3700000000000}]
NODE_STORAGES: list[dict[str, Any]] = [
    {
        "storage": "local-zfs",
        "type": "zfspool",
        "content": "images",
        "active": 1,
        "enabled": 1,
        "shared": 0,
        "total": 1000,
        "used": 970,
        "avail": 30,
    },
    {"storage": "nfs-iso", "type": "nfs", "content": "iso", "active": 0, "enabled": 1, "shared": 1},
]
SNAPSHOTS: list[dict[str, Any]] = [
    {"name": "before_upgrade", "description": "", "snaptime": EPOCH - 864000, "vmstate": 0},
    {"name": "current", "description": "You are here!", "parent": "before_upgrade", "running": 1},
]
QEMU_CONFIG: dict[str, Any] = {
    "name": "frigate",
    "cores": 4,
    "memory": "8192",
    "net0": "virtio=BC:24:11:84:8C:BE,bridge=vmbr0",
    "ipconfig0": "ip=192.0.2.54/24,gw=192.0.2.1",
    "scsi0": "local-zfs:vm-104-disk-0,size=64G",
    "ide2": "none,media=cdrom",
    "sshkeys": "ssh-rsa%20AAAAB3NzaC1yc2E",
    "cipassword": "hunter2hunter2",
    "description": "admin password is correct horse",
}
LXC_CONFIG: dict[str, Any] = {
    "hostname": "pihole",
    "rootfs": "local-zfs:subvol-201-disk-0,size=8G",
    "mp0": "/tank/media,mp=/media",
    "net0": "name=eth0,hwaddr=BC:24:11:00:00:01,ip=192.0.2.53/24",
    "lxc": [["lxc.environment", "TOKEN=tops3cret"]],
}
FULL: dict[str, Behaviour] = {
    f"{API}/version": data({"version": "9.1.2", "release": "9.1", "repoid": "9a1b2c3d"}),
    f"{API}/cluster/resources": data(RESOURCES),
    f"{API}/access/permissions": data({"/": ALL}),
    f"{API}/access/acl": data([]),
    f"{API}/cluster/status": data(MEMBERS),
    f"{API}/cluster/ha/status/current": data(HA),
    f"{API}/cluster/tasks": data(TASKS[:1]),
    f"{API}/cluster/log": data(LOG),
    f"{API}/cluster/backup": data(JOBS),
    f"{API}/cluster/replication": data(
        [{"id": "104-0", "guest": 104}, {"id": "102-0", "guest": 102, "source": "pve2", "target": "pve1"}]
    ),
    f"{API}/cluster/backup-info/not-backed-up": data([{"vmid": 102, "type": "qemu", "name": "on-dead-node"}]),
    f"{API}/nodes/pve1/status": data(NODE_STATUS),
    f"{API}/nodes/pve1/time": data({"time": EPOCH, "localtime": EPOCH + 3600, "timezone": "Europe/Berlin"}),
    f"{API}/nodes/pve1/tasks": data(TASKS, total=2),
    f"{API}/nodes/pve1/tasks/{VZDUMP.replace(':', '%3A').replace('@', '%40')}/log": data(
        [{"n": 1, "t": "INFO: starting new backup job: vzdump --all 1 --exclude 102 --storage pbs --quiet 1"}]
    ),
    f"{API}/nodes/pve1/replication": data(REPLICATION),
    f"{API}/nodes/pve1/storage": data(NODE_STORAGES),
    f"{API}/nodes/pve1/storage/pbs/content": data(SAVED),
    f"{API}/nodes/pve1/disks/list": data(DISKS),
    f"{API}/nodes/pve1/disks/smart": data(SMART),
    f"{API}/nodes/pve1/disks/zfs": data(POOLS),
    f"{API}/nodes/pve1/qemu/104/config": data(QEMU_CONFIG),
    f"{API}/nodes/pve1/lxc/201/config": data(LXC_CONFIG),
    f"{API}/nodes/pve1/qemu/104/snapshot": data(SNAPSHOTS),
    f"{API}/nodes/pve1/lxc/201/snapshot": data(SNAPSHOTS[1:]),
    f"{API}/nodes/pve1/qemu/104/status/reboot": data(QMSTART),
}
WELL = FULL | {
    f"{API}/cluster/resources": data(FEW),
    f"{API}/access/permissions": data({"/": {"Sys.Audit": 1, "VM.Audit": 0}}),
    f"{API}/nodes/pve1/tasks": data(TASKS[:1], total=1),
    f"{API}/nodes/pve1/disks/list": data(DISKS[1:]),
    f"{API}/nodes/pve1/storage": data(NODE_STORAGES[:1]),
    f"{API}/nodes/pve1/storage/pbs/content": data(SAVED[:1]),
    f"{API}/cluster/status": data(MEMBERS[:2]),
    f"{API}/cluster/ha/status/current": data(HA[2:]),
    f"{API}/nodes/pve1/lxc/201/config": data({"hostname": "pihole"}),
}
EXAMPLES = {"vmid": 104, "guest": "104", "action": "reboot"}
NOT_FOUND = answering({"data": None, "message": "Method 'GET /x' not implemented"}, 501)


def credentials(token: Secret, password: Secret) -> list[dict[str, Any]]:
    return [
        {"api_token": Secret(f"sre@pve!read={token.reveal()}")},
        {"api_token": Secret(f"PVEAPIToken=sre@pve!read={password.reveal()}")},
    ]


class Running:
    """A connected cluster and the server behind it."""

    def __init__(self, server: Hostile, clock: FixedClock, wire: LiveWire, config: Config) -> None:
        self.server = server
        self.clock = clock
        self.wire = wire
        self.integration: Integration = connect(config, wire, clock, "pve")

    def answers(self, changed: dict[str, Behaviour]) -> None:
        """Changes answers, by their path below the API."""
        paths = {f"{API}/{path}": behaviour for path, behaviour in changed.items()}
        self.server.behaviour = by_path(FULL | paths, NOT_FOUND)

    async def call(self, tool: str, **arguments: object) -> ToolResult:
        found = {each.name.removeprefix("proxmox_"): each for each in self.integration.tools}
        return await found[tool].call(**arguments)

    @property
    def asked(self) -> list[str]:
        """What was asked for, below the API."""
        return [seen.target.removeprefix(API) for seen in self.server.seen]


@asynccontextmanager
async def running(changed: dict[str, Behaviour] | None = None, **settings: Any) -> AsyncIterator[Running]:
    """A cluster that answers well until told otherwise."""
    async with hostile(by_path(FULL, NOT_FOUND)) as server:
        clock = FixedClock(NOW)
        given = {"api_token": Secret("sre@pve!read=11111111-2222-3333-4444-555555555555"), **settings}
        config = Config(url=server.url, **given)
        wire = LiveWire("pve", config, clock, Random(1))
        try:
            made = Running(server, clock, wire, config)
            made.answers(changed or {})
            yield made
        finally:
            await wire.aclose()
