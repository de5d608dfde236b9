"""Identifiers as something that is handed in."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from typing import Protocol


class Ids(Protocol):
    """Where new identifiers come from."""

    def new(self, prefix: str) -> str:
        """A new id, e.g. ``c-7f3a91`` for the prefix ``c``."""
        ...


class RandomIds:
    """Short random ids: readable on a phone, unique enough for one house."""

    def new(self, prefix: str) -> str:
        """A new id with 6 random hex digits."""
        return f"{prefix}-{secrets.token_hex(3)}"


class GivenIds:
    """Hands out ids that were noted before, in order: for replays and tests."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = iter(ids)

    def new(self, prefix: str) -> str:
        """The next noted id; running out is a defect of the caller."""
        noted = next(self._ids)
        if not noted.startswith(f"{prefix}-"):
            raise ValueError(f"the next noted id is {noted!r}, asked for one with prefix {prefix!r}")
        return noted
