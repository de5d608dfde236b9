"""A tool: something a person or a model may call on a connected system."""

from __future__ import annotations

import difflib
import inspect
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Annotated, Any, get_args, get_origin, get_type_hints

import msgspec

from sre_assistant.domain.errors import CallError
from sre_assistant.domain.reading import Completeness, Provenance


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


def _read(tool: str, parameter: Parameter, value: object) -> object:
    try:
        return msgspec.convert(value, parameter.kind, strict=False)
    except msgspec.ValidationError as error:
        raise CallError(f"{tool}: {parameter.name} is {value!r}: {error}. {parameter.says}") from error
