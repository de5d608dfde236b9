"""The calls about the machine that the backup server runs on, and about rights."""

from __future__ import annotations

from typing import Final

from sre_assistant.sim.exporters.pbs import VERSION
from sre_assistant.sim.servers.pbs.asked import Asked
from sre_assistant.sim.servers.proxmox import disks
from sre_assistant.sim.servers.proxmox.calls import Call, Field, Refused, needs
from sre_assistant.sim.servers.proxmox.cluster_calls import fingerprint
from sre_assistant.sim.servers.proxmox.figures import load, node_columns
from sre_assistant.sim.things.storage import Drive

Row = dict[str, object]

_SERVICES: Final = (
    "proxmox-backup",
    "proxmox-backup-proxy",
    "chrony",
    "cron",
    "postfix",
    "ssh",
    "syslog",
    "systemd-journald",
)


def _status(asked: Asked) -> Row:
    view, host = asked.view, asked.view.host
    columns = {name: values[0] for name, values in node_columns(host, view.at).items()}
    root, used = int(columns["roottotal"]), int(columns["rootused"])
    version = f"#1 SMP PREEMPT_DYNAMIC PMX {host.spec.kernel.removesuffix('-pve')} (2024-11-06T15:04Z)"
    return {
        "uptime": int(view.t - view.booted),
        "loadavg": [float(load(host, view.at, minutes)[0]) for minutes in (1, 5, 15)],
        "cpu": float(columns["cpu"]),
        "wait": float(columns["iowait"]),
        "memory": _divided(columns["memtotal"], columns["memused"]),
        "swap": _divided(columns["swaptotal"], columns["swapused"]),
        "root": {"total": root, "used": used, "avail": max(int(root * 0.95) - used, 0)},
        "kversion": f"Linux {host.spec.kernel} {version}",
        "current-kernel": {
            "sysname": "Linux",
            "release": host.spec.kernel,
            "version": version,
            "machine": "x86_64",
        },
        "cpuinfo": {"model": "Intel(R) N100", "sockets": 1, "cpus": host.spec.cpus},
        "info": {"fingerprint": fingerprint(view.node, asked.live.seed).lower()},
        "boot-info": {"mode": "efi", "secureboot": False},
    }


def _divided(total: float, used: float) -> dict[str, int]:
    return {"total": int(total), "used": int(used), "free": int(total) - int(used)}


def _disks(asked: Asked) -> list[Row]:
    view = asked.view
    return [_disk(asked, one) for one in disks.drives(view.world, view.node, view.t)]


def _disk(asked: Asked, drive: Drive) -> Row:
    view, spec = asked.view, drive.spec
    return {
        "name": drive.device,
        "devpath": f"/dev/{drive.device}",
        "disk-type": "hdd" if spec.kind == "hdd" else "ssd",
        "status": "passed" if disks.passed(drive, view.t) else "failed",
        "wearout": None if spec.kind == "hdd" else float(disks.worn(drive, view.t)),
        "vendor": None if spec.kind == "nvme" else "ATA",
        "model": spec.model,
        "serial": drive.serial,
        "wwn": disks.wwn(drive),
        "size": int(spec.size),
        "rpm": disks.rpm(drive),
        "gpt": True,
        "used": "filesystem" if spec.kind == "hdd" else "lvm",
    }


def _smart(asked: Asked) -> Row:
    view, device = asked.view, asked.text("disk")
    found = disks.drives(view.world, view.node, view.t)
    drive = next((one for one in found if one.device == device), None)
    if drive is None:
        raise Refused(400, f"unable to find disk '{device}'")
    row: Row = {
        "status": "passed" if disks.passed(drive, view.t) else "failed",
        "wearout": None if drive.spec.kind == "hdd" else float(disks.worn(drive, view.t)),
    }
    if asked.flag("healthonly"):
        return row | {"attributes": []}
    return row | {
        "attributes": [
            {
                "id": number,
                "name": name,
                "value": str(raw),
                "raw": str(raw),
                "flags": "PO--CK",
                "normalized": float(value),
                "worst": float(value),
                "threshold": float(threshold),
            }
            for number, name, value, threshold, raw in disks.attributes(drive, view.t)
        ]
    }


def _zfs(asked: Asked) -> list[Row]:
    view = asked.view
    pools = [one for one in view.world.pools.values() if one.spec.host == view.node]
    return [disks.pool_row(pool, view.t) for pool in pools]


def _services(asked: Asked) -> list[Row]:
    synced = bool(asked.view.host.synchronised(asked.view.at)[0])
    found: list[Row] = []
    for name in _SERVICES:
        state = "failed" if name == "chrony" and not synced else "running"
        found.append({"service": name, "name": name, "desc": name, "state": state, "unit-state": "enabled"})
    return found


def _subscription(asked: Asked) -> Row:
    return {
        "status": "notfound",
        "message": "There is no subscription key",
        "serverid": fingerprint("server", asked.live.seed).replace(":", "")[:32],
        "url": "https://www.proxmox.com/en/proxmox-backup-server/pricing",
    }


def _time(asked: Asked) -> Row:
    ahead = float(asked.view.host.offset(asked.view.at)[0])
    unix = round(asked.view.now + ahead)
    return {"time": unix, "localtime": unix, "timezone": "UTC"}


def _permissions(asked: Asked) -> dict[str, dict[str, bool]]:
    if asked.text("auth-id", asked.caller.name) != asked.caller.name:
        asked.caller.check("/access", "Sys.Audit")
        raise Refused(400, f"no such auth id '{asked.text('auth-id')}'")
    if "path" in asked.values:
        return {asked.text("path"): asked.caller.permissions_on(asked.text("path"))}
    return asked.caller.permissions(asked.view.stores)


def _version(_asked: Asked) -> Row:
    return {**VERSION}


_HERE: Final = "nodes/{node}"
_DISKS: Final = needs("/system/disks", "Sys.Audit")
_STATUS: Final = needs("/system/status", "Sys.Audit")
_FLAG: Final = Field(kind="boolean")
CALLS: Final[tuple[Call[Asked], ...]] = (
    Call("GET", "version", _version),
    Call("GET", "nodes", lambda asked: [{"node": asked.view.node}]),
    Call("GET", f"{_HERE}/status", _status, _STATUS),
    Call("GET", f"{_HERE}/disks/list", _disks, _DISKS, {"skipsmart": _FLAG, "include-partitions": _FLAG}),
    Call("GET", f"{_HERE}/disks/smart", _smart, _DISKS, {"disk": Field(needed=True), "healthonly": _FLAG}),
    Call("GET", f"{_HERE}/disks/zfs", _zfs, _DISKS),
    Call("GET", f"{_HERE}/services", _services, needs("/system/services", "Sys.Audit")),
    Call("GET", f"{_HERE}/subscription", _subscription),
    Call("GET", f"{_HERE}/time", _time),
    Call("GET", "access/permissions", _permissions, fields={"auth-id": Field(), "path": Field()}),
)
OPEN: Final[tuple[Call[Asked], ...]] = (Call("GET", "ping", lambda _asked: {"pong": True}),)
"""What anybody may call."""
