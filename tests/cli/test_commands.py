from __future__ import annotations

import json
import signal
import socket
import subprocess
from pathlib import Path

import pytest

from sre_assistant import __version__
from sre_assistant.sim.homelab import Homelab
from tests.cli.sre import SRE, Shell

FILLING = "DiskWillFillSoon"


def test_the_cause_is_named_first_and_nothing_but_text_is_piped(shell: Shell) -> None:
    outcome = shell.run("investigate", FILLING)
    assert (outcome.code, outcome.err) == (0, "")
    assert outcome.out.startswith("DiskWillFillSoon · nas.lan:9100 · /tank/media")
    assert "CAUSE   /tank/media on nas.lan:9100" in outcome.out
    assert "\x1b" not in outcome.out
    assert max(len(line) for line in outcome.out.splitlines()) <= 100


def test_one_alert_is_one_diagnosis_and_all_are_a_list(shell: Shell) -> None:
    one = json.loads(shell.run("investigate", FILLING, "--json").out)
    assert one["schema"] == 1
    assert one["causes"][0]["id"] == "filesystem-filling"
    every = json.loads(shell.run("investigate", "--all", "--json").out)
    assert every["schema"] == 1
    assert {diagnosis["case"]["title"] for diagnosis in every["diagnoses"]} == {FILLING, "HostHighCpuLoad"}


def test_an_alert_can_be_named_by_its_fingerprint(shell: Shell) -> None:
    alerts = json.loads(shell.run("alerts", "--json").out)["alerts"]
    found = json.loads(shell.run("investigate", alerts[0]["fingerprint"][:8], "--json").out)
    assert found["case"]["alert"]["fingerprint"] == alerts[0]["fingerprint"]


def test_an_alert_may_come_from_a_file_or_from_stdin(shell: Shell) -> None:
    alerts = shell.run("alerts", "--json").out
    listed = json.loads(shell.run("investigate", "--file", "-", "--json", stdin=alerts).out)
    assert len(listed["diagnoses"]) == 2
    path = shell.folder / "alert.json"
    path.write_text(json.dumps(json.loads(alerts)["alerts"][0]))
    assert "case" in json.loads(shell.run("investigate", "--file", str(path), "--json").out)


def test_the_verdict_can_be_the_exit_code(shell: Shell) -> None:
    assert shell.run("investigate", FILLING, "--exit-code").code == 10
    blind = shell.run("investigate", "--all", "--exit-code", PROMETHEUS_URL="http://127.0.0.1:9")
    assert blind.code == 11
    assert "UNKNOWN" in blind.out


def test_a_healthy_house_exits_with_0(bare: Shell) -> None:
    with Homelab("healthy", at="+2h") as homelab:
        outcome = bare.run(
            "investigate",
            "--all",
            "--exit-code",
            PROMETHEUS_URL=homelab.prometheus_url,
            ALERTMANAGER_URL=homelab.alertmanager_url,
        )
    assert outcome.code == 0
    assert "HEALTHY" in outcome.out


def test_a_recorded_case_is_replayed_by_name_with_the_same_bytes(shell: Shell) -> None:
    told = shell.run("investigate", FILLING).out
    name = told.rsplit("sre replay ", 1)[1].strip()
    offline = Shell(shell.folder)
    assert offline.run("replay", name).out.splitlines()[2:] == told.splitlines()[2:-1]
    first, second = offline.run("replay", name, "--json"), offline.run("replay", name, "--json")
    assert first.out == second.out
    assert first.err == ""


def test_a_bundle_can_be_kept_where_one_likes(shell: Shell) -> None:
    path = shell.folder / "my case.bundle"
    told = shell.run("investigate", FILLING, "--json", "--bundle", str(path)).out
    assert Shell(shell.folder).run("replay", str(path), "--json").out == told


