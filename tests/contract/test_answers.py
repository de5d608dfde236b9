"""What every integration makes of answers: the same from a record, no surprise from spoilt ones."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from dataclasses import replace
from itertools import count
from random import Random
from typing import Any

import pytest

from sre_assistant.domain.errors import SourceError
from sre_assistant.kit.carriers import open_wire
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.codec import decode, encode
from sre_assistant.kit.recording import Exchange, Recorder, RecordingWire, ReplayWire
from tests.contract.folders import FOLDERS, NOW, Folder
from tests.kit.hostile import hostile

pytestmark = pytest.mark.parametrize("folder", FOLDERS, ids=[folder.kind for folder in FOLDERS])
_EACH = 4
WRONG: tuple[object, ...] = (None, 3, -1.5, "x", "", [], {}, [None], {"a": None}, True, 10**400)


async def answered(folder: Folder) -> dict[str, tuple[object, tuple[Exchange, ...]]]:
    """What each read gave, and what went over the wire for it."""
    found = {}
    async with hostile(folder.behaving) as server:
        config = folder.configured(server.url)
        for name in folder.read_names():
            recorder = Recorder()
            live = open_wire("the-system", config, FixedClock(NOW), Random(1))
            wire = RecordingWire(live, "the-system", recorder)
            integration = folder.connect(config, wire, FixedClock(NOW))
            found[name] = (await folder.reads(integration)[name](), recorder.exchanges)
            await live.aclose()
    return found


def replayed(folder: Folder, exchanges: tuple[Exchange, ...]) -> Any:
    config = folder.configured("http://elsewhere.lan")
    return folder.reads(folder.connect(config, ReplayWire("the-system", exchanges), FixedClock(NOW)))


def spoilt(value: Any, turn: Iterator[int] | None = None) -> Iterator[object]:
    """The value with each of its parts replaced by some wrong things, one at a time.

    Each part gets a few of them, the next part the next few, so that all come up often without trying all
    on each.
    """
    turn = turn or count()
    for _ in range(_EACH):
        yield WRONG[next(turn) % len(WRONG)]
    parts = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, part in parts:
        for wrong in spoilt(part, turn):
            changed = copy.copy(value)
            changed[key] = wrong
            yield changed


def json_of(exchange: Exchange) -> object:
    """What came, where it is JSON; log text and the like can only be replaced as a whole."""
    try:
        return json.loads(exchange.text)
    except json.JSONDecodeError:
        return None


async def test_a_record_gives_the_same_answer_again(folder: Folder) -> None:
    for name, (result, exchanges) in (await answered(folder)).items():
        kept = decode(encode(exchanges), tuple[Exchange, ...])
        again = encode(await replayed(folder, kept)[name]())
        link = json.loads(encode(result))["provenance"]["link"]
        there = json.loads(again)["provenance"]["link"]
        assert link.partition("//")[2].partition("/")[2] == there.partition("//")[2].partition("/")[2]
        assert again.replace(there.encode(), b"") == encode(result).replace(link.encode(), b""), name


async def test_no_part_of_an_answer_can_be_spoilt_into_a_crash(folder: Folder) -> None:
    tried = 0
    for name, (_, exchanges) in (await answered(folder)).items():
        for number, exchange in enumerate(exchanges):
            for wrong in spoilt(json_of(exchange)):
                changed = [*exchanges]
                changed[number] = replace(exchange, text=json.dumps(wrong))
                try:
                    await replayed(folder, tuple(changed))[name]()
                except SourceError as error:
                    assert len(error.detail) <= 400  # noqa: PT017  an answer or this error, nothing else
                tried += 1
    assert tried > 200
