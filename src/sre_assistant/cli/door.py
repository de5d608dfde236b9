"""The one door between the synchronous commands and the asynchronous program."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine
from contextlib import AbstractAsyncContextManager
from random import SystemRandom
from typing import Any, TypeVar

from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.ids import RandomIds
from sre_assistant.runtime.program import Program, open_program
from sre_assistant.runtime.settings import Settings

T = TypeVar("T")


def wait_for(work: Coroutine[Any, Any, T]) -> T:
    """Runs a coroutine to its end."""
    return asyncio.run(work)


def with_program(settings: Settings, job: Callable[[Program], Awaitable[T]]) -> T:
    """Runs one job on the program over real systems, and closes everything after it."""

    async def inside() -> T:
        async with program_on_machine(settings) as program:
            return await job(program)

    return wait_for(inside())


def program_on_machine(settings: Settings) -> AbstractAsyncContextManager[Program]:
    """The program with this machine's clock and randomness."""
    return open_program(settings, clock=SystemClock(), ids=RandomIds(), rng=SystemRandom())
