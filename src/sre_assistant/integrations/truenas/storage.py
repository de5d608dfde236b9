"""Which pools and datasets somebody means, and what is said of them."""

from __future__ import annotations

import difflib
from collections.abc import Sequence
from itertools import islice
from typing import Final, NamedTuple

from sre_assistant.integrations.truenas import shapes, texts
from sre_assistant.kit.listing import counted, fitting

_ROOM: Final = 3_000
"""Characters for pools, and again for datasets."""
_MOST: Final = 50


class Stored(NamedTuple):
    """Pools and datasets."""

    pools: tuple[shapes.Pool, ...]
    datasets: tuple[shapes.Dataset, ...]


def chosen(stored: Stored, name: str) -> Stored:
    """What a name means: everything; a pool with its datasets; a dataset by its id or its last name.

    Failing that, every dataset whose id holds the name. The pools are those that the datasets are in.
    """
    wanted = name.strip().strip("/").removeprefix("mnt/").casefold()
    if not wanted:
        return stored
    if any(pool.name.casefold() == wanted for pool in stored.pools):
        return Stored(
            tuple(pool for pool in stored.pools if pool.name.casefold() == wanted),
            tuple(one for one in stored.datasets if one.pool.casefold() == wanted),
        )
    ids = [(one, one.id.casefold()) for one in stored.datasets]
    found = (
        [one for one, own in ids if own == wanted]
        or [one for one, own in ids if own.rpartition("/")[2] == wanted]
        or [one for one, own in ids if wanted in own]
    )
    inside = {one.pool for one in found}
    return Stored(tuple(pool for pool in stored.pools if pool.name in inside), tuple(found))


def text(found: Stored, everything: Stored, name: str) -> str:
    """Pools with their parts, then the datasets, the largest first."""
    if name.strip() and not any(found):
        return _nothing(everything, name)
    lines = tuple(islice((line for pool in found.pools for line in texts.pool(pool)), _MOST + 1))
    shown = fitting(lines, most=_MOST, room=_ROOM)
    more = f"  … of {len(found.pools):,} pool{'' if len(found.pools) == 1 else 's'} no more is shown"
    by_size = sorted(found.datasets, key=lambda one: -((one.used.number if one.used else None) or 0))
    datasets = fitting((texts.dataset(one) for one in by_size), most=_MOST, room=_ROOM)
    total = len(everything.datasets) if name.strip() else len(by_size)
    return "\n".join(
        (
            *(shown or ("No pools.",)),
            *([more] if len(shown) < len(lines) else []),
            counted("dataset", total, len(by_size), datasets),
        )
    )


def _nothing(everything: Stored, name: str) -> str:
    known = [one.id for one in everything.datasets]
    near = _near(name.strip(), known)
    hint = f"Nearest: {texts.names(near)}." if near else f"Pools: {_names(everything.pools)}."
    return f"No pool or dataset is called {name.strip()!r}. {hint}"


def _near(name: str, known: Sequence[str]) -> list[str]:
    lasts = {one.rpartition("/")[2]: one for one in known}
    close = difflib.get_close_matches(name, [*known[:2_000], *list(lasts)[:2_000]], n=3)
    return list(dict.fromkeys(lasts.get(one, one) for one in close))


def _names(pools: Sequence[shapes.Pool]) -> str:
    return texts.names([pool.name for pool in pools]) or "none"
