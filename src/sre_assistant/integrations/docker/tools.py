"""What a person or a model may call on a Docker daemon."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Annotated, Final, Literal, TypeAlias

from sre_assistant.contracts.tool import Effect, Tool, ToolResult, told
from sre_assistant.domain.errors import CallError
from sre_assistant.domain.inventory import LogFilter
from sre_assistant.domain.window import Window
from sre_assistant.integrations.docker import texts
from sre_assistant.integrations.docker.client import Client
from sre_assistant.integrations.docker.events import Events
from sre_assistant.integrations.docker.inventory import Inventory
from sre_assistant.integrations.docker.logs import Logs
from sre_assistant.integrations.docker.orders import Orders
from sre_assistant.integrations.docker.parse import Container
from sre_assistant.integrations.docker.stats import Usage
from sre_assistant.kit.choice import check_choice, check_range
from sre_assistant.kit.listing import fitting
from sre_assistant.kit.timeexpr import parse_time

MOST_SHOWN: Final = 50
"""Lines of a list that are shown."""
MOST_LOG_LINES: Final = 1_000
ROOM: Final = 4_200
"""Characters of a list; with its summary a result stays near 1,500 tokens."""
_State: TypeAlias = Literal[
    "any", "running", "restarting", "unhealthy", "paused", "exited", "created", "dead"
]
_Level: TypeAlias = Literal["any", "warning", "error", "critical"]
_Order: TypeAlias = Literal["restart", "start", "stop"]
_SEVERITIES: Final = ("critical", "error", "warning")
_RANKS: Final = {"failed": 0, "warning": 1}
_Call: TypeAlias = Callable[..., Awaitable[ToolResult]]


def tools(client: Client, inventory: Inventory, logs: Logs, events: Events) -> tuple[Tool, ...]:
    """The tools that only read."""
    calls = (*_states(client, inventory), *_histories(client, inventory, logs, events))
    return tuple(Tool(call=call, effect=Effect.READ) for call in calls)


def change_tools(inventory: Inventory, orders: Orders) -> tuple[Tool, ...]:
    """The tools that change something."""

    async def docker_control_container(
        container: Annotated[str, "Name, service or id."],
        action: Annotated[_Order, "What to do."],
    ) -> ToolResult:
        """Restarts, starts or stops one container."""
        check_choice("action", action, _Order)
        reading = await orders.order(action, await inventory.find(container))
        hint = f"Look at it with docker_inspect_container({reading.value.target!r})."
        return told(reading, f"Docker says: {reading.value.said}.\n{hint}")

    return (Tool(call=docker_control_container, effect=Effect.CHANGE),)


def _states(client: Client, inventory: Inventory) -> tuple[_Call, ...]:
    async def docker_list_containers(
        state: Annotated[_State, "Only these."] = "any",
        name: Annotated[str, "Part of name, project or image."] = "",
    ) -> ToolResult:
        """Containers: state, health, restarts, image and ports."""
        check_choice("state", state, _State)
        reading = await inventory.survey()
        survey = reading.value
        pairs = zip(survey.containers, survey.resources, strict=True)
        kept = [pair for pair in pairs if _is_listed(pair[0], state, name)]
        kept.sort(key=lambda pair: (_RANKS.get(pair[1].health, 2), not pair[0].alive, pair[0].name))
        lines = fitting((texts.container(*pair) for pair in kept), most=MOST_SHOWN, room=ROOM)
        data = tuple(one for _, one in kept)
        return told(reading, texts.overview(survey, len(kept), lines), data=data)

    async def docker_inspect_container(
        container: Annotated[str, "Name, service or id."],
    ) -> ToolResult:
        """One container: health checks, exit code, limits, mounts, networks."""
        reading = await inventory.details(container)
        details = reading.value
        return told(reading, texts.inspected(details), data=details.resource)

    async def docker_container_stats(
        container: Annotated[str, "Name, service or id; all if empty."] = "",
    ) -> ToolResult:
        """CPU, memory, network and disk use of containers."""
        found, cut = await client.containers()
        wanted = (
            (inventory.chosen(found, container),) if container else tuple(one for one in found if one.alive)
        )
        running = tuple(one for one in wanted if one.alive)
        if not running:
            query = await client.asked("containers", "NAME", "stats")
            return told(client.reading((), query, cut=(cut,)), _idle(wanted))
        reading = await Usage(client).of(running)
        lines = fitting((texts.use(one) for one in reading.value), most=MOST_SHOWN, room=ROOM)
        shown = f" (first {len(lines)} shown)" if len(lines) < len(reading.value) else ""
        head = f"{len(reading.value):,} of {len(found):,} containers measured{shown}; CPU 100 % is one core"
        return told(reading, "\n".join([head, *lines]), notes=(cut,), data=reading.value)

    return (docker_list_containers, docker_inspect_container, docker_container_stats)


def _histories(client: Client, inventory: Inventory, logs: Logs, events: Events) -> tuple[_Call, ...]:
    async def docker_container_logs(
        container: Annotated[str, "Name, service or id."],
        tail: Annotated[int, "Most lines."] = 100,
        since: Annotated[str, "1h ago, or a time."] = "1h",
        level: Annotated[_Level, "This or worse."] = "any",
        contains: Annotated[str, "Text in the line."] = "",
    ) -> ToolResult:
        """Newest log lines of one container."""
        check_choice("level", level, _Level)
        check_range("tail", tail, 1, MOST_LOG_LINES)
        window = _window(since, client.clock.now())
        found = await inventory.find(container)
        levels = _SEVERITIES[: _SEVERITIES.index(level) + 1] if level != "any" else ()
        wanted = LogFilter(container=found.name, levels=levels, containing=(contains,) if contains else ())
        reading = await logs.lines(wanted, window, tail)
        newest = fitting((texts.log_line(one) for one in reversed(reading.value)), most=tail, room=ROOM)
        text = texts.log(found, reading.value, newest[::-1])
        return told(reading, text, data=reading.value if len(newest) < len(reading.value) else None)

    async def docker_list_events(
        since: Annotated[str, "1h ago, or a time."] = "1h",
        name: Annotated[str, "Part of the name."] = "",
    ) -> ToolResult:
        """What happened to containers and images, newest first."""
        window = _window(since, client.clock.now())
        reading = await events.changes(window)
        kept = [one for one in reading.value if name.lower() in one.subject.lower()]
        lines = fitting((texts.change(one) for one in reversed(kept)), most=MOST_SHOWN, room=ROOM)
        shown = f" (newest {len(lines)} shown)" if len(lines) < len(kept) else ""
        since_then = f"since {window.start:%Y-%m-%d %H:%M:%SZ}"
        head = f"{len(reading.value):,} events {since_then}; {len(kept):,} match{shown}"
        hint = () if kept else ("Try an earlier since, or docker_list_containers for the present state.",)
        return told(reading, "\n".join([head, *lines, *hint]), data=tuple(kept) if shown else None)

    return (docker_container_logs, docker_list_events)


def _is_listed(found: Container, state: str, name: str) -> bool:
    if state == "unhealthy" and found.health != "unhealthy":
        return False
    if state not in {"any", "unhealthy", found.state}:
        return False
    texts_of_it = (found.name, found.project, found.service, found.image)
    return any(name.lower() in text.lower() for text in texts_of_it)


def _idle(wanted: tuple[Container, ...]) -> str:
    if wanted:
        return (
            f"{wanted[0].name} does not run ({wanted[0].status}): it uses nothing. See docker_container_logs."
        )
    return "No container runs here. See docker_list_containers for those that ended."


def _window(since: str, now: datetime) -> Window:
    start = parse_time(since, now)
    if start >= now:
        raise CallError(f"since {since!r} is {start:%Y-%m-%d %H:%M:%SZ}, not before now: give e.g. 1h.")
    return Window(start, now)
