"""What every tool of every integration is: typed, described, bounded, with an effect."""

from __future__ import annotations

import inspect
import json
import re
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest

from sre_assistant.contracts.house import House
from sre_assistant.contracts.tool import Effect, Tool, ToolResult
from sre_assistant.kit.clock import FixedClock
from sre_assistant.runtime.discovery import composer, composites
from tests.contract.folders import FOLDERS, NOW, Folder

MAX_SCHEMA = 640
"""Characters of one tool as a model is told of it."""
MOST_TOKENS = 6_000
"""All tools together."""
CHARACTERS_A_TOKEN = 3.5
"""Fewer than today's tokenizers put into a token of English and JSON, so the sum errs on the safe side."""


def tools() -> list[tuple[Folder, Tool]]:
    return [(folder, tool) for folder in FOLDERS for tool in folder.unasked(**folder.changing).tools]


def all_schemas() -> str:
    """Every tool of every integration, changes and composites included, as a model is told of them."""
    connected = House(tuple(folder.unasked(**folder.changing) for folder in FOLDERS))
    combined = [tool for one in composites() for tool in composer(one.kind)(connected, FixedClock(NOW))]
    found = [tool for _, tool in tools()] + combined
    assert len({tool.name for tool in found}) == len(found)
    return json.dumps([tool.schema for tool in found], separators=(",", ":"))


def test_all_tools_together_leave_room_in_a_small_window() -> None:
    assert len(all_schemas()) / CHARACTERS_A_TOKEN < MOST_TOKENS


by_tool = pytest.mark.parametrize(("folder", "tool"), tools(), ids=[tool.name for _, tool in tools()])


@by_tool
def test_it_is_named_verb_noun_after_its_system(folder: Folder, tool: Tool) -> None:
    assert re.fullmatch(rf"{folder.kind}(_[a-z]+)+", tool.name)


@by_tool
def test_its_first_line_stands_alone(folder: Folder, tool: Tool) -> None:
    doc = inspect.getdoc(tool.call) or ""
    first = doc.partition("\n")[0]
    assert 20 <= len(first) <= 110
    assert first.endswith((".", "first."))


@by_tool
def test_each_parameter_is_typed_and_described(folder: Folder, tool: Tool) -> None:
    hints = get_type_hints(tool.call, include_extras=True)
    assert hints.pop("return") is ToolResult
    assert set(hints) == set(inspect.signature(tool.call).parameters)
    for name, hint in hints.items():
        assert get_origin(hint) is Annotated, name
        _, sentence = get_args(hint)
        assert sentence.endswith("."), name


@by_tool
def test_its_effect_is_told(folder: Folder, tool: Tool) -> None:
    assert isinstance(tool.effect, Effect)


@by_tool
def test_a_model_is_told_of_it_in_few_words(folder: Folder, tool: Tool) -> None:
    assert len(json.dumps(tool.schema, separators=(",", ":"))) <= MAX_SCHEMA


@by_tool
def test_what_it_needs_has_an_example(folder: Folder, tool: Tool) -> None:
    assert {p.name for p in tool.parameters if p.required} <= set(
        folder.examples
    ) or tool.effect is not Effect.READ
