"""What a TrueNAS says, as lines for people and models."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from sre_assistant.domain.inventory import BackupJob
from sre_assistant.integrations.truenas import saved, shapes, work
from sre_assistant.integrations.truenas.past import outcome_of
from sre_assistant.integrations.truenas.resources import Surroundings, plain, standing_of
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.units import format_value

LONGEST: Final = 400
"""Characters of a line."""
_CLASSES: Final = ("data", "special", "dedup", "log", "cache", "spare")
_AWAKE: Final = "ALWAYS ON"


def pool(one: shapes.Pool) -> Iterator[str]:
    """A pool: state, room, its parts with their errors, and the last scan."""
    code = f" ({one.status_code}: {plain(one.status_detail)})" if one.status_code not in {"OK", None} else ""
    health = "" if one.healthy is None else ", healthy" if one.healthy else ", not healthy"
    yield line(f"{one.name} {one.status}{health}{code}: {_room(one)}", indent=0)
    for name in (*_CLASSES, *sorted(set(one.topology or {}) - set(_CLASSES))):
        for part in (one.topology or {}).get(name) or ():
            yield line(f"{name}: {_part(part)}")
    yield line(_scan(one.scan))


def dataset(one: shapes.Dataset) -> str:
    """A dataset with its room and limits."""
    kept = f" (snapshots {_size(one.usedbysnapshots)})" if _positive(one.usedbysnapshots) else ""
    limits = [
        f"{name} {_size(value)}"
        for name, value in (("quota", one.quota), ("refquota", one.refquota), ("volume", one.volsize))
        if _positive(value)
    ] or ["no quota"]
    compression = one.compression.value if one.compression and one.compression.value else "unknown"
    ratio = f" {one.compressratio.value}" if one.compressratio and one.compressratio.value else ""
    flags = [
        name
        for name, wanted in (
            ("encrypted", one.encrypted),
            ("LOCKED", one.locked),
            ("read-only", one.readonly is not None and one.readonly.parsed is True),
        )
        if wanted
    ]
    parts = [
        f"used {_size(one.used)}{kept}, available {_size(one.available)}",
        ", ".join(limits),
        f"compression {compression.lower()}{ratio}",
        *flags,
        *([f"at {one.mountpoint}"] if one.mountpoint else []),
    ]
    return line(f"{one.id}: {'; '.join(parts)}")


def nfs_share(one: shapes.NfsShare, around: Surroundings) -> str:
    """An NFS export and who may mount it."""
    clients = [*(one.networks or ()), *(one.hosts or ())]
    who = ", ".join(clients) if clients else "everybody"
    comment = f" {one.comment!r}" if one.comment else ""
    state = _standing("nfs", around, one.enabled, one.locked)
    return line(f"nfs {one.path}{comment}: {state}, {_writable(one.ro)}, for {who}")


def smb_share(one: shapes.SmbShare, around: Surroundings) -> str:
    """An SMB share."""
    comment = f" {one.comment!r}" if one.comment else ""
    state = _standing("smb", around, one.enabled, one.locked)
    purpose = f", {one.purpose}" if one.purpose else ""
    read_only = one.readonly if one.readonly is not None else one.ro
    return line(f"smb {one.name}{comment}: {one.path}, {state}, {_writable(read_only)}{purpose}")


def smb_session(one: shapes.SmbSession) -> str:
    """Who has which SMB shares open."""
    cipher = (one.encryption.cipher if one.encryption else None) or "-"
    protected = "not encrypted" if cipher in {"-", ""} else cipher
    shares = ", ".join(each.service for each in one.share_connections or ()) or "none"
    machine = one.remote_machine or one.hostname or "unknown"
    dialect = one.session_dialect or "dialect unknown"
    return line(f"{one.username or 'unknown'}@{machine}: {dialect}, {protected}, shares {shares}")


def nfs_client(one: shapes.NfsClient) -> str:
    """Who mounts which export."""
    return line(f"{one.ip} mounts {one.export}")


def snapshot(one: shapes.Snapshot) -> str:
    """A snapshot with its age and sizes."""
    taken = moment(one.created)
    sizes = [
        f"{what} {format_value(size, 'bytes')}"
        for what, size in (("holds", one.number("used")), ("refers to", one.number("referenced")))
        if size is not None
    ]
    return line(f"{one.name}: taken {taken}{''.join(f', {each}' for each in sizes)}")


def snapshot_task(one: work.SnapshotTask) -> str:
    """What takes snapshots, how often and how long they are kept."""
    job = saved.snapshot_job(one)
    state = one.state or work.TaskState()
    return line(f"{one.dataset}: {_plan(job)}; {job.detail.partition(': ')[0]}; last {_run(state)}")


def replication(one: work.Replication) -> str:
    """What copies datasets, and how that went."""
    job = saved.replication_job(one)
    state = one.state or work.TaskState()
    known = state if state.state or one.job is None else _state_of(one.job)
    progress = one.job.progress if one.job and outcome_of(one.job.state) == "running" else None
    percent = f" {progress.percent:.0f} %" if progress and progress.percent is not None else ""
    sources = names(one.source_datasets or ["nothing"])
    how = f"{one.direction} by {one.transport}"
    return line(
        f"{one.name!r} {sources} to {one.target_dataset} ({how}): {_plan(job)}; last {_run(known)}{percent}"
    )


def app(one: shapes.App) -> str:
    """An app; what is not running comes with a sign."""
    sign = "+" if one.state == "RUNNING" else "-"
    inside = (one.active_workloads.container_details if one.active_workloads else None) or []
    down = [f"{each.service_name or each.image} {each.state}" for each in inside if each.state != "running"]
    upgrade = f" [upgrade available: {one.latest_version or 'newer'}]" if one.upgrade_available else ""
    images = " [newer images]" if one.image_updates_available else ""
    troubles = f"; containers not running: {', '.join(down)}" if down else ""
    version = one.human_version or one.version
    return line(
        f"{sign} {one.name} ({one.state}){f' v{version}' if version else ''}{upgrade}{images}{troubles}"
    )


def system(one: shapes.SystemInfo) -> Iterator[str]:
    """Version, hardware and load of the machine."""
    up = f", up {format_value(one.uptime_seconds, 'seconds')}" if one.uptime_seconds is not None else ""
    since = f" since {moment(one.boottime.at)}" if one.boottime else ""
    yield line(f"TrueNAS {one.version} on {one.hostname}{up}{since}", indent=0)
    memory = f"{format_value(one.physmem, 'bytes')} memory" if one.physmem is not None else "memory unknown"
    ecc = "ECC unknown" if one.ecc_memory is None else "ECC" if one.ecc_memory else "no ECC"
    cores = f"{one.cores} threads" if one.cores is not None else "threads unknown"
    board = " ".join(each for each in (one.system_manufacturer, one.system_product) if each)
    yield line(f"{board or 'board unknown'}; {one.model or 'processor unknown'}, {cores}; {memory} ({ecc})")
    load = ", ".join(f"{each:.2f}" for each in one.loadavg or ()) or "unknown"
    yield line(f"load over 1, 5 and 15 minutes: {load}; its clock {_clock(one)}")


def alert(one: work.Alert) -> str:
    """An alert in the system's own words."""
    said = plain(one.formatted or one.text)
    dismissed = " (dismissed)" if one.dismissed else ""
    return line(f"[{one.level}] since {moment(one.datetime.at)}{dismissed}: {said or one.klass}")


