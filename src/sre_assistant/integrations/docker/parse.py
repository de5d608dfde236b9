"""Containers as the API shows them, as ours."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import ip_address
from typing import Final

from sre_assistant.domain.inventory import Health, Resource
from sre_assistant.integrations.docker import shapes
from sre_assistant.kit.codec import DecodeError
from sre_assistant.kit.redaction import bounded, redact

SHORT_ID: Final = 12
_PROJECTS: Final = ("com.docker.compose.project", "com.docker.stack.namespace", "io.podman.compose.project")
_SERVICES: Final = (
    "com.docker.compose.service",
    "com.docker.swarm.service.name",
    "io.podman.compose.service",
)
_ID: Final = re.compile("[0-9a-f]{12,64}")
_NAME: Final = re.compile("[a-zA-Z0-9][a-zA-Z0-9_.-]{0,254}")
"""What Docker lets a container be called."""
_ENDED: Final = re.compile(r"(?:Exited|Restarting|Dead) \((-?\d{1,6})\)")
_HEALTH: Final = re.compile(r"\((healthy|unhealthy|health: starting)\)")
_YOUNG: Final = re.compile(r"Up (?:Less than a second|\d+ seconds?|About a minute|[1-9] minutes)\b")
_KILLED: Final = "killed for want of memory"
_ORDERED: Final = frozenset({137, 143})
"""Exit codes of a process that was told to end: killed, or asked."""
_NEVER: Final = 1
"""The year in which Go's clock begins: a moment that has not been."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Container:
    """A container as a list shows it."""

    id: str
    """64 hexadecimal digits."""
    name: str
    image: str
    state: str
    """``created``, ``running``, ``paused``, ``restarting``, ``removing``, ``exited`` or ``dead``."""
    status: str
    """As ``docker ps`` has it, e.g. ``Up 2 hours (unhealthy)``."""
    health: str = ""
    """``healthy``, ``unhealthy`` or ``starting``; empty where nothing is checked."""
    code: int | None = None
    """How it ended, where the list says."""
    created: datetime | None = None
    project: str = ""
    service: str = ""
    network_mode: str = ""
    ports: tuple[str, ...] = ()
    addresses: tuple[str, ...] = ()
    macs: tuple[str, ...] = ()
    uses: tuple[str, ...] = ()

    @property
    def short_id(self) -> str:
        """The beginning of its id, as people see it."""
        return self.id[:SHORT_ID]

    @property
    def alive(self) -> bool:
        """Whether its process is there."""
        return self.state in {"running", "paused"}

    @property
    def suspicion(self) -> int:
        """How much there is to ask about it: 0 when nothing in the list suggests trouble."""
        if self.state in {"restarting", "dead"} or self.health == "unhealthy":
            return 3
        if self.state == "exited" and self.code != 0:
            return 2
        return 1 if self.health == "starting" or _YOUNG.match(self.status) else 0


def container(item: shapes.Summary) -> Container:
    """A container of a list.

    Raises:
        DecodeError: it has no id, or one that is none.
    """
    if not _ID.fullmatch(item.id):
        raise DecodeError(f"a container's id is {bounded(item.id, 80)!r}")
    labels = item.labels or {}
    ended = _ENDED.match(item.status)
    said = _HEALTH.search(item.status)
    health = item.health.status if item.health else said[1].removeprefix("health: ") if said else ""
    networks = (item.network_settings or shapes.Networks()).networks
    return Container(
        id=item.id,
        name=_name(item),
        image=item.image,
        state=bounded(item.state.lower(), 40),
        status=bounded(item.status, 80),
        health="" if health == "none" else health,
        code=int(ended[1]) if ended else None,
        created=datetime.fromtimestamp(item.created, UTC) if 0 < item.created < 2**33 else None,
        project=_first(labels, _PROJECTS),
        service=_first(labels, _SERVICES),
        network_mode=item.host_config.network_mode if item.host_config else "",
        ports=tuple(dict.fromkeys(_port(port) for port in item.ports or ())),
        addresses=tuple(addresses(networks)),
        macs=tuple(macs(networks)),
        uses=tuple(uses(item.mounts)),
    )


def resource(
    found: Container, inspected: shapes.Inspected | None, host: str, names: Mapping[str, str]
) -> Resource:
    """A container as the inventory has it.

    Args:
        found: from the list.
        inspected: what only a look at it tells, where one was taken.
        host: the daemon's name.
        names: of all containers, by id.
    """
    health, detail = judged(found, inspected)
    labels = {
        "id": found.short_id,
        "image": found.image,
        "project": found.project,
        "service": found.service,
        "ports": ", ".join(found.ports),
    }
    figures: dict[str, float] = {}
    if inspected is not None:
        setup = inspected.host_config or shapes.HostConfig()
        labels["log_driver"] = setup.log_config.type if setup.log_config else ""
        labels["restart_policy"] = setup.restart_policy.name if setup.restart_policy else ""
        figures["restarts"] = float(inspected.restart_count)
        figures |= {"memory_bytes": float(setup.memory)} if setup.memory > 0 else {}
        figures |= {"cpu_count": setup.nano_cpus / 1e9} if setup.nano_cpus > 0 else {}
    code = exit_code(found, inspected)
    return Resource(
        kind="container",
        id=found.name,
        name=found.name,
        state=found.state,
        health=health,
        detail=detail,
        host=host,
        within=found.project,
        uses=(*found.uses, *_borrowed_network(found, names)),
        addresses=found.addresses,
        macs=found.macs,
        since=since(found, inspected),
        labels={name: text for name, text in labels.items() if text},
        figures=figures | ({"exit_code": float(code)} if code is not None else {}),
    )


