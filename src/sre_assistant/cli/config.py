"""`sre config`: what is set, and where it came from."""

from __future__ import annotations

from typing import TYPE_CHECKING

import typer

from sre_assistant.cli import exits
from sre_assistant.cli.guard import guarded
from sre_assistant.cli.options import AsJson

if TYPE_CHECKING:
    from sre_assistant.runtime.settings import Settings


def show(*, as_json: bool) -> int:
    """The settings in effect, on the screen or as JSON."""
    from sre_assistant.cli import screen
    from sre_assistant.runtime.settings import ambient, load

    settings = load(ambient())
    if as_json:
        screen.show_json({"schema": 1, "settings": settings.lines, "warnings": settings.warnings})
    else:
        from sre_assistant.cli.render_settings import settings_page

        screen.show(settings_page(settings, width=screen.width()))
    return exits.OK


def validate() -> int:
    """Check all settings.

    The exit code is 3 when they do not hold together.
    """
    from sre_assistant.cli import screen
    from sre_assistant.runtime.settings import ambient, load

    settings = load(ambient())
    typer.echo(_summary(settings))
    for warning in settings.warnings:
        screen.note(f"warning: {warning}")
    return exits.OK


def schema() -> int:
    """Print the JSON schema of config.yaml.

    For editors that check while you type.
    """
    from sre_assistant.cli import screen
    from sre_assistant.runtime.schemas import config_schema

    screen.show_json(config_schema())
    return exits.OK


def config(context: typer.Context, *, as_json: AsJson = False) -> None:
    """Show the settings in effect.

    And where each came from; secrets stay hidden.
    """
    if context.invoked_subcommand is None:
        guarded(show)(as_json=as_json)


def register(app: typer.Typer) -> None:
    """Adds the command and its two sub-commands."""
    group = typer.Typer(rich_markup_mode=None, invoke_without_command=True, callback=config)
    group.command()(guarded(validate))
    group.command()(guarded(schema))
    app.add_typer(group, name="config")


def _summary(settings: Settings) -> str:
    systems = (
        ", ".join(system.name for system in settings.systems) or "no system is configured; try: sre demo"
    )
    return f"settings are fine: {systems}"
