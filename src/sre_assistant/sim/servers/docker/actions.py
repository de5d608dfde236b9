"""What changes containers: start, stop, restart, kill, pause, remove."""

from __future__ import annotations

import asyncio
from collections.abc import Mapping
from typing import Final

from starlette.concurrency import run_in_threadpool

from sre_assistant.sim.causality.deeds import Act
from sre_assistant.sim.live import DeedFailed, Live
from sre_assistant.sim.servers.docker.containers import Container, not_running
from sre_assistant.sim.servers.docker.wire import Refused, flag

Params = Mapping[str, str]
"""The query."""

_LOOK_SECONDS: Final = 0.02
_PATIENCE: Final = 70.0
"""Seconds of the world in which an order is carried out, if ever."""
_FATAL: Final = frozenset(
    {"", "KILL", "SIGKILL", "9", "TERM", "SIGTERM", "15", "INT", "SIGINT", "2", "QUIT", "3"}
)
_UNMODIFIED: Final = 304
_DONE: Final = 204


async def start(live: Live, container: Container, _params: Params) -> int:
    """Starts it; the status of the answer."""
    if container.status == "paused":
        raise Refused(409, "cannot start a paused container, try unpause instead")
    if container.alive or container.status == "restarting":
        return _UNMODIFIED
    await _do(live, container, "start")
    return await _until(live, container, alive=True)


async def stop(live: Live, container: Container, _params: Params) -> int:
    """Stops it; the status of the answer."""
    if not container.alive and container.status != "restarting":
        return _UNMODIFIED
    await _do(live, container, "stop")
    return await _until(live, container, alive=False)


async def restart(live: Live, container: Container, _params: Params) -> int:
    """Stops and starts it."""
    if container.status == "paused":
        await _do(live, container, "resume")
    await _do(live, container, "restart")
    await _until(live, container, alive=False)
    return await _until(live, container, alive=True)


async def kill(live: Live, container: Container, params: Params) -> int:
    """Sends it a signal; those that it survives change nothing."""
    if not container.alive:
        raise not_running(container, f"cannot kill container: {container.name}: ")
    if params.get("signal", "").upper() in _FATAL:
        await _do(live, container, "kill")
    return _DONE


async def pause(live: Live, container: Container, _params: Params) -> int:
    """Stops its clock."""
    if container.status == "paused":
        raise Refused(409, f"Container {container.id} is already paused")
    if not container.alive:
        raise not_running(container)
    await _do(live, container, "suspend")
    return _DONE


async def unpause(live: Live, container: Container, _params: Params) -> int:
    """Lets it go on."""
    if container.status != "paused":
        raise Refused(500, f"Container {container.id} is not paused")
    await _do(live, container, "resume")
    return _DONE


async def remove(live: Live, container: Container, params: Params) -> int:
    """Removes it; one that runs only by force."""
    if container.alive or container.status == "restarting":
        if not flag(params, "force"):
            state = "running" if container.status != "paused" else "paused"
            raise Refused(
                409,
                f'cannot remove container "/{container.name}": container is {state}: '
                "stop the container before removing or force remove",
                (
                    409,
                    f"You cannot remove a {state} container {container.id}. "
                    "Stop the container before attempting removal or force remove",
                ),
            )
        await _do(live, container, "stop")
    await _do(live, container, "delete")
    return _DONE


async def _do(live: Live, container: Container, act: Act) -> None:
    try:
        await run_in_threadpool(live.act, act, container.running.entity)
    except DeedFailed as error:
        words = {"suspend": "pause", "resume": "unpause", "delete": "remove"}
        raise Refused(500, f"Cannot {words.get(act, act)} container {container.name}: {error}") from error


async def _until(live: Live, container: Container, *, alive: bool) -> int:
    """Waits as the daemon does until it is done, if time passes at all."""
    limit = live.now + _PATIENCE
    while live.clock.speed > 0 and live.now < limit:
        running = live.world.containers[container.running.entity]
        if (running.life(live.now) is not None) is alive:
            break
        await asyncio.sleep(_LOOK_SECONDS)
    return _DONE
