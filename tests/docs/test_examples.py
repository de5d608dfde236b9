"""What the documentation shows is run: commands against a simulated homelab, Python blocks as they stand."""

from __future__ import annotations

import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest
import yaml

from sre_assistant.investigation.signals.pack import Pack
from sre_assistant.runtime.settings import load
from sre_assistant.sim.documents import Document
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.scenario import checked, load_scenario
from tests.kit.certificates import client_files

ROOT = Path(__file__).parents[2]
SCENARIO = "backup-fills-nas"
PAGES = [ROOT / "README.md", *sorted((ROOT / "docs").rglob("*.md"))]
BIN = Path(sys.executable).parent
_BLOCK = re.compile(r"^```(\w+)\n(.*?)^```", re.MULTILINE | re.DOTALL)
_LABEL = re.compile(r"^ {0,2}([A-Z]{2,}|not)\b", re.MULTILINE)


def blocks(page: Path, language: str) -> list[str]:
    """The code blocks of one language, in order."""
    return [text for found, text in _BLOCK.findall(page.read_text(encoding="utf-8")) if found == language]


def commands(page: Path) -> list[list[str]]:
    """What the console blocks of a page run: the lines that begin with ``$``."""
    lines = [line for text in blocks(page, "console") for line in text.splitlines()]
    return [shlex.split(line[2:], comments=True) for line in lines if line.startswith("$ ")]


def pages_with(language: str) -> list[object]:
    named = [pytest.param(page, id=page.relative_to(ROOT).as_posix()) for page in PAGES]
    return [param for param, page in zip(named, PAGES, strict=True) if blocks(page, language)]


@pytest.fixture(scope="module")
def homelab() -> Iterator[Homelab]:
    """The homelab of the demo when there is most to see, which is now."""
    story = load_scenario(SCENARIO)
    start = story.start + (datetime.now(UTC) - story.moment(story.shows or "+0s"))
    with Homelab(SCENARIO, at="shows", start=start, speed=1.0) as running:
        yield running


@pytest.fixture
def environ(homelab: Homelab, tmp_path: Path) -> Mapping[str, str]:
    """A user who has set two addresses and nothing else."""
    return {
        "PATH": f"{BIN}{os.pathsep}{os.defpath}",
        "HOME": str(tmp_path),
        "TZ": "UTC",
        "PROMETHEUS_URL": homelab.prometheus_url,
        "ALERTMANAGER_URL": homelab.alertmanager_url,
    }


def run(command: list[str], environ: Mapping[str, str], folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(command, env=environ, cwd=folder, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("page", pages_with("console"))
def test_every_command_shown_works(page: Path, environ: Mapping[str, str], tmp_path: Path) -> None:
    targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    for program, *arguments in commands(page):
        if program == "make":  # what it runs is run elsewhere; here it only has to exist
            assert set(arguments) <= set(targets)
            continue
        assert program == "sre", f"{program}: a console block shows make and sre; anything else is a sh block"
        done = run([str(BIN / program), *arguments], environ, tmp_path)
        assert done.returncode == 0, f"sre {arguments}\n{done.stdout}{done.stderr}"


@pytest.mark.parametrize("page", pages_with("python"))
def test_every_python_block_runs(page: Path, environ: Mapping[str, str], tmp_path: Path) -> None:
    for text in blocks(page, "python"):
        done = run([sys.executable, "-c", text], environ, tmp_path)
        assert done.returncode == 0, f"{text}\n{done.stderr}"


@pytest.mark.parametrize("page", pages_with("yaml"))
def test_every_yaml_block_is_what_it_shows(page: Path, tmp_path: Path) -> None:
    secret = tmp_path / "token"
    secret.write_text("sre@pve!read=00000000-0000-4000-8000-000000000000", encoding="utf-8")
    certificates = tmp_path / "certificates"
    certificates.mkdir()
    for name, file in zip(("cert", "key"), client_files(tmp_path), strict=True):
        file.rename(certificates / f"{name}.pem")
    for text in blocks(page, "yaml"):
        if "signals" in yaml.safe_load(text):
            assert msgspec.convert(yaml.safe_load(text), Pack).signals
            continue
        if "timeline" in yaml.safe_load(text):
            assert checked(Document(text, page.name)).build(1).house.hosts
            continue
        config = tmp_path / "config.yaml"
        there = re.sub(r"/run/secrets/[\w-]+", str(secret), text)
        there = re.sub(r"cert_path: [\w/-]+", f"cert_path: {certificates}", there)
        config.write_text(there, encoding="utf-8")
        assert load({"HOME": str(tmp_path), "SRE_CONFIG": str(config)}, folder=tmp_path).systems


def test_the_screen_in_the_readme_is_the_one_the_demo_shows(
    environ: Mapping[str, str], tmp_path: Path
) -> None:
    shown = next(text for text in blocks(ROOT / "README.md", "text") if "CAUSE" in text)
    real = run([str(BIN / "sre"), "demo"], environ, tmp_path)
    assert real.returncode == 0, real.stderr
    assert _LABEL.findall(shown) == _LABEL.findall(real.stdout), "make docs-write"
