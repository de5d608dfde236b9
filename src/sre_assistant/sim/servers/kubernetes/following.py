"""Logs over the wire: at once, or as long as the client listens."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable

from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response

from sre_assistant.sim.live import Live
from sre_assistant.sim.servers.kubernetes.answers import plain, stream
from sre_assistant.sim.servers.kubernetes.logs import Log, Wanted, wanted
from sre_assistant.sim.servers.kubernetes.objects import Times
from sre_assistant.sim.servers.kubernetes.places import Place
from sre_assistant.sim.servers.kubernetes.resources import resource
from sre_assistant.sim.servers.kubernetes.status import Refused, not_found
from sre_assistant.sim.servers.kubernetes.view import View
from sre_assistant.sim.servers.kubernetes.watching import LOOK_SECONDS
from sre_assistant.sim.things.lives import Life


async def log(live: Live, now: Callable[[], View], request: Request, found: Place) -> Response:
    """The log of a pod's container.

    Raises:
        Refused: there is none to be had.
    """

    def begun() -> tuple[Wanted, Log, Life, list[bytes]]:
        view = now()
        asked = wanted(request.query_params, found.name)
        log = _log_of(view, found)
        life = log.life(asked)
        return asked, log, life, log.lines(asked, life)

    asked, log, life, lines = await run_in_threadpool(begun)
    if not asked.follow or asked.previous:
        return plain(live, b"".join(lines).decode("utf-8", "replace"))

    async def following() -> AsyncIterator[bytes]:
        yield b"".join(lines)
        upto = Times(log.world).nano(log.t) + 1
        while True:
            view = now()
            newer, over = await run_in_threadpool(_newer, log, view, asked, life, upto)
            if newer:
                yield b"".join(newer)
            if over:
                return
            upto = max(upto, Times(view.world).nano(view.t) + 1)
            await live.clock.sleep(LOOK_SECONDS)

    return stream(live, following(), "text/plain")


def _log_of(view: View, where: Place) -> Log:
    for work in view.cluster.workloads.values():
        for pod in work.at(view.t):
            if (pod.namespace, pod.name) == (where.namespace, where.name):
                return Log(view.world, work, pod, view.t)
    raise not_found(resource("pods"), where.name)


def _newer(log: Log, view: View, asked: Wanted, life: Life, upto: int) -> tuple[list[bytes], bool]:
    """What a log has got since, and whether nothing more can come: its run is over, or its pod is gone."""
    where = Place(resource("pods"), True, log.pod.namespace, log.pod.name)
    try:
        latest = _log_of(view, where)
        run = latest.life(asked)
    except Refused:
        return Log(view.world, log.workload, log.pod, view.t).lines(asked, life, upto), True
    if latest.pod.uid != log.pod.uid or run.start != life.start:
        return [], True
    return latest.lines(asked, run, upto), run.end <= view.t
