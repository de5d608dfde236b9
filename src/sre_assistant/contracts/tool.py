"""A tool: something a person or a model may call on a connected system."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from sre_assistant.domain.errors import CallError
from sre_assistant.domain.reading import Completeness, Provenance, Reading
from sre_assistant.kit.redaction import printable


class Effect(StrEnum):
    """What a call does to the system; this decides about approval, never the tool's name."""

    READ = "read"
    CHANGE = "change"


@dataclass(frozen=True, slots=True, kw_only=True)
class ToolResult:
    """A short text, and where it came from."""

    text: str
    """Summary first, bounded; a hint when there is nothing."""
    provenance: Provenance
    completeness: Completeness
    detail: str = ""
    """Why it is not complete."""
    data: object = None
    """Everything behind the text, typed; None where the text shows all of it."""
    reference: str = ""
    """Under which ``data`` is kept, where it is."""


def told(
    reading: Reading[object], text: str, *, notes: Sequence[str] = (), data: object = None
) -> ToolResult:
    """A text about a reading, with what is to be known of it.

    Args:
        reading: where the text came from.
        text: summary first, bounded.
        notes: what else should be known; each becomes a line.
        data: everything, where the text shows a part.
    """
    known = [note for note in (reading.detail, *notes) if note]
    return ToolResult(
        text=printable("\n".join((text, *(f"Note: {note}" for note in known)))),
        provenance=reading.provenance,
        completeness=reading.completeness,
        detail="; ".join(known),
        data=data,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Parameter:
    """One thing a tool wants to be told."""

    name: str
    kind: Any
    """The type its values are checked against."""
    says: str
    """One sentence for whoever calls."""
    required: bool
    default: Any = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Tool:
    """A typed async function with its effect.

    The name is the function's; the first docstring line is what a model reads; parameters are described
    by ``typing.Annotated`` with one sentence each.
    """

    call: Callable[..., Awaitable[ToolResult]]
    effect: Effect

    @property
    def name(self) -> str:
        """The function's name, e.g. ``prometheus_instant_query``."""
        return self.call.__name__

    @property
    def says(self) -> str:
        """The first line of its description."""
        return (self.call.__doc__ or "").strip().partition("\n")[0]

    @property
    def parameters(self) -> tuple[Parameter, ...]:
        """What it wants to be told, in order."""
        hints = get_type_hints(self.call, include_extras=True)
        return tuple(_parameter(p, hints[p.name]) for p in inspect.signature(self.call).parameters.values())

    @property
    def schema(self) -> dict[str, object]:
        """What language models are told of it: name, description, JSON schema of its parameters."""
        properties = {p.name: _compact(p) for p in self.parameters}
        required = [p.name for p in self.parameters if p.required]
        parameters: dict[str, object] = {"type": "object", "properties": properties}
        if required:
            parameters["required"] = required
        return {"name": self.name, "description": self.says, "parameters": parameters}

    async def called(self, given: Mapping[str, object]) -> ToolResult:
        """Call it with values from outside: texts are read as what the parameter wants.

        Raises:
            CallError: a parameter is unknown, missing or of the wrong type; the message names it.
            SourceError: the system failed.
        """
        known = {p.name: p for p in self.parameters}
        for name in given:
            if name not in known:
                close = difflib.get_close_matches(name, known, n=1)
                hint = f"Did you mean {close[0]}?" if close else f"It takes {', '.join(known) or 'none'}."
                raise CallError(f"{self.name} has no parameter {name!r}. {hint}")
        missing = [p.name for p in known.values() if p.required and p.name not in given]
        if missing:
            raise CallError(f"{self.name} needs {missing[0]}: {known[missing[0]].says}")
        values = {name: _read(self.name, known[name], value) for name, value in given.items()}
        return await self.call(**values)


def _parameter(found: inspect.Parameter, hint: Any) -> Parameter:
    kind, *notes = get_args(hint) if get_origin(hint) is Annotated else (hint,)
    required = found.default is inspect.Parameter.empty
    return Parameter(
        name=found.name,
        kind=kind,
        says=next((n for n in notes if isinstance(n, str)), ""),
        required=required,
        default=None if required else found.default,
    )


def _compact(parameter: Parameter) -> dict[str, object]:
    """The JSON schema of one parameter, as short as it can be said."""
    schema = msgspec.json.schema(parameter.kind)
    choices = schema.pop("anyOf", None)
    if choices:  # ``int | None``: leaving it out is how None is said
        schema |= next(choice for choice in choices if choice != {"type": "null"})
    if "enum" in schema:
        schema = {"enum": list(_choices(parameter.kind))}
    return {**schema, "description": parameter.says}


def _choices(kind: object) -> Iterator[str]:
    """The words of a Literal in the order they were written, also of one that may be left out."""
    for arm in get_args(kind):
        if isinstance(arm, str):
            yield arm
        else:
            yield from _choices(arm)


def _read(tool: str, parameter: Parameter, value: object) -> object:
    if isinstance(value, str) and not value.isascii():
        try:
            value.encode()
        except UnicodeEncodeError as error:
            raise CallError(f"{tool}: {parameter.name} is {value!r}: no valid Unicode text.") from error
    try:
        return msgspec.convert(value, parameter.kind, strict=False)
    except msgspec.ValidationError as error:
        raise CallError(f"{tool}: {parameter.name} is {value!r}: {error}. {parameter.says}") from error
