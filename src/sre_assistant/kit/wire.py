"""The seam between this program and the outside: requests, responses, and what carries them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol
from urllib.parse import quote, unquote

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.breaker import BreakerState
from sre_assistant.kit.endpoint import Purpose


@dataclass(frozen=True, slots=True, kw_only=True)
class Request:
    """One call, relative to the system's base URL and without credentials."""

    method: str
    path: str
    """Begins with a slash, percent-encoded; ``path_of`` writes one from segments."""
    params: tuple[tuple[str, str], ...] = ()
    """The query, in order."""
    form: tuple[tuple[str, str], ...] = ()
    """Sent url-encoded in the body; for queries too long for a URL."""
    json: object | None = None
    """Sent as JSON; not together with ``form``."""
    media_type: str = ""
    """What the body is called where ``application/json`` would not do, e.g. a patch."""
    repeatable: bool
    """Whether asking twice does no more than asking once; only then is it tried again."""
    purpose: Purpose = "read"
    """Which credential it is sent with."""
    name: str = ""
    """Which call it is where many go to one path, e.g. ``pool.query``; only errors show it."""

    @property
    def operation(self) -> str:
        """What an error calls it, e.g. ``GET /api/v1/query``."""
        return f"{self.method} {self.path} {self.name}".rstrip()


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """What came back, read whole within its bound."""

    status: int
    headers: Mapping[str, str] = field(repr=False)
    """Names in lower case."""
    body: bytes = field(repr=False)
    reason: str = field(default="", repr=False)
    """What the status line says, where that is not the usual phrase; some systems say nothing else."""

    @property
    def content_type(self) -> str:
        """The media type without its parameters, lower case."""
        return self.headers.get("content-type", "").partition(";")[0].strip().lower()


class Wire(Protocol):
    """Carries requests to one system."""

    @property
    def state(self) -> BreakerState:
        """Whether the system is asked at all right now."""
        ...

    async def send(self, request: Request) -> Response:
        """The response, whatever its status.

        Raises:
            Unreachable: none came.
            Malformed: it was larger than the bound.
        """
        ...

    async def aclose(self) -> None:
        """Closes all connections; sending again opens new ones."""
        ...


def path_of(*segments: str) -> str:
    """A path in which no segment can leave its place, e.g. ``/api/v1/label/a%2Fb/values``.

    Raises:
        CallError: a segment is empty or would go up.
    """
    for segment in segments:
        if segment in {"", ".", ".."}:
            raise CallError(f"{segment!r} cannot be part of a path: give a name.")
    return "".join(f"/{quote(segment, safe='')}" for segment in segments)


def checked_path(path: str) -> str:
    """The path, if it is one that stays below its base.

    Raises:
        CallError: it is relative, goes up, or carries a query.
    """
    steps = [unquote(step) for step in path.split("/")[1:]]
    if not path.startswith("/") or {".", ".."} & set(steps) or not path.isascii() or not path.isprintable():
        raise CallError(f"{path!r} is no path below the base URL.")
    if any(c in path for c in "?#\\ "):
        raise CallError(f"{path!r} is no path: a query goes into the parameters.")
    return path
