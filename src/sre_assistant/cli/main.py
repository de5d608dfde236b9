"""The `sre` command: a list of registrations; heavy imports wait inside each command."""

from __future__ import annotations

import sys
from io import TextIOWrapper
from typing import Annotated

import typer

from sre_assistant import __version__
from sre_assistant.cli import config, evaluation, sim
from sre_assistant.cli.alerts import alerts
from sre_assistant.cli.ask import ask
from sre_assistant.cli.chat import chat
from sre_assistant.cli.demo import demo
from sre_assistant.cli.doctor import doctor
from sre_assistant.cli.guard import guarded
from sre_assistant.cli.integrations import integrations
from sre_assistant.cli.inventory import inventory
from sre_assistant.cli.investigate import investigate
from sre_assistant.cli.replay import replay
from sre_assistant.cli.schema import schema
from sre_assistant.cli.serve import serve
from sre_assistant.cli.show import show
from sre_assistant.cli.tool import tool

app = typer.Typer(
    name="sre",
    help="An on-call engineer for the homelab: explains alerts from live data, every number traceable.",
    no_args_is_help=True,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (
    demo,
    investigate,
    ask,
    chat,
    alerts,
    doctor,
    integrations,
    inventory,
    tool,
    show,
    serve,
    replay,
):
    app.command()(guarded(command))
for group in (sim, evaluation, config):
    group.register(app)
app.command(hidden=True)(guarded(schema))


def _show_version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"sre {__version__}")
        raise typer.Exit


@app.callback()
def start(
    version: Annotated[
        bool,
        typer.Option("--version", help="Show the version.", callback=_show_version, is_eager=True),
    ] = False,
) -> None:
    """An on-call engineer for the homelab: explains alerts from live data, every number traceable."""


def main() -> None:
    """The entry point; output that the terminal's encoding lacks is replaced, never an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")
    app()
