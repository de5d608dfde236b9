"""Names nobody knows: found, and answered with the nearest one that exists."""

from __future__ import annotations

import difflib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sre_assistant.domain.errors import ConfigError
from sre_assistant.runtime.values import Given

if TYPE_CHECKING:
    from sre_assistant.runtime.fields import Fields

_ALIKE = 0.65
_RESERVED = ("SRE_TEST_",)
"""The project's own test suites read these; they are no settings."""


def nearest(name: str, known: Sequence[str]) -> str:
    """The remedy for an unknown name: the closest known one, or all of them."""
    close = closest(name, known, cutoff=0.5)
    return f"Did you mean {close}?" if close else f"Known are: {', '.join(sorted(known))}."


def closest(name: str, known: Sequence[str], *, cutoff: float = _ALIKE) -> str:
    """The known name most like ``name``, or nothing."""
    parts = [other for other in known if other.endswith(f"_{name}")]
    found = parts or difflib.get_close_matches(name, known, n=1, cutoff=cutoff)
    return found[0] if found else ""


def check_names(
    environment: Mapping[str, Given], dotenv: Mapping[str, Given], own: Fields, systems: Sequence[Fields]
) -> None:
    """Refuses unknown names that begin like ours.

    An env file is ours, so each is an error. The environment is shared: Kubernetes and Docker put names
    such as PROMETHEUS_PORT_9090_TCP there, so besides ``SRE_…`` only a near miss counts.

    Raises:
        ConfigError: names the nearest known one.
    """
    for table in (own, *systems):
        start = f"{table.prefix}_"
        known = (*table.names, *table.extra)
        for name, given in {**environment, **dotenv}.items():
            if not name.startswith(start) or name in known or name.startswith(_RESERVED):
                continue
            tails = tuple(other.removeprefix(start) for other in known if other.startswith(start))
            close = closest(name.removeprefix(start), tails)
            if name in dotenv or table is own or close:
                remedy = f"Did you mean {start}{close}?" if close else nearest(name, known)
                raise ConfigError(name, f"is not a setting ({given.origin})", remedy)


def check_keys(document: Mapping[str, object], path: Path, own: Fields, kinds: Sequence[str]) -> None:
    """Refuses unknown names at the top level of the config file.

    Raises:
        ConfigError: names the nearest known one.
    """
    known = (*own.keys, *kinds)
    for key in document:
        if key not in known:
            raise ConfigError(f"{key} in {path}", "is not a setting", nearest(key, known))
