from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st
from promql_parser import VectorSelector, parse

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.promql import Matcher, escape, is_label, matcher, matchers_text, regex_escape, selector


def parsed(query: str) -> VectorSelector:
    tree = parse(query)
    assert isinstance(tree, VectorSelector)
    return tree


ANY_TEXT = st.text(st.characters(codec="utf-8"))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('say "hi"', r"say \"hi\""),
        (r"C:\tmp", r"C:\\tmp"),
        ("two\nlines\r\t", r"two\nlines\r\t"),
        ("bell\x07\x00\x7f", r"bell\x07\x00\x7f"),
        ("Größe 大 👍", "Größe 大 👍"),
    ],
)
def test_text_is_escaped_for_double_quotes(text: str, expected: str) -> None:
    assert escape(text) == expected


def test_half_a_character_is_refused() -> None:
    with pytest.raises(CallError, match="surrogate"):
        escape("\ud800")


def test_matchers_stand_in_the_order_given() -> None:
    pairs = [Matcher("instance", "=", "nas:9100"), ("mountpoint", "=~", "/tank/.*"), ("job", "!=", "")]
    assert matchers_text(pairs) == 'instance="nas:9100",mountpoint=~"/tank/.*",job!=""'
    assert matchers_text(()) == ""


def test_a_selector_names_metric_and_matchers() -> None:
    assert selector("up") == "up"
    assert selector("job:up:sum", [("job", "=", "node")]) == 'job:up:sum{job="node"}'
    assert selector("", [("__name__", "=~", "node_.*")]) == '{__name__=~"node_.*"}'


@pytest.mark.parametrize("label", ["", "1a", "a-b", "a.b", 'a="x"}', "größe", "a\n", "a:b"])
def test_a_label_that_is_none_is_refused(label: str) -> None:
    with pytest.raises(CallError, match="is no label name"):
        matcher(label, "=", "x")


def test_a_label_name_can_be_told_from_other_text() -> None:
    assert is_label("instance")
    assert not is_label("host.name")


@pytest.mark.parametrize("op", ["==", "", "~", ">"])
def test_an_operator_that_is_none_is_refused(op: str) -> None:
    with pytest.raises(CallError, match="is no matcher"):
        matcher("a", op, "x")


@pytest.mark.parametrize("metric", ["a-b", "a{", "1a", "a b", "up\n"])
def test_a_metric_that_is_none_is_refused(metric: str) -> None:
    with pytest.raises(CallError, match="is no metric name"):
        selector(metric)


def test_a_selector_of_everything_is_refused() -> None:
    with pytest.raises(CallError, match="select everything"):
        selector("")


@given(ANY_TEXT)
def test_any_value_is_one_matcher_to_a_parser(value: str) -> None:
    tree = parsed(selector("up", [("a", "=", value), ("b", "=", "c")]))
    assert [m.name for m in tree.matchers.matchers] == ["a", "b"]


@given(st.text(st.characters(codec="utf-8", exclude_categories=["Cc"])))
def test_any_value_comes_out_of_a_parser_as_it_went_in(value: str) -> None:
    tree = parsed(selector("up", [("a", "=", value)]))
    assert tree.matchers.matchers[0].value == value


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("nas.lan:9100", r"nas\.lan:9100"),
        ("[::1]", r"\[::1\]"),
        ("a+b*c?(d|e)^$", r"a\+b\*c\?\(d\|e\)\^\$"),
        ("a-b_c é", "a-b_c é"),
    ],
)
def test_a_pattern_is_escaped_as_go_does(text: str, expected: str) -> None:
    assert regex_escape(text) == expected


@given(ANY_TEXT)
def test_an_escaped_pattern_matches_its_text_alone(text: str) -> None:
    assert re.fullmatch(regex_escape(text), text)
    assert not re.fullmatch(regex_escape(text), text + "x")
