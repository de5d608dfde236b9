"""What a person or a model may ask about the disks of a house as a whole; it only reads."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import Annotated, Final

from sre_assistant.contracts.sources import InventorySource, MetricSource
from sre_assistant.contracts.tool import Effect, Tool, ToolResult, told
from sre_assistant.domain.errors import CallError
from sre_assistant.domain.reading import Completeness, Provenance, Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.disks import texts
from sre_assistant.integrations.disks.survey import Disk, Survey
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.listing import fitting
from sre_assistant.kit.units import parse_duration

MOST_SHOWN: Final = 50
ROOM: Final = 4_200
SHORTEST: Final = timedelta(minutes=5)
LONGEST: Final = timedelta(days=365)


def tools(
    metrics: Sequence[MetricSource], inventories: Sequence[InventorySource], clock: Clock
) -> tuple[Tool, ...]:
    """All tools about disks."""

    async def hdd_power_status(
        duration: Annotated[str, "Span of the statistics, 5m to 365d."] = "24h",
        pool: Annotated[str | None, "Only the disks of this pool."] = None,
    ) -> ToolResult:
        """Which hard disks spin or stand by, since when, and how often they spun up and down."""
        span = parse_duration(duration)
        if not SHORTEST <= span <= LONGEST:
            raise CallError(f"duration is {duration!r}: give 5m to 365d.")
        survey = Survey(at=clock.now())
        await survey.ask(metrics, inventories)
        await survey.follow(span)
        if pool is not None:
            survey.narrow(pool)
        await survey.trace(span)
        ordered = sorted(survey.disks, key=texts.urgency)
        lines = fitting((texts.disk(each, survey, span) for each in ordered), most=MOST_SHOWN, room=ROOM)
        head = texts.head(survey, ordered, span, len(lines), pool)
        data = texts.table(ordered) if len(lines) < len(ordered) else None
        return told(_reading(survey, span), "\n".join((head, *lines)), notes=texts.notes(survey), data=data)

    return (Tool(call=hdd_power_status, effect=Effect.READ),)


def _reading(survey: Survey, span: timedelta) -> Reading[Sequence[Disk]]:
    """What was found, with where it came from: the first of the sources that told something."""
    voice = survey.voices[0]
    unfound = survey.troubles if not all(disk.known for disk in survey.disks) or not survey.disks else []
    cut = [*survey.cut, *unfound]
    empty = Completeness.EMPTY if not survey.disks else Completeness.COMPLETE
    partial = survey.cut or (cut and survey.disks)
    return Reading(
        value=survey.disks,
        provenance=Provenance(
            source=voice.source.name,
            query=voice.form.query,
            observed_at=survey.at,
            window=Window.before(survey.at, span),
            link=voice.source.link(voice.form.query, survey.at),
        ),
        completeness=Completeness.PARTIAL if partial else empty,
        detail="; ".join(cut),
    )
