"""What to try next when a query found nothing."""

from __future__ import annotations

from dataclasses import replace
from typing import Final, TypeVar

from sre_assistant.domain.errors import SourceError
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.loki import texts
from sre_assistant.integrations.loki.client import Client, Span, before
from sre_assistant.kit.listing import fitting
from sre_assistant.kit.logql import reach, selectors_in
from sre_assistant.kit.redaction import bounded

T = TypeVar("T")

_ROOM: Final = 300
_MOST: Final = 30


async def nothing_found(client: Client, query: str, window: Window) -> str:
    """Why a query found nothing, as far as the index knows: no such stream, or no such line in it."""
    span = Span.of(Window(before(window.start, reach(query)), window.end))
    asked = selectors_in(query)
    try:
        streams, _ = await client.streams(asked, span) if asked else ((), "")
        if streams:
            return (
                f"{len(streams):,} streams match the selector; none of their lines in this window passes the "
                "rest of the query: loosen its filters."
            )
        names = await client.label_names(span)
    except SourceError as error:
        return f"Why is not known, the index does not answer: {error.detail}"
    if not names:
        return (
            f"Loki has no line at all from {texts.span(window)}: nothing was shipped, "
            "or it is older than is kept (retention)."
        )
    return (
        f"No stream matches the selector from {texts.span(window)}. Labels there: {listed(names)}. "
        "See their values with loki_list_label_values, try a longer window; what is older than the "
        "retention is gone."
    )


def unsupported(reading: Reading[T], why: str) -> Reading[T]:
    """The same, as something that this Loki cannot tell."""
    return replace(reading, completeness=Completeness.UNSUPPORTED, detail=why)


def listed(names: tuple[str, ...]) -> str:
    """Names as they fit."""
    shown = fitting(names, most=_MOST, room=_ROOM)
    more = f" and {len(names) - len(shown):,} more" if len(shown) < len(names) else ""
    return f"{bounded(', '.join(shown), _ROOM + 20)}{more}"
