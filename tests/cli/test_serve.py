from __future__ import annotations

import json
import re
import signal
import socket
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.cli.sre import SRE, Shell


@contextmanager
def serving(shell: Shell, **environ: str) -> Iterator[str]:
    """`sre serve` on a free port; its address."""
    process = subprocess.Popen(
        [SRE, "serve", "--port", "0"],
        cwd=shell.folder,
        env=shell.environ | environ,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stderr is not None
        found = re.search(r"http://\S+", process.stderr.readline())
        assert found
        yield found[0]
    finally:
        process.send_signal(signal.SIGINT)
        _, err = process.communicate(timeout=60)
    assert "Traceback" not in err


@pytest.fixture
def url(shell: Shell) -> Iterator[str]:
    with serving(shell) as url:
        yield url


def test_a_running_server_can_do_the_work(shell: Shell, url: str) -> None:
    elsewhere = Shell(shell.folder)
    assert "DiskWillFillSoon" in elsewhere.run("alerts", "--url", url).out
    first = json.loads(elsewhere.run("ask", "how is nas?", "--url", url, "--json").out)
    second = json.loads(elsewhere.run("ask", "and its memory?", "--url", url, "--json").out)
    assert first["subject"] == second["subject"]
    one = json.loads(elsewhere.run("investigate", "DiskWillFillSoon", "--url", url, "--json").out)
    assert one["causes"][0]["id"] == "filesystem-filling"
    alerts = shell.run("alerts", "--json").out
    every = elsewhere.run("investigate", "--file", "-", "--url", url, "--json", stdin=alerts).out
    assert len(json.loads(every)["diagnoses"]) == 2


def test_what_the_server_refuses_is_said_here(shell: Shell, url: str) -> None:
    unknown = shell.run("investigate", "DiskWillFilSoon", "--url", url)
    assert unknown.code == 2
    assert "Close: DiskWillFillSoon" in unknown.err
    stranger = shell.run("alerts", "--url", url, "--token", "wrong-token-wrong-token")
    assert stranger.code == 3
    assert "--token" in stranger.err


def test_the_servers_token_is_only_shown_to_this_machine(shell: Shell, url: str) -> None:
    stranger = Shell(shell.folder / "elsewhere")
    stranger.folder.mkdir()
    assert stranger.run("alerts", "--url", url).code == 3
    token = (shell.folder / ".local/state/sre-assistant/api-token").read_text().strip()
    assert stranger.run("alerts", "--url", url, SRE_TOKEN=token).code == 0


def test_a_given_token_is_used_instead_of_a_made_one(shell: Shell) -> None:
    token = "a-token-of-our-own-choosing"
    with serving(shell, SRE_TOKEN=token) as url:
        assert shell.run("alerts", "--url", url, "--token", token).code == 0
    assert not (shell.folder / ".local/state/sre-assistant/api-token").exists()


def test_a_port_that_is_taken_is_the_operators_to_change(bare: Shell) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        outcome = bare.run("serve", "--port", str(taken.getsockname()[1]))
    assert outcome.code == 3
    assert "in use" in outcome.err
    assert "--port" in outcome.err


@pytest.mark.parametrize(
    ("environ", "expected"),
    [({"SRE_TOKEN": "short"}, "openssl rand -hex 32"), ({"SRE_HOST": "nowhere.invalid"}, "cannot listen on")],
)
def test_a_server_that_cannot_start_says_why(bare: Shell, environ: dict[str, str], expected: str) -> None:
    outcome = bare.run("serve", "--port", "0", **environ)
    assert outcome.code == 3
    assert expected in outcome.err


def test_a_token_that_others_can_read_keeps_the_server_from_starting(bare: Shell) -> None:
    path = bare.folder / ".local/state/sre-assistant/api-token"
    path.parent.mkdir(parents=True)
    path.write_text("correct-horse-battery-staple")
    path.chmod(0o644)
    outcome = bare.run("serve", "--port", "0")
    assert outcome.code == 3
    assert f"chmod 600 {path}" in outcome.err
