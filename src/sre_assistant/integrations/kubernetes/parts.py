"""Readings made of several lists: what failed is said, and the rest is kept."""

from __future__ import annotations

from collections.abc import Awaitable, Sequence
from typing import Any, TypeAlias, TypeVar

from sre_assistant.domain.errors import Denied, Missing, SourceError
from sre_assistant.domain.reading import Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.kubernetes.client import Client
from sre_assistant.integrations.kubernetes.pages import Listed

T = TypeVar("T")

Part: TypeAlias = Listed[T] | SourceError
"""A list, or why there is none."""


async def essential(asking: Awaitable[Listed[T]]) -> Part[T]:
    """The list that is asked for before the others: when the system is in trouble, one call finds that out.

    Raises:
        SourceError: it did not come, for another reason than a missing right.
    """
    try:
        return await asking
    except Denied as error:
        return error


def items(part: Part[T]) -> tuple[T, ...]:
    """What came; nothing where it failed."""
    return () if isinstance(part, SourceError) else part.items


def reading(
    client: Client,
    value: T,
    parts: Sequence[Part[Any]],
    *,
    window: Window | None = None,
    cut: Sequence[str] = (),
    note: str = "",
) -> Reading[T]:
    """A value made of several lists, as complete as they are.

    Args:
        client: where they came from.
        value: what was made of them.
        parts: the lists, the most important first.
        window: the span that was asked for.
        cut: what else is missing.
        note: what else should be known.

    Raises:
        SourceError: none of the lists came; the first one's.
    """
    good = [part for part in parts if not isinstance(part, SourceError)]
    failed = [part for part in parts if isinstance(part, SourceError)]
    if not good and failed:
        raise failed[0]
    denied = [part.denied for part in good] + [error.detail for error in failed if isinstance(error, Denied)]
    broken = [_broken(error) for error in failed if not isinstance(error, Denied)]
    return client.api.reading(
        value,
        ", ".join(part.query for part in good),
        window=window,
        cut=(*(why for part in good for why in part.cut), *broken, *cut),
        denied="; ".join(dict.fromkeys(why for why in denied if why)),
        note="; ".join(dict.fromkeys(each for each in (*(part.note for part in good), note) if each)),
    )


def _broken(error: SourceError) -> str:
    if isinstance(error, Missing):
        return f"{error.operation}: this API server does not have it ({error.detail})"
    return f"{error.operation}: {error.detail}"
