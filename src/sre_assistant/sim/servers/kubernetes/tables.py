"""Lists as tables, which is what ``kubectl get`` asks for and prints."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sre_assistant.sim.servers.kubernetes.rows import PLAIN, TABLES
from sre_assistant.sim.servers.kubernetes.status import Object

_WIDE: Final = 1


def table(items: Sequence[Object], full: str, now: datetime, metadata: Object, whole: str) -> Object:
    """Some objects as a table; ``whole`` is what comes with each row: Metadata, Object or None."""
    columns, cells = TABLES.get(full, PLAIN)
    return {
        "kind": "Table",
        "apiVersion": "meta.k8s.io/v1",
        "metadata": metadata,
        "columnDefinitions": [_column(text) for text in columns],
        "rows": [_row(one, cells(one, now), whole) for one in items],
    }


def _column(text: str) -> Object:
    """A column from its name, with ``:integer`` for numbers; a ``+`` in front for ``-o wide`` only."""
    name, _, kind = text.removeprefix("+").partition(":")
    return {
        "name": name,
        "type": kind or "string",
        "format": "name" if name == "Name" else "",
        "description": f"{name} of the object.",
        "priority": _WIDE if text.startswith("+") else 0,
    }


def _row(one: Object, cells: Sequence[object], whole: str) -> Object:
    made: Object = {"cells": list(cells)}
    if whole == "Object":
        made["object"] = one
    elif whole != "None":
        made["object"] = {
            "kind": "PartialObjectMetadata",
            "apiVersion": "meta.k8s.io/v1",
            "metadata": one["metadata"],
        }
    return made
