"""What tasks have written so far."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Final, NamedTuple

from sre_assistant.sim.servers.proxmox.backups import Backup
from sre_assistant.sim.servers.proxmox.tasks import Task
from sre_assistant.sim.servers.proxmox.view import ClusterView

_GIB: Final = 2.0**30


class Line(NamedTuple):
    """Something written at a time."""

    at: float
    text: str


def written(view: ClusterView, task: Task) -> list[str]:
    """The lines that a task has written by now."""
    said = [line for line in _lines(view, task) if line.at <= min(view.t, task.end)]
    lines = [line.text for line in sorted(said, key=lambda line: line.at)]
    if not task.running(view.t):
        lines.append(_last(task))
    return lines


def _last(task: Task) -> str:
    if task.status == "OK" or task.status.startswith("WARNINGS: "):
        return f"TASK {task.status}"
    return f"TASK ERROR: {task.status}"


def _lines(view: ClusterView, task: Task) -> Iterator[Line]:
    if task.kind == "vzdump":
        yield from _dump(view, task)
    elif task.kind == "aptupdate":
        yield from _package_lists(task)
    elif task.kind == "startall":
        for guest in view.guests(task.node):
            if guest.spec.onboot:
                noun = "VM" if guest.spec.kind == "qemu" else "CT"
                yield Line(task.start + 1, f"Starting {noun} {guest.spec.vmid}")
    elif task.kind in {"qmsnapshot", "vzsnapshot"} and task.request is not None:
        yield Line(task.start + 1, f"snapshotting 'drive-scsi0' (local-lvm:vm-{task.id}-disk-0)")
        yield Line(
            task.start + 2, f'Logical volume "snap_vm-{task.id}-disk-0_{task.request.detail}" created.'
        )
    elif task.kind.endswith("reboot"):
        yield Line(task.start + 1, f"Requesting reboot of {task.id}")


def _package_lists(task: Task) -> Iterator[Line]:
    yield Line(task.start, "starting apt-get update")
    if task.failed:
        yield Line(task.start + 3, "E: Could not resolve 'deb.debian.org'")
        return
    yield Line(task.start + 1, "Hit:1 http://deb.debian.org/debian bookworm InRelease")
    yield Line(task.start + 2, "Hit:2 http://download.proxmox.com/debian/pve bookworm InRelease")
    yield Line(task.start + 4, "Reading package lists...")


def _dump(view: ClusterView, task: Task) -> Iterator[Line]:
    if not task.backups:
        if task.failed:
            yield Line(task.start + 1, f"ERROR: {task.status}")
        return
    first = task.backups[0]
    numbers = " ".join(str(one.guest.spec.vmid) for one in task.backups)
    notes = "--notes-template '{{guestname}}'"
    command = f"vzdump {numbers} --storage {first.storage} --mode snapshot {notes}"
    yield Line(task.start, f"INFO: starting new backup job: {command}")
    for one in task.backups:
        yield from _guest(view, one)
    if all(one.good for one in task.backups):
        yield Line(task.end - 0.5, "INFO: Backup job finished successfully")
    elif not any(one.error == "interrupted by signal" for one in task.backups):
        yield Line(task.end - 0.5, "INFO: Backup job finished with errors")


def _guest(view: ClusterView, one: Backup) -> Iterator[Line]:
    spec, start = one.guest.spec, one.start
    qemu = spec.kind == "qemu"
    yield Line(start, f"INFO: Starting Backup of VM {spec.vmid} ({spec.kind})")
    yield Line(start, f"INFO: Backup started at {_clock(view, start)}")
    yield Line(start + 0.1, "INFO: status = running" if _ran(one) else "INFO: status = stopped")
    if qemu:
        size = f"{spec.disk / _GIB:.0f}G"
        yield Line(start + 0.1, f"INFO: VM Name: {one.guest.title}")
        yield Line(start + 0.2, f"INFO: include disk 'scsi0' '{spec.storage}:vm-{spec.vmid}-disk-0' {size}")
    else:
        yield Line(start + 0.1, f"INFO: CT Name: {one.guest.title}")
        yield Line(start + 0.2, "INFO: including mount point rootfs ('/') in backup")
    yield Line(start + 0.3, "INFO: backup mode: snapshot")
    yield Line(start + 0.3, "INFO: ionice priority: 7")
    if one.good:
        yield Line(start + 1.0, f"INFO: creating {_archive(view, one)}")
        yield from _progress(one)
        yield Line(one.end, f"INFO: Finished Backup of VM {spec.vmid} ({_span(one.end - start)})")
        yield Line(one.end, f"INFO: Backup finished at {_clock(view, one.end)}")
    else:
        yield Line(one.end, f"ERROR: Backup of VM {spec.vmid} failed - {one.error}")
        yield Line(one.end, f"INFO: Failed at {_clock(view, one.end)}")


def _progress(one: Backup) -> Iterator[Line]:
    """Every tenth of a virtual disk; a container's files are not counted."""
    spec, took = one.guest.spec, one.end - one.start
    if spec.kind == "lxc":
        return
    whole, changed = spec.disk / _GIB, one.changed / _GIB
    dirty = f"{changed:.1f} GiB dirty of {whole:.1f} GiB total"
    yield Line(one.start + 1.5, f"INFO: using fast incremental mode (dirty-bitmap), {dirty}")
    for tenth in range(1, 11):
        at = one.start + 2 + (took - 4) * tenth / 10
        pace = one.changed / max(took - 4, 1) / 2**20
        done = f"{tenth * 10}% ({changed * tenth / 10:.1f} GiB of {changed:.1f} GiB)"
        rates = f"read: {pace:.1f} MiB/s, write: {pace:.1f} MiB/s"
        yield Line(at, f"INFO: {done} in {_short(at - one.start)}, {rates}")


def _archive(view: ClusterView, one: Backup) -> str:
    spec = one.guest.spec
    if view.world.house.storages[one.storage].kind == "pbs":
        kind = "vm" if spec.kind == "qemu" else "ct"
        return f"Proxmox Backup Server archive '{kind}/{spec.vmid}/{zulu(view.unix(one.start))}'"
    return f"vzdump archive '/mnt/pve/{one.storage}/dump/{file_name(view, one)}'"


def file_name(view: ClusterView, one: Backup) -> str:
    """The file that a backup is written to on a storage of files."""
    moment = datetime.fromtimestamp(view.unix(one.start), UTC)
    ending = "vma.zst" if one.guest.spec.kind == "qemu" else "tar.zst"
    return f"vzdump-{one.guest.spec.kind}-{one.guest.spec.vmid}-{moment:%Y_%m_%d-%H_%M_%S}.{ending}"


def zulu(unix: int) -> str:
    """A moment as the backup server writes it."""
    return f"{datetime.fromtimestamp(unix, UTC):%Y-%m-%dT%H:%M:%SZ}"


def _ran(one: Backup) -> bool:
    return one.guest.lives.running(one.start) is not None


def _clock(view: ClusterView, t: float) -> str:
    return f"{datetime.fromtimestamp(view.unix(t), UTC):%Y-%m-%d %H:%M:%S}"


def _span(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 3600:02d}:{whole // 60 % 60:02d}:{whole % 60:02d}"


def _short(seconds: float) -> str:
    whole = int(seconds)
    return f"{whole // 60}m {whole % 60}s" if whole >= 60 else f"{whole}s"
