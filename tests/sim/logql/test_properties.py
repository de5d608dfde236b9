"""What must hold for any lines."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from sre_assistant.sim.logql import Engine, ParseError, parse
from sre_assistant.sim.logql.gotext import duration_text, parse_duration, quoted, unquoted
from sre_assistant.sim.logql.writing import laid_out, query_text
from sre_assistant.sim.logstore import Entry, Pushed
from tests.sim.logql.log_table import LOG_CASES
from tests.sim.logql.metric_table import MATRICES, VECTOR_CASES

SECOND = 1_000_000_000
TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)
LINES = st.lists(st.tuples(st.integers(1, 600), TEXTS), max_size=40, unique=True)
ENGINE = Engine()


def kept(lines: list[tuple[int, str]]) -> Pushed:
    store = Pushed()
    for place, (second, text) in enumerate(lines):
        store.push((("app", "a"), ("part", str(place % 3))), [Entry(second * SECOND, text, {})])
    return store


def total(store: Pushed, query: str, at: int) -> float:
    series = ENGINE.instant(store, query, at * SECOND).series
    return series[0][1][0].value if series else 0.0


@given(LINES)
@settings(max_examples=60, deadline=None)
def test_the_sum_of_counts_is_the_number_of_lines(lines: list[tuple[int, str]]) -> None:
    assert total(kept(lines), 'sum(count_over_time({app="a"}[10m]))', 600) == len(lines)


@given(LINES, st.integers(1, 599))
@settings(max_examples=60, deadline=None)
def test_windows_that_meet_add_up(lines: list[tuple[int, str]], cut: int) -> None:
    store = kept(lines)
    whole = total(store, 'sum(count_over_time({app="a"}[600s]))', 600)
    first = total(store, f'sum(count_over_time({{app="a"}}[{cut}s]))', cut)
    second = total(store, f'sum(count_over_time({{app="a"}}[{600 - cut}s]))', 600)
    assert first + second == whole


@given(LINES, TEXTS)
@settings(max_examples=100, deadline=None)
def test_a_line_filter_keeps_what_contains_the_text(lines: list[tuple[int, str]], needle: str) -> None:
    store, literal = kept(lines), quoted(needle)
    found = ENGINE.logs(store, f'{{app="a"}} |= {literal}', 0, 601 * SECOND, limit=5000).lines
    assert sorted(line.text for line in found) == sorted(text for _, text in lines if needle in text)
    others = ENGINE.logs(store, f'{{app="a"}} != {literal}', 0, 601 * SECOND, limit=5000).lines
    assert len(found) + len(others) == len(lines)


@given(LINES, st.integers(1, 50))
@settings(max_examples=60, deadline=None)
def test_a_limit_takes_the_first_or_the_last(lines: list[tuple[int, str]], limit: int) -> None:
    store = kept(lines)
    moments = sorted(second for second, _ in lines)
    first = ENGINE.logs(store, '{app="a"}', 0, 601 * SECOND, limit=limit, forward=True).lines
    last = ENGINE.logs(store, '{app="a"}', 0, 601 * SECOND, limit=limit).lines
    assert [line.at // SECOND for line in first] == moments[:limit]
    assert [line.at // SECOND for line in last] == moments[::-1][:limit]


@given(LINES, st.integers(5, 120))
@settings(max_examples=40, deadline=None)
def test_each_step_of_a_range_is_what_an_instant_query_gives(lines: list[tuple[int, str]], step: int) -> None:
    store, query = kept(lines), 'sum(bytes_over_time({app="a"}[90s]))'
    answer = ENGINE.over(store, query, 0, 600 * SECOND, step * SECOND)
    points = {point.at // 1000: point.value for _, points in answer.series for point in points}
    for second in range(0, 601, step):
        instant = ENGINE.instant(store, query, second * SECOND).series
        assert points.get(second) == (instant[0][1][0].value if instant else None)


@given(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=30), st.floats(0, 1))
@settings(max_examples=60, deadline=None)
def test_a_quantile_lies_between_the_extremes(values: list[float], rank: float) -> None:
    store = Pushed()
    store.push((("app", "a"),), [Entry(i * SECOND, f"v={value!r}", {}) for i, value in enumerate(values, 1)])

    def over(function: str) -> float:
        return total(store, f'{function}{{app="a"}} | logfmt | unwrap v [1m])', 60)

    low, high = over("min_over_time("), over("max_over_time(")
    assert low - 1e-6 <= over(f"quantile_over_time({rank:.6f}, ") <= high + 1e-6
    assert over("quantile_over_time(0, ") == low
    assert over("quantile_over_time(1, ") == high


@given(TEXTS)
def test_a_quoted_text_reads_back_the_same(text: str) -> None:
    assert unquoted(quoted(text)) == text


@given(st.integers(-(2**62), 2**62))
def test_a_written_duration_reads_back_the_same(nanoseconds: int) -> None:
    assert parse_duration(duration_text(nanoseconds)) == nanoseconds


@given(st.text('{}()[]="|~!<>abc ip by json 5m,.+-*/`\\', max_size=40))
@settings(max_examples=300, deadline=None)
def test_no_text_breaks_the_parser(text: str) -> None:
    try:
        tree = parse(text)
    except ParseError:
        return
    assert parse(query_text(tree)) == tree


def test_every_query_of_the_table_reads_back_from_its_canonical_text() -> None:
    for case in (*LOG_CASES, *VECTOR_CASES, *MATRICES):
        tree = parse(case.query)
        assert query_text(parse(query_text(tree))) == query_text(tree)
        assert query_text(parse(laid_out(tree))) == query_text(tree)
