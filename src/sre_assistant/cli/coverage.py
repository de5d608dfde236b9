"""What was asked, what answered, and what could not be seen."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from sre_assistant.cli.page import Page, said
from sre_assistant.domain.evidence import Lookup
from sre_assistant.domain.reading import Completeness

_MOST_FAILURES = 5
_MOST_OPERATIONS = 3
_WORDS = {
    Completeness.COMPLETE: "answered",
    Completeness.PARTIAL: "answered in part",
    Completeness.EMPTY: "has nothing",
    Completeness.DENIED: "refused",
    Completeness.UNREACHABLE: "did not answer",
    Completeness.STALE: "answered with old data",
    Completeness.UNSUPPORTED: "cannot tell",
}
_USUAL = {Completeness.COMPLETE, Completeness.EMPTY}


def show_coverage(page: Page, coverage: Sequence[Lookup], *, full: bool) -> None:
    """Adds the tally, then each kind of failure once, in words."""
    if not coverage:
        page.row("KNOWN", said("nothing was asked", "yellow"))
        return
    page.row("KNOWN", said(tally(coverage)))
    groups = _failures(coverage, full=full)
    shown = groups if full else groups[:_MOST_FAILURES]
    for text in shown:
        page.row("", said(text, "yellow"))
    if len(groups) > len(shown):
        page.row("", said(f"and {len(groups) - len(shown)} more: --full", "dim"))


def tally(coverage: Sequence[Lookup]) -> str:
    """How the look-ups went in all, e.g. ``asked 14 · answered 12 (2 empty) · 2 denied``."""
    counts = Counter(line.completeness for line in coverage)
    answered = sum(count for kind, count in counts.items() if kind.answered)
    empty = f" ({counts[Completeness.EMPTY]} empty)" if counts[Completeness.EMPTY] else ""
    parts = [f"asked {len(coverage)}", f"answered {answered}{empty}"]
    if counts[Completeness.PARTIAL]:
        parts.append(f"{counts[Completeness.PARTIAL]} in part")
    parts += [f"{counts[kind]} {kind}" for kind in Completeness if counts[kind] and not kind.answered]
    return " · ".join(parts)


def _failures(coverage: Sequence[Lookup], *, full: bool) -> list[str]:
    """One line per system and reason, with what was wanted."""
    grouped: dict[tuple[str, Completeness, str], list[str]] = {}
    for line in coverage:
        wanted = full or line.completeness not in _USUAL
        if wanted and line.completeness is not Completeness.COMPLETE:
            grouped.setdefault((line.source, line.completeness, line.detail), []).append(line.operation)
    return [_sentence(*key, list(dict.fromkeys(operations))) for key, operations in grouped.items()]


def _sentence(source: str, completeness: Completeness, detail: str, operations: list[str]) -> str:
    named = ", ".join(operations[:_MOST_OPERATIONS])
    more = len(operations) - _MOST_OPERATIONS
    rest = f" and {more} more" if more > 0 else ""
    why = f": {detail}" if detail else ""
    return f"{source} {_WORDS[completeness]} ({named}{rest}){why}"
