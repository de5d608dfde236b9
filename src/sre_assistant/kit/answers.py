"""What an HTTP answer means for a JSON API: its body, or the error of the tree."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

from sre_assistant.domain.errors import (
    Denied,
    Malformed,
    Missing,
    Rejected,
    SourceError,
    Unauthorised,
    Unreachable,
)
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.wire import Request, Response

_MISSING = frozenset({404, 405, 410, 501})
_REJECTED = frozenset({400, 406, 409, 411, 413, 414, 415, 416, 422, 431})
_GLANCE = 512


class Answers:
    """Judges the answers of one system.

    Args:
        system: its configured name.
        endpoint: whose credentials must not come back in an error.
        explain: the system's own error text in a JSON body, or None where there is none.
    """

    def __init__(self, system: str, endpoint: Endpoint, explain: Callable[[bytes], str | None]) -> None:
        self._system = system
        self._endpoint = endpoint
        self._explain = explain

    def body(self, request: Request, response: Response) -> bytes:
        """The JSON body of a good answer.

        Raises:
            SourceError: it is none; which kind says who must act.
        """
        self.check_status(request, response)
        if is_html(response):
            raise Unauthorised(
                self._system,
                request.operation,
                "a login page (HTML) answered instead of the API: check the "
                f"address {self._endpoint.url} and the credentials",
            )
        if not response.body.strip():
            raise Malformed(self._system, request.operation, "the answer is empty")
        return response.body

    def check_status(self, request: Request, response: Response) -> None:
        """Lets a good answer pass, whatever it holds.

        Raises:
            SourceError: its status says that it is none.
        """
        if not 200 <= response.status < 300:
            raise self._failure(request, response)

    def malformed(self, request: Request, problem: object) -> Malformed:
        """The error for a body that is not what the API promises."""
        return Malformed(
            self._system, request.operation, f"the answer cannot be read: {self._quoted(str(problem))}"
        )

    def _failure(self, request: Request, response: Response) -> SourceError:
        status = response.status
        if 300 <= status < 400:
            return self._redirect(request, response)
        said = self._said(response)
        where = (self._system, request.operation)
        if status in {401, 407, 511}:
            return Unauthorised(*where, f"HTTP {status}: the credential is missing or wrong{said}")
        if status == 403:
            return Denied(*where, f"HTTP 403: not permitted{said}")
        if status in _MISSING:
            return Missing(*where, f"HTTP {status}: not there{said}")
        if status in _REJECTED:
            return Rejected(*where, said.removeprefix(": ") or f"HTTP {status}")
        if status == 429:
            return Unreachable(*where, f"HTTP 429: it asks to be asked less often{_later(response)}{said}")
        if status == 408 or status >= 500:
            return Unreachable(*where, f"HTTP {status}{said}")
        return Malformed(*where, f"HTTP {status} is not part of its API{said}")

    def _redirect(self, request: Request, response: Response) -> SourceError:
        where = (self._system, request.operation)
        target = response.headers.get("location", "")
        place = self._quoted(target.partition("?")[0])
        if urlsplit(target).path.endswith(request.path):
            base = place.removesuffix(request.path)
            return Missing(*where, f"HTTP {response.status}: it has moved to {base}: use that address")
        return Unauthorised(
            *where,
            f"HTTP {response.status}: it sends us to {place or 'nowhere'} instead of answering, as logins do",
        )

    def _said(self, response: Response) -> str:
        if is_html(response):
            return " (a page from a proxy or login in front of it)"
        text = self._explain(response.body)
        if text is None:
            text = response.body[:_GLANCE].decode("utf-8", "replace")
        text = text.strip() or response.reason
        quoted = self._quoted(text)
        return f": {quoted}" if quoted else ""

    def _quoted(self, text: str) -> str:
        return self._endpoint.quoted(text)


def _later(response: Response) -> str:
    said = response.headers.get("retry-after", "")
    return f", again in {int(said[:9])} s" if said.isdecimal() else ""


def is_html(response: Response) -> bool:
    """Whether a page for people came, by its type or its first characters."""
    start = response.body[:_GLANCE].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    return response.content_type in {"text/html", "application/xhtml+xml"} or start.startswith(
        (b"<!doctype html", b"<html")
    )
