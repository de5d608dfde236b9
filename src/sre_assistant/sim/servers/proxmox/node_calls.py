"""The calls about one node."""

from __future__ import annotations

from typing import Final

from sre_assistant.sim.servers.proxmox.asked import CONSOLIDATION, NATURAL, TEXT, WORD, Asked
from sre_assistant.sim.servers.proxmox.calls import Call, Field, needs
from sre_assistant.sim.servers.proxmox.cluster_calls import fingerprint, version
from sre_assistant.sim.servers.proxmox.figures import load, moments, node_columns, reached, rows
from sre_assistant.sim.servers.proxmox.package_calls import MANAGER
from sre_assistant.sim.servers.proxmox.replications import replication_log, replications
from sre_assistant.sim.servers.proxmox.tasks import tasks
from sre_assistant.sim.signals import DAY

Row = dict[str, object]

_CPU: Final = "Intel(R) Core(TM) i5-8500T CPU @ 2.10GHz"


def _status(asked: Asked) -> Row:
    view, host = asked.view, asked.view.host(asked.node)
    columns = {name: values[0] for name, values in node_columns(host, view.at).items()}
    root = host.filesystems["/"].spec
    build = host.spec.kernel.removesuffix("-pve")
    version = f"#1 SMP PREEMPT_DYNAMIC PMX {build} (2024-11-06T15:04Z)"
    return {
        "uptime": int(view.t - view.booted(asked.node)),
        "loadavg": [f"{float(load(host, view.at, minutes)[0]):.2f}" for minutes in (1, 5, 15)],
        "cpu": float(columns["cpu"]),
        "wait": float(columns["iowait"]),
        "idle": 0,
        "kversion": f"Linux {host.spec.kernel} {version}",
        "current-kernel": {
            "sysname": "Linux",
            "release": host.spec.kernel,
            "version": version,
            "machine": "x86_64",
        },
        "pveversion": MANAGER,
        "cpuinfo": {
            "model": _CPU,
            "cores": host.spec.cpus,
            "cpus": host.spec.cpus,
            "sockets": 1,
            "mhz": "2100.000",
            "hvm": "1",
            "flags": "fpu vme de pse tsc msr pae mce cx8 apic vmx",
            "user_hz": 100,
        },
        "memory": _divided(columns["memtotal"], columns["memused"]),
        "swap": _divided(columns["swaptotal"], columns["swapused"]),
        "rootfs": _divided(root.size, columns["rootused"])
        | {"avail": max(int(root.size * 0.95) - int(columns["rootused"]), 0)},
        "ksm": {"shared": 0},
        "boot-info": {"mode": "efi", "secureboot": 0},
    }


def _divided(total: float, used: float) -> dict[str, int]:
    return {"total": int(total), "used": int(used), "free": int(total) - int(used)}


def _history(asked: Asked) -> list[Row]:
    t = moments(asked.view, asked.text("timeframe"))
    columns = node_columns(asked.view.host(asked.node), t)
    return rows(asked.view, t, columns, reached(asked.view, asked.node, t))


def _network(asked: Asked) -> list[Row]:
    spec = asked.view.host(asked.node).spec
    card = spec.network.device
    wanted = asked.text("type")
    bridge: Row = {
        "iface": "vmbr0",
        "type": "bridge",
        "active": 1,
        "autostart": 1,
        "method": "static",
        "method6": "manual",
        "families": ["inet"],
        "address": spec.address,
        "netmask": "24",
        "cidr": f"{spec.address}/24",
        "bridge_ports": card,
        "bridge_stp": "off",
        "bridge_fd": "0",
        "priority": 4,
    }
    plain: Row = {
        "iface": card,
        "type": "eth",
        "active": 1,
        "exists": 1,
        "method": "manual",
        "method6": "manual",
        "families": ["inet"],
        "priority": 3,
    }
    bridges = {"any_bridge", "any_local_bridge"}
    found = [plain, bridge]
    return [one for one in found if wanted in {"", one["type"]} or (wanted in bridges and one is bridge)]


def _dns(asked: Asked) -> Row:
    house = asked.view.world.house
    servers = [one.address for one in house.devices.values() if one.kind == "dns" and one.address]
    row: Row = {"search": house.domain}
    return row | {f"dns{n}": address for n, address in enumerate(servers[:3], 1)}


def _time(asked: Asked) -> Row:
    """The node's own clock, which may be wrong."""
    ahead = float(asked.view.host(asked.node).offset(asked.view.at)[0])
    unix = round(asked.view.now + ahead)
    return {"time": unix, "localtime": unix, "timezone": "UTC"}


