"""One machine under many names: addresses, ports and URLs in labels."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from sre_assistant.kit.labels import host_of
from sre_assistant.kit.promql import regex_escape

__all__ = ["aliases_of", "host_of", "hosts_in", "instance_pattern", "resolved"]

_HOST_LABELS = ("instance", "nodename", "host", "hostname", "node", "kubernetes_node", "machine")


def hosts_in(labels: Mapping[str, str]) -> tuple[str, ...]:
    """The machines that labels speak of, the most exact label first."""
    return tuple(dict.fromkeys(host_of(labels[name]) for name in _HOST_LABELS if labels.get(name)))


def instance_pattern(hosts: Iterable[str]) -> str:
    """A regular expression for every ``instance`` label on one of these machines."""
    names = "|".join(regex_escape(f"[{h}]" if ":" in h else h) for h in sorted(set(hosts)))
    return f"([a-z]+://)?({names})([/:].*)?"


def aliases_of(named: Iterable[tuple[str, str]]) -> Mapping[str, str]:
    """Names that mean one machine, each with the host that its ``instance`` labels use.

    A name and a host belong together where each occurs with the other more often than with any third:
    an exporter that speaks for other machines gives its own host to none of them.

    Args:
        named: a name and the host of an ``instance`` label, once for each target that has both.
    """
    pairs = Counter(named)
    hosts, names = _favourites(pairs), _favourites({(h, n): count for (n, h), count in pairs.items()})
    return {name: host for name, host in hosts.items() if names.get(host) == name}


def _favourites(pairs: Mapping[tuple[str, str], int]) -> dict[str, str]:
    """What each first occurs with most often; nothing where two are as frequent."""
    found: dict[str, str] = {}
    most: dict[str, int] = {}
    for (first, second), count in pairs.items():
        if count > most.get(first, 0):
            found[first], most[first] = second, count
        elif count == most[first]:
            found.pop(first, None)
    return found


def resolved(hosts: Iterable[str], aliases: Mapping[str, str]) -> tuple[str, ...]:
    """Machines as the metrics call them: ``nas`` becomes ``nas.lan`` where that is what is scraped.

    Args:
        hosts: machines as an alert or a person names them.
        aliases: every name a machine goes by, with the one its metrics use.
    """
    found = []
    for host in hosts:
        short = [full for alias, full in aliases.items() if alias.split(".")[0] == host.split(".")[0]]
        found.append(aliases.get(host) or (short[0] if len(set(short)) == 1 else host))
    return tuple(dict.fromkeys(found))