def test_a_bundle_that_cannot_be_written_costs_the_exit_code_but_not_the_answer(shell: Shell) -> None:
    (shell.folder / "file").write_text("")
    outcome = shell.run("investigate", FILLING, "--bundle", str(shell.folder / "file" / "x.bundle"))
    assert outcome.code == 3
    assert "CAUSE" in outcome.out
    assert "not recorded" in outcome.err


def test_a_question_is_answered_and_followed_up_by_the_next_process(shell: Shell) -> None:
    first = json.loads(shell.run("ask", "why", "is", "the", "disk", "on", "nas", "filling?", "--json").out)
    assert first["session_id"] == "default"
    second = json.loads(shell.run("ask", "and memory on the same machine?", "--json").out)
    assert second["subject"]["name"].startswith("nas")
    stranger = json.loads(shell.run("ask", "and its memory?", "--session", "other", "--json").out)
    assert stranger["subject"] is None


def test_a_conversation_ends_with_quit_and_survives_errors(shell: Shell) -> None:
    outcome = shell.run("chat", stdin=b"how is nas?\n\xff\xfe\n\nand its memory?\nquit\nnever asked\n")
    assert outcome.code == 0
    assert "sre> and its memory?" in outcome.out
    assert "memory of nas.lan:9100" in outcome.out
    assert "never asked" not in outcome.out
    assert "Traceback" not in outcome.err


def test_a_conversation_without_a_system_says_what_is_missing_every_time(bare: Shell) -> None:
    outcome = bare.run("chat", stdin="how is nas?\nhow is nas?\n")
    assert outcome.code == 0
    assert outcome.err.count("PROMETHEUS_URL is not set") == 2


def test_active_alerts_are_listed_worst_first(shell: Shell) -> None:
    outcome = shell.run("alerts")
    assert outcome.out.index(FILLING) < outcome.out.index("HostHighCpuLoad")


def test_the_doctor_exits_with_1_when_something_is_broken(shell: Shell) -> None:
    outcome = shell.run("doctor", ALERTMANAGER_URL="http://127.0.0.1:9")
    assert outcome.code == 1
    assert "alertmanager  http://127.0.0.1:9" in outcome.out
    assert "down" in outcome.out
    report = json.loads(shell.run("doctor", "alertmanager", "--json").out)
    assert [system["system"] for system in report["systems"]] == ["alertmanager"]


@pytest.mark.parametrize(
    ("arguments", "code", "expected"),
    [
        (("investigate", "DiskWillFilSoon"), 2, "Close: DiskWillFillSoon"),
        (("investigate",), 2, "say what to investigate"),
        (("investigate", "X", "--all"), 2, "say what to investigate"),
        (("investigate", "--file", "/nowhere.json"), 2, "'/nowhere.json' cannot be read"),
        (("investigate", "--file", "-"), 2, "stdin is not JSON"),
        (("replay", "nowhere"), 2, "the bundle 'nowhere' cannot be read"),
        (("doctor", "promethius"), 2, "Did you mean prometheus?"),
        (("ask", "x", "--session", "../x"), 2, "is no session id"),
        (("schema", "diagnosys"), 2, "Did you mean diagnosis?"),
        (("investigate", "--nonsense"), 2, "--nonsense"),
        (("nonsense",), 2, "nonsense"),
        (("serve", "--port", "http"), 3, "SRE_PORT is 'http' (command line)"),
        (("alerts", "--url", "sre.lan"), 3, "the scheme is missing"),
        (("alerts", "--url", "http://127.0.0.1:9"), 4, "server: GET /alerts"),
    ],
)
def test_what_cannot_be_done_is_said_in_a_line_with_its_exit_code(
    shell: Shell, arguments: tuple[str, ...], code: int, expected: str
) -> None:
    outcome = shell.run(*arguments)
    assert (outcome.code, outcome.out) == (code, "")
    assert expected in outcome.err
    assert "Traceback" not in outcome.err


