"""What a tool says of a node, a guest, a storage, a task: one line each, bounded, times with their date."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Final

from sre_assistant.domain.inventory import BackupJob
from sre_assistant.integrations.proxmox import resources, shapes
from sre_assistant.integrations.proxmox.estate import Guest
from sre_assistant.integrations.proxmox.history import Task
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.units import format_value

_KINDS: Final = {"qemu": "VM", "lxc": "container"}


def short(text: str, most: int = 60) -> str:
    """A text from outside, fit to be shown in one line."""
    return bounded(redact(text), most)


def when(moment: datetime | None) -> str:
    """A time with its date, or that there is none."""
    return f"{moment:%Y-%m-%d %H:%M:%SZ}" if moment else "never"


def used(what: str, part: float | None, whole: float | None, unit: str = "bytes") -> str:
    """How much of something is in use; empty when it is not known."""
    if whole is None:
        return ""
    if part is None:
        return f"{what} {format_value(whole, unit)}"
    share = f" ({format_value(part / whole, 'ratio')})" if whole > 0 else ""
    return f"{what} {format_value(part, unit)} of {format_value(whole, unit)}{share}"


def number_of(count: int, noun: str) -> str:
    """``1 job``, ``2 jobs``."""
    return f"{count:,} {noun}{'' if count == 1 else 's'}"


def joined(*pieces: str) -> str:
    """The pieces that say something."""
    return "; ".join(piece for piece in pieces if piece)


def guest(one: Guest) -> str:
    """A line of the list of guests."""
    running = one.status == "running"
    kind = "template" if one.template else _KINDS[one.kind]
    up = f", up {format_value(one.uptime, 'seconds')}" if running and one.uptime else ""
    cpus = f"{one.cpus:g} vCPU" if one.cpus is not None else ""
    busy = f" {format_value(one.cpu, 'ratio')} busy" if running and one.cpu is not None else ""
    container = one.kind == "lxc" and running
    return f"- {one.id} {short(one.name) or '(no name)'} ({kind}, {short(one.status, 40)}{up}): " + joined(
        f"{cpus}{busy}",
        used("RAM", one.memory_used if running else None, one.memory),
        used("disk", one.disk_used if container else None, one.disk),
        f"tags {short(', '.join(one.tags))}" if one.tags else "",
        short(", ".join(resources.trouble(one))),
    )


def node(name: str, status: shapes.NodeStatus) -> str:
    """A node with its load; the name stands alone so that several can be read."""
    memory, swap, root = status.memory, status.swap, status.rootfs
    cpu = status.cpuinfo
    share, waiting, count = (
        shapes.number(status.cpu),
        shapes.number(status.wait),
        shapes.number(cpu.cpus) if cpu else None,
    )
    threads = f" of {count:g} threads" if count is not None else ""
    uptime = shapes.number(status.uptime)
    load = " ".join(short(shapes.words(one), 40) for one in (status.loadavg or [])[:3])
    return (
        f"- {name}: online"
        + (f", up {format_value(uptime, 'seconds')}" if uptime else "")
        + "; "
        + joined(
            f"CPU {format_value(share, 'ratio')}{threads}" if share is not None else "",
            f"waiting for I/O {format_value(waiting, 'ratio')}" if waiting is not None else "",
            f"load {load}" if load else "",
            _amount("RAM", memory),
            _amount("swap", swap),
            _amount("root", root),
            short(shapes.words(cpu.model)) if cpu else "",
            short(shapes.words(status.pveversion).rpartition("/")[0] or shapes.words(status.pveversion)),
            f"kernel {short(kernel)}"
            if (kernel := " ".join(shapes.words(status.kversion).split()[:2]))
            else "",
        )
    )


def task(one: Task, guest_id: str) -> str:
    """A line of the list of tasks."""
    mark = {"ok": "OK", "failed": "FAILED", "running": "running", "unknown": "unclear"}[one.outcome]
    of = f" {guest_id or short(one.target)}" if one.target else ""
    took = f", {format_value((one.end - one.start).total_seconds(), 'seconds')}" if one.end else ""
    said = f": {short(one.status, 160)}" if one.outcome in {"failed", "unknown"} and one.status else ""
    warned = f" ({short(one.status)})" if one.status.startswith("WARNINGS") else ""
    return (
        f"- [{mark}] {when(one.start)} {short(one.kind)}{of} on {short(one.node)} "
        f"by {short(one.user) or 'nobody named'}{took}{warned}{said}"
    )


def storage(name: str, seen: Mapping[str, shapes.StorageItem]) -> str:
    """A storage as the nodes see it."""
    states = {node: state(one) for node, one in seen.items()}
    usable = [seen[node] for node in seen if states[node] == "active"]
    best = next(iter(usable), None) or next(iter(seen.values()))
    total, free = shapes.number(best.total), shapes.number(best.avail)
    without = [f"{states[node]} on {short(node)}" for node in sorted(seen) if states[node] != "active"]
    where = "shared" if shapes.flag(best.shared) else f"on {', '.join(short(one) for one in sorted(seen))}"
    return f"- {short(name)} ({short(shapes.words(best.type), 40)}, {where}): " + joined(
        ", ".join(without[:8]).upper() if without and not usable else ", ".join(without[:8]),
        used("used", shapes.number(best.used), total) if usable else "",
        f"free {format_value(free, 'bytes')}" if usable and free is not None else "",
        f"holds {short(shapes.words(best.content))}",
    )


def state(one: shapes.StorageItem) -> str:
    """``active``, ``inactive`` or ``disabled``."""
    if not shapes.flag(one.enabled, default=True):
        return "disabled"
    return "active" if shapes.flag(one.active) else "INACTIVE"


def disk(node_name: str, item: shapes.DiskItem, smart: shapes.Smart | None) -> str:
    """A disk with its health and what its SMART table counts."""
    one = resources.disk(node_name, item)
    labels = one.labels
    size, wear = one.figures.get("size_bytes"), one.figures.get("wear_ratio")
    return f"- {short(one.id)}: {short(one.state, 40)}; " + joined(
        f"{short(labels.get('type', ''), 40)} {short(labels.get('model', ''))}".strip(),
        format_value(size, "bytes") if size is not None else "",
        f"{format_value(wear, 'ratio')} of its life used" if wear is not None else "",
        f"serial {short(labels['serial'])}" if "serial" in labels else "",
        f"used for {short(labels['used'], 40)}" if "used" in labels else "",
        joined(*counts(smart)) if smart else "",
    )


_COUNTED: Final = {
    "Reallocated_Sector_Ct": "reallocated sectors",
    "Reported_Uncorrect": "uncorrectable errors",
    "Current_Pending_Sector": "pending sectors",
    "Offline_Uncorrectable": "offline uncorrectable",
    "UDMA_CRC_Error_Count": "cable errors (CRC)",
}
_TEXTS: Final = {
    "Media and Data Integrity Errors": "media errors",
    "Elements in grown defect list": "grown defects",
    "Critical Warning": "critical warning",
}
_WARM: Final = ("Temperature_Celsius", "Airflow_Temperature_Cel", "Temperature", "Current Drive Temperature")


def counts(smart: shapes.Smart) -> Iterator[str]:
    """What in a SMART answer is not zero, what has failed, and the temperature."""
    table = {shapes.words(one.name): one for one in smart.attributes or ()}
    said = (line.partition(":") for line in shapes.words(smart.text)[:20_000].splitlines())
    lines = {key.strip(): value.strip() for key, colon, value in said if colon}
    for name, meaning in _COUNTED.items():
        if name in table and (raw := _first(shapes.words(table[name].raw))):
            yield f"{meaning} {raw:,}"
    for name, meaning in _TEXTS.items():
        if raw := _first(lines.get(name, "")):
            yield f"{meaning} {raw:,}"
    for name, one in list(table.items())[:40]:
        if (failing := shapes.words(one.fail)) not in {"", "-"}:
            yield f"{short(name, 40)} failed {short(failing, 40)}"
    warm = [_first(shapes.words(table[name].raw)) for name in _WARM if name in table]
    warm += [_first(lines[name]) for name in _WARM if name in lines]
    if warm and warm[0]:
        yield format_value(float(warm[0]), "celsius")


def job(one: BackupJob) -> str:
    """A backup or replication job."""
    what = "everything" if not one.subjects else short(", ".join(one.subjects[:12]), 100)
    more = f" and {len(one.subjects) - 12} more" if len(one.subjects) > 12 else ""
    but = f" but {short(', '.join(one.excluded[:12]), 80)}" if one.excluded else ""
    last = "never seen to run" if one.last_run is None else f"last {when(one.last_run)} {one.last_outcome}"
    return f"- {one.kind} {short(one.id)} of {what}{more}{but} to {short(one.store)}: " + joined(
        "" if one.enabled else "DISABLED",
        f"at {short(one.schedule, 40)}" if one.schedule else "",
        last,
        short(one.detail, 200),
        f"next {when(one.next_run)}" if one.next_run else "",
    )


def snapshot(where: Guest, item: shapes.SnapshotItem, now: datetime) -> str:
    """A snapshot of a guest."""
    taken = shapes.moment(item.snaptime)
    age = f" ({format_value(max(0.0, (now - taken).total_seconds()), 'seconds')} ago)" if taken else ""
    return f"- {where.id} {short(where.name)}: {short(item.name)}, " + joined(
        f"{when(taken)}{age}" if taken else "at an unknown time",
        "with RAM" if shapes.flag(item.vmstate) else "",
        short(shapes.words(item.description), 100),
    )


def config(
    one: Guest, title: str, sections: Mapping[str, Mapping[str, str]], hidden: Sequence[str]
) -> Iterable[str]:
    """A guest's configuration by section; keys that may hold secrets are only named."""
    yield f"{one.id} {short(title or one.name) or '(no name)'} ({_KINDS[one.kind]}, {short(one.status, 40)})"
    for section, values in sections.items():
        yield f"{section}: " + "; ".join(f"{short(key, 40)} = {value}" for key, value in values.items())
    if hidden:
        yield f"Not shown, may hold secrets: {', '.join(hidden[:40])}"


def _amount(what: str, amount: shapes.Amount | None) -> str:
    return used(what, shapes.number(amount.used), shapes.number(amount.total)) if amount else ""


def _first(text: str) -> int:
    """The number that a text begins with, in decimal or as 0x…; 0 for none."""
    word = (text.split() or [""])[0].rstrip("%").replace(",", "")
    try:
        return int(word[:18], 16 if word.lower().startswith("0x") else 10)
    except ValueError:
        return 0
