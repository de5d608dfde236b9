"""Ask: a question to an answer, from live data and without a model."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import timedelta, tzinfo

from sre_assistant.assistant import wording
from sre_assistant.assistant.understanding import Intent, Understood, Vocabulary, understand
from sre_assistant.contracts.house import House
from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.answer import Answer
from sre_assistant.domain.diagnosis import Case, Diagnosis, Verdict
from sre_assistant.domain.entities import HOUSE, Entity
from sre_assistant.domain.events import Emit
from sre_assistant.domain.evidence import Evidence
from sre_assistant.domain.window import Window
from sre_assistant.investigation.asking import instant
from sre_assistant.investigation.concern import WHOLE_HOUSE, Concern, is_heartbeat, of_alert
from sre_assistant.investigation.evidence import Exhibits
from sre_assistant.investigation.naming import host_of, instance_pattern
from sre_assistant.investigation.observed import Observation, Observed
from sre_assistant.investigation.plan import window
from sre_assistant.investigation.signals import known_signals
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.ids import Ids
from sre_assistant.kit.promql import matchers_text
from sre_assistant.kit.units import format_value
from sre_assistant.workflows.diagnose import Look, diagnose, look

_OVERVIEW = (
    "target.up", "probe.success", "memory.available_ratio", "cpu.busy_ratio", "cpu.load_per_core",
    "filesystem.used_ratio", "disk.busy_ratio", "host.uptime",
)  # fmt: skip
_MOST_PER_SIGNAL = 3
_MOST_OF_ONE = 8
_MOST_CASES = 5
_WEEK = timedelta(days=7)
_USUAL = (
    "count_over_time({})", "quantile_over_time(0.05, {})", "quantile_over_time(0.5, {})",
    "quantile_over_time(0.95, {})",
)  # fmt: skip
_LEAST_HISTORY = 24
"""Points of half an hour: half a day."""


async def ask(
    house: House, question: str, *, previous: Answer | None, zone: tzinfo, clock: Clock, ids: Ids, emit: Emit
) -> Answer:
    """Answer a question; one that needs a model gets a plain no and what could be asked instead.

    Args:
        house: what is connected.
        question: in English.
        previous: the answer before in the same conversation, if it is to be followed up.
        zone: whose time the words use.
        clock: time.
        ids: identifiers.
        emit: where events go.

    Raises:
        ConfigError: no metrics server is configured.
    """
    here = await look(house, clock=clock, ids=ids, emit=emit)
    known = Vocabulary(
        aliases=here.around.aliases,
        alerts=tuple(dict.fromkeys(a.name for a in here.around.alerts)),
        signals=known_signals(),
    )
    meant = understand(question, known, _meant_before(previous, known))
    reply = await _reply(_Question(question, meant, here, zone, known))
    return replace(reply, coverage=here.ledger.lines)


@dataclass(frozen=True, slots=True)
class _Question:
    text: str
    meant: Understood
    here: Look
    zone: tzinfo
    known: Vocabulary

    def answered(
        self,
        response: str,
        *,
        evidence: tuple[Evidence, ...] = (),
        verdict: Verdict | None = None,
        subject: Entity | None = None,
        suggestions: tuple[str, ...] = (),
    ) -> Answer:
        return Answer(
            question=self.text,
            intent=self.meant.intent,
            response=response,
            verdict=verdict,
            subject=subject or self.subject,
            at=self.here.around.at,
            evidence=evidence,
            suggestions=suggestions,
        )

    @property
    def subject(self) -> Entity | None:
        """What a follow-up may refer to."""
        if not self.meant.hosts:
            return None
        host = self.meant.hosts[0]
        return Entity(kind="host", name=host, labels={"instance": host, **self.meant.labels})


async def _reply(question: _Question) -> Answer:
    gaps = question.here.around.gaps
    if gaps and not question.known.aliases and question.meant.intent in {"outside", "ambiguous"}:
        # Names are known from what is scraped: while that cannot be seen, no name is unknown.
        return question.answered(wording.blind(gaps.values()))
    return await _REPLIES[question.meant.intent](question)


async def _outside(question: _Question) -> Answer:
    hosts = question.meant.hosts or sorted(set(question.known.aliases.values()))
    return question.answered(wording.outside(), suggestions=wording.examples(hosts))


async def _ambiguous(question: _Question) -> Answer:
    return question.answered(wording.unclear(question.meant), suggestions=question.meant.choices)


async def _alerts(question: _Question) -> Answer:
    around = question.here.around
    alerts = sorted(around.alerts, key=lambda a: (a.starts_at, a.name))
    gap = around.gaps.get("alerts")
    return question.answered(wording.alert_list(alerts, gap, around.at, question.zone))


async def _targets(question: _Question) -> Answer:
    free = tuple(s.id for s in question.known.signals if not s.query)
    seen = await _observed(question, ("target.up", *free), "")
    down = [o for o in seen.observations["target.up"] if o.value == 0]
    failing = [o for s in free if s.startswith("scrape.") for o in seen.observations[s]]
    exhibits = Exhibits({}, seen.window)
    exhibits.cite_all([*down, *failing])
    ups = len(seen.observations["target.up"])
    gap = seen.gaps.get("target.up")
    if gap is not None:
        text = wording.blind([gap])
    elif not ups:
        text = "No target has a current value: nothing is being scraped."
    else:
        text = wording.statements(
            f"{len(down)} of {ups} targets are down:", exhibits.all, f"All {ups} targets are up."
        )
    return question.answered(text, evidence=exhibits.all)


async def _house(question: _Question) -> Answer:
    here = question.here
    alerts = [a for a in here.around.alerts if not a.silenced and not is_heartbeat(a, here.around.rules)]
    if not alerts:
        (found,) = await diagnose(
            here, [(here.case("house", "the whole house", None, question.text), WHOLE_HOUSE)]
        )
        return _diagnosed(question, found, HOUSE)
    diagnoses = await diagnose(here, [_alert_case(here, a) for a in alerts[:_MOST_CASES]])
    count = "1 alert is active" if len(alerts) == 1 else f"{len(alerts)} alerts are active"
    lines = [f"{count}.", *(f"- {d.case.title}: {d.summary}" for d in diagnoses)]
    explained = any(d.verdict is Verdict.EXPLAINED for d in diagnoses)
    verdict = Verdict.EXPLAINED if explained else Verdict.UNKNOWN
    return question.answered("\n".join(lines), verdict=verdict, subject=HOUSE)


async def _why(question: _Question) -> Answer:
    here, meant = question.here, question.meant
    alert = next((a for a in here.around.alerts if a.name == meant.alert), None)
    if alert is not None:
        (found,) = await diagnose(here, [_alert_case(here, alert)])
        return _diagnosed(question, found, found.causes[0].subject if found.causes else None)
    concern = Concern(
        labels=meant.labels,
        hosts=meant.hosts,
        signals=frozenset(meant.signals or (s.id for s in known_signals())),
        trend=meant.trend,
    )
    (found,) = await diagnose(here, [(here.case("question", question.text, None, question.text), concern)])
    if found.verdict is Verdict.HEALTHY:
        state = await _state(question)
        return replace(
            state, verdict=found.verdict, response=f"Nothing is wrong with that.\n{state.response}"
        )
    return _diagnosed(question, found, question.subject)


def _alert_case(here: Look, alert: Alert) -> tuple[Case, Concern]:
    concern = of_alert(alert, here.around.rules, known_signals(), here.around.aliases)
    return here.case("alert", alert.name, alert), concern


def _diagnosed(question: _Question, found: Diagnosis, subject: Entity | None) -> Answer:
    return question.answered(
        wording.explanation(found, question.zone),
        evidence=found.evidence,
        verdict=found.verdict,
        subject=subject,
    )


async def _state(question: _Question) -> Answer:
    meant = question.meant
    seen = await _observed(question, meant.signals or _OVERVIEW, _matchers(meant))
    shown = [o for s in meant.signals or _OVERVIEW for o in _fitting(seen, s, meant)]
    exhibits = Exhibits({}, seen.window)
    exhibits.cite_all(shown)
    where = meant.hosts[0] if meant.hosts else "The house"
    clock = question.here.around.at.astimezone(question.zone).strftime("%Y-%m-%d %H:%M:%S %Z")
    text = wording.statements(f"{where} at {clock}:", exhibits.all, _no_value(seen, meant))
    return question.answered(text, evidence=exhibits.all)


async def _normal(question: _Question) -> Answer:
    meant = question.meant
    wanted = meant.signals[:1] or ("cpu.busy_ratio",)
    seen = await _observed(question, wanted, _matchers(meant))
    shown = [o for o in _fitting(seen, wanted[0], meant) if o.numeric][:1]
    if not shown:
        return question.answered(_no_value(seen, meant))
    exhibits = Exhibits({}, seen.window)
    now = exhibits.cite(shown[0])
    usual = await asyncio.gather(*(_usual(question.here, shown[0], f) for f in _USUAL))
    points, low, middle, high = (e.value for e in usual)
    if points is None or low is None or middle is None or high is None or points < _LEAST_HISTORY:
        text = f"{shown[0].statement} [{now}].\nWhat is usual cannot be said yet: it takes half a day."
        return question.answered(text, evidence=exhibits.all)
    ids = [exhibits.add(e) for e in usual[1:]]
    unit = shown[0].signal.unit
    value = meant.claimed if meant.claimed is not None else shown[0].value
    verdict = "within" if low <= value <= high else "above" if value > high else "below"
    text = (
        f"{shown[0].statement} [{now}].\n"
        f"{format_value(value, unit)} is {verdict} its usual range: in the last 7 days it was mostly between "
        f"{format_value(low, unit)} [{ids[0]}] and {format_value(high, unit)} [{ids[2]}], "
        f"in the middle {format_value(middle, unit)} [{ids[1]}]."
    )
    return question.answered(text, evidence=exhibits.all)


async def _usual(here: Look, observation: Observation, function: str) -> Evidence:
    """One figure of the last week of a value, as a query that can be asked again."""
    query = function.format(f"({observation.query})[7d:30m]")
    source = next(m for m in here.house.metrics if m.name == observation.source)
    reading = await instant(here.ledger, source, f"the usual {observation.signal.id}", query, observation.at)
    value = reading.value[0].value if len(reading.value) == 1 else math.nan
    return Evidence(
        id="",
        statement=f"over the last 7 days {observation.signal.title} of {observation.entity.name}: "
        f"{format_value(value, observation.signal.unit)}",
        value=value if math.isfinite(value) else None,
        unit=observation.signal.unit,
        source=source.name,
        query=query,
        window=Window.before(observation.at, _WEEK),
        observed_at=observation.at,
        link=source.link(query, observation.at),
    )


async def _observed(question: _Question, signals: Iterable[str], matchers: str) -> Observed:
    around = question.here.around
    past = window(around.spans, around.at)
    return await question.here.collector.observe(signals, matchers, past)


def _matchers(meant: Understood) -> str:
    return matchers_text((("instance", "=~", instance_pattern(meant.hosts)),)) if meant.hosts else ""


def _fitting(seen: Observed, signal: str, meant: Understood) -> tuple[Observation, ...]:
    """The worst observations of a signal that agree with the labels the question names."""
    agreeing = [
        o for o in seen.observations.get(signal, ())
        if all(o.entity.labels.get(k, v) == v for k, v in meant.labels.items())
    ]  # fmt: skip
    return tuple(agreeing[: _MOST_OF_ONE if meant.signals else _MOST_PER_SIGNAL])


def _no_value(seen: Observed, meant: Understood) -> str:
    where = f" of {meant.hosts[0]}" if meant.hosts else ""
    if seen.gaps:
        return wording.blind(seen.gaps.values())
    return f"No such value{where} is known now: its exporter does not report it, or is not scraped."


def _meant_before(previous: Answer | None, known: Vocabulary) -> Understood | None:
    """What the question before was about, as its answer tells."""
    if previous is None:
        return None
    before = understand(previous.question, known)
    labels = dict(previous.subject.labels) if previous.subject else {}
    instance = labels.pop("instance", "")
    return replace(before, hosts=(host_of(instance),) if instance else before.hosts, labels=labels)


_REPLIES: Mapping[Intent, Callable[[_Question], Awaitable[Answer]]] = {
    "outside": _outside,
    "ambiguous": _ambiguous,
    "alerts": _alerts,
    "targets": _targets,
    "house": _house,
    "why": _why,
    "normal": _normal,
    "state": _state,
}
