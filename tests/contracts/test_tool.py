"""Tools called with values from outside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated

import pytest

from sre_assistant.contracts.tool import Effect, Tool, ToolResult
from sre_assistant.domain.errors import CallError
from sre_assistant.domain.reading import Completeness, Provenance

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)


async def list_things(
    kind: Annotated[str, "Which kind."], limit: Annotated[int, "How many, e.g. 5."] = 3
) -> ToolResult:
    """List things.

    More words.
    """
    provenance = Provenance(source="s", query="q", observed_at=NOON)
    return ToolResult(text=f"{limit} {kind}", provenance=provenance, completeness=Completeness.COMPLETE)


TOOL = Tool(call=list_things, effect=Effect.READ)


def test_a_tool_describes_itself() -> None:
    assert (TOOL.name, TOOL.says) == ("list_things", "List things.")
    kind, limit = TOOL.parameters
    assert (kind.says, kind.required, limit.required, limit.default) == ("Which kind.", True, False, 3)


async def test_texts_are_read_as_what_is_wanted() -> None:
    assert (await TOOL.called({"kind": "lamps", "limit": "5"})).text == "5 lamps"
    assert (await TOOL.called({"kind": "lamps"})).text == "3 lamps"


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"kind": "x", "limt": 1}, "Did you mean limit"),
        ({"kind": "x", "zzz": 1}, "It takes kind, limit"),
        ({}, "needs kind: Which kind."),
        ({"kind": "x", "limit": "many"}, "limit is 'many'"),
        ({"kind": "x", "limit": None}, "limit is None"),
    ],
)
async def test_a_wrong_call_names_the_parameter(given: dict[str, object], says: str) -> None:
    with pytest.raises(CallError, match=says):
        await TOOL.called(given)
