"""Where commands write: results to stdout, everything else to stderr."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, TextIO

from sre_assistant.domain.events import CaseOpened, Emit, Event, LookupDone, StageReached
from sre_assistant.kit import codec

if TYPE_CHECKING:
    from rich.console import Console

    from sre_assistant.cli.page import Page

_WIDEST = 100
_STAGES = {"plan": "planning", "collect": "collecting", "analyse": "analysing", "conclude": "concluding"}


def width() -> int:
    """Columns to use: those of the terminal, never more than 100; 100 when the output is no terminal."""
    try:
        return min(os.get_terminal_size(sys.stdout.fileno()).columns or _WIDEST, _WIDEST)
    except (OSError, ValueError):
        return _WIDEST


def show(page: Page) -> None:
    """A page on stdout; in colour only on a terminal that wants it."""
    console = _console(sys.stdout)
    for line in page.lines:
        console.print(line, soft_wrap=True)


def show_json(value: object) -> None:
    """A machine format on stdout."""
    sys.stdout.write(codec.encode(value, indent=2).decode() + "\n")


def own_name() -> str:
    """How this program is called from here: ``sre``, or its path where the shell does not know it."""
    import shutil
    from pathlib import Path

    here = Path(sys.argv[0]).absolute()
    if shutil.which("sre") or not here.is_relative_to(Path.cwd()):
        return "sre"
    return str(here.relative_to(Path.cwd()))


def note(text: str) -> None:
    """A line for the person on stderr."""
    sys.stderr.write(f"{text}\n")
    sys.stderr.flush()


@contextmanager
def progress(what: str) -> Iterator[Emit]:
    """Shows on stderr what is going on; on anything but a terminal it keeps silent.

    Yields:
        Where events go.
    """
    console = _console(sys.stderr)
    if not console.is_terminal:
        yield _ignore
        return
    asked = 0
    stage = "asking"
    with console.status(what) as status:

        def tell(event: Event) -> None:
            nonlocal asked, stage
            match event:
                case LookupDone():
                    asked += 1
                case StageReached():
                    stage = _STAGES[event.stage]
                case CaseOpened():
                    stage = "asking"
                case _:
                    return
            status.update(f"{what} · {stage} · {asked} look-ups")

        yield tell


def _ignore(event: Event) -> None:
    """Nobody watches."""


def _console(stream: TextIO) -> Console:
    from rich.console import Console

    terminal = stream.isatty()
    return Console(
        file=stream,
        force_terminal=terminal,
        color_system="auto" if terminal else None,
        markup=False,
        emoji=False,
        highlight=False,
    )
