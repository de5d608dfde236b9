"""A bundle played again: the same workflow over the recorded answers, without any system."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace

from sre_assistant.domain.answer import Answer
from sre_assistant.domain.diagnosis import Diagnosis
from sre_assistant.domain.errors import CallError
from sre_assistant.domain.events import Event
from sre_assistant.kit import codec
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.recording import ReplayWire
from sre_assistant.runtime.bundles import Bundle, digest, restored_system
from sre_assistant.runtime.results import DiagnosisList, Investigation
from sre_assistant.runtime.wiring import build_house
from sre_assistant.runtime.zones import zone_named
from sre_assistant.workflows.ask import ask
from sre_assistant.workflows.investigate import investigate


@dataclass(frozen=True, slots=True, kw_only=True)
class Replay:
    """What came of playing a bundle again."""

    result: Diagnosis | DiagnosisList | Answer
    same: bool
    """Whether the result is, byte for byte, the recorded one."""


async def replay(bundle: Bundle) -> Replay:
    """Does what was asked once more, offline.

    Raises:
        CallError: the bundle does not hold together.
        SreError: as the recorded task would have raised.
    """
    systems = tuple(restored_system(recorded) for recorded in bundle.systems)
    clock = FixedClock(bundle.at)
    wires = {system.name: ReplayWire(system.name, bundle.exchanges) for system in systems}
    house = build_house(systems, wires, clock=clock, site=bundle.site)
    ids, asked = _NotedIds(bundle.ids), bundle.asked
    result: Diagnosis | DiagnosisList | Answer
    if asked.command == "investigate":
        diagnoses = await investigate(house, asked.selection, clock=clock, ids=ids, emit=_unheard)
        result = Investigation(selection=asked.selection, diagnoses=diagnoses).document
    else:
        answer = await ask(
            house,
            asked.question,
            previous=asked.previous,
            zone=zone_named(bundle.zone),
            clock=clock,
            ids=ids,
            emit=_unheard,
        )
        result = replace(answer, session_id=asked.session_id)
    return Replay(result=result, same=digest(codec.encode(result)) == bundle.result)


def _unheard(event: Event) -> None:
    """Nobody watches a replay."""


class _NotedIds:
    """The ids of the bundle, in order; one that does not fit is the bundle's fault."""

    def __init__(self, ids: Iterable[str]) -> None:
        self._ids = iter(ids)

    def new(self, prefix: str) -> str:
        noted = next(self._ids, "")
        if not noted.startswith(f"{prefix}-"):
            raise CallError(f"the bundle notes {noted!r} where an id beginning with {prefix!r} is needed.")
        return noted