def _certificates(asked: Asked) -> list[Row]:
    view = asked.view
    full = view.world.house.full_name(asked.node)
    born = view.unix(view.world.begin) // 86400 * 86400 - 400 * 86400
    authority = f"/CN=Proxmox Virtual Environment/OU={fingerprint('authority', asked.live.seed)[:11]}"
    authority += "/O=PVE Cluster Manager CA"
    common: Row = {"public-key-type": "rsaEncryption", "issuer": authority}
    return [
        common
        | {
            "filename": "pve-root-ca.pem",
            "subject": authority,
            "notbefore": born,
            "notafter": born + 3650 * 86400,
            "fingerprint": fingerprint("authority", asked.live.seed),
            "public-key-bits": 4096,
            "san": [],
        },
        common
        | {
            "filename": "pve-ssl.pem",
            "subject": f"/OU=PVE Cluster Node/O=Proxmox Virtual Environment/CN={full}",
            "notbefore": born,
            "notafter": born + 730 * 86400,
            "fingerprint": fingerprint(asked.node, asked.live.seed),
            "public-key-bits": 2048,
            "san": ["127.0.0.1", "localhost", view.host(asked.node).spec.address, asked.node, full],
        },
    ]


def _subscription(_asked: Asked) -> Row:
    return {
        "status": "notfound",
        "message": "There is no subscription key",
        "url": "https://www.proxmox.com/en/proxmox-virtual-environment/pricing",
    }


def _log_lines(asked: Asked) -> list[str]:
    """What the API daemon wrote about tasks in the last day, the oldest first."""
    view = asked.view
    found: list[tuple[float, str]] = []
    for task in tasks(view, asked.requests, asked.node, view.t - DAY):
        upid = task.upid(view)
        found.append((task.start, f"<{task.user}> starting task {upid}"))
        if not task.running(view.t):
            found.append((task.end, f"<{task.user}> end task {upid} {task.status}"))
    return [f"{asked.view.unix(at)} {asked.node} pvedaemon[1042]: {text}" for at, text in sorted(found)]


def _syslog(asked: Asked) -> list[Row]:
    lines = _log_lines(asked)
    first = asked.number("start", 0)
    chosen = lines[first : first + asked.number("limit", 50)]
    return [{"n": n, "t": text} for n, text in enumerate(chosen, first + 1)]


def _journal(asked: Asked) -> list[str]:
    last = asked.number("lastentries", 50)
    return _log_lines(asked)[-last:] if last else []


def _index(_asked: Asked) -> list[Row]:
    names = ("apt", "disks", "lxc", "network", "qemu", "services", "status", "storage", "tasks", "version")
    return [{"name": name} for name in names]


def _replication(asked: Asked) -> Row:
    return next((row for row in replications(asked) if row["id"] == asked.text("id")), {})


_HERE: Final = "nodes/{node}"
_AUDIT: Final = needs("/nodes/{node}", "Sys.Audit")
_READS: Final = needs("/nodes/{node}", "Sys.Syslog")
_FRAME: Final = {
    "timeframe": Field(needed=True, choices=("hour", "day", "week", "month", "year")),
    "cf": CONSOLIDATION,
}
_NETWORK: Final = {
    "type": Field(choices=("bridge", "bond", "eth", "alias", "vlan", "any_bridge", "any_local_bridge"))
}
_JOURNAL: Final = {"since": NATURAL, "until": NATURAL, "lastentries": NATURAL}
_SYSLOG: Final = {"limit": NATURAL, "start": NATURAL, "since": TEXT, "until": TEXT, "service": TEXT}
CALLS: Final[tuple[Call[Asked], ...]] = (
    Call("GET", _HERE, _index),
    Call("GET", f"{_HERE}/status", _status, _AUDIT),
    Call("GET", f"{_HERE}/version", version),
    Call("GET", f"{_HERE}/rrddata", _history, _AUDIT, _FRAME),
    Call("GET", f"{_HERE}/network", _network, fields=_NETWORK),
    Call("GET", f"{_HERE}/dns", _dns, _AUDIT),
    Call("GET", f"{_HERE}/time", _time, _AUDIT),
    Call("GET", f"{_HERE}/certificates/info", _certificates),
    Call("GET", f"{_HERE}/subscription", _subscription),
    Call("GET", f"{_HERE}/syslog", _syslog, _READS, _SYSLOG),
    Call("GET", f"{_HERE}/journal", _journal, _READS, _JOURNAL),
    Call("GET", f"{_HERE}/replication", replications, fields={"guest": Field(kind="integer", least=100)}),
    Call("GET", f"{_HERE}/replication/{{id}}/status", _replication, fields={"id": WORD}),
    Call(
        "GET",
        f"{_HERE}/replication/{{id}}/log",
        replication_log,
        fields={"id": WORD, "limit": NATURAL, "start": NATURAL},
    ),
)
