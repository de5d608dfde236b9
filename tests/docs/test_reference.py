"""The generated reference is complete and as committed."""

from __future__ import annotations

import re
import subprocess
import sys
from pathlib import Path

import pytest

from sre_assistant.domain import errors
from sre_assistant.domain.errors import SreError
from sre_assistant.investigation.hypotheses import LIBRARY
from sre_assistant.investigation.signals import known_signals
from sre_assistant.runtime import discovery
from sre_assistant.runtime.settings import own_table, system_table

ROOT = Path(__file__).parents[2]
REFERENCE = ROOT / "docs" / "reference"


PAGES = [*ROOT.glob("*.md"), ROOT / ".env.example", *(ROOT / "docs").rglob("*.md")]


def text_of_all_pages() -> str:
    return "\n".join(page.read_text(encoding="utf-8") for page in PAGES)


def headings(name: str) -> set[str]:
    return set(re.findall(r"^#+ `(.+)`$", (REFERENCE / name).read_text(encoding="utf-8"), re.MULTILINE))


def test_the_reference_is_as_the_code_says() -> None:
    run = subprocess.run(
        [sys.executable, "scripts/generate_reference.py", "--check"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_every_hypothesis_has_its_section() -> None:
    assert headings("hypotheses.md") == {hypothesis.id for hypothesis in LIBRARY}


def test_every_signal_has_its_section() -> None:
    assert headings("signals.md") == {signal.id for signal in known_signals()}


@pytest.mark.parametrize(
    "kind", [kind for kind in vars(errors).values() if isinstance(kind, type) and issubclass(kind, SreError)]
)
def test_every_error_is_listed(kind: type[SreError]) -> None:
    assert kind.__name__ in (REFERENCE / "errors.md").read_text(encoding="utf-8")


def test_every_setting_named_anywhere_exists() -> None:
    tables = [own_table({}), *(system_table(manifest) for manifest in discovery.manifests())]
    known = {name for table in tables for name in (*table.names, *table.extra)}
    named = set(re.findall(r"\b(?:SRE|PROMETHEUS|ALERTMANAGER)_[A-Z_]*[A-Z]\b", text_of_all_pages()))
    assert {name for name in named - known if not name.startswith("SRE_TEST_")} == set()
    assert "PROMETHEUS_BEARER_TOKEN_FILE" in named


def test_every_command_named_anywhere_exists() -> None:
    known = {heading.removeprefix("sre ") for heading in headings("cli.md")}
    named = set(re.findall(r"`sre ([a-z]+)", text_of_all_pages()))
    assert named <= known
    assert {"demo", "investigate", "doctor"} <= named
