"""JSON-RPC 2.0 over one WebSocket, as a wire: what is called so travels there, all else over HTTP."""

from __future__ import annotations

import asyncio
from typing import Final

import msgspec

from sre_assistant.domain.errors import Malformed, SourceError, Unauthorised
from sre_assistant.kit.answers import is_html
from sre_assistant.kit.breaker import BreakerState
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.rpc_line import Line, Lost, Turned, open_line
from sre_assistant.kit.tries import Failure, late
from sre_assistant.kit.wire import Request, Response

CALL: Final = "CALL"
"""The method of requests that travel as JSON-RPC."""
_JSON = {"content-type": "application/json"}


class RpcWire:
    """Carries ``CALL`` requests over one WebSocket that is opened when the first is sent, all others by HTTP.

    A call's JSON is ``{"method": …, "params": […]}``; its response has status 200 and the reply without its
    id as body, whether that is a result or an error. A handshake that is answered in plain HTTP is the
    response itself. Both ways share the bound on calls at once and the circuit breaker.

    Args:
        system: its configured name, for errors.
        endpoint: where it is and how it is entered.
        http: carries the rest.
    """

    def __init__(self, system: str, endpoint: Endpoint, http: LiveWire) -> None:
        self._system = system
        self._endpoint = endpoint
        self._http = http
        self._line: Line | None = None
        self._opening: asyncio.Task[Line] | None = None

    @property
    def state(self) -> BreakerState:
        """Whether the system is asked at all right now."""
        return self._http.state

    async def aclose(self) -> None:
        """Closes all connections and ends calls under way; sending again opens new ones."""
        if self._opening is not None:
            self._opening.cancel()
            await asyncio.wait([self._opening])
        line, self._line = self._line, None
        if line is not None:
            await line.aclose()
        await self._http.aclose()

    async def send(self, request: Request) -> Response:
        """The response, after at most three tries.

        Raises:
            Unreachable: none came, or the breaker is open.
            Unauthorised: the login was refused.
            Malformed: it was larger than ``max_body``, or what came is no JSON-RPC.
            ConfigError: the CA file cannot be used.
        """
        if request.method != CALL:
            return await self._http.send(request)
        call = msgspec.convert(request.json, _Call)
        return await self._http.tries.outcome(request, lambda seconds: self._once(request, call, seconds))

    async def _once(self, request: Request, call: _Call, seconds: float) -> Response | Failure:
        until = asyncio.get_running_loop().time() + seconds
        try:
            return _answer(await self._asked(request, call, until))
        except Turned as turned:
            return self._turned(request, turned)
        except TimeoutError as error:
            return Failure(late(seconds), error, again=False)
        except Lost as lost:
            if lost.fate in {"cut", "broken"}:
                return Failure(lost.reason, lost, again=lost.fate == "cut")
            raise Malformed(self._system, request.operation, lost.reason) from lost

    async def _asked(self, request: Request, call: _Call, until: float) -> bytes:
        """The reply; a login that has lapsed is made once more."""
        login = self._endpoint.rpc_login
        for _ in range(2):
            body = await self._replied(request, call, until)
            if login is None or not login.lapsed(body):
                return body
        raise self._unauthorised(request.operation, "a fresh login is not accepted either")

    async def _replied(self, request: Request, call: _Call, until: float) -> bytes:
        async with asyncio.timeout_at(until):
            line = await self._connected()
        try:
            body = await line.ask(call.method, call.params, until)
        except Lost as lost:
            if lost.fate != "crowded" or not request.repeatable:
                raise
            return await self._alone(call, until)
        login = self._endpoint.rpc_login
        if login is not None and login.lapsed(body):
            self._retire(line)
        return body

    async def _alone(self, call: _Call, until: float) -> bytes:
        """Asks on a line of its own, where an answer that is too large is nobody else's."""
        async with asyncio.timeout_at(until):
            line = await self._open()
        try:
            return await line.ask(call.method, call.params, until)
        finally:
            await line.aclose()

    async def _connected(self) -> Line:
        """The open line; all who wait for a new one share what comes of it."""
        if self._line is not None and not self._line.lost:
            return self._line
        if self._opening is None:
            self._opening = asyncio.create_task(self._open())
            self._opening.add_done_callback(self._opened)
        return await asyncio.shield(self._opening)

    def _opened(self, opening: asyncio.Task[Line]) -> None:
        self._opening = None
        if not opening.cancelled() and opening.exception() is None:
            self._line = opening.result()

    async def _open(self) -> Line:
        try:
            async with asyncio.timeout(self._endpoint.timeout):
                line = await open_line(self._endpoint, self._endpoint.timeout)
                try:
                    await self._enter(line)
                except BaseException:
                    line.retire()
                    raise
        except asyncio.CancelledError:
            raise Lost("cut", "the connection was given up") from None
        return line

    async def _enter(self, line: Line) -> None:
        login = self._endpoint.rpc_login
        if login is None:
            return
        until = asyncio.get_running_loop().time() + self._endpoint.timeout
        refusal = login.refusal(await line.ask(login.method, login.params, until))
        if refusal:
            raise self._unauthorised(f"{CALL} {self._endpoint.rpc_path} {login.method}", refusal)

    def _retire(self, line: Line) -> None:
        if self._line is line:
            self._line = None
        line.retire()

    def _turned(self, request: Request, turned: Turned) -> Response:
        """What HTTP would have answered.

        Raises:
            Malformed: it looks like an answer to the call, and is none.
        """
        response = turned.response
        if 200 <= response.status < 300 and not is_html(response):
            detail = f"HTTP {response.status} came instead of a WebSocket"
            raise Malformed(self._system, request.operation, detail) from turned
        return response

    def _unauthorised(self, operation: str, why: str) -> SourceError:
        return Unauthorised(self._system, operation, self._endpoint.quoted(why))


class _Call(msgspec.Struct):
    method: str
    params: list[object]


def _answer(body: bytes) -> Response:
    return Response(status=200, headers=_JSON, body=body)
