"""The last stand of every command: whatever goes wrong becomes a line and an exit code, never a traceback."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable
from functools import wraps
from typing import ParamSpec

import typer

from sre_assistant.cli import exits
from sre_assistant.domain.errors import SreError

P = ParamSpec("P")
_LONGEST = 2000


def guarded(command: Callable[P, int]) -> Callable[P, None]:
    """The command, with its errors said on stderr and its result as the exit code."""

    @wraps(command)
    def run(*args: P.args, **kwargs: P.kwargs) -> None:
        raise typer.Exit(outcome(lambda: command(*args, **kwargs)))

    return run


def outcome(command: Callable[[], int]) -> int:
    """Runs a command to its exit code; every error has been said on stderr by then."""
    try:
        code = command()
        sys.stdout.flush()
    except SreError as error:
        complain(str(error))
        return exits.exit_code(error)
    except KeyboardInterrupt:
        return exits.INTERRUPTED
    except BrokenPipeError:
        # Nobody reads on; the interpreter's own flush at exit must not find out again.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return exits.CLOSED_PIPE
    except Exception as error:  # noqa: BLE001 - the last resort: a person sees this, not a stack
        complain(
            f"internal error: {type(error).__name__}: {error}\nThis is a defect of sre; please report it."
        )
        return exits.INTERNAL
    return code


def complain(message: str) -> None:
    """One line on stderr, safe to print."""
    from sre_assistant.kit.redaction import bounded, redact

    typer.echo(f"sre: {bounded(redact(message), _LONGEST, lines=True)}", err=True)