def job(one: work.Job) -> str:
    """A job under way."""
    progress = one.progress or work.Progress()
    percent = f" {progress.percent:.0f} %" if progress.percent is not None else ""
    since = f" since {moment(one.time_started.at)}" if one.time_started else ""
    doing = one.description or progress.description
    return line(f"{one.method} {one.state}{percent}{since}{f': {doing}' if doing else ''}")


def disk(one: shapes.Disk, temperatures: Mapping[str, float | None]) -> str:
    """A disk: what it is, where it belongs and how warm it is."""
    size = format_value(one.size, "bytes") if one.size is not None else "size unknown"
    where = f"pool {one.pool}" if one.pool else "in no pool"
    degrees = temperatures.get(one.name)
    warm = f", {format_value(degrees, 'celsius')}" if degrees is not None else ""
    standby = ", never sleeps" if one.hddstandby == _AWAKE else ""
    if one.hddstandby and one.hddstandby != _AWAKE:
        standby = f", sleeps after {one.hddstandby} min"
    named = f"{one.type or 'disk'} {one.model or 'of unknown model'}"
    return line(f"{one.name}: {named}, {size}, serial {one.serial or 'unknown'}, {where}{standby}{warm}")


def moment(at: datetime | None) -> str:
    """A time with its date, UTC."""
    return at.strftime("%Y-%m-%d %H:%MZ") if at else "at an unknown time"


