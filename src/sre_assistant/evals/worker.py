"""A process that takes scenarios on stdin, one line each, and writes a result for each on stdout.

It ends when stdin does, be it in the middle of a scenario, and leaves nothing behind: so it survives neither
the end of whoever started it nor its crash.
"""

from __future__ import annotations

import asyncio
import shutil
import signal
import sys
from contextlib import suppress
from pathlib import Path
from random import SystemRandom
from typing import Any

from sre_assistant.evals.examination import Job, examined
from sre_assistant.kit import codec
from sre_assistant.kit.clock import SystemClock

_LONGEST_JOB = 1024 * 1024


async def work(folder: Path) -> None:
    """Takes one job after another until there is no more input."""
    lines = asyncio.StreamReader(limit=_LONGEST_JOB)
    loop = asyncio.get_running_loop()
    await loop.connect_read_pipe(lambda: asyncio.StreamReaderProtocol(lines), sys.stdin)
    while line := await lines.readline():
        job = codec.decode(line, Job)
        result = asyncio.create_task(examined(job, folder, clock=SystemClock(), rng=SystemRandom()))
        ended = asyncio.create_task(lines.read(1))  # nobody sends the next job before this one is done
        await asyncio.wait({result, ended}, return_when=asyncio.FIRST_COMPLETED)
        given_up = not result.done()
        await _cancelled(result if given_up else ended)
        if given_up:
            return
        sys.stdout.buffer.write(codec.encode(await result) + b"\n")
        sys.stdout.buffer.flush()


async def _cancelled(task: asyncio.Task[Any]) -> None:
    """Waits until a task has ended that nobody needs any more."""
    task.cancel()
    with suppress(asyncio.CancelledError):
        await task


async def run(folder: Path) -> None:
    """Works; on SIGTERM it stops at once, in order."""
    task = asyncio.create_task(work(folder))
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    with suppress(asyncio.CancelledError):
        await task


def main(folder: Path) -> None:
    """Works in a folder, which is gone at the end; so is the one above it, if this was its last."""
    folder.mkdir(parents=True, exist_ok=True)
    try:
        asyncio.run(run(folder))
    finally:
        shutil.rmtree(folder, ignore_errors=True)
        with suppress(OSError):  # other workers may still be at work in there
            folder.parent.rmdir()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
