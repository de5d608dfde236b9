"""The calls about backup jobs, and about the guests that none of them saves."""

from __future__ import annotations

from typing import Final

from sre_assistant.sim.house import JobSpec
from sre_assistant.sim.servers.proxmox.asked import TEXT, Asked
from sre_assistant.sim.servers.proxmox.calls import Call, Refused, needs
from sre_assistant.sim.servers.proxmox.view import ClusterView
from sre_assistant.sim.signals import WEEK
from sre_assistant.sim.things.jobs import Job

Row = dict[str, object]


def _backup_jobs(asked: Asked) -> list[Row]:
    jobs = asked.view.world.jobs.values()
    return [_backup_job(asked.view, job) for job in jobs if job.spec.kind == "backup"]


def _backup_job(view: ClusterView, job: Job) -> Row:
    spec = job.spec
    row: Row = {
        "id": job_id(job),
        "type": "vzdump",
        "enabled": int(not _disabled(view, job)),
        "comment": job.name,
        "schedule": calendar(spec.schedule),
        "storage": spec.storage,
        "mode": "snapshot",
        "notes-template": "{{guestname}}",
        "notification-mode": "notification-system",
        "prune-backups": {"keep-all": "1"} if spec.storage in _datastored(view) else {"keep-last": "7"},
        "fleecing": {"enabled": "0"},
    }
    if upcoming := next(job.starts(view.t, view.t + 2 * WEEK), None):
        row["next-run"] = view.unix(upcoming)
    if spec.guests:
        return row | {"vmid": ",".join(str(view.world.house.guests[name].vmid) for name in spec.guests)}
    without = sorted(view.world.house.guests[name].vmid for name in spec.without if name in view.world.guests)
    return row | {"all": 1} | ({"exclude": ",".join(map(str, without))} if without else {})


def job_id(job: Job) -> str:
    """How Proxmox VE calls a backup job."""
    digits = f"{job.seed:016x}"
    return f"backup-{digits[:8]}-{digits[8:12]}"


def calendar(schedule: str) -> str:
    """A schedule as a calendar event: ``daily 03:00`` is ``03:00``."""
    return schedule.removeprefix("daily ")


def _disabled(view: ClusterView, job: Job) -> bool:
    return any(one.has(view.t) and not one.part for one in job.spells.of("disabled"))


def _datastored(view: ClusterView) -> frozenset[str]:
    return frozenset(name for name, one in view.world.house.storages.items() if one.datastore)


def _one_backup_job(asked: Asked) -> Row:
    name = asked.text("id")
    for row in _backup_jobs(asked):
        if row["id"] == name:
            return {key: value for key, value in row.items() if key != "next-run"}
    raise Refused(400, "Parameter verification failed.", {"id": f"No such job '{name}'"})


def _not_backed_up(asked: Asked) -> list[Row]:
    view = asked.view
    saved: set[str] = set()
    for job in view.world.jobs.values():
        if job.spec.kind == "backup" and not _disabled(view, job):
            saved |= _chosen(view, job.spec)
    return [
        {"vmid": one.spec.vmid, "type": one.spec.kind, "name": one.title}
        for one in view.guests()
        if one.name not in saved
    ]


def _chosen(view: ClusterView, spec: JobSpec) -> set[str]:
    return set(spec.guests or view.world.house.guests) - set(spec.without)


_AUDIT: Final = needs("/", "Sys.Audit")
CALLS: Final[tuple[Call[Asked], ...]] = (
    Call("GET", "cluster/backup", _backup_jobs, _AUDIT),
    Call("GET", "cluster/backup/{id}", _one_backup_job, _AUDIT, {"id": TEXT}),
    Call("GET", "cluster/backup-info/not-backed-up", _not_backed_up, _AUDIT),
)
