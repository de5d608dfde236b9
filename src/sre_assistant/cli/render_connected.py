"""What is connected and what it holds, on a terminal."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence

from rich.text import Text

from sre_assistant.cli.page import WIDEST, Page, said
from sre_assistant.domain.inventory import Health, Resource
from sre_assistant.domain.reading import Completeness
from sre_assistant.workflows.connected import Connected, Holding

_STATUS_STYLES = {"ok": "green", "limited": "yellow", "down": "bold red"}
_HEALTH_STYLES = {"ok": "green", "warning": "yellow", "failed": "bold red", "unknown": "dim"}
_WORST_FIRST: tuple[Health, ...] = ("failed", "warning", "unknown", "ok")
_SHOWN = 40
_NAMES = 26


def connected_page(
    systems: Sequence[Connected],
    titles: Mapping[str, str],
    known: Sequence[tuple[str, str]],
    *,
    width: int = WIDEST,
) -> Page:
    """The screen for the connected systems.

    Args:
        systems: what is connected.
        titles: name of the product by kind.
        known: title and prefix of the settings of everything that could be connected.
        width: columns to use, at most 100.
    """
    page = Page(width)
    indent = max((len(one.system) for one in systems), default=8) + 2
    for one in systems:
        line = Text.assemble(
            (one.status.ljust(9), _STATUS_STYLES[one.status]), said(one.version or titles[one.kind])
        )
        page.row(one.system, line, indent=indent)
        page.row("", said(one.url, "dim"), indent=indent)
        rights = "; ".join(one.rights) or "the system does not say what the credential may do"
        page.row("", Text.assemble(("may      ", "dim"), said(rights)), indent=indent)
        page.row("", Text.assemble(("offers   ", "dim"), said(", ".join(one.offers))), indent=indent)
        page.row("", Text.assemble(("tools    ", "dim"), said(_short(one, one.tools))), indent=indent)
        if one.changes:
            page.row(
                "", Text.assemble(("changes  ", "yellow"), said(_short(one, one.changes))), indent=indent
            )
    page.blank()
    missing = [f"{title} ({prefix}_URL)" for title, prefix in known if title not in _titles(systems, titles)]
    tail = f"; not connected: {', '.join(missing)}" if missing else ""
    page.row("", said(f"{len(systems)} systems{tail}", limit=600), indent=0)
    return page


def inventory_page(systems: Sequence[Holding], kinds: Sequence[str], *, width: int = WIDEST) -> Page:
    """The screen for an inventory: by kind, the worst first, and what could not be seen.

    Args:
        systems: what each holds.
        kinds: the kinds to show, in order.
        width: columns to use, at most 100.
    """
    page = Page(width)
    most = _SHOWN if len(kinds) == 1 else _SHOWN // 5
    for kind in kinds:
        found = [(one.system, r) for one in systems for r in one.resources if r.kind == kind]
        if found:
            _listed(page, kind, found, most)
    for one in systems:
        if one.completeness not in {Completeness.COMPLETE, Completeness.EMPTY}:
            text = f"{one.system} {one.completeness}: {one.detail}"
            page.row("unseen", Text.assemble(("! ", "yellow"), said(text)))
    page.blank()
    total = sum(len(one.resources) for one in systems)
    page.row("", said(f"{total:,} things in {len(systems)} systems"), indent=0)
    return page


def _listed(page: Page, kind: str, found: Sequence[tuple[str, Resource]], most: int) -> None:
    counts = Counter(resource.health for _, resource in found)
    tally = ", ".join(f"{counts[health]} {health}" for health in _WORST_FIRST if counts[health])
    page.row(kind, said(f"{len(found):,}: {tally}"), indent=11)
    ordered = sorted(found, key=lambda one: (_WORST_FIRST.index(one[1].health), one[1].host, one[1].id))
    for system, resource in ordered[:most]:
        page.row("", _line(system, resource), indent=11)
    if len(found) > most:
        page.row("", said(f"… and {len(found) - most:,} more: sre inventory {kind}", "dim"), indent=11)
    page.blank()


def _line(system: str, resource: Resource) -> Text:
    named = resource.name if resource.name == resource.id else f"{resource.name} ({resource.id})"
    name = said(named)
    detail = f": {resource.detail}" if resource.detail else ""
    where = f"on {resource.host} · " if resource.host and resource.host not in named else ""
    return Text.assemble(
        name,
        " " * max(_NAMES - name.cell_len, 2),
        said(f"{resource.state}{detail}", _HEALTH_STYLES[resource.health]),
        "  ",
        said(f"{where}{system}", "dim"),
    )


def _short(one: Connected, names: Iterable[str]) -> str:
    """Names of tools without the kind they all begin with."""
    return ", ".join(name.removeprefix(f"{one.kind}_") for name in names)


def _titles(systems: Sequence[Connected], titles: Mapping[str, str]) -> set[str]:
    return {titles[one.kind] for one in systems}
