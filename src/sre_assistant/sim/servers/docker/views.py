"""Containers as the API shows them: in lists, and one with all that is known."""

from __future__ import annotations

from typing import Final

from sre_assistant.sim.servers.docker.containers import HEALTH_PATIENCE, Container, Probe
from sre_assistant.sim.servers.docker.engines import speaks
from sre_assistant.sim.servers.docker.images import image_id, image_size, program_of
from sre_assistant.sim.servers.docker.networks import endpoint, mounts, network_name
from sre_assistant.sim.servers.docker.wire import NEVER, digest, for_humans, nanoseconds, rfc3339
from sre_assistant.sim.things.containers import HEALTH_EVERY, HEALTH_RETRIES

LOG_OPTIONS: Final = {"max-file": "3", "max-size": "1m"}
_MASKED: Final = (
    "/proc/asound",
    "/proc/acpi",
    "/proc/kcore",
    "/proc/keys",
    "/proc/latency_stats",
    "/proc/timer_list",
    "/proc/timer_stats",
    "/proc/sched_debug",
    "/proc/scsi",
    "/sys/firmware",
)
_READ_ONLY: Final = ("/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys", "/proc/sysrq-trigger")
_ENTRYPOINT: Final = "docker-entrypoint.sh"
_OUTPUTS: Final = {
    "": (0, ""),
    "hung": (-1, f"Health check exceeded timeout ({HEALTH_PATIENCE}s)"),
    "unhealthy": (1, "curl: (22) The requested URL returned error: 503\n"),
    "failing": (1, "curl: (22) The requested URL returned error: 500\n"),
}


def summary(container: Container, version: str, *, size: bool) -> dict[str, object]:
    """One of ``GET /containers/json``."""
    found: dict[str, object] = {
        "Id": container.id,
        "Names": [f"/{container.name}"],
        "Image": container.image,
        "ImageID": image_id(container.image),
        "Command": f"{_ENTRYPOINT} {program_of(container.image)}",
        "Created": nanoseconds(container.world, container.created, container.id) // 1_000_000_000,
        "Ports": _ports(container),
    }
    if size:
        found |= sizes(container)
    host_config: dict[str, object] = {"NetworkMode": network_name(container)}
    return found | {
        "Labels": labels(container),
        "State": container.status,
        "Status": status_text(container),
        "HostConfig": host_config,
        "NetworkSettings": {"Networks": {network_name(container): endpoint(container, version, full=False)}},
        "Mounts": mounts(container),
    }


def inspected(container: Container, version: str, *, size: bool) -> dict[str, object]:
    """``GET /containers/{id}/json``."""
    folder = f"/var/lib/docker/containers/{container.id}"
    found: dict[str, object] = {
        "Id": container.id,
        "Created": rfc3339(nanoseconds(container.world, container.created, container.id)),
        "Path": _ENTRYPOINT,
        "Args": [program_of(container.image)],
        "State": state(container),
        "Image": image_id(container.image),
        "ResolvConfPath": f"{folder}/resolv.conf",
        "HostnamePath": f"{folder}/hostname",
        "HostsPath": f"{folder}/hosts",
        "LogPath": f"{folder}/{container.id}-json.log",
        "Name": f"/{container.name}",
        "RestartCount": container.restarts,
        "Driver": "overlay2",
        "Platform": "linux",
        "MountLabel": "",
        "ProcessLabel": "",
        "AppArmorProfile": "docker-default",
        "ExecIDs": None,
        "HostConfig": _host_config(container, version),
        "GraphDriver": _graph_driver(container),
    }
    if size:
        found |= sizes(container)
    return found | {
        "Mounts": mounts(container),
        "Config": _config(container),
        "NetworkSettings": _network_settings(container, version),
    }


def state(container: Container) -> dict[str, object]:
    """How it fares, as inspection shows it."""
    world, finished = container.world, container.finished
    began = container.started
    found: dict[str, object] = {
        "Status": container.status,
        "Running": container.alive or container.status == "restarting",
        "Paused": container.status == "paused",
        "Restarting": container.status == "restarting",
        "OOMKilled": container.out_of_memory,
        "Dead": False,
        "Pid": pid(container),
        "ExitCode": container.code,
        "Error": "",
        "StartedAt": NEVER if began is None else rfc3339(nanoseconds(world, began, container.id)),
        "FinishedAt": NEVER if finished is None else rfc3339(nanoseconds(world, finished[0], container.id)),
    }
    if container.spec.health and container.life is not None:
        found["Health"] = {
            "Status": container.health,
            "FailingStreak": container.streak,
            "Log": [_probe(container, probe) for probe in container.probes],
        }
    return found


