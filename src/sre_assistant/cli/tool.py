"""`sre tool`: ask a connected system one thing, with the tools a model will have."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from sre_assistant.cli import exits
from sre_assistant.cli.options import AsJson

if TYPE_CHECKING:
    from collections.abc import Iterable

    from sre_assistant.cli.page import Page
    from sre_assistant.contracts.tool import Tool
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
    result = with_program(settings, lambda program: program.call_tool(name, given, system=system))
    if as_json:
        screen.show_json(result)
    else:
        from sre_assistant.cli.page import Page, said

        page = Page(screen.width())
        page.lines.extend(said(line, limit=_LONGEST) for line in result.text.splitlines())
        screen.show(page)
    return exits.OK


async def _listed(program: Program) -> Page:
    from sre_assistant.cli import screen
    from sre_assistant.cli.page import Page, said

    page = Page(screen.width())
    for system, tools in program.tools():
        page.row("", said(system, "bold"), indent=0)
        for one in tools:
            page.row("", said(f"  {one.name} {_wanted(one)}".rstrip(), "cyan"), indent=0)
            page.row("", said(one.says))
    return page


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
