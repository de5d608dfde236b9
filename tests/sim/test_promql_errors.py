from __future__ import annotations

from collections.abc import Iterator

import pytest

from sre_assistant.sim.metrics.series import Matcher
from sre_assistant.sim.promql import BadData, parse_matchers
from sre_assistant.sim.promql.syntax import parse
from tests.sim.mistakes import MISTAKES
from tests.sim.real_prometheus import MISSING, ask, running


def message(recorded: str) -> str:
    place, problem = recorded.split(" ", 1)
    return f"{place}: parse error: {problem}"


@pytest.mark.parametrize(("query", "recorded"), MISTAKES)
def test_a_mistake_is_named_and_placed_as_by_the_real_server(query: str, recorded: str) -> None:
    with pytest.raises(BadData) as refusal:
        parse(query)
    assert str(refusal.value) == message(recorded)


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    folder = tmp_path_factory.mktemp("empty")
    (folder / "prometheus.yml").write_text("{}")
    with running(folder, folder / "data") as url:
        yield url


@pytest.mark.real
@pytest.mark.skipif(bool(MISSING), reason=f"not on PATH: {', '.join(MISSING)}")
@pytest.mark.parametrize(("query", "recorded"), MISTAKES)
def test_the_recorded_messages_are_the_real_servers(server: str, query: str, recorded: str) -> None:
    _, body = ask(server, "query", query=query)
    assert body["error"] == f'invalid parameter "query": {message(recorded)}'


@pytest.mark.parametrize(
    ("query", "said"),
    [
        ("up\n  + on(", "2:8: parse error"),
        ("sum(\n rate(up)\n)", "2:7: parse error: expected type range vector"),
    ],
)
def test_the_line_is_counted(query: str, said: str) -> None:
    with pytest.raises(BadData, match=said):
        parse(query)


@pytest.mark.parametrize(
    "query",
    [
        "double_exponential_smoothing(up[5m], 0.1, 0.2)",
        "histogram_avg(up)",
        "up @ -5",
        'up{a=~"\\\\p{Greek}+"}',
        'up{a="b" or c="d"}',
    ],
)
def test_what_is_not_supported_is_an_error_and_never_a_guess(query: str) -> None:
    with pytest.raises(BadData, match="parse error"):
        parse(query)


@pytest.mark.parametrize(
    "query",
    [
        r"up{path=`C:\dir`}",
        "sum by (a,) (up)",
        "# a comment\nup # and another",
        "up offset -1h30m @ end()",
        'label_replace(up, "a", "$1", "b", `(\\d+)`)',
        "Inf - NaN + 0x1F",
        "quantile_over_time(0.5, (up)[1h:5m])",
    ],
)
def test_what_is_right_parses(query: str) -> None:
    parse(query)


def test_raw_strings_keep_their_backslashes() -> None:
    assert parse_matchers(r"up{path=`C:\dir`}")[1] == Matcher("path", "=", r"C:\dir")


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("", "1:1: parse error: unexpected end of input"),
        ("up offset 5m", "1:4: parse error: unexpected <offset>"),
        ("1", '1:1: parse error: unexpected number "1"'),
        ('{a=""}', "must contain at least one non-empty matcher"),
        ('up{a=~"("}', r"error parsing regexp: missing closing \): `\^\(\?:\(\)\$`"),
    ],
)
def test_a_series_selector_is_only_that(text: str, said: str) -> None:
    with pytest.raises(BadData, match=said):
        parse_matchers(text)
