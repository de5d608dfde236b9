"""What was done on a cluster: the tasks of all nodes, and who changed which configuration."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final, Literal, NamedTuple, TypeAlias

from sre_assistant.domain.inventory import Change
from sre_assistant.domain.reading import Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.proxmox import configs, shapes
from sre_assistant.integrations.proxmox.client import MOST_TASKS, Client
from sre_assistant.integrations.proxmox.estate import Estate, Guest
from sre_assistant.integrations.proxmox.parts import (
    Part,
    Rows,
    away,
    by_node,
    hidden,
    items,
    odd,
    pairs,
    part,
    problems,
    some_needed,
    unknown,
)
from sre_assistant.integrations.proxmox.rights import LOG, NODES
from sre_assistant.kit.redaction import bounded, redact

Outcome: TypeAlias = Literal["ok", "failed", "running", "unknown"]
_ChangeKind: TypeAlias = Literal["task", "backup", "config", "lifecycle"]

LOOK_BACK: Final = timedelta(days=1)
"""How long before a window a task may have begun that still ran in it."""
_MOST_LOGGED: Final = 500
_UPID: Final = re.compile(r"UPID:[A-Za-z0-9-]{1,63}:[^/\s]{1,300}", re.ASCII)
_LIFE: Final = re.compile(
    r"qmigrate|(?:qm|vz|ha)(?:start|stop|shutdown|reboot|reset|suspend|resume|pause|migrate|create|destroy|restore"
    r"|clone|template|rollback|relocate|tmpl)|(?:start|stop|suspend|migrate)all"
)
_CONFIG: Final = re.compile(
    r"(?:qm|vz)?(?:config|resize|move|move_volume)|(?:download|img)(?:copy|import|del)"
)
_UPDATE: Final = re.compile(r"update (?:VM|CT) (\d{1,9}): (.*)", re.DOTALL)
_OPTION: Final = re.compile(r"(?:^|\s)--?([A-Za-z][\w-]*)(?:\s+(?!--?[A-Za-z])(\S+))?")
_OF_QEMU: Final = ("qm", "vncproxy")
_MOST_TEXT: Final = 300


@dataclass(frozen=True, slots=True, kw_only=True)
class Task:
    """Something that a node did or does."""

    upid: str
    node: str
    kind: str
    """Its type, e.g. ``vzdump`` or ``qmstart``."""
    target: str
    """The number of a guest, or whatever its type works on; empty for the node itself."""
    user: str
    """Who asked for it, with the token."""
    start: datetime
    end: datetime | None
    status: str
    """As it ended, e.g. ``OK``; empty while it runs."""

    @property
    def outcome(self) -> Outcome:
        """How it ended; warnings are no failure."""
        if self.end is None:
            return "running"
        if self.status == "OK" or self.status.startswith("WARNINGS:"):
            return "ok"
        return "unknown" if self.status in {"", "unexpected status"} else "failed"

    @property
    def traceable(self) -> bool:
        """Whether its name may be asked for."""
        return _UPID.fullmatch(self.upid) is not None


class _Asked(NamedTuple):
    """What the nodes told of their tasks."""

    nodes: dict[str, Part[Rows[shapes.TaskItem]]]
    silent: frozenset[str]
    """Those that told nothing."""
    others: Part[Rows[shapes.TaskItem]]
    """The last tasks of all nodes, asked for when some are silent."""


class History:
    """One cluster as a source of changes."""

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    async def changes(self, window: Window) -> Reading[tuple[Change, ...]]:
        """The tasks that began, ended or ran within a window, and the configurations that were changed."""
        client, estate = self._client, await self._client.estate()
        since = int((window.start - LOOK_BACK).timestamp())
        until = int(window.end.timestamp()) + 1
        rights, log, asked = await asyncio.gather(
            part("rights", client.rights()),
            part("who changed which configuration", client.cluster_log(_MOST_LOGGED)),
            self._asked(estate, since=max(since, 0), until=max(until, 0), source="all", limit=MOST_TASKS),
        )
        tasks, why = _known(estate, asked)
        found = [
            *(_change(one, estate) for one in tasks if _within(one.start, one.end, window)),
            *(one for one in _updates(items(log), estate) if _within(one.at, one.at, window)),
        ]
        found.sort(key=lambda one: (one.at, one.id, one.text))
        return client.api.reading(
            tuple(found),
            f"GET /api2/json/nodes/*/tasks?source=all&since={since}&until={until}, /cluster/log",
            window=window,
            link=client.link,
            cut=(*why, *problems((log,)), *odd((log,)), *_begins_late(items(log), window)),
            denied="; ".join(hidden(rights, NODES)),
            note="; ".join((*unknown(rights), *hidden(rights, LOG))),
        )

    async def tasks(self, limit: int, *, errors_only: bool) -> tuple[Reading[tuple[Task, ...]], Estate]:
        """The newest tasks of all nodes, those that run first, and the cluster they are about."""
        client, estate = self._client, await self._client.estate()
        only = {"errors": 1} if errors_only else {}
        rights, asked = await asyncio.gather(
            part("rights", client.rights()),
            self._asked(estate, source="archive" if errors_only else "all", limit=limit, **only),
        )
        tasks, why = _known(estate, asked)
        found = [one for one in tasks if not errors_only or one.outcome in {"failed", "unknown"}]
        found.sort(key=lambda one: (one.end is None, one.start, one.upid), reverse=True)
        reading = client.api.reading(
            tuple(found[:limit]),
            f"GET /api2/json/nodes/*/tasks?limit={limit}" + ("&errors=1" if errors_only else ""),
            link=client.link,
            cut=why,
            denied="; ".join(hidden(rights, NODES)),
            note="; ".join(unknown(rights)),
        )
        return reading, estate

    async def _asked(self, estate: Estate, **only: object) -> _Asked:
        """The tasks of each node; of nodes that do not answer, what the others know."""
        asked = await by_node(estate, "tasks", lambda node: self._client.tasks(node, **only))
        silent = frozenset((*estate.away, *(node for node, one in asked.items() if one.error)))
        if not silent:
            return _Asked(asked, silent, Part(Rows()))
        others = await part("tasks of the nodes that do not answer", self._client.recent_tasks())
        return _Asked(asked, silent, others)


def _known(estate: Estate, asked: _Asked) -> tuple[tuple[Task, ...], tuple[str, ...]]:
    """Tasks of all nodes, and why these are not all.

    Raises:
        SourceError: no node answered.
    """
    some_needed(asked.nodes.values())
    raw = [item for _, item in pairs(asked.nodes)]
    raw += [item for item in items(asked.others) if item.node in asked.silent]
    tasks = {one.upid: one for one in map(task_of, raw) if one is not None}
    more = tuple(
        f"more than {MOST_TASKS} tasks of {node}, the newest are shown"
        for node, one in asked.nodes.items()
        if one.value and (one.value.total or 0) > len(one.value.items) >= MOST_TASKS
    )
    undated = sum(task_of(item) is None for item in raw)
    unread = (f"{undated} tasks say no time that can be read",) if undated else ()
    parts = (*asked.nodes.values(), asked.others)
    why = (*estate.cut, *away(estate), *problems(parts), *odd(parts), *more, *unread)
    return tuple(tasks.values()), why


def task_of(item: shapes.TaskItem) -> Task | None:
    """The task, if it says when it began."""
    start = shapes.moment(item.starttime)
    if start is None:
        return None
    token = shapes.words(item.tokenid)
    status = shapes.words(item.status)
    end = shapes.moment(item.endtime)
    return Task(
        upid=item.upid,
        node=item.node,
        kind=item.type,
        target=shapes.words(item.id),
        user=shapes.words(item.user) + (f"!{token}" if token else ""),
        start=start,
        end=end,
        status=status if end is not None else "",
    )


def guest_of(task: Task, estate: Estate) -> Guest | None:
    """The guest that a task works on, where it is one that can be seen."""
    return estate.by_vmid(int(task.target)) if re.fullmatch(r"[0-9]{1,9}", task.target) else None


def _change(task: Task, estate: Estate) -> Change:
    kind, subject = _subject(task, estate)
    of = f" {task.target}" if task.target else ""
    return Change(
        at=task.start,
        until=task.end,
        kind=_kind(task.kind),
        subject_kind="guest" if kind == "guest" else "host",
        subject=subject,
        text=bounded(redact(f"{task.kind}{of}: {task.status or 'running'}"), _MOST_TEXT),
        outcome=task.outcome,
        actor=task.user,
        id=task.upid,
    )


def _subject(task: Task, estate: Estate) -> tuple[Literal["guest", "host"], str]:
    """What it was done to: a guest that may be gone by now, or the node."""
    guest = guest_of(task, estate)
    if guest is not None:
        return "guest", guest.id
    if re.fullmatch(r"[0-9]{3,9}", task.target):
        prefix = {"qm": "qemu/", "vz": "lxc/"}.get(task.kind[:2], "")
        return "guest", f"{task.node}/{'' if task.kind == 'vzdump' else prefix}{task.target}"
    return "host", task.node


def _kind(task: str) -> _ChangeKind:
    if task == "vzdump":
        return "backup"
    if _LIFE.fullmatch(task):
        return "lifecycle"
    return "config" if _CONFIG.fullmatch(task) else "task"


def _updates(lines: Iterable[shapes.LogItem], estate: Estate) -> Iterator[Change]:
    """The log lines that tell of a changed configuration; values only of keys that hold no secret."""
    for line in lines:
        at, said = shapes.moment(line.time), _UPDATE.match(line.msg)
        if at is None or said is None:
            continue
        guest = estate.by_vmid(int(said[1]))
        yield Change(
            at=at,
            until=at,
            kind="config",
            subject_kind="guest",
            subject=guest.id if guest else said[1],
            text=bounded(f"configuration of {said[1]}: {_options(said[2])}", _MOST_TEXT),
            outcome="ok",
            actor=shapes.words(line.user),
            id=shapes.words(line.uid),
        )


def _options(text: str) -> str:
    """Which keys were set, with the values that may be shown."""
    given: Mapping[str, str] = {m[1]: m[2] or "" for m in _OPTION.finditer(text[:4000])}
    sections, _ = configs.shown(given)
    visible = {key: value for some in sections.values() for key, value in some.items()}
    said = [f"{key} = {visible[key]}" if visible.get(key) else bounded(key, 40) for key in given]
    if "delete" in given:
        said = [f"delete {bounded(given['delete'], 80)}" if one == "delete" else one for one in said]
    return ", ".join(said) or "changed"


def _begins_late(lines: Sequence[shapes.LogItem], window: Window) -> tuple[str, ...]:
    """A word when the log does not reach back to the window's begin."""
    times = [at for line in lines if (at := shapes.moment(line.time))]
    if len(lines) < _MOST_LOGGED or not times or min(times) <= window.start:
        return ()
    return (f"the cluster's log reaches back to {min(times):%Y-%m-%d %H:%M:%SZ} only",)


def _within(start: datetime, end: datetime | None, window: Window) -> bool:
    return start <= window.end and (end is None or end >= window.start)
