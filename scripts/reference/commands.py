"""cli.md: every command of `sre`, read from the Typer application."""

from __future__ import annotations

from collections.abc import Iterator

from typer.core import TyperArgument, TyperCommand, TyperGroup, TyperOption
from typer.main import get_command

from reference.markdown import code, fence, plain, table
from sre_assistant.cli.main import app

_INTRO = """\
# Commands

Results go to standard output, progress and errors to standard error, so a pipe sees results only. Colour
is left out when the output is piped or `NO_COLOR` is set. Exit codes: [errors.md](errors.md#exit-codes).
"""


def page() -> str:
    """The whole page."""
    return "\n".join([_INTRO, *(_command(name, command) for name, command in _walk("sre", get_command(app)))])


def _walk(name: str, command: object) -> Iterator[tuple[str, TyperCommand | TyperGroup]]:
    if not isinstance(command, TyperCommand | TyperGroup) or command.hidden:
        return
    yield name, command
    if isinstance(command, TyperGroup):
        for child in sorted(command.commands):
            yield from _walk(f"{name} {child}", command.commands[child])


def _command(name: str, command: TyperCommand | TyperGroup) -> str:
    arguments = [p for p in command.params if isinstance(p, TyperArgument) and not p.hidden]
    options = [p for p in command.params if isinstance(p, TyperOption) and not p.hidden]
    parts = [f"## `{name}`\n", _help(command.help or "")]
    if not isinstance(command, TyperGroup):
        parts.append(fence(" ".join([name, *("[OPTIONS]" for _ in options[:1]), *map(_usage, arguments)])))
    rows = [*map(_argument, arguments), *map(_option, options)]
    if rows:
        parts.append(table(("Option", "Default", "Meaning"), rows))
    return "\n".join(parts)


def _help(text: str) -> str:
    return "\n\n".join(plain(paragraph) for paragraph in text.split("\n\n")) + "\n"


def _usage(argument: TyperArgument) -> str:
    name = (argument.metavar or argument.name or "").upper() + ("…" if argument.nargs != 1 else "")
    return name if argument.required else f"[{name}]"


def _argument(argument: TyperArgument) -> tuple[str, str, str]:
    return code(_usage(argument)), _default(argument), plain(argument.help or "")


def _option(option: TyperOption) -> tuple[str, str, str]:
    value = f" {option.metavar}" if option.metavar else ""
    names = ", ".join(code(f"{name}{value}") for name in [*option.opts, *option.secondary_opts])
    return names, _default(option), plain(option.help or "")


def _default(parameter: TyperArgument | TyperOption) -> str:
    if parameter.required:
        return "required"
    value = parameter.default
    return "" if value in (None, "", False, ()) or callable(value) else code(getattr(value, "value", value))
