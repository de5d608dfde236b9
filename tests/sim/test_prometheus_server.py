from __future__ import annotations

import pytest

from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.lab import Lab
from tests.sim.wire import Answered, get, send

FORM = "application/x-www-form-urlencoded"


def api(homelab: Homelab, path: str, **params: object) -> Answered:
    return get(f"{homelab.prometheus_url}/api/v1/{path}", **params)


def test_a_query_answers_now_unless_told_when(backup: Homelab) -> None:
    now = backup.clock.milliseconds() / 1000
    [row] = api(backup, "query", query='up{instance="nas.lan:9100"}').data["result"]
    assert row == {
        "metric": {"__name__": "up", "instance": "nas.lan:9100", "job": "node"},
        "value": [now, "1"],
    }
    [then] = api(backup, "query", query='up{instance="nas.lan:9100"}', time=now - 600.5).data["result"]
    assert then["value"] == [now - 600.5, "1"]


def test_the_future_is_not_known_yet(backup: Homelab) -> None:
    now = backup.clock.milliseconds() / 1000
    assert api(backup, "query", query="up", time=now + 400).data["result"] == []
    ahead = api(backup, "query_range", query="sum(up)", start=now - 60, end=now + 3600, step=30).data[
        "result"
    ]
    assert ahead[0]["values"][-1][0] <= now + 300


def test_each_kind_of_value_is_written_as_prometheus_writes_it(backup: Homelab) -> None:
    def result(query: str) -> object:
        return api(backup, "query", query=query, time="100.5").data["result"]

    assert result("vector(0)/0") == [{"metric": {}, "value": [100.5, "NaN"]}]
    assert result("vector(1)/0") == [{"metric": {}, "value": [100.5, "+Inf"]}]
    assert result("vector(-1)/0") == [{"metric": {}, "value": [100.5, "-Inf"]}]
    assert result("vector(1e-7)") == [{"metric": {}, "value": [100.5, "1e-07"]}]
    assert result("vector(1e20)") == [{"metric": {}, "value": [100.5, "100000000000000000000"]}]
    assert result("1e-7") == [100.5, "0.0000001"]
    assert result('"a<b"') == [100.5, "a<b"]
    assert "\\u003c" in api(backup, "query", query='"a<b"').text


def test_a_range_of_raw_samples_is_a_matrix(backup: Homelab) -> None:
    data = api(backup, "query", query='up{instance="nas.lan:9100"}[1m]').data
    assert data["resultType"] == "matrix"
    assert len(data["result"][0]["values"]) == 4


def test_a_form_says_the_same_as_a_query_string(backup: Homelab) -> None:
    url = f"{backup.prometheus_url}/api/v1/query_range"
    params = "query=sum(up)&start=1794706200&end=1794707200&step=100"
    assert send("POST", url, params, FORM) == get(f"{url}?{params}")
    first = send("POST", f"{backup.prometheus_url}/api/v1/query?query=3&time=7", "query=1&time=5", FORM)
    assert first.data["result"] == [5, "1"]


