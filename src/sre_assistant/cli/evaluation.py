"""`sre eval`: the exam."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal, TypeAlias

import typer

from sre_assistant.cli import exits
from sre_assistant.cli.guard import guarded
from sre_assistant.cli.options import AsJson
from sre_assistant.kit.redaction import bounded

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from sre_assistant.evals.report import Evaluation
    from sre_assistant.evals.results import Result
    from sre_assistant.evals.run import Plan

_MOST_WORKERS = 64


_Scenarios: TypeAlias = Annotated[
    list[str] | None,
    typer.Argument(
        metavar="SCENARIO",
        help="Names, files or folders; none means all that come with the program.",
        show_default=False,
    ),
]
_Tags: TypeAlias = Annotated[
    list[str] | None,
    typer.Option("--tag", metavar="TAG", help="Only scenarios with this tag, or another that is given."),
]
_Seeds: TypeAlias = Annotated[
    list[int] | None,
    typer.Option(
        "--seed", metavar="N", min=0, help="Seed of the noise; with several each scenario runs once per seed."
    ),
]
_Workers: TypeAlias = Annotated[
    int,
    typer.Option(
        metavar="N", min=0, max=_MOST_WORKERS, help="Processes side by side; 0 is one for each processor."
    ),
]
_Ways: TypeAlias = Annotated[
    Literal["api", "cli", "both"],
    typer.Option(help="Ask by the HTTP API, the command line, or both and compare."),
]
_Patience: TypeAlias = Annotated[
    float, typer.Option("--timeout", metavar="SECONDS", min=0.1, help="How long one answer may take.")
]
_Floors: TypeAlias = Annotated[
    list[str] | None,
    typer.Option(
        "--floor",
        metavar="MEASURE=SHARE",
        help="Least to be reached; most, where low is good. E.g. top1=0.8",
    ),
]
_Former: TypeAlias = Annotated[
    Path | None, typer.Option("--against", metavar="FORMER", help="Report of a former run to compare with.")
]
_Out: TypeAlias = Annotated[Path | None, typer.Option(metavar="FILE", help="Write the report there too.")]


def run(
    what: _Scenarios = None,
    *,
    tags: _Tags = None,
    seeds: _Seeds = None,
    workers: _Workers = 0,
    via: _Ways = "both",
    timeout: _Patience = 60.0,
    floors: _Floors = None,
    against: _Former = None,
    out: _Out = None,
    as_json: AsJson = False,
) -> int:
    """Put scenarios to the assistant and score its answers.

    Each runs as a simulated homelab, asked about by HTTP and by commands. The exit code is 1 below a floor.
    """
    import asyncio

    from sre_assistant.cli import screen
    from sre_assistant.evals.floors import parse_floors
    from sre_assistant.evals.report import read_report
    from sre_assistant.evals.run import Plan
    from sre_assistant.evals.selection import choose

    bounds = parse_floors(floors or ())
    former = None if against is None else read_report(_content(against), str(against))
    plan = Plan(
        scenarios=choose(what or (), tags or ()),
        seeds=tuple(dict.fromkeys(seeds or (1,))),
        via=via,
        workers=workers or os.cpu_count() or 1,
        patience=timeout,
        sre=_program(),
        bounds=bounds,
        asked_bounds=tuple(text.partition("=")[0] for text in floors or ()),
        former=former,
    )
    if out is not None:
        _check_writable(out)  # better known before the run than after it
    try:
        report = _run(plan, quiet=as_json)
    except asyncio.CancelledError:
        return exits.INTERRUPTED
    if out is not None:
        _write(out, report)
    if as_json:
        screen.show_json(report)
    else:
        from sre_assistant.cli.render_eval import evaluation_page

        screen.show(evaluation_page(report, width=screen.width()))
    return exits.OK if all(floor.met for floor in report.floors) else exits.PROBLEMS


def register(app: typer.Typer) -> None:
    """Adds `sre eval` and its sub-command."""
    group = typer.Typer(
        rich_markup_mode=None, no_args_is_help=True, help="Examine the assistant on simulated homelabs."
    )
    group.command()(guarded(run))
    app.add_typer(group, name="eval")


def _run(plan: Plan, *, quiet: bool) -> Evaluation:
    """The report; SIGTERM and a closed terminal end the run as Ctrl-C does."""
    import asyncio
    import signal

    from sre_assistant.cli.door import wait_for
    from sre_assistant.evals.run import evaluate
    from sre_assistant.kit.clock import SystemClock

    async def inside() -> Evaluation:
        task = asyncio.create_task(evaluate(plan, clock=SystemClock(), done=done))
        for number in (signal.SIGTERM, signal.SIGHUP):
            asyncio.get_running_loop().add_signal_handler(number, task.cancel)
        return await task

    with _progress(len(plan.jobs), quiet=quiet) as done:
        return wait_for(inside())


@contextmanager
def _progress(total: int, *, quiet: bool) -> Iterator[Callable[[Result], None]]:
    """Shows on stderr how far it is; on anything but a terminal it keeps silent."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (BarColumn(40), MofNCompleteColumn(), TextColumn("{task.description}", markup=False))
    hidden = quiet or not sys.stderr.isatty()
    with Progress(*columns, console=Console(file=sys.stderr), transient=True, disable=hidden) as progress:
        line = progress.add_task("", total=total)

        def done(result: Result) -> None:
            state = "no answer" if result.failure else str(result.verdict)
            progress.update(line, advance=1, description=f"{bounded(result.scenario, 60)}: {state}")

        yield done


def _program() -> Path:
    """The `sre` that belongs to this interpreter."""
    import shutil

    from sre_assistant.domain.errors import ConfigError

    beside = Path(sys.executable).with_name("sre")
    found = str(beside) if beside.is_file() else shutil.which("sre")
    if found is None:
        raise ConfigError("PATH", "has no sre", "Install the program with pip, so that `sre` can be started.")
    return Path(found)


def _content(path: Path) -> bytes:
    from sre_assistant.domain.errors import CallError

    try:
        return path.read_bytes()
    except OSError as error:
        raise CallError(f"{str(path)!r} cannot be read: {error.strerror}") from error


def _check_writable(path: Path) -> None:
    from sre_assistant.domain.errors import CallError

    if path.is_dir() or not os.access(path.absolute().parent, os.W_OK):
        raise CallError(f"{str(path)!r} cannot be written: name a file in a folder that exists.")


def _write(path: Path, report: Evaluation) -> None:
    """Whole or not at all: a report that was there before stays until this one is complete."""
    from sre_assistant.domain.errors import CallError
    from sre_assistant.kit import codec

    draft = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        draft.write_bytes(codec.encode(report, indent=2) + b"\n")
        draft.replace(path)
    except OSError as error:
        draft.unlink(missing_ok=True)
        raise CallError(f"{str(path)!r} cannot be written: {error.strerror}") from error
