"""The settings in effect on a terminal."""

from __future__ import annotations

from rich.text import Text

from sre_assistant.cli.page import WIDEST, Page, said
from sre_assistant.runtime.settings import Settings

_NAMES = 28


def settings_page(settings: Settings, *, width: int = WIDEST) -> Page:
    """The screen: what was set first, then what was left as it is."""
    page = Page(width)
    own = [line for line in settings.lines if line.origin != "default"]
    defaults = [line for line in settings.lines if line.origin == "default"]
    for line in (*own, *defaults):
        style = "" if line.origin != "default" else "dim"
        page.row(line.setting, said(line.value or "–", style), line.origin, indent=_NAMES)
    page.blank()
    if not settings.systems:
        page.row("", said("No system is configured. Set PROMETHEUS_URL, or try: sre demo"), indent=0)
    for warning in settings.warnings:
        page.row("", Text.assemble(("! ", "yellow"), said(warning)), indent=0)
    there = "" if settings.config_file.is_file() else " (not there)"
    page.row("", said(f"config file: {settings.config_file}{there}", "dim"), indent=0)
    return page
