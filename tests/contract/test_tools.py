"""What every tool of every integration is: typed, described, bounded, with an effect."""

from __future__ import annotations

import inspect
import re
from typing import Annotated, get_args, get_origin, get_type_hints

import pytest

from sre_assistant.contracts.tool import Effect, Tool, ToolResult
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.recording import ReplayWire
from tests.contract.folders import EXAMPLES, FOLDERS, NOW

MAX_DESCRIPTION = 1_200
"""Characters that a model reads of one tool before it calls it: about 300 tokens."""


def tools() -> list[tuple[str, Tool]]:
    found = []
    for folder in FOLDERS:
        config = folder.config(url="http://x.lan")
        integration = folder.connect(config, ReplayWire("x", ()), FixedClock(NOW))
        found += [(folder.kind, tool) for tool in integration.tools]
    return found


pytestmark = pytest.mark.parametrize(("kind", "tool"), tools(), ids=[tool.name for _, tool in tools()])


def test_it_is_named_verb_noun_after_its_system(kind: str, tool: Tool) -> None:
    assert re.fullmatch(rf"{kind}(_[a-z]+)+", tool.name)


def test_its_first_line_stands_alone(kind: str, tool: Tool) -> None:
    doc = inspect.getdoc(tool.call) or ""
    first = doc.partition("\n")[0]
    assert 20 <= len(first) <= 110
    assert first.endswith((".", "first."))


def test_each_parameter_is_typed_and_described(kind: str, tool: Tool) -> None:
    hints = get_type_hints(tool.call, include_extras=True)
    assert hints.pop("return") is ToolResult
    assert set(hints) == set(inspect.signature(tool.call).parameters)
    for name, hint in hints.items():
        assert get_origin(hint) is Annotated, name
        _, sentence = get_args(hint)
        assert sentence.endswith("."), name


def test_its_effect_is_told(kind: str, tool: Tool) -> None:
    assert isinstance(tool.effect, Effect)


def test_its_description_is_short_enough_for_a_model(kind: str, tool: Tool) -> None:
    hints = get_type_hints(tool.call, include_extras=True)
    text = f"{tool.name} {inspect.getdoc(tool.call)} {hints}"
    assert len(text) <= MAX_DESCRIPTION


def test_what_it_needs_has_an_example(kind: str, tool: Tool) -> None:
    needed = {p.name for p in inspect.signature(tool.call).parameters.values() if p.default is p.empty}
    assert needed <= set(EXAMPLES)
