"""The screens of a result, whichever kind it is."""

from __future__ import annotations

from datetime import tzinfo

from rich.text import Text

from sre_assistant.cli.page import Page
from sre_assistant.cli.render import diagnosis_page
from sre_assistant.cli.render_answer import answer_page
from sre_assistant.domain.answer import Answer
from sre_assistant.domain.diagnosis import Diagnosis
from sre_assistant.runtime.results import DiagnosisList


def result_pages(
    result: Diagnosis | DiagnosisList | Answer,
    *,
    zone: tzinfo,
    width: int,
    full: bool = False,
    again: str = "",
) -> list[Page]:
    """One page per diagnosis or answer; a line divides them, and the last says how to repeat it."""
    if isinstance(result, Answer):
        return [answer_page(result, zone=zone, width=width, full=full)]
    every = (result,) if isinstance(result, Diagnosis) else result.diagnoses
    pages = [
        diagnosis_page(one, zone=zone, width=width, full=full, again=again if number == len(every) else "")
        for number, one in enumerate(every, start=1)
    ]
    for page in pages[1:]:
        page.lines.insert(0, Text("─" * page.width, "dim"))
    return pages