def status_text(container: Container) -> str:
    """How it fares, as ``docker ps`` shows it."""
    now = container.now
    if container.started is None:
        return "Created"
    if container.alive:
        up = f"Up {for_humans(now - container.started)}"
        if container.status == "paused":
            return f"{up} (Paused)"
        health = "health: starting" if container.health == "starting" else container.health
        return f"{up} ({health})" if health else up
    ended = for_humans(now - container.finished[0]) if container.finished else ""
    word = "Restarting" if container.status == "restarting" else "Exited"
    return f"{word} ({container.code}) {ended} ago"


def labels(container: Container) -> dict[str, str]:
    """Its labels: those of Compose, and its own."""
    project = container.spec.project
    if not project:
        return dict(container.spec.labels)
    return {
        "com.docker.compose.config-hash": digest(container.id, "config"),
        "com.docker.compose.container-number": "1",
        "com.docker.compose.depends_on": "",
        "com.docker.compose.image": image_id(container.image),
        "com.docker.compose.oneoff": "False",
        "com.docker.compose.project": project,
        "com.docker.compose.project.config_files": f"/opt/{project}/compose.yaml",
        "com.docker.compose.project.working_dir": f"/opt/{project}",
        "com.docker.compose.service": container.name,
        "com.docker.compose.version": "2.29.7",
        **container.spec.labels,
    }


def pid(container: Container) -> int:
    """The process id of its first process on the host, 0 while there is none."""
    if not container.alive:
        return 0
    return 1000 + int(digest(container.id, str(container.started))[:6], 16) % 60000


def sizes(container: Container) -> dict[str, object]:
    """Bytes of its own layer, and of all its layers."""
    own = 20_000 + int(container.id[:6], 16) % 8_000_000
    return {"SizeRw": own, "SizeRootFs": image_size(container.image) + own}


def _ports(container: Container) -> list[dict[str, object]]:
    found: list[dict[str, object]] = []
    for inside, outside in sorted(container.spec.ports.items()):
        port, _, kind = inside.partition("/")
        if container.alive:
            found += [
                {"IP": address, "PrivatePort": int(port), "PublicPort": outside, "Type": kind}
                for address in ("0.0.0.0", "::")  # noqa: S104  what the daemon says
            ]
    return found


def _bindings(container: Container, addresses: tuple[str, ...]) -> dict[str, list[dict[str, str]]]:
    return {
        inside: [{"HostIp": address, "HostPort": str(outside)} for address in addresses]
        for inside, outside in sorted(container.spec.ports.items())
    }


def _probe(container: Container, probe: Probe) -> dict[str, object]:
    took = HEALTH_PATIENCE if probe.trouble == "hung" else 0.06
    code, output = _OUTPUTS[probe.trouble]
    start = nanoseconds(container.world, probe.at, container.id, str(probe.number))
    return {
        "Start": rfc3339(start),
        "End": rfc3339(start + round(took * 1e9)),
        "ExitCode": code,
        "Output": output,
    }


def _config(container: Container) -> dict[str, object]:
    spec = container.spec
    found: dict[str, object] = {
        "Hostname": container.id[:12],
        "Domainname": "",
        "User": "",
        "AttachStdin": False,
        "AttachStdout": True,
        "AttachStderr": True,
    }
    if spec.ports:
        found["ExposedPorts"] = {inside: {} for inside in sorted(spec.ports)}
    found |= {
        "Tty": spec.tty,
        "OpenStdin": False,
        "StdinOnce": False,
        "Env": [*spec.env, "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"],
        "Cmd": [program_of(container.image)],
    }
    if spec.health:
        found["Healthcheck"] = {
            "Test": ["CMD-SHELL", "curl -fsS http://localhost/health || exit 1"],
            "Interval": int(HEALTH_EVERY) * 1_000_000_000,
            "Timeout": HEALTH_PATIENCE * 1_000_000_000,
            "Retries": HEALTH_RETRIES,
        }
    return found | {
        "Image": container.image,
        "Volumes": None,
        "WorkingDir": "",
        "Entrypoint": [_ENTRYPOINT],
        "OnBuild": None,
        "Labels": labels(container),
    }


