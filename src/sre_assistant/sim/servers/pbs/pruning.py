"""Which backups of a group stay when old ones go."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Final

_PERIODS: Final[tuple[tuple[str, Callable[[int], str]], ...]] = (
    ("keep-last", str),
    ("keep-hourly", lambda unix: f"{_moment(unix):%Y-%m-%d %H}"),
    ("keep-daily", lambda unix: f"{_moment(unix):%Y-%m-%d}"),
    ("keep-weekly", lambda unix: f"{_moment(unix):%G-%V}"),
    ("keep-monthly", lambda unix: f"{_moment(unix):%Y-%m}"),
    ("keep-yearly", lambda unix: f"{_moment(unix):%Y}"),
)
KEEPS: Final = tuple(name for name, _ in _PERIODS)


def staying(times: Sequence[int], keeps: Mapping[str, int]) -> set[int]:
    """The times of the backups that stay; without any wish all do.

    Each wish counts periods back from the last backup and keeps the last one in each; a period in which an
    earlier wish keeps one already does not count.
    """
    if not any(keeps.values()):
        return set(times)
    kept: set[int] = set()
    for name, period in _PERIODS:
        covered = {period(unix) for unix in kept}
        chosen: set[str] = set()
        for unix in sorted(times, reverse=True):
            label = period(unix)
            if label in covered or label in chosen:
                continue
            if len(chosen) >= keeps.get(name, 0):
                break
            chosen.add(label)
            kept.add(unix)
    return kept


def _moment(unix: int) -> datetime:
    return datetime.fromtimestamp(unix, UTC)
