from __future__ import annotations

import pytest

from sre_assistant.domain.errors import CallError, Denied, Rejected, Unreachable
from sre_assistant.domain.reading import Completeness
from tests.integrations.prometheus.answers import (
    EPOCH,
    NAS,
    failed,
    matrix,
    running,
    scalar,
    success,
    vector,
)
from tests.kit.hostile import answering

LONG = {
    "__name__": "container_memory_working_set_bytes",
    "id": "/kubepods/" + "x" * 80,
    "pod": "p",
    "ns": "n",
}


async def test_a_search_shows_types_and_helps_of_what_it_found() -> None:
    async with running() as prom:
        result = await prom.call("prometheus_search_metrics", search_term="cpu seconds")
    assert result.text.splitlines() == [
        "Found 3 metrics matching 'cpu seconds':",
        "  node_cpu_seconds_total (counter): Seconds the CPUs spent in each mode.",
        "  http_request_duration_seconds_bucket (histogram): Latencies.",
        "  odd",
        "Ask for values with prometheus_instant_query.",
    ]


@pytest.mark.parametrize("term", ["node cpu", "node.cpu", "node-cpu", "  NODE/cpu "])
async def test_a_search_takes_words_however_they_are_parted(term: str) -> None:
    async with running() as prom:
        await prom.call("prometheus_search_metrics", search_term=term)
    node, cpu = term.replace(".", " ").replace("-", " ").replace("/", " ").split()
    matchers = f"__name__%3D~%22%28%3Fi%29.%2A{node}.%2A%22%2C__name__%3D~%22%28%3Fi%29.%2A{cpu}.%2A%22"
    assert prom.server.seen[0].target == f"/api/v1/label/__name__/values?match%5B%5D=%7B{matchers}%7D"


@pytest.mark.parametrize("term", ["", "...", " - ", '"', "x" * 201])
async def test_a_search_for_nothing_is_not_made(term: str) -> None:
    async with running() as prom:
        with pytest.raises(CallError, match="at least one word"):
            await prom.call("prometheus_search_metrics", search_term=term)
    assert prom.server.seen == []


async def test_helps_are_fetched_once_in_five_minutes() -> None:
    async with running() as prom:
        for _ in range(3):
            await prom.call("prometheus_search_metrics", search_term="cpu")
        await prom.clock.sleep(301)
        await prom.call("prometheus_search_metrics", search_term="cpu")
    assert prom.server.paths.count("/api/v1/metadata") == 2


async def test_a_search_works_without_helps_and_says_so() -> None:
    async with running() as prom:
        prom.answers(metadata=answering("no", 404, "text/plain"))
        result = await prom.call("prometheus_search_metrics", search_term="cpu")
    assert "  node_cpu_seconds_total\n" in result.text
    assert "Note: types and helps unknown: HTTP 404" in result.text


async def test_a_search_that_finds_nothing_says_what_to_try() -> None:
    async with running() as prom:
        prom.answers(label____name____values=success([]))
        prom.server.behaviour = success([])
        result = await prom.call("prometheus_search_metrics", search_term="nothing like it")
    assert result.completeness is Completeness.EMPTY
    assert result.text.startswith("No metric's name contains all words of 'nothing like it'. Try fewer")


async def test_an_instant_query_lists_series_and_values() -> None:
    async with running() as prom:
        result = await prom.call("prometheus_instant_query", query="up")
    assert result.text.splitlines() == [
        "Result type: vector, series count: 2",
        '  up{instance="nas.lan:9100", job="node"} => 1',
        '  up{instance="pve2.lan:9100", job="node"} => 0',
    ]
    assert result.provenance.query == "up"
    assert result.completeness is Completeness.COMPLETE


@pytest.mark.parametrize(
    ("value", "shown"),
    [("NaN", "NaN"), ("+Inf", "+Inf"), ("0.1", "0.1"), ("1e+16", "1e+16"), ("123456789", "123456789")],
)
async def test_values_are_shown_in_full(value: str, shown: str) -> None:
    async with running() as prom:
        prom.answers(query=scalar(value))
        result = await prom.call("prometheus_instant_query", query="x")
    assert result.text == f"Result type: scalar, series count: 1\n  {{}} => {shown}"


async def test_more_than_50_series_are_cut_with_a_warning() -> None:
    async with running() as prom:
        prom.answers(query=vector(*(({"n": str(n)}, "1") for n in range(60))))
        text = (await prom.call("prometheus_instant_query", query="x")).text
    assert "series count: 60\nWARNING: only the first 50 are shown" in text
    assert text.count(" => ") == 50


