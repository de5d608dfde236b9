"""The outermost layer: every request is measured and logged, and no defect leaves without an answer."""

from __future__ import annotations

import logging

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from sre_assistant.api.errors import attempt, internal
from sre_assistant.api.metrics import Meters
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.redaction import bounded

log = logging.getLogger("sre_assistant.access")

_OTHER = "other"


class Watch:
    """Counts, times and logs; paths that are not ours share one label."""

    def __init__(self, app: ASGIApp, *, meters: Meters, clock: Clock, paths: frozenset[str]) -> None:
        self._app = app
        self._meters = meters
        self._clock = clock
        self._paths = paths

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on; a defect within becomes a 500, unless the answer has begun."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        endpoint = scope["path"] if scope["path"] in self._paths else _OTHER
        status = 0

        async def noted(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        began = self._clock.monotonic()
        try:
            with self._meters.in_progress.labels(endpoint).track_inprogress():
                defect = await attempt(self._app(scope, receive, noted))
            if defect is not None and status == 0:
                await internal(defect)(scope, receive, noted)
        finally:
            self._note(scope, endpoint, status, self._clock.monotonic() - began)

    def _note(self, scope: Scope, endpoint: str, status: int, seconds: float) -> None:
        """A status of 0 means that the caller left before there was an answer."""
        self._meters.seconds.labels(endpoint).observe(seconds)
        self._meters.requests.labels(endpoint, str(status or 499)).inc()
        client = scope.get("client") or ("", 0)
        fields = {
            "method": scope["method"],
            "path": bounded(scope["path"], 200),
            "status": status or 499,
            "seconds": round(seconds, 4),
            "client": client[0],
        }
        log.info("request", extra={"fields": fields})
