"""`sre sim`: the simulated homelab by itself."""

from __future__ import annotations

import sys
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from sre_assistant.cli import exits
from sre_assistant.cli.guard import complain, guarded
from sre_assistant.cli.options import AsJson

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from sre_assistant.sim.alerting.posting import Target
    from sre_assistant.sim.homelab import Homelab
    from sre_assistant.sim.scenario import Scenario

_LAST_PORT = 65_000
_LONGEST_TITLE = 200
_SAME = timedelta(minutes=10)
_TICK = 0.5
"""Seconds between two looks at the simulated clock."""

Seed = Annotated[int, typer.Option(metavar="N", min=0, help="Decides everything that looks random.")]
Speed = Annotated[
    float, typer.Option(metavar="TIMES", min=0, help="Simulated seconds per second; 0 stands still.")
]
At = Annotated[
    str, typer.Option(metavar="WHEN", help="Moment to begin with: shows (most to see), 02:30, +2h or start.")
]
Now = Annotated[
    bool,
    typer.Option("--now", help="Move the story so that its present is the real one, as clients expect."),
]
Lasting = Annotated[
    str, typer.Option("--for", metavar="SPAN", help="End by itself, e.g. after 30s.", show_default=False)
]
PortBase = Annotated[
    int,
    typer.Option(metavar="PORT", min=0, max=_LAST_PORT, help="First port to listen on; 0 takes free ones."),
]
Webhook = Annotated[
    list[str] | None, typer.Option(metavar="URL", help="Alertmanager tells this address, as version 4.")
]
GrafanaWebhook = Annotated[
    list[str] | None, typer.Option(metavar="URL", help="Grafana tells this address of its own alerts.")
]

ConfigFile = Annotated[
    Path | None,
    typer.Option("--config", metavar="PATH", help="Write a config.yaml that names every system there."),
]
DockerSocket = Annotated[
    Path | None, typer.Option(metavar="PATH", help="Unix socket for the first Docker host, beside its port.")
]


def run(
    scenario: Annotated[
        str, typer.Argument(metavar="SCENARIO", help="Name of one that comes with the program, or a file.")
    ] = "healthy",
    *,
    seed: Seed = 1,
    speed: Speed = 1.0,
    at: At = "shows",
    now: Now = False,
    lasting: Lasting = "",
    port_base: PortBase = 0,
    webhook: Webhook = None,
    grafana_webhook: GrafanaWebhook = None,
    docker_socket: DockerSocket = None,
    config: ConfigFile = None,
    as_json: AsJson = False,
) -> int:
    """Run a simulated homelab until Ctrl-C.

    Prints the settings that connect to it, to be copied or read by a shell. The environment has room for one
    system of each kind; a file written with --config names them all.
    """
    from sre_assistant.cli.door import wait_for
    from sre_assistant.domain.errors import ConfigError
    from sre_assistant.evals.selection import load, only_place_of
    from sre_assistant.kit.units import parse_duration
    from sre_assistant.runtime.files import write_private
    from sre_assistant.sim.homelab import Homelab, Wiring

    seconds = parse_duration(lasting).total_seconds() if lasting else None
    story = load(only_place_of(scenario))
    wiring = Wiring(
        ports=_numbered(Homelab(story, seed).doors, port_base) if port_base else {},
        sockets=_sockets(story, docker_socket),
        webhooks={"alertmanager": _told(webhook), "grafana": _told(grafana_webhook)},
    )
    begin = _moment(story, at)
    start = None
    if now:
        start, begin = _present(story, begin)
    homelab = Homelab(story, seed, speed=speed, at=begin, start=start, wiring=wiring)

    def ready() -> None:
        if config:
            write_private(config, homelab.configuration.encode())
        _announce(homelab, as_json=as_json)

    with _watching(homelab) as tick:
        try:
            wait_for(_hosted(homelab, ready, tick, seconds))
        except OSError as error:
            raise ConfigError(
                "--port-base", f"{port_base} cannot be used: {error.strerror}", "Choose another."
            ) from error
    return exits.OK


def list_(
    *,
    tags: Annotated[
        list[str] | None,
        typer.Option("--tag", metavar="TAG", help="Only those with this tag, or another that is given."),
    ] = None,
    as_json: AsJson = False,
) -> int:
    """List the scenarios that come with the program."""
    from sre_assistant.cli import screen
    from sre_assistant.evals.catalogue import catalogue
    from sre_assistant.evals.selection import choose

    found = catalogue(one.scenario for one in choose((), tags or ()))
    if as_json:
        screen.show_json(found)
    else:
        from sre_assistant.cli.render_sim import catalogue_page

        screen.show(catalogue_page(found, width=screen.width()))
    return exits.OK


def check(
    files: Annotated[list[str], typer.Argument(metavar="FILE", help="Scenario files, or folders of them.")],
) -> int:
    """Check scenario files.

    Whatever is wrong is said with file and line, and the exit code is 3.
    """
    from sre_assistant.domain.errors import ConfigError
    from sre_assistant.evals.selection import load, places_of

    wrong = 0
    for place in [place for one in files for place in places_of(one)]:
        try:
            scenario = load(place)
            scenario.build(1)
        except ConfigError as error:
            complain(str(error))
            wrong += 1
        else:
            typer.echo(f"{place} is fine: {scenario.name}")
    return exits.SETTINGS if wrong else exits.OK


