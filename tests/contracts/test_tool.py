"""Tools called with values from outside."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Literal

import pytest

from sre_assistant.contracts.tool import Effect, Tool, ToolResult, told
from sre_assistant.domain.errors import CallError
from sre_assistant.domain.reading import Completeness, Provenance, Reading

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


async def test_text_that_is_no_unicode_is_the_callers_mistake() -> None:
    with pytest.raises(CallError, match=r"kind is .* no valid Unicode text"):
        await TOOL.called({"kind": "\ud800"})


def test_a_model_is_told_of_it_as_briefly_as_it_can_be_said() -> None:
    async def find_things(
        kind: Annotated[Literal["lamp", "door"], "Which kind."],
        vmid: Annotated[int | None, "Its number."] = None,
        state: Annotated[Literal["on", "off"] | None, "Only these."] = None,
    ) -> ToolResult:
        """Find things."""
        assert state in {None, "on", "off"}
        return await list_things(kind, vmid or 0)

    assert Tool(call=find_things, effect=Effect.READ).schema == {
        "name": "find_things",
        "description": "Find things.",
        "parameters": {
            "type": "object",
            "properties": {
                "kind": {"enum": ["lamp", "door"], "description": "Which kind."},
                "vmid": {"type": "integer", "description": "Its number."},
                "state": {"enum": ["on", "off"], "description": "Only these."},
            },
            "required": ["kind"],
        },
    }


def test_a_text_says_what_is_missing_and_cannot_move_the_cursor() -> None:
    provenance = Provenance(source="s", query="q", observed_at=NOON)
    partial = Reading(value=(1, 2), provenance=provenance, completeness=Completeness.PARTIAL, detail="cut")
    result = told(partial, "2 things\x1b[2J", notes=("node 2 is down", ""), data=(1, 2, 3))
    assert result.text == "2 things\nNote: cut\nNote: node 2 is down"
    assert (result.completeness, result.detail) == (Completeness.PARTIAL, "cut; node 2 is down")
    assert (result.data, result.reference) == ((1, 2, 3), "")
