"""What a scenario's truth demands of an answer, in names that the product may use."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sre_assistant.domain.diagnosis import Verdict
from sre_assistant.domain.entities import Entity

if TYPE_CHECKING:
    from sre_assistant.sim.scenario import Scenario


@dataclass(frozen=True, slots=True, kw_only=True)
class Thing:
    """One thing of the simulated house, with every name that metrics and APIs give it."""

    id: str
    """As the scenario writes it, e.g. ``filesystem/nas:/tank/media``."""
    names: frozenset[str]

    def is_meant_by(self, entity: Entity) -> bool:
        """Whether the product speaks of this thing: by its name, or by its labels' values joined."""
        return not self.names.isdisjoint({entity.name, ":".join(entity.labels.values())})


@dataclass(frozen=True, slots=True, kw_only=True)
class Guilty:
    """One true cause."""

    causes: frozenset[str]
    """Every hypothesis id that is right."""
    thing: Thing
    symptoms: tuple[str, ...] = ()
    """Names of the alerts it sets off."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Innocent:
    """What must not be blamed."""

    thing: Thing
    cause: str = ""
    """Of what it is innocent; empty: of everything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Hidden:
    """Something that cannot be seen, which an honest answer says."""

    entry: str
    """As the scenario writes it: a system like ``loki``, or an exporter like ``smartctl on nas``."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """All that a good investigator would find."""

    verdict: Verdict
    guilty: tuple[Guilty, ...] = ()
    innocent: tuple[Innocent, ...] = ()
    hidden: tuple[Hidden, ...] = ()


def expected_of(scenario: Scenario, called: Callable[[str], frozenset[str]]) -> Expected:
    """What is expected of an answer to a scenario.

    Args:
        scenario: with its truth.
        called: every name that the world gives to one of its entities.
    """
    truth = scenario.truth

    def thing(subject: str, *others: str) -> Thing:
        return Thing(id=subject, names=frozenset().union(*map(called, (subject, *others))))

    return Expected(
        verdict=Verdict(truth.honest),
        guilty=tuple(
            Guilty(
                causes=frozenset((one.cause, *one.also)),
                thing=thing(one.subject, *one.subjects),
                symptoms=one.symptoms,
            )
            for one in truth.causes
        ),
        innocent=tuple(Innocent(thing=thing(one.subject), cause=one.cause or "") for one in truth.innocent),
        hidden=tuple(Hidden(entry=entry) for entry in truth.blind),
    )
