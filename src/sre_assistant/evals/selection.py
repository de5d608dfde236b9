"""Which scenarios are put to the product."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Final, NamedTuple

from sre_assistant.domain.errors import CallError
from sre_assistant.runtime.names import nearest
from sre_assistant.sim.scenario import TAGS, Scenario, load_scenario, scenario_names

_SUFFIXES: Final = (".yaml", ".yml")


class Chosen(NamedTuple):
    """A scenario and where it is."""

    place: str
    """The name of one that comes with the program, or a file."""
    scenario: Scenario


def choose(what: Sequence[str], tags: Sequence[str] = ()) -> tuple[Chosen, ...]:
    """The scenarios meant, each read and checked.

    Args:
        what: names, files and folders; nothing means all that come with the program.
        tags: only those that carry one of these.

    Raises:
        CallError: something is not there, a tag is not known, nothing is left, or two share a name.
        ConfigError: a file is wrong; the message says where.
    """
    check_tags(tags)
    places = [place for one in what for place in places_of(one)] if what else scenario_names()
    found = [Chosen(place, load(place)) for place in dict.fromkeys(places)]
    kept = [one for one in found if not tags or not set(tags).isdisjoint(one.scenario.tags)]
    if not kept:
        raise CallError(f"none of {len(found)} scenarios is tagged {' or '.join(map(repr, tags))}.")
    _check_names(kept)
    return tuple(kept)


def load(place: str) -> Scenario:
    """The scenario of a name or in a file.

    Raises:
        ConfigError: the file is wrong; the message says where.
    """
    return load_scenario(Path(place) if place.endswith(_SUFFIXES) else place)


def check_tags(tags: Iterable[str]) -> None:
    """Makes sure that all tags belong to the vocabulary.

    Raises:
        CallError: one does not; the message names the nearest that does.
    """
    for tag in tags:
        if tag not in TAGS:
            raise CallError(f"no tag is called {tag!r}. {nearest(tag, sorted(TAGS))}")


def only_place_of(one: str) -> str:
    """Where the one scenario is that is meant.

    Raises:
        CallError: it is not there, or a folder of several is meant.
    """
    places = places_of(one)
    if len(places) > 1:
        raise CallError(f"{one!r} holds {len(places)} scenarios: name one, e.g. {places[0]}")
    return places[0]


def places_of(one: str) -> list[str]:
    """Where the scenarios are that a name, a file or a folder means.

    Raises:
        CallError: there is no such thing.
    """
    if one in scenario_names():
        return [one]
    path = Path(one)
    if path.is_dir():
        files = sorted(str(file) for file in path.iterdir() if file.suffix in _SUFFIXES)
        if not files:
            raise CallError(f"there is no scenario in {one!r}: its files end in .yaml.")
        return files
    if path.is_file() and path.suffix in _SUFFIXES:
        return [str(path)]
    if "/" in one or one.endswith(_SUFFIXES):
        raise CallError(f"{one!r} is no scenario file and no folder of them.")
    raise CallError(f"no scenario is called {one!r}. {nearest(one, scenario_names())} See: sre sim list")


def _check_names(found: Iterable[Chosen]) -> None:
    """Results are told apart and compared by name."""
    places: dict[str, str] = {}
    for one in found:
        other = places.setdefault(one.scenario.name, one.place)
        if other != one.place:
            raise CallError(f"{other} and {one.place} are both named {one.scenario.name!r}: rename one.")
