"""The configuration of a guest, as its file has it."""

from __future__ import annotations

import hashlib
import uuid
from typing import Final

from sre_assistant.sim.servers.proxmox.backups import Snapshot
from sre_assistant.sim.servers.proxmox.view import ClusterView
from sre_assistant.sim.things.guests import Guest

_MIB: Final = 2.0**20
_GIB: Final = 2.0**30


def config(view: ClusterView, guest: Guest, snapshots: list[Snapshot]) -> dict[str, object]:
    """What stands in the file; virtual machines have a name, containers a hostname."""
    made = _qemu(view, guest) if guest.spec.kind == "qemu" else _lxc(view, guest)
    if guest.spec.tags:
        made["tags"] = ";".join(guest.spec.tags)
    if guest.spec.onboot:
        made["onboot"] = 1
    if snapshots:
        made["parent"] = snapshots[-1].name
    if lock := view.lock(guest):
        made["lock"] = lock
    made["digest"] = digest(made)
    return made


def digest(made: dict[str, object]) -> str:
    """What tells one state of a configuration from another."""
    text = "\n".join(f"{key}: {value}" for key, value in sorted(made.items()))
    return hashlib.sha1(text.encode(), usedforsecurity=False).hexdigest()


def has_agent(guest: Guest) -> bool:
    """Whether the guest agent is configured: in those that are looked after like a machine."""
    return guest.spec.kind == "qemu" and guest.host is not None


def mac(guest: Guest) -> str:
    """The hardware address of its network card."""
    tail = f"{guest.seed % 2**24:06X}"
    return f"BC:24:11:{tail[:2]}:{tail[2:4]}:{tail[4:]}"


def _qemu(view: ClusterView, guest: Guest) -> dict[str, object]:
    spec = guest.spec
    born = view.unix(view.world.begin) - 86400 * (200 + guest.seed % 400)
    made: dict[str, object] = {
        "boot": "order=scsi0;net0",
        "cores": spec.cpus,
        "cpu": "host",
        "memory": f"{spec.memory / _MIB:.0f}",
        "meta": f"creation-qemu=9.0.2,ctime={born}",
        "name": guest.title,
        "net0": f"virtio={mac(guest)},bridge=vmbr0,firewall=1",
        "numa": 0,
        "ostype": "win11" if guest.name.startswith("win") else "l26",
        "scsi0": f"{spec.storage}:{_volume(guest)},iothread=1,size={_size(guest)}",
        "scsihw": "virtio-scsi-single",
        "smbios1": f"uuid={_uuid(guest, 'smbios')}",
        "sockets": 1,
        "vmgenid": _uuid(guest, "generation"),
    }
    if has_agent(guest):
        made["agent"] = "1"
    if spec.template:
        made["template"] = 1
    return made


def _lxc(view: ClusterView, guest: Guest) -> dict[str, object]:
    spec = guest.spec
    network = f"ip={spec.address}/24" if spec.address else "ip=dhcp"
    made: dict[str, object] = {
        "arch": "amd64",
        "cores": spec.cpus,
        "features": "nesting=1",
        "hostname": guest.title,
        "memory": round(spec.memory / _MIB),
        "net0": f"name=eth0,bridge=vmbr0,hwaddr={mac(guest)},{network},type=veth",
        "ostype": "debian",
        "rootfs": f"{spec.storage}:{_volume(guest)},size={_size(guest)}",
        "swap": 512,
        "unprivileged": 1,
    }
    if router := next((one for one in view.world.house.devices.values() if one.kind == "router"), None):
        made["net0"] = f"{made['net0']},gw={router.address}"
    if spec.template:
        made["template"] = 1
    return made


def _volume(guest: Guest) -> str:
    return f"{'base' if guest.spec.template else 'vm'}-{guest.spec.vmid}-disk-0"


def _size(guest: Guest) -> str:
    return f"{guest.spec.disk / _GIB:.0f}G"


def _uuid(guest: Guest, what: str) -> str:
    digest_of = hashlib.sha256(f"{guest.seed}\x00{what}".encode()).digest()
    return str(uuid.UUID(bytes=digest_of[:16], version=4))
