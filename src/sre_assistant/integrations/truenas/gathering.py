"""A reading made of several calls side by side: what fails beside the essential one is named, not fatal."""

from __future__ import annotations

from collections.abc import Awaitable
from typing import TypeVar

from sre_assistant.domain.errors import Denied, SourceError
from sre_assistant.integrations.truenas.client import Rows

T = TypeVar("T")
S = TypeVar("S")


class Gathering:
    """Collects why a reading is not all of it."""

    def __init__(self) -> None:
        self._cut: dict[str, str] = {}
        self._denied: dict[str, str] = {}

    @property
    def cut(self) -> tuple[str, ...]:
        """What is missing for other reasons than rights, always in the same order."""
        return tuple(f"{what}: {why}" for what, why in sorted(self._cut.items()))

    @property
    def denied(self) -> str:
        """What the key may not see."""
        return "; ".join(f"{what}: {why}" for what, why in sorted(self._denied.items()))

    def lacks(self, what: str, why: str) -> None:
        """Notes that a part is not all of it."""
        self._cut[what] = why

    def kept(self, what: str, rows: Rows[T]) -> tuple[T, ...]:
        """The rows, with a note when they are not all."""
        if rows.cut:
            self.lacks(what, rows.cut)
        return rows.values

    async def rows(self, what: str, ask: Awaitable[Rows[T]]) -> tuple[T, ...]:
        """The rows of a part; none when it fails."""
        return self.kept(what, await self.part(what, ask, Rows(())))

    async def part(self, what: str, ask: Awaitable[S], otherwise: S) -> S:
        """A part, or what stands in for it when it fails."""
        try:
            return await ask
        except SourceError as error:
            where = self._denied if isinstance(error, Denied) else self._cut
            where[what] = error.detail
            return otherwise
