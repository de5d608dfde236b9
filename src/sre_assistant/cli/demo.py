"""`sre demo`: a simulated homelab, a fault in it, and its explanation."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sre_assistant.cli import exits
from sre_assistant.cli.options import AsJson, Full

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sre_assistant.cli.story import Story
    from sre_assistant.runtime.program import Program
    from sre_assistant.runtime.results import Investigation
    from sre_assistant.runtime.settings import Settings
    from sre_assistant.sim.homelab import Homelab

_SCENARIO = "backup-fills-nas"
_BUNDLE = "demo"
_FRAME = 0.05
"""Seconds between two looks at the simulated clock."""


def demo(
    *,
    speed: Annotated[
        float, typer.Option(help="Simulated seconds per second while the fault unfolds.", min=60.0)
    ] = 5400.0,
    as_json: AsJson = False,
    full: Full = False,
) -> int:
    """Break a simulated homelab and explain it.

    Needs nothing, and touches nothing of yours. The exit code is 1 when the cause was not found.
    """
    from tempfile import TemporaryDirectory

    from sre_assistant.cli import screen
    from sre_assistant.cli.door import with_program
    from sre_assistant.cli.story import Story
    from sre_assistant.runtime.settings import ambient
    from sre_assistant.sim.homelab import Homelab

    with TemporaryDirectory(prefix="sre-demo-") as nowhere, Homelab(_SCENARIO) as homelab:
        settings = _settings(homelab, ambient(), Path(nowhere))
        story = Story(homelab, settings, silent=as_json, full=full)
        story.begins()
        _unfold(homelab, story, speed)
        found = with_program(settings, lambda program: _investigated(program, settings, story))
    if as_json:
        screen.show_json(found.document)
    story.ends(found)
    return exits.OK if story.true(found) else exits.PROBLEMS


def _settings(homelab: Homelab, environ: Mapping[str, str], nowhere: Path) -> Settings:
    """Settings of the demo alone; of the user's own only the state folder's place and the time zone count."""
    from sre_assistant.runtime.settings import load, own_table

    state_dir = environ.get("SRE_STATE_DIR") or str(own_table(environ).defaults["state_dir"])
    return load(
        {
            "HOME": str(nowhere),
            "PROMETHEUS_URL": homelab.prometheus_url,
            "ALERTMANAGER_URL": homelab.alertmanager_url,
            "SRE_STATE_DIR": state_dir,
            "TZ": environ.get("TZ", ""),
        },
        folder=nowhere,
    )


def _unfold(homelab: Homelab, story: Story, speed: float) -> None:
    """Lets time run until there is most to see; a line on a terminal shows how far it is."""
    import time

    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn

    start = homelab.scenario.start
    end = homelab.scenario.moment(homelab.scenario.shows or "+2h")
    columns = (TextColumn("  {task.description}"), BarColumn(40), TextColumn(f"{speed:,.0f}× time"))
    console = Console(file=sys.stderr)
    with Progress(*columns, console=console, transient=True, disable=not sys.stderr.isatty()) as progress:
        line = progress.add_task("", total=(end - start).total_seconds())
        homelab.clock.run(speed)
        while (now := homelab.clock.now()) < end:
            passed = (now - start).total_seconds()
            progress.update(line, completed=passed, description=story.clock(now))
            time.sleep(min(_FRAME, (end - now).total_seconds() / speed))
        homelab.clock.run(1.0)


async def _investigated(program: Program, settings: Settings, story: Story) -> Investigation:
    """The diagnosis of the worst alert that fires, found as it would be anywhere."""
    from sre_assistant.cli import screen
    from sre_assistant.cli.render_alerts import worst_first
    from sre_assistant.runtime import bundles
    from sre_assistant.workflows.investigate import Selection

    with screen.progress("Looking at the alerts") as emit:
        alerts = worst_first((await program.alerts(emit=emit)).alerts)
    story.alerts(alerts)
    selection = Selection(name=alerts[0].fingerprint) if alerts else Selection(everything=True)
    keep = bundles.folder(settings.own.state_dir) / f"{_BUNDLE}{bundles.SUFFIX}"
    with screen.progress("Investigating over HTTP") as emit:
        began = program.clock.monotonic()
        found = await program.investigate(selection, emit=emit, keep=keep)
    story.investigated(program.clock.monotonic() - began)
    return found
