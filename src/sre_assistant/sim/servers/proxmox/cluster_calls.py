"""The calls about the cluster as a whole."""

from __future__ import annotations

import hashlib
from typing import Final

from sre_assistant.sim.servers.proxmox.asked import Asked
from sre_assistant.sim.servers.proxmox.backup_job_calls import calendar
from sre_assistant.sim.servers.proxmox.calls import Call, Field, needs
from sre_assistant.sim.servers.proxmox.figures import guest_row, node_row
from sre_assistant.sim.servers.proxmox.tasks import tasks
from sre_assistant.sim.servers.proxmox.view import ClusterView
from sre_assistant.sim.signals import DAY
from sre_assistant.sim.things.guests import Guest

Row = dict[str, object]

VERSION: Final[Row] = {"version": "8.4.1", "release": "8.4", "repoid": "2a5fa54a8503f96d"}


def version(_asked: Asked) -> Row:
    """Which Proxmox VE this is."""
    return {**VERSION}


def _status(asked: Asked) -> list[Row]:
    view = asked.view
    found: list[Row] = [
        {
            "id": "cluster",
            "name": view.name,
            "type": "cluster",
            "nodes": len(view.nodes),
            "quorate": int(view.quorate),
            "version": len(view.nodes),
        }
    ]
    if len(view.nodes) == 1:
        found = []
    for number, node in enumerate(view.nodes, 1):
        found.append(
            {
                "id": f"node/{node}",
                "name": node,
                "type": "node",
                "nodeid": number if len(view.nodes) > 1 else 0,
                "ip": view.host(node).spec.address,
                "local": int(node == view.local),
                "online": int(node in view.members),
                "level": "",
            }
        )
    return found


def node_entry(asked: Asked, node: str) -> Row:
    """A node in lists; without the right to audit it only whether it is there."""
    view = asked.view
    row: Row = {"id": f"node/{node}", "node": node, "type": "node", "status": "offline"}
    if node not in view.members:
        return row
    row |= {"status": "online", "level": ""}
    return row | node_row(view, node) if asked.caller.has(f"/nodes/{node}", "Sys.Audit") else row


def _nodes(asked: Asked) -> list[Row]:
    return [
        node_entry(asked, node) | {"level": "", "ssl_fingerprint": fingerprint(node, asked.live.seed)}
        for node in asked.view.nodes
    ]


def fingerprint(name: str, seed: int) -> str:
    """The fingerprint of a node's certificate."""
    digits = hashlib.sha256(f"{seed}\x00certificate\x00{name}".encode()).hexdigest().upper()
    return ":".join(digits[place : place + 2] for place in range(0, 64, 2))


def _resources(asked: Asked) -> list[Row]:
    view = asked.view
    kinds = {"": ("node", "vm", "storage", "sdn")}.get(asked.text("type"), (asked.text("type"),))
    found: list[Row] = []
    if "node" in kinds:
        found += [node_entry(asked, node) for node in view.nodes]
    if "vm" in kinds:
        found += [_guest(view, one) for one in view.guests() if asked.audits(one)]
    if "storage" in kinds:
        found += [
            _storage(view, node, name)
            for node in view.nodes
            for name in view.storages(node)
            if asked.keeps(name)
        ]
    if "sdn" in kinds and asked.caller.has("/sdn/zones/localnetwork", "SDN.Audit"):
        found += [
            {
                "id": f"sdn/{node}/localnetwork",
                "type": "sdn",
                "node": node,
                "sdn": "localnetwork",
                "status": "ok" if node in view.members else "unknown",
            }
            for node in view.nodes
        ]
    return found


def _guest(view: ClusterView, guest: Guest) -> Row:
    """A guest; of one on a node that is away nothing is known but what it may use."""
    spec = guest.spec
    row: Row = {
        "id": f"{spec.kind}/{spec.vmid}",
        "type": spec.kind,
        "vmid": spec.vmid,
        "name": guest.title,
        "node": spec.node,
        "status": "unknown",
        "template": int(spec.template),
        "maxcpu": spec.cpus,
        "maxdisk": int(spec.disk),
        "maxmem": int(spec.memory),
    }
    if spec.tags:
        row["tags"] = ";".join(spec.tags)
    if lock := view.lock(guest):
        row["lock"] = lock
    if spec.node not in view.members:
        return row
    return row | guest_row(view, guest) | {"status": "running" if view.runs(guest) else "stopped"}