async def test_no_series_comes_with_three_hints() -> None:
    async with running() as prom:
        prom.answers(query=vector())
        text = (await prom.call("prometheus_instant_query", query="x")).text
    assert [line[:2] for line in text.splitlines()] == ["No", "1.", "2.", "3."]


async def test_the_peak_of_negative_values_is_warned_about() -> None:
    async with running() as prom:
        prom.answers(query=vector(({}, "-5")))
        wrong = await prom.call("prometheus_instant_query", query="max_over_time(x[1d])")
        right = await prom.call("prometheus_instant_query", query="min_over_time(x[1d])")
    assert "ask for min_over_time" in wrong.text
    assert "WARNING" not in right.text


@pytest.mark.parametrize(
    ("query", "warned"),
    [
        ("abs(max_over_time(x[1d]))", True),
        ("abs( sum by (job) (max_over_time(x[1d])))", True),
        ("max_over_time(abs(x)[1d:1m])", False),
        ("abs(x - max_over_time(x[1d]))", False),
        ("abs(x) + max_over_time(x[1d])", False),
    ],
)
async def test_a_peak_taken_before_the_sign_is_dropped_is_warned_about(query: str, *, warned: bool) -> None:
    async with running() as prom:
        prom.answers(query=vector(({}, "5")))
        text = (await prom.call("prometheus_instant_query", query=query)).text
    assert ("WARNING: abs(max_over_time(…)) misses swings below zero" in text) == warned


@pytest.mark.parametrize(("count", "shown"), [(1, 1), (2, 2), (6, 6), (7, 6), (100, 6)])
async def test_no_point_of_a_range_is_shown_twice(count: int, shown: int) -> None:
    points = [(EPOCH - 60 * (count - n - 1), str(n)) for n in range(count)]
    async with running() as prom:
        prom.answers(query_range=matrix((NAS, points)))
        text = (await prom.call("prometheus_range_query", query="up", start="2h", end="now")).text
    lines = [line for line in text.splitlines() if line.startswith("    [")]
    assert len(lines) == len(set(lines)) == shown
    assert (f"... ({count - 6:,} more samples)" in text) == (count > 6)


async def test_a_range_tells_count_bounds_mean_and_dates() -> None:
    async with running() as prom:
        text = (await prom.call("prometheus_range_query", query="up", start="1h", end="now")).text
    assert text.splitlines() == [
        "Result type: matrix, series count: 1, samples: 2, times in UTC",
        '  up{instance="nas.lan:9100", job="node"}: 2 samples (min: 0.5, max: 1, avg: 0.75)',
        "    [2026-03-01 02:13:05] 1",
        "    [2026-03-01 02:14:05] 0.5",
    ]


async def test_points_that_are_no_numbers_are_left_out_of_the_mean() -> None:
    async with running() as prom:
        prom.answers(query_range=matrix((NAS, [(EPOCH - 60, "NaN"), (EPOCH, "4")])))
        some = (await prom.call("prometheus_range_query", query="up", start="1h", end="now")).text
        prom.answers(query_range=matrix((NAS, [(EPOCH, "NaN")])))
        none = (await prom.call("prometheus_range_query", query="up", start="1h", end="now")).text
        prom.answers(query_range=matrix((NAS, [(EPOCH - 60, "+Inf"), (EPOCH, "4")])))
        endless = (await prom.call("prometheus_range_query", query="up", start="1h", end="now")).text
    assert "2 samples (min: 4, max: 4, avg: 4, 1 NaN)" in some
    assert "1 samples, none of them a number" in none
    assert "(min: 4, max: +Inf, avg: NaN)" in endless


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        ({"step": "0s"}, "step '0s' must be above 0"),
        ({"step": "0"}, "step '0' must be above 0"),
        ({"step": "2d"}, "step '2d' must be above 0 and at most 1d"),
        ({"step": "often"}, "'often' is no duration"),
        ({"step": "1s", "start": "29d"}, "2,505,601 points"),
        ({"start": "now", "end": "1h"}, "start 'now' is after end '1h'"),
        ({"start": "now", "end": "now"}, "is the same moment as"),
        ({"start": "31d"}, "more than the 30 days"),
        (
            {"end": "2099-01-01T00:00:00Z"},
            "'2099-01-01T00:00:00Z' is 2099-01-01T00:00:00+00:00, which is in the future",
        ),
        ({"start": "2099-01-01T00:00:00Z"}, "in the future"),
        ({"start": "soon"}, "'soon' is no time"),
        ({"query": ""}, "0 characters"),
        ({"query": "x" * 2001}, "2,001 characters"),
    ],
)
async def test_what_cannot_be_asked_names_the_value_and_the_remedy(
    arguments: dict[str, str], words: str
) -> None:
    asked = {"query": "up", "start": "1h", "end": "now"} | arguments
    async with running() as prom:
        with pytest.raises(CallError) as caught:
            await prom.call("prometheus_range_query", **asked)
    assert words in str(caught.value)
    assert prom.asked == []


