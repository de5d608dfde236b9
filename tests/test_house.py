"""The rules of AGENTS.md that no off-the-shelf tool checks."""

from __future__ import annotations

import ast
import ipaddress
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
MAX_FUNCTION_LINES = 60
MAX_MODULE_LINES = 400
MAX_FILE_BYTES = 1_048_576

# Where an `except Exception` may stand, and why: a surface's last resort before a traceback.
BROAD_EXCEPTS = {
    "src/sre_assistant/api/errors.py": "the last resort of every request: a problem document and a log line",
    "src/sre_assistant/cli/guard.py": "the last resort of every command: one line instead of a traceback",
}

# Imports that `sre --help` must not pay for.
HEAVY = {"fastapi", "httpx2", "msgspec", "numpy", "promql_parser", "pydantic", "uvicorn", "yaml"}


def tracked() -> list[Path]:
    """Every file that is or would be committed; without git, every file that is not generated."""
    listing = subprocess.run(
        ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"],
        cwd=ROOT,
        capture_output=True,
        check=False,
    )
    if listing.returncode == 0 and listing.stdout:
        names = {ROOT / name for name in listing.stdout.decode().split("\0") if name}
    else:
        tops = [ROOT / name for name in ("src", "tests", "docs", "scripts", "benchmarks", ".ci")]
        names = {path for top in tops for path in top.rglob("*") if "__pycache__" not in path.parts}
        names |= {path for path in ROOT.iterdir() if path.is_file()}
    return sorted(path for path in names if path.is_file())


FILES = tracked()
PYTHON = [path for path in FILES if path.suffix == ".py"]
SOURCES = [path for path in PYTHON if path.is_relative_to(ROOT / "src")]


def text_of(path: Path) -> str:
    """The text of a file, or nothing when it is binary."""
    data = path.read_bytes()
    return "" if b"\0" in data else data.decode("utf-8")


