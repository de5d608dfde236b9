"""What the assistant adds to the requests that an answer needs anyway."""

from __future__ import annotations

import asyncio
import json
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import Random
from typing import NamedTuple

import httpx2

from figures import Figure, percentile
from serving import serving, sre_environment
from sre_assistant.api.app import create_app
from sre_assistant.domain.events import Event
from sre_assistant.kit.breaker import BreakerState
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.ids import RandomIds
from sre_assistant.kit.wire import Request, Response, Wire
from sre_assistant.runtime.program import Program
from sre_assistant.runtime.settings import Settings, load
from sre_assistant.runtime.wiring import endpoint, open_wires
from sre_assistant.workflows.investigate import Selection
from startup import SRE

_HOMELAB = str(Path(__file__).with_name("homelab.py"))
_QUESTION = "why is the disk on nas filling?"
_ROUNDS = 30


class Sent(NamedTuple):
    """One request to a connected system, and when it was under way."""

    base: str
    request: Request
    began: float
    ended: float


class WatchedWire:
    """Notes what passes and when."""

    def __init__(self, wire: Wire, base: str, sent: list[Sent]) -> None:
        self._wire = wire
        self._base = base
        self._sent = sent

    @property
    def state(self) -> BreakerState:
        """That of the wire within."""
        return self._wire.state

    async def send(self, request: Request) -> Response:
        """Passes the request on."""
        began = time.perf_counter()
        response = await self._wire.send(request)
        self._sent.append(Sent(self._base, request, began, time.perf_counter()))
        return response

    async def aclose(self) -> None:
        """Closes the wire within."""
        await self._wire.aclose()


def measure() -> list[Figure]:
    """An investigation of everything, and questions over HTTP, on the demo's homelab."""
    with tempfile.TemporaryDirectory() as folder, homelab() as (prometheus, alertmanager):
        environ = sre_environment(folder, PROMETHEUS_URL=prometheus, ALERTMANAGER_URL=alertmanager)
        return [*asyncio.run(_investigation(load(environ))), *_questions(environ)]


@contextmanager
def homelab() -> Iterator[tuple[str, str]]:
    """The addresses of a simulated Prometheus and Alertmanager, for as long as the block lasts."""
    process = subprocess.Popen(
        [sys.executable, _HOMELAB], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    )
    try:
        if process.stdout is None:
            raise RuntimeError("the homelab's addresses must be piped")
        prometheus, alertmanager = process.stdout.readline().split()
        yield prometheus, alertmanager
    finally:
        process.communicate(timeout=20)


@asynccontextmanager
async def _watched_program(settings: Settings, sent: list[Sent]) -> AsyncIterator[Program]:
    """The program over real connections, each request of which is noted in ``sent``."""
    clock = SystemClock()
    async with open_wires(settings.systems, clock=clock, rng=Random(1)) as wires:
        watched = {s.name: WatchedWire(wires[s.name], endpoint(s).url, sent) for s in settings.systems}
        yield Program(settings, watched, clock=clock, ids=RandomIds())


async def _investigation(settings: Settings) -> list[Figure]:
    walls, cpus, sent = list[float](), list[float](), list[Sent]()
    async with _watched_program(settings, sent) as program:
        for _ in range(_ROUNDS):
            sent.clear()
            wall, cpu = time.perf_counter(), time.process_time()
            await program.investigate(Selection(everything=True), emit=_unheard)
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    waves = in_waves(sent)
    plain_walls, plain_cpus = await _plainly(waves)
    peer = "the same requests with plain httpx2"
    return [
        Figure(
            what="investigating all alerts, wall time",
            value=statistics.median(walls) * 1e3,
            unit="ms",
            bound=1000,
            peer=peer,
            peer_value=statistics.median(plain_walls) * 1e3,
            note=f"{len(sent)} requests in {len(waves)} waves; first run {walls[0] * 1e3:.0f} ms",
        ),
        Figure(
            what="investigating all alerts, own CPU time",
            value=statistics.median(cpus) * 1e3,
            unit="ms",
            bound=300,
            peer=peer,
            peer_value=statistics.median(plain_cpus) * 1e3,
            note=f"first run {cpus[0] * 1e3:.0f} ms",
        ),
        Figure(
            what="investigating all alerts, requests",
            value=len(sent),
            unit="",
            bound=40,
            peer="one query for each firing alert",
            peer_value=2,
        ),
    ]


