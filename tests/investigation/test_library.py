"""The library of causes and the signal packs fit together."""

from __future__ import annotations

from string import Formatter

import pytest

from sre_assistant.investigation.expressions import reads
from sre_assistant.investigation.hypotheses import LIBRARY, Hypothesis
from sre_assistant.investigation.signals import Signal, Spans, known_signals

SIGNALS = tuple(known_signals())
BY_ID = {h.id: h for h in LIBRARY}


def fields(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("held", LIBRARY, ids=lambda h: h.id)
def test_a_hypothesis_only_speaks_of_what_is_known(held: Hypothesis) -> None:
    for signal in (*held.signals(), *held.explains):
        assert known_signals()[signal].id == signal
    for consequence in held.leads_to:
        assert consequence in BY_ID


@pytest.mark.parametrize("held", LIBRARY, ids=lambda h: h.id)
def test_a_hypothesis_names_only_labels_its_subject_has(held: Hypothesis) -> None:
    kind = known_signals().kind(known_signals()[held.key].kind)
    texts = [held.title, held.harms, *held.next_checks]
    texts += [t for step in held.remedies for t in (step.text, step.command)]
    assert set().union(*(fields(t) for t in texts)) <= {*kind.labels, "value", "host"}


@pytest.mark.parametrize("held", LIBRARY, ids=lambda h: h.id)
def test_a_hypothesis_has_a_remedy_and_says_who_suffers(held: Hypothesis) -> None:
    assert held.remedies
    assert held.harms


def test_ids_are_unique() -> None:
    assert len(BY_ID) == len(LIBRARY)


@pytest.mark.parametrize("signal", [s for s in SIGNALS if s.query], ids=lambda s: s.id)
def test_a_query_parses_wide_and_narrow(signal: Signal) -> None:
    for matchers in ("", 'instance="nas.lan:9100"', 'instance=~"a|b",job="node"'):
        assert reads(signal.asked(matchers, Spans.fitting(15)))


@pytest.mark.parametrize("signal", SIGNALS, ids=lambda s: s.id)
def test_a_statement_can_be_made_from_any_labels(signal: Signal) -> None:
    labels = dict.fromkeys(known_signals().kind(signal.kind).labels, "{odd} %s\n\x1b[31m")
    statement = signal.statement(labels, 1.0)
    assert "{odd} %s" in statement or "{" not in signal.says
    assert statement.isprintable()


def test_spans_follow_the_scrape_interval_and_stay_within_bounds() -> None:
    assert Spans.fitting(1).rate == 60
    assert Spans.fitting(30).rate == 120
    assert Spans.fitting(0) == Spans.fitting(60)
    assert Spans.fitting(3600).rate == 300
