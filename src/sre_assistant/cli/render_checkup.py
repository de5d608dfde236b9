"""Check-ups on a terminal: one line per system, what is wrong below it, and the line that mends it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from rich.text import Text

from sre_assistant.cli.page import WIDEST, Page, said
from sre_assistant.domain.checkup import Checkup

_STATUS_STYLES = {"ok": "green", "limited": "yellow", "down": "bold red"}
_SIGNS = {"warning": ("!", "yellow"), "error": ("✗", "red")}
_SAID_BY_STATUS = frozenset({"reachable", "tls", "authorised", "permission", "version", "setting", "breaker"})
"""Checks whose good outcome the status and version already tell."""
_BY_CREDENTIAL = frozenset({"authorised", "permission"})
_URL_COLUMN = 28


def checkup_page(
    systems: Sequence[Checkup],
    warnings: Sequence[str] = (),
    *,
    grants: Mapping[str, Sequence[str]] | None = None,
    width: int = WIDEST,
) -> Page:
    """The screen for a check-up of some systems.

    Args:
        systems: what was found on each.
        warnings: what is unwise in the settings themselves.
        grants: by kind of system, the commands that make a credential for it; shown where one is at fault.
        width: columns to use, at most 100.
    """
    page = Page(width)
    indent = max((len(one.system) for one in systems), default=8) + 2
    for one in systems:
        fine = [f.text for f in one.findings if f.level == "ok" and f.check not in _SAID_BY_STATUS]
        line = Text.assemble(
            said(one.url, limit=200),
            " " * max(_URL_COLUMN - len(one.url), 2),
            (one.status.ljust(8), _STATUS_STYLES[one.status]),
            said(" · ".join([one.version or "version unknown", *fine]), "dim"),
        )
        page.row(f"{one.system}", line, indent=indent)
        for finding in one.findings:
            if finding.level == "ok":
                continue
            sign, style = _SIGNS[finding.level]
            page.row("", Text.assemble((f"{sign} ", style), said(finding.text)), indent=indent)
            if finding.fix:
                page.row("", Text.assemble(("  fix  ", "dim"), said(finding.fix, "cyan")), indent=indent)
        _granted(page, one, (grants or {}).get(one.kind, ()))
    for warning in warnings:
        page.row("settings", Text.assemble(("! ", "yellow"), said(warning)), indent=max(indent, 10))
    page.blank()
    page.row("", said(_tally(systems, warnings)), indent=0)
    return page


def _granted(page: Page, one: Checkup, commands: Sequence[str]) -> None:
    """The commands for a credential, whole, so that they can be copied: no line is wrapped."""
    if not commands or not any(f.level != "ok" and f.check in _BY_CREDENTIAL for f in one.findings):
        return
    page.row("", Text("a credential that may read what is needed, and no more:", "dim"))
    page.lines.extend(Text.assemble("    ", said(command, "cyan", limit=1_000)) for command in commands)


def _tally(systems: Sequence[Checkup], warnings: Sequence[str]) -> str:
    counts = Counter(one.status for one in systems)
    noted = len(warnings) + sum(f.level == "warning" for one in systems for f in one.findings)
    parts = [f"{len(systems)} system{'s' if len(systems) != 1 else ''}"]
    parts += [f"{counts[status]} {status}" for status in ("down", "limited") if counts[status]]
    parts += [f"{noted} warning{'s' if noted != 1 else ''}"] if noted else []
    return " · ".join(parts if len(parts) > 1 else [*parts, "all well"])
