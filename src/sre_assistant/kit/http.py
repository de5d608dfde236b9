"""HTTP to one system: pooled, verified, bounded, retried with jitter, and behind a circuit breaker."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from http import HTTPStatus
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sre_assistant.domain.errors import Malformed, Rejected
from sre_assistant.kit.breaker import BreakerState
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.codec import encode
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.tls import tls_context, tls_failure
from sre_assistant.kit.tries import MOST_AT_ONCE, Failure, Tries, late, network_cause
from sre_assistant.kit.units import format_value
from sre_assistant.kit.wire import Request, Response, checked_path

if TYPE_CHECKING:
    import httpx2

_LONGEST_CONNECT = 5.0
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "sre-assistant"}
_KNOWN = frozenset(HTTPStatus)


class LiveWire:
    """Carries requests over the network.

    Args:
        system: its configured name, for errors.
        endpoint: where it is and how it is entered.
        clock: measures pauses and the breaker's cool-down.
        rng: spreads the pauses between tries.
    """

    def __init__(self, system: str, endpoint: Endpoint, clock: Clock, rng: Random) -> None:
        self.tries = Tries(system, endpoint.timeout, clock, rng)
        """What holds calls back; shared with whatever else goes to the system."""
        self._system = system
        self._endpoint = endpoint
        self._client: httpx2.AsyncClient | None = None

    @property
    def state(self) -> BreakerState:
        """Whether the system is asked at all right now."""
        return self.tries.state

    async def aclose(self) -> None:
        """Closes all connections and ends calls under way; sending again opens new ones."""
        await self.tries.abandon()
        client, self._client = self._client, None
        if client is not None:
            await client.aclose()

    async def send(self, request: Request) -> Response:
        """The response, whatever its status, after at most three tries.

        Raises:
            Unreachable: none came, or the breaker is open.
            Malformed: it was larger than ``max_body``.
            ConfigError: the CA file cannot be used.
        """
        path = checked_path(request.path)
        return await self.tries.outcome(request, lambda seconds: self._once(request, path, seconds))

    async def _once(self, request: Request, path: str, seconds: float) -> Response | Failure:
        import httpx2  # noqa: PLC0415  costs 100 ms; only who sends pays

        client = self._client or self._connected()
        try:
            async with (
                asyncio.timeout(seconds),
                client.stream(
                    request.method,
                    self._endpoint.url + path,
                    params=request.params or None,
                    content=_content(request),
                    headers={**_content_type(request), **self._endpoint.headers(request.purpose)},
                    timeout=httpx2.Timeout(seconds, connect=min(seconds, _LONGEST_CONNECT)),
                ) as answer,
            ):
                body = await self._read(request, answer)
                return Response(
                    status=answer.status_code,
                    headers=_lower(answer.headers),
                    body=body,
                    reason=_own_words(answer.status_code, answer.reason_phrase),
                )
        except (TimeoutError, httpx2.ReadTimeout, httpx2.WriteTimeout, httpx2.PoolTimeout) as error:
            return Failure(late(seconds), error, again=False)
        # A server that refuses our certificate says so only with the first read, as a bare error of TLS.
        except (httpx2.TransportError, ssl.SSLError) as error:
            reason = self._endpoint.quoted(network_cause(error))
            return Failure(reason, error, again=tls_failure(error) is None)
        except httpx2.InvalidURL as error:
            raise Rejected(self._system, request.operation, self._endpoint.quoted(str(error))) from error
        except httpx2.RequestError as error:
            raise Malformed(self._system, request.operation, self._endpoint.quoted(str(error))) from error

    async def _read(self, request: Request, answer: httpx2.Response) -> bytes:
        most = self._endpoint.max_body
        announced = answer.headers.get("content-length", "")
        size = int(announced) if announced.isdecimal() else 0
        chunks = []
        if size <= most:
            size = 0
            async for chunk in answer.aiter_bytes():
                size += len(chunk)
                if size > most:
                    break
                chunks.append(chunk)
        if size > most:
            bound = format_value(most, "bytes")
            raise Malformed(self._system, request.operation, f"answer larger than {bound}; narrow the query")
        return b"".join(chunks)

    def _connected(self) -> httpx2.AsyncClient:
        import httpx2  # noqa: PLC0415

        transport = httpx2.AsyncHTTPTransport(
            verify=tls_context(self._endpoint),
            trust_env=False,
            uds=self._endpoint.socket or None,
            limits=httpx2.Limits(max_connections=MOST_AT_ONCE, max_keepalive_connections=MOST_AT_ONCE),
        )
        self._client = httpx2.AsyncClient(
            headers=_HEADERS, transport=transport, follow_redirects=False, trust_env=False
        )
        return self._client


def _content(request: Request) -> bytes | None:
    if request.form:
        return urlencode(request.form).encode()
    return encode(request.json) if request.json is not None else None


def _content_type(request: Request) -> dict[str, str]:
    if request.form:
        return {"Content-Type": "application/x-www-form-urlencoded"}
    named = request.media_type or "application/json"
    return {"Content-Type": named} if request.json is not None else {}


def _own_words(status: int, phrase: str) -> str:
    usual = HTTPStatus(status).phrase if status in _KNOWN else ""
    return "" if phrase.casefold() == usual.casefold() else phrase


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
