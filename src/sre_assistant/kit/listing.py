"""Lists that keep to a budget."""

from __future__ import annotations

from collections.abc import Iterable, Sequence


def fitting(lines: Iterable[str], *, most: int, room: int) -> tuple[str, ...]:
    """The first lines that fit.

    Args:
        lines: in order of importance.
        most: number of lines never exceeded.
        room: characters never exceeded, line ends included.
    """
    kept: list[str] = []
    for line in lines:
        room -= len(line) + 1
        if len(kept) == most or room < 0:
            break
        kept.append(line)
    return tuple(kept)


def counted(what: str, total: int, matching: int, lines: Sequence[str]) -> str:
    """Lines under how many there are, how many match and how many of those are shown."""
    if not total:
        return f"No {what}s."
    shown = f" (first {len(lines):,} shown)" if len(lines) < matching else ""
    return "\n".join([f"{total:,} {what}{'' if total == 1 else 's'}; {matching:,} match{shown}", *lines])