def name_of(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def nodes_of(path: Path) -> Iterator[ast.AST]:
    return ast.walk(ast.parse(path.read_text(encoding="utf-8"), filename=str(path)))


def lines_with(pattern: re.Pattern[str], files: list[Path]) -> list[str]:
    return [
        f"{name_of(path)}:{number}: {line.strip()[:120]}"
        for path in files
        for number, line in enumerate(text_of(path).splitlines(), 1)
        if pattern.search(line)
    ]


def body_lines(function: ast.FunctionDef | ast.AsyncFunctionDef) -> int:
    """The lines of a function from its ``def`` on, without its docstring."""
    lines = (function.end_lineno or function.lineno) - function.lineno + 1
    if ast.get_docstring(function) is None:
        return lines
    docstring = function.body[0]
    return lines - ((docstring.end_lineno or docstring.lineno) - docstring.lineno + 1)


def patches(node: ast.AST) -> str:
    """What in this node replaces something that should have been handed in, or nothing."""
    match node:
        case ast.Import(names=names):
            return next((name.name for name in names if name.name.startswith("unittest.mock")), "")
        case ast.ImportFrom(module="unittest.mock"):
            return "unittest.mock"
        case ast.ImportFrom(module="unittest", names=names):
            return next((name.name for name in names if name.name == "mock"), "")
        case ast.Attribute(value=ast.Name(id="monkeypatch"), attr=attr) if attr != "chdir":
            return f"monkeypatch.{attr}"
        case ast.arg(arg="mocker"):
            return "mocker"
        case _:
            return ""


def swallows(handler: ast.ExceptHandler) -> bool:
    """Whether it catches whatever comes and does not pass it on."""
    caught = handler.type.elts if isinstance(handler.type, ast.Tuple) else [handler.type]
    broad = {"Exception", "BaseException"}
    anything = any(kind is None or (isinstance(kind, ast.Name) and kind.id in broad) for kind in caught)
    last = handler.body[-1]
    return anything and not (isinstance(last, ast.Raise) and last.exc is None)


def test_nothing_is_patched() -> None:
    found = {
        f"{name_of(path)}: {what}" for path in PYTHON for node in nodes_of(path) if (what := patches(node))
    }
    assert not found, "hand in a clock, wire or environment instead"


@pytest.mark.parametrize(
    "code",
    [
        "import unittest.mock",
        "from unittest import mock",
        "from unittest.mock import Mock",
        "monkeypatch.setattr(a, 'b', 1)",
        "monkeypatch.setenv('A', 'b')",
        "def test(mocker): ...",
    ],
)
def test_a_patch_is_recognised(code: str) -> None:
    assert any(patches(node) for node in ast.walk(ast.parse(code)))


def test_broad_excepts_stand_only_where_a_reason_is_given() -> None:
    found = {
        name_of(path)
        for path in SOURCES
        for node in nodes_of(path)
        if isinstance(node, ast.ExceptHandler) and swallows(node)
    }
    assert found == set(BROAD_EXCEPTS)


@pytest.mark.parametrize(
    ("caught", "then", "expected"),
    [
        ("", "pass", True),
        (" Exception", "pass", True),
        (" (OSError, BaseException)", "log()", True),
        (" Exception", "raise", False),
        (" OSError", "pass", False),
    ],
)
def test_an_except_that_swallows_everything_is_recognised(caught: str, then: str, *, expected: bool) -> None:
    tree = ast.parse(f"try:\n    go()\nexcept{caught}:\n    {then}")
    found = [node for node in ast.walk(tree) if isinstance(node, ast.ExceptHandler)]
    assert [swallows(handler) for handler in found] == [expected]


def test_nothing_is_left_for_later() -> None:
    left = re.compile(r"\b(TODO|FIXME|XXX|HACK|NotImplementedError)\b")
    assert not lines_with(left, SOURCES)


def test_no_file_names_a_folder_of_a_work_machine() -> None:
    folders = "|".join(["work", "farm", "root", "home", "Users"])
    assert not lines_with(re.compile(rf"(?<![\w.~-])/({folders})/[a-z.]"), FILES)


def test_no_file_names_a_package_registry() -> None:
    words = ["pypi" + r"\.org", "python" + r"hosted\.org", "--(extra-)?" + "index-url", "--find" + "-links"]
    assert not lines_with(re.compile("|".join(words)), FILES)


def test_every_address_is_one_of_the_documentation_or_of_this_machine() -> None:
    networks = ["127.0.0.0/8", "0.0.0.0/32", "192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24"]
    allowed = [ipaddress.ip_network(network) for network in networks]
    part = r"(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)"
    looks_like_one = re.compile(rf"(?<![\w.]){part}(?:\.{part}){{3}}(?![\w.])")
    locks = {ROOT / "requirements.lock", ROOT / "requirements-dev.lock"}
    foreign = {
        f"{name_of(path)}: {address}"
        for path in FILES
        if path not in locks
        for address in looks_like_one.findall(text_of(path))
        if not any(ipaddress.ip_address(address) in network for network in allowed)
    }
    assert not foreign


def test_functions_fit_a_screen() -> None:
    long = {
        f"{name_of(path)}: {node.name} has {body_lines(node)} lines"
        for path in PYTHON
        for node in nodes_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) and body_lines(node) > MAX_FUNCTION_LINES
    }
    assert not long


def test_modules_hold_one_concept() -> None:
    lengths = {name_of(path): len(path.read_text(encoding="utf-8").splitlines()) for path in SOURCES}
    assert not {f"{name}: {lines} lines" for name, lines in lengths.items() if lines > MAX_MODULE_LINES}


def test_no_file_is_large() -> None:
    assert not [name_of(path) for path in FILES if path.stat().st_size > MAX_FILE_BYTES]


def test_every_package_has_tests_in_its_place() -> None:
    packages = {path.parent.name for path in SOURCES if path.parent.parent.name == "sre_assistant"}
    assert not {package for package in packages if not list((ROOT / "tests" / package).rglob("test_*.py"))}


def test_every_module_imports_by_itself() -> None:
    run = subprocess.run(
        [sys.executable, "scripts/import_everything.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    assert run.returncode == 0, run.stderr


def test_the_command_line_starts_without_heavy_imports() -> None:
    code = "import sys, sre_assistant.cli.main; print(*sys.modules)"
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert not HEAVY & set(run.stdout.split())


def test_the_changelog_knows_this_version() -> None:
    from sre_assistant import __version__

    headings = re.findall(r"^## (\S+)", (ROOT / "CHANGELOG.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert headings[0] == "Unreleased"
    assert len(headings) == 1 or headings[1] == __version__


def test_the_readme_names_make_targets_that_exist() -> None:
    targets = set(re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE))
    pages = [path for path in FILES if path.suffix == ".md"]
    named = {target for page in pages for target in re.findall(r"`make ([a-z-]+)", text_of(page))}
    assert named <= targets
    assert {"demo", "test", "check"} <= named