@pytest.mark.parametrize(
    ("path", "params", "status", "kind", "text"),
    [
        (
            "query",
            {},
            400,
            "bad_data",
            'invalid parameter "query": 1:1: parse error: no expression found in input',
        ),
        (
            "query",
            {"query": "up", "time": "nonsense"},
            400,
            "bad_data",
            'invalid parameter "time": Invalid time value for '
            "'time': cannot parse \"nonsense\" to a valid timestamp",
        ),
        (
            "query",
            {"query": "up{"},
            400,
            "bad_data",
            'invalid parameter "query": 1:4: parse error: unexpected end of input inside braces',
        ),
        (
            "query_range",
            {"query": "up{", "start": 0, "end": 9, "step": 1},
            400,
            "bad_data",
            "1:4: parse error: unexpected end of input inside braces",
        ),
        (
            "query_range",
            {"query": "up[5m]", "start": 0, "end": 9, "step": 1},
            400,
            "bad_data",
            'invalid expression type "range vector" for range query, must be Scalar or instant Vector',
        ),
        (
            "query_range",
            {"query": "up", "start": 9, "end": 0, "step": 1},
            400,
            "bad_data",
            'invalid parameter "end": end timestamp must not be before start time',
        ),
        (
            "query_range",
            {"query": "up", "start": 0, "end": 11001, "step": 1},
            400,
            "bad_data",
            "exceeded maximum resolution of 11,000 points per timeseries. "
            "Try decreasing the query resolution (?step=XX)",
        ),
        (
            "query_range",
            {"query": "up", "start": 0, "end": 9, "step": "0s"},
            400,
            "bad_data",
            'invalid parameter "step": zero or negative query resolution step widths are not accepted. '
            "Try a positive integer",
        ),
        (
            "query_range",
            {"query": "up", "start": 0, "end": 9, "step": "soon"},
            400,
            "bad_data",
            'invalid parameter "step": cannot parse "soon" to a valid duration',
        ),
        (
            "query",
            {"query": "node_cpu_seconds_total * on(instance) node_load1"},
            422,
            "execution",
            "multiple matches for labels: many-to-one matching must be explicit (group_left/group_right)",
        ),
        (
            "query",
            {"query": "sum(up)", "timeout": "0.000001"},
            503,
            "timeout",
            "query timed out in expression evaluation",
        ),
        ("series", {}, 400, "bad_data", "no match[] parameter provided"),
        (
            "series",
            {"match_": "{}"},
            400,
            "bad_data",
            'invalid parameter "match[]": match[] must contain at least one non-empty matcher',
        ),
        (
            "series",
            {"match_": "up[5m]"},
            400,
            "bad_data",
            'invalid parameter "match[]": 1:3: parse error: unexpected "["',
        ),
        ("labels", {"match_": "rate(x)"}, 400, "bad_data", '1:5: parse error: unexpected "("'),
        ("label/bad-name/values", {}, 400, "bad_data", 'invalid label name: "bad-name"'),
        ("metadata", {"limit": "x"}, 400, "bad_data", "limit must be a number"),
        ("rules", {"type": "x"}, 400, "bad_data", 'invalid parameter "type": not supported value "x"'),
    ],
)
def test_what_is_wrong_is_said_in_the_servers_words(
    backup: Homelab, path: str, params: dict[str, object], status: int, kind: str, text: str
) -> None:
    answer = api(backup, path, **params)
    assert (answer.status, answer.json) == (status, {"status": "error", "errorType": kind, "error": text})


def test_eleven_thousand_points_are_allowed(backup: Homelab) -> None:
    assert api(backup, "query_range", query="1", start=0, end=11000, step=1).status == 200


def test_series_and_labels_are_found_by_selectors(backup: Homelab) -> None:
    series = api(backup, "series", match_='up{job="alertmanager"}').data
    assert series == [{"__name__": "up", "instance": "mon.lan:9093", "job": "alertmanager"}]
    assert "mountpoint" in api(backup, "labels").data
    assert api(backup, "labels", match_="up").data == ["__name__", "instance", "job"]
    jobs = {"alertmanager", "blackbox-exporter", "blackbox-http", "blackbox-icmp", "node", "prometheus"}
    assert jobs <= set(api(backup, "label/job/values").data)
    assert api(backup, "label/nothing/values").data == []
    assert api(backup, "series", match_="up", start=100, end=50).data == []


def test_metadata_says_type_and_help(backup: Homelab) -> None:
    [entry] = api(backup, "metadata", metric="node_memory_MemAvailable_bytes").data[
        "node_memory_MemAvailable_bytes"
    ]
    assert entry == {"type": "gauge", "help": "Memory information field MemAvailable_bytes.", "unit": ""}
    assert api(backup, "metadata", metric="nothing").data == {}
    assert len(api(backup, "metadata", limit=3).data) == 3
    histogram = api(backup, "metadata", metric="prometheus_http_request_duration_seconds").data
    assert [one["type"] for (entries) in histogram.values() for one in entries] == ["histogram"]


def test_targets_say_how_their_last_scrape_went() -> None:
    story = Lab().at("00:31").lose_exporter("nas").lose_host("pve1").scenario()
    with Homelab(story, at="00:40") as homelab:
        active = {
            (one["scrapePool"], one["labels"]["instance"]): one
            for one in api(homelab, "targets").data["activeTargets"]
        }
        nas, pve1, pve2 = (active["node", f"{name}.lan:9100"] for name in ("nas", "pve1", "pve2"))
        dropped = api(homelab, "targets", state="dropped").data

    assert (nas["health"], pve1["health"], pve2["health"]) == ("down", "down", "up")
    assert nas["lastError"].endswith("192.0.2.20:9100: connect: connection refused")
    assert pve1["lastError"].endswith("192.0.2.11:9100: connect: no route to host")
    assert pve2["lastError"] == ""
    assert pve2["lastScrape"].startswith("2026-11-15T00:39:")
    assert active["blackbox-http", "http://jellyfin.lan:8096/"]["health"] == "up"
    assert dropped == {"activeTargets": [], "droppedTargets": []}


