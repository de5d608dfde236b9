"""What all API objects have in common: identity, times, versions."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from typing import Final, Protocol, TypeVar

from sre_assistant.sim.servers.kubernetes.status import Object
from sre_assistant.sim.world import World

T = TypeVar("T")

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)


class Changing(Protocol):
    """Something that knows when it changes."""

    def moments(self, start: float, end: float) -> list[float]:
        """When it changes in ``start < t <= end``, ascending."""
        ...


class Times:
    """World seconds on the wire."""

    def __init__(self, world: World) -> None:
        self._world = world

    def whole(self, t: float) -> str:
        """A time in whole seconds, as most fields have it."""
        seconds = math.floor(self._world.unix_ms(t) / 1000)
        return (_EPOCH + timedelta(seconds=seconds)).strftime("%Y-%m-%dT%H:%M:%SZ")

    def micro(self, t: float) -> str:
        """A time in microseconds."""
        return self._moment(t).strftime("%Y-%m-%dT%H:%M:%S.%fZ")

    def nano(self, t: float) -> int:
        """A time in unix nanoseconds."""
        return self._world.epoch_ms * 1_000_000 + int(t * 1e6) * 1000

    def _moment(self, t: float) -> datetime:
        return self._world.epoch + timedelta(seconds=t)


def version(t: float) -> str:
    """The resource version that a change at a time leads to; later changes have higher ones."""
    return str(math.floor(round(t, 6) * 1000) + 1)


def version_now(t: float) -> int:
    """The resource version of all there is at a moment."""
    return math.floor(round(t, 6) * 1000)


def metadata(
    times: Times, name: str, *, namespace: str = "", uid: str, made: float, changed: float
) -> Object:
    """The beginning of an object's metadata."""
    return {
        "name": name,
        **({"namespace": namespace} if namespace else {}),
        "uid": uid,
        "resourceVersion": version(max(changed, made)),
        "creationTimestamp": times.whole(made),
    }


def owner(api: str, kind: str, name: str, owned_by: str) -> list[Object]:
    """The reference to the one object that looks after another."""
    return [
        {
            "apiVersion": api,
            "kind": kind,
            "name": name,
            "uid": owned_by,
            "controller": True,
            "blockOwnerDeletion": True,
        }
    ]


def since(moments: Sequence[float], begin: float, t: float, state: Callable[[float], T]) -> float:
    """From when on something has been as it is at ``t``; ``moments`` are those at which it may change."""
    now, found = state(t), t
    for moment in reversed([one for one in moments if one <= t]):
        if state(moment) != now:
            return found
        found = moment
    return begin if state(begin) == now else found


def latest(moments: Sequence[float], t: float, otherwise: float) -> float:
    """The last of some moments until ``t``."""
    return max((one for one in moments if one <= t), default=otherwise)


def last_change(thing: Changing, begin: float, t: float) -> float:
    """When a thing changed last until ``t``, or ``begin``; a short look back is tried first."""
    for reach in (600.0, 86400.0, t - begin + 1.0):
        found = thing.moments(t - reach, t)
        if found:
            return found[-1]
    return begin


def size_text(size: float) -> str:
    """Bytes as Kubernetes writes them: in the largest unit without a remainder."""
    whole = int(size)
    for unit, shift in (("Gi", 30), ("Mi", 20), ("Ki", 10)):
        if whole and whole % (1 << shift) == 0:
            return f"{whole >> shift}{unit}"
    return str(whole)


def cores_text(cores: float) -> str:
    """Cores as Kubernetes writes them."""
    milli = round(cores * 1000)
    return str(milli // 1000) if milli % 1000 == 0 else f"{milli}m"
