"""How a disk's power state went over time."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import pairwise
from typing import Final, NamedTuple

from sre_assistant.domain.window import from_epoch
from sre_assistant.integrations.disks.forms import State

MOST_POINTS: Final = 2_100
"""Points of one series that are asked for; a server gives up to 11,000."""
LOOKS: Final = (
    (timedelta(hours=1), timedelta(seconds=15)),
    (timedelta(hours=6), timedelta(minutes=1)),
    (timedelta(hours=24), timedelta(minutes=1)),
    (timedelta(days=7), timedelta(minutes=5)),
)
"""Spans in which the last change is looked for, with their steps."""
_STEPS: Final = tuple(timedelta(seconds=s) for s in (15, 60, 300, 600, 900, 1800, 3600, 7200, 14_400, 21_600))
_SPINNING: Final = frozenset({"active", "standby"})


class Point(NamedTuple):
    """A state at a moment in Unix seconds."""

    at: float
    state: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """A disk that spun up or down."""

    at: datetime
    """The first moment at which the new state was seen."""
    after: datetime
    """The last moment at which the old one was."""
    became: State


@dataclass(frozen=True, slots=True, kw_only=True)
class Course:
    """The states of one disk over a span."""

    changes: int
    """How often it spun up or down; errors and unknown states between do not count."""
    shares: dict[State, float]
    """Share of the points in each state that occurs."""
    last: Turn | None
    first: datetime
    """The first point."""
    seen: datetime
    """The last point."""


def step_for(span: timedelta) -> timedelta:
    """The finest step with which a span keeps within the bound on points."""
    return next((step for step in _STEPS if span / step < MOST_POINTS), _STEPS[-1])


def looks_around(span: timedelta) -> tuple[tuple[timedelta, timedelta], ...]:
    """The spans to look for the last change in, the finest first; ``span`` with its own step among them."""
    own = (span, step_for(span))
    finer = [look for look in LOOKS if look[0] < span and look[1] < own[1]]
    wider = [look for look in LOOKS if look[0] > span]
    return (*finer, own, *wider)


def course_of(points: Iterable[Point]) -> Course | None:
    """The course over points in any order; None without any."""
    ordered = sorted(points)
    if not ordered:
        return None
    counts = Counter(point.state for point in ordered)
    turns = _turns([point for point in ordered if point.state in _SPINNING])
    return Course(
        changes=len(turns),
        shares={state: count / len(ordered) for state, count in counts.items()},
        last=turns[-1] if turns else None,
        first=from_epoch(ordered[0].at),
        seen=from_epoch(ordered[-1].at),
    )


def _turns(points: Sequence[Point]) -> list[Turn]:
    return [
        Turn(at=from_epoch(new.at), after=from_epoch(old.at), became=new.state)
        for old, new in pairwise(points)
        if old.state != new.state
    ]
