"""What is wrong, or cannot be had, is an error in the server's words."""

# ruff: noqa: E501  a table is read by its rows

from __future__ import annotations

import pytest

from sre_assistant.sim.logql import Engine, ParseError, QueryError, parse
from sre_assistant.sim.regex import BadPattern, translated
from tests.sim.logql.lines import BASE, SECOND, store

NO_MATCHER = (
    "parse error : queries require at least one regexp or equality matcher that does not have an "
    'empty-compatible value. For instance, app=~".*" does not meet this requirement, but app=~".+" will'
)

SYNTAX = [
    ("", "parse error : syntax error: unexpected $end"),
    ("{", "parse error at line 1, col 2: syntax error: unexpected $end, expecting IDENTIFIER or }"),
    ('{app="a"', "parse error at line 1, col 9: syntax error: unexpected $end, expecting } or ,"),
    ('{app="a",}', "parse error at line 1, col 10: syntax error: unexpected }, expecting IDENTIFIER"),
    ("{app=}", "parse error at line 1, col 6: syntax error: unexpected }, expecting STRING"),
    ('{"app"="a"}', "parse error at line 1, col 2: syntax error: unexpected STRING, expecting IDENTIFIER or }"),
    ('{app>"a"}', "parse error at line 1, col 5: syntax error: unexpected >, expecting = or =~ or !~ or !="),
    ('{app="a"} |= error', "parse error at line 1, col 14: syntax error: unexpected IDENTIFIER, expecting STRING or ip"),
    ('{app="a"} error', "parse error at line 1, col 11: syntax error: unexpected IDENTIFIER"),
    ('{app="a"} |', "parse error at line 1, col 12: syntax error: unexpected $end"),
    ('{app="a"} | regexp', "parse error at line 1, col 19: syntax error: unexpected $end, expecting STRING"),
    ('{app="a"} | drop', "parse error at line 1, col 17: syntax error: unexpected $end, expecting IDENTIFIER"),
    ('{app="a"} | label_format a', "parse error at line 1, col 27: syntax error: unexpected $end, expecting ="),
    ('{app="a"} |= "b', "parse error at line 1, col 14: literal not terminated"),
    ("{app='a'}", "parse error at line 1, col 6: syntax error: unexpected IDENTIFIER, expecting STRING"),
    ('{app="a"}\n  |= }', "parse error at line 2, col 6: syntax error: unexpected }, expecting STRING or ip"),
    ('rate({app="a"})', "parse error at line 1, col 15: syntax error: unexpected )"),
    ("rate(", "parse error at line 1, col 6: syntax error: unexpected $end, expecting NUMBER or { or ("),
    ('min({ foo = "bar" }[5m])', "parse error at line 0, col 20: syntax error: unexpected RANGE"),
    ('unk({ foo = "bar" }[5m])', "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER"),
    ('rate({ foo = "bar" }[5minutes])', 'parse error at line 0, col 21: not a valid duration string: "5minutes"'),
    ('rate({ foo = "bar" }[5)', "parse error at line 0, col 21: missing closing ']' in duration"),
    ('label_replace(rate({ foo = "bar" }[5m]),"")', "parse error at line 1, col 43: syntax error: unexpected ), expecting ,"),
    ('sum({app="a"})', "parse error at line 1, col 14: syntax error: unexpected )"),
    ('sum by app (rate({app="a"}[1m]))', "parse error at line 1, col 1: syntax error: unexpected IDENTIFIER"),
    ('rate({app="a"}[1m] offset x)', "parse error at line 1, col 27: syntax error: unexpected IDENTIFIER, expecting DURATION"),
]  # fmt: skip

