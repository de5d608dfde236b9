"""The networks and volumes of a host: one network for each Compose project, and what is mounted where."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sre_assistant.sim.servers.docker.containers import Container
from sre_assistant.sim.servers.docker.engines import speaks
from sre_assistant.sim.servers.docker.wire import digest, nanoseconds, rfc3339
from sre_assistant.sim.signals import seeded

if TYPE_CHECKING:
    from sre_assistant.sim.world import World

_DRIVERS: Final = {"bridge": "bridge", "host": "host", "none": "null"}


def network_name(container: Container) -> str:
    """The network that a container is in."""
    return f"{container.spec.project}_default" if container.spec.project else "bridge"


def network_id(world: World, host: str, name: str) -> str:
    """The id of a host's network."""
    return digest(str(world.seed), "network", host, name)


def network_names(world: World, host: str) -> list[str]:
    """Every network of a host."""
    projects = sorted({spec.project for spec in world.house.containers[host].values() if spec.project})
    return ["bridge", *(f"{project}_default" for project in projects), "host", "none"]


def place(container: Container) -> tuple[str, str, str]:
    """Gateway, address and hardware address of a container in its network."""
    names = network_names(container.world, container.host)
    number = 17 + names.index(network_name(container))
    here = list(container.world.house.containers[container.host])
    last = 2 + here.index(container.name)
    return f"172.{number}.0.1", f"172.{number}.0.{last}", f"02:42:ac:{number:02x}:00:{last:02x}"


def endpoint(container: Container, version: str, *, full: bool) -> dict[str, object]:
    """How a container hangs on its network; in lists without its names there."""
    name = network_name(container)
    gateway, address, hardware = place(container) if container.alive else ("", "", "")
    aliases = [container.name, container.name] if full and container.spec.project else None
    known = digest(container.id, "endpoint", str(container.started)) if container.alive else ""
    found: dict[str, object] = {
        "IPAMConfig": None,
        "Links": None,
        "Aliases": aliases,
        "MacAddress": hardware,
        "DriverOpts": None,
        "NetworkID": network_id(container.world, container.host, name),
        "EndpointID": known,
        "Gateway": gateway,
        "IPAddress": address,
        "IPPrefixLen": 16 if address else 0,
        "IPv6Gateway": "",
        "GlobalIPv6Address": "",
        "GlobalIPv6PrefixLen": 0,
    }
    if speaks(version, "1.44"):
        found["DNSNames"] = [container.name, container.id[:12]] if full and aliases else None
    return found


def networks(world: World, host: str) -> list[dict[str, object]]:
    """``GET /networks``, which does not say who is in them."""
    return [_network(world, host, name, []) for name in network_names(world, host)]


def network(world: World, host: str, name: str, here: list[Container]) -> dict[str, object]:
    """``GET /networks/{id}``."""
    return _network(world, host, name, [one for one in here if network_name(one) == name and one.alive])


def _network(world: World, host: str, name: str, inside: list[Container]) -> dict[str, object]:
    names = network_names(world, host)
    subnet = 17 + names.index(name)
    own = name not in {"host", "none"}
    project = name.removesuffix("_default")
    labels = {"com.docker.compose.network": "default", "com.docker.compose.project": project}
    made = world.begin - 86400.0 * (200 + seeded(world.seed, "network", host, name) % 150)
    return {
        "Name": name,
        "Id": network_id(world, host, name),
        "Created": rfc3339(nanoseconds(world, made, name)),
        "Scope": "local",
        "Driver": _DRIVERS.get(name, "bridge"),
        "EnableIPv6": False,
        "IPAM": {
            "Driver": "default",
            "Options": None,
            "Config": [{"Subnet": f"172.{subnet}.0.0/16", "Gateway": f"172.{subnet}.0.1"}] if own else [],
        },
        "Internal": False,
        "Attachable": False,
        "Ingress": False,
        "ConfigFrom": {"Network": ""},
        "ConfigOnly": False,
        "Containers": {one.id: _member(one) for one in inside},
        "Options": {},
        "Labels": labels if name not in _DRIVERS else {},
    }


def _member(container: Container) -> dict[str, object]:
    _, address, hardware = place(container)
    return {
        "Name": container.name,
        "EndpointID": digest(container.id, "endpoint", str(container.started)),
        "MacAddress": hardware,
        "IPv4Address": f"{address}/16",
        "IPv6Address": "",
    }


def mounts(container: Container) -> list[dict[str, object]]:
    """What is mounted into a container: volumes, and directories of the host, perhaps another machine's."""
    return [_mount(container, inside, source) for inside, source in sorted(container.spec.mounts.items())]


def volume_names(world: World, host: str) -> list[str]:
    """The named volumes of a host."""
    specs = world.house.containers[host].values()
    return sorted({one for spec in specs for one in spec.mounts.values() if "/" not in one})


def volume(world: World, host: str, name: str, *, size: bool = False) -> dict[str, object]:
    """A volume; its size and its users are worked out for ``/system/df`` only."""
    own = seeded(world.seed, "volume", host, name)
    users = [spec for spec in world.house.containers[host].values() if name in spec.mounts.values()]
    project = users[0].project if users else ""
    labels = {"com.docker.compose.project": project, "com.docker.compose.volume": name}
    found: dict[str, object] = {
        "CreatedAt": rfc3339(nanoseconds(world, world.begin - 86400.0 * (200 + own % 150), name))[:19] + "Z",
        "Driver": "local",
        "Labels": labels if project else None,
        "Mountpoint": f"/var/lib/docker/volumes/{name}/_data",
        "Name": name,
        "Options": None,
        "Scope": "local",
    }
    if size:
        found["UsageData"] = {"RefCount": len(users), "Size": 40_000_000 + own % 3_000_000_000}
    return found


def _mount(container: Container, inside: str, source: str) -> dict[str, object]:
    kind, _, name = source.partition("/")
    if "/" not in source:
        return {
            "Type": "volume",
            "Name": source,
            "Source": f"/var/lib/docker/volumes/{source}/_data",
            "Destination": inside,
            "Driver": "local",
            "Mode": "z",
            "RW": True,
            "Propagation": "",
        }
    if kind == "share":
        share = container.world.house.shares[name]
        source = share.clients.get(container.host, f"/mnt/{name}")
    return {
        "Type": "bind",
        "Source": source,
        "Destination": inside,
        "Mode": "rw",
        "RW": True,
        "Propagation": "rprivate",
    }