def test_rules_and_alerts_agree(backup: Homelab) -> None:
    groups = api(backup, "rules").data["groups"]
    rules = {rule["name"]: rule for group in groups for rule in group["rules"]}
    alerts = {one["labels"]["alertname"]: one for one in api(backup, "alerts").data["alerts"]}

    assert {name for name, rule in rules.items() if rule["state"] == "firing"} == set(alerts)
    disk = rules["DiskWillFillSoon"]
    assert (disk["type"], disk["health"], disk["duration"]) == ("alerting", "ok", 600)
    assert disk["alerts"] == [alerts["DiskWillFillSoon"]]
    assert disk["annotations"]["summary"].startswith("{{ $labels.mountpoint }}")
    assert alerts["DiskWillFillSoon"]["annotations"]["summary"].startswith("/tank/media on nas.lan:9100")
    assert float(alerts["DiskWillFillSoon"]["value"]) < 0
    again = api(backup, "query", query=disk["query"]).data["result"]
    assert [row["metric"]["mountpoint"] for row in again] == ["/tank/media"]
    recording = api(backup, "rules", type="record").data["groups"]
    assert [group["rules"] for group in recording] == [[]] * len(groups)


def test_alerts_are_series_too(backup: Homelab) -> None:
    rows = api(backup, "query", query='ALERTS{alertstate="firing"}').data["result"]
    assert {row["metric"]["alertname"] for row in rows} == {"DiskWillFillSoon", "HostHighCpuLoad"}
    [since] = api(backup, "query", query='ALERTS_FOR_STATE{alertname="DiskWillFillSoon"}').data["result"]
    assert float(since["value"][1]) == backup.scenario.moment("02:05").timestamp()


def test_the_server_tells_of_itself(backup: Homelab) -> None:
    assert api(backup, "status/buildinfo").data["version"].startswith("2.42.0")
    assert api(backup, "status/flags").data["query.lookback-delta"] == "5m"
    assert api(backup, "status/runtimeinfo").data["reloadConfigSuccess"] is True
    assert "job_name: blackbox-icmp" in api(backup, "status/config").data["yaml"]
    head = api(backup, "status/tsdb").data
    counted = api(backup, "query", query='count({__name__=~".+",__name__!~"ALERTS.*"})').data["result"][0][
        "value"
    ][1]
    assert int(counted) <= head["headStats"]["numSeries"] < 1.1 * int(counted)  # some have ended
    assert head["seriesCountByMetricName"][0]["name"] == "node_cpu_seconds_total"
    assert (
        api(backup, "alertmanagers").data["activeAlertmanagers"][0]["url"]
        == "http://mon.lan:9093/api/v2/alerts"
    )
    assert api(backup, "query_exemplars").data == []


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        ("GET", "/-/healthy", 200, "Prometheus Server is Healthy.\n"),
        ("GET", "/-/ready", 200, "Prometheus Server is Ready.\n"),
        ("GET", "/api/v1/nope", 404, "404 page not found\n"),
        ("GET", "/nope", 404, "404 page not found\n"),
        ("PUT", "/api/v1/query", 405, "Method Not Allowed\n"),
        ("POST", "/-/reload", 403, "Lifecycle API is not enabled."),
    ],
)
def test_plain_answers(backup: Homelab, method: str, path: str, status: int, text: str) -> None:
    answer = send(method, backup.prometheus_url + path)
    assert (answer.status, answer.kind, answer.text) == (status, "text/plain; charset=utf-8", text)


def test_its_own_metrics_can_be_scraped(backup: Homelab) -> None:
    text = get(f"{backup.prometheus_url}/metrics").text
    assert 'prometheus_build_info{branch="debian/sid",goversion=' in text
    assert "# TYPE prometheus_http_request_duration_seconds histogram" in text


def test_asking_twice_gives_the_same_bytes() -> None:
    def bytes_of(seed: int) -> list[str]:
        with Homelab("backup-fills-nas", seed, at="shows") as homelab:
            paths = (
                "query?query=node_load1",
                "alerts",
                "rules",
                "targets",
                "query?query=rate(node_disk_io_time_seconds_total[5m])",
            )
            return [get(f"{homelab.prometheus_url}/api/v1/{path}").text for path in paths]

    assert bytes_of(3) == bytes_of(3) != bytes_of(4)
