"""What a person or a model may call on a backup server; all of it only reads."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence
from typing import Annotated, Final, TypeAlias

from sre_assistant.contracts.tool import Effect, Tool, ToolResult, told
from sre_assistant.domain.errors import CallError, ConfigError, Missing
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.pbs import texts
from sre_assistant.integrations.pbs.config import Config
from sre_assistant.integrations.pbs.groups import Group
from sre_assistant.integrations.pbs.source import Source
from sre_assistant.kit.choice import check_range
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.listing import fitting

MOST_SHOWN: Final = 50
"""Lines of a list that are shown."""
ROOM: Final = 4_200
"""Characters of a list; with its summary a result stays near 1,500 tokens."""
MOST_TASKS: Final = 50
ALL: Final = "*"
"""Asks for every datastore where one is set as the default."""
_Call: TypeAlias = Callable[..., Awaitable[ToolResult]]


def tools(source: Source, config: Config, clock: Clock) -> tuple[Tool, ...]:
    """All tools of one backup server."""
    calls = (*_holding(source, config, clock), *_running(source, clock))
    return tuple(Tool(call=call, effect=Effect.READ) for call in calls)


def _holding(source: Source, config: Config, clock: Clock) -> tuple[_Call, ...]:
    async def pbs_datastore_status() -> ToolResult:
        """Room, growth, date when full, garbage collection and maintenance mode of each datastore."""
        reading = await source.datastores()
        now = clock.now()
        ordered = sorted(reading.value, key=texts.urgency)
        lines = fitting((texts.datastore(each, now) for each in ordered), most=MOST_SHOWN, room=ROOM)
        return _listed(reading, texts.stores_head(ordered, len(lines)), lines, ordered)

    async def pbs_list_backups(
        datastore: Annotated[str | None, "Only this one; * for all."] = None,
        namespace: Annotated[str | None, "Only this one; / is the root."] = None,
        group: Annotated[str, "Part of a group's name or comment, e.g. vm/104."] = "",
    ) -> ToolResult:
        """Backup groups, the longest without a backup first: newest, count, size, verification, owner."""
        reading = await _groups(source, config, datastore)
        kept = _wanted(reading.value, namespace, group)
        kept.sort(key=texts.staleness)
        now = clock.now()
        lines = fitting((texts.group(each, now) for each in kept), most=MOST_SHOWN, room=ROOM)
        head = texts.groups_head(reading.value, kept, len(lines), now)
        return _listed(reading, head, lines, kept)

    return (pbs_datastore_status, pbs_list_backups)


def _running(source: Source, clock: Clock) -> tuple[_Call, ...]:
    async def pbs_list_tasks(
        limit: Annotated[int, f"1 to {MOST_TASKS}."] = 20,
        errors_only: Annotated[bool, "Leave out what went well."] = False,
    ) -> ToolResult:
        """Newest tasks (backups, verification, pruning, sync, garbage collection) with their outcome."""
        check_range("limit", limit, 1, MOST_TASKS)
        reading = await source.tasks(limit, errors=errors_only)
        lines = fitting((texts.task(each) for each in reading.value), most=MOST_SHOWN, room=ROOM)
        head = texts.tasks_head(reading.value, len(lines), errors=errors_only)
        return _listed(reading, head, lines, reading.value)

    async def pbs_list_jobs() -> ToolResult:
        """Verify, prune, sync and garbage collection jobs; what never ran or failed first."""
        reading = await source.backup_jobs()
        ordered = sorted(reading.value, key=texts.worry)
        now = clock.now()
        lines = fitting((texts.job(each, now) for each in ordered), most=MOST_SHOWN, room=ROOM)
        return _listed(reading, texts.jobs_head(ordered, len(lines)), lines, ordered)

    return (pbs_list_tasks, pbs_list_jobs)


async def _groups(source: Source, config: Config, datastore: str | None) -> Reading[tuple[Group, ...]]:
    """The groups of the datastore that is meant.

    Raises:
        CallError: the token sees no such datastore.
        ConfigError: nor the one that is set as the default.
    """
    named = config.default_datastore if datastore is None else datastore
    try:
        return await source.groups("" if named == ALL else named)
    except Missing as error:
        if datastore is None and named:
            setting = config.setting("default_datastore")
            remedy = "Set it to one that is there, or remove it."
            raise ConfigError(setting, f"is {named!r}, but {error.detail}", remedy) from error
        if named:
            raise CallError(f"datastore is {texts.shown(named)}, but {error.detail}.") from error
        raise


def _wanted(groups: Sequence[Group], namespace: str | None, text: str) -> list[Group]:
    """The groups in a namespace whose name or comment holds a text.

    Raises:
        CallError: there is no such namespace.
    """
    inside = None if namespace is None else namespace.strip("/")
    known = sorted({each.namespace for each in groups})
    if inside is not None and groups and inside not in known:
        names = ", ".join(name or "/" for name in known[:20])
        raise CallError(f"namespace is {texts.shown(inside)}: backups are in {names}.")
    sought = text.strip().lower()
    return [
        each
        for each in groups
        if inside in {None, each.namespace}
        and (sought in each.backup.subject.lower() or sought in each.backup.name.lower())
    ]


def _listed(
    reading: Reading[object], head: str, lines: Sequence[str], everything: Sequence[object]
) -> ToolResult:
    """A list under its head, with all of it where not every entry is shown."""
    data = tuple(everything) if len(lines) < len(everything) else None
    return told(reading, "\n".join((head, *lines)), data=data)
