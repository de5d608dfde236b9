"""`sre show`: everything behind a text that showed a part."""

from __future__ import annotations

from typing import Annotated

import typer

from sre_assistant.cli import exits


def show(
    reference: Annotated[str, typer.Argument(help="As the text named it, e.g. t-7f3a.")],
) -> int:
    """Show all of a result that was too long, as JSON."""
    from sre_assistant.runtime.settings import ambient, load
    from sre_assistant.runtime.toolbox import kept_result

    typer.echo(kept_result(reference, load(ambient()).own.state_dir))
    return exits.OK