MEANING = [
    ("{}", NO_MATCHER),
    ('{app=""}', NO_MATCHER),
    ('{app=~".*"}', NO_MATCHER),
    ('{app!="a"}', NO_MATCHER),
    ('sum(rate({app!~"a"}[1m]))', NO_MATCHER),
    ('{app=~"("}', "parse error : error parsing regexp: missing closing ): `(`"),
    ('{app="a"} | regexp "abc"', "parse error : invalid regexp parser: at least one named capture must be supplied"),
    ('{app="a"} | pattern "abc"', "parse error : invalid pattern parser: at least one capture is required"),
    ('{app="a"} | pattern "<a><b>"', "parse error : invalid pattern parser: found consecutive capture '<a><b>': invalid expression"),
    ('count_over_time(1, {app="a"}[1m])', "parse error : parameter 1 not supported for operation count_over_time"),
    ('quantile_over_time({app="a"} | unwrap x [1m])', "parse error : parameter required for operation quantile_over_time"),
    ('count_over_time({app="a"} | unwrap x [1m])', "parse error : invalid aggregation count_over_time with unwrap"),
    ('sum_over_time({app="a"}[1m])', "parse error : invalid aggregation sum_over_time without unwrap"),
    ('absent_over_time({app="a"}[1m]) by (x)', "parse error : grouping not allowed for absent_over_time aggregation"),
    ('topk(rate({app="a"}[1m]))', "parse error : parameter required for operation topk"),
    ('topk(0, rate({app="a"}[1m]))', "parse error : invalid parameter (must be greater than 0) topk(0"),
    ('sum(2, rate({app="a"}[1m]))', "parse error : unsupported parameter for operation sum(2,"),
    ('sort(rate({app="a"}[1m])) by (x)', "parse error : sort and sort_desc doesn't allow grouping by "),
    ('{app="a"} + 1', "parse error : unexpected type for left leg of binary operation (+): *syntax.MatchersExpr"),
    ('1 + {app="a"} |= "x"', "parse error : unexpected type for right leg of binary operation (+): *syntax.PipelineExpr"),
    ('1 or rate({app="a"}[1m])', "parse error : unexpected literal for left leg of logical/set binary operation (or): 1.000000"),
    ('label_replace(rate({app="a"}[1m]), "a", "b", "c", "(")', "parse error : invalid regex in label_replace: error parsing regexp: missing closing ): `^(?:()$`"),
]  # fmt: skip

STAGES = [
    ('{app="a"} |~ "("', "parse error : stage '|~ \"(\"' : error parsing regexp: missing closing ): `(`"),
    ('{app="a"} |= ip("x")', "parse error : stage '|= ip(\"x\")' : ip: invalid pattern: \"x\""),
    ('{app="a"} |~ ip("192.0.2.1")', "parse error : stage '|~ ip(\"192.0.2.1\")' : ip: invalid operation"),
    ('{app="a"} | line_format "{{"', "parse error : stage '| line_format \"{{\"' : invalid line template: template: line:1: unclosed action"),
    ('{app="a"} | line_format "{{ nope }}"', "parse error : stage '| line_format \"{{ nope }}\"' : invalid line template: template: line:1: function \"nope\" not defined"),
    ('{app="a"} | label_format a="x",a="y"', "parse error : stage '| label_format a=\"x\",a=\"y\"' : multiple label name 'a' not allowed in a single format operation"),
    ('{app="a"} | label_format __error__="x"', "parse error : stage '| label_format __error__=\"x\"' : __error__ cannot be formatted"),
    ('{app="a"} |> "<name> x"', "parse error : stage '|> \"<name> x\"' : named captures are not allowed"),
]  # fmt: skip

EVALUATION = [
    (
        'count_over_time({kind="json"} | json [1m])',
        "pipeline error: 'JSONParserErr' for series: "
        "'{__error__=\"JSONParserErr\", __error_details__=\"Value looks like object, but can't find closing "
        "'}' symbol\", kind=\"json\"}'.\n"
        'Use a label filter to intentionally skip this error. (e.g | __error__!="JSONParserErr").\n'
        'To skip all potential errors you can match empty errors.(e.g __error__="")\n'
        "The label filter can also be specified after unwrap. (e.g | unwrap latency | __error__=\"\" )\n",
    ),
    (
        'count_over_time({kind="hosts"}[1m]) * on (kind) count_over_time({kind="hosts"}[1m])',
        "found duplicate series on the right hand-side;many-to-many matching not allowed: "
        "matching labels must be unique on one side",
    ),
    (
        'count_over_time({kind="hosts"}[1m]) * on (kind) sum by (kind) (count_over_time({kind="hosts"}[1m]))',
        "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
    ),
    ('{kind="json"}', "log queries are not supported as an instant query type, please change your query to a range query type"),
    ('approx_topk(2, rate({kind="json"}[1m]))', "approx_topk is not enabled. See -limits.shard_aggregations"),
]  # fmt: skip


