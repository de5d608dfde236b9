"""The machine: what it is, how it does, its interfaces, apps, updates and power."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

import numpy as np

from sre_assistant.sim.servers.docker.containers import Container, containers
from sre_assistant.sim.servers.truenas.queries import Row
from sre_assistant.sim.servers.truenas.view import View, digits
from sre_assistant.sim.signals import Scaled, Sum

VERSIONS: Final = {"25.04": "25.04.2.6", "25.10": "25.10.1", "26.0": "26.0.0"}
"""The release of each line that is played."""
_STATES: Final = {"running": "RUNNING", "paused": "RUNNING", "created": "DEPLOYING", "restarting": "CRASHED"}
_INSIDE: Final = {"running": "running", "paused": "running", "created": "created", "restarting": "crashed"}


def version(view: View) -> str:
    """``system.version``."""
    return f"TrueNAS-{VERSIONS[view.release]}"


def info(view: View) -> Row:
    """``system.info``."""
    host, world = view.host, view.world
    boot = float(host.boots[host.boots <= view.now].max(initial=0.0))
    up = view.now - boot
    queued = Sum((Scaled(host.cpu, 1.08 * host.spec.cpus), Scaled(host.waiting, host.spec.cpus), host.crowd))
    loads = [
        round(
            float((queued.total(np.array([view.now])) - queued.total(np.array([view.now - span])))[0]) / span,
            2,
        )
        for span in (60.0, 300.0, 900.0)
    ]
    own = digits(str(host.seed), "board")
    return {
        "version": VERSIONS[view.release],
        "buildtime": view.date(world.begin - 86400.0 * 60),
        "hostname": view.name,
        "physmem": int(host.spec.memory),
        "model": "Intel(R) Core(TM) i3-9100 CPU @ 3.60GHz",
        "cores": host.spec.cpus,
        "physical_cores": host.spec.cpus,
        "loadavg": loads,
        "uptime": str(timedelta(seconds=round(up, 6))),
        "uptime_seconds": round(up, 6),
        "system_serial": f"SN{own % 10**8:08d}",
        "system_product": "X11SCL-F",
        "system_product_version": "0123456789",
        "license": None,
        "boottime": view.date(boot),
        "datetime": view.date(view.now),
        "timezone": "Etc/UTC",
        "system_manufacturer": "Supermicro",
        "ecc_memory": True,
    }


def interfaces(view: View) -> list[Row]:
    """``interface.query``."""
    spec = view.host.spec
    own = digits(str(view.host.seed), "mac")
    address = ":".join(f"{own >> 8 * place & 0xFF:02x}" for place in range(5))
    aliases = [{"type": "INET", "address": spec.address, "netmask": 24}]
    return [
        {
            "id": spec.network.device,
            "name": spec.network.device,
            "fake": False,
            "type": "PHYSICAL",
            "state": {
                "name": spec.network.device,
                "orig_name": spec.network.device,
                "description": spec.network.device,
                "mtu": 1500,
                "cloned": False,
                "flags": ["MULTICAST", "RUNNING", "UP", "LOWER_UP", "BROADCAST"],
                "link_state": "LINK_STATE_UP",
                "media_type": "Ethernet",
                "active_media_type": "Ethernet",
                "active_media_subtype": "1000Mb/s Twisted Pair",
                "link_address": f"02:{address}",
                "aliases": aliases,
            },
            "aliases": aliases,
            "ipv4_dhcp": False,
            "ipv6_auto": False,
            "description": "",
            "mtu": None,
        }
    ]


def apps(view: View) -> list[Row]:
    """``app.query``: the containers on the NAS, each an app of its own."""
    if view.name not in view.world.house.containers:
        return []
    return [
        _app(one) for one in sorted(containers(view.world, view.name, view.now), key=lambda one: one.name)
    ]


def update_status(_view: View) -> Row:
    """``update.status``, from 25.10 on."""
    current = {"train": "TrueNAS-SCALE-Goldeye", "profile": "GENERAL", "matches_profile": True}
    return {
        "code": "NORMAL",
        "status": {"current_version": current, "new_version": None},
        "error": None,
        "update_download_progress": None,
    }


def update_available(_view: View) -> Row:
    """``update.check_available``, up to 25.04."""
    return {"status": "UNAVAILABLE"}


def ups_config(view: View) -> Row:
    """``ups.config``."""
    return {
        "id": 1,
        "powerdown": False,
        "rmonitor": True,
        "nocommwarntime": None,
        "remoteport": 3493,
        "shutdowntimer": 30,
        "hostsync": 15,
        "description": next(
            (one.spec.model for one in view.world.ups.values() if one.spec.host == view.name), ""
        ),
        "driver": "usbhid-ups",
        "extrausers": "",
        "identifier": "ups",
        "mode": "MASTER",
        "monuser": "upsmon",
        "monpwd": "********",
        "options": "",
        "optionsupsd": "",
        "port": "auto",
        "remotehost": "",
        "shutdown": "BATT",
        "shutdowncmd": None,
        "complete_identifier": "ups@localhost:3493",
    }


def report(view: View, graphs: list[dict[str, Any]], start: float, end: float) -> list[Row]:
    """``reporting.get_data``: a point for each minute of a window of the world."""
    return [_graph(view, str(one.get("name")), one.get("identifier"), start, end) for one in graphs]


def _graph(view: View, name: str, identifier: object, start: float, end: float) -> Row:
    host = view.host
    t = np.arange(np.ceil(start / 60.0), np.floor(end / 60.0) + 1) * 60.0
    levels = {
        "cpu": {"cpu": np.clip(host.cpu.value(t), 0, 1) * 100},
        "memory": {"available": host.spec.memory - host.memory.apps(t)},
        "interface": {
            "received": host.receive.value(t) * 8 / 1000,
            "sent": host.transmit.value(t) * 8 / 1000,
        },
    }.get(name, {})
    data = [
        [view.world.unix_ms(moment) // 1000, *(round(float(level[place]), 3) for level in levels.values())]
        for place, moment in enumerate(t.tolist())
    ]

    def of(what: Any) -> dict[str, float]:
        return {key: round(float(what(level)), 3) for key, level in levels.items() if len(level)}

    return {
        "name": name,
        "identifier": identifier,
        "data": data,
        "aggregations": {"min": of(np.min), "mean": of(np.mean), "max": of(np.max)},
        "start": view.world.unix_ms(start) // 1000,
        "end": view.world.unix_ms(end) // 1000,
        "legend": ["time", *levels],
    }


def _app(one: Container) -> Row:
    tag = one.image.rpartition(":")[2]
    state = _STATES.get(one.status, "STOPPED")
    ports = [
        {
            "container_port": int(inside.partition("/")[0]),
            "protocol": inside.partition("/")[2],
            "host_ports": [{"host_port": outside, "host_ip": "0.0.0.0"}],  # noqa: S104  what the NAS says
        }
        for inside, outside in sorted(one.spec.ports.items())
    ]
    first = next(iter(one.spec.ports.values()), None)
    return {
        "name": one.name,
        "id": one.name,
        "state": state,
        "upgrade_available": False,
        "latest_version": "1.0.0",
        "image_updates_available": False,
        "custom_app": False,
        "migrated": False,
        "human_version": f"{tag}_1.0.0",
        "version": "1.0.0",
        "metadata": {"name": one.name, "train": "community", "app_version": tag},
        "active_workloads": {
            "containers": 1,
            "used_ports": ports,
            "used_host_ips": [],
            "container_details": [
                {
                    "id": one.id,
                    "service_name": one.name,
                    "image": one.image,
                    "port_config": ports,
                    "state": _INSIDE.get(one.status, "exited"),
                    "volume_mounts": [],
                }
            ],
            "volumes": [],
            "images": [one.image],
            "networks": [],
        },
        "notes": None,
        "portals": {"Web UI": f"http://0.0.0.0:{first}/"} if first else {},
    }
