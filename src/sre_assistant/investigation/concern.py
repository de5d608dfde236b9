"""What a case is about: which signals it reads, on which things."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from urllib.parse import parse_qs, urlsplit

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.entities import Entity
from sre_assistant.domain.reading import Rule
from sre_assistant.investigation.expressions import Reads, reads
from sre_assistant.investigation.hypotheses import LIBRARY
from sre_assistant.investigation.naming import hosts_in, resolved
from sre_assistant.investigation.signals import Signals

_WORD = re.compile(r"[A-Z]?[a-z]+|[A-Z]+(?![a-z])|\d+")
_MAX_DEPTH = 5
# Labels that carry the alert's administration, not what it is about.
_ADMINISTRATIVE = frozenset({"alertname", "severity", "priority", "team", "alertgroup", "prometheus"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Concern:
    """What has to be explained."""

    labels: Mapping[str, str]
    """Labels that what is to blame must agree with, wherever it has them too."""
    hosts: tuple[str, ...]
    """Machines it names; empty means the whole house."""
    signals: frozenset[str] = frozenset()
    """Signals it reads."""
    by_words: frozenset[str] = frozenset()
    """Hypotheses its words suggest, where its expression is not known."""
    expression: str = ""
    """The PromQL behind it, where known."""
    trend: bool = False
    """Whether it is about where a value is heading."""
    complained: bool = False
    """Whether a rule of the owner's own making holds now; then what it calls abnormal is abnormal."""
    whole_house: bool = False
    """Nothing in particular is to be explained."""

    def about(self, entity: Entity) -> bool:
        """Whether this entity can be what the concern speaks of."""
        shared = [name for name in entity.labels if name in self.labels]
        if not shared and self.hosts:
            return bool(set(hosts_in(entity.labels)) & set(self.hosts))
        return all(entity.labels[name] == self.labels[name] for name in shared)


WHOLE_HOUSE = Concern(labels={}, hosts=(), whole_house=True)


def of_alert(alert: Alert, rules: Iterable[Rule], signals: Signals, aliases: Mapping[str, str]) -> Concern:
    """What an alert is about: by its rule's expression, or failing that by its words.

    Args:
        alert: the alert.
        rules: the rules that are known.
        signals: the signals that are known.
        aliases: every name a machine goes by, with the one its metrics use.
    """
    rules = tuple(rules)
    expression = _expression(alert, rules)
    seen = _expanded(expression, {r.name: r.expression for r in rules if r.kind == "recording"})
    subject = {k: v for k, v in alert.labels.items() if k not in _ADMINISTRATIVE}
    equal = dict(seen.equal) if seen else {}
    named = hosts_in(subject) or hosts_in(equal)
    found = signals.reading(seen) if seen else frozenset()
    return Concern(
        labels={**equal, **subject},
        hosts=resolved(named, aliases),
        signals=found,
        by_words=frozenset() if found else _suggested(alert),
        expression=expression,
        trend=bool(seen and seen.trend),
        complained=alert.status == "firing",
    )


def is_heartbeat(alert: Alert, rules: Iterable[Rule]) -> bool:
    """Whether an alert fires by design, to show that alerting works: its rule reads no metric at all."""
    seen = reads(_expression(alert, tuple(rules)))
    return seen is not None and not seen.metrics


def _expression(alert: Alert, rules: tuple[Rule, ...]) -> str:
    named = [r for r in rules if r.kind == "alerting" and r.name == alert.name]
    fitting = [
        r for r in named if all(alert.labels.get(k) == v for k, v in r.labels.items() if "{{" not in v)
    ]
    for rule in (*fitting, *named):
        return rule.expression
    query = parse_qs(urlsplit(alert.generator_url).query) if alert.generator_url else {}
    return query.get("g0.expr", [""])[0]


def _expanded(expression: str, recorded: Mapping[str, str]) -> Reads | None:
    """What an expression reads once recording rules are replaced by what they record."""
    seen = reads(expression) if expression else None
    for _ in range(_MAX_DEPTH):
        if seen is None or not (inner := seen.metrics & recorded.keys()):
            break
        behind = [r for name in sorted(inner) if (r := reads(recorded[name]))]
        seen = Reads(
            metrics=(seen.metrics - inner).union(*(r.metrics for r in behind)),
            equal=seen.equal,
            trend=seen.trend or any(r.trend for r in behind),
        )
    return seen


def _suggested(alert: Alert) -> frozenset[str]:
    text = " ".join(
        (alert.name, *(alert.annotations.get(k, "") for k in ("summary", "title", "description")))
    )
    return suggested(text)


def suggested(text: str) -> frozenset[str]:
    """Hypotheses that use the words of a text: those that share the most of them."""
    said = {w.lower() for w in _WORD.findall(text)}
    hits = {h.id: len(said & set(h.words)) for h in LIBRARY}
    most = max(hits.values())
    return frozenset(name for name, n in hits.items() if n == most) if most else frozenset()
