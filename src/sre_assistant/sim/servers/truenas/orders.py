"""Calls that change something: snapshots, services, scrubs, alerts."""

from __future__ import annotations

import errno

from sre_assistant.sim.causality.deeds import Act
from sre_assistant.sim.live import DeedFailed
from sre_assistant.sim.servers.truenas import alerts, datasets, jobs, shares
from sre_assistant.sim.servers.truenas.asked import Asked
from sre_assistant.sim.servers.truenas.errors import CallError, InstanceNotFound, ValidationErrors

_VERBS: dict[str, Act] = {"START": "start", "STOP": "stop", "RESTART": "restart"}


def delete_snapshot(asked: Asked) -> object:
    """``pool.snapshot.delete``.

    Raises:
        InstanceNotFound: there is no such snapshot.
    """
    name = asked.text(0, "id")
    if all(one["id"] != name for one in datasets.snapshots(asked.view)):
        raise InstanceNotFound(f"Snapshot {name} not found")
    _act(asked, "delete", f"snapshot/{name}")
    return True


def service(asked: Asked, act: Act, place: int = 0) -> object:
    """``service.start``, ``service.stop`` and ``service.restart``: of all shares that the service offers.

    Raises:
        ValidationErrors: there is no such service.
    """
    name = asked.text(place, "service")
    if all(one["service"] != name for one in shares.services(asked.view)):
        raise ValidationErrors("service", f"Invalid choice: {name}")
    for share in shares.of_kind(asked.view, shares.OFFERS.get(name, "")):
        _act(asked, act, f"share/{share}")
    return True


def control_service(asked: Asked) -> object:
    """``service.control``: the same as a job.

    Raises:
        ValidationErrors: there is no such verb or service.
    """
    verb = asked.text(0, "verb")
    if verb not in _VERBS:
        raise ValidationErrors("verb", "Input should be 'START', 'STOP', 'RESTART' or 'RELOAD'")
    service(asked, _VERBS[verb], 1)
    return _ordered(asked, "service.control", asked.arguments[:2], 1.0)


def scrub(asked: Asked) -> object:
    """``pool.scrub.scrub``: a job.

    Raises:
        InstanceNotFound: there is no such pool.
        CallError: one is under way.
    """
    name, action = asked.text(0, "name"), asked.text(1, "action", "START")
    if all(pool.name != name for pool in asked.view.pools):
        raise InstanceNotFound(f"Pool {name} not found")
    job = next(
        (one for one in asked.view.world.jobs.values() if one.spec.pool == name and one.spec.kind == "scrub"),
        None,
    )
    if job is None:
        return _ordered(asked, "pool.scrub.scrub", [name, action], 3600.0)
    if action == "START" and any(
        row["state"] == "RUNNING" and row["method"] == "pool.scrub.scrub" and name in row["arguments"]
        for row in jobs.jobs(asked.view)
    ):
        raise CallError(errno.EBUSY, f"cannot scrub {name}: currently scrubbing")
    _act(asked, "run-job" if action == "START" else "stop-job", f"job/{job.name}")
    return jobs.job_id(asked.view, asked.view.now)


def dismiss(asked: Asked) -> object:
    """``alert.dismiss``.

    Raises:
        InstanceNotFound: there is no such alert.
    """
    own = asked.text(0, "uuid")
    known = alerts.alerts(asked.view, frozenset(asked.memory.dismissed))
    if all(one["uuid"] != own for one in known):
        raise InstanceNotFound(f"Alert {own} does not exist")
    asked.memory.dismissed.add(own)
    return None


def restore(asked: Asked) -> object:
    """``alert.restore``."""
    asked.memory.dismissed.discard(asked.text(0, "uuid"))
    return None


def _ordered(asked: Asked, method: str, arguments: list[object], takes: float) -> int:
    start = asked.view.now
    row = jobs.made(asked.view, method, arguments, start, start + takes)
    row["id"] += 1 + sum(one["id"] // 1000 == row["id"] // 1000 for one in asked.memory.jobs)
    row["credentials"] = {"type": "API_KEY", "data": {"username": asked.user}}
    asked.memory.jobs.append(row | {"span": (start, start + takes)})
    return int(row["id"])


def _act(asked: Asked, act: Act, entity: str) -> None:
    try:
        asked.live.act(act, entity)
    except DeedFailed as error:
        raise CallError(errno.EFAULT, str(error)) from error
