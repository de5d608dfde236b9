"""Real faults on a real machine, explained by the command a user runs."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import pytest

from tests.real.house import MIB, House, cpus_busy, disagreements, memory_taken, mounted
from tests.real.servers import wait_until

pytestmark = pytest.mark.real


@pytest.fixture(autouse=True)
def peace(house: House) -> None:
    """Each test begins with nothing wrong."""
    house.at_peace()


def cause(diagnosis: dict[str, Any]) -> tuple[str, str]:
    """The first cause and what it is about."""
    assert diagnosis["verdict"] == "explained", diagnosis["summary"]
    first = diagnosis["causes"][0]
    return first["id"], first["subject"]["name"]


def test_with_nothing_wrong_the_house_is_healthy(house: House) -> None:
    (diagnosis,) = house.investigate()
    assert diagnosis["verdict"] == "healthy", diagnosis["summary"]
    assert diagnosis["causes"] == []
    assert {line["completeness"] for line in diagnosis["coverage"]} <= {"complete", "empty", "partial"}


def test_a_full_file_system_is_named(house: House) -> None:
    with mounted(house.lab.folder / "small", "size=32m") as small:
        (small / "dump").write_bytes(b"x" * 31 * MIB)
        diagnosis = house.diagnosis("FilesystemAlmostFull")
    assert cause(diagnosis) == ("filesystem-full", f"{house.lab.address('node')}:{small}")
    assert disagreements(house, diagnosis) == []


def test_a_file_system_that_fills_is_told_from_a_full_one(house: House) -> None:
    with mounted(house.lab.folder / "filling", "size=512m") as filling:
        done = threading.Event()
        writer = threading.Thread(target=_write_slowly, args=(filling / "log", done))
        writer.start()
        try:
            diagnosis = house.diagnosis("FilesystemWillFill")
        finally:
            done.set()
            writer.join()
    assert cause(diagnosis) == ("filesystem-filling", f"{house.lab.address('node')}:{filling}")
    assert disagreements(house, diagnosis) == []


def test_a_file_system_without_inodes_is_not_called_full(house: House) -> None:
    with mounted(house.lab.folder / "crowded", "size=32m,nr_inodes=200") as crowded:
        for number in range(198):
            (crowded / str(number)).touch()
        diagnosis = house.diagnosis("InodesAlmostUsed")
    assert cause(diagnosis) == ("inode-exhaustion", f"{house.lab.address('node')}:{crowded}")
    assert disagreements(house, diagnosis) == []


def test_memory_held_by_a_process_is_memory_pressure(house: House) -> None:
    with memory_taken():
        diagnosis = house.diagnosis("MemoryTaken")
    assert cause(diagnosis) == ("memory-pressure", house.lab.address("node"))
    assert disagreements(house, diagnosis) == []


def test_spinning_processes_are_cpu_saturation(house: House) -> None:
    with cpus_busy():
        diagnosis = house.diagnosis("CpuBusy")
    assert cause(diagnosis) == ("cpu-saturation", house.lab.address("node"))
    assert disagreements(house, diagnosis) == []


def test_a_killed_exporter_is_gone_but_its_machine_is_not(house: House) -> None:
    house.lab.stop("node")
    try:
        diagnosis = house.diagnosis("InstanceDown")
    finally:
        house.lab.start_node_exporter()
    assert cause(diagnosis) == ("exporter-gone", house.lab.address("node"))
    assert "host-gone" not in [c["id"] for c in diagnosis["causes"]]
    assert disagreements(house, diagnosis) == []


def test_something_else_on_the_port_is_a_failing_scrape(house: House) -> None:
    house.lab.stop("node")
    html = "import http.server as h; h.test(h.SimpleHTTPRequestHandler, port=PORT, bind='127.0.0.1')"
    code = html.replace("PORT", str(house.lab.ports["node"]))
    process = subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        wait_until(
            lambda: house.lab.target_error("node").startswith("server returned"), "the scrape meets it"
        )
        diagnosis = house.diagnosis("InstanceDown")
    finally:
        process.terminate()
        process.wait(timeout=30)
        house.lab.start_node_exporter()
    assert cause(diagnosis) == ("scrape-failing", house.lab.address("node"))


def test_a_page_that_stopped_is_a_probe_failure(house: House) -> None:
    house.lab.stop("page")
    try:
        diagnosis = house.diagnosis("ProbeFailed")
    finally:
        house.lab.start_page()
    assert cause(diagnosis) == ("probe-failure", house.lab.url("page"))
    assert disagreements(house, diagnosis) == []


def test_an_alert_in_a_file_is_explained_like_one_from_alertmanager(house: House, tmp_path: Path) -> None:
    house.lab.stop("node")
    try:
        wait_until(lambda: house.lab.alerting("InstanceDown"), "the alert is there")
        alert = {
            "labels": {"alertname": "InstanceDown", "instance": house.lab.address("node"), "job": "node"}
        }
        (tmp_path / "alert.json").write_text(json.dumps(alert))
        text = house.sre("investigate", "--file", str(tmp_path / "alert.json"), "--json")
    finally:
        house.lab.start_node_exporter()
    assert cause(json.loads(text)) == ("exporter-gone", house.lab.address("node"))


def test_a_replayed_bundle_gives_the_same_bytes_without_the_servers(house: House, tmp_path: Path) -> None:
    bundle = tmp_path / "case.bundle"
    live = house.sre("investigate", "--all", "--json", "--bundle", str(bundle))
    once, twice = (house.sre("replay", str(bundle), "--json") for _ in range(2))
    assert live == once == twice


def test_a_machine_never_seen_is_unknown_and_said_so(house: House, tmp_path: Path) -> None:
    alert = {"labels": {"alertname": "InstanceDown", "instance": "ghost.lan:9100", "job": "node"}}
    (tmp_path / "alert.json").write_text(json.dumps(alert))
    found = json.loads(house.sre("investigate", "--file", str(tmp_path / "alert.json"), "--json"))
    assert found["verdict"] == "unknown"
    assert "ghost.lan" in found["summary"]


def test_without_prometheus_nothing_is_called_healthy(house: House) -> None:
    house.lab.stop("prometheus")
    try:
        diagnoses = house.investigate()
    finally:
        house.lab.start_prometheus_again()
    assert {d["verdict"] for d in diagnoses} == {"unknown"}
    assert all("unreachable" in d["summary"] for d in diagnoses)


def _write_slowly(file: Path, done: threading.Event) -> None:
    with file.open("wb") as stream:
        while not done.wait(0.25):
            stream.write(b"x" * MIB)
            stream.flush()
            if stream.tell() > 400 * MIB:
                return
