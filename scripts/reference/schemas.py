"""schemas/*.json: what the machine formats look like."""

from __future__ import annotations

from sre_assistant.kit.codec import encode
from sre_assistant.runtime.schemas import published


def files() -> dict[str, str]:
    """Text by file name."""
    return {f"{name}.json": encode(schema, indent=2).decode() + "\n" for name, schema in published().items()}
