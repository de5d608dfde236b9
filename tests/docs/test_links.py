"""Every link inside the documentation leads somewhere."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md"), *(ROOT / "src").rglob("*.md")])
_LINK = re.compile(r"\[[^\]]*\]\(([^)\s]+)\)")
_FENCE = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)


def prose(page: Path) -> str:
    """A page without its code blocks."""
    return _FENCE.sub("", page.read_text(encoding="utf-8"))


def anchors(page: Path) -> set[str]:
    """The fragments a page's headings can be reached by."""
    headings = re.findall(r"^#+ (.+)$", prose(page), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in headings}


def leads_nowhere(page: Path, target: str) -> str:
    """What is wrong with a link, or nothing."""
    path, _, fragment = target.partition("#")
    goal = (page.parent / path).resolve() if path else page
    if not goal.exists():
        return f"{target}: no such file"
    if not goal.is_relative_to(ROOT):
        return f"{target}: outside of the repository"
    if fragment and fragment not in anchors(goal):
        return f"{target}: no such heading"
    return ""


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.relative_to(ROOT).as_posix())
def test_every_link_leads_somewhere(page: Path) -> None:
    links = [target for target in _LINK.findall(prose(page)) if "://" not in target]
    assert [problem for target in links if (problem := leads_nowhere(page, target))] == []


def test_a_dead_link_is_noticed(tmp_path: Path) -> None:
    assert leads_nowhere(ROOT / "README.md", "docs/nothing.md")
    assert leads_nowhere(ROOT / "README.md", "docs/README.md#nothing")
    assert leads_nowhere(ROOT / "README.md", str(tmp_path))


def test_every_page_can_be_reached_from_the_readme() -> None:
    reached: set[Path] = set()
    waiting = [ROOT / "README.md"]
    while waiting:
        page = waiting.pop()
        if page in reached or not page.is_file() or page.suffix != ".md":
            continue
        reached.add(page)
        waiting += [
            (page.parent / target.partition("#")[0]).resolve() for target in _LINK.findall(prose(page))
        ]
    assert {page.relative_to(ROOT).as_posix() for page in PAGES} == {
        page.relative_to(ROOT).as_posix() for page in reached
    }