@pytest.mark.parametrize(
    "wrong", [{"step": "0s"}, {"step": "often"}, {"start": "soon"}, {"end": "?"}, {"query": ""}]
)
async def test_what_is_wrong_whatever_the_time_is_not_even_asked_the_time(wrong: dict[str, str]) -> None:
    asked = {"query": "up", "start": "1h", "end": "now"} | wrong
    async with running() as prom:
        with pytest.raises(CallError):
            await prom.call("prometheus_range_query", **asked)
    assert prom.server.seen == []


async def test_a_step_in_plain_seconds_is_understood() -> None:
    async with running() as prom:
        await prom.call("prometheus_range_query", query="up", start="1h", end="now", step="30")
    assert prom.asked[0].endswith("&step=30.000")


async def test_failures_are_failures_and_not_texts() -> None:
    async with running() as prom:
        prom.answers(query=failed(400, "bad_data", "parse error"))
        with pytest.raises(Rejected, match="parse error"):
            await prom.call("prometheus_instant_query", query="up{")
        prom.answers(query=answering("no", 500, "text/plain"))
        with pytest.raises(Unreachable):
            await prom.call("prometheus_instant_query", query="up")


async def test_everything_is_kept_behind_a_list_that_was_cut() -> None:
    many = [{"labels": {"instance": f"n{n}.lan:9100"}, "health": "up"} for n in range(70)]
    async with running() as prom:
        prom.answers(
            query=vector(*(({"n": str(n)}, "1") for n in range(60))), targets=success({"activeTargets": many})
        )
        cut = await prom.call("prometheus_instant_query", query="x")
        listed = await prom.call("prometheus_list_targets")
        prom.answers()
        whole = await prom.call("prometheus_instant_query", query="x")
    assert isinstance(cut.data, tuple)
    assert [sample.labels["n"] for sample in cut.data] == [str(n) for n in range(60)]
    assert isinstance(listed.data, list)
    assert len(listed.data) == 70
    assert whole.data is None


async def test_broken_targets_come_first() -> None:
    async with running() as prom:
        text = (await prom.call("prometheus_list_targets")).text
        down = (await prom.call("prometheus_list_targets", health="down")).text
        other = (await prom.call("prometheus_list_targets", job="blackbox")).text
    assert text.startswith("2 targets (1 up, 1 down); 2 match\n  [down] node pve2.lan:9100")
    assert "no route to host" in text
    assert "never scraped" in text
    assert "2 targets (1 up, 1 down); 1 match\n  [down]" in down
    assert other == "2 targets (1 up, 1 down); 0 match"


async def test_a_server_that_scrapes_nothing_says_so() -> None:
    async with running() as prom:
        prom.answers(targets=success({"activeTargets": []}))
        assert (await prom.call("prometheus_list_targets")).text.startswith("Nothing is scraped")


@pytest.mark.parametrize(
    ("state", "names"),
    [
        ("any", ["Broken", "DiskWillFillSoon", "job:up:sum"]),
        ("firing", ["DiskWillFillSoon"]),
        ("inactive", ["Broken"]),
        ("failing", ["Broken"]),
        ("recording", ["job:up:sum"]),
        ("alerting", ["Broken", "DiskWillFillSoon"]),
        ("pending", []),
    ],
)
async def test_rules_are_listed_by_state_broken_ones_first(state: str, names: list[str]) -> None:
    async with running() as prom:
        text = (await prom.call("prometheus_list_rules", state=state)).text
    assert [line.split()[1] for line in text.splitlines()[1:]] == names
    assert text.startswith(f"3 rules; {len(names)} match")


async def test_alerts_are_listed_with_their_begin() -> None:
    async with running() as prom:
        text = (await prom.call("prometheus_list_alerts")).text
        pending = (await prom.call("prometheus_list_alerts", state="pending")).text
    assert '  [firing] InstanceDown since 2026-03-01 02:10:10Z {instance="127.0.0.1:19999"' in text
    assert '"Instance down"' in text
    assert "  [pending] Soon since 2026-03-01 02:13:00Z {}" in pending
    assert "InstanceDown" not in pending


