"""Worker processes that share the scenarios: fed one by one, replaced when they die, gone at the end."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
from collections import deque
from collections.abc import Callable, Sequence
from contextlib import suppress
from pathlib import Path
from typing import Final

from sre_assistant.evals.examination import Job
from sre_assistant.evals.results import Result
from sre_assistant.kit import codec
from sre_assistant.kit.redaction import bounded

_QUESTIONS: Final = 3
_SPARE_SECONDS: Final = 60.0
_STOP_SECONDS: Final = 15.0
_LONGEST_RESULT: Final = 64 * 1024 * 1024
_LONGEST_REASON: Final = 500
_PIECES: Final = 8
_LISTEN_SECONDS: Final = 1.0

Failed = Callable[[Job, str], Result]


class Crew:
    """So many worker processes at once.

    Args:
        size: how many.
        folder: where they may put things; each has a folder of its own below.
        failed: makes the result of a job whose worker died over it.
        spare: seconds for building the homelab, starting the product and checking the figures.
    """

    def __init__(self, size: int, folder: Path, failed: Failed, *, spare: float = _SPARE_SECONDS) -> None:
        self._size = size
        self._folder = folder
        self._failed = failed
        self._spare = spare

    async def results(self, jobs: Sequence[Job], done: Callable[[Result], None]) -> tuple[Result, ...]:
        """The result of each job, in the order of the jobs.

        Args:
            jobs: what is to be done.
            done: is told each result when it is there.
        """
        left = deque(enumerate(jobs))
        results: dict[int, Result] = {}

        async def drain(number: int) -> None:
            hand = _Hand(self._folder / f"worker-{number}")
            try:
                while left:
                    index, job = left.popleft()
                    results[index] = await self._done(hand, job)
                    done(results[index])
            finally:
                await hand.dismiss()

        async with asyncio.TaskGroup() as group:
            for number in range(min(self._size, len(jobs))):
                group.create_task(drain(number))
        return tuple(results[index] for index in range(len(jobs)))

    async def _done(self, hand: _Hand, job: Job) -> Result:
        seconds = job.patience * _QUESTIONS + self._spare
        try:
            return await asyncio.wait_for(hand.result(job), seconds)
        except TimeoutError:
            reason = f"no result within {seconds:g} s"
        except _Died as death:
            reason = str(death)
        await hand.dismiss()
        return self._failed(job, reason)


class _Died(Exception):
    """A worker ended without a result."""


class _Hand:
    """One worker process, started when there is work; it leads a process group of its own."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._process: asyncio.subprocess.Process | None = None
        self._listener: asyncio.Task[None] | None = None
        self._said: deque[bytes] = deque(maxlen=_PIECES)

    async def result(self, job: Job) -> Result:
        """What comes of a job.

        Raises:
            _Died: nothing, because the process ended over it.
        """
        process = self._process or await self._started()
        if process.stdin is None or process.stdout is None:
            raise RuntimeError("a worker was started without pipes")
        with suppress(BrokenPipeError, ConnectionResetError):  # the empty answer says it
            process.stdin.write(codec.encode(job) + b"\n")
            await process.stdin.drain()
        line = await process.stdout.readline()
        if not line.endswith(b"\n"):
            raise _Died(await self._end(process))
        return codec.decode(line, Result)

    async def dismiss(self) -> None:
        """Ends the process and whatever it has started; without one it does nothing."""
        process, self._process = self._process, None
        if process is None:
            return
        try:
            _signal(process.pid, signal.SIGTERM)
            _signal(process.pid, signal.SIGCONT)  # one that was stopped would not notice
            await asyncio.wait_for(process.wait(), _STOP_SECONDS)
        except TimeoutError:
            pass
        finally:
            _signal(process.pid, signal.SIGKILL)
            await process.wait()
            if self._listener is not None:
                self._listener.cancel()

    async def _started(self) -> asyncio.subprocess.Process:
        self._process = await asyncio.create_subprocess_exec(
            sys.executable, "-P", "-m", "sre_assistant.evals.worker", str(self._folder),
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            start_new_session=True, limit=_LONGEST_RESULT,
        )  # fmt: skip
        self._said.clear()
        self._listener = asyncio.create_task(self._listen(self._process))
        return self._process

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        """Keeps the last that a worker says, so that it can be told why it died."""
        while process.stderr is not None and (piece := await process.stderr.read(_LONGEST_REASON)):
            self._said.append(piece)

    async def _end(self, process: asyncio.subprocess.Process) -> str:
        """How the process ended, with the last line it said."""
        code = await process.wait()
        if self._listener is not None:
            await asyncio.wait([self._listener], timeout=_LISTEN_SECONDS)
        said = b"".join(self._said).decode(errors="replace").strip().splitlines()
        last = bounded(said[-1], _LONGEST_REASON) if said else "it said nothing"
        return f"the examining process ended with code {code}: {last}"


def _signal(group: int, number: signal.Signals) -> None:
    """To a whole process group, whose leader may have gone already."""
    with suppress(ProcessLookupError):
        os.killpg(group, number)
