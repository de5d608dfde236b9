"""A whole run: scenarios to jobs, jobs to results, results to a report."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from sre_assistant import __version__
from sre_assistant.evals.comparison import compared
from sre_assistant.evals.crew import Crew
from sre_assistant.evals.examination import Job, failure
from sre_assistant.evals.expected import expected_of
from sre_assistant.evals.floors import checked_floors
from sre_assistant.evals.report import Evaluation, costs_of, grouped
from sre_assistant.evals.results import Result, Via
from sre_assistant.evals.selection import Chosen, load
from sre_assistant.kit.clock import Clock


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """What is to be run."""

    scenarios: tuple[Chosen, ...]
    seeds: tuple[int, ...] = (1,)
    via: Via = "both"
    workers: int = 2
    patience: float = 60.0
    """Seconds that one answer may take."""
    sre: Path
    """The program under examination."""
    bounds: Mapping[str, float]
    """Floors, by measure."""
    asked_bounds: tuple[str, ...] = ()
    """Measures whose floor somebody asked for."""
    former: Evaluation | None = None

    @property
    def jobs(self) -> Sequence[Job]:
        """One for each scenario and seed."""
        return [
            Job(place=one.place, seed=seed, via=self.via, patience=self.patience, sre=str(self.sre))
            for one in self.scenarios
            for seed in self.seeds
        ]


async def evaluate(plan: Plan, *, clock: Clock, done: Callable[[Result], None]) -> Evaluation:
    """Puts every scenario to the product and scores it; nothing is left behind, however it ends.

    Args:
        plan: what is to be run.
        clock: time.
        done: is told each result when it is there.
    """
    began_at, began = clock.now(), clock.monotonic()
    with TemporaryDirectory(prefix="sre-eval-", ignore_cleanup_errors=True) as folder:
        results = await Crew(plan.workers, Path(folder), _died).results(plan.jobs, done)
    groups = grouped(results)
    former = plan.former
    return Evaluation(
        version=__version__,
        began_at=began_at,
        seconds=round(clock.monotonic() - began, 3),
        via=plan.via,
        workers=plan.workers,
        results=results,
        groups=groups,
        costs=costs_of(results),
        floors=checked_floors(plan.bounds, groups[0].shares, plan.asked_bounds),
        against=None
        if former is None
        else compared(results, former.results, began_at=former.began_at, version=former.version),
    )


def _died(job: Job, reason: str) -> Result:
    """The result of a scenario whose examination itself broke down."""
    scenario = load(job.place)
    return failure(scenario, job.seed, expected_of(scenario, lambda _: frozenset()), reason)
