"""Alertmanager's silences: the one thing here that people change."""

from __future__ import annotations

import random
import threading
import uuid
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from sre_assistant.sim.metrics.series import Matcher


@dataclass(frozen=True, slots=True)
class Silence:
    """A time in which alerts that pass all matchers are not sent; moments in unix milliseconds."""

    id: str
    matchers: tuple[Matcher, ...]
    starts_at: int
    ends_at: int
    updated_at: int
    created_by: str
    comment: str

    def state(self, now: int) -> Literal["pending", "active", "expired"]:
        """Where in its life it is."""
        if now >= self.ends_at:
            return "expired"
        return "active" if now >= self.starts_at else "pending"

    def covers(self, labels: Mapping[str, str]) -> bool:
        """Whether an alert with these labels is meant."""
        return all(matcher.matches(labels.get(matcher.name, "")) for matcher in self.matchers)


class Silences:
    """All silences; ids depend on the seed and the order of creation only."""

    def __init__(self, seed: int, given: Iterable[Silence] = ()) -> None:
        self._random = random.Random(seed)  # noqa: S311  ids, not secrets
        self._lock = threading.Lock()
        self._all = {one.id: one for one in given}

    def all(self) -> list[Silence]:
        """Every silence ever made."""
        with self._lock:
            return list(self._all.values())

    def get(self, id_: str) -> Silence | None:
        """One silence."""
        with self._lock:
            return self._all.get(id_)

    def active(self, now: int) -> list[Silence]:
        """Those in force."""
        return [one for one in self.all() if one.state(now) == "active"]

    def put(self, silence: Silence, now: int) -> str:
        """Adds a silence, or changes the one with its id, and says which id it has.

        Raises:
            KeyError: it has an id that nobody knows.
        """
        with self._lock:
            old = self._all.get(silence.id)
            if silence.id and old is None:
                raise KeyError(silence.id)
            if old is not None and old.state(now) != "expired" and old.matchers == silence.matchers:
                self._all[old.id] = silence
                return old.id
            if old is not None and old.state(now) != "expired":
                self._all[old.id] = _ended(old, now)
            new = str(uuid.UUID(int=self._random.getrandbits(128), version=4))
            self._all[new] = replace(silence, id=new)
            return new

    def expire(self, id_: str, now: int) -> None:
        """Ends a silence now.

        Raises:
            KeyError: there is none with this id.
            ValueError: it has ended already.
        """
        with self._lock:
            old = self._all[id_]
            if old.state(now) == "expired":
                raise ValueError(f"silence {id_} already expired")
            self._all[id_] = _ended(old, now)


def _ended(silence: Silence, now: int) -> Silence:
    return replace(silence, ends_at=now, starts_at=min(silence.starts_at, now), updated_at=now)
