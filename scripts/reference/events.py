"""events.md: the typed stream that every surface reads."""

from __future__ import annotations

from dataclasses import fields
from typing import get_args

from reference.markdown import code, first_sentence, table
from sre_assistant.domain.events import Event
from sre_assistant.runtime.schemas import field_notes

_INTRO = """\
# Events

Whatever happens while a case is worked on is one of these. `/ask/stream` sends them as server-sent events;
the progress on the terminal and the metrics read the same stream. `type` tells them apart.
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRO, *(_event(kind) for kind in get_args(Event))])


def _event(kind: type) -> str:
    docs = field_notes(kind)
    rows = [
        (code(one.name), code(_type(str(one.type))), docs.get(one.name, ""))
        for one in fields(kind)
        if one.name != "type"
    ]
    tag = next(one.default for one in fields(kind) if one.name == "type")
    return f"## `{tag}`\n\n{first_sentence(kind)}\n\n{table(('Field', 'Type', 'Meaning'), rows)}"


def _type(written: str) -> str:
    return written.removeprefix("Literal").strip("[]").replace('"', "").replace("'", "").replace(", ", " | ")
