"""Options that several commands share."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, TypeAlias

import typer

AsJson: TypeAlias = Annotated[bool, typer.Option("--json", help="Write the machine format to stdout.")]
Full: TypeAlias = Annotated[bool, typer.Option("--full", help="Show all evidence with its queries.")]
KeepBundle: TypeAlias = Annotated[
    Path | None,
    typer.Option("--bundle", metavar="PATH", help="Record everything into this file, for `replay`."),
]
ServerUrl: TypeAlias = Annotated[
    str, typer.Option("--url", metavar="URL", help="Ask a running `sre serve` instead of the systems.")
]
ServerToken: TypeAlias = Annotated[
    str, typer.Option("--token", metavar="TOKEN", help="That server's token; better in SRE_TOKEN.")
]