@pytest.mark.parametrize("command", ["alerts", "doctor", "investigate --all", "ask how is nas?"])
def test_without_any_setting_the_way_out_is_shown(bare: Shell, command: str) -> None:
    outcome = bare.run(*command.split())
    assert outcome.code == 3
    assert "PROMETHEUS_URL is not set" in outcome.err
    assert "sre demo" in outcome.err


def test_wrong_settings_are_one_line(bare: Shell) -> None:
    outcome = bare.run("alerts", PROMETHEUS_URL="prom.lan:9090")
    assert outcome.code == 3
    assert outcome.err.startswith("sre: PROMETHEUS_URL is 'prom.lan:9090': the scheme is missing.")


def test_the_settings_are_shown_with_their_places_and_without_secrets(bare: Shell) -> None:
    token = "hunter2-hunter2"
    (bare.folder / ".env").write_text(f"PROMETHEUS_BEARER_TOKEN={token}\n")
    outcome = bare.run("config", PROMETHEUS_URL="http://prom.lan:9090", SRE_SITE="cabin")
    assert "cabin" in outcome.out
    assert "environment" in outcome.out
    assert "(hidden)" in outcome.out
    assert "chmod 600" in outcome.out
    shown = outcome.out + bare.run("config", "--json", PROMETHEUS_URL="http://prom.lan:9090").out
    assert token not in shown


def test_the_settings_can_be_validated(bare: Shell) -> None:
    assert (
        bare.run("config", "validate", PROMETHEUS_URL="http://prom.lan").out
        == "settings are fine: prometheus\n"
    )
    wrong = bare.run("config", "validate", PROMETHEUS_URI="http://prom.lan")
    assert wrong.code == 3
    assert "Did you mean PROMETHEUS_URL?" in wrong.err


def test_schemas_can_be_printed(bare: Shell) -> None:
    assert json.loads(bare.run("config", "schema").out)["properties"]["prometheus"]
    assert json.loads(bare.run("schema", "diagnosis").out)["$ref"] == "#/$defs/Diagnosis"
    assert "bundle" in bare.run("schema").out.split()


def test_the_version_is_told(bare: Shell) -> None:
    assert bare.run("--version").out == f"sre {__version__}\n"


def test_a_terminal_gets_colour_unless_it_asks_for_none(shell: Shell) -> None:
    assert "\x1b[1;31m" in shell.on_terminal("investigate", FILLING)
    plain = shell.on_terminal("investigate", FILLING, NO_COLOR="1")
    assert "\x1b[1;31m" not in plain
    assert "CAUSE" in plain


def test_a_terminal_that_knows_no_blocks_still_gets_an_answer(shell: Shell) -> None:
    outcome = shell.run("investigate", FILLING, PYTHONIOENCODING="ascii")
    assert outcome.code == 0
    assert "CAUSE" in outcome.out


def test_a_reader_that_goes_away_ends_the_output_quietly(shell: Shell) -> None:
    process = subprocess.Popen(
        [SRE, "schema", "diagnosis"],
        cwd=shell.folder,
        env=shell.environ,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
    )
    assert process.stdout is not None
    process.stdout.close()
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (141, b"")


def test_ctrl_c_ends_with_130_and_no_traceback(shell: Shell, silent_server: socket.socket) -> None:
    silent = f"http://127.0.0.1:{silent_server.getsockname()[1]}"
    process = subprocess.Popen(
        [SRE, "alerts"],
        cwd=shell.folder,
        env=shell.environ | {"PROMETHEUS_URL": silent, "ALERTMANAGER_URL": silent},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    connection, _ = silent_server.accept()
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    connection.close()
    assert process.returncode == 130
    assert "Traceback" not in err


def test_nothing_is_written_outside_the_state_folder(shell: Shell) -> None:
    shell.run("ask", "how is nas?")
    shell.run("investigate", FILLING)
    written = {path.relative_to(shell.folder) for path in shell.folder.rglob("*") if path.is_file()}
    assert {path.parent for path in written} == {
        Path(".local/state/sre-assistant/bundles"),
        Path(".local/state/sre-assistant/sessions"),
    }
