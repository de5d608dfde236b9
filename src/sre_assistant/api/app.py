"""The HTTP API: each endpoint parses, calls one function of the program, and writes what came."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from functools import cache
from http import HTTPStatus
from typing import TYPE_CHECKING, Any

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.responses import Response, StreamingResponse
from starlette.routing import Route

from sre_assistant import __version__
from sre_assistant.api import bodies, errors, stream
from sre_assistant.api.gates import Doorkeeper, Limits, Turnstile, host_names
from sre_assistant.api.health import Health, health_report, unready
from sre_assistant.api.metrics import CONTENT_TYPE, Meters
from sre_assistant.api.watch import Watch
from sre_assistant.domain.errors import SreError
from sre_assistant.kit import codec
from sre_assistant.runtime.sessions import Sessions, checked_session_id, new_session_id

if TYPE_CHECKING:
    from sre_assistant.domain.answer import Answer
    from sre_assistant.domain.events import Emit, Event
    from sre_assistant.runtime.program import Program

_HEARTBEAT = 15.0


def create_app(
    program: Program, *, token: str, heartbeat: float = _HEARTBEAT, limits: Limits | None = None
) -> FastAPI:
    """The application over an open program.

    Args:
        program: does the work; its opener closes it.
        token: what callers must show.
        heartbeat: seconds of silence in a stream after which a comment line is sent.
        limits: how much is taken on; None for the usual.
    """
    meters = Meters(lambda: program.breakers)
    health = Health(program, meters)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        yield
        await health.aclose()

    app = FastAPI(
        title="HomeLab SRE Assistant",
        version=__version__,
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        openapi_url="/openapi.json",
        exception_handlers={SreError: errors.on_sre_error, HTTPException: errors.on_http_exception},
    )
    _add_work(app, program, meters, heartbeat)
    _add_probes(app, program, meters, health)
    _describe(app)
    own = program.settings.own
    names = host_names(own.host, own.allowed_hosts)
    app.add_middleware(Turnstile, limits=limits or Limits(), clock=program.clock)
    app.add_middleware(Doorkeeper, token=token, names=names)
    app.add_middleware(Watch, meters=meters, clock=program.clock, paths=_paths(app))
    return app


def _add_work(app: FastAPI, program: Program, meters: Meters, heartbeat: float) -> None:
    """The endpoints that ask the connected systems."""
    sessions = Sessions(program.clock)

    async def answered(asked: bodies.Question, session: str, emit: Emit) -> Answer:
        previous = sessions.recall(session)
        answer = await program.ask(asked.question, emit=emit, previous=previous, session_id=session)
        sessions.remember(session, answer)
        return answer

    @app.post("/ask", summary="Answer a question from live data")
    async def ask(request: Request) -> Response:
        asked = await bodies.read_question(request)
        return _json(await answered(asked, _session(asked), meters.heard))

    @app.post("/ask/stream", summary="The same as server-sent events, with progress")
    async def ask_stream(request: Request) -> Response:
        asked = await bodies.read_question(request)
        session = _session(asked)

        async def work(tell: Emit) -> Answer:
            def emit(event: Event) -> None:
                meters.heard(event)
                tell(event)

            return await answered(asked, session, emit)

        lines = stream.events(work, heartbeat=heartbeat)
        return StreamingResponse(lines, media_type="text/event-stream", headers=stream.HEADERS)

    @app.post("/investigate", summary="Explain an alert, all alerts, or alerts handed in")
    async def investigate(request: Request) -> Response:
        selection = await bodies.read_selection(request, program.clock.now())
        found = await program.investigate(selection, emit=meters.heard)
        return _json(found.document)

    @app.get("/alerts", summary="The active alerts")
    async def alerts() -> Response:
        return _json(await program.alerts(emit=meters.heard))


def _add_probes(app: FastAPI, program: Program, meters: Meters, health: Health) -> None:
    """The endpoints that tell how it goes."""

    @app.get("/livez", summary="Whether the process answers")
    async def livez() -> Response:
        return _json({"status": "alive"})

    @app.get("/readyz", summary="Whether work can be done")
    async def readyz() -> Response:
        reasons = unready(await health.systems(), program.metric_systems)
        if reasons:
            return errors.problem(HTTPStatus.SERVICE_UNAVAILABLE, "Not ready.", members={"reasons": reasons})
        return _json({"status": "ready"})

    async def healthz() -> Response:
        report = health_report(await health.systems(), __version__)
        failed = report.status == "unhealthy"
        return _json(report, HTTPStatus.SERVICE_UNAVAILABLE if failed else HTTPStatus.OK)

    for path in ("/healthz", "/health", "/ready"):
        app.get(path, summary="How each connected system is", operation_id=path[1:])(healthz)

    @app.get("/metrics", summary="Metrics of the assistant itself")
    async def metrics() -> Response:
        health.refresh()
        return Response(meters.text(), headers={"Content-Type": CONTENT_TYPE})


def _describe(app: FastAPI) -> None:
    """Lets the OpenAPI document be completed when it is first asked for."""
    generated = app.openapi

    @cache
    def openapi() -> dict[str, Any]:
        from sre_assistant.api.openapi import completed  # noqa: PLC0415 - loads every type it describes

        return completed(generated())

    app.openapi = openapi  # type: ignore[method-assign]  # FastAPI's documented way to extend it


def _paths(app: FastAPI) -> frozenset[str]:
    return frozenset(route.path for route in app.routes if isinstance(route, Route))


def _session(asked: bodies.Question) -> str:
    return new_session_id() if asked.session_id is None else checked_session_id(asked.session_id)


def _json(value: object, status: int = HTTPStatus.OK) -> Response:
    return Response(codec.encode(value), status_code=status, media_type="application/json")
