"""schemas/*.json: what the machine formats look like."""

from __future__ import annotations

from typing import Any

from reference.markdown import plain
from sre_assistant.cli.formats import published
from sre_assistant.kit.codec import encode


def files() -> dict[str, str]:
    """Text by file name."""
    return {f"{name}.json": _text(schema) for name, schema in published().items()}


def _text(schema: dict[str, Any]) -> str:
    for definition in schema.get("$defs", {}).values():
        if "description" in definition:  # a docstring, whose indentation depends on the Python that read it
            definition["description"] = plain(definition["description"])
    return encode(schema, indent=2).decode() + "\n"