def in_waves(sent: list[Sent]) -> list[list[Sent]]:
    """Requests that were under way together, wave by wave: each waits for all before it."""
    waves: list[list[Sent]] = []
    for one in sorted(sent, key=lambda s: s.began):
        if not waves or one.began >= max(s.ended for s in waves[-1]):
            waves.append([])
        waves[-1].append(one)
    return waves


async def _plainly(waves: list[list[Sent]]) -> tuple[list[float], list[float]]:
    """Wall and CPU seconds of the same requests, read as JSON and forgotten."""
    walls, cpus = list[float](), list[float]()
    async with httpx2.AsyncClient() as client:
        for _ in range(_ROUNDS):
            wall, cpu = time.perf_counter(), time.process_time()
            for wave in waves:
                await asyncio.gather(*(_plain(client, one) for one in wave))
            walls.append(time.perf_counter() - wall)
            cpus.append(time.process_time() - cpu)
    return walls[1:], cpus[1:]


async def _plain(client: httpx2.AsyncClient, sent: Sent) -> None:
    request = sent.request
    answer = await client.request(
        request.method,
        sent.base + request.path,
        params=list(request.params),
        data=dict(request.form) or None,
    )
    json.loads(answer.content)


def _questions(environ: dict[str, str]) -> list[Figure]:
    own, sent = asyncio.run(_own_time(load(environ)))
    waves = in_waves(sent)
    token = secrets.token_hex(16)
    with serving([SRE, "serve", "--port", "0"], environ | {"SRE_TOKEN": token}, "/livez") as (url, _):
        asked = _ask(url, token)
        plain, _ = asyncio.run(_plainly(waves))
    return [
        Figure(
            what="`POST /ask` over HTTP, 95th percentile",
            value=percentile(asked, 0.95) * 1e3,
            unit="ms",
            peer="the same requests with plain httpx2",
            peer_value=percentile(plain, 0.95) * 1e3,
            note=f"{len(sent)} requests in {len(waves)} waves",
        ),
        Figure(
            what="`POST /ask` while no request is under way, 95th percentile",
            value=percentile(own, 0.95) * 1e3,
            unit="ms",
            bound=20,
            peer="the whole answer, median",
            peer_value=statistics.median(asked) * 1e3,
        ),
    ]


async def _own_time(settings: Settings) -> tuple[list[float], list[Sent]]:
    """Seconds of each question in which it waited for nobody, and what the last one sent."""
    own, sent = list[float](), list[Sent]()
    token = secrets.token_hex(16)
    async with _watched_program(settings, sent) as program:
        transport = httpx2.ASGITransport(app=create_app(program, token=token))
        headers = {"Authorization": f"Bearer {token}"}
        async with httpx2.AsyncClient(
            transport=transport, base_url="http://localhost", headers=headers
        ) as client:
            for _ in range(_ROUNDS):
                sent.clear()
                began = time.perf_counter()
                (await client.post("/ask", json={"question": _QUESTION})).raise_for_status()
                waited = sum(max(s.ended for s in wave) - wave[0].began for wave in in_waves(sent))
                own.append(time.perf_counter() - began - waited)
    return own[1:], sent


def _ask(url: str, token: str) -> list[float]:
    seconds = []
    with httpx2.Client(headers={"Authorization": f"Bearer {token}"}, timeout=30) as client:
        for _ in range(_ROUNDS):
            began = time.perf_counter()
            client.post(f"{url}/ask", json={"question": _QUESTION}).raise_for_status()
            seconds.append(time.perf_counter() - began)
    return seconds[1:]


def _unheard(event: Event) -> None:
    """Nobody watches."""
