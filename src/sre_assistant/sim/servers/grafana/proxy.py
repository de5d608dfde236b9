"""Grafana's way through to a data source."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from starlette.requests import Request
from starlette.responses import Response

from sre_assistant.sim.live import Live
from sre_assistant.sim.misbehaviour import MODES, App
from sre_assistant.sim.servers.grafana.asked import Refused, role_of


class Proxy:
    """An application behind Grafana's door; what the story does to it shows here too."""

    def __init__(self, live: Live, app: App, system: str) -> None:
        self._live = live
        self._app = app
        self._system = f"system/{system}"

    async def __call__(
        self,
        scope: MutableMapping[str, Any],
        receive: Callable[[], Awaitable[MutableMapping[str, Any]]],
        send: Callable[[MutableMapping[str, Any]], Awaitable[None]],
    ) -> None:
        """Passes one request on."""
        answer: Response | None = None
        try:
            role_of(Request(scope), self._live.credentials["grafana"])
        except Refused as refusal:
            answer = refusal.answer
        if answer is None and self.broken():
            answer = Response(status_code=502)
        await (answer or self._app)(scope, receive, send)

    def broken(self) -> bool:
        """Whether the data source does not answer as it should now."""
        return self._live.world.spells[self._system].at(self._live.now, *MODES) is not None
