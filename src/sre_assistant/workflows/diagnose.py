"""Diagnose: the one path every alert, question and scenario takes from a concern to a diagnosis."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from sre_assistant.contracts.house import House
from sre_assistant.contracts.ledger import Ledger
from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.diagnosis import Case, Diagnosis
from sre_assistant.domain.events import CaseConcluded, CaseOpened, Emit, StageReached
from sre_assistant.domain.evidence import Trend
from sre_assistant.domain.window import Window
from sre_assistant.investigation.analyse import Judgement, candidates, judgements, supporting_signals
from sre_assistant.investigation.blindness import blind_spots
from sre_assistant.investigation.collect import Collector
from sre_assistant.investigation.concern import Concern, is_heartbeat, of_alert
from sre_assistant.investigation.conclude import Material, conclude
from sre_assistant.investigation.observed import Observation, Observed, RuleNow
from sre_assistant.investigation.plan import earliest, plan
from sre_assistant.investigation.signals import known_signals
from sre_assistant.investigation.surroundings import Surroundings, look_around
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.ids import Ids

_BUDGET = 40
_BUDGET_PER_FURTHER_CASE = 8
_DRAWN = 3
_MOST_OTHERS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """One look at the house: what was asked stays in its ledger."""

    house: House
    ledger: Ledger
    around: Surroundings
    collector: Collector
    now: datetime
    """The assistant's own time."""
    ids: Ids
    emit: Emit

    def case(self, kind: str, title: str, alert: Alert | None = None, question: str = "") -> Case:
        """A new case at this moment; its window is known once it is planned."""
        at = self.around.at
        return Case(
            id=self.ids.new("c"),
            kind=kind,
            title=title,
            alert=alert,
            question=question,
            opened_at=self.now,
            at=at,
            window=Window(at, at),
        )


async def look(house: House, *, clock: Clock, ids: Ids, emit: Emit) -> Look:
    """Open the ledger and look around.

    Raises:
        ConfigError: no metrics server is configured.
    """
    metrics = house.require_metrics()
    ledger = Ledger(ids.new("r"), emit, clock, budget=_BUDGET * len(metrics))
    now = clock.now()
    around = await look_around(house, ledger, known_signals(), now)
    collector = Collector(house, ledger, known_signals(), around)
    return Look(house=house, ledger=ledger, around=around, collector=collector, now=now, ids=ids, emit=emit)


async def diagnose(look: Look, cases: Iterable[tuple[Case, Concern]]) -> tuple[Diagnosis, ...]:
    """The diagnosis of each case; what they share is asked once."""
    every = tuple(cases)
    look.ledger.extend(_BUDGET_PER_FURTHER_CASE * (len(every) - 1))
    for case, _ in every:
        look.emit(CaseOpened(case=case.id, title=case.title))
    alerts = (case.alert for case, _ in every if case.alert)
    concerned = (concern for _, concern in every)
    intent = plan(concerned, known_signals(), look.around.spans, look.around.at, earliest(alerts))
    run = every[0][0].id
    look.emit(StageReached(case=run, stage="plan", note=f"{len(intent.signals)} signals"))
    seen, rules = await asyncio.gather(
        look.collector.observe(intent.signals, intent.matchers, intent.window),
        asyncio.gather(*(look.collector.rule_now(case.alert, concern.expression) for case, concern in every)),
    )
    concerns = [_settled(concern, rule) for (_, concern), rule in zip(every, rules, strict=True)]
    more = supporting_signals(c for concern in concerns for c in candidates(seen, concern))
    seen = await look.collector.observe(more, intent.matchers, intent.window, seen)
    look.emit(StageReached(case=run, stage="collect", note=f"{len(seen.observations)} signals asked"))
    judged = [judgements(seen, concern, candidates(seen, concern)) for concern in concerns]
    look.emit(StageReached(case=run, stage="analyse", note=f"{sum(map(len, judged))} hypotheses hold"))
    trends = await _trends(look.collector, judged, seen)
    look.emit(StageReached(case=run, stage="conclude", note=f"{len(look.ledger.lines)} look-ups"))
    diagnoses = tuple(
        conclude(
            Material(
                case=replace(case, window=intent.window),
                concern=concern,
                seen=seen,
                judgements=of_case,
                trends=trends,
                rule=rule,
                others=_others(look, case, concern, seen),
                coverage=look.ledger.lines,
                blind_spots=blind_spots(seen, concern),
            )
        )
        for (case, _), concern, of_case, rule in zip(every, concerns, judged, rules, strict=True)
    )
    for diagnosis in diagnoses:
        look.emit(CaseConcluded(case=diagnosis.case.id, verdict=diagnosis.verdict, summary=diagnosis.summary))
    return diagnoses


def _settled(concern: Concern, rule: RuleNow) -> Concern:
    """A rule that was asked and no longer holds complains of nothing."""
    over = rule.asked and not rule.evidence
    return replace(concern, complained=False) if over else concern


def _others(look: Look, case: Case, concern: Concern, seen: Observed) -> tuple[tuple[Alert, str], ...]:
    """The other alerts on the same machines, with what accounts for each as far as it was seen."""
    around = look.around
    found: list[tuple[Alert, str]] = []
    for alert in around.alerts:
        own = case.alert is not None and alert.fingerprint == case.alert.fingerprint
        if own or alert.silenced or is_heartbeat(alert, around.rules):
            continue
        theirs = of_alert(alert, around.rules, known_signals(), around.aliases)
        if set(theirs.hosts) & set(concern.hosts):
            held = judgements(seen, theirs, candidates(seen, theirs))
            named = (j.candidate.hypothesis.id for j in held if j.about_this and j.established)
            found.append((alert, next(named, "")))
    return tuple(found[:_MOST_OTHERS])


async def _trends(
    collector: Collector, judged: Iterable[tuple[Judgement, ...]], seen: Observed
) -> dict[Observation, Trend]:
    """The history of what the likeliest hypotheses of each case are drawn by."""
    drawn: dict[Observation, None] = {}
    for of_case in judged:
        for judgement in [j for j in of_case if j.about_this][:_DRAWN]:
            near = seen.near(judgement.candidate.hypothesis.drawn, judgement.candidate.subject)
            drawn.update(dict.fromkeys(near[:1]))
    found = await asyncio.gather(*(collector.trend(o, seen.window) for o in drawn))
    return {o: t for o, t in zip(drawn, found, strict=True) if t is not None}
