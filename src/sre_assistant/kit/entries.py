"""Lists from outside, read entry by entry: an odd one is counted, not fatal."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final, TypeVar

import msgspec

from sre_assistant.kit.codec import DecodeError, decode
from sre_assistant.kit.redaction import bounded, redact

S = TypeVar("S")
T = TypeVar("T")

MOST_KEPT: Final = 10_000
"""Entries of one answer that are kept."""


def read_entries(
    items: Sequence[msgspec.Raw], kind: type[S], read: Callable[[S], T], *, most: int = MOST_KEPT
) -> tuple[tuple[T, ...], str]:
    """What can be read of a list, and why that is not all of it (empty when it is).

    Args:
        items: the entries as they came.
        kind: the shape of one.
        read: makes ours of theirs; may raise DecodeError too.
        most: entries that are kept.

    Raises:
        DecodeError: there are entries and none can be read.
    """
    found: list[T] = []
    problem, odd = "", 0
    for item in items[:most]:
        try:
            found.append(read(decode(bytes(item), kind)))
        except DecodeError as error:
            odd, problem = odd + 1, problem or bounded(redact(str(error)), 200)
    if items and not found:
        raise DecodeError(problem)
    notes = [f"{odd} of {len(items):,} entries could not be read: {problem}"] if odd else []
    if len(items) > most:
        notes.append(f"{len(items):,} entries came, the first {most:,} were kept")
    return tuple(found), "; ".join(notes)
