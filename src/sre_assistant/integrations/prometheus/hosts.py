"""Which label of the targets names the machine they are on."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from typing import Final

from sre_assistant.kit.labels import host_of

KNOWN: Final = ("nodename", "node", "hostname", "host", "kubernetes_node", "machine")
"""Labels that people and service discoveries name machines by, the most exact first."""
_MOST: Final = 0.5
_AGREEING: Final = 0.8


def host_label(targets: Iterable[Mapping[str, str]]) -> str:
    """The label that names machines, or nothing where only ``instance`` does.

    It is on most targets, and targets with the same value have the same host in their ``instance``. A
    label such as the environment fails the second, one on the probes alone the first.
    """
    labels = [each for each in targets if each.get("instance")]
    return next((name for name in KNOWN if _names_machines(name, labels)), "")


def _names_machines(name: str, labels: Sequence[Mapping[str, str]]) -> bool:
    pairs = Counter((each[name], host_of(each["instance"])) for each in labels if each.get(name))
    named = sum(pairs.values())
    if named <= _MOST * len(labels):
        return False
    most: dict[str, int] = {}
    for (value, _), count in pairs.items():
        most[value] = max(most.get(value, 0), count)
    return sum(most.values()) >= _AGREEING * named
