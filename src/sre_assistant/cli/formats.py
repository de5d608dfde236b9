"""Every published schema, from all layers that write a machine format."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sre_assistant.runtime.schemas import Document


def published() -> dict[str, Document]:
    """Every schema by its name."""
    from sre_assistant.evals import schemas as exam
    from sre_assistant.runtime import schemas

    return schemas.published() | exam.published()
