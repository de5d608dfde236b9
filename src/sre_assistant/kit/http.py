"""HTTP to one system: pooled, verified, bounded, retried with jitter, and behind a circuit breaker."""

from __future__ import annotations

import asyncio
import os
import socket
import ssl
from collections.abc import Iterator, Mapping
from datetime import UTC
from email.utils import parsedate_to_datetime
from random import Random
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from sre_assistant.domain.errors import ConfigError, Malformed, Rejected, SourceError, Unreachable
from sre_assistant.kit.breaker import Breaker, BreakerState, Entry
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.codec import encode
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.units import format_value
from sre_assistant.kit.wire import Request, Response, Wire, checked_path, path_of

if TYPE_CHECKING:
    import httpx2

__all__ = ["Endpoint", "LiveWire", "Request", "Response", "Wire", "path_of", "tls_failure"]

_TRIES = 3
_PATIENCE = 1.5
"""All tries together may take this many timeouts."""
_LONGEST_CONNECT = 5.0
_FIRST_PAUSE = 0.2
_LONGEST_PAUSE = 2.0
_LONGEST_RETRY_AFTER = 5.0
_RETRIED = frozenset({429, 502, 503, 504})
_CONNECTIONS = 20
_NO_TLS = frozenset({"WRONG_VERSION_NUMBER", "RECORD_LAYER_FAILURE", "HTTP_REQUEST"})
_HEADERS = {"Accept": "application/json", "Accept-Encoding": "gzip", "User-Agent": "sre-assistant"}


class LiveWire:
    """Carries requests over the network.

    Args:
        system: its configured name, for errors.
        endpoint: where it is and how it is entered.
        clock: measures pauses and the breaker's cool-down.
        rng: spreads the pauses between tries.
    """

    def __init__(self, system: str, endpoint: Endpoint, clock: Clock, rng: Random) -> None:
        self._system = system
        self._endpoint = endpoint
        self._clock = clock
        self._rng = rng
        self._breaker = Breaker(clock)
        self._client: httpx2.AsyncClient | None = None

    @property
    def state(self) -> BreakerState:
        """Whether the system is asked at all right now."""
        return self._breaker.state

    async def aclose(self) -> None:
        """Closes all connections; sending again opens new ones."""
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
        entry = self._breaker.enter()
        if entry is Entry.REFUSED:
            raise self._unreachable(request, _not_asked(self._breaker.state))
        try:
            response = await self._tried(request, path)
        except Unreachable as error:
            self._breaker.failed(entry, error.detail)
            raise
        except SourceError:
            self._breaker.succeeded(entry)
            raise
        except BaseException:
            self._breaker.abandoned(entry)
            raise
        if response.status >= 500:
            self._breaker.failed(entry, f"HTTP {response.status}")
        else:
            self._breaker.succeeded(entry)
        return response

    async def _tried(self, request: Request, path: str) -> Response:
        deadline = self._clock.monotonic() + self._endpoint.timeout * _PATIENCE
        tries = _TRIES if request.repeatable else 1
        attempt = 1
        while True:
            left = deadline - self._clock.monotonic()
            outcome = await self._once(request, path, min(self._endpoint.timeout, left))
            pause = self._pause(outcome, attempt)
            if attempt == tries or pause is None or pause >= deadline - self._clock.monotonic():
                break
            await self._clock.sleep(pause)
            attempt += 1
        if isinstance(outcome, _Failure):
            tried = f" ({attempt} tries)" if attempt > 1 else ""
            raise self._unreachable(request, f"{outcome.reason}{tried}") from outcome.cause
        return outcome

    async def _once(self, request: Request, path: str, seconds: float) -> Response | _Failure:
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
                    headers=_content_type(request),
                    timeout=httpx2.Timeout(seconds, connect=min(seconds, _LONGEST_CONNECT)),
                ) as answer,
            ):
                body = await self._read(request, answer)
                return Response(status=answer.status_code, headers=_lower(answer.headers), body=body)
        except (TimeoutError, httpx2.ReadTimeout, httpx2.WriteTimeout, httpx2.PoolTimeout) as error:
            return _Failure(f"no answer within {format_value(seconds, 'seconds')}", error, again=False)
        except httpx2.TransportError as error:
            return _Failure(self._endpoint.quoted(_cause(error)), error, again=tls_failure(error) is None)
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

        self._client = httpx2.AsyncClient(
            headers={**_HEADERS, **self._endpoint.headers},
            verify=self._tls(),
            follow_redirects=False,
            trust_env=False,
            limits=httpx2.Limits(max_connections=_CONNECTIONS, max_keepalive_connections=_CONNECTIONS),
        )
        return self._client

    def _tls(self) -> ssl.SSLContext:
        # Reading the machine's authorities takes 20 ms; a plain URL needs none.
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
        if not self._endpoint.encrypted:
            return context
        if not self._endpoint.verify_ssl:
            context.check_hostname = False
            context.verify_mode = ssl.CERT_NONE
            return context
        authority = self._endpoint.ca_cert
        if authority is None:
            return ssl.create_default_context()
        try:
            return ssl.create_default_context(cafile=authority)
        except OSError as error:
            raise ConfigError(
                self._endpoint.setting("ca_cert"),
                f"is {str(authority)!r}, which cannot be used: {error.strerror or error}",
                "Point it at a readable PEM file of your certificate authority.",
            ) from error

    def _pause(self, outcome: Response | _Failure, attempt: int) -> float | None:
        """Seconds to wait before the next try, or None when there should be none."""
        if isinstance(outcome, _Failure):
            asked = 0.0 if outcome.again else None
        else:
            asked = self._asked(outcome) if outcome.status in _RETRIED else None
        if asked is None or asked > _LONGEST_RETRY_AFTER:
            return None
        return asked + self._rng.uniform(0, min(_LONGEST_PAUSE, _FIRST_PAUSE * 2 ** (attempt - 1)))

    def _asked(self, response: Response) -> float:
        """Seconds the server wants us to wait."""
        said = response.headers.get("retry-after", "").strip()
        if said.isdecimal():
            return float(said[:9])
        try:
            moment = parsedate_to_datetime(said)
        except ValueError:
            return 0.0
        moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
        return max(0.0, (moment - self._clock.now()).total_seconds())

    def _unreachable(self, request: Request, detail: str) -> Unreachable:
        return Unreachable(self._system, request.operation, detail)


