"""Calls to one system's API: sent, judged, parsed, and handed on with where they came from."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import TypeVar

from sre_assistant.domain.errors import Malformed
from sre_assistant.domain.reading import Completeness, Provenance, Reading
from sre_assistant.domain.window import Window
from sre_assistant.kit.answers import Answers
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.codec import DecodeError, decode
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.wire import Request, Response, Wire

T = TypeVar("T")

_LARGE = 1024 * 1024
"""Bytes from which on parsing leaves the event loop."""


class Api:
    """One system's API.

    Args:
        name: the configured name of the system.
        endpoint: whose credentials must not come back in an error.
        wire: carries the calls.
        clock: dates what the system does not date itself.
        explain: the system's own error text in a body, or None where there is none.
    """

    def __init__(
        self,
        name: str,
        endpoint: Endpoint,
        wire: Wire,
        clock: Clock,
        explain: Callable[[bytes], str | None],
    ) -> None:
        self.name = name
        self.endpoint = endpoint
        self.wire = wire
        self.clock = clock
        self._answers = Answers(name, endpoint, explain)

    async def get(self, path: str, kind: type[T], *params: tuple[str, str]) -> T:
        """The decoded answer to a GET. ``kind`` may be any type that msgspec can decode.

        Raises:
            SourceError: nothing usable came.
        """
        return await self.fetch(get(path, *params), lambda body: decode(body, kind))

    async def fetch(self, request: Request, read: Callable[[bytes], T]) -> T:
        """What ``read`` makes of the body of a good answer; large ones are read beside the event loop.

        Raises:
            SourceError: nothing usable came, or ``read`` raised DecodeError, ValueError or OverflowError.
        """
        return await self.parsed(request, self._answers.body(request, await self.wire.send(request)), read)

    async def dated(self, request: Request, read: Callable[[bytes], T]) -> tuple[T, datetime | None]:
        """As ``fetch``, with the system's clock to the second where the answer carries a date.

        Raises:
            SourceError: nothing usable came, or ``read`` raised DecodeError, ValueError or OverflowError.
        """
        response = await self.wire.send(request)
        found = await self.parsed(request, self._answers.body(request, response), read)
        return found, _date(response.headers.get("date", ""))

    async def response(self, request: Request) -> Response:
        """A good answer of whatever content, e.g. log text: only its status is judged.

        Raises:
            SourceError: it is none.
        """
        response = await self.wire.send(request)
        self._answers.check_status(request, response)
        return response

    async def parsed(self, request: Request, body: bytes, read: Callable[[bytes], T]) -> T:
        """What ``read`` makes of a body that came from ``response``.

        Raises:
            Malformed: it cannot be read.
        """
        try:
            return await asyncio.to_thread(read, body) if len(body) > _LARGE else read(body)
        except (DecodeError, ValueError, OverflowError) as error:
            raise self._answers.malformed(request, error) from error

    def malformed(self, request: Request, problem: object) -> Malformed:
        """The error for a body that is not what the API promises."""
        return self._answers.malformed(request, problem)

    def reading(  # noqa: PLR0913  one keyword for each thing a reading may say
        self,
        value: T,
        query: str,
        *,
        at: datetime | None = None,
        window: Window | None = None,
        link: str = "",
        cut: Sequence[str] = (),
        denied: str = "",
        note: str = "",
    ) -> Reading[T]:
        """The value with where it came from and how complete it is.

        Args:
            value: empty (falsy) when there is nothing.
            query: the call or query, exactly enough to ask again.
            at: the moment it speaks of; now when the system does not say.
            window: the span asked for.
            link: a page where a person sees the same.
            cut: why it is not all of it; makes it ``partial``.
            denied: what the credential may not see; makes an empty value ``denied``, another one ``partial``.
            note: what else should be known; changes nothing.
        """
        why = [each for each in (*cut, denied) if each]
        completeness = Completeness.COMPLETE if value else Completeness.EMPTY
        if why:
            completeness = Completeness.DENIED if denied and not value else Completeness.PARTIAL
        return Reading(
            value=value,
            provenance=Provenance(
                source=self.name, query=query, observed_at=at or self.clock.now(), window=window, link=link
            ),
            completeness=completeness,
            detail="; ".join([*why, note] if note else why),
        )


def _date(text: str) -> datetime | None:
    try:
        moment = parsedate_to_datetime(text)
    except (ValueError, OverflowError):
        return None
    return moment if moment.tzinfo else None


def get(path: str, *params: tuple[str, str]) -> Request:
    """A GET, which may be repeated."""
    return Request(method="GET", path=path, params=params, repeatable=True)
