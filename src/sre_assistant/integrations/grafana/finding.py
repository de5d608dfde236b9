"""Which dashboard or panel is meant by a name: never the first of several."""

from __future__ import annotations

import difflib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Final

from sre_assistant.domain.errors import CallError
from sre_assistant.integrations.grafana.boards import Dashboard
from sre_assistant.integrations.grafana.loose import fit
from sre_assistant.integrations.grafana.panels import Panel
from sre_assistant.kit.listing import fitting

_MOST_NAMED: Final = 20
_ROOM: Final = 1_500


@dataclass(frozen=True, slots=True, kw_only=True)
class Hit:
    """A dashboard that a search found."""

    uid: str
    title: str
    folder: str = ""
    url: str = ""
    """Its path on this Grafana."""
    tags: tuple[str, ...] = ()


def chosen(wanted: str, hits: Sequence[Hit]) -> Hit | None:
    """The dashboard with this title, or else the only one whose title holds it.

    Raises:
        CallError: there are several; the message lists their uids.
    """
    exact = [hit for hit in hits if _same(hit.title, wanted)]
    found = exact or [hit for hit in hits if _holds(hit.title, wanted)]
    if len(found) > 1:
        named = _listed(f"{hit.title!r} in {hit.folder or 'General'}: uid {hit.uid}" for hit in found)
        raise CallError(
            f"{fit(wanted, 100)!r} can be {len(found):,} dashboards; give the uid of one:\n{named}"
        )
    return found[0] if found else None


def panel_of(board: Dashboard, wanted: str) -> Panel:
    """The panel with this title or id, or else the only one whose title holds the text.

    Raises:
        CallError: there is none, or there are several; the message lists what there is.
    """
    by_id = [one for one in board.panels if one.id == wanted.strip()]
    exact = [one for one in board.panels if _same(one.title, wanted)]
    found = exact or by_id or [one for one in board.panels if _holds(one.title, wanted)]
    if len(found) == 1:
        return found[0]
    offered = found or list(board.panels)
    named = _listed(f"{one.title!r} [{one.type}], id {one.id or '?'}" for one in offered)
    if found:
        raise CallError(f"{fit(wanted, 100)!r} can be {len(found):,} panels; give the id of one:\n{named}")
    raise CallError(f"{board.title!r} has no panel {fit(wanted, 100)!r}; it has these:\n{named or '(none)'}")


def close_titles(wanted: str, hits: Sequence[Hit]) -> tuple[str, ...]:
    """Titles that are like a text, or share a word with it."""
    titles = {hit.title.casefold(): hit for hit in hits}
    near = difflib.get_close_matches(wanted.casefold(), titles, n=5, cutoff=0.5)
    words = set(wanted.casefold().split())
    near += [title for title in titles if words & set(title.split())]
    return tuple(f"{titles[title].title} (uid {titles[title].uid})" for title in dict.fromkeys(near))[:5]


def _listed(entries: Iterable[str]) -> str:
    lines = [f"  {fit(entry, 200)}" for entry in entries]
    shown = fitting(lines, most=_MOST_NAMED, room=_ROOM)
    more = len(lines) - len(shown)
    return "\n".join([*shown, f"  and {more:,} more"] if more else shown)


def _same(title: str, wanted: str) -> bool:
    return title.strip().casefold() == wanted.strip().casefold()


def _holds(title: str, wanted: str) -> bool:
    return wanted.strip().casefold() in title.casefold()
