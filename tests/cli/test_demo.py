from __future__ import annotations

import json
from pathlib import Path

from tests.cli.sre import Shell

FAST = ("--speed", "50000")


def test_the_demo_finds_the_truth_and_says_what_to_try_next(bare: Shell) -> None:
    outcome = bare.run("demo", *FAST)
    assert (outcome.code, outcome.err) == (0, "")
    lines = outcome.out.splitlines()
    assert lines[0].startswith("A small homelab of ")
    assert any("DiskWillFillSoon fires for nas.lan:9100 /tank/media" in line for line in lines)
    assert "CAUSE   /tank/media on nas.lan:9100" in outcome.out
    assert "✓ found" in outcome.out
    assert "sre investigate --all" in lines[-1]
    assert max(map(len, lines)) <= 100


def test_the_demo_can_be_replayed(bare: Shell) -> None:
    told = json.loads(bare.run("demo", *FAST, "--json").out)
    assert json.loads(bare.run("replay", "demo", "--json").out) == told
    assert told["causes"][0]["id"] == "filesystem-filling"


def test_the_demo_reads_none_of_the_users_settings(bare: Shell) -> None:
    (bare.folder / ".env").write_text("PROMETHEUS_URL=this is no URL\nSRE_PORT=neither\n")
    broken = bare.folder / ".config" / "sre-assistant" / "config.yaml"
    broken.parent.mkdir(parents=True)
    broken.write_text("[")
    assert bare.run("demo", *FAST, PROMETHEUS_URL="http://127.0.0.1:9").code == 0


def test_the_demo_writes_its_bundle_and_nothing_else(bare: Shell) -> None:
    bare.run("demo", *FAST)
    written = [path.relative_to(bare.folder) for path in bare.folder.rglob("*") if path.is_file()]
    assert written == [Path(".local/state/sre-assistant/bundles/demo.bundle")]


def test_the_demo_works_where_nothing_can_be_written(bare: Shell) -> None:
    (bare.folder / "file").write_text("")
    outcome = bare.run("demo", *FAST, SRE_STATE_DIR=str(bare.folder / "file" / "state"))
    assert outcome.code == 0
    assert "not recorded" in outcome.err


def test_the_demo_shows_time_passing_on_a_terminal(bare: Shell) -> None:
    assert "× time" in bare.on_terminal("demo", *FAST)