@pytest.mark.parametrize(
    ("tool", "arguments"),
    [
        ("prometheus_list_targets", {"health": "broken"}),
        ("prometheus_list_rules", {"state": "err"}),
        ("prometheus_list_alerts", {"state": "active"}),
        ("prometheus_tsdb_status", {"limit": 0}),
        ("prometheus_tsdb_status", {"limit": 21}),
    ],
)
async def test_a_choice_that_is_none_is_told_what_there_is(tool: str, arguments: dict[str, object]) -> None:
    async with running() as prom:
        with pytest.raises(CallError, match="give"):
            await prom.call(tool, **arguments)
    assert prom.server.seen == []


async def test_the_database_tells_its_size() -> None:
    async with running() as prom:
        text = (await prom.call("prometheus_tsdb_status", limit=2)).text
        prom.answers(
            status__tsdb=success({"totalSeries": 7, "seriesCountByMetricName": [{"name": "a", "value": 1}]})
        )
        other = (await prom.call("prometheus_tsdb_status")).text
    assert text.startswith("Head block: 1,085 series, 826 label pairs, 1,085 chunks, 2026-03-01 02:10:00 to ")
    assert "Series by metric:\n  metric_0: 100\n  metric_1: 99\nValues by label:\n  le: 70" in text
    assert other == "7 series; the server tells nothing of a head block\nSeries by metric:\n  a: 1"


@pytest.mark.parametrize(
    ("series", "said"),
    [(500_000, ""), (500_001, "more than 500,000 series"), (1_000_001, "more than 1,000,000 series")],
)
async def test_a_database_that_grows_large_is_warned_about(series: int, said: str) -> None:
    async with running() as prom:
        prom.answers(status__tsdb=success({"headStats": {"numSeries": series}}))
        text = (await prom.call("prometheus_tsdb_status")).text
    assert said in text
    assert ("WARNING" in text) == bool(said)


async def test_an_empty_database_has_no_begin() -> None:
    fresh = {"headStats": {"minTime": 9223372036854775807, "maxTime": -9223372036854775808}}
    async with running() as prom:
        prom.answers(status__tsdb=success(fresh))
        text = (await prom.call("prometheus_tsdb_status")).text
    assert text == "Head block: 0 series, 0 label pairs, 0 chunks, never to never UTC"


async def test_the_server_tells_version_start_and_flags() -> None:
    async with running() as prom:
        text = (await prom.call("prometheus_runtime_info")).text
    assert text.splitlines() == [
        "Prometheus 2.42.0+ds",
        "Started 2026-02-28T09:28:03.037565605Z, retention 15d",
        "Last configuration of 2026-02-28T09:28:03Z: accepted",
        "Goroutines 38, write-ahead log corruptions 0",
        "Flags:",
        "  --config.file=/etc/prometheus/prometheus.yml",
        "  --storage.tsdb.retention.time=0s",
    ]


async def test_a_server_without_runtime_pages_says_what_it_can() -> None:
    absent = answering("404", 404, "text/plain")
    async with running() as prom:
        prom.answers(status__buildinfo=success({"version": "2.24.0"}), status__runtimeinfo=absent)
        text = (await prom.call("prometheus_runtime_info")).text
        prom.answers(status__flags=answering("no", 403, "text/plain"))
        with pytest.raises(Denied):
            await prom.call("prometheus_runtime_info")
    assert text.startswith(
        "A server with the Prometheus API 2.24.0\nNote: prom: GET /api/v1/status/runtimeinfo: HTTP 404"
    )


async def test_what_a_label_says_stays_on_its_line() -> None:
    nasty = {"__name__": "up", "job": 'x"} => 0\n  up{\x1b[2J\u202e'}
    async with running() as prom:
        prom.answers(query=vector((nasty, "1")))
        text = (await prom.call("prometheus_instant_query", query="up")).text
    assert len(text.splitlines()) == 2
    assert "\x1b" not in text
    assert "\u202e" not in text


async def test_the_longest_results_keep_to_their_budget() -> None:
    points = [(EPOCH - n, str(n)) for n in range(7, 0, -1)]
    async with running() as prom:
        prom.answers(
            query=vector(*((LONG | {"n": str(n)}, "1") for n in range(500))),
            query_range=matrix(*((LONG | {"n": str(n)}, points) for n in range(500))),
        )
        instant = await prom.call("prometheus_instant_query", query="x")
        ranged = await prom.call("prometheus_range_query", query="x", start="1h", end="now")
    for result in (instant, ranged):
        assert 2000 < len(result.text) < 5000
        assert "WARNING: only the first" in result.text
