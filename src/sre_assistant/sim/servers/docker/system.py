"""The daemon and its machine: ``/version``, ``/info`` and ``/system/df``."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from sre_assistant.sim.servers.docker import images, networks, views
from sre_assistant.sim.servers.docker.call import Call
from sre_assistant.sim.servers.docker.engines import Engine, speaks
from sre_assistant.sim.servers.docker.wire import digest, rfc3339

if TYPE_CHECKING:
    from sre_assistant.sim.world import World

_LOGGERS: Final = (
    "awslogs",
    "fluentd",
    "gcplogs",
    "gelf",
    "journald",
    "json-file",
    "local",
    "splunk",
    "syslog",
)


def version(world: World, host: str, engine: Engine) -> dict[str, object]:
    """``GET /version``."""
    kernel = world.hosts[host].spec.kernel
    details = {
        "ApiVersion": engine.api,
        "Arch": "amd64",
        "BuildTime": engine.built,
        "Experimental": "false",
        "GitCommit": engine.commit,
        "GoVersion": engine.go,
        "KernelVersion": kernel,
        "MinAPIVersion": engine.least,
        "Os": "linux",
    }
    parts = [("containerd", engine.containerd), ("runc", engine.runc), ("docker-init", "0.19.0")]
    return {
        "Platform": {"Name": "" if "dfsg" in engine.version else "Docker Engine - Community"},
        "Components": [
            {"Name": "Engine", "Version": engine.version, "Details": details},
            *(
                {"Name": name, "Version": number, "Details": {"GitCommit": digest(name, number)[:40]}}
                for name, number in parts
            ),
        ],
        "Version": engine.version,
        "ApiVersion": engine.api,
        "MinAPIVersion": engine.least,
        "GitCommit": engine.commit,
        "GoVersion": engine.go,
        "Os": "linux",
        "Arch": "amd64",
        "KernelVersion": kernel,
        "BuildTime": engine.built,
    }


_FEATURES: Final[dict[str, object]] = {
    "Driver": "overlay2",
    "DriverStatus": [["Backing Filesystem", "extfs"], ["Supports d_type", "true"]],
    "Plugins": {
        "Volume": ["local"],
        "Network": ["bridge", "host", "ipvlan", "macvlan", "null", "overlay"],
        "Authorization": None,
        "Log": _LOGGERS,
    },
    **dict.fromkeys(("MemoryLimit", "SwapLimit"), True),
    **dict.fromkeys(("CpuCfsPeriod", "CpuCfsQuota", "CPUShares", "CPUSet", "PidsLimit"), True),
    **dict.fromkeys(("IPv4Forwarding", "BridgeNfIptables", "BridgeNfIp6tables"), True),
}
"""What the engine was built and set up with."""

_REGISTRY: Final[dict[str, object]] = {
    "IndexServerAddress": "https://index.docker.io/v1/",
    "RegistryConfig": {
        "AllowNondistributableArtifactsCIDRs": None,
        "AllowNondistributableArtifactsHostnames": None,
        "InsecureRegistryCIDRs": ["127.0.0.0/8"],
        "IndexConfigs": {"docker.io": {"Name": "docker.io", "Mirrors": [], "Secure": True, "Official": True}},
        "Mirrors": None,
    },
}
"""Where images come from."""

_NO_SWARM: Final[dict[str, object]] = {
    "Swarm": {
        "NodeID": "",
        "NodeAddr": "",
        "LocalNodeState": "inactive",
        "ControlAvailable": False,
        "Error": "",
        "RemoteManagers": None,
    },
}
"""It manages nothing but itself."""


def info(call: Call) -> dict[str, object]:
    """``GET /info``."""
    world, host, engine, here = call.world, call.host, call.engine, call.here
    machine = world.hosts[host]
    paused = sum(one.status == "paused" for one in here)
    running = sum(one.alive or one.status == "restarting" for one in here)
    own = digest(str(world.seed), "daemon", host).upper()
    found: dict[str, object] = {
        "ID": f"{own[:8]}-{own[8:12]}-{own[12:16]}-{own[16:20]}-{own[20:32]}".lower(),
        "Containers": len(here),
        "ContainersRunning": running - paused,
        "ContainersPaused": paused,
        "ContainersStopped": len(here) - running,
        "Images": len(images.references(world, host, call.now)),
        **_FEATURES,
        "Debug": False,
        "NFd": 40 + 6 * running,
        "OomKillDisable": False,
        "NGoroutines": 60 + 9 * running,
        "SystemTime": rfc3339(world.unix_ms(call.now) * 1_000_000),
        "LoggingDriver": "json-file",
        "CgroupDriver": "systemd",
        "CgroupVersion": "2",
        "NEventsListener": 0,
        "KernelVersion": machine.spec.kernel,
        "OperatingSystem": "Debian GNU/Linux 12 (bookworm)",
        "OSVersion": "12",
        "OSType": "linux",
        "Architecture": "x86_64",
        **_REGISTRY,
        "NCPU": machine.spec.cpus,
        "MemTotal": int(machine.spec.memory),
        "GenericResources": None,
        "DockerRootDir": "/var/lib/docker",
        "HttpProxy": "",
        "HttpsProxy": "",
        "NoProxy": "",
        "Name": host,
        "Labels": [],
        "ExperimentalBuild": False,
        "ServerVersion": engine.version,
        "Runtimes": {"io.containerd.runc.v2": {"path": "runc"}, "runc": {"path": "runc"}},
        "DefaultRuntime": "runc",
        **_NO_SWARM,
        "LiveRestoreEnabled": False,
        "Isolation": "",
        "InitBinary": "docker-init",
        "ContainerdCommit": _commit("containerd", engine.containerd),
        "RuncCommit": _commit("runc", engine.runc),
        "InitCommit": {"ID": "de40ad0", "Expected": "de40ad0"},
        "SecurityOptions": ["name=apparmor", "name=seccomp,profile=builtin", "name=cgroupns"],
        "Warnings": None,
    }
    return found if speaks(call.version, "1.42") else found | {"KernelMemory": True, "KernelMemoryTCP": True}


def disk_usage(call: Call) -> dict[str, object]:
    """``GET /system/df``."""
    world, host, here, api = call.world, call.host, call.here, call.version
    present = images.references(world, host, call.now)
    found: dict[str, object] = {
        "LayersSize": sum(images.image_size(one) for one in present),
        "Images": [images.image_summary(world, one, api, images.users(one, here)) for one in present],
        "Containers": [views.summary(one, api, size=True) for one in here],
        "Volumes": [
            networks.volume(world, host, one, size=True) for one in networks.volume_names(world, host)
        ],
        "BuildCache": None if not speaks(api, "1.42") else [],
    }
    return found if speaks(api, "1.44") else found | {"BuilderSize": 0}


def _commit(name: str, number: str) -> dict[str, str]:
    own = digest(name, number)[:40]
    return {"ID": own, "Expected": own}