def _storage(view: ClusterView, node: str, name: str) -> Row:
    spec = view.world.house.storages[name]
    row: Row = {
        "id": f"storage/{node}/{name}",
        "type": "storage",
        "storage": name,
        "node": node,
        "status": "unknown",
        "content": ",".join(spec.content),
        "plugintype": spec.kind,
        "shared": int(spec.shared),
    }
    if node not in view.members or not view.active(node, name):
        return row
    space = view.space(node, name, view.at)
    return row | {"status": "available", "disk": int(space.used[0]), "maxdisk": int(space.total[0])}


def _ha_status(asked: Asked) -> list[Row]:
    view = asked.view
    return [
        {
            "id": "quorum",
            "type": "quorum",
            "node": view.local,
            "quorate": int(view.quorate),
            "status": "OK" if view.quorate else "No quorum on node '" + str(view.local) + "'!",
        }
    ]


def _replications(asked: Asked) -> list[Row]:
    view = asked.view
    return [
        {
            "id": f"{guest.spec.vmid}-0",
            "type": "local",
            "guest": guest.spec.vmid,
            "jobnum": 0,
            "source": guest.spec.node,
            "target": job.spec.target,
            "schedule": calendar(job.spec.schedule),
        }
        for job in view.world.jobs.values()
        if job.spec.kind == "replication"
        for guest in (view.world.guests[entity.partition("/")[2]] for entity, _, _ in job.steps)
        if asked.audits(guest)
    ]


def _log(asked: Asked) -> list[Row]:
    """Who began and ended what, the last first; without the right to read logs only one's own."""
    view = asked.view
    found: list[tuple[float, str, str, str, int]] = []
    for node in sorted(view.members):
        for task in tasks(view, asked.requests, node, view.t - DAY):
            if asked.caller.has("/", "Sys.Syslog") or task.user == asked.caller.name:
                upid = task.upid(view)
                found.append((task.start, node, task.user, f"starting task {upid}", task.pid()))
                if not task.running(view.t):
                    found.append((task.end, node, task.user, f"end task {upid} {task.status}", task.pid()))
    found.sort(reverse=True)
    return [
        {"uid": len(found) - n, "time": view.unix(at), "pri": 6, "tag": "pvedaemon", "pid": pid}
        | {"node": node, "user": user, "msg": text}
        for n, (at, node, user, text, pid) in enumerate(found[: asked.number("max", 50)])
    ]


def _options(_asked: Asked) -> Row:
    return {"keyboard": "en-us", "mac_prefix": "BC:24:11", "notify": {}}


def _next_id(asked: Asked) -> str:
    taken = {one.spec.vmid for one in asked.view.guests()}
    return str(next(number for number in range(100, 1_000_000) if number not in taken))


_AUDIT: Final = needs("/", "Sys.Audit")
CALLS: Final[tuple[Call[Asked], ...]] = (
    Call("GET", "version", version),
    Call("GET", "nodes", _nodes),
    Call("GET", "cluster/status", _status, _AUDIT),
    Call(
        "GET",
        "cluster/resources",
        _resources,
        fields={"type": Field(choices=("vm", "storage", "node", "sdn"))},
    ),
    Call("GET", "cluster/ha/status/current", _ha_status, _AUDIT),
    Call("GET", "cluster/ha/resources", lambda _asked: [], _AUDIT, {"type": Field(choices=("ct", "vm"))}),
    Call("GET", "cluster/ha/groups", lambda _asked: [], _AUDIT),
    Call("GET", "cluster/replication", _replications),
    Call("GET", "cluster/log", _log, fields={"max": Field(kind="integer", least=1)}),
    Call("GET", "cluster/options", _options, _AUDIT),
    Call("GET", "cluster/nextid", _next_id),
    Call("GET", "pools", lambda _asked: []),
)
