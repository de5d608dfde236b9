"""The calls that read guests."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

from sre_assistant.sim.servers.proxmox.asked import CONSOLIDATION, FLAG, TEXT, TIMEFRAME, VMID, Asked
from sre_assistant.sim.servers.proxmox.backups import Snapshot, snapshots
from sre_assistant.sim.servers.proxmox.calls import Call, Refused, needs
from sre_assistant.sim.servers.proxmox.figures import guest_columns, guest_row, moments, reached, rows
from sre_assistant.sim.servers.proxmox.guest_configs import config, digest, has_agent, mac
from sre_assistant.sim.things.guests import Guest

Row = dict[str, object]

_QEMU: Final = "9.2.0"


def status(asked: Asked, guest: Guest) -> Row:
    """How a guest is, as lists have it."""
    view, spec = asked.view, guest.spec
    row: Row = {"vmid": spec.vmid, "name": guest.title, "status": "stopped", "cpus": spec.cpus}
    row |= guest_row(view, guest)
    if view.runs(guest):
        row |= {"status": "running", "pid": 1000 + guest.seed % 900_000}
    if spec.kind == "lxc":
        row |= {"type": "lxc", "swap": 0, "maxswap": 512 << 20}
    if spec.tags:
        row["tags"] = ";".join(spec.tags)
    if spec.template:
        row["template"] = 1
    if lock := view.lock(guest):
        row["lock"] = lock
    return row


def _list(kind: str) -> Callable[[Asked], list[Row]]:
    def listed(asked: Asked) -> list[Row]:
        found = [status(asked, one) for one in asked.view.guests(asked.node, kind) if asked.audits(one)]
        if kind == "lxc":  # numbers of containers are texts in lists
            return [row | {"vmid": str(row["vmid"])} for row in found]
        return found

    return listed


def _current(kind: str) -> Callable[[Asked], Row]:
    def current(asked: Asked) -> Row:
        guest = asked.guest(kind)
        row = status(asked, guest) | {"ha": {"managed": 0}}
        return row | _machine(asked, guest) if kind == "qemu" else row

    return current


def _machine(asked: Asked, guest: Guest) -> Row:
    """What only virtual machines tell."""
    view = asked.view
    row: Row = {"qmpstatus": "stopped"}
    if has_agent(guest):
        row["agent"] = 1
    if not view.runs(guest):
        return row
    figures = guest_row(view, guest)
    memory, used = int(guest.spec.memory), int(str(figures["mem"]))
    return row | {
        "qmpstatus": "paused" if view.paused(guest) else "running",
        "balloon": memory,
        "ballooninfo": {"actual": memory, "free_mem": memory - used, "max_mem": memory, "total_mem": memory},
        "blockstat": {
            "scsi0": {
                "rd_bytes": figures["diskread"],
                "wr_bytes": figures["diskwrite"],
                "failed_rd_operations": 0,
                "failed_wr_operations": 0,
            }
        },
        "nics": {f"tap{guest.spec.vmid}i0": {"netin": figures["netin"], "netout": figures["netout"]}},
        "proxmox-support": {"pbs-dirty-bitmap": True, "backup-max-workers": True},
        "running-machine": f"pc-i440fx-{_QEMU[:3]}+pve1",
        "running-qemu": _QEMU,
    }


def _config(kind: str) -> Callable[[Asked], Row]:
    def configured(asked: Asked) -> Row:
        guest = asked.guest(kind)
        taken = _snapshots_of(asked, guest)
        made = config(asked.view, guest, taken)
        if "snapshot" not in asked.values:
            return made
        name = asked.text("snapshot")
        one = next((one for one in taken if one.name == name), None)
        if one is None:
            raise Refused(500, f"snapshot '{name}' does not exist")
        return {key: value for key, value in made.items() if key not in {"lock", "parent", "digest"}} | {
            "snaptime": asked.view.unix(one.at)
        }

    return configured


def _pending(kind: str) -> Callable[[Asked], list[Row]]:
    def pending(asked: Asked) -> list[Row]:
        guest = asked.guest(kind)
        made = config(asked.view, guest, _snapshots_of(asked, guest))
        return [{"key": key, "value": value} for key, value in sorted(made.items())]

    return pending


def _snapshot_list(kind: str) -> Callable[[Asked], list[Row]]:
    def listed(asked: Asked) -> list[Row]:
        view, guest = asked.view, asked.guest(kind)
        taken = _snapshots_of(asked, guest)
        found: list[Row] = []
        for one in taken:
            row: Row = {"name": one.name, "description": one.description, "snaptime": view.unix(one.at)}
            if kind == "qemu":
                row["vmstate"] = 0
            if found:
                row["parent"] = found[-1]["name"]
            found.append(row)
        last: Row = {
            "name": "current",
            "description": "You are here!",
            "digest": digest(config(view, guest, taken)),
            "running": int(view.runs(guest)),
        }
        return [*found, last | {"parent": found[-1]["name"]} if found else last]

    return listed


def _snapshots_of(asked: Asked, guest: Guest) -> list[Snapshot]:
    return snapshots(asked.view.world, asked.view.deeds, guest, asked.view.t)


def _history(kind: str) -> Callable[[Asked], list[Row]]:
    def history(asked: Asked) -> list[Row]:
        guest = asked.guest(kind)
        t = moments(asked.view, asked.text("timeframe"))
        return rows(asked.view, t, guest_columns(guest, t), reached(asked.view, asked.node, t))

    return history


def _agent(answer: Callable[[Asked, Guest], object]) -> Callable[[Asked], Row]:
    """A question to the agent in a guest."""

    def asked_of(asked: Asked) -> Row:
        guest = asked.guest("qemu")
        if not has_agent(guest):
            raise Refused(500, "No QEMU guest agent configured")
        if not asked.view.runs(guest):
            raise Refused(500, f"VM {guest.spec.vmid} is not running")
        if asked.view.paused(guest) or asked.view.world.spells[guest.entity].at(asked.view.t, "hung"):
            raise Refused(500, "QEMU guest agent is not running")
        return {"result": answer(asked, guest)}

    return asked_of


def _filesystems(asked: Asked, guest: Guest) -> list[Row]:
    host = guest.host
    if host is None:
        return []
    return [
        {
            "name": one.spec.device.rpartition("/")[2],
            "mountpoint": mount,
            "type": one.spec.fstype,
            "total-bytes": int(one.spec.size),
            "used-bytes": int(one.used(asked.view.at)[0]),
            "disk": [{"bus-type": "scsi", "bus": 0, "target": 0, "unit": 0, "dev": one.spec.device}],
        }
        for mount, one in host.filesystems.items()
    ]


def _interfaces(_asked: Asked, guest: Guest) -> list[Row]:
    return [
        {
            "name": "lo",
            "hardware-address": "00:00:00:00:00:00",
            "ip-addresses": [{"ip-address": "127.0.0.1", "ip-address-type": "ipv4", "prefix": 8}],
        },
        {
            "name": "eth0",
            "hardware-address": mac(guest).lower(),
            "ip-addresses": [{"ip-address": guest.spec.address, "ip-address-type": "ipv4", "prefix": 24}],
        },
    ]


def _system(_asked: Asked, guest: Guest) -> Row:
    return {
        "id": "debian",
        "kernel-release": guest.host.spec.kernel if guest.host else "",
        "machine": "x86_64",
        "name": "Debian GNU/Linux",
        "pretty-name": "Debian GNU/Linux 12 (bookworm)",
        "version": "12 (bookworm)",
        "version-id": "12",
    }


def _addresses(asked: Asked) -> list[Row]:
    guest = asked.guest("lxc")
    if not asked.view.runs(guest):
        return []
    return [{"name": "eth0", "hwaddr": mac(guest).lower(), "inet": f"{guest.spec.address}/24"}]


def _of(kind: str) -> tuple[Call[Asked], ...]:
    place = f"nodes/{{node}}/{kind}/{{vmid}}"
    audit = needs("/vms/{vmid}", "VM.Audit")
    number = {"vmid": VMID}
    history = number | {"timeframe": TIMEFRAME, "cf": CONSOLIDATION}
    return (
        Call("GET", f"nodes/{{node}}/{kind}", _list(kind), fields={"full": FLAG} if kind == "qemu" else {}),
        Call("GET", place, lambda _asked: [{"subdir": "config"}, {"subdir": "status"}], fields=number),
        Call("GET", f"{place}/config", _config(kind), audit, number | {"current": FLAG, "snapshot": TEXT}),
        Call("GET", f"{place}/pending", _pending(kind), audit, number),
        Call("GET", f"{place}/status/current", _current(kind), audit, number),
        Call("GET", f"{place}/snapshot", _snapshot_list(kind), audit, number),
        Call("GET", f"{place}/rrddata", _history(kind), audit, history),
    )


def _agents() -> tuple[Call[Asked], ...]:
    monitor, number = needs("/vms/{vmid}", "VM.Monitor"), {"vmid": VMID}
    answers: dict[tuple[str, str], Callable[[Asked, Guest], object]] = {
        ("GET", "get-fsinfo"): _filesystems,
        ("GET", "get-host-name"): lambda _asked, guest: {"host-name": guest.title},
        ("GET", "get-osinfo"): _system,
        ("GET", "get-time"): lambda asked, _guest: asked.view.now * 10**9,
        ("GET", "info"): lambda _asked, _guest: {"version": "7.2.13", "supported_commands": []},
        ("GET", "network-get-interfaces"): _interfaces,
        ("POST", "ping"): lambda _asked, _guest: {},
    }
    return tuple(
        Call(method, f"nodes/{{node}}/qemu/{{vmid}}/agent/{name}", _agent(answer), monitor, number)
        for (method, name), answer in answers.items()
    )


CALLS: Final[tuple[Call[Asked], ...]] = (
    *_of("qemu"),
    *_of("lxc"),
    *_agents(),
    Call(
        "GET",
        "nodes/{node}/lxc/{vmid}/interfaces",
        _addresses,
        needs("/vms/{vmid}", "VM.Audit"),
        {"vmid": VMID},
    ),
)
