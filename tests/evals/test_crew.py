"""Workers die, hang and are replaced; every job has a result, and none of their processes stays."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from sre_assistant.evals.crew import Crew
from sre_assistant.evals.examination import Job
from sre_assistant.evals.results import Result
from tests.evals.programs import Program
from tests.evals.replies import result


def job(place: str, program: Program) -> Job:
    return Job(place=place, seed=1, via="cli", patience=30.0, sre=str(program.path))


def failed(job: Job, reason: str) -> Result:
    return result(job.place, failure=f"crew: {reason}", answered=(0, 1))


async def test_a_worker_that_is_killed_costs_its_own_scenario_only(tmp_path: Path) -> None:
    murder = Program(tmp_path, "os.kill(os.getppid(), signal.SIGKILL); time.sleep(3600)")
    (tmp_path / "other").mkdir()
    refusal = Program(tmp_path / "other", "sys.exit('no')")
    told: list[str] = []
    jobs = [job("healthy", murder), job("cpu-saturation", refusal)]
    results = await Crew(1, tmp_path, failed).results(jobs, lambda one: told.append(one.scenario))
    assert "crew: the examining process ended with code -9" in results[0].failure
    assert "exit code 1: no" in results[1].failure
    assert told == ["healthy", "cpu-saturation"]
    assert not murder.running
    assert not refusal.running


async def test_a_scenario_that_breaks_the_examination_is_a_failure_with_the_reason(tmp_path: Path) -> None:
    program = Program(tmp_path, "sys.exit('no')")
    jobs = [job("no-such-scenario", program), job("healthy", program)]
    results = await Crew(2, tmp_path, failed).results(jobs, lambda _: None)
    assert "no-such-scenario" in results[0].failure
    assert results[0].failure.startswith("crew: the examining process ended with code 1")
    assert results[1].scenario == "healthy"
    assert "exit code 1: no" in results[1].failure


async def test_a_worker_that_stands_still_is_given_up(tmp_path: Path) -> None:
    program = Program(tmp_path, "os.kill(os.getppid(), signal.SIGSTOP); time.sleep(3600)")
    still = replace(job("healthy", program), patience=0.5)
    (found,) = await Crew(1, tmp_path, failed, spare=2.0).results([still], lambda _: None)
    assert found.failure == "crew: no result within 3.5 s"
    assert not program.running
