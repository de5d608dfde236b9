"""Which disk of an inventory a series of metrics is about: by serial number, or by world-wide name."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from sre_assistant.domain.inventory import Resource

_RUN: Final = re.compile(r"[0-9a-f]{12,}")
"""A world-wide name; shorter runs of hex digits occur in model names and serial numbers by chance."""
_PARTITION: Final = re.compile(r"-part\d+$")
_SERIAL_LABELS: Final = ("serial_number", "serial")
_ID_LABELS: Final = ("device_id", "wwn", "lunid", "by_id")
_SHORTEST_SERIAL: Final = 5


@dataclass(frozen=True, slots=True)
class Keys:
    """What identifies a disk anywhere."""

    serials: frozenset[str]
    runs: frozenset[str]
    """The longest run of hex digits of each id."""

    def match(self, other: Keys) -> bool:
        """Whether both are of one disk."""
        return bool(self.serials & other.serials or self.runs & other.runs)

    def joined(self, others: Iterable[Keys]) -> Keys:
        """The keys of all of them."""
        every = (self, *others)
        return Keys(
            frozenset[str]().union(*(each.serials for each in every)),
            frozenset[str]().union(*(each.runs for each in every)),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Known:
    """A disk as one connected system knows it."""

    system: str
    resource: Resource
    keys: Keys


def keys_of(labels: Mapping[str, str], *more: str) -> Keys:
    """The keys in labels and in further ids, such as ``/dev/disk/by-id/ata-MODEL_SERIAL``."""
    ids = [*(labels.get(name, "") for name in _ID_LABELS), *more]
    serials = [*(labels.get(name, "") for name in _SERIAL_LABELS), *map(_trailing, ids)]
    return Keys(
        frozenset(text.strip().lower() for text in serials if len(text.strip()) >= _SHORTEST_SERIAL),
        frozenset(run for text in ids if (run := _longest(text))),
    )


def known_disks(system: str, resources: Iterable[Resource]) -> tuple[Known, ...]:
    """The disks among resources, with their keys."""
    return tuple(
        Known(system=system, resource=one, keys=keys_of(one.labels))
        for one in resources
        if one.kind == "disk"
    )


def matching(keys: Keys, disks: Sequence[Known]) -> tuple[Known, ...]:
    """The disks that have one of the keys, or one of the keys of a disk that has.

    Several systems may know one disk, one of them by its serial number and another by its world-wide name.
    """
    found: tuple[Known, ...] = ()
    while True:
        keys = keys.joined(disk.keys for disk in found)
        more = tuple(disk for disk in disks if disk.keys.match(keys))
        if len(more) == len(found):
            return found
        found = more


def is_ambiguous(found: Sequence[Known]) -> bool:
    """Whether one system has several disks for the same keys."""
    systems = [disk.system for disk in found]
    return len(set(systems)) < len(systems)


def _longest(text: str) -> str:
    runs: list[str] = sorted(_RUN.findall(text.lower().replace("0x", " ")), key=len)
    if not runs:
        return ""
    # udev writes the type of the designator, 3, in front of a SCSI disk's 16 digits.
    return runs[-1].removeprefix("3") if len(runs[-1]) == 17 else runs[-1]


def _trailing(text: str) -> str:
    """The serial number at the end of ``ata-MODEL_SERIAL``."""
    name = _PARTITION.sub("", text.rpartition("/")[2])
    return name.rpartition("_")[2] if "_" in name else ""
