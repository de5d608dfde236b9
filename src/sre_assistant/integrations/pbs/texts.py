"""What the tools show: one line or two for each thing, untrusted text kept on its line."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Final

from sre_assistant.domain.inventory import BackupJob, Change
from sre_assistant.integrations.pbs.groups import Group
from sre_assistant.integrations.pbs.runs import Collected
from sre_assistant.integrations.pbs.stores import Datastore
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.units import format_span, format_value

_LONGEST_LINE: Final = 400
_LONGEST_NAME: Final = 60
_LONGEST_COMMENT: Final = 80
_MOST_NAMED: Final = 5
_WORDS: Final = {"ok": "OK", "failed": "FAILED", "running": "running", "unknown": "outcome unknown"}
_NEVER: Final = datetime(1, 1, 1, tzinfo=UTC)


def shown(text: str, limit: int = _LONGEST_NAME) -> str:
    """Text from outside, in quotation marks."""
    return f'"{bounded(redact(text), limit)}"'


def urgency(store: Datastore) -> tuple[bool, bool, float]:
    """Sorts what cannot be used first, then what will be full first."""
    left = store.full_at.timestamp() if store.full_at else float("inf")
    return (not store.problem, not store.maintenance, left)


def stores_head(stores: Sequence[Datastore], lines: int) -> str:
    """How many datastores there are."""
    if not stores:
        return (
            "No datastores. Next: see what the token may see with sre doctor, or create one with "
            "proxmox-backup-manager datastore create."
        )
    bad = sum(bool(store.problem) for store in stores)
    said = f", {bad} of them unusable" if bad else ""
    return f"{_many(len(stores), 'datastore')}{said}{_first(lines, len(stores))}"


def datastore(store: Datastore, now: datetime) -> str:
    """One datastore on one to three lines."""
    about = [_room(store), *_prospect(store, now)]
    if store.maintenance:
        about.append(f"in maintenance mode {shown(store.maintenance)}")
    if store.comment:
        about.append(shown(store.comment, _LONGEST_COMMENT))
    lines = [_line(f"{store.name}: {'; '.join(about)}")]
    if store.collected:
        lines.append(_line(f"  garbage collection: {', '.join(_collection(store.collected))}"))
    return "\n".join(lines)


def _room(store: Datastore) -> str:
    if store.problem:
        return f"UNUSABLE, {shown(store.problem, 200)}"
    if store.limited or store.total is None:
        return "only a part of it may be seen, not its room"
    used = store.used or 0.0
    share = f" ({format_value(used / store.total, 'ratio')})" if store.total else ""
    free = f", {format_value(store.available, 'bytes')} available" if store.available is not None else ""
    return f"{format_value(used, 'bytes')} of {format_value(store.total, 'bytes')} used{share}{free}"


def _prospect(store: Datastore, now: datetime) -> Iterator[str]:
    if store.total is None:
        return
    if store.full_at:
        left = store.full_at - now
        wait = f"{left.days:,} d" if left.days > 1 else format_span(left)
        yield f"full in {wait} ({store.full_at:%Y-%m-%d})"
    else:
        yield {
            "grows": "not full within a century at its growth",
            "shrinks": "its use shrinks",
            "level": "its use does not change",
            "unknown": "no estimate yet of when it will be full",
        }[store.growth]
    if store.course:
        (began, first), (ended, last) = store.course
        shares = f"{format_value(first, 'ratio')} → {format_value(last, 'ratio')}"
        yield f"{shares} from {began:%Y-%m-%d} to {ended:%Y-%m-%d}"


def _collection(about: Collected) -> Iterator[str]:
    yield from _last(about)
    found = (
        ("took {}", about.seconds, "seconds"),
        ("removed {}", about.removed if about.finished else None, "bytes"),
        ("{} pending", about.pending or None, "bytes"),
        ("{} chunks are damaged", about.damaged or None, "count"),
    )
    yield from (words.format(format_value(value, unit)) for words, value, unit in found if value is not None)
    if about.deduplication is not None:
        yield f"deduplication {about.deduplication:,.1f}x"
    if about.schedule is not None:
        yield f"schedule {shown(about.schedule)}" if about.schedule else "no schedule"
    if about.next_run:
        yield f"next {_date(about.next_run)}"


def _last(about: Collected) -> Iterator[str]:
    """How the last run went, and when the last good one was where that is another."""
    if about.last_run is None and about.finished is None:
        yield "NEVER ran"
    elif about.outcome == "failed":
        yield f"FAILED {_date(about.last_run)}: {shown(about.detail, 120)}"
        yield f"last good one {_date(about.finished)}" if about.finished else "no good one yet"
    elif about.last_run:
        yield f"last ended {_date(about.last_run)}"
    else:
        yield f"last good one began {_date(about.finished)}"


def staleness(group: Group) -> tuple[datetime, str, str]:
    """Sorts what has had no backup for the longest time first."""
    return (group.backup.newest or _NEVER, group.backup.store, group.backup.subject)


def groups_head(groups: Sequence[Group], kept: Sequence[Group], lines: int, now: datetime) -> str:
    """How many groups there are and match, and which failed their verification."""
    if not groups:
        return "No backups. Next: pbs_list_tasks shows whether any ran, pbs_datastore_status the datastores."
    head = f"{_many(len(groups), 'backup group')}; {len(kept):,} match{_first(lines, len(kept))}"
    if not kept:
        return f"{head}. Next: leave out the filters, or give a part of a name, e.g. vm/104."
    bad = [
        f"{each.backup.subject} ({each.backup.store})" for each in kept if each.backup.verified == "failed"
    ]
    if bad:
        more = f" and {len(bad) - _MOST_NAMED} more" if len(bad) > _MOST_NAMED else ""
        head += bounded(f"; newest backup FAILED verification: {', '.join(bad[:_MOST_NAMED])}{more}", 300)
    old = sum(1 for each in kept if each.backup.newest is None or (now - each.backup.newest).days >= 1)
    return f"{head}; {old:,} without a backup for a day or longer"


def group(each: Group, now: datetime) -> str:
    """One group."""
    backup = each.backup
    name = f" {shown(backup.name)}" if backup.name else ""
    about = [_newest(each, now)]
    since = f" since {backup.oldest:%Y-%m-%d}" if backup.oldest else ""
    about.append(f"{_many(backup.count, 'backup')}{since}")
    if backup.size is not None:
        about.append(format_value(backup.size, "bytes"))
    about.append(_checked(each))
    if each.owner:
        about.append(f"owner {bounded(each.owner, _LONGEST_NAME)}")
    if each.protected:
        about.append(f"{each.protected} protected")
    return _line(f"{backup.subject}{name} in {backup.store}: {', '.join(about)}")


def _newest(each: Group, now: datetime) -> str:
    newest = each.backup.newest
    said = f"newest {_date(newest)} ({_ago(newest, now)})" if newest else "no finished backup"
    if each.unfinished:
        said += f"; one begun {_date(each.unfinished)} is not finished"
    return said


def _checked(each: Group) -> str:
    said = {
        "ok": "verified",
        "failed": "verification FAILED",
        "none": "never verified",
        "unknown": "verification unknown",
    }[each.backup.verified]
    older = each.failed - (each.backup.verified == "failed")
    return f"{said}; {older} older failed it" if older > 0 else said


def tasks_head(tasks: Sequence[Change], lines: int, *, errors: bool) -> str:
    """How many tasks are shown, and how they went."""
    if not tasks:
        hint = "No tasks. Next: sre doctor shows whether the token may see any."
        return "No failed tasks." if errors else hint
    counts = Counter(_WORDS[task.outcome] for task in tasks)
    said = ", ".join(f"{count} {word}" for word, count in counts.most_common())
    return f"The newest {_many(len(tasks), 'task')}{_first(lines, len(tasks))}: {said}"


def task(each: Change) -> str:
    """One task."""
    took = f", took {format_span(each.until - each.at)}" if each.until else ""
    by = f" by {bounded(each.actor, _LONGEST_NAME)}" if each.actor else ""
    return _line(f"[{_WORDS[each.outcome]}] {_date(each.at)} {redact(each.text)}{by}{took}")


def worry(job: BackupJob) -> tuple[int, str, str]:
    """Sorts what never ran or failed first."""
    if not job.enabled:
        return (5, job.kind, job.id)
    order = {"failed": 1, "unknown": 2, "running": 3, "ok": 4}
    return (0 if job.last_run is None else order[job.last_outcome], job.kind, job.id)


def jobs_head(jobs: Sequence[BackupJob], lines: int) -> str:
    """How many jobs there are, and how many of them need a look."""
    if not jobs:
        return "No jobs: nothing is verified, pruned or synchronised by itself, or the token may not see it."
    never = sum(job.enabled and job.last_run is None for job in jobs)
    failed = sum(job.enabled and job.last_outcome == "failed" for job in jobs)
    return f"{_many(len(jobs), 'job')}{_first(lines, len(jobs))}; {never} never ran, {failed} failed"


def job(each: BackupJob, now: datetime) -> str:
    """One job."""
    about = [f"schedule {shown(each.schedule)}" if each.schedule else "no schedule"]
    if each.last_run is None:
        about.append("never ran")
    else:
        word = {"ok": "OK", "failed": "FAILED", "running": "running", "unknown": "outcome unknown"}
        about.append(
            f"last run {_date(each.last_run)} ({_ago(each.last_run, now)}) {word[each.last_outcome]}"
        )
    if each.detail:
        about.append(shown(each.detail, 160))
    if each.next_run:
        about.append(f"next {_date(each.next_run)}")
    off = "DISABLED " if not each.enabled else ""
    return _line(f"{off}{each.kind} {each.id} on {each.store}: {', '.join(about)}")


def _date(moment: datetime | None) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%SZ") if moment else "unknown"


def _ago(moment: datetime, now: datetime) -> str:
    return f"{format_span(now - moment)} ago" if moment <= now else f"{format_span(moment - now)} AHEAD"


def _many(count: int, what: str) -> str:
    return f"{count:,} {what}{'' if count == 1 else 's'}"


def _first(lines: int, total: int) -> str:
    return f" (first {lines:,} shown)" if lines < total else ""


def _line(text: str) -> str:
    indent = len(text) - len(text.lstrip(" "))
    return "  " + " " * indent + bounded(redact(text), _LONGEST_LINE)
