"""How the backup jobs of a cluster went: Proxmox VE keeps the outcome in tasks that do not name their job."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Final

from sre_assistant.integrations.proxmox import history, shapes
from sre_assistant.integrations.proxmox.client import Client
from sre_assistant.integrations.proxmox.estate import Estate
from sre_assistant.integrations.proxmox.parts import Rows, part

_MOST_TASKS: Final = 20
"""Backup tasks of one node that are looked at."""
_MOST_LOGS: Final = 8
"""Tasks of one node whose command is read."""
_TOGETHER: Final = timedelta(minutes=15)
"""Within this the nodes begin with one run of a job."""
_WORST: Final[tuple[history.Outcome, ...]] = ("failed", "running", "unknown", "ok")
_COMMAND: Final = re.compile(r"starting new backup job: vzdump\b(.*)")


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """The last run of a job, over all nodes."""

    start: datetime
    outcome: history.Outcome
    detail: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Command:
    """What a backup task was told to do."""

    job: str
    """The id of its job, where it is told."""
    storage: str
    vmids: frozenset[int]
    everything: bool


async def asked(client: Client, node: str) -> Rows[shapes.TaskItem]:
    """The newest backup tasks of a node, and those that run."""
    return await client.tasks(node, typefilter="vzdump", source="all", limit=_MOST_TASKS)


async def last_runs(
    client: Client,
    jobs: Sequence[shapes.JobItem],
    estate: Estate,
    tasks: Iterable[tuple[str, shapes.TaskItem]],
) -> tuple[Mapping[str, Run], tuple[str, ...]]:
    """The last run of each job, and a word if some tasks told nothing.

    The first line of a task's log is its command, which says storage and guests; only that of the newest
    tasks is read.
    """
    by_node: dict[str, list[history.Task]] = {}
    for node, item in tasks:
        task = history.task_of(item)
        if task is not None and task.kind == "vzdump" and task.traceable:
            by_node.setdefault(node, []).append(replace(task, node=node))
    most = min(_MOST_LOGS, 2 * len(jobs) + 1)
    chosen = [
        one
        for several in by_node.values()
        for one in sorted(several, key=lambda task: task.start, reverse=True)[:most]
    ]
    if not jobs or not chosen:
        return {}, ()
    logs = await asyncio.gather(
        *(part(f"log of {one.upid}", client.task_lines(one.node, one.upid, 3)) for one in chosen)
    )
    told = [(one, _command(got.value)) for one, got in zip(chosen, logs, strict=True) if got.value]
    known = [(task, command) for task, command in told if command is not None]
    silent = len(chosen) - len(known)
    note = (
        (f"{silent} of the newest {len(chosen)} backup tasks do not say which job they were",)
        if silent
        else ()
    )
    found = {job.id: _last(job, known, estate) for job in jobs}
    return {name: run for name, run in found.items() if run is not None}, note


def _last(job: shapes.JobItem, known: Sequence[tuple[history.Task, Command]], estate: Estate) -> Run | None:
    mine = [task for task, command in known if _made_by(job, command, estate)]
    if not mine:
        return None
    newest = max(task.start for task in mine)
    together = sorted(
        (task for task in mine if newest - task.start <= _TOGETHER), key=lambda task: (task.start, task.node)
    )
    bad = [f"{task.node}: {task.status}" for task in together if task.outcome == "failed"]
    worst: history.Outcome = min((task.outcome for task in together), key=_WORST.index)
    return Run(start=together[0].start, outcome=worst, detail=", ".join(bad))


def _made_by(job: shapes.JobItem, command: Command, estate: Estate) -> bool:
    """Whether a task did what a job is for; without the job's id, by its storage and guests."""
    if command.job:
        return command.job == job.id
    if command.storage != (shapes.words(job.storage) or "local"):
        return False
    left_out = _numbers(shapes.words(job.exclude))
    wanted = _numbers(shapes.words(job.vmid))
    if wanted:
        return not command.everything and command.vmids <= wanted and len(command.vmids) > 0
    if command.everything:
        return True
    pool, several = shapes.words(job.pool), {one.vmid for one in estate.guests}
    if pool:
        several = {one.vmid for one in estate.guests if one.pool == pool}
        return command.vmids <= several
    # A single guest is what somebody saves by hand; a job for everything has that only on a node with one.
    return (len(command.vmids) > 1 and not command.vmids & left_out) or _alone(command, estate, left_out)


def _alone(command: Command, estate: Estate, left_out: frozenset[int]) -> bool:
    if len(command.vmids) != 1 or command.vmids & left_out:
        return False
    guest = estate.by_vmid(next(iter(command.vmids)))
    if guest is None:
        return False
    neighbours = {one.vmid for one in estate.guests if one.node == guest.node} - left_out
    return neighbours == command.vmids


def _command(rows: Rows[shapes.LineItem]) -> Command | None:
    said = next((found for line in rows.items if (found := _COMMAND.search(line.t[:4000]))), None)
    if said is None:
        return None
    text = said[1]
    options = {m[1]: m[2] for m in re.finditer(r"--([a-z-]+)(?:[ =](?!--)(\S+))?", text)}
    bare = re.match(r"[\s\d,]*", text)
    return Command(
        job=(options.get("job-id") or "").strip("'\""),
        storage=(options.get("storage") or "local").strip("'\""),
        vmids=_numbers(bare[0] if bare else ""),
        everything=options.get("all") == "1",
    )


def _numbers(text: str) -> frozenset[int]:
    return frozenset(int(one) for one in re.findall(r"\d{1,9}", text))
