"""The two API keys of the NAS: one that may only read, one that may change things."""

from __future__ import annotations

import hashlib
import hmac
from dataclasses import dataclass
from typing import Final, Literal

Role = Literal["READONLY_ADMIN", "FULL_ADMIN"]

USERS: Final[dict[Role, tuple[str, int]]] = {
    "READONLY_ADMIN": ("sre", 3000),
    "FULL_ADMIN": ("operator", 3001),
}
"""User name and id behind each key."""


@dataclass(frozen=True, slots=True)
class Keys:
    """What a homelab's secret for this system makes of keys."""

    secret: str

    @property
    def reader(self) -> str:
        """A key with the role ``READONLY_ADMIN``."""
        return f"1-{self._digits('reader')}"

    @property
    def operator(self) -> str:
        """A key with the role ``FULL_ADMIN``."""
        return f"2-{self._digits('operator')}"

    def role(self, key: str) -> Role | None:
        """What a key allows; nothing if it is none of these."""
        if hmac.compare_digest(key.encode(), self.reader.encode()):
            return "READONLY_ADMIN"
        return "FULL_ADMIN" if hmac.compare_digest(key.encode(), self.operator.encode()) else None

    def _digits(self, name: str) -> str:
        return hashlib.sha256(f"{self.secret}\x00{name}".encode()).hexdigest()
