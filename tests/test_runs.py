"""A step that ran no test fails."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

SKIPPED = "import pytest\n\n\n@pytest.mark.skip(reason='no server')\ndef test_server() -> None: ...\n"
PASSING = "def test_one() -> None: ...\n"


@pytest.mark.parametrize(
    ("content", "code"),
    [
        pytest.param("", pytest.ExitCode.NO_TESTS_COLLECTED, id="no test at all"),
        pytest.param(SKIPPED, pytest.ExitCode.NO_TESTS_COLLECTED, id="skips alone"),
        pytest.param(SKIPPED + PASSING, pytest.ExitCode.OK, id="one that passes"),
    ],
)
def test_a_run_in_which_nothing_passed_fails(tmp_path: Path, content: str, code: int) -> None:
    (tmp_path / "test_given.py").write_text(content, encoding="utf-8")
    config = Path(__file__).parents[1] / "pyproject.toml"
    run = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", config, "-p", "conftest", "-p", "no:cacheprovider", tmp_path],
        cwd=tmp_path,
        env={"PATH": os.defpath, "PYTHONPATH": str(Path(__file__).parent)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == code, run.stdout
