"""Where RE2 and Python read a pattern differently, RE2 is followed."""

from __future__ import annotations

import pytest

from sre_assistant.sim.regex import compiled, replaced

FINDS = [
    ("a$", "a\n", None),
    ("(?m)a$", "a\nb", "a"),
    (r"a\z", "ba", "a"),
    (r"\d", "٣", None),
    (r"\w+", "é_x", "_x"),
    (r"\s", "\xa0", None),
    (r"\bx", "éx", "x"),
    ("(?i)É", "é", "é"),
    ("a(?i)b|c", "C", "C"),
    ("(?i:a)b", "AB", None),
    ("(?i)a(?-i:b)", "Ab", "Ab"),
    ("(?i)a(?-i:b)", "AB", None),
    ("(?s)a.b", "a\nb", "a\nb"),
    ("a.b", "a\nb", None),
    ("(?U)a+", "aaa", "a"),
    ("(?U)a+?", "aaa", "aaa"),
    ("a{,2}", "aaa{,2}", "a{,2}"),
    ("[[:upper:]]+", "abCD", "CD"),
    ("[^[:alpha:]]", "a1", "1"),
    (r"[\d-]+", "a1-2", "1-2"),
    (r"\Qa.b\E+", "a.bbb", "a.bbb"),
    (r"\pL+", "1é2", "é"),
    (r"\PL+", "é12é", "12"),
    (r"\x{e9}", "é", "é"),
    ("[]a]+", "]a", "]a"),
    ("(?P<x>a)|b", "b", "b"),
    ("(?<x>a)", "a", "a"),
    ("(|a)+", "aa", ""),
]


@pytest.mark.parametrize(("pattern", "text", "found"), FINDS)
def test_a_pattern_finds_what_re2_finds(pattern: str, text: str, found: str | None) -> None:
    match = compiled(pattern).search(text)
    assert (match[0] if match else None) == found


@pytest.mark.parametrize(
    ("template", "said"),
    [("$1-$2", "b-"), ("${1}x", "bx"), ("$1x", ""), ("$$1", "$1"), ("${name}", "c"), ("$other", "")],
)
def test_a_replacement_is_filled_in_as_go_does(template: str, said: str) -> None:
    assert replaced("a(b)(?:(x)|(?P<name>c))", "abc", template) == said
