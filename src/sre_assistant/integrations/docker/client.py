"""Typed calls to the Docker Engine API; the only file that knows its paths."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any, Final, NamedTuple, TypeVar

import msgspec

from sre_assistant.domain.errors import Denied, Missing, Rejected
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.docker import shapes
from sre_assistant.integrations.docker.config import Config
from sre_assistant.integrations.docker.frames import Line, read_log
from sre_assistant.integrations.docker.parse import Container, container
from sre_assistant.kit.answers import Answers
from sre_assistant.kit.api import Api, get
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.codec import DecodeError, decode
from sre_assistant.kit.entries import MOST_KEPT, read_entries
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.wire import Request, Wire, path_of

T = TypeVar("T")

OLDEST_API: Final = (1, 41)
NEWEST_API: Final = (1, 47)
"""The versions that this is made for."""
_VERSION: Final = re.compile(r"(\d{1,3})\.(\d{1,3})")
_ALLOWING: Final = {
    "version": "VERSION=1",
    "info": "INFO=1",
    "events": "EVENTS=1",
    "containers": "CONTAINERS=1",
}
"""What the usual socket proxies call the parts of the API."""
_ALREADY_SO: Final = 304
_UNREADABLE: Final = "does not support reading"
_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True, kw_only=True)
class Spoken:
    """Which version of the API is spoken with the daemon."""

    api: str
    """E.g. ``1.47``; empty where the daemon may not be asked and takes its own newest."""
    version: shapes.Version | None
    """What the daemon says of itself, where it may be asked."""


class Listed(NamedTuple):
    """Some of a list, and why that is not all of it (empty when it is)."""

    found: tuple[Any, ...]
    cut: str


class Client:
    """One daemon.

    Args:
        name: its configured name.
        config: where it is.
        wire: carries the calls.
        clock: dates the answers.
    """

    def __init__(self, name: str, config: Config, wire: Wire, clock: Clock) -> None:
        self.name = name
        self.clock = clock
        self._api = Api(name, config, wire, clock, _explanation)
        self._answers = Answers(name, config, _explanation)
        self._spoken: Spoken | None = None
        self._negotiating = asyncio.Lock()
        self._host = ""

    @property
    def reading(self) -> Callable[..., Reading[Any]]:
        """Makes a reading of a value, as ``Api.reading`` does."""
        return self._api.reading

    async def spoken(self) -> Spoken:
        """The version that both sides know; the daemon is asked once.

        Raises:
            SourceError: it does not answer.
        """
        async with self._negotiating:
            if self._spoken is None:
                self._spoken = await self._negotiated()
            return self._spoken

    async def info(self) -> shapes.Info:
        """The daemon and its machine."""
        info = await self._get("info", shapes.Info)
        self._host = info.name = bounded(info.name, 255)
        return info

    async def host(self) -> str:
        """The daemon's name, which does not change while it runs."""
        return self._host or (await self.info()).name

    async def containers(self) -> Listed:
        """All containers, the latest made first; one that is listed twice is one."""

        def read(body: bytes) -> Listed:
            found, cut = read_entries(_list(body), shapes.Summary, container)
            return Listed(tuple({one.id: one for one in found}.values()), cut)

        return await self._fetched("containers", "json", params=(("all", "1"),), read=read)

    async def inspected(self, found: Container) -> shapes.Inspected:
        """One container with all that is known of it."""
        return await self._get("containers", shapes.Inspected, found.id, "json")

    async def stats(self, found: Container, *, at_once: bool) -> shapes.Stats:
        """What a container uses: two samples a second apart, or one at once.

        Args:
            found: the container.
            at_once: one sample without the one before it; without, the daemon takes a second or two.
        """
        how = (("stream", "0"), ("one-shot", "1")) if at_once else (("stream", "0"),)
        return await self._get("containers", shapes.Stats, found.id, "stats", params=how)

    async def log(
        self, found: Container, *, since: datetime, until: datetime | None, tail: int | None
    ) -> tuple[Line, ...]:
        """The lines of a container within a window, by time.

        Args:
            found: the container.
            since: the first moment.
            until: the last one; None for now.
            tail: only so many from the end of the log, whatever ``until`` says.

        Raises:
            Missing: it is gone, or its log driver cannot be read (see ``unreadable``).
            SourceError: nothing usable came.
        """
        params = [("stdout", "1"), ("stderr", "1"), ("timestamps", "1"), ("since", _seconds(since))]
        # Docker's lines have nanoseconds: the last microsecond is meant to its end.
        params += [("until", f"{_seconds(until)}999")] if until else []
        params += [("tail", str(tail))] if tail is not None else []
        request = get(await self._path("containers", found.id, "logs"), *params)
        with self._explained(request, "containers"):
            response = await self._api.response(request)
        return await self._api.parsed(request, response.body, read_log)

    async def events(self, since: datetime, until: datetime) -> Listed:
        """What the daemon remembers of a window, oldest first."""

        def read(body: bytes) -> Listed:
            lines = [msgspec.Raw(line) for line in body.splitlines() if line.strip()]
            found, cut = read_entries(lines[-MOST_KEPT:], shapes.Event, lambda event: event)
            gone = (
                f"{len(lines):,} events came, the last {MOST_KEPT:,} were kept"
                if len(lines) > MOST_KEPT
                else ""
            )
            return Listed(found, "; ".join(why for why in (cut, gone) if why))

        params = (("since", _seconds(since)), ("until", _seconds(until)))
        request = get(await self._path("events"), *params)
        with self._explained(request, "events"):
            response = await self._api.response(request)
        return await self._api.parsed(request, response.body, read)

    async def plugins(self) -> object:
        """The daemon's plugins, which nobody here needs: an answer shows that more is let through."""
        return await self._get("plugins", list[msgspec.Raw])

    async def order(self, action: str, found: Container) -> bool:
        """Has a container restarted, started or stopped; False when it was as wanted already.

        Raises:
            SourceError: it was refused, or nobody knows whether it was done.
        """
        path = await self._path("containers", found.id, action)
        request = Request(method="POST", path=path, repeatable=False, purpose="change")
        response = await self._api.wire.send(request)
        if response.status == _ALREADY_SO:
            return False
        with self._explained(request, f"POST /containers/NAME/{action}"):
            self._answers.check_status(request, response)
        return True

    async def asked(self, *segments: str) -> str:
        """A read as it is written in provenance, e.g. ``GET /v1.47/containers/json``."""
        return f"GET {await self._path(*segments)}"

    async def _negotiated(self) -> Spoken:
        request = get("/version")
        try:
            version = await self._api.fetch(request, lambda body: decode(body, shapes.Version))
        except Denied:
            return Spoken(api="", version=None)
        newest = number(version.api_version)
        if newest is None:
            raise self._api.malformed(request, f"ApiVersion is {version.api_version!r}")
        # A daemon that no longer speaks what this was made for is still spoken to, in its oldest version.
        chosen = max(min(newest, NEWEST_API), number(version.min_api_version or "") or (0, 0))
        return Spoken(api=".".join(map(str, chosen)), version=version)

    async def _path(self, *segments: str) -> str:
        spoken = await self.spoken()
        return path_of(*((f"v{spoken.api}",) if spoken.api else ()), *segments)

    async def _get(
        self, part: str, kind: type[T], *segments: str, params: Sequence[tuple[str, str]] = ()
    ) -> T:
        return await self._fetched(part, *segments, params=params, read=lambda body: decode(body, kind))

    async def _fetched(
        self, part: str, *segments: str, params: Sequence[tuple[str, str]], read: Callable[[bytes], T]
    ) -> T:
        request = get(await self._path(part, *segments), *params)
        with self._explained(request, part):
            return await self._api.fetch(request, read)

    @contextmanager
    def _explained(self, request: Request, part: str) -> Iterator[None]:
        """Adds to a refusal what would lift it, and forgets a version that is spoken no more."""
        try:
            yield
        except Denied as error:
            if self._spoken is not None and not self._spoken.api:
                self._spoken = None  # perhaps nothing was allowed: once more is, the version may be asked for
            allow = _ALLOWING.get(part, part)
            said = bounded(error.detail, 280)
            raise Denied(
                error.system, request.operation, f"{said}; allow {allow} in the proxy before the daemon"
            ) from error
        except Rejected as error:
            if "client version" in error.detail:
                self._spoken = None
            raise


def unreadable(error: Missing) -> bool:
    """Whether a log is not to be had because its driver keeps nothing that can be read."""
    return _UNREADABLE in error.detail


def _list(body: bytes) -> list[msgspec.Raw]:
    return [] if body.strip() == b"null" else decode(body, list[msgspec.Raw])


def _explanation(body: bytes) -> str | None:
    """The error text: ``{"message": …}``, or with a ``cause`` beside it from Podman."""
    try:
        told = decode(body, dict[str, object])
    except DecodeError:
        return None
    said = told.get("message")
    return said if isinstance(said, str) and said else None


def number(version: str) -> tuple[int, int] | None:
    """A version of the API as something to compare; None for what is none."""
    found = _VERSION.fullmatch(version)
    return (int(found[1]), int(found[2])) if found else None


def _seconds(moment: datetime) -> str:
    """Unix seconds with their fraction, as the API wants them."""
    micros = int((moment - _EPOCH).total_seconds() * 1_000_000)
    return f"{micros // 1_000_000}.{micros % 1_000_000:06d}"
