"""`sre sim`: a homelab to be asked by anything, and its scenarios."""

from __future__ import annotations

import json
import re
import shlex
import signal
import socket
import subprocess
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import urlopen

import jsonschema
import pytest

from sre_assistant.sim.scenario import scenario_names
from tests.cli.sre import SRE, Shell
from tests.sim.receiver import receiving


@pytest.fixture
def running(bare: Shell) -> Iterator[subprocess.Popen[str]]:
    process = subprocess.Popen(
        [SRE, "sim", "run", "cpu-saturation", "--json", "--speed", "0", "--seed", "3"],
        cwd=bare.folder,
        env=bare.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    yield process
    process.kill()
    process.communicate(timeout=60)


def first_line(process: subprocess.Popen[str]) -> Any:
    assert process.stdout is not None
    return json.loads(process.stdout.readline())


def answers(url: str) -> bool:
    parts = urlsplit(url)
    try:
        with socket.create_connection((parts.hostname or "", parts.port or 0), timeout=5):
            return True
    except ConnectionRefusedError:
        return False


def test_one_line_of_json_says_when_it_is_ready_and_where(
    running: subprocess.Popen[str], bare: Shell
) -> None:
    ready = first_line(running)
    assert (ready["schema"], ready["scenario"], ready["seed"], ready["speed"]) == (1, "cpu-saturation", 3, 0)
    assert ready["at"] == "2026-11-19T20:00:00Z"
    assert ready["servers"]["prometheus"] == ready["environment"]["PROMETHEUS_URL"]
    with urlopen(f"{ready['environment']['PROMETHEUS_URL']}/api/v1/query?query=time()") as answer:
        assert float(json.load(answer)["data"]["result"][1]) == 1795118400
    assert "HostHighCpuLoad" in bare.run("alerts", **ready["environment"]).out


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_ends_it_and_frees_its_ports(
    running: subprocess.Popen[str], bare: Shell, number: signal.Signals
) -> None:
    ready = first_line(running)
    assert all(answers(url) for url in ready["servers"].values())
    running.send_signal(number)
    out, err = running.communicate(timeout=60)
    assert (running.returncode, out, err) == (0, "", "")
    assert not any(answers(url) for url in ready["servers"].values())
    assert not list(bare.folder.iterdir())


def test_what_it_prints_is_read_by_a_shell(bare: Shell) -> None:
    outcome = bare.run("sim", "run", "healthy", "--for", "0s", "--at", "start")
    assert (outcome.code, outcome.err) == (0, "")
    comments = [line for line in outcome.out.splitlines() if line.startswith("#")]
    assert comments[0] == "# healthy: An ordinary night; nothing is wrong"
    assert comments[1].startswith("# 2026-11-15 00:30:0")
    exports = [shlex.split(line) for line in outcome.out.splitlines() if not line.startswith("#")]
    assert all(word == "export" for word, _ in exports)
    assert re.fullmatch(r"PROMETHEUS_URL=http://127\.0\.0\.1:\d+", exports[0][1])


def test_ports_follow_each_other_from_the_base(bare: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        base = taken.getsockname()[1]
        refused = bare.run("sim", "run", "healthy", "--for", "0s", "--port-base", str(base))
        assert refused.code == 3
        assert f"--port-base {base} cannot be used" in refused.err


def test_two_run_side_by_side(running: subprocess.Popen[str], bare: Shell) -> None:
    first = first_line(running)["servers"]
    other = json.loads(bare.run("sim", "run", "cpu-saturation", "--json", "--for", "0s").out)["servers"]
    assert not set(first.values()) & set(other.values())


@pytest.mark.parametrize(
    ("arguments", "code", "told"),
    [
        (("helthy",), 2, "Did you mean healthy"),
        (("healthy", "--at", "2:45"), 2, "'2:45' is neither a time of day"),
        (("healthy", "--for", "long"), 2, "is no duration"),
        (("broken.yaml",), 3, "broken.yaml:2"),
    ],
)
def test_what_cannot_be_run_is_refused(bare: Shell, arguments: tuple[str, ...], code: int, told: str) -> None:
    (bare.folder / "broken.yaml").write_text("name: broken\ntitel: misspelt\n")
    outcome = bare.run("sim", "run", *arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert told in outcome.err


def test_every_scenario_is_listed_or_those_with_a_tag(bare: Shell) -> None:
    every = json.loads(bare.run("sim", "list", "--json").out)["scenarios"]
    assert [one["name"] for one in every] == scenario_names()
    page = bare.run("sim", "list").out
    assert all(name in page for name in scenario_names())
    assert max(map(len, page.splitlines())) <= 100
    tag = next(tag for one in every for tag in one["tags"])
    listed = json.loads(bare.run("sim", "list", "--json", "--tag", tag).out)["scenarios"]
    assert listed == [one for one in every if tag in one["tags"]]
    assert "Did you mean healthy" in bare.run("sim", "list", "--tag", "helthy").err


def test_files_are_checked_one_by_one(bare: Shell) -> None:
    good, bad = bare.folder / "good.yaml", bare.folder / "bad.yaml"
    good.write_text("name: quiet\ntitle: Nothing\nstart: 2026-11-15T00:30:00Z\n")
    bad.write_text("name: bad\ntitle: Typo\nstart: 2026-11-15T00:30:00Z\ntags: [bakcup]\n")
    outcome = bare.run("sim", "check", str(bad), str(good))
    assert outcome.code == 3
    assert "bad.yaml:4" in outcome.err
    assert "Did you mean 'backup'" in outcome.err
    assert outcome.out == f"{good} is fine: quiet\n"
    assert bare.run("sim", "check", str(good)).code == 0


def test_the_schema_of_scenario_files_is_one(bare: Shell) -> None:
    schema = json.loads(bare.run("sim", "schema").out)
    jsonschema.Draft202012Validator.check_schema(schema)
    assert json.loads(bare.run("schema", "scenario").out) == schema


def test_the_exams_schemas_are_published_with_the_others(bare: Shell, tmp_path: Path) -> None:
    names = bare.run("schema").out.split()
    assert {"diagnosis", "evaluation", "scenario", "scenarios", "simulation"} <= set(names)
    assert bare.run("schema", "--write", str(tmp_path / "schemas")).code == 0
    assert sorted(path.stem for path in (tmp_path / "schemas").iterdir()) == sorted(names)


def test_whoever_wants_to_be_told_of_alerts_is_told(bare: Shell) -> None:
    with receiving() as alertmanager, receiving() as grafana:
        command = [SRE, "sim", "run", "power-cut", "--at", "19:05", "--speed", "600", "--for", "4s"]
        told = ["--webhook", f"{alertmanager.url}/webhooks/alertmanager", "--grafana-webhook", grafana.url]
        subprocess.run(
            [*command, *told], cwd=bare.folder, env=bare.environ, check=True, capture_output=True, timeout=60
        )
    (first, *_) = alertmanager.taken
    assert first.json["version"] == "4"
    assert "UpsOnBattery" in first.names
    assert all(one.json["version"] == "1" for one in grafana.taken)


def test_an_address_that_is_none_is_refused(bare: Shell) -> None:
    done = bare.run("sim", "run", "--webhook", "mybox:9000/alert")
    assert done.code == 2
    assert "is no address to push to. Write it like http://" in done.err


def test_a_story_can_be_moved_into_the_present(bare: Shell) -> None:
    done = bare.run("sim", "run", "power-cut", "--now", "--at", "19:10", "--for", "1s", "--json")
    ready = json.loads(done.out.splitlines()[0])
    begun = datetime.fromisoformat(ready["at"])
    assert abs(datetime.now(UTC) - begun) < timedelta(minutes=2)