def _host_config(container: Container, version: str) -> dict[str, object]:
    spec = container.spec
    limit = int(spec.limit or 0)
    binds = [f"{one['Source']}:{one['Destination']}:rw" for one in mounts(container) if one["Type"] == "bind"]
    found: dict[str, object] = {
        "Binds": binds or None,
        "ContainerIDFile": "",
        "LogConfig": {"Type": "json-file", "Config": LOG_OPTIONS},
        "NetworkMode": network_name(container),
        "PortBindings": _bindings(container, ("",)),
        "RestartPolicy": {"Name": spec.restart, "MaximumRetryCount": 0},
        "AutoRemove": False,
        "VolumeDriver": "",
        "VolumesFrom": None,
        "ConsoleSize": [0, 0],
        **dict.fromkeys(("CapAdd", "CapDrop")),
        "CgroupnsMode": "private",
        **{name: [] for name in ("Dns", "DnsOptions", "DnsSearch", "ExtraHosts")},
        "GroupAdd": None,
        "IpcMode": "private",
        "Cgroup": "",
        "Links": None,
        "OomScoreAdj": 0,
        "PidMode": "",
        **dict.fromkeys(("Privileged", "PublishAllPorts", "ReadonlyRootfs"), False),
        "SecurityOpt": None,
        "UTSMode": "",
        "UsernsMode": "",
        "ShmSize": 67108864,
        "Runtime": "runc",
        "Isolation": "",
        "CpuShares": 0,
        "Memory": limit,
        "NanoCpus": round((spec.quota or 0.0) * 1e9),
        "CgroupParent": "",
        "BlkioWeight": 0,
        **dict.fromkeys(f"BlkioDevice{one}" for one in ("ReadBps", "WriteBps", "ReadIOps", "WriteIOps")),
        "BlkioWeightDevice": None,
        **dict.fromkeys(("CpuPeriod", "CpuQuota", "CpuRealtimePeriod", "CpuRealtimeRuntime"), 0),
        "CpusetCpus": "",
        "CpusetMems": "",
        **dict.fromkeys(("Devices", "DeviceCgroupRules", "DeviceRequests")),
        "MemoryReservation": 0,
        "MemorySwap": limit * 2,
        "MemorySwappiness": None,
        "OomKillDisable": None,
        "PidsLimit": None,
        "Ulimits": None,
        **dict.fromkeys(("CpuCount", "CpuPercent", "IOMaximumIOps", "IOMaximumBandwidth"), 0),
        "MaskedPaths": _MASKED,
        "ReadonlyPaths": _READ_ONLY,
    }
    if not speaks(version, "1.42"):
        found |= {"KernelMemory": 0, "KernelMemoryTCP": 0}
    return found


def _graph_driver(container: Container) -> dict[str, object]:
    layer = f"/var/lib/docker/overlay2/{digest(container.id, 'layer')}"
    data = {
        "LowerDir": f"{layer}-init/diff:/var/lib/docker/overlay2/{digest(container.image, 'layer')}/diff",
        "MergedDir": f"{layer}/merged",
        "UpperDir": f"{layer}/diff",
        "WorkDir": f"{layer}/work",
    }
    return {"Data": data, "Name": "overlay2"}


def _network_settings(container: Container, version: str) -> dict[str, object]:
    own = endpoint(container, version, full=True)
    bridged = network_name(container) == "bridge"
    sandbox = digest(container.id, "sandbox", str(container.started)) if container.alive else ""
    plain = ("EndpointID", "Gateway", "GlobalIPv6Address", "GlobalIPv6PrefixLen", "IPAddress", "IPPrefixLen")
    return {
        "Bridge": "",
        "SandboxID": sandbox,
        "SandboxKey": f"/var/run/docker/netns/{sandbox[:12]}" if sandbox else "",
        "Ports": _bindings(container, ("0.0.0.0", "::")) if container.alive else {},  # noqa: S104
        "HairpinMode": False,
        "LinkLocalIPv6Address": "",
        "LinkLocalIPv6PrefixLen": 0,
        "SecondaryIPAddresses": None,
        "SecondaryIPv6Addresses": None,
        **{name: own[name] if bridged else (0 if name.endswith("Len") else "") for name in plain},
        "IPv6Gateway": "",
        "MacAddress": own["MacAddress"] if bridged else "",
        "Networks": {network_name(container): own},
    }
