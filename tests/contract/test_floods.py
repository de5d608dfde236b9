"""What every integration makes of answers far larger than a homelab gives."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from typing import Any

import pytest

from sre_assistant.contracts.tool import ToolResult
from sre_assistant.domain.errors import SourceError
from sre_assistant.domain.reading import Completeness, Reading
from tests.contract.folders import FOLDERS, Folder
from tests.contract.test_answers import answered, json_of, replayed

ENTRIES = 100_003
MANY = 12_007
"""More than most integrations keep, and quick enough for every list of every read."""
ROUND = 500
"""Bounds are round numbers and what is sent here is not, so a round number of entries was cut."""
LONGEST_TEXT = 7_000
"""Characters of a tool's text: about 2,000 tokens."""

pytestmark = pytest.mark.parametrize("folder", FOLDERS, ids=[folder.kind for folder in FOLDERS])


def flooded(value: Any, entries: int) -> Iterator[object]:
    """The value with its outermost lists, one at a time, made as long as ``entries``."""
    if isinstance(value, list):
        if value:
            yield (value * (entries // len(value) + 1))[:entries]
        return
    if isinstance(value, dict):
        for key, part in value.items():
            for longer in flooded(part, entries):
                changed = copy.copy(value)
                changed[key] = longer
                yield changed


async def test_a_hundred_thousand_entries_are_bounded_and_said(folder: Folder) -> None:
    tried = 0
    for place, (name, (_, exchanges)) in enumerate((await answered(folder)).items()):
        entries = MANY if place else ENTRIES
        for number, exchange in enumerate(exchanges):
            for longer in flooded(json_of(exchange), entries):
                changed = [*exchanges]
                changed[number] = replace(exchange, text=json.dumps(longer))
                try:
                    result = await replayed(folder, tuple(changed))[name]()
                except SourceError:
                    continue
                tried += 1
                if isinstance(result, ToolResult):
                    assert len(result.text) <= LONGEST_TEXT, (name, len(result.text))
                elif isinstance(result, Reading) and isinstance(result.value, tuple):
                    cut = result.value and len(result.value) % ROUND == 0
                    assert not cut or result.completeness is not Completeness.COMPLETE, name
    assert tried
