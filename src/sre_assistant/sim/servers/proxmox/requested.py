"""What was asked of Proxmox VE to be done: each request becomes a task with an end and an outcome."""

from __future__ import annotations

import threading
from dataclasses import dataclass, field, replace
from typing import Final

from sre_assistant.sim.causality.deeds import Deed

SECONDS: Final[dict[str, float]] = {
    "start": 2.0,
    "stop": 1.0,
    "shutdown": 3.0,
    "reboot": 8.0,
    "restart": 1.0,
    "suspend": 1.0,
    "resume": 1.0,
    "snapshot": 4.0,
    "delete": 3.0,
    "run-job": 90.0,
}
"""How long the task of an act takes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Requested:
    """One request; ``deed`` is what came of it, if anything."""

    node: str
    kind: str
    """The task's type, e.g. ``qmstart``."""
    vmid: str
    user: str
    at: float
    entity: str
    takes: float
    deed: Deed | None = None
    error: str = ""
    """How it failed; empty if it did not."""
    detail: str = ""
    """The name of a snapshot, or the storage of a backup."""
    number: int = 0
    """Its place among all requests, which tells two of the same moment apart."""

    @property
    def end(self) -> float:
        """When it ends by itself: later if the thing itself is slow."""
        return (self.deed.at if self.deed else self.at) + self.takes


@dataclass(slots=True)
class Requests:
    """All requests so far, and which tasks somebody stopped."""

    _made: list[Requested] = field(default_factory=list)
    _stopped: dict[str, float] = field(default_factory=dict)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def add(self, request: Requested) -> Requested:
        """One more, numbered."""
        with self._lock:
            numbered = replace(request, number=len(self._made) + 1)
            self._made.append(numbered)
        return numbered

    def all(self) -> list[Requested]:
        """All of them, by time."""
        with self._lock:
            return list(self._made)

    def stop(self, upid: str, t: float) -> None:
        """Somebody stopped a task."""
        with self._lock:
            self._stopped.setdefault(upid, t)

    def stopped(self, upid: str) -> float | None:
        """When somebody stopped a task."""
        with self._lock:
            return self._stopped.get(upid)
