"""`sre eval run`: the whole exam through real processes."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.cli.sre import SRE, Shell

STORY = """\
name: busy-media
title: A transcoding job takes every CPU of the media host
start: 2026-11-19T19:00:00Z
shows: "20:00"
tags: [cpu]
difficulty: easy
timeline:
  - {fault: busy-cpu, at: "19:15", host: media, level: 93%}
truth:
  causes:
    - {cause: cpu-saturation, subject: host/media, since: "19:15", symptoms: [HostHighCpuLoad]}
"""
_PATIENCE = 60


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    folder = tmp_path_factory.mktemp("exam")
    (folder / "stories").mkdir()
    (folder / "stories" / "busy-media.yaml").write_text(STORY)
    return Shell(folder)


@pytest.fixture(scope="module")
def report(shell: Shell) -> Any:
    """The report of three scenarios, which is in report.json too."""
    run = ("eval", "run", "healthy", "probe-failure", "stories", "--workers", "2")
    outcome = shell.run(*run, "--json", "--out", "report.json")
    assert (outcome.code, outcome.err) == (0, "")
    assert json.loads((shell.folder / "report.json").read_text()) == json.loads(outcome.out)
    return json.loads(outcome.out)


def test_every_scenario_is_answered_scored_and_reported_in_its_order(report: Any) -> None:
    assert report["schema"] == 1
    assert [one["scenario"] for one in report["results"]] == ["healthy", "probe-failure", "busy-media"]
    healthy, _, busy = report["results"]
    assert (healthy["expected"], healthy["verdict"], healthy["answer"]) == ("healthy",) * 3
    assert busy["found"] == [
        {"cause": "cpu-saturation", "subject": "host/media", "rank": 1, "right_subject": True}
    ]
    assert busy["scores"]["symptoms"] == {"hits": 1, "of": 1}
    assert busy["blamed"][0]["true"]


def test_figures_are_confirmed_by_the_world_and_both_surfaces_agree(report: Any) -> None:
    everything = {share["measure"]: share for share in report["groups"][0]["shares"]}
    assert everything["evidence"]["hits"] == everything["evidence"]["of"] > 0
    assert everything["agreement"]["hits"] == 3
    assert everything["answered"]["hits"] == 3


def test_what_it_cost_is_told_for_each_question(report: Any) -> None:
    efforts = {one["question"]: one for one in report["results"][2]["efforts"]}
    assert set(efforts) == {"investigate", "ask", "command"}
    assert all(one["seconds"] > 0 and one["lookups"] > 0 for one in efforts.values())
    assert report["results"][2]["tokens"] == 0


def test_groups_are_made_by_tag_and_difficulty(report: Any) -> None:
    groups = {(one["by"], one["name"]): one["scenarios"] for one in report["groups"]}
    assert groups["all", "all"] == 3
    assert groups["tag", "cpu"] == 1


def test_the_screen_tells_the_same_beside_the_former_run(shell: Shell, report: Any) -> None:
    former = report["results"][2] | {
        "scores": report["results"][2]["scores"] | {"top1": {"hits": 0, "of": 1}}
    }
    gone = report["results"][0] | {"scenario": "of-old"}
    (shell.folder / "former.json").write_text(json.dumps(report | {"results": [former, gone]}))
    outcome = shell.run("eval", "run", "stories", "--against", "former.json", "--via", "api", "--seed", "1")
    assert outcome.code == 0
    assert "busy-media" in outcome.out
    assert "better  busy-media (seed 1): top1 0.00 → 1.00" in outcome.out
    assert "gone    of-old (seed 1)" in outcome.out
    assert "1 scenario in" in outcome.out
    assert "top-1 1.00" in outcome.out.splitlines()[-2]
    assert max(map(len, outcome.out.splitlines())) <= 100


def test_a_missed_floor_is_said_and_is_the_exit_code(shell: Shell, report: Any) -> None:
    run = ("eval", "run", "stories", "--via", "cli", "--workers", "1")
    outcome = shell.run(*run, "--floor", "coverage=0.5", "--floor", "top1=0.5", "--seed", "7")
    assert outcome.code == 1
    assert "floor missed: coverage nothing of the kind was seen, at least 0.5 is wanted" in outcome.out
    assert "floor missed: top1" not in outcome.out
    assert "busy-media#7" in outcome.out


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("missing",), 2, "no scenario is called 'missing'"),
        (("./missing",), 2, "no scenario file and no folder"),
        (("--tag", "bakcup"), 2, "Did you mean backup"),
        (("--floor", "topp1=1"), 2, "Did you mean top1"),
        (("--against", "nowhere.json"), 2, "cannot be read"),
        (("--against", "stories/busy-media.yaml"), 2, "no report of `sre eval run`"),
        (("--out", "nowhere/report.json"), 2, "cannot be written"),
        (("broken.yaml",), 3, "broken.yaml:6 "),
    ],
)
def test_what_cannot_be_run_is_refused_before_anything_begins(
    shell: Shell, arguments: tuple[str, ...], code: int, told: str
) -> None:
    (shell.folder / "broken.yaml").write_text(STORY.replace("[cpu]", "[cpuu]"))
    outcome = shell.run("eval", "run", *arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert told.replace(":6 ", ":5 ") in outcome.err


def processes_of(folder: Path) -> list[str]:
    """The command lines of everything that runs with this folder in its environment."""
    found = []
    for one in Path("/proc").iterdir():
        try:
            if one.name.isdigit() and str(folder).encode() in (one / "environ").read_bytes():
                found.append((one / "cmdline").read_bytes().replace(b"\0", b" ").decode())
        except OSError:  # it has ended, or is not ours
            continue
    return found


def until(seen: Any) -> Iterator[None]:
    """Goes on until something is seen, for a minute at most."""
    deadline = time.monotonic() + _PATIENCE
    while not seen():
        assert time.monotonic() < deadline
        yield
        time.sleep(0.02)


@pytest.mark.skipif(not Path("/proc/self/environ").exists(), reason="processes are looked up in /proc")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGKILL])
def test_a_run_that_is_interrupted_leaves_nothing_behind(tmp_path: Path, number: signal.Signals) -> None:
    process = subprocess.Popen(
        [SRE, "eval", "run", "--workers", "2", "--out", "report.json"],
        cwd=tmp_path,
        env={"PATH": os.defpath, "HOME": str(tmp_path), "TMPDIR": str(tmp_path)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    try:
        for _ in until(lambda: any(" serve " in line for line in processes_of(tmp_path))):
            assert process.poll() is None
        process.send_signal(number)
    except BaseException:
        process.kill()
        raise
    finally:
        out, err = process.communicate(timeout=_PATIENCE)
    assert process.returncode == (-signal.SIGKILL if number is signal.SIGKILL else 130)
    assert (out, err) == (b"", b"")
    for _ in until(lambda: not processes_of(tmp_path) and not list(tmp_path.iterdir())):
        pass
