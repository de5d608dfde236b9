"""What `make` does first: an environment as the lock says, or a message that says what is missing."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "scripts" / "environment.sh"
TOOLS = ("cat", "cksum", "date", "dirname", "grep", "rm", "sh")


@pytest.fixture
def programs(tmp_path: Path) -> Path:
    """A folder to use as PATH: the few tools the script needs, and no Python yet."""
    folder = tmp_path / "bin"
    folder.mkdir()
    for tool in TOOLS:
        found = shutil.which(tool)
        assert found, tool
        (folder / tool).symlink_to(found)
    return folder


def put(folder: Path, name: str, script: str) -> None:
    program = folder / name
    program.write_text(f"#!/bin/sh\n{script}\n", encoding="utf-8")
    program.chmod(0o755)


def make(folder: Path, programs: Path, python: str = "") -> subprocess.CompletedProcess[str]:
    """What `make core` runs."""
    return subprocess.run(
        [str(SCRIPT), str(folder), "requirements.lock"],
        env={"PATH": str(programs), "PYTHON": python},
        capture_output=True,
        text=True,
        check=False,
    )


def test_a_machine_with_an_old_python_is_told_what_to_install(tmp_path: Path, programs: Path) -> None:
    put(programs, "python3", 'echo "Python 3.9.2"; exit 1')
    run = make(tmp_path / "venv", programs)
    assert run.returncode != 0
    assert "Python 3.11 or newer is needed" in run.stderr
    assert "Python 3.9.2" in run.stderr
    assert "apt install python3 python3-venv" in run.stderr


def test_a_name_on_the_path_that_does_not_start_is_passed_over(tmp_path: Path, programs: Path) -> None:
    put(programs, "python3.13", "echo 'python3.13: command not found' >&2; exit 127")
    put(programs, "python3.12", f'case "$*" in *ensurepip*) exit 1;; *) exec {sys.executable} "$@";; esac')
    run = make(tmp_path / "venv", programs)
    assert "python3.12 cannot make virtual environments" in run.stderr
    assert "apt install python3-venv" in run.stderr


def test_a_chosen_python_that_is_too_old_is_named(tmp_path: Path, programs: Path) -> None:
    put(programs, "python3.10", 'case "$1" in -V) echo "Python 3.10.1";; *) exit 1;; esac')
    run = make(tmp_path / "venv", programs, python="python3.10")
    assert run.returncode != 0
    assert "PYTHON=python3.10 does not start or is older than 3.11 (Python 3.10.1)" in run.stderr


def test_a_folder_that_is_no_environment_is_left_alone(tmp_path: Path, programs: Path) -> None:
    (tmp_path / "photos").mkdir()
    (tmp_path / "photos" / "cat.jpg").write_bytes(b"meow")
    run = make(tmp_path / "photos", programs)
    assert run.returncode != 0
    assert "is no virtual environment" in run.stderr
    assert (tmp_path / "photos" / "cat.jpg").read_bytes() == b"meow"


@pytest.mark.parametrize("lock", ["requirements.lock", "requirements-dev.lock"])
def test_an_environment_that_is_as_the_lock_says_is_left_alone(
    tmp_path: Path, programs: Path, lock: str
) -> None:
    venv = tmp_path / "venv"
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", str(venv)], check=True)
    for stamp, content in ((".installed-lock", lock), (".installed-project", "pyproject.toml")):
        with (ROOT / content).open("rb") as file:
            checksum = subprocess.run(
                ["cksum"], stdin=file, capture_output=True, text=True, check=True
            ).stdout
        (venv / stamp).write_text(f"{content} {checksum}", encoding="utf-8")
    run = make(venv, programs)
    assert (run.returncode, run.stdout, run.stderr) == (0, "", "")
