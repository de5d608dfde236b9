"""What `make integration` makes passes every check, and so does the page that shows how to go on."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGE = ROOT / "docs" / "how-to" / "add-an-integration.md"
FRESH, REAL = "beehive", "adguard"
PLACES = ("src/sre_assistant/integrations", "src/sre_assistant/sim/servers", "tests/integrations")
_FILE = re.compile(r"^`([\w/.]+)`\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)


class Checkout:
    """A copy of this repository, as far as the checks of an integration need it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        unneeded = shutil.ignore_patterns("__pycache__", "recorded", "real")
        for name in ("src", "scripts", "tests"):
            shutil.copytree(ROOT / name, folder / name, ignore=unneeded)
        shutil.copy(ROOT / "pyproject.toml", folder)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Begins a Python program over the copy."""
        environment = {"PATH": os.defpath, "PYTHONPATH": str(self.folder / "src"), "HOME": str(self.folder)}
        return subprocess.Popen(
            [sys.executable, *arguments],
            cwd=self.folder,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        """What a Python program over the copy says."""
        process = self.start(*arguments)
        said, _ = process.communicate()
        return process.returncode, said

    def made(self, *names: str) -> list[str]:
        """What was made for these integrations, and the registry, which was changed."""
        return [f"{place}/{name}" for name in names for place in PLACES] + [f"{PLACES[1]}/registry.py"]

    def files(self) -> dict[str, str]:
        """Every source of the copy, and its project file."""
        found = [*self.folder.rglob("*.py"), self.folder / "pyproject.toml"]
        return {str(path.relative_to(self.folder)): path.read_text("utf-8") for path in found}


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Checkout:
    """A copy with an integration as it is made, and with the one of the page."""
    copy = Checkout(tmp_path_factory.mktemp("checkout"))
    for name, title in ((FRESH, "Bee Hive (2)"), (REAL, "AdGuard Home")):
        code, said = copy.run("scripts/new_integration.py", name, "--title", title)
        assert code == 0, said
        assert f"docs/how-to/connect-{name}.md" in said
    for path, text in shown():
        assert (copy.folder / path).is_file(), f"{path} is no file of the template"
        (copy.folder / path).write_text(text, encoding="utf-8")
    return copy


def shown() -> list[tuple[str, str]]:
    """The files that the page shows, with their texts."""
    return _FILE.findall(PAGE.read_text(encoding="utf-8"))


def test_the_page_shows_every_file_that_has_to_be_changed() -> None:
    own = {"manifest.toml", "config.py", "shapes.py", "client.py", "tools.py", "checkup.py", "README.md"}
    expected = {f"{PLACES[0]}/{REAL}/{name}" for name in own} | {f"{PLACES[1]}/{REAL}/app.py"}
    expected |= {f"{PLACES[2]}/{REAL}/{name}.py" for name in ("answers", "test_client", "test_tools")}
    assert {path for path, _ in shown()} == expected


def test_what_is_made_passes_every_check(checkout: Checkout) -> None:
    made = checkout.made(FRESH, REAL)
    tests = [f"{PLACES[2]}/{name}" for name in (FRESH, REAL)]
    checks = {
        "types": checkout.start("-m", "mypy", "--strict", "--follow-imports=silent", *made),
        "tests": checkout.start("-m", "pytest", "-q", "-k", f"{FRESH} or {REAL}", "tests/contract", *tests),
        "lint": checkout.start("-m", "ruff", "check", "--no-cache", *made),
        "format": checkout.start("-m", "ruff", "format", "--no-cache", "--check", *made),
    }
    said = {name: process.communicate()[0] for name, process in checks.items()}
    failed = {name: said[name] for name, process in checks.items() if process.returncode != 0}
    assert not failed, "\n".join(failed.values())
    ran = re.search(r"^(\d+) passed", said["tests"], re.MULTILINE)
    assert ran
    assert int(ran[1]) > 200


def test_the_new_ones_and_the_others_may_not_import_each_other(checkout: Checkout) -> None:
    folder = checkout.folder / PLACES[0]
    offending = folder / FRESH / "offending.py"
    code = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    offending.write_text("from sre_assistant.integrations.prometheus import connect\n", encoding="utf-8")
    refused, said = checkout.run("-c", code)
    offending.unlink()
    kept, _ = checkout.run("-c", code)
    assert (refused, kept) == (1, 0)
    assert f"{FRESH}.offending -> sre_assistant.integrations.prometheus" in " ".join(said.split())


@pytest.mark.parametrize(
    ("name", "title", "words"),
    [
        ("Beehive", "x1", "NAME is 'Beehive': write 2 to 20 lower-case letters"),
        ("bee-hive", "x1", "NAME is 'bee-hive'"),
        ("../docs", "x1", "NAME is '../docs'"),
        ("b", "x1", "NAME is 'b'"),
        ("", "x1", "NAME is ''"),
        ("bee2", "x1", "NAME is 'bee2'"),
        ("class", "x1", "NAME is 'class', which means something else"),
        ("tests", "x1", "NAME is 'tests', which means something else"),
        ("prometheus", "x1", "src/sre_assistant/integrations/prometheus is there already"),
        ("matchers", "x1", "src/sre_assistant/sim/servers/matchers is there already"),
        (FRESH, "x1", f"src/sre_assistant/integrations/{FRESH} is there already"),
        ("wasps", 'a"""', 'TITLE is \'a"""\': write it as people do'),
        ("wasps", "x\ny", "TITLE is 'x\\ny'"),
        ("wasps", "x" * 40, "TITLE is "),
    ],
)
def test_a_name_that_cannot_be_used_changes_nothing(
    checkout: Checkout, name: str, title: str, words: str
) -> None:
    before = checkout.files()
    code, said = checkout.run("scripts/new_integration.py", "--title", title, "--", name)
    assert code == 2
    assert words in said
    assert checkout.files() == before


def test_a_file_that_is_not_as_it_was_is_not_guessed_at(checkout: Checkout) -> None:
    project = checkout.folder / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    before = checkout.files()
    project.write_text(text.replace("An integration never imports another", "Renamed"), encoding="utf-8")
    code, said = checkout.run("scripts/new_integration.py", "wasps")
    project.write_text(text, encoding="utf-8")
    assert code == 2
    assert "pyproject.toml has no list of integrations that never import another" in said
    assert checkout.files() == before
