"""Loki on the wire: what it answers, and how it refuses."""

# ruff: noqa: E501  refusals are read as a table

from __future__ import annotations

import json
import urllib.request
from collections.abc import Iterator

import pytest

from tests.sim.loki_house import NOW, Home, listening, ns, result
from tests.sim.wire import get, send

JSON = "application/json; charset=UTF-8"
TEXT = "text/plain; charset=utf-8"


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """Lines of three streams in the last hour, and of one of yesterday; for tests that only read."""
    with listening() as made:
        for minute in range(50):
            level = "error" if minute % 10 == 0 else "info"
            made.write(
                {"app": "web", "host": "pve1"},
                60 * minute + 5,
                f"level={level} msg=request id={minute}",
                detected_level=level,
            )
        made.write({"app": "web", "host": "pve2"}, 90, "short line", trace="t1")
        made.write({"app": "db", "host": "nas"}, 30, '{"level":"warn","took":1.5,"q":{"rows":3}}')
        made.write({"app": "old"}, 90_000, "yesterday")
        made.write({"app": "db", "host": "nas"}, -30, "not yet")
        yield made


def test_lines_come_newest_first_under_all_their_labels(home: Home) -> None:
    answer = get(f"{home.api}/query_range", query='{app="web"}', limit=3)
    assert (answer.status, answer.kind) == (200, JSON)
    assert answer.data["resultType"] == "streams"
    assert answer.data["result"] == [
        {
            "stream": {"app": "web", "detected_level": "error", "host": "pve1"},
            "values": [[ns(5), "level=error msg=request id=0"]],
        },
        {
            "stream": {"app": "web", "detected_level": "info", "host": "pve1"},
            "values": [[ns(65), "level=info msg=request id=1"]],
        },
        {"stream": {"app": "web", "host": "pve2", "trace": "t1"}, "values": [[ns(90), "short line"]]},
    ]


def test_the_answer_says_what_it_has_cost(home: Home) -> None:
    stats = get(f"{home.api}/query_range", query='{app="web"} |= "id=3"').data["stats"]
    assert set(stats) == {"summary", "querier", "ingester", "cache", "index"}
    assert stats["summary"]["totalLinesProcessed"] == 51
    assert stats["summary"]["totalEntriesReturned"] == 11
    assert stats["summary"]["totalPostFilterLines"] == 11
    assert set(stats["cache"]) >= {"chunk", "index", "result", "statsResult", "instantMetricResult"}


def test_the_oldest_come_first_when_asked(home: Home) -> None:
    [row] = result(home, query='{app="web"} |= "info"', direction="forward", limit=2)
    assert row["values"] == [[ns(49 * 60 + 5), "level=info msg=request id=49"], [ns(48 * 60 + 5), "level=info msg=request id=48"]]  # fmt: skip


def test_labels_can_be_told_apart_by_where_they_come_from(home: Home) -> None:
    url = f"{home.api}/query_range?query=%7Bapp%3D%22web%22%7D%7Clogfmt&limit=2"
    request = urllib.request.Request(url, headers={"X-Loki-Response-Encoding-Flags": "categorize-labels"})
    with urllib.request.urlopen(request, timeout=10) as answer:
        data = json.load(answer)["data"]
    assert data["encodingFlags"] == ["categorize-labels"]
    assert data["result"] == [
        {
            "stream": {"app": "web", "host": "pve1"},
            "values": [
                [
                    ns(ago),
                    f"level={level} msg=request id={one}",
                    {
                        "structuredMetadata": {"detected_level": level},
                        "parsed": {"id": str(one), "level": level, "msg": "request"},
                    },
                ]
                for one, ago, level in ((0, 5, "error"), (1, 65, "info"))
            ],
        }
    ]


def test_what_is_still_to_come_is_not_there_yet(home: Home) -> None:
    rows = result(home, query='{app="db"}', start=NOW - 3600, end=NOW + 3600)
    assert [value[1] for row in rows for value in row["values"]] == [
        '{"level":"warn","took":1.5,"q":{"rows":3}}'
    ]


@pytest.mark.parametrize(
    ("start", "end"),
    [
        (NOW - 100, NOW - 80),
        (f"{NOW - 100}.0", f"{NOW - 80}.0"),
        (ns(100), ns(80)),
        ("2026-11-21T11:58:20Z", "2026-11-21T12:58:40+01:00"),
        ("2026-11-21T11:58:20.000000000Z", ns(80)),
    ],
)
def test_times_are_read_in_all_their_forms(home: Home, start: object, end: object) -> None:
    rows = result(home, query='{host="pve2"}', start=start, end=end)
    assert [row["values"] for row in rows] == [[[ns(90), "short line"]]]


def test_since_reaches_back_from_the_end(home: Home) -> None:
    assert result(home, query='{app="old"}', since="12h") == []
    assert len(result(home, query='{app="old"}', since="26h")) == 1


