"""What the demo tells around its diagnosis."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from rich.text import Text

from sre_assistant.cli import screen
from sre_assistant.cli.investigate import bundle_command
from sre_assistant.cli.page import Page, said
from sre_assistant.cli.results import result_pages
from sre_assistant.cli.times import moment, moment_with_zone
from sre_assistant.domain.alerts import Alert
from sre_assistant.evals.expected import expected_of
from sre_assistant.runtime.results import Investigation
from sre_assistant.runtime.settings import Settings
from sre_assistant.sim.homelab import Homelab

_NEXT = (
    ("{sre} replay demo", "again, with no homelab running"),
    ("{sre} demo --full", "every piece of evidence with its query"),
    ("{sre} sim list", "other houses in trouble"),
    ("PROMETHEUS_URL=http://prom.lan:9090 {sre} doctor", "what could be seen in yours"),
    ("{sre} investigate --all", "everything that fires there, explained"),
)


class Story:
    """The demo's narration, in the order things happen; silent for programs.

    Args:
        homelab: the simulation, which knows the truth.
        settings: the demo's own.
        silent: tell nothing.
        full: show all evidence.
    """

    def __init__(self, homelab: Homelab, settings: Settings, *, silent: bool, full: bool) -> None:
        self._scenario = homelab.scenario
        self._expected = expected_of(homelab.scenario, homelab.world.called)
        self._hosts = len(homelab.world.house.hosts)
        self._zone = settings.own.zone
        self._silent = silent
        self._full = full

    def clock(self, now: datetime) -> str:
        """The simulated time, for the progress line."""
        return moment(now, self._zone)

    def begins(self) -> None:
        """Says what is running."""
        self._tell(
            said(f"A small homelab of {self._hosts} machines runs on this one. Nothing in it is real."),
            Text(f"  {moment_with_zone(self._scenario.start, self._zone)}  the night begins"),
        )

    def alerts(self, alerts: Sequence[Alert]) -> None:
        """Says what fires, in the order it began."""
        lines = [
            Text.assemble(
                f"  {moment_with_zone(alert.starts_at, self._zone)}  ",
                said(alert.name, "bold"),
                " fires for ",
                said(" ".join(_places(alert.labels))),
            )
            for alert in sorted(alerts, key=lambda alert: alert.starts_at)
        ]
        self._tell(*lines, said("Investigating the worst as it would in yours: over HTTP, knowing nothing …"))

    def investigated(self, seconds: float) -> None:
        """Says how long it took."""
        self._tell(Text(f"  done in {seconds:.1f} s", "dim"), Text(""))

    def ends(self, found: Investigation) -> None:
        """Shows the diagnosis, compares it with the truth and says what to try next."""
        if found.unrecorded:
            screen.note(f"not recorded: {found.unrecorded}")
        if self._silent:
            return
        again = bundle_command(found.bundle, kept=True)
        for page in result_pages(
            found.document, zone=self._zone, width=screen.width(), full=self._full, again=again
        ):
            screen.show(page)
        page = Page(screen.width())
        page.lines.append(Text(""))
        page.row("TRUTH", said(self._truth()), "✓ found" if self.true(found) else "✗ not found")
        page.lines.append(Text(""))
        commands = [(line.format(sre=screen.own_name()), why) for line, why in _NEXT]
        column = max(len(command) for command, _ in commands) + 3
        for command, why in commands:
            page.lines.append(Text.assemble("  ", (command.ljust(column), "cyan"), why))
        screen.show(page)

    def true(self, found: Investigation) -> bool:
        """Whether the diagnosis names the scenario's cause and subject first, and blames nobody innocent."""
        causes = found.diagnoses[0].causes
        guilty, innocent = self._expected.guilty[0], self._expected.innocent
        right = bool(causes) and causes[0].id in guilty.causes and guilty.thing.is_meant_by(causes[0].subject)
        wronged = any(
            cause.id == one.cause and one.thing.is_meant_by(cause.subject)
            for cause in causes
            for one in innocent
        )
        return right and not wronged

    def _truth(self) -> str:
        truth = self._scenario.truth
        innocent = ", ".join(f"{one.cause} on {_name(one.subject)}" for one in truth.innocent)
        told = f"{truth.causes[0].cause} on {_name(truth.causes[0].subject)}"
        return f"{told}; {innocent} is innocent" if innocent else told

    def _tell(self, *lines: Text) -> None:
        if self._silent:
            return
        page = Page(screen.width())
        page.lines.extend(lines)
        screen.show(page)


def _places(labels: Mapping[str, str]) -> list[str]:
    return [labels[name] for name in ("instance", "mountpoint", "device") if labels.get(name)][:2]


def _name(entity: str) -> str:
    """An entity of the simulated world without its kind."""
    return entity.partition("/")[2]
