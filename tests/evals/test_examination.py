"""A product that fails is a scored failure with its reason, and nothing of it stays."""

from __future__ import annotations

from pathlib import Path
from random import Random

import pytest

from sre_assistant.domain.diagnosis import Verdict
from sre_assistant.evals.examination import Job, examined
from sre_assistant.evals.measures import Tally
from sre_assistant.evals.results import Result, Via
from sre_assistant.kit.clock import SystemClock
from tests.evals.programs import Program, server

NO = Tally(0, 1)
BROKEN = """\
name: broken
title: Prometheus answers errors only
start: 2026-11-15T00:30:00Z
timeline: [{fault: break-system, system: prometheus, mode: "500", at: "+0s"}]
"""


async def examine(program: Program, folder: Path, via: Via = "api", patience: float = 60.0) -> Result:
    job = Job(place="cpu-saturation", seed=1, via=via, patience=patience, sre=str(program.path))
    homes = folder / "homes"
    homes.mkdir()
    result = await examined(job, homes, clock=SystemClock(), rng=Random(1))
    assert program.pids, "it was started"
    assert not program.running
    assert not list(homes.iterdir())
    return result


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("self.answer(200, b'never mind')", "POST /investigate: the answer cannot be read"),
        ("self.answer(200, b'{}')", "missing required field `diagnoses`"),
        ("self.answer(503, b'no room')", "HTTP 503: no room"),
        ("print('out of luck', file=sys.stderr, flush=True); os._exit(3)", "ended with code 3: out of luck"),
    ],
)
async def test_a_server_that_answers_badly_fails_with_its_reason(
    tmp_path: Path, code: str, reason: str
) -> None:
    result = await examine(server(tmp_path, code), tmp_path)
    assert reason in result.failure
    assert (result.expected, result.verdict) == (Verdict.EXPLAINED, None)
    assert (result.scores["answered"], result.scores["top1"]) == (NO, NO)


async def test_a_server_that_does_not_answer_is_given_up(tmp_path: Path) -> None:
    result = await examine(server(tmp_path, "time.sleep(3600)"), tmp_path, patience=0.2)
    assert "no answer within" in result.failure


async def test_a_homelab_that_is_broken_itself_is_named_as_the_reason(tmp_path: Path) -> None:
    story = tmp_path / "broken.yaml"
    story.write_text(BROKEN)
    program = Program(tmp_path, "sys.exit('it was asked')")
    job = Job(place=str(story), seed=1, via="cli", patience=60.0, sre=str(program.path))
    result = await examined(job, tmp_path, clock=SystemClock(), rng=Random(1))
    assert result.failure.startswith("the homelab itself: count(up): HTTP 500")
    assert not program.pids
    story.write_text(BROKEN + "truth: {blind: [prometheus], verdict: unknown}\n")
    result = await examined(job, tmp_path, clock=SystemClock(), rng=Random(1))
    assert "it was asked" in result.failure


async def test_a_server_that_does_not_begin_says_why(tmp_path: Path) -> None:
    result = await examine(Program(tmp_path, "sys.exit('the port is taken')"), tmp_path)
    assert "before it listened: the port is taken" in result.failure


TALKATIVE = """\
answer = {"question": "?", "intent": "house", "response": "", "at": "2026-03-01T03:02:00Z"}
self.answer(200, json.dumps({"diagnoses": []} if self.path == "/investigate" else answer).encode())
"""
METRICS = """\
# TYPE sre_assistant_llm_token_usage_total counter
sre_assistant_llm_token_usage_total{type="prompt"} 1200.0
sre_assistant_llm_token_usage_total{type="completion"} 34.0
sre_assistant_requests_total 5.0
"""


async def test_tokens_are_read_from_the_products_own_metrics(tmp_path: Path) -> None:
    result = await examine(server(tmp_path, TALKATIVE, METRICS), tmp_path)
    assert (result.failure, result.tokens) == ("", 1234)
    assert result.scores["top1"] == NO
    assert [one.question for one in result.efforts] == ["investigate", "ask"]


@pytest.mark.parametrize(
    ("code", "reason"),
    [
        ("sys.exit('nothing is configured')", "exit code 1: nothing is configured"),
        ("print('Hello!')", "investigate: the output cannot be read"),
    ],
)
async def test_a_command_that_fails_is_quoted(tmp_path: Path, code: str, reason: str) -> None:
    assert reason in (await examine(Program(tmp_path, code), tmp_path, "cli")).failure


async def test_a_command_that_does_not_end_is_ended(tmp_path: Path) -> None:
    result = await examine(Program(tmp_path, "time.sleep(3600)"), tmp_path, "cli", patience=0.5)
    assert "no end within 0.5 s" in result.failure