def line(text: str, indent: int = 2) -> str:
    """One line, without what could pass for another."""
    return f"{' ' * indent}{bounded(redact(text), LONGEST)}"


def names(found: Sequence[str], most: int = 8) -> str:
    """Some names of many."""
    more = f" and {len(found) - most:,} more" if len(found) > most else ""
    return ", ".join(bounded(one, 80) for one in found[:most]) + more


def _room(one: shapes.Pool) -> str:
    if one.size is None or one.allocated is None or one.size <= 0:
        return "room unknown"
    used, size = format_value(one.allocated, "bytes"), format_value(one.size, "bytes")
    free = f", {format_value(one.free, 'bytes')} free" if one.free is not None else ""
    fragments = f", fragmentation {one.fragmentation} %" if one.fragmentation else ""
    return f"{used} of {size} used ({format_value(one.allocated / one.size, 'ratio')}){free}{fragments}"


def _part(one: shapes.Vdev) -> str:
    """A part with what it is made of."""
    name = one.disk or (one.unavail_disk.name if one.unavail_disk else None) or one.name or one.type
    missing = f" (missing, serial {one.unavail_disk.serial or 'unknown'})" if one.unavail_disk else ""
    errors = one.stats.errors if one.stats else (0, 0, 0)
    counted = " (errors: {} read, {} write, {} checksum)".format(*errors) if any(errors) else ""
    inside = f" [{', '.join(_part(each) for each in one.children)}]" if one.children else ""
    return f"{name} {one.status or 'state unknown'}{missing}{counted}{inside}"


def _scan(scan: shapes.Scan | None) -> str:
    if scan is None or not scan.function:
        return "never scrubbed"
    errors = f"{scan.errors or 0:,} errors"
    if outcome_of(scan.state) == "running":
        share = f"{scan.percentage:.1f} %" if scan.percentage is not None else "unknown share"
        left = (
            f", {format_value(scan.total_secs_left, 'seconds')} left"
            if scan.total_secs_left is not None
            else ""
        )
        paused = ", paused" if scan.pause else ""
        start = moment(scan.start_time.at if scan.start_time else None)
        return f"{scan.function.lower()} under way since {start}: {share} done{left}{paused}, {errors}"
    end = scan.end_time or scan.start_time
    return f"last {scan.function.lower()} {scan.state} {moment(end.at if end else None)}, {errors}"


def _clock(one: shapes.SystemInfo) -> str:
    return f"{moment(one.datetime.at)} ({one.timezone or 'zone unknown'})" if one.datetime else "unknown"


def _standing(kind: str, around: Surroundings, enabled: bool | None, locked: bool | None) -> str:
    standing = standing_of(kind, around.services, enabled=enabled, locked=locked)
    return f"{standing.state} ({standing.detail})" if standing.detail else standing.state


def _writable(read_only: bool | None) -> str:
    return "access unknown" if read_only is None else "read-only" if read_only else "read-write"


def _size(one: shapes.Property | None) -> str:
    number = one.number if one else None
    return format_value(number, "bytes") if number is not None else "unknown"


def _positive(one: shapes.Property | None) -> bool:
    return bool(one and (one.number or 0) > 0)


def _plan(job: BackupJob) -> str:
    return f"{job.schedule or 'no schedule'}{'' if job.enabled else ', disabled'}"


def _state_of(job: work.Job) -> work.TaskState:
    return work.TaskState(state=job.state, datetime=job.time_finished or job.time_started, error=job.error)


def _run(state: work.TaskState) -> str:
    """How the last run of a task went."""
    if not state.state and state.datetime is None:
        return "run unknown"
    when = f" {moment(state.datetime.at)}" if state.datetime else ""
    why = f": {state.error}" if state.error and outcome_of(state.state) == "failed" else ""
    return f"{state.state or 'unknown'}{when}{why}"
