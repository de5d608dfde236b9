"""Answers as short texts: the summary first, then one line for each thing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Final

from sre_assistant.domain.inventory import Change, LogLine, Resource
from sre_assistant.integrations.docker import shapes
from sre_assistant.integrations.docker.inventory import Details, Survey
from sre_assistant.integrations.docker.parse import Container, exit_code, judged, moment, since
from sre_assistant.integrations.docker.stats import Use
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.units import format_value

_LONGEST_LINE: Final = 400
_LONGEST_SAID: Final = 300
_PROBES: Final = 3
_NAMES: Final = 40
_COMPOSE_LABELS: Final = "com.docker.compose."


def overview(survey: Survey, matching: int, shown: Sequence[str]) -> str:
    """A list of containers under how many there are in which state."""
    where = f" on {survey.host}" if survey.host else ""
    if not survey.containers:
        return f"No containers{where}."
    states = Counter(one.state for one in survey.containers)
    said = ", ".join(f"{count} {state}" for state, count in states.most_common())
    first = f" (first {len(shown)} shown)" if len(shown) < matching else ""
    head = f"{_counted(len(survey.containers), 'container')}{where} ({said}); {matching} match{first}"
    return "\n".join([head, *shown])


def container(found: Container, one: Resource) -> str:
    """One container of a list."""
    restarts = one.figures.get("restarts", 0)
    parts = [
        f"[{found.state}] {found.name}",
        found.status,
        one.detail,
        _counted(round(restarts), "restart") if restarts else "",
        f"Compose {found.project}/{found.service}" if found.project else "",
        f"image {found.image}",
        f"ports {', '.join(found.ports)}" if found.ports else "",
    ]
    return _line(", ".join(part for part in parts if part))


def inspected(details: Details) -> str:
    """One container with all that may be shown of it, line by line."""
    found, look, host = details.container, details.look, details.host
    return "\n".join(
        [
            bounded(f"{found.name} ({found.short_id}){f' on {host}' if host else ''}: {found.status}", 300),
            *(_line(line) for line in (*_state(found, look), *_health(look), *_setup(found, look))),
        ]
    )


def use(one: Use) -> str:
    """What one container uses."""
    parts = [
        f"CPU {format_value(one.cpus, 'ratio')}" if one.cpus is not None else "CPU not known",
        f"memory {_of(one.memory, one.limit)}",
        f"network {_size(one.received)} in, {_size(one.sent)} out" if one.received is not None else "",
        f"disk {_size(one.read)} read, {_size(one.written)} written" if one.read is not None else "",
        _counted(one.processes, "process", "processes") if one.processes else "",
        f"held back by its quota in {format_value(one.throttled, 'ratio')} of its periods"
        if one.throttled
        else "",
    ]
    return _line(f"{one.container}: {', '.join(part for part in parts if part)}")


def log_line(one: LogLine) -> str:
    """One line of a log, with its time and stream."""
    mark = " err" if one.labels.get("stream") == "stderr" else ""
    return f"  {_date(one.at)}{mark} {bounded(redact(one.text), _LONGEST_SAID)}"


def log(found: Container, lines: Sequence[LogLine], shown: Sequence[str]) -> str:
    """The lines of a container under how many there are, oldest first."""
    if not lines:
        return (
            f"No lines of {found.name} match ({found.status}).\n"
            "Try an earlier since, or leave level and contains out; many programs name no level."
        )
    streams = Counter(one.labels.get("stream", "terminal") for one in lines)
    levels = Counter(one.level or "no level" for one in lines)
    last = f"; the last {len(shown)} shown" if len(shown) < len(lines) else ""
    said = ", ".join(f"{count:,} {name}" for name, count in (*streams.most_common(), *levels.most_common()))
    head = f"{_counted(len(lines), 'line')} of {found.name} ({said}){last}"
    return "\n".join([head, *shown])


def change(one: Change) -> str:
    """One event."""
    return _line(f"{_date(one.at)} [{one.outcome}] {one.text}")


def _state(found: Container, look: shapes.Inspected) -> Iterator[str]:
    began, created = since(found, look), moment(look.created)
    health, why = judged(found, look)
    yield f"{found.state}{f' since {_date(began)}' if began else ''}{f': {why}' if why else ''}"
    policy = look.host_config.restart_policy if look.host_config else None
    named = f"policy {policy.name}" if policy and policy.name else "no restart policy"
    code = exit_code(found, look)
    ended = f", exit code {code}" if code is not None else ""
    killed = ", the kernel killed it for want of memory" if look.state.oom_killed else ""
    yield f"{look.restart_count} restarts by its policy ({named}){ended}{killed}; judged {health}"
    made = f", created {_date(created)}" if created else ""
    compose = f", Compose {found.project}/{found.service}" if found.project else ""
    yield f"image {found.image}{compose}{made}"


def _health(look: shapes.Inspected) -> Iterator[str]:
    health = look.state.health
    if health is None or not health.status:
        yield "no health check"
        return
    yield f"health check {health.status}, {health.failing_streak} failures in a row"
    for probe in (health.log or [])[-_PROBES:]:
        at = moment(probe.start)
        said = redact(probe.output.strip())
        outcome = f"exit {probe.exit_code}{f', {said}' if said else ''}"
        yield f"check of {_date(at) if at else '(no time)'}: {outcome}"


def _setup(found: Container, look: shapes.Inspected) -> Iterator[str]:
    host, setup = look.host_config or shapes.HostConfig(), look.config or shapes.Setup()
    limits = [f"memory {format_value(host.memory, 'bytes')}" if host.memory > 0 else ""]
    limits += [f"{host.nano_cpus / 1e9:g} CPUs" if host.nano_cpus > 0 else ""]
    yield f"limits: {', '.join(each for each in limits if each) or 'none'}"
    yield f"network {found.network_mode or 'none'}: {', '.join(found.addresses) or 'no address'}"
    if found.ports:
        yield f"ports {', '.join(found.ports)}"
    for mount in (look.mounts or [])[:_NAMES]:
        source = mount.name if mount.type == "volume" else mount.source
        mode = " (read only)" if mount.rw is False else ""
        yield f"mount {mount.type} {source or '(none)'} at {mount.destination}{mode}"
    privileged = ", privileged" if host.privileged else ""
    arguments = f"{_counted(len(look.args or ()), 'argument')} (not shown)"
    yield f"runs {look.path or '(nothing said)'} with {arguments}{privileged}"
    yield f"environment (values not shown): {_listed(each.partition('=')[0] for each in setup.env or ())}"
    own = (name for name in setup.labels or {} if not name.startswith(_COMPOSE_LABELS))
    yield f"labels (values not shown): {_listed(own)}"
    driver = host.log_config.type if host.log_config else ""
    yield f"log driver {driver or '(not said)'}"


def _listed(names: Iterator[str]) -> str:
    found = [bounded(name, 60) for name in names]
    more = f" and {len(found) - _NAMES} more" if len(found) > _NAMES else ""
    return (", ".join(found[:_NAMES]) or "none") + more


def _of(used: float | None, limit: float | None) -> str:
    if used is None:
        return "not known"
    if not limit:
        return f"{format_value(used, 'bytes')} (no limit)"
    share = format_value(used / limit, "ratio")
    return f"{format_value(used, 'bytes')} of {format_value(limit, 'bytes')} ({share})"


def _size(value: float | None) -> str:
    return "not known" if value is None else format_value(value, "bytes")


def _counted(number: int, what: str, many: str = "") -> str:
    return f"{number:,} {what if number == 1 else many or f'{what}s'}"


def _line(text: str) -> str:
    return f"  {bounded(redact(text), _LONGEST_LINE)}"


def _date(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M:%SZ")