def schema() -> int:
    """Print the JSON schema of a scenario file.

    For editors that check while you type.
    """
    from sre_assistant.cli import screen
    from sre_assistant.evals.schemas import scenario_schema

    screen.show_json(scenario_schema())
    return exits.OK


def register(app: typer.Typer) -> None:
    """Adds `sre sim` and its sub-commands."""
    group = typer.Typer(
        rich_markup_mode=None,
        no_args_is_help=True,
        help="Run simulated homelabs, and look at their scenarios.",
    )
    group.command()(guarded(run))
    group.command("list")(guarded(list_))
    group.command()(guarded(check))
    group.command()(guarded(schema))
    app.add_typer(group, name="sim")


def _sockets(scenario: Scenario, path: Path | None) -> dict[str, Path]:
    """Where the first Docker host listens beside its port.

    Raises:
        ConfigError: something else is there.
    """
    from sre_assistant.domain.errors import ConfigError

    if path is None:
        return {}
    if path.exists():
        raise ConfigError("--docker-socket", f"{str(path)!r} is there already", "Choose another path.")
    return {f"docker-{next(iter(scenario.house().containers))}": path}


def _told(urls: list[str] | None) -> list[Target]:
    """Whom to push to.

    Raises:
        CallError: an address is none.
    """
    from urllib.parse import urlsplit

    from sre_assistant.domain.errors import CallError
    from sre_assistant.sim.alerting.posting import Target

    for url in urls or ():
        if urlsplit(url).scheme not in {"http", "https"} or not urlsplit(url).hostname:
            raise CallError(f"{url!r} is no address to push to. Write it like http://127.0.0.1:8000/alert")
    return [Target(url=url) for url in urls or ()]


def _numbered(names: Iterable[str], base: int) -> dict[str, int]:
    """A port for each system, one after the other."""
    return {name: base + index for index, name in enumerate(names)}


def _moment(scenario: Scenario, at: str) -> str | None:
    """The beginning as the homelab wants it.

    Raises:
        CallError: it is neither a time of day nor a span with a plus.
    """
    from sre_assistant.domain.errors import CallError

    if at in {"start", "shows"}:
        return None if at == "start" else at
    try:
        scenario.moment(at)
    except ValueError as error:
        raise CallError(f"--at: {error}, nor is it shows or start.") from error
    return at


def _present(scenario: Scenario, at: str | None) -> tuple[datetime, str]:
    """When the story must have started for a moment of it to be this one, and how far into it that is."""
    from sre_assistant.kit.clock import SystemClock

    when = scenario.shows if at == "shows" else at
    elapsed = (scenario.moment(when) if when else scenario.start) - scenario.start
    return SystemClock().now() - elapsed, f"+{elapsed.total_seconds():g}s"


async def _hosted(
    homelab: Homelab, ready: Callable[[], None], tick: Callable[[], None], seconds: float | None
) -> None:
    """Lets a homelab be there until a signal comes, or so many seconds."""
    import asyncio
    import signal

    stopped = asyncio.Event()
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        asyncio.get_running_loop().add_signal_handler(number, stopped.set)
    async with homelab:
        ready()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                while not stopped.is_set():
                    tick()
                    with suppress(TimeoutError):
                        await asyncio.wait_for(stopped.wait(), _TICK)


def _announce(homelab: Homelab, *, as_json: bool) -> None:
    """Says on stdout how to connect to a homelab: lines that a shell can read, or one of JSON."""
    from shlex import quote

    from sre_assistant.evals.catalogue import Simulation
    from sre_assistant.kit import codec
    from sre_assistant.kit.clock import SystemClock
    from sre_assistant.kit.redaction import bounded

    scenario, now = homelab.scenario, homelab.clock.now()
    servers = {name: door.url for name, door in homelab.doors.items()}
    if as_json:
        running = Simulation(
            scenario=scenario.name,
            seed=homelab.seed,
            at=now,
            speed=homelab.clock.speed,
            servers=servers,
            environment=homelab.environment(),
        )
        sys.stdout.write(codec.encode(running).decode() + "\n")
    else:
        column = max(map(len, servers))
        lines = [
            f"# {bounded(f'{scenario.name}: {scenario.title}', _LONGEST_TITLE)}",
            f"# {now:%Y-%m-%d %H:%M:%S} UTC there, {homelab.clock.speed:g}× time, seed {homelab.seed}"
            + ("" if abs(SystemClock().now() - now) < _SAME else "; --now moves it into the present"),
            *(f"#   {name:{column}}  {url}" for name, url in servers.items()),
            *(f"export {name}={quote(value)}" for name, value in homelab.environment().items()),
        ]
        sys.stdout.write("\n".join(lines) + "\n")
    sys.stdout.flush()


@contextmanager
def _watching(homelab: Homelab) -> Iterator[Callable[[], None]]:
    """Shows the simulated time on stderr; on anything but a terminal it keeps silent."""
    from rich.console import Console

    console = Console(file=sys.stderr, markup=False, emoji=False, highlight=False)
    if not console.is_terminal:
        yield lambda: None
        return
    with console.status("starting") as status:
        yield lambda: status.update(f"{homelab.clock.now():%Y-%m-%d %H:%M:%S} UTC · Ctrl-C ends it")
