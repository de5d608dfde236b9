"""Label sets: the id that Prometheus and Alertmanager give them, the machine they name, their text."""

from __future__ import annotations

from collections.abc import Mapping
from urllib.parse import urlsplit

from sre_assistant.kit.promql import escape

_OFFSET = 14695981039346656037
_PRIME = 1099511628211
_SEPARATOR = b"\xff"


def fingerprint(labels: Mapping[str, str]) -> str:
    """16 hex digits: 64-bit FNV-1a over the sorted names and values, the same as Alertmanager shows."""
    total = _OFFSET
    for name in sorted(labels):
        for byte in name.encode() + _SEPARATOR + labels[name].encode() + _SEPARATOR:
            total = ((total ^ byte) * _PRIME) & 0xFFFFFFFFFFFFFFFF
    return f"{total:016x}"


def host_of(name: str) -> str:
    """The machine in an ``instance`` label: ``nas.lan`` for ``nas.lan:9100`` and ``http://nas.lan:8096/x``.

    What is neither an address nor a URL stays as it is.
    """
    if "://" in name:
        try:
            return urlsplit(name).hostname or name
        except ValueError:
            return name
    if name.startswith("["):
        return name[1:].partition("]")[0]
    head, colon, port = name.rpartition(":")
    return head if colon and port.isdigit() and ":" not in head else name


def labels_text(labels: Mapping[str, str]) -> str:
    """Labels as Prometheus shows a series, the metric's name in front: ``up{instance="nas", job="node"}``."""
    inside = ", ".join(f'{key}="{escape(text)}"' for key, text in sorted(labels.items()) if key != "__name__")
    return f"{labels.get('__name__', '')}{{{inside}}}"
