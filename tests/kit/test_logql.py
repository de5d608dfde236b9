"""LogQL from parts: what comes from outside stays a value, and nothing reads everything by accident."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.logql import (
    any_of,
    containing,
    label_filter,
    line_filter,
    literal,
    reach,
    same,
    selector,
    selectors_in,
)
from sre_assistant.kit.promql import Matcher
from sre_assistant.sim.logql.parser import parse
from sre_assistant.sim.logql.syntax import Selection

BREAKING_OUT = 'llm"} or {x="y'


def parsed(query: str) -> Selection:
    """As an independent reader of LogQL understands it."""
    tree = parse(query)
    assert isinstance(tree, Selection)
    return tree


def test_a_selector_is_written_from_its_matchers() -> None:
    written = selector([("host", "=", "nas"), ("unit", "=~", ".+"), ("job", "!=", "x")])
    assert written == '{host="nas",unit=~".+",job!="x"}'


def test_a_value_cannot_leave_its_selector() -> None:
    tree = parsed(selector([("namespace", "=", BREAKING_OUT)]))
    assert [(one.name, one.value) for one in tree.matches] == [("namespace", BREAKING_OUT)]
    assert tree.stages == ()


@pytest.mark.parametrize(
    "matchers",
    [
        [],
        [("container", "!=", "loki")],
        [("container", "=~", ".*")],
        [("container", "=", "")],
        [("container", "!~", "loki"), ("host", "=~", "|nas")],
        [("container", "!=", "")],
        [("container", "!~", ".*")],
    ],
)
def test_a_selector_that_only_excludes_is_refused_as_loki_does(matchers: list[tuple[str, str, str]]) -> None:
    with pytest.raises(CallError, match="only excludes, which Loki refuses"):
        selector(matchers)


@pytest.mark.parametrize(
    "matchers",
    [
        [("a", "=~", ".+"), ("b", "=", "")],
        [("a", "=", "x"), ("b", "!=", "y")],
    ],
)
def test_a_selector_that_loki_takes_is_written(matchers: list[tuple[str, str, str]]) -> None:
    assert parsed(selector(matchers)).stages == ()


def test_a_broken_expression_is_the_callers_mistake() -> None:
    with pytest.raises(CallError, match=r"'\(' is no regular expression"):
        selector([("host", "=~", "(")])


@pytest.mark.parametrize("name", ["", "a-b", "1a", 'a"', "a b", "ä"])
def test_what_is_no_label_is_refused_in_a_stage_too(name: str) -> None:
    with pytest.raises(CallError, match="is no label name"):
        label_filter([Matcher(name, "=", "x")])


@pytest.mark.parametrize(
    ("text", "written"),
    [
        (r"\bfoo\b", r"`\bfoo\b`"),
        ('say "hi"', '`say "hi"`'),
        ("a`b", '"a`b"'),
        ("two\nlines", r'"two\nlines"'),
        ("a\r", r'"a\r"'),
        ("tab\t", "`tab\t`"),
        ("bell\x07", r'"bell\x07"'),
    ],
)
def test_a_text_stands_between_backticks_unless_they_cannot_hold_it(text: str, written: str) -> None:
    assert literal(text) == written


def test_half_a_character_is_refused() -> None:
    with pytest.raises(CallError, match="lone surrogate"):
        literal("\ud800")


@settings(deadline=None)
@given(st.text(st.characters(exclude_categories=["Cs"])))
def test_every_text_comes_out_as_it_went_in(text: str) -> None:
    tree = parsed('{a="b"}' + label_filter([Matcher("x", "=", text)]) + f" |= {literal(text)}")
    assert text in repr_of(tree)


def repr_of(tree: Selection) -> list[str]:
    """All texts of the stages."""
    found: list[str] = []

    def walk(value: object) -> None:
        if isinstance(value, str):
            found.append(value)
        elif isinstance(value, list | tuple):
            for each in value:
                walk(each)
        elif hasattr(value, "__dataclass_fields__"):
            for name in value.__dataclass_fields__:
                walk(getattr(value, name))

    walk(tree.stages)
    return found


def test_a_word_boundary_stays_one() -> None:
    assert line_filter(r"\berror\b") == r" |~ `\berror\b`"


def test_texts_are_looked_for_whatever_their_case_and_never_as_patterns() -> None:
    assert containing(["a.b", "(x)"]) == r" |~ `(?i)(?:a\.b|\(x\))`"


@settings(deadline=None)
@given(st.lists(st.text(max_size=8), min_size=1, max_size=4), st.text(max_size=8))
def test_any_of_matches_these_texts_and_no_other(texts: list[str], other: str) -> None:
    pattern = re.compile(any_of(texts), re.DOTALL)
    assert all(pattern.fullmatch(text) for text in texts)
    assert bool(pattern.fullmatch(other)) == (other in texts)


def test_one_value_is_compared_and_several_are_matched() -> None:
    assert same("host", ["nas"]) == Matcher("host", "=", "nas")
    assert same("unit", ["ssh", "ssh.service"]) == Matcher("unit", "=~", r"ssh|ssh\.service")


def test_conditions_of_one_stage_are_alternatives() -> None:
    stage = label_filter([Matcher("host", "=", "nas"), Matcher("node", "=~", "n.*")])
    assert stage == " | host=`nas` or node=~`n.*`"


@pytest.mark.parametrize(
    ("query", "selectors"),
    [
        ('{a="b"} |= "x{y}"', ('{a="b"}',)),
        ('{a="}"} | line_format `{{.msg}}`', ('{a="}"}',)),
        ('sum(rate({a="1"}[5m])) / sum(rate({a="2"}[5m]))', ('{a="1"}', '{a="2"}')),
        ('rate({a="1"}[5m]) + rate({a="1"}[1m])', ('{a="1"}',)),
        ('{a="\\""} # {not="this"}', ('{a="\\""}',)),
        ("1 + 1", ()),
        ("{broken", ()),
    ],
)
def test_the_selectors_of_a_query_are_found(query: str, selectors: tuple[str, ...]) -> None:
    assert selectors_in(query) == selectors


@pytest.mark.parametrize(
    ("query", "minutes"),
    [
        ('{a="b"}', 0),
        ('rate({a="b"}[5m])', 5),
        ('rate({a="b"}[5m]) / rate({a="b"}[1h])', 60),
        ('rate({a="b"}[5m] offset 1d)', 1445),
        ('rate({a="b"} |= "[9h]"[5m])', 5),
        ('rate({a="b"}[soon])', 0),
        ('rate({a="b"}[1h1h])', 0),
    ],
)
def test_how_far_back_a_query_reads_is_known(query: str, minutes: int) -> None:
    assert reach(query) == timedelta(minutes=minutes)
