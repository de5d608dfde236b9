"""Answers that are made of several calls: what came, and why it is not all."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from typing import Generic, NamedTuple, TypeVar, cast

from sre_assistant.domain.errors import Denied, SourceError
from sre_assistant.integrations.proxmox.estate import Estate
from sre_assistant.integrations.proxmox.rights import Need, Rights

T = TypeVar("T")
T_co = TypeVar("T_co", covariant=True)

_MOST_PROBLEMS = 4
_MOST_NAMED = 8


class Rows(NamedTuple, Generic[T_co]):
    """A list, and why it is not all of it."""

    items: tuple[T_co, ...] = ()
    cut: str = ""
    total: float | None = None
    """How many there would be without a limit, where that is told."""


class Part(NamedTuple, Generic[T_co]):
    """A part of an answer: its value, or why there is none."""

    value: T_co | None
    problem: str = ""
    error: SourceError | None = None


async def part(what: str, ask: Awaitable[T]) -> Part[T]:
    """The value, or why there is none: for what an answer can do without."""
    try:
        return Part(await ask)
    except SourceError as error:
        return Part(None, f"{what}: {error.detail}", error)


async def by_node(estate: Estate, what: str, ask: Callable[[str], Awaitable[T]]) -> dict[str, Part[T]]:
    """One call for each node that is worth asking, side by side."""
    parts = await asyncio.gather(*(part(f"{what} of {node}", ask(node)) for node in estate.asked))
    return dict(zip(estate.asked, parts, strict=True))


def needed(one: Part[T]) -> T:
    """The value of what an answer cannot do without.

    Raises:
        SourceError: the one that came instead. Raised here, not where it came, all calls of an answer end
            before the answer does.
    """
    if one.error is not None:
        raise one.error
    return cast("T", one.value)


def some_needed(parts: Iterable[Part[T]]) -> None:
    """Makes sure that not all parts failed.

    Raises:
        SourceError: the first of them, when all did.
    """
    errors = [one.error for one in parts]
    if errors and all(errors):
        raise next(error for error in errors if error)


def pairs(parts: dict[str, Part[Rows[T]]]) -> Iterable[tuple[str, T]]:
    """Everything that came, with the node it came from."""
    return ((node, item) for node, one in parts.items() if one.value for item in one.value.items)


def items(one: Part[Rows[T]]) -> tuple[T, ...]:
    """Everything that came of one list."""
    return one.value.items if one.value else ()


def odd(parts: Iterable[Part[Rows[T]]]) -> tuple[str, ...]:
    """What could not be read of lists that came."""
    return tuple(one.value.cut for one in parts if one.value and one.value.cut)


def problems(parts: Iterable[Part[T]], *, explained: bool = False) -> tuple[str, ...]:
    """What failed; many failures are counted.

    Args:
        parts: of one answer.
        explained: whether missing rights are told already, so that refusals need not be.
    """
    found = [one.problem for one in parts if one.error and not (explained and isinstance(one.error, Denied))]
    more = (f"{len(found) - _MOST_PROBLEMS:,} more calls failed",) if len(found) > _MOST_PROBLEMS else ()
    return (*found[:_MOST_PROBLEMS], *more)


def away(estate: Estate) -> tuple[str, ...]:
    """Which nodes are offline, so that they tell nothing."""
    if not estate.away:
        return ()
    more = f" and {len(estate.away) - _MOST_NAMED} more" if len(estate.away) > _MOST_NAMED else ""
    return (f"offline and not asked: {', '.join(estate.away[:_MOST_NAMED])}{more}",)


def hidden(rights: Part[Rights], *needs: Need) -> tuple[str, ...]:
    """What the token may not see, as far as that is known."""
    if rights.value is None:
        return ()
    found = (rights.value.lack(need) for need in needs)
    return tuple(one for one in found if one)


def unknown(rights: Part[Rights]) -> tuple[str, ...]:
    """A word of warning when nobody knows what the token may see."""
    return (f"what the token may see could not be asked ({rights.problem})",) if rights.problem else ()
