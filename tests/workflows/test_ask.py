"""Questions to the simulated homelab."""

from __future__ import annotations

import re

import pytest

from sre_assistant.domain.answer import Answer
from sre_assistant.sim.homelab import Homelab
from tests.workflows.houses import connected


def uncited(answer: Answer) -> list[str]:
    """Lines that state a value but cite nothing."""
    stating = [line for line in answer.response.splitlines() if line.startswith("- ")]
    return [line for line in stating if not re.search(r"\[e\d+\]$", line)]


async def test_a_conversation_keeps_its_subject() -> None:
    async with Homelab("backup-fills-nas", at="shows") as lab, connected(lab) as house:
        first = await house.ask("why is the disk on nas filling?")
        second = await house.ask("and memory on the same machine?", first)
        third = await house.ask("is it normal?", second)
    assert (first.intent, first.verdict) == ("why", "explained")
    assert "/tank/media" in first.response
    assert (second.intent, second.subject and second.subject.name) == ("state", "nas.lan")
    assert "memory of nas.lan:9100" in second.response
    assert uncited(first) == uncited(second) == []
    assert third.subject
    assert third.subject.name == "nas.lan"


async def test_what_is_usual_comes_from_a_week_of_history() -> None:
    async with Homelab("backup-fills-nas", at="shows") as lab, connected(lab) as house:
        answer = await house.ask("is the CPU on nas normal?")
    assert "above its usual range" in answer.response
    assert len(answer.evidence) == 4


async def test_targets_that_are_down_are_listed_with_their_error() -> None:
    async with Homelab("exporter-gone", at="shows") as lab, connected(lab) as house:
        answer = await house.ask("which targets are down?")
    assert answer.response.startswith("1 of ")
    assert "connection refused" in answer.response


async def test_a_question_about_something_that_is_well_says_so_with_figures() -> None:
    async with Homelab("healthy") as lab, connected(lab) as house:
        answer = await house.ask("why is the memory on pve1 high?")
    assert answer.verdict == "healthy"
    assert "[e1]" in answer.response


async def test_is_everything_fine_is_the_verdict_on_the_house() -> None:
    async with Homelab("healthy") as lab, connected(lab) as house:
        assert (await house.ask("is everything fine?")).verdict == "healthy"
        lab.prometheus.fail("500")
        assert (await house.ask("is everything fine?")).verdict == "unknown"


async def test_what_needs_a_model_is_declined_with_what_could_be_asked() -> None:
    async with Homelab("healthy") as lab, connected(lab) as house:
        answer = await house.ask("write a haiku about my rack")
    assert (answer.intent, answer.verdict) == ("outside", None)
    assert "without a language model" in answer.response
    assert answer.suggestions


@pytest.mark.parametrize(
    "question", ["how is nas?", "list alerts", "which targets are down?", "is the memory on nas normal?"]
)
async def test_without_prometheus_no_question_gets_a_reassuring_answer(question: str) -> None:
    async with Homelab("healthy") as lab, connected(lab) as house:
        lab.prometheus.fail("500")
        lab.alertmanager.fail("500")
        answer = await house.ask(question)
    assert "cannot tell" in answer.response.lower() or answer.intent == "ambiguous"
    assert not any(line.completeness.answered for line in answer.coverage)
