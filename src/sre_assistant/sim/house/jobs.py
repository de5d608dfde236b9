"""What a homelab does by itself at set times: the part of a world file under ``jobs``."""

from __future__ import annotations

from typing import Literal

import msgspec

from sre_assistant.sim.quantities import Rate, Span


class JobSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A scheduled job.

    ``backup`` saves ``guests`` (none means all that run) to ``storage``, one after the other on each node;
    ``scrub`` reads a ``pool``; ``smart-test`` touches the disks of ``hosts``; ``update`` installs packages on
    ``hosts``; ``verify``, ``prune`` and ``gc`` work on a ``datastore``; ``snapshot`` on a ``pool``;
    ``replication`` copies ``guests`` from their node to ``target``.
    """

    kind: Literal[
        "backup", "scrub", "smart-test", "update", "verify", "prune", "gc", "snapshot", "replication"
    ]
    schedule: str
    """``hourly``, ``daily 02:00`` or ``sun 00:40``, in UTC."""
    guests: tuple[str, ...] = ()
    without: tuple[str, ...] = ()
    """Guests left out of a backup of all."""
    storage: str = ""
    pool: str = ""
    datastore: str = ""
    hosts: tuple[str, ...] = ()
    target: str = ""
    pace: Rate = Rate(0)
    """Bytes per second that it reads."""
    takes: Span = Span(60.0)
    """How long it works on each thing; for backups the time per guest."""
    cpu: float = 0.0
    """Share of the CPU time that it takes meanwhile."""
