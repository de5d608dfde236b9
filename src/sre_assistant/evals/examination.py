"""One scenario, put to the product: host the homelab, ask as a user would, score what came."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import AsyncIterator, Mapping
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from sre_assistant.domain.answer import Answer
from sre_assistant.domain.errors import SourceError
from sre_assistant.domain.evidence import Lookup
from sre_assistant.evals import product
from sre_assistant.evals.evidence import Ask, asked_again
from sre_assistant.evals.expected import Expected, expected_of
from sre_assistant.evals.measures import Tally
from sre_assistant.evals.meter import Meter
from sre_assistant.evals.reply import Reply, conclusions
from sre_assistant.evals.results import Effort, Result, Via
from sre_assistant.evals.scorers import (
    failed,
    found_causes,
    judged_blame,
    missed_symptoms,
    tallied,
    unseen_hidden,
)
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.http import LiveWire
from sre_assistant.runtime.results import DiagnosisList
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.scenario import Scenario, load_scenario

QUESTION: Final = "is everything ok?"
_SHOWN: Final = "shows"
_TOKENS: Final = re.compile(r"^sre_assistant_llm_token_usage_total(?:\{[^}]*\})? (\S+)$", re.MULTILINE)
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


@dataclass(frozen=True, slots=True, kw_only=True)
class Examiner:
    """Who asks.

    Attributes:
        job: what is to be done.
        folder: for the product's home; emptied at the end.
        clock: measures.
        rng: spreads pauses and makes the API's token.
    """

    job: Job
    folder: Path
    clock: Clock
    rng: Random

    async def result(self) -> Result:
        """The scored answers; a product that gives none is scored as well."""
        place = self.job.place
        scenario = load_scenario(Path(place) if place.endswith((".yaml", ".yml")) else place)
        homelab = Homelab(scenario, self.job.seed, at=_SHOWN)
        expected = expected_of(scenario, homelab.world.called)
        async with homelab:
            try:
                return await self._asked(scenario, expected, homelab)
            except SourceError as error:
                return failure(scenario, self.job.seed, expected, str(error))

    async def _asked(self, scenario: Scenario, expected: Expected, homelab: Homelab) -> Result:
        async with self._home() as home:
            environ = self._environ(homelab, home)
            if self.job.via == "cli":
                reply, efforts = await self._by_command(environ, home, homelab)
                return await self._scored(scenario, expected, reply, homelab, efforts, tokens=None)
            async with product.serving(
                Path(self.job.sre), environ, home, patience=self.job.patience, clock=self.clock, rng=self.rng
            ) as server:
                reply, efforts = await self._by_api(server, homelab)
                tokens = _tokens(await server.metrics())
            agrees: dict[str, Tally] = {}
            if self.job.via == "both":
                found, effort = await self._investigated(environ, home, homelab)
                efforts = (*efforts, replace(effort, question="command"))
                same = conclusions(found.diagnoses) == conclusions(reply.diagnoses)
                agrees = {"agreement": Tally(int(same), 1)}
            result = await self._scored(scenario, expected, reply, homelab, efforts, tokens=tokens)
            return replace(result, scores={**result.scores, **agrees})

    async def _by_api(self, server: product.Server, homelab: Homelab) -> tuple[Reply, tuple[Effort, ...]]:
        meter = Meter(self.clock, homelab, server.pid)
        found = await server.post("/investigate", {"all": True}, DiagnosisList)
        first = meter.effort("investigate", _coverage(found))
        answer = await server.post("/ask", {"question": QUESTION}, Answer)
        second = meter.effort("ask", answer.coverage)
        return Reply(diagnoses=found.diagnoses, answer=answer), (first, second)

    async def _by_command(
        self, environ: Mapping[str, str], home: Path, homelab: Homelab
    ) -> tuple[Reply, tuple[Effort, ...]]:
        found, first = await self._investigated(environ, home, homelab)
        meter = Meter(self.clock, homelab)
        answer = product.decoded("ask", await self._run(environ, home, "ask", QUESTION, "--json"), Answer)
        return Reply(diagnoses=found.diagnoses, answer=answer), (first, meter.effort("ask", answer.coverage))

    async def _investigated(
        self, environ: Mapping[str, str], home: Path, homelab: Homelab
    ) -> tuple[DiagnosisList, Effort]:
        meter = Meter(self.clock, homelab)
        out = await self._run(environ, home, "investigate", "--all", "--json")
        found = product.decoded("investigate", out, DiagnosisList)
        return found, meter.effort("investigate", _coverage(found))

    async def _run(self, environ: Mapping[str, str], home: Path, *arguments: str) -> bytes:
        return await product.command(
            Path(self.job.sre), *arguments, environ=environ, folder=home, patience=self.job.patience
        )

    async def _scored(
        self,
        scenario: Scenario,
        expected: Expected,
        reply: Reply,
        homelab: Homelab,
        efforts: tuple[Effort, ...],
        *,
        tokens: int | None,
    ) -> Result:
        async with self._sources(homelab.environment()) as sources:
            figures = await asked_again(reply.evidence, sources)
        checked = figures.confirmed + figures.wrong
        scores = tallied(expected, reply) | {"answered": Tally(1, 1)}
        if checked:
            scores["evidence"] = Tally(figures.confirmed, checked)
        return replace(
            _about(scenario, self.job.seed, expected),
            verdict=reply.verdict,
            answer=reply.answer.verdict,
            found=found_causes(expected, reply.blamed),
            blamed=judged_blame(expected, reply.blamed),
            missed_symptoms=missed_symptoms(expected, reply.diagnoses),
            unseen=unseen_hidden(expected, reply.answer.coverage),
            figures=figures,
            efforts=efforts,
            tokens=tokens,
            scores=scores,
        )

    @asynccontextmanager
    async def _sources(self, environ: Mapping[str, str]) -> AsyncIterator[dict[str, Ask]]:
        """How the homelab's own servers are asked, by the name that the product has for them."""
        async with AsyncExitStack() as stack:
            sources: dict[str, Ask] = {}
            for setting in _QUERYABLE:
                if url := environ.get(setting):
                    name = setting.removesuffix("_URL").lower()
                    wire = LiveWire(name, Endpoint(url=url), self.clock, self.rng)
                    stack.push_async_callback(wire.aclose)
                    sources[name] = wire.send
            yield sources

    @asynccontextmanager
    async def _home(self) -> AsyncIterator[Path]:
        """An empty home folder, gone at the end."""
        home = self.folder / "home"
        home.mkdir(parents=True)
        try:
            yield home
        finally:
            shutil.rmtree(home)

    def _environ(self, homelab: Homelab, home: Path) -> dict[str, str]:
        """All the product knows: an empty home, a token, and where the systems are."""
        return {
            "PATH": os.defpath,
            "HOME": str(home),
            "TZ": "UTC",
            "LANG": "C.UTF-8",
            "SRE_TOKEN": f"{self.rng.getrandbits(128):032x}",
            **homelab.environment(),
        }


def failure(scenario: Scenario, seed: int, expected: Expected, reason: str) -> Result:
    """The result of a scenario to which no answer came."""
    about = _about(scenario, seed, expected)
    return replace(
        about,
        failure=reason,
        missed_symptoms=missed_symptoms(expected, ()),
        unseen=tuple(one.entry for one in expected.hidden),
        found=found_causes(expected, ()),
        scores=failed(expected),
    )


def _about(scenario: Scenario, seed: int, expected: Expected) -> Result:
    return Result(
        scenario=scenario.name,
        title=scenario.title,
        seed=seed,
        tags=tuple(scenario.tags),
        difficulty=scenario.difficulty,
        expected=expected.verdict,
        scores={},
    )


def _coverage(found: DiagnosisList) -> tuple[Lookup, ...]:
    """Diagnoses of one run share their look-ups."""
    return tuple(dict.fromkeys(line for one in found.diagnoses for line in one.coverage))


def _tokens(metrics: str) -> int:
    return round(sum(float(value) for value in _TOKENS.findall(metrics)))
