"""The product as its users run it: `sre serve` and the `sre` command, each a process of its own."""

from __future__ import annotations

import asyncio
import os
import re
from collections import deque
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from random import Random
from typing import Final, TypeVar

from sre_assistant.domain.errors import Malformed, Rejected, SourceError, Unreachable
from sre_assistant.kit import codec
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.endpoint import HttpEndpoint
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.secret import Secret
from sre_assistant.kit.wire import Request, Response

T = TypeVar("T")

_ADDRESS: Final = re.compile(r"http://\S+")
_START_SECONDS: Final = 30.0
_STOP_SECONDS: Final = 10.0
_READ_SECONDS: Final = 1.0
_LAST_LINES: Final = 20
_LONGEST: Final = 500


class Server:
    """A running `sre serve`."""

    def __init__(self, process: asyncio.subprocess.Process, wire: LiveWire, lines: deque[str]) -> None:
        self._process = process
        self._wire = wire
        self._lines = lines

    @property
    def pid(self) -> int:
        """Of its process."""
        return self._process.pid

    async def post(self, path: str, body: object, kind: type[T]) -> T:
        """What it answers to a POST.

        Raises:
            SourceError: it does not answer, refuses, or its answer is not of that kind.
        """
        request = Request(method="POST", path=path, json=body, repeatable=False)
        response = await self._sent(request)
        try:
            return codec.decode(response.body, kind)
        except codec.DecodeError as error:
            raise Malformed(_SERVE, request.operation, f"the answer cannot be read: {error}") from error

    async def metrics(self) -> str:
        """The text of its own metrics.

        Raises:
            SourceError: it does not answer.
        """
        response = await self._sent(Request(method="GET", path="/metrics", repeatable=True))
        return response.body.decode()

    async def _sent(self, request: Request) -> Response:
        try:
            response = await self._wire.send(request)
        except Unreachable as error:
            raise Unreachable(_SERVE, request.operation, f"{error.detail}{await self._ended()}") from error
        if response.status != 200:
            said = bounded(response.body.decode(errors="replace"), _LONGEST)
            raise Rejected(_SERVE, request.operation, f"HTTP {response.status}: {said}")
        return response

    async def _ended(self) -> str:
        """How the process ended, if it did; the connection breaks a moment before that is known."""
        try:
            code = await asyncio.wait_for(self._process.wait(), _READ_SECONDS)
        except TimeoutError:
            return ""
        last = self._lines[-1] if self._lines else "it said nothing"
        return f"; it ended with code {code}: {bounded(last, _LONGEST)}"


_SERVE: Final = "sre serve"


@asynccontextmanager
async def serving(
    sre: Path, environ: Mapping[str, str], folder: Path, *, patience: float, clock: Clock, rng: Random
) -> AsyncIterator[Server]:
    """`sre serve` on a free port, gone at the end whatever happens.

    Args:
        sre: the program.
        environ: its whole environment, with its token in ``SRE_TOKEN``.
        folder: its working directory.
        patience: seconds that one answer may take.
        clock: measures.
        rng: spreads pauses.

    Raises:
        Unreachable: it does not start.
    """
    process = await asyncio.create_subprocess_exec(
        sre, "serve", "--port", "0",
        cwd=folder, env=environ,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.DEVNULL, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    lines: deque[str] = deque(maxlen=_LAST_LINES)
    address: asyncio.Future[str] = asyncio.get_running_loop().create_future()
    reader = asyncio.create_task(_read(process, lines, address))
    try:
        url = await _address(address, lines)
        token = Secret(environ["SRE_TOKEN"])
        wire = LiveWire(_SERVE, HttpEndpoint(url=url, bearer_token=token, timeout=patience), clock, rng)
        try:
            yield Server(process, wire, lines)
        finally:
            await wire.aclose()
        process.terminate()
        with suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
        await asyncio.wait([reader], timeout=_READ_SECONDS)
        reader.cancel()


async def command(
    sre: Path, *arguments: str, environ: Mapping[str, str], folder: Path, patience: float
) -> bytes:
    """What `sre` with these arguments writes to its standard output.

    Raises:
        Unreachable: it takes too long.
        Rejected: its exit code is not 0.
    """
    operation = " ".join(arguments)
    process = await asyncio.create_subprocess_exec(
        sre, *arguments,
        cwd=folder, env=environ,
        stdin=asyncio.subprocess.DEVNULL, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        out, err = await asyncio.wait_for(process.communicate(), patience)
    except TimeoutError as error:
        raise Unreachable("sre", operation, f"no end within {patience:g} s") from error
    finally:
        with suppress(ProcessLookupError):
            process.kill()
        await process.wait()
    if process.returncode != 0:
        said = bounded(err.decode(errors="replace"), _LONGEST)
        raise Rejected("sre", operation, f"exit code {process.returncode}: {said}")
    return out


def decoded(operation: str, out: bytes, kind: type[T]) -> T:
    """The machine format that a command wrote.

    Raises:
        Malformed: it is not of that kind.
    """
    try:
        return codec.decode(out, kind)
    except codec.DecodeError as error:
        raise Malformed("sre", operation, f"the output cannot be read: {error}") from error


def cpu_seconds(pid: int) -> float | None:
    """User and system time a process has used so far; None where the machine does not tell."""
    try:
        text = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8")
    except OSError:
        return None
    user, system = text.rpartition(")")[2].split()[11:13]
    return (int(user) + int(system)) / os.sysconf("SC_CLK_TCK")


async def _read(process: asyncio.subprocess.Process, lines: deque[str], address: asyncio.Future[str]) -> None:
    """Keeps the last lines of the log; the first address in it is where the server listens."""
    if process.stderr is None:
        raise RuntimeError("the server was started without a pipe for its log")
    while line := await _line(process.stderr):
        lines.append(line.decode(errors="replace").rstrip())
        found = _ADDRESS.search(lines[-1])
        if found and not address.done():
            address.set_result(found[0])
    if not address.done():
        address.set_exception(Unreachable(_SERVE, "start", "it ended before it listened"))


async def _line(stream: asyncio.StreamReader) -> bytes:
    try:
        return await stream.readline()
    except ValueError:  # longer than the reader's buffer, which it has let go
        return b"\n"


async def _address(address: asyncio.Future[str], lines: deque[str]) -> str:
    try:
        return await asyncio.wait_for(address, _START_SECONDS)
    except TimeoutError as error:
        raise Unreachable(_SERVE, "start", f"not listening after {_START_SECONDS:g} s") from error
    except SourceError as error:
        said = bounded(" / ".join(lines), _LONGEST)
        raise Unreachable(_SERVE, "start", f"{error.detail}: {said}") from error
