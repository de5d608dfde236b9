"""The questions of the exam, asked as a user asks them: over HTTP, by the command line, or both."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from random import Random
from typing import Final

from sre_assistant.domain.answer import Answer
from sre_assistant.domain.evidence import Lookup
from sre_assistant.evals import product
from sre_assistant.evals.meter import Meter
from sre_assistant.evals.reply import Reply, conclusions
from sre_assistant.evals.results import Effort, Via
from sre_assistant.kit.clock import Clock
from sre_assistant.runtime.results import DiagnosisList
from sre_assistant.sim.homelab import Homelab

QUESTION: Final = "is everything ok?"
_TOKENS: Final = re.compile(r"^sre_assistant_llm_token_usage_total(?:\{[^}]*\})? (\S+)$", re.MULTILINE)


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What came of asking."""

    reply: Reply
    efforts: tuple[Effort, ...]
    tokens: int | None = None
    """By the server's metrics; None when no server was asked."""
    agreed: bool | None = None
    """Whether the command line concluded what the API did; None when only one of them was asked."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Asker:
    """A user with one homelab.

    Attributes:
        sre: the program.
        environ: the environment in which it runs.
        home: its working directory.
        patience: seconds that one answer may take.
        homelab: counts what reaches it.
        clock: measures.
        rng: spreads pauses.
    """

    sre: Path
    environ: Mapping[str, str]
    home: Path
    patience: float
    homelab: Homelab
    clock: Clock
    rng: Random

    async def asked(self, via: Via) -> Asked:
        """Investigates all that fires, and asks whether everything is ok.

        Raises:
            SourceError: an answer does not come, or is none.
        """
        if via == "cli":
            return await self._by_command()
        asked = await self._by_api()
        if via == "api":
            return asked
        found, effort = await self._investigated("command")
        agreed = conclusions(found.diagnoses) == conclusions(asked.reply.diagnoses)
        return replace(asked, efforts=(*asked.efforts, effort), agreed=agreed)

    async def _by_api(self) -> Asked:
        async with product.serving(
            self.sre, self.environ, self.home, patience=self.patience, clock=self.clock, rng=self.rng
        ) as server:
            meter = Meter(self.clock, self.homelab, server.pid)
            found = await server.post("/investigate", {"all": True}, DiagnosisList)
            first = meter.effort("investigate", _coverage(found))
            answer = await server.post("/ask", {"question": QUESTION}, Answer)
            second = meter.effort("ask", answer.coverage)
            tokens = _tokens(await server.metrics())
        return Asked(
            reply=Reply(diagnoses=found.diagnoses, answer=answer), efforts=(first, second), tokens=tokens
        )

    async def _by_command(self) -> Asked:
        found, first = await self._investigated("investigate")
        meter = Meter(self.clock, self.homelab)
        answer = product.decoded("ask", await self._run("ask", QUESTION, "--json"), Answer)
        second = meter.effort("ask", answer.coverage)
        return Asked(reply=Reply(diagnoses=found.diagnoses, answer=answer), efforts=(first, second))

    async def _investigated(self, question: str) -> tuple[DiagnosisList, Effort]:
        meter = Meter(self.clock, self.homelab)
        out = await self._run("investigate", "--all", "--json")
        found = product.decoded("investigate", out, DiagnosisList)
        return found, meter.effort(question, _coverage(found))

    async def _run(self, *arguments: str) -> bytes:
        return await product.command(
            self.sre, *arguments, environ=self.environ, folder=self.home, patience=self.patience
        )


def _coverage(found: DiagnosisList) -> tuple[Lookup, ...]:
    """The look-ups of one run; its diagnoses share them."""
    return tuple(dict.fromkeys(line for one in found.diagnoses for line in one.coverage))


def _tokens(metrics: str) -> int:
    return round(sum(float(value) for value in _TOKENS.findall(metrics)))
