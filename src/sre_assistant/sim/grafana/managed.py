"""Alert rules that Grafana evaluates itself, and whom it tells."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from functools import cache
from importlib import resources
from typing import Final, Literal

import msgspec
import yaml

from sre_assistant.sim.alerting.rules import Rule, Rules, load_rules
from sre_assistant.sim.documents import Document
from sre_assistant.sim.grafana.boards import boards
from sre_assistant.sim.live import Live
from sre_assistant.sim.metrics.series import Matcher, Series
from sre_assistant.sim.metrics.tsdb import Tsdb
from sre_assistant.sim.promql.text import duration_ms

RULE_UID: Final = "__alert_rule_uid__"
_KNOWN: Final = timedelta(days=1)


class RuleSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A rule: it fires while the expression's value is above or below a number."""

    uid: str
    title: str
    expr: str
    wait: str = msgspec.field(name="for")
    above: float | None = None
    below: float | None = None
    labels: dict[str, str] = {}
    annotations: dict[str, str] = {}
    dashboard: str = ""
    panel: str = ""
    no_data: Literal["OK", "NoData"] = "OK"
    paused: bool = False

    @property
    def query(self) -> str:
        """The expression on one line."""
        return " ".join(self.expr.split())

    @property
    def threshold(self) -> tuple[str, float]:
        """Grafana's name of the comparison, and the number."""
        return ("gt", self.above) if self.above is not None else ("lt", self.below or 0.0)

    @property
    def condition(self) -> str:
        """PromQL that has a value exactly while the rule's condition holds."""
        kind, number = self.threshold
        return f"({self.query}) {'>' if kind == 'gt' else '<'} {number!r}"

    @property
    def panel_id(self) -> int | None:
        """The number of the panel that shows it."""
        return boards()[self.dashboard].panel_id(self.panel) if self.dashboard else None


class GroupSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Rules of a folder that are evaluated together."""

    name: str
    folder: str
    interval: str
    rules: tuple[RuleSpec, ...]

    @property
    def seconds(self) -> int:
        """Seconds between evaluations."""
        return duration_ms(self.interval) // 1000


class ContactPoint(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody to be told, by webhook or by mail."""

    uid: str
    name: str
    url: str = ""
    addresses: str = ""


class MuteTiming(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A time of day without notifications."""

    name: str
    since: str = msgspec.field(name="from")
    until: str = msgspec.field(name="to")


class Setup(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All of Grafana's alerting."""

    folders: dict[str, str]
    """Titles by uid."""
    groups: tuple[GroupSpec, ...]
    contact_points: tuple[ContactPoint, ...]
    mute_timings: tuple[MuteTiming, ...]

    def found(self, uid: str) -> tuple[GroupSpec, RuleSpec] | None:
        """A rule and its group."""
        return next(((g, one) for g in self.groups for one in g.rules if one.uid == uid), None)


@cache
def setup() -> Setup:
    """The alerting that comes with the program."""
    text = (
        resources.files("sre_assistant.sim").joinpath("grafana", "alerting.yaml").read_text(encoding="utf-8")
    )
    return Document(text, "grafana/alerting.yaml").typed(Setup)


@dataclass(frozen=True, slots=True)
class Everything:
    """What Grafana's rules read: all that Prometheus has by now."""

    live: Live

    def select(self, matchers: Sequence[Matcher], start: int, end: int, /) -> Iterable[Series]:
        """The series that pass the matchers."""
        return Tsdb(self.live.world.index, self.live.rules, self.live.clock.milliseconds()).select(
            matchers, start, end
        )


def managed_rules(live: Live) -> Rules:
    """The rules that are not paused, ready to be evaluated."""
    groups = [
        {"name": f"{one.folder}/{one.name}", "interval": one.interval, "rules": list(_texts(one))}
        for one in setup().groups
    ]
    document = Document(yaml.safe_dump({"groups": groups}, sort_keys=False), "grafana/alerting.yaml")
    since = round((live.scenario.start - _KNOWN).timestamp() * 1000)
    return load_rules(document, Everything(live), live.engine, since)


def spec_of(rule: Rule) -> RuleSpec:
    """The rule that an evaluated rule was made from."""
    found = setup().found(rule.text.labels[RULE_UID])
    if found is None:
        raise KeyError(rule.text.labels[RULE_UID])
    return found[1]


def _texts(group: GroupSpec) -> Iterable[Mapping[str, object]]:
    for one in group.rules:
        if one.paused:
            continue
        private = {"grafana_folder": setup().folders[group.folder], RULE_UID: one.uid}
        yield {
            "alert": one.title,
            "expr": one.condition,
            "for": one.wait,
            "labels": {**one.labels, **private},
            "annotations": one.annotations,
        }
        if one.no_data == "NoData":
            lost = {"datasource_uid": "prom", "ref_id": "A", "rulename": one.title}
            yield {
                "alert": "DatasourceNoData",
                "expr": f"absent({one.query})",
                "for": one.wait,
                "labels": {**one.labels, **private, **lost},
                "annotations": {name: text for name, text in one.annotations.items() if "{{" not in text},
            }