def test_a_form_is_as_good_as_a_query_string(home: Home) -> None:
    kind = "application/x-www-form-urlencoded"
    answer = send("POST", f"{home.api}/query_range", "query=%7Bhost%3D%22pve2%22%7D", kind)
    assert [row["stream"]["host"] for row in answer.data["result"]] == ["pve2"]


def test_a_metric_over_a_range_stands_on_whole_steps(home: Home) -> None:
    rows = result(home, query='sum(count_over_time({app="web"}[1m]))', start=NOW - 130, end=NOW - 10, step=60)
    assert rows == [
        {
            "metric": {},
            "values": [[NOW - 180, "1"], [NOW - 120, "1"], [NOW - 60, "2"], [NOW, "1"]],
        }
    ]


def test_an_instant_query_gives_a_vector(home: Home) -> None:
    answer = get(f"{home.api}/query", query='sum by (detected_level) (count_over_time({host="pve1"}[1h]))')
    assert answer.data["resultType"] == "vector"
    assert answer.data["result"] == [
        {"metric": {"detected_level": "error"}, "value": [NOW, "5"]},
        {"metric": {"detected_level": "info"}, "value": [NOW, "45"]},
    ]


def test_a_number_is_a_scalar_and_fractions_of_seconds_are_kept(home: Home) -> None:
    answer = get(f"{home.api}/query", query="1.5 + 1", time=f"{NOW}.25")
    assert answer.data["resultType"] == "scalar"
    assert answer.data["result"] == [NOW + 0.25, "2.5"]


REFUSED = [
    ("query_range", {}, "parse error : syntax error: unexpected $end"),
    ("query_range", {"query": "{"}, "parse error at line 1, col 2: syntax error: unexpected $end, expecting IDENTIFIER or }"),
    ("query_range", {"query": '{a="b"}', "start": "soon"}, "could not parse 'start' parameter: strconv.ParseInt: parsing \"soon\": invalid syntax"),
    ("query_range", {"query": '{a="b"}', "since": "1x"}, "could not parse 'since' parameter: not a valid duration string: \"1x\""),
    ("query_range", {"query": '{a="b"}', "start": NOW, "end": NOW - 1}, "end timestamp must not be before or equal to start time"),
    ("query_range", {"query": '{a="b"}', "step": "x"}, 'cannot parse "x" to a valid duration'),
    ("query_range", {"query": '{a="b"}', "step": "0"}, "zero or negative query resolution step widths are not accepted. Try a positive integer"),
    ("query_range", {"query": "vector(1)", "start": NOW - 11_001, "end": NOW, "step": 1}, "exceeded maximum resolution of 11,000 points per time series. Try increasing the value of the step parameter"),
    ("query_range", {"query": '{a="b"}', "start": NOW - 31 * 86_400, "end": NOW}, "the query time range exceeds the limit (query length: 31d, limit: 30d1h)"),
    ("query_range", {"query": '{a="b"}', "limit": 5001}, "max entries limit per query exceeded, limit > max_entries_limit_per_query (5001 > 5000)"),
    ("query_range", {"query": '{a="b"}', "limit": 0}, "limit must be a positive value"),
    ("query_range", {"query": '{a="b"}', "limit": "x"}, 'strconv.Atoi: parsing "x": invalid syntax'),
    ("query_range", {"query": '{a="b"}', "direction": "up"}, "invalid direction 'up'"),
    ("query", {"query": '{a="b"}'}, "log queries are not supported as an instant query type, please change your query to a range query type"),
    ("query", {"query": "vector(1)", "time": "x"}, 'strconv.ParseInt: parsing "x": invalid syntax'),
    ("labels", {"query": '{a="b"} |= "c"'}, "only label matchers are supported"),
    ("series", {}, "0 matcher groups supplied"),
    ("index/stats", {}, "parse error : syntax error: unexpected $end"),
    ("index/volume", {}, "parse error : syntax error: unexpected $end"),
    ("patterns", {"query": '{a="b"} | json'}, "only label matchers are supported"),
    ("format_query", {"query": "("}, "parse error at line 1, col 2: syntax error: unexpected $end"),
]  # fmt: skip


@pytest.mark.parametrize(("path", "params", "said"), REFUSED)
def test_a_wrong_request_is_refused_in_plain_text(
    home: Home, path: str, params: dict[str, object], said: str
) -> None:
    answer = get(f"{home.api}/{path}", **params)
    assert (answer.status, answer.kind, answer.text) == (400, TEXT, said)


def test_labels_and_their_values_are_those_of_streams_in_the_window(home: Home) -> None:
    assert get(f"{home.api}/labels").json == {"status": "success", "data": ["app", "host"]}
    assert get(f"{home.api}/label/app/values").data == ["db", "web"]
    assert get(f"{home.api}/label/app/values", since="26h").data == ["db", "old", "web"]
    assert get(f"{home.api}/label/host/values", query='{app="web"}').data == ["pve1", "pve2"]
    assert get(f"{home.api}/label/detected_level/values").json == {"status": "success"}


