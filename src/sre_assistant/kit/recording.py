"""What went over the wire, kept so that it can be played again without the systems."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sre_assistant.domain.errors import (
    Denied,
    Malformed,
    Missing,
    Rejected,
    SourceError,
    Unauthorised,
    Unreachable,
)
from sre_assistant.kit.breaker import BreakerState
from sre_assistant.kit.codec import encode
from sre_assistant.kit.redaction import redact
from sre_assistant.kit.wire import Request, Response, Wire

_ERRORS: Mapping[str, type[SourceError]] = {
    kind.__name__: kind for kind in (Unreachable, Unauthorised, Denied, Rejected, Missing, Malformed)
}
_KEPT_HEADERS = ("content-type", "location")


@dataclass(frozen=True, slots=True, kw_only=True)
class Exchange:
    """One request and its outcome. Credentials are no part of a request, so none can be in here."""

    system: str
    method: str
    path: str
    params: tuple[tuple[str, str], ...] = ()
    form: tuple[tuple[str, str], ...] = ()
    json: str = ""
    """The JSON body that was sent, as text; empty when there was none."""
    status: int = 0
    """The response's status; 0 when none came."""
    reason: str = ""
    """What its status line said, where that was not the usual phrase."""
    headers: Mapping[str, str]
    """The few that say what the body is."""
    text: str = ""
    """The body, when it is UTF-8."""
    base64: str = ""
    """The body, when it is not."""
    error: str = ""
    """Which error was raised instead, e.g. ``Unreachable``."""
    detail: str = ""
    """What the error said."""

    @property
    def asked(self) -> str:
        """What makes two requests the same."""
        return _asked(self.method, self.path, self.params, self.form, self.json)


class Recorder:
    """Collects the exchanges of one case, whichever order they finish in."""

    def __init__(self) -> None:
        self._slots: dict[tuple[str, str], list[Exchange | None]] = {}

    @property
    def exchanges(self) -> tuple[Exchange, ...]:
        """All finished exchanges, by system and request; equal requests in the order they were made."""
        ordered = (self._slots[key] for key in sorted(self._slots))
        return tuple(exchange for slots in ordered for exchange in slots if exchange is not None)

    def reserve(self, system: str, request: Request) -> int:
        """Notes that a request goes out; the number says which of its equals it is."""
        slots = self._slots.setdefault((system, _identity(request)), [])
        slots.append(None)
        return len(slots) - 1

    def keep(self, system: str, request: Request, number: int, outcome: Response | SourceError) -> None:
        """Notes what came of it."""
        self._slots[system, _identity(request)][number] = _exchange(system, request, outcome)


class RecordingWire:
    """A wire that notes everything it carries."""

    def __init__(self, wire: Wire, system: str, recorder: Recorder) -> None:
        self._wire = wire
        self._system = system
        self._recorder = recorder

    @property
    def state(self) -> BreakerState:
        """That of the wire within."""
        return self._wire.state

    async def send(self, request: Request) -> Response:
        """Sends through the wire within; response or error is noted."""
        number = self._recorder.reserve(self._system, request)
        try:
            response = await self._wire.send(request)
        except SourceError as error:
            self._recorder.keep(self._system, request, number, error)
            raise
        self._recorder.keep(self._system, request, number, response)
        return response

    async def aclose(self) -> None:
        """Closes the wire within."""
        await self._wire.aclose()


class ReplayWire:
    """Answers from a record alone.

    Args:
        system: whose answers.
        exchanges: a record; those of other systems are passed over.
    """

    def __init__(self, system: str, exchanges: Iterable[Exchange]) -> None:
        self._system = system
        self._left: dict[str, list[Exchange]] = {}
        for exchange in exchanges:
            if exchange.system == system:
                self._left.setdefault(exchange.asked, []).append(exchange)

    @property
    def state(self) -> BreakerState:
        """Always closed: a record does not tire."""
        return BreakerState()

    async def send(self, request: Request) -> Response:
        """The next recorded outcome of this request.

        Raises:
            SourceError: the one that was recorded.
            Missing: the request is not in the record, or not so often.
        """
        outcomes = self._left.get(_identity(request))
        if not outcomes:
            how = "not in the bundle" if outcomes is None else "not in the bundle so often"
            raise Missing(self._system, request.operation, f"{how}: {_shown(request)}")
        exchange = outcomes.pop(0)
        if exchange.error:
            raise _ERRORS[exchange.error](self._system, request.operation, exchange.detail)
        body = base64.b64decode(exchange.base64) if exchange.base64 else exchange.text.encode()
        return Response(status=exchange.status, headers=exchange.headers, body=body, reason=exchange.reason)

    async def aclose(self) -> None:
        """Nothing is open."""


def _identity(request: Request) -> str:
    return _asked(request.method, request.path, request.params, request.form, _json(request))


def _asked(
    method: str,
    path: str,
    params: tuple[tuple[str, str], ...],
    form: tuple[tuple[str, str], ...],
    json: str,
) -> str:
    return encode((method, path, params, form, json)).decode()


def _json(request: Request) -> str:
    return encode(request.json).decode() if request.json is not None else ""


def _shown(request: Request) -> str:
    values = ", ".join(f"{name}={value}" for name, value in (*request.params, *request.form))
    return f"{request.operation} {values}".strip()


def _exchange(system: str, request: Request, outcome: Response | SourceError) -> Exchange:
    status, reason, headers, text, binary, error, detail = 0, "", dict[str, str](), "", "", "", ""
    if isinstance(outcome, SourceError):
        error, detail = type(outcome).__name__, outcome.detail
    else:
        status, reason = outcome.status, redact(outcome.reason)
        headers = {name: redact(outcome.headers[name]) for name in _KEPT_HEADERS if name in outcome.headers}
        try:
            text = outcome.body.decode()
        except UnicodeDecodeError:
            binary = base64.b64encode(outcome.body).decode()
    return Exchange(
        system=system,
        method=request.method,
        path=request.path,
        params=request.params,
        form=request.form,
        json=_json(request),
        status=status,
        reason=reason,
        headers=headers,
        text=text,
        base64=binary,
        error=error,
        detail=detail,
    )
