"""Look-ups side by side, each with what it brought or why it failed."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from sre_assistant.domain.errors import SourceError

T = TypeVar("T")


async def settled(ask: Awaitable[T]) -> T | SourceError:
    """What a look-up brought, or its failure as a value: those beside it are waited for all the same."""
    try:
        return await ask
    except SourceError as error:
        return error