def test_series_are_the_label_sets_that_match(home: Home) -> None:
    answer = get(f"{home.api}/series", match_='{app="web"}')
    assert answer.data == [{"app": "web", "host": "pve1"}, {"app": "web", "host": "pve2"}]


def test_stats_tell_what_a_selector_would_read(home: Home) -> None:
    answer = get(f"{home.api}/index/stats", query='{app="web"}')
    assert answer.json == {"streams": 2, "chunks": 2, "bytes": 3072, "entries": 51}
    assert get(f"{home.api}/index/stats", query='{app="none"}').json == {
        "streams": 0,
        "chunks": 0,
        "bytes": 0,
        "entries": 0,
    }


def test_volumes_are_bytes_by_label_the_largest_first(home: Home) -> None:
    web = sum(len(f"level={'error' if i % 10 == 0 else 'info'} msg=request id={i}") for i in range(50))
    rows = result(home, "index/volume", query='{app=~".+"}')
    assert rows == [
        {"metric": {"app": "web"}, "value": [NOW, str(web + len("short line"))]},
        {"metric": {"app": "db"}, "value": [NOW, "42"]},
    ]
    by_host = result(home, "index/volume", query='{app="web"}', targetLabels="host")
    assert [row["metric"] for row in by_host] == [{"host": "pve1"}, {"host": "pve2"}]
    steps = result(home, "index/volume_range", query='{host="pve2"}', start=NOW - 120, end=NOW, step=60)
    assert steps == [{"metric": {"host": "pve2"}, "values": [[NOW - 120, "10"]]}]


def test_patterns_bring_lines_together(home: Home) -> None:
    found = get(f"{home.api}/patterns", query='{app="web"}', step="1h").data
    assert [(one["pattern"], one["level"]) for one in found] == [
        ("level=info msg=request id=<_>", "info"),
        ("level=error msg=request id=<_>", "error"),
        ("short line", "unknown"),
    ]
    assert found[0]["samples"] == [[NOW - 3600, 45]]
    assert get(f"{home.api}/patterns", query='{app="nope"}').text == '{"status":"success","data":[]}\n'


def test_fields_and_labels_are_detected(home: Home) -> None:
    fields = get(f"{home.api}/detected_fields", query='{app="db"}').json
    assert fields == {
        "fields": [
            {
                "label": "level",
                "type": "string",
                "cardinality": 1,
                "parsers": ["json"],
                "jsonPath": ["level"],
            },
            {
                "label": "q_rows",
                "type": "int",
                "cardinality": 1,
                "parsers": ["json"],
                "jsonPath": ["q", "rows"],
            },
            {"label": "took", "type": "float", "cardinality": 1, "parsers": ["json"], "jsonPath": ["took"]},
        ],
        "limit": 1000,
    }
    labels = get(f"{home.api}/detected_labels", query='{app="web"}').json
    assert labels == {
        "detectedLabels": [{"label": "app", "cardinality": 1}, {"label": "host", "cardinality": 2}]
    }


def test_a_query_is_formatted(home: Home) -> None:
    query = 'sum   by(x)(rate({app="web"}|json|level="error"[5m]))'
    assert get(f"{home.api}/format_query", query=query).data == (
        'sum by (x)(rate({app="web"} | json | level="error"[5m]))'
    )


@pytest.mark.parametrize(
    ("path", "status", "kind", "begins"),
    [
        ("/ready", 200, TEXT, "ready\n"),
        ("/services", 200, TEXT, "cache-generation-loader => Running\n"),
        ("/config", 200, TEXT, "target: all\n"),
        ("/metrics", 200, "text/plain; version=0.0.4; charset=utf-8", "# HELP loki_build_info "),
        ("/flush", 204, "", ""),
        ("/loki/api/v1/status/buildinfo", 200, JSON, '{"version":"3.7.6"'),
        ("/loki/api/v1/rules", 404, TEXT, "no rule groups found\n"),
        ("/loki/api/v1/delete", 404, TEXT, "404 page not found\n"),
        ("/loki/api/v1/tail?query=%7Bapp%3D%22web%22%7D", 400, TEXT, "Bad Request\n"),
        ("/loki/api/v1/push", 405, TEXT, "Method Not Allowed\n"),
    ],
)
def test_other_pages(home: Home, path: str, status: int, kind: str, begins: str) -> None:
    answer = get(home.url + path)
    assert (answer.status, answer.kind) == (status, kind)
    assert answer.text.startswith(begins)


def test_its_date_is_that_of_the_world(home: Home) -> None:
    with urllib.request.urlopen(f"{home.api}/labels", timeout=10) as answer:
        assert answer.headers["Date"] == "Sat, 21 Nov 2026 12:00:00 GMT"
