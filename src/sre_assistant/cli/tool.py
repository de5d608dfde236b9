"""`sre tool`: ask a connected system one thing, with the tools a model will have."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING, Annotated

import typer

from sre_assistant.cli import exits
from sre_assistant.cli.options import AsJson
from sre_assistant.kit.redaction import printable

if TYPE_CHECKING:
    from collections.abc import Iterable

    from rich.text import Text

    from sre_assistant.cli.page import Page
    from sre_assistant.contracts.tool import Tool, ToolResult
    from sre_assistant.runtime.program import Program

_LONGEST = 20_000


def tool(
    name: Annotated[
        str, typer.Argument(help="The tool, e.g. prometheus_instant_query; none lists them all.")
    ] = "",
    values: Annotated[
        list[str] | None, typer.Argument(help="Its parameters, e.g. query='up == 0'.", show_default=False)
    ] = None,
    *,
    system: Annotated[str, typer.Option(help="Which system, where several have the tool.")] = "",
    yes: Annotated[
        bool, typer.Option("--yes", help="Approve this call of a tool that changes something.")
    ] = False,
    as_json: AsJson = False,
) -> int:
    """Call one tool of a connected system, or list them all."""
    from sre_assistant.cli import screen
    from sre_assistant.cli.door import with_program
    from sre_assistant.runtime.settings import ambient, load

    settings = load(ambient())
    if not name:
        screen.show(with_program(settings, _listed))
        return exits.OK
    given = _given(values or [])
    result = with_program(settings, lambda program: _called(program, name, given, system, approved=yes))
    if as_json:
        screen.show_json(result)
    else:
        from sre_assistant.cli.page import Page

        page = Page(screen.width())
        page.lines.extend(_indented(line) for line in result.text.splitlines())
        screen.show(page)
    return exits.OK


def _indented(line: str) -> Text:
    """The line as it was laid out, safe to print."""
    from rich.text import Text

    from sre_assistant.cli.page import said

    return Text.assemble(" " * (len(line) - len(line.lstrip(" "))), said(line, limit=_LONGEST))


async def _called(
    program: Program, name: str, given: dict[str, object], system: str, *, approved: bool
) -> ToolResult:
    """Calls the tool; on a terminal, whoever sits there is asked before something changes."""
    from sre_assistant.domain.errors import ActionRefused

    try:
        return await program.call_tool(name, given, system=system, approved=approved)
    except ActionRefused as refused:
        if approved or not sys.stdin.isatty():
            raise ActionRefused(f"{refused} Add --yes to approve it.") from refused
        wanted = " ".join(f"{key}={value}" for key, value in given.items())
        typer.echo(f"This changes something: {name} {printable(wanted)}", err=True)
        if not typer.confirm("Do it?", err=True):
            raise
        return await program.call_tool(name, given, system=system, approved=True)


async def _listed(program: Program) -> Page:
    from sre_assistant.cli import screen
    from sre_assistant.cli.page import Page, said

    page = Page(screen.width())
    for systems, tools in _alike(program.tools()):
        page.row("", said(", ".join(systems), "bold"), indent=0)
        for one in tools:
            page.row("", said(f"  {one.name} {_wanted(one)}".rstrip(), "cyan"), indent=0)
            page.row("", said(one.says))
    return page


def _alike(owned: Iterable[tuple[str, tuple[Tool, ...]]]) -> Iterable[tuple[list[str], tuple[Tool, ...]]]:
    """The systems that have the same tools, together."""
    groups: dict[tuple[str, ...], tuple[list[str], tuple[Tool, ...]]] = {}
    for system, tools in owned:
        names = tuple(tool.name for tool in tools)
        groups.setdefault(names, ([], tools))[0].append(system)
    return groups.values()


def _wanted(one: Tool) -> str:
    return " ".join(f"{p.name}=…" if p.required else f"[{p.name}=…]" for p in one.parameters)


def _given(values: Iterable[str]) -> dict[str, object]:
    from sre_assistant.domain.errors import CallError

    given: dict[str, object] = {}
    for value in values:
        name, equals, text = value.partition("=")
        if not equals:
            raise CallError(f"{value!r} is no parameter: write name=value, e.g. query='up == 0'.")
        given[name] = text
    return given
