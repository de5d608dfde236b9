"""A simulated homelab, and the product connected to it as to a real one."""

from __future__ import annotations

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from random import Random

from sre_assistant.domain.events import Event
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.ids import RandomIds
from sre_assistant.runtime.program import Program, open_program
from sre_assistant.runtime.settings import load
from sre_assistant.sim.homelab import Homelab


@contextmanager
def filling_nas() -> Iterator[Homelab]:
    """The demo's homelab, standing still at the moment when there is most to see."""
    with Homelab("backup-fills-nas", at="shows") as homelab:
        yield homelab


def environment(homelab: Homelab, folder: Path) -> dict[str, str]:
    """The environment of a fresh installation that knows this homelab."""
    return {
        "HOME": str(folder),
        "TZ": "UTC",
        "PROMETHEUS_URL": homelab.prometheus_url,
        "ALERTMANAGER_URL": homelab.alertmanager_url,
    }


@asynccontextmanager
async def connected(homelab: Homelab, folder: Path, **environ: str) -> AsyncIterator[Program]:
    """The program over this homelab."""
    settings = load(environment(homelab, folder) | environ, folder=folder)
    async with open_program(settings, clock=SystemClock(), ids=RandomIds(), rng=Random(1)) as program:
        yield program


def unconnected(folder: Path, kind: type[Program] = Program) -> Program:
    """The program of an installation in which nothing is configured."""
    settings = load({"HOME": str(folder)}, folder=folder)
    return kind(settings, {}, clock=SystemClock(), ids=RandomIds())


def nobody(event: Event) -> None:
    """Listens to nothing."""
