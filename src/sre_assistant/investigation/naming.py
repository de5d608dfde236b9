"""One machine under many names: addresses, ports and URLs in labels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from urllib.parse import urlsplit

from sre_assistant.kit.promql import regex_escape

_HOST_LABELS = ("instance", "nodename", "host", "hostname", "node")


def host_of(name: str) -> str:
    """The machine in an ``instance`` label: ``nas.lan`` for ``nas.lan:9100`` and ``http://nas.lan:8096/x``.

    What is neither an address nor a URL stays as it is.
    """
    if "://" in name:
        return urlsplit(name).hostname or name
    if name.startswith("["):
        return name[1:].partition("]")[0]
    head, colon, port = name.rpartition(":")
    return head if colon and port.isdigit() and ":" not in head else name


def hosts_in(labels: Mapping[str, str]) -> tuple[str, ...]:
    """The machines that labels speak of, the most exact label first."""
    return tuple(dict.fromkeys(host_of(labels[name]) for name in _HOST_LABELS if labels.get(name)))


def instance_pattern(hosts: Iterable[str]) -> str:
    """A regular expression for every ``instance`` label on one of these machines."""
    names = "|".join(regex_escape(f"[{h}]" if ":" in h else h) for h in sorted(set(hosts)))
    return f"([a-z]+://)?({names})([/:].*)?"


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
