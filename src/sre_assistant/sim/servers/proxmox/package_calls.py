"""The calls about a node's services and packages."""

from __future__ import annotations

from typing import Final

from sre_assistant.sim.servers.proxmox.asked import WORD, Asked
from sre_assistant.sim.servers.proxmox.calls import Call, Refused, needs
from sre_assistant.sim.servers.proxmox.cluster_calls import VERSION

Row = dict[str, object]

MANAGER: Final = f"pve-manager/{VERSION['version']}/{VERSION['repoid']}"
_SERVICES: Final = {
    "chrony": "chrony, an NTP client/server",
    "corosync": "Corosync Cluster Engine",
    "cron": "Regular background program processing daemon",
    "ksmtuned": "Kernel Samepage Merging (KSM) Tuning Daemon",
    "postfix": "Postfix Mail Transport Agent",
    "proxmox-firewall": "Proxmox nftables firewall",
    "pve-cluster": "The Proxmox VE cluster filesystem",
    "pve-firewall": "Proxmox VE firewall",
    "pve-ha-crm": "PVE Cluster HA Resource Manager Daemon",
    "pve-ha-lrm": "PVE Local HA Resource Manager Daemon",
    "pvedaemon": "PVE API Daemon",
    "pvefw-logger": "Proxmox VE firewall logger",
    "pveproxy": "PVE API Proxy Server",
    "pvescheduler": "Proxmox VE scheduler",
    "pvestatd": "PVE Status Daemon",
    "qmeventd": "PVE Qemu Event Daemon",
    "spiceproxy": "PVE SPICE Proxy Server",
    "sshd": "OpenBSD Secure Shell server",
    "syslog": "System Logging Service",
}
_PACKAGES: Final = (
    ("libpve-common-perl", "8.3.1", "8.3.2", "Proxmox", "Proxmox VE base library"),
    ("openssh-server", "1:9.2p1-2+deb12u5", "1:9.2p1-2+deb12u6", "Debian", "secure shell (SSH) server"),
    ("pve-manager", "8.4.1", "8.4.14", "Proxmox", "Proxmox Virtual Environment Management Tools"),
    ("qemu-server", "8.3.12", "8.3.14", "Proxmox", "Qemu Server Tools"),
)


def _services(asked: Asked) -> list[Row]:
    return [_service(asked, name) for name in _SERVICES]


def _service(asked: Asked, name: str) -> Row:
    """A service; without synchronised time the clock's is the one that is not well."""
    off = {"proxmox-firewall", "pvefw-logger", "ksmtuned"}
    if name == "chrony" and not bool(asked.view.host(asked.node).synchronised(asked.view.at)[0]):
        return _unit(name, "failed", "failed")
    return _unit(name, "dead", "inactive") if name in off else _unit(name, "running", "active")


def _unit(name: str, state: str, active: str) -> Row:
    return {
        "name": name,
        "service": name,
        "desc": _SERVICES[name],
        "state": state,
        "active-state": active,
        "unit-state": "enabled",
    }


def _one_service(asked: Asked) -> Row:
    name = asked.text("service")
    if name not in _SERVICES:
        known = ", ".join(_SERVICES)
        error = f"value '{name}' does not have a value in the enumeration '{known}'"
        raise Refused(400, "Parameter verification failed.", {"service": error})
    return _service(asked, name)


def _updates(_asked: Asked) -> list[Row]:
    return [
        {
            "Arch": "amd64",
            "Description": title,
            "OldVersion": old,
            "Origin": origin,
            "Package": name,
            "Priority": "optional",
            "Section": "admin",
            "Title": title,
            "Version": new,
        }
        for name, old, new, origin, title in _PACKAGES
    ]


def _versions(asked: Asked) -> list[Row]:
    kernel = asked.view.host(asked.node).spec.kernel
    found: list[Row] = []
    for name, old, new, origin, title in _PACKAGES:
        row: Row = {"Package": name, "Title": title, "Description": title, "OldVersion": old, "Version": new}
        row |= {"Arch": "amd64", "CurrentState": "Installed", "Origin": origin}
        row |= {"Priority": "optional", "Section": "admin"}
        if name == "pve-manager":
            row |= {"ManagerVersion": MANAGER, "RunningKernel": kernel}
        found.append(row)
    return found


_HERE: Final = "nodes/{node}"
_AUDIT: Final = needs("/nodes/{node}", "Sys.Audit")
_MODIFY: Final = needs("/nodes/{node}", "Sys.Modify")
CALLS: Final[tuple[Call[Asked], ...]] = (
    Call("GET", f"{_HERE}/services", _services, _AUDIT),
    Call("GET", f"{_HERE}/services/{{service}}/state", _one_service, _AUDIT, {"service": WORD}),
    Call("GET", f"{_HERE}/apt/update", _updates, _MODIFY),
    Call("GET", f"{_HERE}/apt/versions", _versions, _AUDIT),
)