@pytest.mark.parametrize(("query", "said"), [*SYNTAX, *MEANING])
def test_what_is_no_query_is_refused_with_its_place(query: str, said: str) -> None:
    with pytest.raises(ParseError) as raised:
        parse(query)
    assert str(raised.value) == said


@pytest.mark.parametrize(("query", "said"), STAGES)
def test_a_stage_that_cannot_be_built_is_named(query: str, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        Engine().logs(store(), query, 0, 1)
    assert str(raised.value) == said


@pytest.mark.parametrize(("query", "said"), EVALUATION)
def test_what_cannot_be_worked_out_says_why(query: str, said: str) -> None:
    with pytest.raises(QueryError) as raised:
        Engine().instant(store(), query, (BASE + 60) * SECOND)
    assert str(raised.value) == said


def test_a_conversion_that_fails_fails_the_query() -> None:
    query = 'sum_over_time({kind="logfmt"} | logfmt took | unwrap duration(took) [1m])'
    with pytest.raises(QueryError, match=r"pipeline error: 'SampleExtractionErr' for series"):
        Engine().instant(store(), query, (BASE + 60) * SECOND)


def test_more_series_than_allowed_are_refused() -> None:
    engine = Engine(max_series=2)
    with pytest.raises(
        QueryError, match=r"^maximum number of series \(2\) reached for a single query; consider"
    ):
        engine.instant(store(), 'count_over_time({kind="hosts"}[1m])', (BASE + 60) * SECOND)
    assert engine.instant(store(), 'sum(count_over_time({kind="hosts"}[1m]))', (BASE + 60) * SECOND).series


def test_more_points_than_allowed_are_refused() -> None:
    with pytest.raises(QueryError, match="exceeded maximum resolution of 11,000 points per time series"):
        Engine().over(store(), "vector(1)", 0, 11_001 * SECOND, SECOND)


def test_a_huge_query_is_refused() -> None:
    with pytest.raises(ParseError, match=r"input size too long \(131092 > 131072\)"):
        parse('{app="a"} |= "' + "x" * 131_077 + '"')


PATTERNS = [
    ("(", "missing closing ): `(`"),
    ("a)", "unexpected ): `a)`"),
    ("*a", "missing argument to repetition operator: `*`"),
    ("a**", "invalid nested repetition operator: `**`"),
    ("a{1001}", "invalid repeat count: `{1001}`"),
    ("(?=a)", "invalid or unsupported Perl syntax: `(?=`"),
    ("(?!a)", "invalid or unsupported Perl syntax: `(?!`"),
    ("(?>a)", "invalid or unsupported Perl syntax: `(?>`"),
    ("a++", "invalid nested repetition operator: `++`"),
    (r"(a)\1", r"invalid escape sequence: `\1`"),
    (r"\Z", r"invalid escape sequence: `\Z`"),
    ("[a", "missing closing ]: `[a`"),
    ("[z-a]", "invalid character class range: `z-a`"),
    ("[[:nope:]]", "invalid character class range: `[:nope:]`"),
    ("a\\", "trailing backslash at end of expression: ``"),
]


@pytest.mark.parametrize(("pattern", "said"), PATTERNS)
def test_what_re2_refuses_is_refused_in_its_words(pattern: str, said: str) -> None:
    with pytest.raises(BadPattern) as raised:
        translated(pattern)
    assert str(raised.value) == f"error parsing regexp: {said}"
