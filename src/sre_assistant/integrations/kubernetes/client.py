"""Typed calls to one API server: lists in pages, over the namespaces that may be read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

from sre_assistant.domain.errors import CallError, Denied, Missing, SourceError, Unauthorised
from sre_assistant.integrations.kubernetes import shapes
from sre_assistant.integrations.kubernetes.config import Config
from sre_assistant.integrations.kubernetes.kinds import NAMESPACES, PODS, Kind
from sre_assistant.integrations.kubernetes.pages import Listed, merged, paged
from sre_assistant.integrations.kubernetes.rights import Asked, Right, Rights
from sre_assistant.kit.answers import is_html
from sre_assistant.kit.api import Api, get
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.codec import DecodeError, decode
from sre_assistant.kit.outcomes import settled
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.wire import Request, Wire

S = TypeVar("S")
T = TypeVar("T")

MOST_SPACES: Final = 50
"""Namespaces whose rights are asked for one by one."""
_LONGEST_DETAIL = 390


class Client:
    """One API server.

    Args:
        name: its configured name.
        config: where it is, and which namespaces are read.
        wire: carries the calls.
        clock: dates the answers.
    """

    def __init__(self, name: str, config: Config, wire: Wire, clock: Clock) -> None:
        self.name = name
        self.config = config
        self.clock = clock
        self.api = Api(name, config, wire, clock, _explanation)
        self.rights = Rights(self.api)
        self._exists: Asked[bool] = Asked(self._ask_exists)

    async def version(self) -> tuple[str, datetime | None]:
        """Which build answers, and the server's clock to the second where it sends one."""
        request = get("/version")
        response = await self.api.response(request)
        if is_html(response):
            raise Unauthorised(
                self.name,
                request.operation,
                "a login page (HTML) answered instead of the API: check the address",
            )
        found = await self.api.parsed(request, response.body, lambda body: decode(body, shapes.Version))
        return found.git_version, _date(response.headers.get("date", ""))

    async def serves(self, group: str, version: str) -> bool:
        """Whether a group of resources is served, e.g. that of a metrics server."""
        try:
            await self.api.get(f"/apis/{group}/{version}", dict[str, object])
        except Missing:
            return False
        return True

    async def listed(
        self, kind: Kind[S], read: Callable[[S], T], *, namespace: str = "", fields: str = ""
    ) -> Listed[T]:
        """All objects of a kind, in the namespaces that were asked for and may be read.

        Args:
            kind: of what.
            read: makes ours of one; may raise DecodeError.
            namespace: one of those that are configured; all of these when empty.
            fields: a field selector.

        Raises:
            CallError: the namespace is none of those that are configured.
            SourceError: nothing could be read.
        """
        spaces = self._spaces(kind, namespace)
        if len(spaces) > 1:
            return await self._over(spaces, kind, read, fields)
        space = spaces[0] if spaces else ""
        try:
            return await self._checked(kind, read, space, fields)
        except Denied as error:
            narrow = self._refused(error, kind, space)
            if spaces or not kind.namespaced:
                raise narrow from error
            return await self._where_allowed(kind, read, fields, narrow)

    async def one(self, kind: Kind[S], namespace: str, name: str) -> S:
        """One object.

        Raises:
            CallError: its namespace is not configured, or its name cannot be one.
            SourceError: it cannot be read; Missing when it is not there.
        """
        self._spaces(kind, namespace)
        return await self.api.get(kind.path(namespace, name), kind.shape)

    async def log(self, namespace: str, pod: str, *params: tuple[str, str]) -> str:
        """What a container wrote, as text.

        Raises:
            SourceError: the API server or the kubelet does not give it out.
        """
        request = get(PODS.path(namespace, pod, "log"), *params)
        response = await self.api.response(request)
        if response.content_type == "text/html":
            raise Unauthorised(
                self.name,
                request.operation,
                "a login page (HTML) answered instead of a log: check the address",
            )
        return response.body.decode("utf-8", "replace")

    async def changed(self, request: Request, kind: type[T]) -> T:
        """What a change answers; it is sent once.

        Raises:
            SourceError: it was refused, or it is unknown whether it was done.
        """
        return await self.api.fetch(request, lambda body: decode(body, kind))

    async def exists(self, namespace: str) -> bool:
        """Whether there is such a namespace; where that may not be asked, it is taken as there."""
        return await self._exists.of(namespace)

    async def known_namespaces(self) -> tuple[str, ...]:
        """The names of all namespaces.

        Raises:
            SourceError: they may not be listed.
        """
        found = await paged(self.api, NAMESPACES, lambda one: one.metadata.name, "", "")
        return found.items

    def _spaces(self, kind: Kind[S], namespace: str) -> tuple[str, ...]:
        known = self.config.spaces
        if not kind.namespaced:
            return ()
        if namespace and known and namespace not in known:
            setting = self.config.setting("namespaces")
            raise CallError(f"namespace {namespace!r} is not read: {setting} is {', '.join(known)}.")
        return (namespace,) if namespace else known

    async def _over(
        self, spaces: Sequence[str], kind: Kind[S], read: Callable[[S], T], fields: str
    ) -> Listed[T]:
        """Several namespaces, one first and then the others side by side; one that fails is said."""
        first = await settled(self._checked(kind, read, spaces[0], fields))
        if isinstance(first, SourceError) and not isinstance(first, Denied):
            raise first
        rest = await asyncio.gather(
            *(settled(self._checked(kind, read, space, fields)) for space in spaces[1:])
        )
        cut: list[str] = []
        good: list[Listed[T]] = []
        denied: list[str] = []
        for space, found in zip(spaces, (first, *rest), strict=True):
            if isinstance(found, Denied):
                denied.append(space)
            elif isinstance(found, SourceError):
                cut.append(f"namespace {space} could not be read: {found.detail}")
            else:
                good.append(found)
        if not good and isinstance(first, Denied):
            raise self._refused(first, kind, spaces[0])
        return merged(good, cut, _not_in(kind, denied))

    async def _where_allowed(
        self, kind: Kind[S], read: Callable[[S], T], fields: str, refused: Denied
    ) -> Listed[T]:
        """The namespaces in which the kind may be listed, where all of them at once may not."""
        right = Right("list", kind)
        try:
            names = await self.known_namespaces()
            asked = names[:MOST_SPACES]
            allowed = await self.rights.where(right, asked)
        except SourceError as error:
            setting = self.config.setting("namespaces")
            hint = f"; it cannot be asked which it may read either: name them in {setting}"
            raise self._said(refused, refused.detail + hint) from error
        if not allowed:
            raise refused
        found = await self._over(allowed, kind, read, fields)
        unasked = len(names) - len(asked)
        more = [f"the rights in {unasked:,} more namespaces were not asked"] if unasked else []
        return merged([found], more, _not_in(kind, [name for name in asked if name not in allowed]))

    async def _checked(self, kind: Kind[S], read: Callable[[S], T], namespace: str, fields: str) -> Listed[T]:
        """One list; when it is empty, whether it may be listed at all."""
        found = await paged(self.api, kind, read, namespace, fields)
        if found.items or found.cut:
            return found
        right = Right("list", kind, namespace=namespace)
        denied, note = await self.rights.missing(right)
        if namespace and not denied and not await self.exists(namespace):
            note = f"there is no namespace {namespace!r}"
        return Listed(query=found.query, denied=denied, note=note)

    async def _ask_exists(self, namespace: str) -> bool:
        try:
            await self.one(NAMESPACES, "", namespace)
        except Missing:
            return False
        except SourceError:
            return True
        return True

    def _refused(self, error: Denied, kind: Kind[S], namespace: str) -> Denied:
        right = Right("list", kind, namespace=namespace)
        return self._said(error, f"the credential may not {right.text} ({error.detail})")

    def _said(self, error: Denied, detail: str) -> Denied:
        return Denied(error.system, error.operation, bounded(detail, _LONGEST_DETAIL))


def _not_in(kind: Kind[S], spaces: Sequence[str]) -> str:
    if not spaces:
        return ""
    return f"the credential may not list {kind.full} in {bounded(', '.join(spaces), 200)}"


def _explanation(body: bytes) -> str | None:
    """The message of a Status object."""
    try:
        return decode(body, shapes.Status).message
    except DecodeError:
        return None


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except ValueError:
        return None
    return moment if moment.tzinfo else None
