"""What a request passes before it is worked on: the name it calls, its token, and whether there is room."""

from __future__ import annotations

import hmac
import math
from collections.abc import Iterable
from dataclasses import dataclass
from http import HTTPStatus

from starlette.datastructures import Headers
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

from sre_assistant.api.errors import problem
from sre_assistant.kit.clock import Clock

OPEN_PATHS = frozenset({"/livez", "/readyz"})
"""Answered to anybody, by any name: probes know no token and call a container by its address."""
_UNCROWDED_PATHS = frozenset({"/livez", "/readyz", "/healthz", "/health", "/ready", "/metrics"})
"""Never turned away for lack of room: they tell why there is none."""
_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "[::1]"})
_WILDCARDS = frozenset({"0.0.0.0", "::", ""})  # noqa: S104 - recognised, not bound


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How much is taken on."""

    at_once: int = 8
    """Requests worked on side by side."""
    burst: int = 60
    """Requests that may come at once after a quiet time."""
    per_second: float = 5.0
    """Requests a second in the long run."""


def host_names(bound: str, allowed: Iterable[str]) -> frozenset[str]:
    """The names the API answers to: loopback's, the bound address, and what the operator allows."""
    own = {f"[{bound}]" if ":" in bound else bound} if bound not in _WILDCARDS else set[str]()
    return frozenset(name.lower() for name in {*_LOOPBACK_NAMES, *own, *allowed})


class Doorkeeper:
    """Turns away who calls us by a strange name (DNS rebinding) or without the token."""

    def __init__(self, app: ASGIApp, *, token: str, names: frozenset[str]) -> None:
        self._app = app
        self._token = token.encode()
        self._names = names

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers 421 or 401."""
        refusal = None if scope["type"] != "http" or scope["path"] in OPEN_PATHS else self._refusal(scope)
        await (refusal or self._app)(scope, receive, send)

    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        host = headers.get("host", "").lower()
        if host not in self._names and _without_port(host) not in self._names:
            return problem(
                HTTPStatus.MISDIRECTED_REQUEST,
                f"This server does not go by the name {host!r}. If it should, add it to SRE_ALLOWED_HOSTS.",
            )
        scheme, _, given = headers.get("authorization", "").partition(" ")
        right = hmac.compare_digest(given.strip().encode(), self._token)
        if scheme.lower() == "bearer" and right:
            return None
        what = "The token is wrong." if given else "A token is required: Authorization: Bearer TOKEN."
        return problem(
            HTTPStatus.UNAUTHORIZED,
            f"{what} `sre config` shows the state folder that holds it in the file api-token.",
            headers={"WWW-Authenticate": 'Bearer realm="sre-assistant"'},
        )


class Turnstile:
    """Lets in so many at once and so many a second; the others are told when to come back."""

    def __init__(self, app: ASGIApp, *, limits: Limits, clock: Clock) -> None:
        self._app = app
        self._limits = limits
        self._clock = clock
        self._inside = 0
        self._tokens = float(limits.burst)
        self._filled_at = clock.monotonic()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Passes the request on, or answers 429."""
        if scope["type"] != "http" or scope["path"] in _UNCROWDED_PATHS:
            await self._app(scope, receive, send)
            return
        refusal = self._refusal()
        if refusal is not None:
            await refusal(scope, receive, send)
            return
        self._inside += 1
        try:
            await self._app(scope, receive, send)
        finally:
            self._inside -= 1

    def _refusal(self) -> Response | None:
        now = self._clock.monotonic()
        gained = (now - self._filled_at) * self._limits.per_second
        self._tokens = min(float(self._limits.burst), self._tokens + gained)
        self._filled_at = now
        if self._inside >= self._limits.at_once:
            return _later(1, f"{self._inside} requests are being worked on, which is the most at once.")
        if self._tokens < 1:
            wait = math.ceil((1 - self._tokens) / self._limits.per_second)
            return _later(wait, f"More than {self._limits.per_second:g} requests a second.")
        self._tokens -= 1
        return None


def _later(seconds: int, why: str) -> Response:
    return problem(
        HTTPStatus.TOO_MANY_REQUESTS,
        f"{why} Come back in {seconds} s.",
        headers={"Retry-After": str(seconds)},
    )


def _without_port(host: str) -> str:
    name, colon, port = host.rpartition(":")
    return name if colon and port.isdecimal() and port.isascii() else host
