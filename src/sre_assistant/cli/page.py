"""Text laid out for a terminal: a label column, a body that wraps, a mark at the right edge."""

from __future__ import annotations

from rich.console import Console
from rich.text import Text

from sre_assistant.kit.redaction import bounded

WIDEST = 100
NARROWEST = 40
_INDENT = 8
_GAP = 2
_LONGEST = 400
_LAYOUT = Console(width=WIDEST, force_terminal=False, color_system=None, markup=False, emoji=False)


def said(text: str, style: str = "", *, limit: int = _LONGEST) -> Text:
    """Text from anywhere, safe to print: no control characters, bounded, and never read as markup."""
    return Text(bounded(text, limit), style)


class Page:
    """Lines in the making, none wider than ``width`` columns."""

    def __init__(self, width: int = WIDEST) -> None:
        self.width = max(NARROWEST, min(width, WIDEST))
        self.lines: list[Text] = []

    def head(self, left: Text, right: Text) -> None:
        """A title with a note at the right edge; on two lines when one is too short."""
        if left.cell_len + _GAP + right.cell_len > self.width:
            self.row("", left, indent=0)
            self.row("", right, indent=0)
            return
        gap = self.width - left.cell_len - right.cell_len
        self.lines.append(Text.assemble(left, " " * gap, right))

    def row(self, label: str, body: Text, mark: str = "", *, indent: int = _INDENT) -> None:
        """A labelled paragraph; the mark stands at the right edge of its last line."""
        reserved = len(mark) + _GAP if mark else 0
        wrapped = body.wrap(_LAYOUT, self.width - indent - reserved)
        for number, line in enumerate(wrapped or [Text("")]):
            line.rstrip()
            lead = Text(label.ljust(indent), "bold cyan") if label and number == 0 else Text(" " * indent)
            self.lines.append(Text.assemble(lead, line) if indent else line)
        if mark:
            last = self.lines[-1]
            last.append(" " * (self.width - last.cell_len - len(mark)))
            last.append(mark, "dim")
        self.lines[-1].rstrip()

    def blank(self) -> None:
        """An empty line, unless there is one already or nothing yet."""
        if self.lines and self.lines[-1].plain:
            self.lines.append(Text(""))

    @property
    def plain(self) -> str:
        """All of it without colour."""
        return "\n".join(line.plain for line in self.lines)
