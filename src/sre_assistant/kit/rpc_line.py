"""One open JSON-RPC 2.0 connection: calls side by side, matched by their ids."""

from __future__ import annotations

import asyncio
import logging
from typing import Final, Literal, TypeAlias

import msgspec
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import (
    ConnectionClosed,
    InvalidHandshake,
    InvalidMessage,
    InvalidStatus,
    SecurityError,
)
from websockets.frames import CloseCode

from sre_assistant.kit.codec import DecodeError, decode, encode
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.tls import behind, tls_context, tls_failure
from sre_assistant.kit.tries import network_cause
from sre_assistant.kit.units import format_value
from sre_assistant.kit.wire import Response

_LARGE = 1024 * 1024
"""Bytes from which on a message is taken apart beside the event loop."""
_FAREWELL = 1.0
"""Seconds in which the other side may agree to the end."""
_KEPT = 2
"""Messages that wait to be read before the other side has to."""
_NULL = b"null"

# The library writes each frame, keys in them included, to its logger; all it could report is raised as well.
_SILENT = logging.Logger("frames")
_SILENT.disabled = True

Fate: TypeAlias = Literal["cut", "broken", "large", "crowded", "odd"]
"""``cut``: it ended; ``broken``: TLS or the like, which another try does not mend; ``large``: the answer was
over the bound; ``crowded``: one of several was, nobody knows which; ``odd``: what came is no JSON-RPC."""


class Lost(Exception):
    """A connection, or one call on it, that brought nothing.

    Args:
        fate: of which kind.
        reason: what happened, fit to be shown.
    """

    def __init__(self, fate: Fate, reason: str) -> None:
        super().__init__(reason)
        self.fate: Final = fate
        self.reason: Final = reason


class Turned(Exception):
    """The other side answered the request for a WebSocket in plain HTTP."""

    def __init__(self, response: Response) -> None:
        super().__init__(f"HTTP {response.status}")
        self.response: Final = response


class Line:
    """An open connection; ``lost`` says when it no longer is.

    Args:
        connection: just opened.
        endpoint: whose credentials must not come back in an error.
    """

    def __init__(self, connection: ClientConnection, endpoint: Endpoint) -> None:
        self._connection = connection
        self._endpoint = endpoint
        self._waiting: dict[int, asyncio.Future[bytes | Lost]] = {}
        self._last = 0
        self._heard = 0
        self._lost: Lost | None = None
        self._retired = False
        self._reader = asyncio.create_task(self._read())

    @property
    def lost(self) -> bool:
        """Whether calls can no longer be made on it."""
        return self._lost is not None

    async def ask(self, method: str, params: object, until: float) -> bytes:
        """The reply without its id: ``{"result":…}`` or ``{"error":…}``; ``until`` is a time of the loop.

        Raises:
            Lost: none came.
            TimeoutError: none came in time.
        """
        if self._lost is not None:
            raise Lost(self._lost.fate, self._lost.reason)
        self._last += 1
        number, heard = self._last, self._heard
        reply: asyncio.Future[bytes | Lost] = asyncio.get_running_loop().create_future()
        self._waiting[number] = reply
        call = {"jsonrpc": "2.0", "id": number, "method": method, "params": params}
        try:
            async with asyncio.timeout_at(until):
                await self._connection.send(encode(call).decode())
                outcome = await reply
        except TimeoutError:
            if self._heard == heard:  # as silent as a line whose other end is gone
                self._end(Lost("cut", "the connection fell silent"))
            raise
        except ConnectionClosed as closed:
            raise self._closed(closed) from closed
        finally:
            del self._waiting[number]
            if self._retired:
                self.retire()
        if isinstance(outcome, Lost):
            raise Lost(outcome.fate, outcome.reason)
        return outcome

    def retire(self) -> None:
        """Ends as soon as no call is under way."""
        self._retired = True
        if not self._waiting:
            self._end(Lost("cut", "the connection was given up"))

    async def aclose(self) -> None:
        """Says farewell; calls under way are lost."""
        self._lost = self._lost or Lost("cut", "the connection was given up")
        await self._connection.close()
        await asyncio.wait([self._reader])

    async def _read(self) -> None:
        try:
            while True:
                message = await self._connection.recv()
                self._heard += 1
                if not isinstance(message, str):
                    raise Lost("odd", "a binary message came instead of JSON-RPC")  # noqa: TRY301
                await self._understood(message)
        except ConnectionClosed as closed:
            self._end(self._closed(closed))
        except Lost as lost:
            self._end(lost)
        finally:
            self._end(Lost("cut", "the connection was given up"))

    async def _understood(self, text: str) -> None:
        try:
            message = await (asyncio.to_thread(_parsed, text) if len(text) > _LARGE else _at_once(text))
        except DecodeError as error:
            raise Lost("odd", f"what came is no JSON-RPC: {self._endpoint.quoted(str(error))}") from error
        if message.method:
            return  # news that nobody asked for
        reply = self._waiting.get(message.id) if isinstance(message.id, int) else None
        if reply is None:
            self._check_known(message)
        elif not reply.done():
            reply.set_result(message.outcome)

    def _check_known(self, message: _Message) -> None:
        """Lets a late reply to a call that was given up pass.

        Raises:
            Lost: it is no reply to anything we asked.
        """
        if isinstance(message.id, int) and 0 < message.id <= self._last:
            return
        said = self._endpoint.quoted(bytes(message.error).decode("utf-8", "replace"), 200)
        what = f": {said}" if said else ""
        raise Lost("odd", f"a reply came to a call that was not made (id {message.id!r}){what}")

    def _closed(self, closed: ConnectionClosed) -> Lost:
        """What the end of the connection means."""
        if self._lost is not None:
            return Lost(self._lost.fate, self._lost.reason)
        if closed.sent is not None and closed.sent.code == CloseCode.MESSAGE_TOO_BIG:
            bound = format_value(self._endpoint.max_body, "bytes")
            several = len(self._waiting) > 1
            among = f" to one of {len(self._waiting)} calls" if several else ""
            return Lost(
                "crowded" if several else "large", f"answer{among} larger than {bound}; narrow the query"
            )
        if closed.sent is not None and not closed.rcvd_then_sent:
            said = self._endpoint.quoted(closed.sent.reason, 200)
            return Lost("odd", f"what came is no WebSocket: {said}")
        if closed.rcvd is None:
            return Lost("cut", "the connection broke off")
        said = self._endpoint.quoted(closed.rcvd.reason, 200)
        reason = f": {said}" if said else ""
        return Lost("cut", f"it closed the connection ({closed.rcvd.code}{reason})")

    def _end(self, lost: Lost) -> None:
        """No more calls; those under way learn why."""
        if self._lost is None:
            self._lost = lost
        for reply in self._waiting.values():
            if not reply.done():
                reply.set_result(self._lost)
        self._connection.transport.abort()


