"""`sre schema`: the published JSON schemas of the machine formats."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from sre_assistant.cli import exits


def schema(
    name: Annotated[
        str, typer.Argument(help="Which format; without it, their names.", show_default=False)
    ] = "",
    *,
    folder: Annotated[
        Path | None, typer.Option("--write", metavar="FOLDER", help="Write all of them there.")
    ] = None,
) -> int:
    """Show or write the JSON schemas of what --json prints."""
    from sre_assistant.cli import screen
    from sre_assistant.cli.formats import published
    from sre_assistant.domain.errors import CallError
    from sre_assistant.runtime.names import nearest
    from sre_assistant.runtime.schemas import write

    known = published()
    if folder is not None:
        write(folder, known)
        return exits.OK
    if not name:
        typer.echo("\n".join(sorted(known)))
        return exits.OK
    if name not in known:
        raise CallError(f"no format is called {name!r}. {nearest(name, tuple(known))}")
    screen.show_json(known[name])
    return exits.OK