class _Failure:
    """A try that brought nothing."""

    def __init__(self, reason: str, cause: Exception, *, again: bool) -> None:
        self.reason = reason
        self.cause = cause
        self.again = again


def tls_failure(error: BaseException) -> ssl.SSLError | None:
    """The TLS error behind an error, if that is what it comes from."""
    return next((e for e in _behind(error) if isinstance(e, ssl.SSLError)), None)


def _behind(error: BaseException | None) -> Iterator[BaseException]:
    """An error and everything it came from, the nearest first."""
    while error is not None:
        yield error
        if isinstance(error, BaseExceptionGroup):
            yield from error.exceptions
        error = error.__cause__ or error.__context__


def _cause(error: Exception) -> str:
    """Why nothing came, in words that say where to look."""
    if tls := tls_failure(error):
        return "TLS: " + _tls_cause(tls)
    origins = [e for e in _behind(error) if isinstance(e, OSError)]
    if any(isinstance(e, socket.gaierror) for e in origins):
        return "its name is not known to the resolver"
    said = next((os.strerror(e.errno) for e in origins if e.errno), str(error) or type(error).__name__)
    return f"{said[:1].lower()}{said[1:]}".rstrip(".")


def _tls_cause(error: ssl.SSLError) -> str:
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message}"
    if error.reason in _NO_TLS:
        return "it does not speak TLS at this port: write http instead of https"
    return error.reason or str(error)


def _not_asked(state: BreakerState) -> str:
    wait = (
        f"next try in {format_value(state.next_try, 'seconds')}" if state.next_try else "one call is trying"
    )
    return f"not asked, {state.failures} calls failed in a row ({state.reason}); {wait}"


def _content(request: Request) -> bytes | None:
    if request.form:
        return urlencode(request.form).encode()
    return encode(request.json) if request.json is not None else None


def _content_type(request: Request) -> dict[str, str]:
    if request.form:
        return {"Content-Type": "application/x-www-form-urlencoded"}
    return {"Content-Type": "application/json"} if request.json is not None else {}


def _lower(headers: Mapping[str, str]) -> dict[str, str]:
    return {name.lower(): value for name, value in headers.items()}
