"""Alert rules: what they ask, when they fire, and how they are doing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final, Protocol

from sre_assistant.domain.errors import CallError
from sre_assistant.integrations.grafana import shapes
from sre_assistant.integrations.grafana.conditions import Node, condition_text, query_text, source_text
from sre_assistant.integrations.grafana.loose import Loose
from sre_assistant.integrations.grafana.moments import moment
from sre_assistant.kit.units import format_span, format_value, parse_duration

_ORDER: Final = ("firing", "recovering", "pending")
_COUNTABLE: Final = 1e12


@dataclass(frozen=True, slots=True, kw_only=True)
class Query:
    """One query of a rule to a data source."""

    ref: str
    """The letter by which the condition names it."""
    text: str
    """What is asked, in the data source's language, e.g. PromQL."""
    source: str
    """Type and uid of the data source, as far as the rule says."""
    span: str = ""
    """What it looks back on; empty for a query at one moment."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AlertRule:
    """One rule that Grafana evaluates itself."""

    uid: str
    title: str
    folder: str
    """Its title, or its uid where the title may not be seen."""
    group: str
    labels: Mapping[str, str]
    annotations: Mapping[str, str]
    condition: str = ""
    """When it fires, e.g. ``last(A) > 0.9``; empty where it may not be seen."""
    queries: tuple[Query, ...] = ()
    hold: str = ""
    """How long the condition must stay true."""
    keep_firing: str = ""
    """How long it fires on after that."""
    no_data: str = ""
    """What becomes of it without data: ``NoData``, ``OK``, ``Alerting`` or ``KeepLastState``."""
    on_error: str = ""
    """What becomes of it when a query fails."""
    paused: bool = False
    provenance: str = ""
    """What keeps it from being edited by hand, e.g. ``file``."""
    receiver: str = ""
    """The contact point it names itself; empty when the notification policies decide."""
    record: str = ""
    """The metric it writes, for a recording rule."""
    state: str = ""
    """``firing``, ``pending``, ``recovering`` or ``inactive``; empty when nobody says."""
    health: str = ""
    """``ok``, ``nodata``, ``error``; empty when nobody says."""
    last_error: str = ""
    evaluated_at: datetime | None = None
    instances: Mapping[str, int] = field(default_factory=dict)
    """How many label sets are in each state."""

    @property
    def severity(self) -> str:
        """The ``severity`` label, or an empty text."""
        return self.labels.get("severity", "")


class _Definition(Protocol):
    """What both APIs say of a rule in the same words."""

    uid: str
    title: str
    condition: str | None
    data: list[shapes.QueryItem] | None
    no_data_state: str | None
    exec_err_state: str | None
    provenance: str | None
    is_paused: bool | None
    notification_settings: object
    record: object


class _Timing(Protocol):
    hold: str | None
    keep_firing_for: str | None
    annotations: dict[str, str] | None
    labels: dict[str, str] | None


def provisioned(item: shapes.RuleItem) -> AlertRule:
    """A rule of the provisioning API."""
    return _rule(item, item, folder=item.folder_uid, group=item.rule_group)


def ruled(item: shapes.RulerRule, folder: str, group: str) -> AlertRule:
    """A rule of the ruler API."""
    return _rule(item.grafana_alert, item, folder=folder, group=group)


def seen(item: shapes.StateRule, group: shapes.StateGroup) -> AlertRule:
    """All that the API of the states says of a rule: no condition, but its queries."""
    return AlertRule(
        uid=item.uid,
        title=item.name,
        folder=group.file or group.folder_uid,
        group=group.name,
        labels=item.labels or {},
        annotations=_public(item.annotations),
        queries=(Query(ref="", text=query_text(Loose({"expr": item.query})), source=""),)
        if item.query
        else (),
        hold=format_value(item.duration, "seconds") if item.duration else "",
        paused=bool(item.is_paused),
        state=item.state,
        health=item.health,
        last_error=item.last_error,
        evaluated_at=moment(item.last_evaluation),
        instances=_counts(Loose(item.totals)),
    )


def joined(rules: Sequence[AlertRule], states: Sequence[AlertRule]) -> tuple[AlertRule, ...]:
    """The rules with how they are doing, by uid; by group and title where a Grafana tells no uid there."""
    by_uid = {state.uid: state for state in states if state.uid}
    by_name: dict[tuple[str, str], list[AlertRule]] = {}
    for state in states:
        by_name.setdefault((state.group, state.title), []).append(state)
    return tuple(_told(rule, by_uid, by_name) for rule in rules)


def in_order(rules: Iterable[AlertRule]) -> list[AlertRule]:
    """What fires first, then what cannot be evaluated, then the rest by its place."""

    def weight(rule: AlertRule) -> tuple[int, bool, str, str, str]:
        rank = _ORDER.index(rule.state) if rule.state in _ORDER else len(_ORDER)
        return (rank, rule.health in {"", "ok"}, rule.folder, rule.group, rule.title)

    return sorted(rules, key=weight)


def _told(
    rule: AlertRule,
    by_uid: Mapping[str, AlertRule],
    by_name: Mapping[tuple[str, str], Sequence[AlertRule]],
) -> AlertRule:
    namesakes = by_name.get((rule.group, rule.title), ())
    state = by_uid.get(rule.uid) or (namesakes[0] if len(namesakes) == 1 and not namesakes[0].uid else None)
    if state is None:
        return rule
    return replace(
        rule,
        folder=state.folder or rule.folder,
        state=state.state,
        health=state.health,
        last_error=state.last_error,
        evaluated_at=state.evaluated_at,
        instances=state.instances,
    )


def _rule(said: _Definition, timing: _Timing, *, folder: str, group: str) -> AlertRule:
    nodes = {item.ref_id: _node(item) for item in said.data or ()}
    record = Loose(said.record)
    return AlertRule(
        uid=said.uid,
        title=said.title,
        folder=folder,
        group=group,
        labels=timing.labels or {},
        annotations=_public(timing.annotations),
        condition="" if record else condition_text(said.condition or "", nodes),
        queries=tuple(_query(item, nodes[item.ref_id]) for item in said.data or () if _asks(item, nodes)),
        hold=_span(timing.hold),
        keep_firing=_span(timing.keep_firing_for),
        no_data=said.no_data_state or "",
        on_error=said.exec_err_state or "",
        paused=bool(said.is_paused),
        provenance=said.provenance or "",
        receiver=Loose(said.notification_settings)["receiver"].text,
        record=record["metric"].text,
    )


def _node(item: shapes.QueryItem) -> Node:
    return Node(ref=item.ref_id, source=item.datasource_uid or "", model=Loose(item.model))


def _asks(item: shapes.QueryItem, nodes: Mapping[str, Node]) -> bool:
    return not nodes[item.ref_id].operation


def _query(item: shapes.QueryItem, node: Node) -> Query:
    span = item.relative_time_range
    back = format_value(span.since - span.until, "seconds") if span and span.since > span.until else ""
    until = f" until {format_value(span.until, 'seconds')} ago" if span and span.until > 0 else ""
    kind = node.model["datasource"]["type"].text
    return Query(
        ref=item.ref_id,
        text=query_text(node.model),
        source=source_text(Loose({"type": kind, "uid": node.source or node.model["datasource"]["uid"].text})),
        span="" if node.model["instant"].flag or not back else f"last {back}{until}",
    )


def _span(text: str | None) -> str:
    """A duration as people read it; one that Grafana writes in another way stays as it is."""
    if not text:
        return ""
    try:
        span = parse_duration(text)
    except CallError:
        return text
    return format_span(span) if span else ""


def _counts(totals: Loose) -> Mapping[str, int]:
    found = {name: each.number for name, each in totals.fields.items()}
    return {name: int(number) for name, number in found.items() if number is not None and number < _COUNTABLE}


def _public(annotations: Mapping[str, str] | None) -> Mapping[str, str]:
    """Without what only Grafana's own interface shows."""
    return {name: text for name, text in (annotations or {}).items() if not name.startswith("__")}
