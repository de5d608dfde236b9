"""What is connected and what it holds, over a whole simulated homelab."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from sre_assistant.runtime.discovery import manifests
from sre_assistant.sim.homelab import Homelab
from tests.cli.sre import Shell


@pytest.fixture(scope="module")
def whole() -> Iterator[Homelab]:
    with Homelab() as running:
        yield running


@pytest.fixture
def everything(whole: Homelab, tmp_path: Path) -> Shell:
    config = tmp_path / "config.yaml"
    config.write_text(whole.configuration, encoding="utf-8")
    config.chmod(0o600)
    return Shell(tmp_path, SRE_CONFIG=str(config))


def test_everything_that_can_be_connected_is(everything: Shell) -> None:
    found = json.loads(everything.run("integrations", "--json").out)
    assert found["schema"] == 1
    assert {one["kind"] for one in found["systems"]} == {m.kind for m in manifests()}
    assert len([one for one in found["systems"] if one["kind"] == "docker"]) == 3
    for one in found["systems"]:
        assert one["version"], one["system"]
        assert one["tools"]
        assert one["changes"] == []
        assert one["status"] != "down"
    screen = everything.run("integrations").out
    assert "list_guests" in screen
    assert max(map(len, screen.splitlines())) <= 100


def test_the_inventory_names_what_each_system_knows(everything: Shell) -> None:
    found = json.loads(everything.run("inventory", "--json").out)
    kinds = {resource["kind"] for one in found["systems"] for resource in one["resources"]}
    assert kinds >= {"host", "guest", "container", "pod", "workload", "pool", "dataset", "disk"}
    assert all(one["completeness"] in {"complete", "partial"} for one in found["systems"])
    guests = json.loads(everything.run("inventory", "guest", "--json").out)
    assert {r["kind"] for one in guests["systems"] for r in one["resources"]} == {"guest"}
    assert "guest" in everything.run("inventory", "guest").out
    wrong = everything.run("inventory", "gest")
    assert (wrong.code, "guest" in wrong.err) == (2, True)


def test_what_a_text_leaves_out_is_kept_under_its_reference(everything: Shell) -> None:
    outcome = everything.run("tool", "prometheus_list_rules")
    assert outcome.code == 0, outcome.err
    reference = outcome.out.rpartition("sre show ")[2].strip()
    rules = json.loads(everything.run("show", reference).out)
    assert len(rules) > 50
    lost = everything.run("show", "t-none")
    assert (lost.code, "t-none" in lost.err) == (2, True)


def test_several_systems_of_one_kind_are_told_apart(everything: Shell) -> None:
    unclear = everything.run("tool", "docker_list_containers")
    assert unclear.code == 2
    assert "--system" in unclear.err
    media = everything.run("tool", "docker_list_containers", "--system", "docker-media")
    assert "jellyfin" in media.out


def test_nothing_changes_without_a_yes(whole: Homelab, everything: Shell, tmp_path: Path) -> None:
    config = tmp_path / "config.yaml"
    urls = {name: door.url for name, door in whole.doors.items()}
    config.write_text(f"docker:\n  url: {urls['docker-media']}\n  allow_changes: true\n", encoding="utf-8")
    refused = everything.run("tool", "docker_control_container", "container=jellyfin", "action=restart")
    assert (refused.code, "--yes" in refused.err) == (6, True)
    done = everything.run("tool", "docker_control_container", "container=jellyfin", "action=restart", "--yes")
    assert done.code == 0, done.err


def test_a_token_without_rights_is_found_and_the_commands_that_mend_it_are_shown(tmp_path: Path) -> None:
    with Homelab("blind-rights", at="shows") as homelab:
        shell = Shell(tmp_path, **homelab.environment())
        outcome = shell.run("doctor", "proxmox", "--json")
        report = json.loads(outcome.out)
        page = shell.run("doctor", "proxmox", "--fix-hints").out
    (system,) = report["systems"]
    assert outcome.code == 1
    assert system["status"] == "limited"
    assert [f for f in system["findings"] if f["level"] == "error" and "VM.Audit" in f["text"] and f["fix"]]
    assert "pveum" in page
    assert max(len(line) for line in page.splitlines() if "pveum" not in line) <= 100
