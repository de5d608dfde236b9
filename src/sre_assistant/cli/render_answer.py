"""An answer on a terminal: the words, then what they stand on and what could not be seen."""

from __future__ import annotations

import re
from datetime import tzinfo
from shlex import quote

from rich.text import Text

from sre_assistant.cli.coverage import show_coverage
from sre_assistant.cli.page import WIDEST, Page, said
from sre_assistant.cli.render import mark
from sre_assistant.cli.times import moment_with_zone
from sre_assistant.domain.answer import Answer

_CITED = re.compile(r"\[(e\d+)\]")
_LONGEST_RESPONSE = 8000


def answer_page(answer: Answer, *, zone: tzinfo, width: int = WIDEST, full: bool = False) -> Page:
    """The screen for one answer; ``full`` adds each piece of evidence with its query."""
    page = Page(width)
    response = _CITED.sub(lambda cited: mark(cited[1]), answer.response)
    for line in response[:_LONGEST_RESPONSE].splitlines():
        page.row("", said(line, limit=2000), indent=0)
    for number, suggestion in enumerate(answer.suggestions):
        if number == 0:
            page.blank()
        page.row("try" if number == 0 else "", said(f"sre ask {quote(suggestion)}", "cyan"))
    page.blank()
    for one in answer.evidence if full else ():
        page.row(mark(one.id), said(one.statement))
        page.row("", Text.assemble((f"{one.source}  ", "dim"), said(one.query, "cyan", limit=1000)))
    if answer.coverage:
        show_coverage(page, answer.coverage, full=full)
        page.row("", said(f"as of {moment_with_zone(answer.at, zone)}", "dim"))
    return page
