"""One scenario, put to the product: host the homelab, ask as a user would, score what came."""

from __future__ import annotations

import os
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from tempfile import mkdtemp
from typing import Final

from sre_assistant.domain.errors import Rejected, SourceError
from sre_assistant.evals.asking import Asked, Asker
from sre_assistant.evals.evidence import Ask, Figures, asked_again
from sre_assistant.evals.expected import Expected, expected_of
from sre_assistant.evals.measures import Tally
from sre_assistant.evals.results import Result, Via
from sre_assistant.evals.scorers import (
    failed,
    found_causes,
    judged_blame,
    missed_symptoms,
    tallied,
    unseen_hidden,
)
from sre_assistant.evals.selection import load
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.wire import Request
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.scenario import Scenario

_SHOWN: Final = "shows"
_LONGEST: Final = 300
_QUERYABLE: Final = ("PROMETHEUS_URL", "LOKI_URL")


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One scenario to be put to the product."""

    place: str
    """The name of a scenario that comes with the program, or a file."""
    seed: int
    via: Via
    patience: float
    """Seconds that one answer may take."""
    sre: str
    """The program under examination."""


async def examined(job: Job, folder: Path, *, clock: Clock, rng: Random) -> Result:
    """The scored answers; a product that gives none is scored as well.

    Args:
        job: what is to be done.
        folder: for the product's home, which is gone at the end.
        clock: measures.
        rng: spreads pauses and makes the API's token.
    """
    scenario = load(job.place)
    homelab = Homelab(scenario, job.seed, at=_SHOWN)
    expected = expected_of(scenario, homelab.world.called)
    async with homelab, _home(folder) as home:
        asker = Asker(
            sre=Path(job.sre),
            environ=_environ(homelab, home, rng),
            home=home,
            patience=job.patience,
            homelab=homelab,
            clock=clock,
            rng=rng,
        )
        async with _sources(homelab.environment(), clock, rng) as sources:
            try:
                await _check_sound(expected, sources)
                asked = await asker.asked(job.via)
            except SourceError as error:
                return failure(scenario, job.seed, expected, str(error))
            figures = await asked_again(asked.reply.exhibits, sources)
    return _scored(_about(scenario, job.seed, expected), expected, asked, figures)


def failure(scenario: Scenario, seed: int, expected: Expected, reason: str) -> Result:
    """The result of a scenario to which no answer came."""
    return replace(
        _about(scenario, seed, expected),
        failure=reason,
        found=found_causes(expected, ()),
        missed_symptoms=missed_symptoms(expected, ()),
        unseen=unseen_hidden(expected, ()),
        scores=failed(expected),
    )


async def _check_sound(expected: Expected, sources: Mapping[str, Ask]) -> None:
    """Makes sure that it is the product which is examined, and not a broken homelab.

    Raises:
        SourceError: Prometheus does not know its targets although the scenario does not hide it.
    """
    if "prometheus" not in sources or "prometheus" in {one.entry for one in expected.hidden}:
        return
    query = Request(method="GET", path="/api/v1/query", params=(("query", "count(up)"),), repeatable=True)
    response = await sources["prometheus"](query)
    if response.status != 200 or b'"value"' not in response.body:
        said = bounded(response.body.decode(errors="replace"), _LONGEST)
        raise Rejected("the homelab itself", "count(up)", f"HTTP {response.status}: {said}")


def _scored(about: Result, expected: Expected, asked: Asked, figures: Figures) -> Result:
    reply = asked.reply
    checked = figures.confirmed + figures.wrong
    scores = {"answered": Tally(1, 1), **tallied(expected, reply)}
    if checked:
        scores["evidence"] = Tally(figures.confirmed, checked)
    if asked.agreed is not None:
        scores["agreement"] = Tally(int(asked.agreed), 1)
    return replace(
        about,
        verdict=reply.verdict,
        answer=reply.answer.verdict,
        found=found_causes(expected, reply.blamed),
        blamed=judged_blame(expected, reply.blamed),
        missed_symptoms=missed_symptoms(expected, reply.diagnoses),
        unseen=unseen_hidden(expected, reply.answer.coverage),
        figures=figures,
        efforts=asked.efforts,
        tokens=asked.tokens,
        scores=scores,
    )


def _about(scenario: Scenario, seed: int, expected: Expected) -> Result:
    return Result(
        scenario=scenario.name,
        title=scenario.title,
        seed=seed,
        tags=scenario.tags,
        difficulty=scenario.difficulty,
        expected=expected.verdict,
        scores={},
    )


@asynccontextmanager
async def _home(folder: Path) -> AsyncIterator[Path]:
    """An empty home folder, gone at the end."""
    home = Path(mkdtemp(prefix="home-", dir=folder))
    try:
        yield home
    finally:
        shutil.rmtree(home)


def _environ(homelab: Homelab, home: Path, rng: Random) -> dict[str, str]:
    """All the product knows: an empty home, a token, and a file that says where the systems are."""
    config = home / "config.yaml"
    config.touch(mode=0o600)
    config.write_text(homelab.configuration, encoding="utf-8")
    return {
        "PATH": os.defpath,
        "HOME": str(home),
        "TZ": "UTC",
        "LANG": "C.UTF-8",
        "SRE_TOKEN": f"{rng.getrandbits(128):032x}",
        "SRE_CONFIG": str(config),
    }


@asynccontextmanager
async def _sources(environ: Mapping[str, str], clock: Clock, rng: Random) -> AsyncIterator[dict[str, Ask]]:
    """How the homelab's own servers are asked, by the name that the product has for them."""
    async with AsyncExitStack() as stack:
        sources: dict[str, Ask] = {}
        for setting in _QUERYABLE:
            if url := environ.get(setting):
                name = setting.removesuffix("_URL").lower()
                wire = LiveWire(name, Endpoint(url=url), clock, rng)
                stack.push_async_callback(wire.aclose)
                sources[name] = wire.send
        yield sources