def host(info: shapes.Info) -> Resource:
    """The daemon's machine."""
    labels = {
        "id": info.id,
        "version": info.server_version,
        "os": info.operating_system,
        "kernel": info.kernel_version,
        "storage_driver": info.driver,
    }
    figures = {"memory_bytes": info.mem_total, "cpu_count": info.ncpu}
    counts = {"containers": info.containers, "containers_running": info.containers_running}
    return Resource(
        kind="host",
        id=info.name,
        name=info.name,
        state="running",
        labels={name: text for name, text in labels.items() if text},
        figures={name: float(value) for name, value in figures.items() if value > 0}
        | {name: float(value) for name, value in counts.items()},
    )


def judged(found: Container, inspected: shapes.Inspected | None) -> tuple[Health, str]:
    """How well a container is, and why, as Docker says it; one without a health check says nothing."""
    if found.state in {"exited", "restarting", "dead"}:
        return _down(found, inspected)
    if found.health == "unhealthy":
        return "failed", _sick(inspected)
    if found.alive and inspected and inspected.state.oom_killed:
        return "warning", f"a process in it was {_KILLED}"
    restarts = inspected.restart_count if inspected else 0
    if found.state == "running" and restarts and _YOUNG.match(found.status):
        return "warning", f"its policy has restarted it, {restarts} times so far"
    if found.health == "starting":
        return "unknown", "its health check has not passed yet"
    if found.state == "paused":
        return "unknown", "paused"
    return ("ok" if found.health == "healthy" else "unknown"), ""


def exit_code(found: Container, inspected: shapes.Inspected | None) -> int | None:
    """How it ended; None while it runs, before its first run, or when nobody says."""
    if found.state not in {"exited", "restarting", "dead"}:
        return None
    return inspected.state.exit_code if inspected else found.code


def since(found: Container, inspected: shapes.Inspected | None) -> datetime | None:
    """When its present state began; a list alone does not say it to more than the hour."""
    if inspected is None:
        return found.created if found.state == "created" else None
    if found.alive:
        return moment(inspected.state.started_at)
    return moment(inspected.state.finished_at) or moment(inspected.created)


def moment(text: str) -> datetime | None:
    """A time as Go writes it; None for one that has not been, or that is none."""
    try:
        found = datetime.fromisoformat(text)
        return None if found.year <= _NEVER else _in_utc(found)
    except (ValueError, OverflowError):
        return None


def happened_at(event: shapes.Event) -> datetime:
    """When something happened; nanoseconds that fit in 64 bits are always a date."""
    return datetime.fromtimestamp(event.time_nano // 1000 / 1_000_000, UTC)


def addresses(networks: Mapping[str, shapes.Attachment | None] | None) -> Iterator[str]:
    """The IP addresses of a container."""
    for one in (networks or {}).values():
        for text in (one.ip_address, one.global_ipv6_address) if one else ():
            if text and _is_address(text):
                yield text


def macs(networks: Mapping[str, shapes.Attachment | None] | None) -> Iterator[str]:
    """The hardware addresses of a container."""
    for one in (networks or {}).values():
        if one and one.mac_address:
            yield one.mac_address.lower()


def uses(mounts: list[shapes.Mount] | None) -> Iterator[str]:
    """The volumes and directories that a container stands on."""
    for one in mounts or ():
        source = one.name if one.type == "volume" else one.source if one.type == "bind" else ""
        if source:
            yield source


def _in_utc(found: datetime) -> datetime:
    return (found if found.tzinfo else found.replace(tzinfo=UTC)).astimezone(UTC)


def _down(found: Container, inspected: shapes.Inspected | None) -> tuple[Health, str]:
    code = exit_code(found, inspected)
    why = f", {_KILLED}" if inspected and inspected.state.oom_killed else ""
    if found.state == "dead":
        return "failed", "dead: its removal failed"
    if found.state == "restarting":
        return "failed", f"restarting after exit code {code}{why}"
    if why:
        return "failed", f"exit code {code}{why}"
    error = redact(inspected.state.error) if inspected and inspected.state.error else ""
    if error:
        return "failed", f"exit code {code}: {bounded(error, 200)}"
    if code is None or code == 0:
        return "unknown", ""
    if code in _ORDERED:
        return "unknown", f"exit code {code}: it was told to end"
    return "failed", f"exit code {code}"


def _sick(inspected: shapes.Inspected | None) -> str:
    health = inspected.state.health if inspected else None
    if health is None:
        return "its health check fails"
    last = (health.log or [shapes.Probe()])[-1].output.strip()
    said = f": {bounded(redact(last), 200)}" if last else ""
    return f"its health check has failed {health.failing_streak} times in a row{said}"


def _name(item: shapes.Summary) -> str:
    """Its own name; an old link to another container shows as a second one with a slash in it."""
    names = (name.removeprefix("/") for name in item.names or ())
    return next((name for name in names if _NAME.fullmatch(name)), item.id[:SHORT_ID])


def _first(labels: Mapping[str, str], names: tuple[str, ...]) -> str:
    return next((labels[name] for name in names if labels.get(name)), "")


def _port(port: shapes.Port) -> str:
    inside = f"{port.private_port}/{port.type or 'tcp'}"
    return f"{port.public_port}->{inside}" if port.public_port else inside


def _borrowed_network(found: Container, names: Mapping[str, str]) -> Iterator[str]:
    """The container whose network it lives in, e.g. a VPN client."""
    kind, _, other = found.network_mode.partition(":")
    if kind == "container" and other:
        yield f"container:{names.get(other, other[:SHORT_ID])}"


def _is_address(text: str) -> bool:
    try:
        ip_address(text)
    except ValueError:
        return False
    return True
