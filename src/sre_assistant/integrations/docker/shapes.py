"""The JSON of the Docker Engine API, as far as it is read. Go writes an empty list as null in places."""

from __future__ import annotations

from typing import Annotated

import msgspec

Whole = Annotated[int, msgspec.Meta(ge=-(2**63), le=2**63 - 1)]
"""A number as Go holds it."""


class Component(msgspec.Struct, rename="pascal"):
    """A part that the daemon is made of."""

    name: str = ""
    version: str = ""


class Version(msgspec.Struct, rename="pascal"):
    """``GET /version``."""

    api_version: str
    version: str = ""
    min_api_version: str | None = msgspec.field(default=None, name="MinAPIVersion")
    components: list[Component] | None = None


class Info(msgspec.Struct, rename="pascal"):
    """``GET /info``: the daemon and its machine."""

    name: str = ""
    id: str = msgspec.field(default="", name="ID")
    server_version: str = ""
    operating_system: str = ""
    kernel_version: str = ""
    architecture: str = ""
    system_time: str = ""
    driver: str = ""
    logging_driver: str = ""
    containers: Whole = 0
    containers_running: Whole = 0
    mem_total: Whole = 0
    ncpu: Whole = msgspec.field(default=0, name="NCPU")
    warnings: list[str] | None = None


class Port(msgspec.Struct, rename="pascal"):
    """A port of a container, and where the host offers it."""

    ip: str | None = msgspec.field(default=None, name="IP")
    private_port: Whole = 0
    public_port: Whole | None = None
    type: str = ""


class Attachment(msgspec.Struct, rename="pascal"):
    """How a container hangs on one network."""

    ip_address: str | None = msgspec.field(default=None, name="IPAddress")
    global_ipv6_address: str | None = msgspec.field(default=None, name="GlobalIPv6Address")
    mac_address: str | None = None


class Networks(msgspec.Struct, rename="pascal"):
    """The networks of a container, by name."""

    networks: dict[str, Attachment | None] | None = None


class Mount(msgspec.Struct, rename="pascal"):
    """Something that is mounted into a container."""

    type: str = ""
    name: str | None = None
    source: str | None = None
    destination: str = ""
    rw: bool | None = msgspec.field(default=None, name="RW")


class Placement(msgspec.Struct, rename="pascal"):
    """What a list says of how a container was set up."""

    network_mode: str = ""


class Verdict(msgspec.Struct, rename="pascal"):
    """What newer lists say of a health check."""

    status: str = ""


class Summary(msgspec.Struct, rename="pascal"):
    """One of ``GET /containers/json``."""

    id: str
    names: list[str] | None = None
    image: str = ""
    created: Whole = 0
    state: str = ""
    status: str = ""
    labels: dict[str, str] | None = None
    ports: list[Port] | None = None
    host_config: Placement | None = None
    network_settings: Networks | None = None
    mounts: list[Mount] | None = None
    health: Verdict | None = None


class Probe(msgspec.Struct, rename="pascal"):
    """One run of a health check."""

    start: str = ""
    exit_code: Whole = 0
    output: str = ""


class Health(msgspec.Struct, rename="pascal"):
    """What a health check has found."""

    status: str = ""
    failing_streak: Whole = 0
    log: list[Probe] | None = None


class State(msgspec.Struct, rename="pascal"):
    """How a container fares."""

    status: str = ""
    exit_code: Whole = 0
    oom_killed: bool = msgspec.field(default=False, name="OOMKilled")
    error: str = ""
    started_at: str = ""
    finished_at: str = ""
    health: Health | None = None


class RestartPolicy(msgspec.Struct, rename="pascal"):
    """When the daemon starts a container again."""

    name: str = ""
    maximum_retry_count: Whole = 0


class LogConfig(msgspec.Struct, rename="pascal"):
    """Where a container's lines go."""

    type: str = ""
    config: dict[str, str] | None = None


class HostConfig(msgspec.Struct, rename="pascal"):
    """How a container was set up on its host."""

    restart_policy: RestartPolicy | None = None
    log_config: LogConfig | None = None
    network_mode: str = ""
    memory: Whole = 0
    nano_cpus: Whole = 0
    privileged: bool = False


class Setup(msgspec.Struct, rename="pascal"):
    """How a container was set up within. Values of the environment are decoded only to be dropped."""

    image: str = ""
    tty: bool = False
    env: list[str] | None = None
    labels: dict[str, str] | None = None
    stop_timeout: Whole | None = None
    user: str = ""


class Inspected(msgspec.Struct, rename="pascal"):
    """``GET /containers/NAME/json``."""

    id: str
    state: State
    name: str = ""
    created: str = ""
    path: str = ""
    args: list[str] | None = None
    restart_count: Whole = 0
    host_config: HostConfig | None = None
    config: Setup | None = None
    mounts: list[Mount] | None = None
    network_settings: Networks | None = None


class Actor(msgspec.Struct, rename="pascal"):
    """What an event is about."""

    id: str = msgspec.field(default="", name="ID")
    attributes: dict[str, str] | None = None


class Event(msgspec.Struct, rename="pascal"):
    """One line of ``GET /events``."""

    type: str
    action: str
    actor: Actor
    time_nano: Whole = msgspec.field(name="timeNano")


class CpuUse(msgspec.Struct):
    """CPU time in nanoseconds."""

    total_usage: Whole = 0


class Throttling(msgspec.Struct):
    """How often the quota held a container back."""

    periods: Whole = 0
    throttled_periods: Whole = 0


class Cpu(msgspec.Struct):
    """CPU time of a container and of its machine; without the second nothing was measured."""

    cpu_usage: CpuUse | None = None
    system_cpu_usage: Whole | None = None
    online_cpus: Whole | None = None
    throttling_data: Throttling | None = None


class Cache(msgspec.Struct):
    """What the kernel could take back at once, in bytes: the second under the first version of cgroups."""

    inactive_file: Whole | None = None
    total_inactive_file: Whole | None = None


class Memory(msgspec.Struct):
    """Memory of a container, in bytes."""

    usage: Whole | None = None
    limit: Whole | None = None
    stats: Cache | None = None


class Traffic(msgspec.Struct):
    """Bytes through one network interface."""

    rx_bytes: Whole = 0
    tx_bytes: Whole = 0


class Transfer(msgspec.Struct):
    """Bytes to or from one disk."""

    op: str = ""
    value: Whole = 0


class Blkio(msgspec.Struct):
    """Bytes to and from disks."""

    io_service_bytes_recursive: list[Transfer] | None = None


class Pids(msgspec.Struct):
    """Processes of a container."""

    current: Whole | None = None


class Stats(msgspec.Struct):
    """``GET /containers/NAME/stats``."""

    read: str = ""
    cpu_stats: Cpu | None = None
    precpu_stats: Cpu | None = None
    memory_stats: Memory | None = None
    networks: dict[str, Traffic] | None = None
    blkio_stats: Blkio | None = None
    pids_stats: Pids | None = None
