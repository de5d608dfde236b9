"""Scenarios on a terminal."""

from __future__ import annotations

from rich.text import Text

from sre_assistant.cli.page import WIDEST, Page, said
from sre_assistant.evals.catalogue import Catalogue

_GAP = 2
_STYLES = {"easy": "green", "medium": "yellow", "hard": "red"}


def catalogue_page(found: Catalogue, *, width: int = WIDEST) -> Page:
    """The screen: one line for the name, one for what happens."""
    page = Page(width)
    column = max(len(one.name) for one in found.scenarios) + _GAP
    for one in found.scenarios:
        line = Text.assemble(
            (one.difficulty.ljust(8), _STYLES.get(one.difficulty, "")), said(", ".join(one.tags), "dim")
        )
        page.row(one.name, line, indent=column)
        page.row("", said(one.title), indent=column)
    page.blank()
    page.row("", Text(f"{len(found.scenarios)} scenarios · sre sim run NAME", "dim"), indent=0)
    return page
