"""The tools of a house: found by name, called with approval where they change something, kept where long."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path

import msgspec

from sre_assistant.contracts.house import House
from sre_assistant.contracts.tool import Effect, Tool, ToolResult
from sre_assistant.domain.errors import ActionRefused, CallError
from sre_assistant.kit import codec
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.redaction import redact
from sre_assistant.runtime.discovery import composer, composites
from sre_assistant.runtime.files import write_private
from sre_assistant.runtime.names import nearest

KEPT_RESULTS = 100
_MAX_FILE = 64 * 1024 * 1024


def owned_tools(house: House, clock: Clock) -> tuple[tuple[str, tuple[Tool, ...]], ...]:
    """The tools of each system by its name, then those that combine several systems.

    Raises:
        ConfigError: nothing is connected.
    """
    own = [(system.name, system.tools) for system in house.require_systems()]
    combined = [(one.kind, composer(one.kind)(house, clock)) for one in composites()]
    return (*own, *((name, tools) for name, tools in combined if tools))


async def call_tool(
    owned: tuple[tuple[str, tuple[Tool, ...]], ...],
    name: str,
    given: Mapping[str, object],
    *,
    system: str = "",
    approved: bool = False,
) -> ToolResult:
    """Calls one tool.

    Args:
        owned: all there are.
        name: the tool's name.
        given: its parameters; texts are read as what it wants.
        system: whose tool it is; empty where only one system has it.
        approved: whether a person said yes to exactly this call; what changes something needs that.

    Raises:
        CallError: there is no such tool or system, or a parameter is wrong.
        ActionRefused: it changes something and nobody approved.
        SourceError: the system failed.
    """
    tool = found_tool(owned, name, system=system)
    if tool.effect is Effect.CHANGE and not approved:
        raise ActionRefused(f"{name} changes something and nobody approved this call.")
    result = await tool.called(given)
    return replace(result, data=_redacted(msgspec.to_builtins(result.data)))


def found_tool(owned: tuple[tuple[str, tuple[Tool, ...]], ...], name: str, *, system: str = "") -> Tool:
    """The one tool that is meant.

    Raises:
        CallError: there is no such tool or system, or several systems have it.
    """
    owners = [owner for owner, _ in owned]
    if system and system not in owners:
        raise CallError(f"no system is called {system!r}. {nearest(system, owners)}")
    found = {
        owner: tool for owner, tools in owned for tool in tools if tool.name == name and system in {"", owner}
    }
    if not found:
        known = [tool.name for _, tools in owned for tool in tools]
        raise CallError(f"no tool is called {name!r}. {nearest(name, known)}")
    if len(found) > 1:
        raise CallError(f"{', '.join(found)} all have {name}: say which with --system.")
    (tool,) = found.values()
    return tool


def keep_result(result: ToolResult, reference: str, state_dir: Path) -> ToolResult:
    """The result with a reference to everything behind its text, which is kept in a private file.

    Raises:
        ConfigError: the folder cannot be written.
    """
    folder = _folder(state_dir)
    write_private(folder / f"{reference}.json", codec.encode(result.data, indent=2))
    for path in sorted(folder.glob("*.json"), key=lambda one: one.stat().st_mtime_ns)[:-KEPT_RESULTS]:
        path.unlink(missing_ok=True)
    return replace(result, reference=reference, text=f"{result.text}\nAll of it: sre show {reference}")


def kept_result(reference: str, state_dir: Path) -> bytes:
    """The JSON text behind a reference.

    Raises:
        CallError: nothing is kept under it.
    """
    known = {path.stem: path for path in _folder(state_dir).glob("*.json")}
    if reference not in known:
        raise CallError(
            f"nothing is kept under {reference!r}: only the newest {KEPT_RESULTS} results are; call it again."
        )
    with known[reference].open("rb") as file:
        return file.read(_MAX_FILE)


def _redacted(value: object) -> object:
    """The value with every text in it free of what looks like a secret."""
    match value:
        case str():
            return redact(value)
        case dict():
            return {key: _redacted(each) for key, each in value.items()}
        case list() | tuple():
            return [_redacted(each) for each in value]
        case _:
            return value


def _folder(state_dir: Path) -> Path:
    return state_dir / "results"
