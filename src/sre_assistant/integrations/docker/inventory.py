"""What runs on one daemon: its containers, and its machine."""

from __future__ import annotations

import asyncio
import difflib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from sre_assistant.domain.errors import CallError, Missing, SourceError
from sre_assistant.domain.inventory import Resource
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.docker import parse, shapes
from sre_assistant.integrations.docker.client import Client
from sre_assistant.integrations.docker.parse import Container
from sre_assistant.kit.listing import fitting
from sre_assistant.kit.outcomes import settled
from sre_assistant.kit.redaction import bounded

ALL_INSPECTED: Final = 30
"""Where there are at most so many containers, each is looked at more closely."""
MOST_INSPECTED: Final = 40
"""Of more, only so many that the list makes suspicious."""
_SHORTEST_ID: Final = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Survey:
    """All that was seen of one daemon."""

    info: shapes.Info | None
    containers: tuple[Container, ...]
    looked: Mapping[str, shapes.Inspected]
    """What a closer look told, by id."""

    def __bool__(self) -> bool:
        """Whether there is anything at all."""
        return bool(self.containers or (self.info and self.info.name))

    @property
    def host(self) -> str:
        """The daemon's name, or nothing where it is not known."""
        return self.info.name if self.info else ""

    @property
    def resources(self) -> tuple[Resource, ...]:
        """The containers, in the same order."""
        names = {one.id: one.name for one in self.containers}
        return tuple(
            parse.resource(one, self.looked.get(one.id), self.host, names) for one in self.containers
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Details:
    """One container, from near."""

    container: Container
    look: shapes.Inspected
    host: str
    resource: Resource


class Inventory:
    """The containers of one daemon.

    Args:
        client: asks the daemon.
    """

    def __init__(self, client: Client) -> None:
        self._client = client

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._client.name

    async def inventory(self) -> Reading[tuple[Resource, ...]]:
        """The daemon's machine and all its containers, whether they run or not.

        Restart counts, times and limits come from a closer look at each, which is taken at all of a few
        containers, and of many at those that the list makes suspicious.
        """
        reading = await self.survey()
        survey = reading.value
        machine = (parse.host(survey.info),) if survey.info and survey.info.name else ()
        return Reading(
            value=(*machine, *survey.resources),
            provenance=reading.provenance,
            completeness=reading.completeness,
            detail=reading.detail,
        )

    async def survey(self) -> Reading[Survey]:
        """The same with Docker's own words for each container."""
        query = await self._client.asked("containers", "json")
        (info, untold), (found, cut) = await asyncio.gather(self._machine(), self._client.containers())
        looked, failed = await self._looked_at(suspects(found))
        note = f"restart counts, times and limits are known of {len(looked):,} of {len(found):,} containers"
        survey = Survey(info=info, containers=found, looked=looked)
        return self._client.reading(
            survey,
            query,
            cut=(cut, untold, failed),
            note=note if len(looked) < len(found) and not failed else "",
        )

    async def find(self, reference: str) -> Container:
        """The container that a name, a Compose service or the beginning of an id means.

        Raises:
            CallError: it means several; the message names them.
            Missing: it means none; the message names those that are near.
            SourceError: the list cannot be read.
        """
        found, _ = await self._client.containers()
        return self.chosen(found, reference)

    def chosen(self, found: tuple[Container, ...], reference: str) -> Container:
        """As ``find``, in a list that is there already."""
        meant = fitting_name(found, reference)
        if not meant:
            said = f"there is no container {bounded(reference, 80)!r}. {_known(found, reference)}"
            raise Missing(self.name, "GET /containers/json", said)
        if len(meant) > 1:
            several = ", ".join(f"{one.name} ({one.short_id})" for one in meant[:20])
            said = f"{bounded(reference, 80)!r} means {len(meant)} containers: {several}"
            raise CallError(f"{said}. Give one of these names.")
        return meant[0]

    async def details(self, reference: str) -> Reading[Details]:
        """One container with all that is known of it.

        Raises:
            CallError: the name means several.
            SourceError: there is none of that name, or it cannot be read.
        """
        (info, untold), (found, _) = await asyncio.gather(self._machine(), self._client.containers())
        one = self.chosen(found, reference)
        look, host = await self._client.inspected(one), info.name if info else ""
        names = {each.id: each.name for each in found}
        details = Details(
            container=one, look=look, host=host, resource=parse.resource(one, look, host, names)
        )
        query = await self._client.asked("containers", one.short_id, "json")
        return self._client.reading(details, query, cut=(untold,))

    async def _machine(self) -> tuple[shapes.Info | None, str]:
        """What the daemon says of itself, or why it does not."""
        try:
            info = await self._client.info()
        except SourceError as error:
            return None, f"the daemon's name and machine are not known: {error.detail}"
        return info, "" if info.name else "the daemon does not say its name"

    async def _looked_at(self, suspected: tuple[Container, ...]) -> tuple[dict[str, shapes.Inspected], str]:
        """What a closer look tells, by id, and why it does not tell it of all."""
        looks = await asyncio.gather(*(self._look(one) for one in suspected))
        pairs = zip(suspected, looks, strict=True)
        known = {one.id: look for one, look in pairs if isinstance(look, shapes.Inspected)}
        failures = [look for look in looks if isinstance(look, SourceError) and not isinstance(look, Missing)]
        if not failures:
            return known, ""  # what went away in the meantime is no failure
        return (
            known,
            f"{len(failures)} of {len(suspected)} containers cannot be inspected: {failures[0].detail}",
        )

    async def _look(self, found: Container) -> shapes.Inspected | SourceError:
        return await settled(self._client.inspected(found))


def suspects(found: tuple[Container, ...]) -> tuple[Container, ...]:
    """The containers that deserve a closer look, the most suspicious first."""
    if len(found) <= ALL_INSPECTED:
        return found
    worst = sorted((one for one in found if one.suspicion), key=lambda one: -one.suspicion)
    return tuple(worst[:MOST_INSPECTED])


def fitting_name(found: tuple[Container, ...], reference: str) -> list[Container]:
    """The containers meant: a name or an id wins, then a Compose service, then the beginning of an id."""
    wanted = reference.strip().removeprefix("/")
    exact = [one for one in found if wanted in {one.name, one.id}]
    if exact or not wanted:
        return exact
    return [
        one
        for one in found
        if one.service == wanted or (len(wanted) >= _SHORTEST_ID and one.id.startswith(wanted.lower()))
    ]


def _known(found: tuple[Container, ...], wanted: str) -> str:
    names = sorted(one.name for one in found)
    close = difflib.get_close_matches(wanted, names, n=3, cutoff=0.6)
    if close:
        return f"Did you mean {' or '.join(close)}?"
    shown = fitting(names, most=20, room=220)
    more = " …" if len(shown) < len(names) else ""
    return f"There are: {', '.join(shown)}{more}." if names else "There is none at all."
