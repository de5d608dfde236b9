"""Tools found by name, called with approval, and kept where their text shows a part."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import pytest

from sre_assistant.contracts.house import House
from sre_assistant.contracts.tool import Effect, Tool, ToolResult
from sre_assistant.domain.errors import ActionRefused, CallError, ConfigError
from sre_assistant.domain.reading import Completeness, Provenance
from sre_assistant.kit.clock import FixedClock
from sre_assistant.runtime import toolbox

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
DONE: list[str] = []


def result(data: object = None) -> ToolResult:
    provenance = Provenance(source="s", query="q", observed_at=NOON)
    return ToolResult(text="2 lamps", provenance=provenance, completeness=Completeness.COMPLETE, data=data)


async def lamp_list(room: Annotated[str, "Which room."] = "") -> ToolResult:
    """List lamps."""
    return result(({"room": room, "note": "password=hunter2", "watts": 4.5}, {"room": "attic"}))


async def lamp_switch(room: Annotated[str, "Which room."]) -> ToolResult:
    """Switch a lamp."""
    DONE.append(room)
    return result()


LIST = Tool(call=lamp_list, effect=Effect.READ)
SWITCH = Tool(call=lamp_switch, effect=Effect.CHANGE)
OWNED = (("upstairs", (LIST, SWITCH)), ("downstairs", (LIST,)))


async def test_what_changes_something_needs_approval() -> None:
    DONE.clear()
    with pytest.raises(ActionRefused, match="lamp_switch changes something"):
        await toolbox.call_tool(OWNED, "lamp_switch", {"room": "attic"})
    assert DONE == []
    await toolbox.call_tool(OWNED, "lamp_switch", {"room": "attic"}, approved=True)
    assert DONE == ["attic"]


async def test_which_system_is_meant_must_be_clear() -> None:
    with pytest.raises(CallError, match="upstairs, downstairs all have lamp_list: say which with --system"):
        await toolbox.call_tool(OWNED, "lamp_list", {})
    assert (await toolbox.call_tool(OWNED, "lamp_list", {}, system="downstairs")).text == "2 lamps"
    with pytest.raises(CallError, match="Did you mean upstairs"):
        await toolbox.call_tool(OWNED, "lamp_list", {}, system="upstair")
    with pytest.raises(CallError, match="Did you mean lamp_list"):
        await toolbox.call_tool(OWNED, "lamps_list", {})
    with pytest.raises(CallError, match="no tool is called 'lamp_switch'"):
        await toolbox.call_tool(OWNED, "lamp_switch", {"room": "x"}, system="downstairs", approved=True)


async def test_the_long_form_is_kept_privately_and_without_secrets(tmp_path: Path) -> None:
    called = await toolbox.call_tool(OWNED, "lamp_list", {"room": "hall"}, system="upstairs")
    kept = toolbox.keep_result(called, "t-1", tmp_path)
    assert kept.text == "2 lamps\nAll of it: sre show t-1"
    assert kept.reference == "t-1"
    found = json.loads(toolbox.kept_result("t-1", tmp_path))
    assert [entry["room"] for entry in found] == ["hall", "attic"]
    assert found[0]["watts"] == 4.5
    assert "hunter2" not in json.dumps(found)
    (file,) = (tmp_path / "results").iterdir()
    assert file.stat().st_mode & 0o077 == 0


async def test_only_the_newest_are_kept(tmp_path: Path) -> None:
    called = await toolbox.call_tool(OWNED, "lamp_list", {}, system="upstairs")
    for number in range(toolbox.KEPT_RESULTS + 3):
        toolbox.keep_result(called, f"t-{number}", tmp_path)
    assert len(list((tmp_path / "results").iterdir())) == toolbox.KEPT_RESULTS
    with pytest.raises(CallError, match="nothing is kept under 't-0'"):
        toolbox.kept_result("t-0", tmp_path)
    assert toolbox.kept_result(f"t-{number}", tmp_path)


@pytest.mark.parametrize("reference", ["../secret", "/etc/passwd", "", "t-1.json"])
async def test_a_reference_is_a_name_and_no_path(reference: str, tmp_path: Path) -> None:
    (tmp_path / "secret.json").write_text("{}", encoding="utf-8")
    (tmp_path / "results").mkdir()
    with pytest.raises(CallError):
        toolbox.kept_result(reference, tmp_path)


def test_with_nothing_connected_there_are_no_tools() -> None:
    with pytest.raises(ConfigError, match="PROMETHEUS_URL"):
        toolbox.owned_tools(House(()), FixedClock(NOON))
