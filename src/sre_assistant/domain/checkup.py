"""What a check-up of a connected system found."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One line of a check-up."""

    level: Literal["ok", "warning", "error"]
    check: str
    """``reachable``, ``tls``, ``authorised``, ``permission``, ``version``, ``clock``, ``exporters``,
    ``rules``, ``breaker`` or ``setting``."""
    text: str
    """What was found, with the value."""
    fix: str = ""
    """The exact line that mends it, where there is one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Checkup:
    """The check-up of one system."""

    system: str
    """Its configured name."""
    kind: str
    """Which integration it is, e.g. ``prometheus``."""
    url: str
    """Where it is, without credentials."""
    version: str
    """Product and version, or empty when it did not say."""
    findings: tuple[Finding, ...]
    rights: tuple[str, ...] = ()
    """What the credential may do, in the system's own words; empty when the system does not say."""
    status: Literal["ok", "limited", "down"] = field(init=False)
    """``down`` when it cannot be reached or asked, ``limited`` when something else is wrong."""

    def __post_init__(self) -> None:
        errors = {f.check for f in self.findings if f.level == "error"}
        down = errors & {"reachable", "tls", "authorised"}
        object.__setattr__(self, "status", "down" if down else "limited" if errors else "ok")
