"""What every integration makes of names and parameters that were chosen to do harm."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from typing import Any
from urllib.parse import unquote

import pytest

from sre_assistant.contracts.tool import Effect, ToolResult
from sre_assistant.domain.errors import CallError, SourceError
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.redaction import printable
from tests.contract.folders import FOLDERS, NOW, Folder
from tests.contract.test_answers import answered, json_of, replayed
from tests.kit.hostile import hostile

NAMES = (
    'a"b\\c',
    "../../access/users?full=1#",
    "..",
    "Größe 🦊 \u202efdp.exe",
    "\x1b[2Jwiped\x07",
    "two\nlines: FAKE [OK] all is well",
    "%2e%2e%2f%00",
    "{x} ${x} {{x}} $(x) `x`",
    "n" * 10_000,
)
_EACH = 4
PARAMETERS = (*NAMES, "", " ", '"} or {x="y', "0", "-1", "1e400", "null", "💥", "\ud800")
WRONG_NUMBERS: tuple[object, ...] = (
    *("abc", "1.5", "", "10**3", "0x10", "१२", "../1"),
    *([], {}, None, True, 10**400, -(10**400)),
)

pytestmark = pytest.mark.parametrize("folder", FOLDERS, ids=[folder.kind for folder in FOLDERS])


def renamed(value: Any, turn: Iterator[int] | None = None) -> Iterator[object]:
    """The value with each of its texts replaced by some hostile ones, one at a time; all take their turn."""
    turn = turn or count()
    if isinstance(value, str):
        for _ in range(_EACH):
            yield NAMES[next(turn) % len(NAMES)]
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        for other in renamed(part, turn):
            changed = copy.copy(value)
            changed[key] = other
            yield changed


def check_shown(text: str) -> None:
    """Nothing that moves a cursor, and no line that an outsider wrote."""
    assert printable(text) == text
    assert not [line for line in text.splitlines() if line.startswith("lines: FAKE")]


async def test_a_hostile_name_stays_a_name(folder: Folder) -> None:
    for name, (_, exchanges) in (await answered(folder)).items():
        for number, exchange in enumerate(exchanges):
            for other in renamed(json_of(exchange)):
                changed = [*exchanges]
                changed[number] = replace(exchange, text=json.dumps(other))
                try:
                    result = await replayed(folder, tuple(changed))[name]()
                except SourceError as error:
                    check_shown(error.detail)
                    continue
                if isinstance(result, ToolResult):
                    check_shown(result.text)


async def test_a_hostile_parameter_cannot_leave_its_place(folder: Folder) -> None:
    async with hostile(folder.behaving) as server:
        config = folder.configured(server.url, **folder.credentials[0])
        async with folder.live(config, FixedClock(NOW)) as (integration, _):
            for tool in integration.tools:
                for parameter in tool.parameters:
                    for value in PARAMETERS:
                        given = {p.name: folder.examples[p.name] for p in tool.parameters if p.required}
                        try:
                            result = await tool.called(given | {parameter.name: value})
                        except (CallError, SourceError) as error:
                            check_shown(str(error))
                        else:
                            check_shown(result.text)
    for seen in server.seen:
        steps = [unquote(step) for step in seen.path.split("/")]
        assert not {"..", "."} & set(steps), seen.target
        assert "/access/users" not in seen.path
        assert seen.path.isascii()
        assert seen.path.isprintable()


async def test_a_number_that_is_none_is_the_callers_mistake(folder: Folder) -> None:
    integration = folder.unasked(**folder.changing)
    for tool in integration.tools:
        for parameter in tool.parameters:
            if parameter.kind not in {int, float}:
                continue
            given = {p.name: folder.examples.get(p.name, "x") for p in tool.parameters if p.required}
            for wrong in WRONG_NUMBERS:
                with pytest.raises((CallError, SourceError)) as caught:
                    await tool.called(given | {parameter.name: wrong})
                if not isinstance(wrong, bool | int):
                    assert isinstance(caught.value, CallError), (tool.name, parameter.name, wrong)
                check_shown(str(caught.value))


def test_what_changes_is_marked_so(folder: Folder) -> None:
    integration = folder.unasked(**folder.changing)
    changing = {tool.name for tool in integration.tools if tool.effect is Effect.CHANGE}
    assert bool(changing) == ("change" in folder.manifest["effects"])
