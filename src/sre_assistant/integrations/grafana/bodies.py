"""What the bodies of Grafana's answers hold: lists in which an odd entry is counted, and error texts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeAlias, TypeVar

import msgspec

from sre_assistant.domain.inventory import Change
from sre_assistant.integrations.grafana import shapes
from sre_assistant.integrations.grafana.boards import Dashboard, dashboard
from sre_assistant.integrations.grafana.finding import Hit
from sre_assistant.integrations.grafana.heard import Heard, change, heard
from sre_assistant.integrations.grafana.loose import Loose
from sre_assistant.integrations.grafana.panels import Panel, panel
from sre_assistant.integrations.grafana.rules import AlertRule, provisioned, ruled, seen
from sre_assistant.kit.codec import DecodeError, decode
from sre_assistant.kit.entries import read_entries

G = TypeVar("G")
_MOST_REASONS: Final = 3
Rules: TypeAlias = tuple[tuple[AlertRule, ...], str]
"""Rules, and why they are not all of them (empty when they are)."""


def explained(body: bytes) -> str | None:
    """Grafana's own error text; of a failing health check what fails."""
    try:
        told = Loose(decode(body, object))
    except DecodeError:
        return None
    if told["database"].text not in {"", "ok"}:
        return f"its database is {told['database'].text}"
    return told["message"].text or told["error"].text or None


def alerts(source: str, body: bytes) -> tuple[tuple[Heard, ...], str]:
    """The alerts of Grafana's Alertmanager."""
    return read_entries(_list(body), shapes.AlertItem, lambda item: heard(item, source))


def notes(body: bytes) -> tuple[tuple[Change, ...], str]:
    """Annotations, as they come: the newest first."""
    return read_entries(_list(body), shapes.AnnotationItem, change)


def hits(body: bytes) -> tuple[tuple[Hit, ...], str]:
    """The dashboards that a search found; folders, which some versions send along, are none."""
    found, odd = read_entries(_list(body), shapes.Hit, _hit)
    return tuple(hit for hit in found if hit), odd


def provisioned_rules(body: bytes) -> Rules:
    """The rules of the provisioning API."""
    return read_entries(_list(body), shapes.RuleItem, provisioned)


def _list(body: bytes) -> list[msgspec.Raw]:
    return decode(body, list[msgspec.Raw]) if body.strip() != b"null" else []


def board(uid: str, body: bytes) -> Dashboard:
    """The dashboard that was asked for by a uid."""
    answer = decode(body, shapes.Board)
    return dashboard(uid, Loose(answer.dashboard), Loose(answer.meta))


def library_panel(variables: frozenset[str], body: bytes) -> Panel:
    """A panel that dashboards share; the names are those of one dashboard's variables."""
    return panel(Loose(decode(body, shapes.Element).result.model), "", variables)


def rule_states(body: bytes) -> Rules:
    """How the rules are doing, from the API that Prometheus has too."""
    groups = decode(body, shapes.States).data.groups or []
    return _grouped(groups, shapes.StateGroup, _states_of)


def ruler_rules(body: bytes) -> Rules:
    """The rules of the ruler API, which sorts them by folder."""
    folders = decode(body, dict[str, list[msgspec.Raw] | None])
    found: list[AlertRule] = []
    cut: list[str] = []
    for folder, groups in folders.items():
        rules, odd = _grouped(groups or [], shapes.RulerGroup, partial(_ruler_group, folder))
        found += rules
        cut.append(odd)
    return tuple(found), _together(cut)


def _states_of(group: shapes.StateGroup) -> Rules:
    return read_entries(group.rules or [], shapes.StateRule, lambda rule: seen(rule, group))


def _ruler_group(folder: str, group: shapes.RulerGroup) -> Rules:
    return read_entries(group.rules or [], shapes.RulerRule, lambda rule: ruled(rule, folder, group.name))


def _grouped(
    groups: Sequence[msgspec.Raw],
    kind: type[G],
    rules_of: Callable[[G], Rules],
) -> Rules:
    """The rules of all groups; a group or a rule that cannot be read is counted."""
    found, odd = read_entries(groups, kind, rules_of)
    return tuple(rule for rules, _ in found for rule in rules), _together([odd, *(cut for _, cut in found)])


def _together(reasons: Sequence[str]) -> str:
    """The first few reasons, each once."""
    different = [*dict.fromkeys(reason for reason in reasons if reason)]
    more = [f"and {len(different) - _MOST_REASONS:,} more such"] if len(different) > _MOST_REASONS else []
    return "; ".join([*different[:_MOST_REASONS], *more])


def _hit(item: shapes.Hit) -> Hit | None:
    if item.type not in {"", "dash-db"}:
        return None
    if item.uid in {"", ".", ".."}:
        raise DecodeError(f"its uid is {item.uid!r}, which cannot be one")
    return Hit(
        uid=item.uid,
        title=item.title,
        folder=item.folder_title or "",
        url=item.url,
        tags=tuple(item.tags or ()),
    )
