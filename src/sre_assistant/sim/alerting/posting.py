"""A plain POST over the network, for servers that call others: exact bytes, exact headers, one answer.

The client in `kit` encodes, retries and breaks circuits for the product; a server that signs the bytes it
sends and retries by rules of its own needs none of that.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import hashlib
import hmac
import ssl
from dataclasses import dataclass, field
from typing import Final
from urllib.parse import urlsplit

import h11

PATIENCE_SECONDS: Final = 10.0
_PIECE: Final = 65536
_SIGNATURE: Final = "X-Grafana-Alerting-Signature"


class Undelivered(Exception):
    """No answer came: nobody listens, or it took too long."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """Somebody who wants to be told, and how the teller proves who it is."""

    url: str
    token: str | None = field(default=None, repr=False)
    """Sent as a bearer token."""
    basic: tuple[str, str] | None = field(default=None, repr=False)
    """User and password."""
    secret: str | None = field(default=None, repr=False)
    """The key of an HMAC-SHA256 over the body, in hex."""
    signature_header: str = _SIGNATURE
    timestamp_header: str = ""
    """When set, the header that carries unix seconds, which are then signed too, as ``seconds:body``."""

    def headers(self, body: bytes, now: int) -> dict[str, str]:
        """What goes with a body at a moment (unix milliseconds)."""
        found = {}
        if self.token is not None:
            found["Authorization"] = f"Bearer {self.token}"
        elif self.basic is not None:
            found["Authorization"] = "Basic " + base64.b64encode(":".join(self.basic).encode()).decode()
        if self.secret is not None:
            seconds = str(now // 1000)
            signed = f"{seconds}:".encode() + body if self.timestamp_header else body
            mark = hmac.new(self.secret.encode(), signed, hashlib.sha256).hexdigest()
            found[self.signature_header] = mark
            if self.timestamp_header:
                found[self.timestamp_header] = seconds
        return found


async def post(
    target: Target, body: bytes, headers: dict[str, str], *, seconds: float = PATIENCE_SECONDS
) -> int:
    """Sends JSON and gives the status of the answer.

    Raises:
        Undelivered: there was none within ``seconds``.
    """
    try:
        async with asyncio.timeout(seconds):
            return await _exchanged(target.url, body, headers)
    except TimeoutError as error:
        raise Undelivered(f"no answer within {seconds:g} s") from error
    except (OSError, h11.RemoteProtocolError) as error:
        raise Undelivered(str(error) or type(error).__name__) from error


async def _exchanged(url: str, body: bytes, headers: dict[str, str]) -> int:
    parts = urlsplit(url)
    secure = parts.scheme == "https"
    port = parts.port or (443 if secure else 80)
    context = ssl.create_default_context() if secure else None
    reader, writer = await asyncio.open_connection(parts.hostname, port, ssl=context)
    try:
        path = (parts.path or "/") + (f"?{parts.query}" if parts.query else "")
        head = {"Host": parts.netloc.rpartition("@")[2], **headers, "Content-Length": str(len(body))}
        talk = h11.Connection(h11.CLIENT)
        request = h11.Request(method="POST", target=path, headers=list(head.items()))
        for part in (request, h11.Data(data=body), h11.EndOfMessage()):
            writer.write(talk.send(part) or b"")
        await writer.drain()
        while True:
            event = talk.next_event()
            if isinstance(event, h11.Response):
                return event.status_code
            if event is h11.NEED_DATA:
                talk.receive_data(await reader.read(_PIECE))  # an end too early is an error of the protocol
    finally:
        writer.close()
        with contextlib.suppress(OSError):
            await writer.wait_closed()