class _Message(msgspec.Struct):
    """Whatever comes: a reply, or news."""

    id: int | float | str | None = None
    method: str = ""
    result: msgspec.Raw = msgspec.Raw(b"")
    error: msgspec.Raw = msgspec.Raw(b"")

    @property
    def outcome(self) -> bytes | Lost:
        """The reply without its id."""
        result, error = bytes(self.result), bytes(self.error)
        if error and error != _NULL:
            return b'{"error":' + error + b"}"
        if result:
            return b'{"result":' + result + b"}"
        return Lost("odd", "the reply has neither a result nor an error")


class _Connect(connect):
    """Goes where it was told to and nowhere else: what follows a redirect would carry the key there."""

    def process_redirect(self, exc: Exception) -> Exception | str:
        """The redirect itself is the answer."""
        return exc


async def open_line(endpoint: Endpoint, seconds: float) -> Line:
    """A new connection, on which nobody has logged in yet.

    Raises:
        Lost: there is none.
        Turned: it was answered in plain HTTP.
        TimeoutError: there is none in time.
        ConfigError: the CA file cannot be used.
    """
    address = f"ws{endpoint.url.removeprefix('http')}{endpoint.rpc_path}"
    opening = _Connect(
        address,
        ssl=tls_context(endpoint) if endpoint.encrypted else None,
        proxy=None,
        compression=None,
        user_agent_header="sre-assistant",
        open_timeout=seconds,
        close_timeout=_FAREWELL,
        max_size=endpoint.max_body,
        max_queue=_KEPT,
        logger=_SILENT,
    )
    try:
        return Line(await opening, endpoint)
    except InvalidStatus as error:
        raise Turned(_plain(error)) from error
    except InvalidMessage as error:
        raise _unread(error, endpoint) from error
    except InvalidHandshake as error:
        raise Lost("odd", f"it did not open a WebSocket: {endpoint.quoted(str(error))}") from error
    except TimeoutError:
        raise
    except OSError as error:
        fate: Fate = "broken" if tls_failure(error) else "cut"
        raise Lost(fate, endpoint.quoted(network_cause(error))) from error


def _plain(error: InvalidStatus) -> Response:
    answer = error.response
    headers = {name.lower(): value for name, value in answer.headers.raw_items()}
    return Response(status=answer.status_code, headers=headers, body=bytes(answer.body or b""))


def _unread(error: InvalidMessage, endpoint: Endpoint) -> Lost:
    origins = tuple(behind(error))
    if any(isinstance(one, SecurityError) for one in origins):
        return Lost("odd", "a large answer came instead of a WebSocket")
    if any(isinstance(one, EOFError) for one in origins):
        return Lost("cut", "it closed the connection without an answer")
    return Lost("cut", f"it did not answer in HTTP: {endpoint.quoted(str(origins[-1]))}")


def _parsed(text: str) -> _Message:
    return decode(text, _Message)


async def _at_once(text: str) -> _Message:
    return _parsed(text)
