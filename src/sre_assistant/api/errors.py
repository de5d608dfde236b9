"""Errors as RFC 9457 problem documents: the one table from class to HTTP status."""

from __future__ import annotations

import logging
from collections.abc import Awaitable, Mapping
from http import HTTPStatus

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from sre_assistant.domain.errors import (
    ActionRefused,
    BudgetSpent,
    CallError,
    ConfigError,
    SourceError,
    SreError,
)
from sre_assistant.kit import codec
from sre_assistant.kit.redaction import bounded, redact

log = logging.getLogger(__name__)

_LONGEST = 1000
_STATUS_OF: dict[type[SreError], HTTPStatus] = {
    CallError: HTTPStatus.UNPROCESSABLE_ENTITY,
    ConfigError: HTTPStatus.SERVICE_UNAVAILABLE,
    SourceError: HTTPStatus.BAD_GATEWAY,
    BudgetSpent: HTTPStatus.SERVICE_UNAVAILABLE,
    ActionRefused: HTTPStatus.FORBIDDEN,
}


def status_of(error: SreError) -> HTTPStatus:
    """The status for an error, by the nearest class in its ancestry."""
    known = (_STATUS_OF[kind] for kind in type(error).__mro__ if kind in _STATUS_OF)
    return next(known, HTTPStatus.INTERNAL_SERVER_ERROR)


def problem(
    status: int,
    detail: str,
    *,
    headers: Mapping[str, str] | None = None,
    members: Mapping[str, object] | None = None,
) -> Response:
    """A problem document.

    Args:
        status: the HTTP status.
        detail: what went wrong and what to do, fit to be shown; bounded and redacted once more here.
        headers: further headers, e.g. ``Retry-After``.
        members: extension members, e.g. the setting an error is about.
    """
    document = {
        "type": "about:blank",
        "title": HTTPStatus(status).phrase,
        "status": int(status),
        "detail": bounded(redact(detail), _LONGEST),
        **(members or {}),
    }
    return Response(
        codec.encode(document),
        status_code=status,
        media_type="application/problem+json",
        headers=dict(headers or {}),
    )


def problem_of(error: SreError) -> Response:
    """The problem document of an error of the tree."""
    members: dict[str, object] = {"error": type(error).__name__}
    if isinstance(error, ConfigError):
        members["setting"] = error.setting
    if isinstance(error, SourceError):
        members["system"] = error.system
    return problem(status_of(error), str(error), members=members)


def internal(error: Exception) -> Response:
    """The answer to a defect: its class goes to the caller, everything else is in the log."""
    return problem(HTTPStatus.INTERNAL_SERVER_ERROR, f"A defect: {type(error).__name__}. The log says more.")


async def attempt(work: Awaitable[None]) -> Exception | None:
    """Awaits the work; a defect in it is logged and handed back, so that its caller still gets an answer."""
    try:
        await work
    except Exception as error:  # the last resort of this surface; cancellation passes
        log.exception("defect")
        return error
    return None


async def on_sre_error(_: Request, error: Exception) -> Response:
    """Exception handler for the whole tree."""
    return problem_of(error) if isinstance(error, SreError) else internal(error)


async def on_http_exception(request: Request, error: Exception) -> Response:
    """Exception handler for what the framework itself refuses, such as an unknown path."""
    if not isinstance(error, HTTPException):
        return internal(error)
    said = _WORDS.get(error.status_code, error.detail)
    detail = said.format(method=request.method, path=bounded(request.url.path, 200))
    return problem(error.status_code, detail, headers=error.headers)


_WORDS: dict[int, str] = {
    HTTPStatus.NOT_FOUND: "There is nothing at {path}. GET /openapi.json lists what there is.",
    HTTPStatus.METHOD_NOT_ALLOWED: "{path} does not know {method}; the Allow header says what it knows.",
}
