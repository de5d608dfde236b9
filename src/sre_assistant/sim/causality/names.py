"""One thing, many names: how metrics, programs and people call the entities of a house."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Final

from sre_assistant.sim.causality.graph import split
from sre_assistant.sim.house import House
from sre_assistant.sim.metrics.scraping import PORTS

_WATCHED: Final = {"prometheus": 9090, "alertmanager": 9093, "grafana": 3000, "loki": 3100}


def called(house: House, entity: str) -> frozenset[str]:
    """Every name of an entity, itself included; parts by themselves and joined with their whole by a colon.

    A part that is common (``/``, ``sda``) is no name by itself.
    """
    kind, whole, part = split(entity)
    further = _BY_KIND[kind](house, whole, part) if kind in _BY_KIND else ()
    return frozenset({entity, entity.partition("/")[2], *further})


def _host(house: House, host: str, _part: str) -> Iterator[str]:
    yield from _host_names(house, host)
    yield from (f"{house.full_name(host)}:{port}" for port in PORTS.values())


def _part_of_host(house: House, kind: str, host: str, part: str) -> Iterator[str]:
    names = _parts(house, kind, host, part)
    yield from (f"{one}:{name}" for one in _host_names(house, host) for name in names)


def _exporter(house: House, host: str, kind: str) -> Iterator[str]:
    found = [f"{one}:{kind}" for one in _host_names(house, host)]
    if kind in PORTS:
        found += [f"{one}:{PORTS[kind]}" for one in (host, house.full_name(host))]
    yield from found
    yield from (f"{one}:{kind}" for one in found)


def _guest(house: House, guest: str, _part: str) -> Iterator[str]:
    spec = house.guests[guest]
    yield from (guest, str(spec.vmid), f"{spec.kind}/{spec.vmid}", f"{spec.node}:{spec.vmid}")
    yield f"{spec.node}:{guest}"
    if guest in house.hosts:
        yield from _host_names(house, guest)


def _container(house: House, host: str, name: str) -> Iterator[str]:
    """A container is also known by its host in all its forms."""
    yield from _in_namespace(house, host, name)
    yield from (f"{one}:{name}" for one in _host_names(house, host))


def _in_namespace(_house: House, whole: str, part: str) -> Iterator[str]:
    yield from (part, f"{whole}/{part}", f"{whole}:{part}")


def _pool(house: House, pool: str, _part: str) -> Iterator[str]:
    yield from (f"{one}:{pool}" for one in _host_names(house, house.pools[pool].host))


def _device(house: House, name: str, _part: str) -> Iterator[str]:
    device = house.devices[name]
    yield from (name, house.full_name(name))
    if device.address:
        yield device.address
    if device.guest:
        yield from called(house, f"guest/{device.guest}")


def _system(house: House, system: str, _part: str) -> Iterator[str]:
    if system in _WATCHED:
        names = (house.monitoring, house.full_name(house.monitoring))
        yield from (f"{host}:{_WATCHED[system]}" for host in names)


def _share(house: House, share: str, _part: str) -> Iterator[str]:
    spec = house.shares[share]
    yield from (f"{one}:{spec.path}" for one in _host_names(house, spec.host))


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


_BY_KIND: Final[dict[str, Callable[[House, str, str], Iterable[str]]]] = {
    "host": _host,
    "clock": _host,
    "filesystem": lambda house, whole, part: _part_of_host(house, "filesystem", whole, part),
    "disk": lambda house, whole, part: _part_of_host(house, "disk", whole, part),
    "nic": lambda house, whole, part: _part_of_host(house, "nic", whole, part),
    "mount": lambda house, whole, part: _part_of_host(house, "mount", whole, part),
    "exporter": _exporter,
    "guest": _guest,
    "container": _container,
    "workload": _in_namespace,
    "claim": _in_namespace,
    "pool": _pool,
    "net": _device,
    "system": _system,
    "share": _share,
}
