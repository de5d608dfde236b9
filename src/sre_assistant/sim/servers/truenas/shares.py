"""Shares, the services that offer them, and who uses them."""

from __future__ import annotations

from typing import Final

from sre_assistant.sim.house import ShareSpec
from sre_assistant.sim.servers.truenas.queries import Row
from sre_assistant.sim.servers.truenas.view import View, digits

OFFERS: Final = {"nfs": "nfs", "cifs": "smb"}
"""The kind of share that a service offers."""
_SERVICES: Final = (
    (1, "ftp"),
    (2, "iscsitarget"),
    (4, "cifs"),
    (8, "snmp"),
    (9, "nfs"),
    (10, "ssh"),
    (13, "ups"),
    (14, "smartd"),
    (18, "nvmet"),
)


def of_kind(view: View, kind: str) -> dict[str, ShareSpec]:
    """The machine's shares of a kind, by name."""
    return {
        name: one
        for name, one in view.world.house.shares.items()
        if one.host == view.name and one.kind == kind
    }


def nfs_shares(view: View) -> list[Row]:
    """``sharing.nfs.query``."""
    return [_nfs(view, number, one) for number, one in enumerate(of_kind(view, "nfs").values(), 1)]


def smb_shares(view: View) -> list[Row]:
    """``sharing.smb.query``."""
    return [
        _smb(view, number, name, one) for number, (name, one) in enumerate(of_kind(view, "smb").items(), 1)
    ]


def services(view: View) -> list[Row]:
    """``service.query``."""
    return [_service(view, number, name) for number, name in _SERVICES if _offered(view, name)]


def running(view: View, service: str) -> bool:
    """Whether a service runs."""
    kind = OFFERS.get(service)
    if kind is None:
        return service == "ssh" or (service == "ups" and _has_ups(view)) or service == "smartd"
    stopped = [_stopped(view, name) for name in of_kind(view, kind)]
    return bool(stopped) and not all(stopped)


def smb_sessions(view: View) -> list[Row]:
    """``smb.status``: the machines that have a share open."""
    if not running(view, "cifs"):
        return []
    found: dict[str, list[str]] = {}
    for name, one in of_kind(view, "smb").items():
        for client in one.clients:
            found.setdefault(client, []).append(name)
    return [_session(view, client, names) for client, names in sorted(found.items())]


def nfs_clients(view: View) -> list[Row]:
    """``nfs.get_nfs3_clients``: every machine and what it mounts."""
    if not running(view, "nfs"):
        return []
    return [
        {"ip": view.world.house.hosts[client].address, "export": one.path}
        for one in of_kind(view, "nfs").values()
        for client in one.clients
    ]


def _stopped(view: View, share: str) -> bool:
    """A share whose service was stopped, not one that went with its pool."""
    spells = view.world.spells[f"share/{share}"]
    gone = spells.at(view.now, "gone")
    stopped = spells.at(view.now, "stopped")
    return (gone is not None and gone.detail.endswith("service stopped")) or stopped is not None


def _offered(view: View, service: str) -> bool:
    return service != "smartd" and (service != "nvmet" or view.newer) if view.newer else service != "nvmet"


def _has_ups(view: View) -> bool:
    return any(one.spec.host == view.name for one in view.world.ups.values())


def _service(view: View, number: int, name: str) -> Row:
    up = running(view, name)
    wanted = up or bool(of_kind(view, OFFERS.get(name, "")))
    pids = [1000 + digits(view.name, name) % 4000] if up else []
    state = "RUNNING" if up else "STOPPED"
    return {"id": number, "service": name, "enable": wanted, "state": state, "pids": pids}


def _nfs(view: View, number: int, one: ShareSpec) -> Row:
    found: Row = {
        "id": number,
        "path": one.path,
        "aliases": [],
        "comment": "",
        "networks": [],
        "hosts": [view.world.house.hosts[client].address for client in one.clients],
        "ro": False,
        "maproot_user": "root",
        "maproot_group": "wheel",
        "mapall_user": None,
        "mapall_group": None,
        "security": [],
        "enabled": True,
        "locked": False,
        "expose_snapshots": False,
    }
    if view.release == "26.0":
        found |= {"dataset": one.path.strip("/"), "relative_path": "", "tier": None}
    return found


def _smb(view: View, number: int, name: str, one: ShareSpec) -> Row:
    found: Row = {
        "id": number,
        "purpose": "DEFAULT_SHARE" if view.newer else "NO_PRESET",
        "name": name,
        "path": one.path,
        "enabled": True,
        "comment": "",
        "readonly" if view.newer else "ro": False,
        "browsable": True,
        "access_based_share_enumeration" if view.newer else "abe": False,
        "locked": False,
        "audit": {"enable": False, "watch_list": [], "ignore_list": []},
    }
    if view.newer:
        found["options"] = {"aapl_name_mangling": False, "hostsallow": [], "hostsdeny": []}
    if view.release == "26.0":
        found |= {"dataset": one.path.strip("/"), "relative_path": "", "tier": None}
    return found


def _session(view: View, client: str, shares: list[str]) -> Row:
    own = digits(view.name, client)
    address = view.world.house.hosts[client].address
    return {
        "session_id": str(own % 10**9),
        "server_id": {"pid": str(own % 30000), "task_id": "0", "vnn": "4294967295", "unique_id": str(own)},
        "uid": 3001,
        "gid": 3001,
        "username": client,
        "groupname": client,
        "creation_time": view.date(view.now - own % 86400),
        "remote_machine": address,
        "hostname": f"ipv4:{address}:{40000 + own % 20000}",
        "session_dialect": "SMB3_11",
        "encryption": {"cipher": "-", "degree": "none"},
        "signing": {"cipher": "AES-128-GMAC", "degree": "partial"},
        "share_connections": [{"service": name, "tid": str(place)} for place, name in enumerate(shares, 1)],
    }
