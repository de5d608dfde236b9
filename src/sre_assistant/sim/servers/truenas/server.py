"""The NAS on the wire."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Final

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from sre_assistant.sim.live import Live
from sre_assistant.sim.misbehaviour import CutOff
from sre_assistant.sim.servers.truenas.asked import Asked, Memory
from sre_assistant.sim.servers.truenas.keys import Keys, Role
from sre_assistant.sim.servers.truenas.rest import BASE, rest
from sre_assistant.sim.servers.truenas.session import Session
from sre_assistant.sim.servers.truenas.view import View

_PATHS: Final = {
    "25.04": ("v25.04.0", "v25.04.1", "v25.04.2"),
    "25.10": ("v25.10.0", "v25.10.1"),
    "26.0": ("v26.0.0",),
}
"""The versions of the API that each release adds; it also has those before."""


@dataclass(frozen=True, slots=True)
class TrueNas:
    """A TrueNAS system over the first pool of a house.

    Args:
        live: the homelab.
        version: ``25.04``, ``25.10`` or ``26.0``, which has no REST API any more.
        revokes_plain: whether an API key that comes over a connection without TLS is revoked, as real
            systems do; off, because the simulated homelab has no TLS.
    """

    live: Live
    version: str = "25.10"
    revokes_plain: bool = False
    memory: Memory = field(default_factory=Memory)

    def app(self) -> Starlette:
        """Both APIs."""

        async def talk(socket: WebSocket) -> None:
            if self.away:
                raise CutOff
            await Session(self, socket).run()

        async def legacy(request: Request) -> Response:
            return await rest(self, request)

        async def front(_request: Request) -> Response:
            return RedirectResponse("/ui/", 302)

        async def page(_request: Request) -> Response:
            return PlainTextResponse("<!doctype html><title>TrueNAS</title>", media_type="text/html")

        methods = ["GET", "POST", "PUT", "DELETE"]
        return Starlette(
            routes=[
                *(WebSocketRoute(path, talk) for path in ("/api/current", *self._paths())),
                Route(f"{BASE}{{path:path}}", legacy, methods=methods),
                Route("/", front),
                Route("/ui/", page),
            ]
        )

    @property
    def keys(self) -> Keys:
        """The keys that it knows."""
        return Keys(self.live.credentials["truenas"])

    @property
    def host(self) -> str:
        """The machine that it is."""
        house = self.live.world.house
        return next(pool.host for pool in house.pools.values())

    @property
    def away(self) -> bool:
        """Whether its machine is off or off the network."""
        return self.live.world.spells[f"host/{self.host}"].at(self.live.now, "gone", "off") is not None

    def asked(self, arguments: list[Any], role: Role | None) -> Asked:
        """A call of now."""
        view = View(self.live.world, self.host, self.live.now, self.version)
        return Asked(self.live, view, self.memory, arguments, role)

    def _paths(self) -> list[str]:
        releases = list(_PATHS)
        known = releases[: releases.index(self.version) + 1]
        return [f"/api/{path}" for release in known for path in _PATHS[release]]
