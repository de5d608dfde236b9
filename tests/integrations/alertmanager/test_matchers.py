from __future__ import annotations

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.domain.errors import CallError
from sre_assistant.integrations.alertmanager.matchers import filters, parse_matchers
from sre_assistant.kit.promql import Matcher, matchers_text


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ('alertname="DiskFull"', [("alertname", "=", "DiskFull")]),
        (
            'alertname="DiskFull", instance=~"nas.*"',
            [("alertname", "=", "DiskFull"), ("instance", "=~", "nas.*")],
        ),
        (
            '{alertname="a",job!="b" , x!~"c|d",}',
            [("alertname", "=", "a"), ("job", "!=", "b"), ("x", "!~", "c|d")],
        ),
        (' { a = "b" } ', [("a", "=", "b")]),
        (r'a="C:\\x \"y\"\n\t"', [("a", "=", 'C:\\x "y"\n\t')]),
        (r'instance=~"nas\\.lan:.*"', [("instance", "=~", r"nas\.lan:.*")]),
        ('a="b", team=""', [("a", "=", "b"), ("team", "=", "")]),
        ('a="},{"', [("a", "=", "},{")]),
    ],
)
def test_matchers_are_read_as_promql_writes_them(text: str, meant: list[tuple[str, str, str]]) -> None:
    assert list(parse_matchers(text)) == [Matcher(*each) for each in meant]


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("DiskFull", "'DiskFull' is no matcher: write alertname="),
        ('alertname="a" job="b"', "is no matcher"),
        ('alertname="a" or job="b"', "is no matcher"),
        ("alertname=DiskFull", "is no matcher"),
        ("alertname='DiskFull'", "is no matcher"),
        ('alertname=="a"', "is no matcher"),
        ('alertname="a', "is no matcher"),
        ('alertname="a"b"', "is no matcher"),
        ('1st="a"', "is no matcher"),
        ('{alertname="a"', "is no matcher"),
        ('a="b",,c="d"', "is no matcher"),
        ('a="b\nc"', "is no matcher"),
        ('a="b\x1b[2J"', "is no matcher"),
        (r'instance=~"nas\.lan"', r"'\\.' is no escape here: write \\ for a backslash"),
        ('a="' + "x" * 2_000 + '"', "2,004 characters: give at most 2,000"),
        (",".join(f'a{n}="b"' for n in range(21)), "21 matchers: give at most 20"),
    ],
)
def test_what_is_no_list_of_matchers_is_refused(text: str, words: str) -> None:
    with pytest.raises(CallError) as caught:
        parse_matchers(text)
    assert words in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "  ",
        "{}",
        'alertname=""',
        'alertname!=""',
        'severity!="critical"',
        'alertname!~"Watchdog"',
        'alertname=~".*"',
        'alertname=~".+"',
        'alertname=~""',
        'alertname=~"^.*$"',
        'alertname=~"(.*)"',
        'alertname=~"(?:.+)"',
        'alertname=~"(?i).*"',
        'alertname=~"DiskFull|.*"',
        'alertname=~"DiskFull|"',
        'alertname=~"(DiskFull|.+)"',
        'alertname=~"(DiskFull)?.*"',
        'alertname=~"((nas)|(.*))"',
        'alertname=~"[a-zA-Z].*"',
        'alertname=~"[^x]+"',
        'alertname=~"[]a]*"',
        'alertname=~"x*"',
        'alertname=~"x?.+"',
        'alertname=~"x{0,3}.+"',
        'alertname=~"(nas){0}.*"',
        r'alertname=~"\\w+"',
        r'alertname=~"\\S.*"',
        r'alertname=~"\\pL.*"',
        r'alertname=~"\\p{Greek}*.*"',
        'alertname=~".+", severity!="none", job=~".*"',
    ],
)
def test_what_matches_whatever_there_is_is_refused(text: str) -> None:
    with pytest.raises(CallError, match="would match whatever there is: name what is meant"):
        parse_matchers(text)


@pytest.mark.parametrize(
    "pattern",
    [
        "nas.*",
        ".*nas",
        "nas|pve1",
        "(nas|pve)[0-9]+",
        "(?:nas|pve[12])(:[0-9]+)?",
        "(?i)disk.*",
        "(?i:disk).*",
        "(?P<host>nas).*",
        "Disk(Full|WillFill)?",
        r"nas\\.lan",
        r"\\d+x",
        "ä.*",
        "((nas))",
        "x{2}.*",
        "(nas){1,3}",
    ],
)
def test_a_pattern_that_spells_something_out_is_a_name(pattern: str) -> None:
    assert parse_matchers(f'instance=~"{pattern}"')


def test_alertmanager_is_asked_with_the_escapes_it_knows() -> None:
    matchers = (Matcher("a", "=", 'C:\\x "y"\n\t'), Matcher("b", "!~", "c"))
    assert filters(matchers) == (("filter", 'a="C:\\\\x \\"y\\"\\n\t"'), ("filter", 'b!~"c"'))


NAMES = st.from_regex(r"[a-z_][a-z0-9_]{0,8}", fullmatch=True)
VALUES = st.text(st.characters(exclude_categories=("Cs", "Cc")) | st.sampled_from("\n\t"), max_size=20)


@given(st.lists(st.tuples(NAMES, st.sampled_from(["=", "!=", "=~", "!~"]), VALUES), max_size=5))
def test_what_is_written_is_read_back(others: list[tuple[str, str, str]]) -> None:
    matchers = (Matcher("alertname", "=", "x"), *(Matcher(*each) for each in others))
    assert parse_matchers(matchers_text(matchers)) == matchers


@given(st.text(max_size=60))
def test_no_text_is_more_than_a_mistake(text: str) -> None:
    with contextlib.suppress(CallError):
        assert parse_matchers(text)
