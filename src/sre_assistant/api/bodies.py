"""What callers send: read within bounds, decoded into types."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from datetime import datetime
from http import HTTPStatus
from typing import TYPE_CHECKING, TypeVar

from starlette.exceptions import HTTPException
from starlette.requests import Request

from sre_assistant.domain.errors import CallError
from sre_assistant.kit import codec
from sre_assistant.runtime.alertfile import read_alerts

if TYPE_CHECKING:
    from sre_assistant.workflows.investigate import Selection

T = TypeVar("T")
MAX_BODY = 1024 * 1024
_DRAINED = 8 * MAX_BODY
"""What is still read of a body that is too large, so that its sender gets to read the answer."""
_PATIENCE = 20.0
_LONGEST_QUESTION = 2000


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What `/ask` is sent."""

    question: str
    """In plain English, at most 2000 characters."""
    session_id: str | None = None
    """The conversation it belongs to; without one a new conversation begins."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What `/investigate` is sent, unless it is a webhook body."""

    name: str = ""
    """Name or fingerprint of an active alert."""
    all: bool = False
    """All active alerts, or the whole house when nothing is firing."""


async def read_body(request: Request, *, patience: float = _PATIENCE) -> bytes:
    """The whole body.

    Raises:
        HTTPException: it is larger than 1 MiB, takes too long, or is not JSON by its own account.
    """
    kind = request.headers.get("content-type", "application/json").partition(";")[0].strip().lower()
    if kind != "application/json" and not kind.endswith("+json"):
        raise HTTPException(
            HTTPStatus.UNSUPPORTED_MEDIA_TYPE, f"Send application/json instead of {kind[:80]!r}."
        )
    chunks: list[bytes] = []
    size = 0
    try:
        async with asyncio.timeout(patience):
            async for chunk in request.stream():
                size += len(chunk)
                if size <= MAX_BODY:
                    chunks.append(chunk)
                elif size > _DRAINED:
                    break
    except TimeoutError as error:
        raise HTTPException(HTTPStatus.REQUEST_TIMEOUT, f"No whole body came in {patience:g} s.") from error
    if size > MAX_BODY:
        raise HTTPException(
            HTTPStatus.REQUEST_ENTITY_TOO_LARGE, f"The body is larger than {MAX_BODY} bytes; send less."
        )
    return b"".join(chunks)


async def read_question(request: Request) -> Question:
    """The body of `/ask`.

    Raises:
        HTTPException: it is not JSON.
        CallError: it is not of the right shape, or the question is empty or too long.
    """
    asked = _decoded(await read_body(request), Question)
    if not asked.question.strip():
        raise CallError('the question is empty: send {"question": "why is the disk on nas filling?"}')
    if len(asked.question) > _LONGEST_QUESTION:
        raise CallError(
            f"the question has {len(asked.question)} characters; at most {_LONGEST_QUESTION} are read."
        )
    return asked


async def read_selection(request: Request, now: datetime) -> Selection:
    """The body of `/investigate`: a name, all, or alerts as Alertmanager's webhook sends them.

    Raises:
        HTTPException: it is not JSON.
        CallError: it selects nothing, more than one thing, or alerts that cannot be read.
    """
    from sre_assistant.workflows.investigate import Selection  # noqa: PLC0415 - 100 ms of import

    data = await read_body(request)
    document = _decoded(data, dict[str, object])
    if "alerts" in document:
        return Selection(alerts=read_alerts(data, "the body", now))
    wanted = _decoded(data, Wanted)
    if bool(wanted.name) == wanted.all:
        raise CallError(
            'say what to investigate: {"name": "NAME or fingerprint"}, {"all": true} or {"alerts": […]}'
        )
    return Selection(name=wanted.name, everything=wanted.all)


def _decoded(data: bytes, kind: type[T]) -> T:
    try:
        return codec.decode(data, kind)
    except codec.DecodeError as error:
        if _is_json(data):
            raise CallError(f"the body is not what is expected here: {error}") from error
        raise HTTPException(HTTPStatus.BAD_REQUEST, f"The body is not JSON: {error}") from error


def _is_json(data: bytes) -> bool:
    try:
        codec.decode(data, object)
    except codec.DecodeError:
        return False
    return True
