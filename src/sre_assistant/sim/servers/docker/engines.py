"""Releases of the Docker Engine, and which API versions they speak."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import Final

_VERSION: Final = re.compile(r"\d+(\.\d+)*")


@dataclass(frozen=True, slots=True)
class Engine:
    """A release: the newest and the oldest API version that it speaks, and what it was built from."""

    version: str
    api: str
    least: str
    commit: str
    built: str
    go: str
    containerd: str
    runc: str

    @property
    def recent(self) -> bool:
        """Whether it is release 25 or later, from when on many errors are worded anew."""
        return int(self.version.partition(".")[0]) >= 25


ENGINES: Final = (
    Engine(
        "27.3.1",
        "1.47",
        "1.24",
        "41ca978",
        "2024-09-20T11:41:11.000000000+00:00",
        "go1.22.7",
        "1.7.22",
        "1.1.14",
    ),
    Engine(
        "24.0.9",
        "1.43",
        "1.12",
        "fca702d",
        "2024-01-31T23:47:12.000000000+00:00",
        "go1.20.13",
        "1.6.28",
        "1.1.12",
    ),
    Engine(
        "20.10.24+dfsg1",
        "1.41",
        "1.12",
        "5d6db84",
        "2023-05-18T08:38:05.000000000+00:00",
        "go1.19.8",
        "1.6.20",
        "1.1.5",
    ),
)
"""What people run: a current release, an older one, and Debian's."""


def number(version: str) -> tuple[int, ...]:
    """An API version as something to compare; nothing for what is none."""
    return tuple(int(part) for part in version.split(".")) if _VERSION.fullmatch(version) else ()


def speaks(version: str, least: str) -> bool:
    """Whether an API version is at least another."""
    return number(version) >= number(least)
