"""One thing, many names: how metrics, programs and people call the entities of a house."""

from __future__ import annotations

from collections.abc import Iterable

from sre_assistant.sim.graph import split
from sre_assistant.sim.house import House

_PORTS = {
    "cadvisor": 8080,
    "smartctl": 9633,
    "zfs": 9134,
    "nut": 9199,
    "pve": 9221,
    "loki": 3100,
    "node": 9100,
}


def called(house: House, entity: str) -> frozenset[str]:
    """Every name of an entity, itself included; parts by themselves and joined with their whole by a colon.

    A part that is common (``/``, ``sda``) is no name by itself.
    """
    kind, whole, part = split(entity)
    found = {entity, entity.partition("/")[2]}
    if kind in {"host", "clock"}:
        found |= set(_host_names(house, whole))
    elif kind in {"filesystem", "disk", "nic", "mount"}:
        found |= {
            f"{host}:{one}" for host in _host_names(house, whole) for one in _parts(house, kind, whole, part)
        }
    elif kind == "exporter":
        found |= {f"{host}:{part}" for host in _host_names(house, whole)}
        found |= {f"{full}:{_PORTS[part]}" for full in (whole, house.full_name(whole)) if part in _PORTS}
        found |= {f"{one}:{part}" for one in list(found)}
    elif kind == "guest":
        spec = house.guests[whole]
        found |= {
            whole,
            str(spec.vmid),
            f"{spec.kind}/{spec.vmid}",
            f"{spec.node}:{spec.vmid}",
            f"{spec.node}:{whole}",
        }
        if whole in house.hosts:
            found |= set(_host_names(house, whole))
    elif kind in {"container", "workload", "claim"}:
        found |= {part, f"{whole}/{part}", f"{whole}:{part}", *_served(house, kind, whole, part)}
    elif kind == "pool":
        found |= {f"{host}:{whole}" for host in _host_names(house, house.pools[whole].host)}
    elif kind == "net":
        found |= {whole, house.full_name(whole), house.devices[whole].address} - {""}
        guest = house.devices[whole].guest
        found |= set(called(house, f"guest/{guest}")) if guest else set()
    elif kind == "share":
        share = house.shares[whole]
        found |= {f"{host}:{share.path}" for host in _host_names(house, share.host)}
    return frozenset(found)


def _host_names(house: House, host: str) -> Iterable[str]:
    spec = house.hosts[host]
    full = house.full_name(host)
    names = [host, full, spec.address, house.instance(host)]
    if host in house.hypervisors:
        names.append(f"node/{host}")
    if host in house.guests:
        names += [str(house.guests[host].vmid), f"{house.guests[host].kind}/{house.guests[host].vmid}"]
    return names


def _parts(house: House, kind: str, host: str, part: str) -> list[str]:
    if kind == "filesystem":
        return [part, house.hosts[host].filesystems[part].device]
    if kind == "disk":
        return [part, f"/dev/{part}"]
    if kind == "mount":
        return [part, house.shares[part].clients[host]]
    return [part]


def _served(house: House, kind: str, host: str, name: str) -> list[str]:
    """A container is also known by its host in all its forms."""
    if kind != "container":
        return []
    return [f"{one}:{name}" for one in _host_names(house, host)]
