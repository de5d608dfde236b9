from __future__ import annotations

import json
import math
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from sre_assistant.domain.errors import (
    CallError,
    Malformed,
    Missing,
    Rejected,
    SourceError,
    Unauthorised,
    Unreachable,
)
from sre_assistant.domain.reading import Build, Completeness, Sample
from sre_assistant.domain.window import Window
from sre_assistant.integrations.prometheus.client import Client
from sre_assistant.integrations.prometheus.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.recording import ReplayWire
from tests.integrations.prometheus.answers import (
    DEAD,
    EPOCH,
    NAS,
    NOW,
    RUNTIME,
    failed,
    matrix,
    running,
    scalar,
    success,
    vector,
)
from tests.kit.hostile import Behaviour, answering, login_page

HOUR = Window.before(NOW, timedelta(hours=1))
MINUTE = timedelta(minutes=1)


async def test_an_instant_query_gives_a_sample_for_each_series() -> None:
    async with running() as prom:
        reading = await prom.client.instant('up{job="node"}', NOW)
    assert reading.value == (Sample(NAS, 1.0, NOW), Sample(DEAD, 0.0, NOW))
    assert reading.completeness is Completeness.COMPLETE
    assert prom.server.seen[0].target == f"/api/v1/query?query=up%7Bjob%3D%22node%22%7D&time={EPOCH:.3f}"


async def test_the_provenance_is_enough_to_ask_again() -> None:
    async with running() as prom:
        reading = await prom.client.instant("up == 0", NOW)
    assert reading.provenance.source == "prom"
    assert reading.provenance.query == "up == 0"
    assert reading.provenance.observed_at == NOW
    fields = parse_qs(urlsplit(reading.provenance.link).query)
    assert fields == {"g0.expr": ["up == 0"], "g0.tab": ["1"], "g0.moment_input": ["2026-03-01 02:14:05"]}


async def test_a_moment_finer_than_the_server_knows_is_asked_and_noted_in_whole_milliseconds() -> None:
    async with running() as prom:
        reading = await prom.client.instant("up", NOW + timedelta(microseconds=999))
    assert reading.provenance.observed_at == NOW
    assert prom.server.seen[0].target.endswith(f"time={EPOCH:.3f}")


@pytest.mark.parametrize("text", ["NaN", "+Inf", "-Inf", "Inf", "1e+308", "-0"])
async def test_values_that_are_hardly_numbers_are_kept_as_they_are(text: str) -> None:
    async with running() as prom:
        prom.answers(query=vector(({}, text)))
        value = (await prom.client.instant("x", NOW)).value[0].value
    expected = float(text)
    assert value == expected or (math.isnan(value) and math.isnan(expected))


async def test_a_scalar_is_one_sample_without_labels() -> None:
    async with running() as prom:
        prom.answers(query=scalar("42"))
        assert (await prom.client.evaluate("scalar(x)", NOW))[0] == "scalar"
        assert (await prom.client.instant("scalar(x)", NOW)).value == (Sample({}, 42.0, NOW),)


@pytest.mark.parametrize(
    ("kind", "result"), [("string", [EPOCH, "abc"]), ("matrix", [{"metric": {}, "values": [[EPOCH, "1"]]}])]
)
async def test_a_query_that_answers_with_something_else_is_rejected(kind: str, result: object) -> None:
    async with running() as prom:
        prom.answers(query=success({"resultType": kind, "result": result}))
        with pytest.raises(Rejected, match=f"'up' answers with a {kind}"):
            await prom.client.instant("up", NOW)


@pytest.mark.parametrize("result", [[], None])
async def test_no_series_is_empty_and_no_failure(result: list[object] | None) -> None:
    async with running() as prom:
        prom.answers(query=success({"resultType": "vector", "result": result or []}))
        reading = await prom.client.instant("nothing", NOW)
    assert reading.value == ()
    assert reading.completeness is Completeness.EMPTY


async def test_warnings_make_an_answer_partial_and_infos_are_only_passed_on() -> None:
    async with running() as prom:
        prom.answers(
            query=vector((NAS, "1"), warnings=["store nas-2 did not answer"], infos=["not a counter"])
        )
        warned = await prom.client.instant("up", NOW)
        prom.answers(query=vector((NAS, "1"), infos=["not a counter"]))
        informed = await prom.client.instant("up", NOW)
    assert warned.completeness is Completeness.PARTIAL
    assert warned.detail == "store nas-2 did not answer; not a counter"
    assert informed.completeness is Completeness.COMPLETE
    assert informed.detail == "not a counter"


async def test_native_histograms_are_counted_not_lost_silently() -> None:
    histogram = {"metric": {"job": "a"}, "histogram": [EPOCH, {"count": "3", "sum": "1", "buckets": []}]}
    plain = {"metric": {"job": "b"}, "value": [EPOCH, "1"]}
    async with running() as prom:
        prom.answers(query=success({"resultType": "vector", "result": [histogram, plain]}))
        reading = await prom.client.instant("x", NOW)
    assert [sample.labels for sample in reading.value] == [{"job": "b"}]
    assert reading.completeness is Completeness.PARTIAL
    assert "1 native histograms left out" in reading.detail


async def test_of_60000_series_the_first_50000_are_kept() -> None:
    items = ({"metric": {"__name__": "m", "id": str(n)}, "value": [EPOCH, str(n)]} for n in range(60_000))
    body = json.dumps({"status": "success", "data": {"resultType": "vector", "result": list(items)}})
    async with running() as prom:
        prom.answers(query=answering(body))
        reading = await prom.client.instant("m", NOW)
    assert len(reading.value) == 50_000
    assert reading.value[-1].value == 49_999
    assert reading.completeness is Completeness.PARTIAL
    assert "60,000 series came, the first 50,000 were kept" in reading.detail


async def test_a_range_query_gives_times_and_values() -> None:
    async with running() as prom:
        reading = await prom.client.range("up", HOUR, MINUTE)
        seen = parse_qs(urlsplit(prom.server.seen[0].target).query)
    assert reading.value[0].times == (EPOCH - 60, EPOCH)
    assert reading.value[0].values == (1.0, 0.5)
    assert reading.provenance.window == HOUR
    assert reading.provenance.observed_at == HOUR.end
    assert seen == {
        "query": ["up"],
        "start": [f"{EPOCH - 3600:.3f}"],
        "end": [f"{EPOCH:.3f}"],
        "step": ["60.000"],
    }
    assert "g0.range_input=3600s" in reading.provenance.link


@pytest.mark.parametrize("time", [1e300, -1e300])
async def test_times_outside_the_calendar_are_malformed(time: float) -> None:
    async with running() as prom:
        prom.answers(query_range=matrix((NAS, [(EPOCH, "1"), (time, "1")])))
        with pytest.raises(Malformed, match=r"1e\+300 is no time"):
            await prom.client.range("up", HOUR, MINUTE)


@pytest.mark.parametrize(
    ("step", "message"),
    [
        (timedelta(0), "too small"),
        (timedelta(seconds=-1), "too small"),
        (timedelta(microseconds=10), "too small"),
        (timedelta(milliseconds=100), "36,001 points.*at least 1s"),
    ],
)
async def test_a_grid_the_server_would_refuse_is_not_asked(step: timedelta, message: str) -> None:
    async with running() as prom:
        with pytest.raises(CallError, match=message):
            await prom.client.range("up", HOUR, step)
    assert prom.server.seen == []


async def test_the_largest_grid_is_asked() -> None:
    window = Window.before(NOW, timedelta(seconds=10_999))
    async with running() as prom:
        await prom.client.range("up", window, timedelta(seconds=1))
    assert prom.server.paths == ["/api/v1/query_range"]


async def test_a_range_of_nothing_is_empty() -> None:
    async with running() as prom:
        prom.answers(query_range=matrix())
        assert (await prom.client.range("nothing", HOUR, MINUTE)).completeness is Completeness.EMPTY


async def test_the_clock_is_asked_without_a_time() -> None:
    async with running() as prom:
        prom.answers(clock=scalar("1772331245.5"))
        reading = await prom.client.clock()
    assert reading.value == datetime.fromtimestamp(1772331245.5, UTC)
    assert prom.server.seen[0].target == "/api/v1/query?query=time%28%29&nocache=1"


async def test_the_clock_of_a_server_that_answers_with_a_vector_is_understood() -> None:
    async with running() as prom:
        prom.answers(clock=vector(({}, "1772331245")))
        assert (await prom.client.clock()).value == datetime.fromtimestamp(1772331245, UTC)


@pytest.mark.parametrize(
    "answer", [vector(), scalar("NaN"), scalar("1e300"), scalar("-5"), scalar("253000000000")]
)
async def test_a_clock_that_gives_no_time_is_malformed(answer: Behaviour) -> None:
    async with running() as prom:
        prom.answers(clock=answer)
        with pytest.raises(Malformed):
            await prom.client.clock()


async def test_a_long_query_travels_in_the_body() -> None:
    long = " or ".join(f'up{{instance="host-{n}.lan:9100"}}' for n in range(200))
    async with running() as prom:
        await prom.client.instant(long, NOW)
    seen = prom.server.seen[0]
    assert (seen.method, seen.target) == ("POST", "/api/v1/query")
    assert parse_qs(seen.body.decode())["query"] == [long]


async def test_label_values_are_asked_of_the_selected_series() -> None:
    async with running() as prom:
        reading = await prom.client.label_values("job", ("up", 'x{a="b"}'))
    assert reading.value == ("node", "pve")
    assert (
        prom.server.seen[0].target == "/api/v1/label/job/values?match%5B%5D=up&match%5B%5D=x%7Ba%3D%22b%22%7D"
    )


async def test_a_label_cannot_leave_its_place_in_the_path() -> None:
    async with running() as prom:
        with pytest.raises(Missing):
            await prom.client.label_values("../../status/config?x#", ())
        with pytest.raises(CallError):
            await prom.client.label_values("..", ())
    assert prom.server.paths == ["/api/v1/label/..%2F..%2Fstatus%2Fconfig%3Fx%23/values"]


async def test_targets_tell_health_and_error_and_no_password() -> None:
    async with running() as prom:
        up, down = (await prom.client.targets()).value
    assert (up.health, up.scrape_interval, up.last_error) == ("up", 90.0, "")
    assert up.last_scrape == datetime(2026, 3, 1, 2, 14, 2, 84119, tzinfo=UTC)
    assert (down.health, down.scrape_interval, down.last_scrape) == ("down", 0.0, None)
    assert "no route to host" in down.last_error
    assert "hunter2" not in repr(down)
    assert prom.server.seen[0].target == "/api/v1/targets?state=active"


async def test_rules_tell_their_group_and_state() -> None:
    async with running() as prom:
        alerting, recording, broken = (await prom.client.rules()).value
        files = (await prom.client.rule_files()).value
    assert (alerting.kind, alerting.state, alerting.hold, alerting.group) == (
        "alerting",
        "firing",
        300.0,
        "disks",
    )
    assert (recording.kind, recording.state, recording.labels) == ("recording", "", {})
    assert (broken.health, broken.last_error) == ("err", "many-to-many matching not allowed")
    assert files["disks"] == "/etc/prometheus/rules/disks.yml"


async def test_a_group_of_rules_that_cannot_be_read_does_not_hide_the_others() -> None:
    odd = {"name": "odd", "rules": [{"name": 3}]}
    fine = {"name": "fine", "file": "/f.yml", "rules": [{"name": "a", "health": "ok"}]}
    async with running() as prom:
        prom.answers(rules=success({"groups": [odd, fine]}))
        reading, files = await prom.client.rules(), await prom.client.rule_files()
    assert [rule.name for rule in reading.value] == ["a"]
    assert files.value == {"fine": "/f.yml"}
    for each in (reading, files):
        assert each.completeness is Completeness.PARTIAL
        assert each.detail.startswith("rule groups: 1 of 2 entries could not be read: ")


async def test_alerts_are_the_firing_ones_with_the_fingerprint_of_alertmanager() -> None:
    async with running() as prom:
        (alert,) = (await prom.client.alerts()).value
        everything = (await prom.client.all_alerts()).value
    assert (alert.name, alert.status, alert.source) == ("InstanceDown", "firing", "prom")
    assert alert.fingerprint == "ce3047a1412f8d0f"
    assert alert.starts_at == datetime(2026, 3, 1, 2, 10, 10, 119836, tzinfo=UTC)
    assert [each.status for each in everything] == ["firing", "pending"]


async def test_only_pending_alerts_are_no_alerts() -> None:
    pending = {"labels": {"alertname": "Soon"}, "state": "pending", "activeAt": "2026-03-01T02:13:00Z"}
    async with running() as prom:
        prom.answers(alerts=success({"alerts": [pending]}))
        assert (await prom.client.alerts()).completeness is Completeness.EMPTY


async def test_an_alert_without_a_begin_is_counted() -> None:
    odd = {"labels": None, "annotations": None, "state": "firing", "activeAt": "0001-01-01T00:00:00Z"}
    fine = {"labels": {}, "state": "firing", "activeAt": "2026-03-01T02:13:00Z"}
    async with running() as prom:
        prom.answers(alerts=success({"alerts": [odd, fine]}))
        reading = await prom.client.alerts()
    assert [alert.name for alert in reading.value] == [""]
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail.startswith("1 of 2 entries could not be read: activeAt is '0001-01-01T00:00:00Z'")


@pytest.mark.parametrize("nothing", [None, {}, {"activeTargets": None, "groups": None, "alerts": None}])
async def test_null_lists_are_empty(nothing: object) -> None:
    async with running() as prom:
        prom.answers(targets=success(nothing), rules=success(nothing), alerts=success(nothing))
        assert (await prom.client.targets()).completeness is Completeness.EMPTY
        assert (await prom.client.rules()).completeness is Completeness.EMPTY
        assert (await prom.client.alerts()).completeness is Completeness.EMPTY


async def test_the_server_says_what_it_is() -> None:
    async with running() as prom:
        assert (await prom.client.build()).value == Build(
            product="Prometheus", version="2.42.0+ds", revision="abc"
        )
        prom.answers(
            status__buildinfo=success({"application": "Grafana Mimir", "version": "2.14.0", "features": {}})
        )
        assert (await prom.client.build()).value.product == "Grafana Mimir"
        prom.answers(status__buildinfo=success({"version": "2.24.0"}))
        assert (await prom.client.build()).value == Build(product="", version="2.24.0")


async def test_runtime_flags_tsdb_and_metadata_are_read() -> None:
    async with running() as prom:
        assert (await prom.client.runtime()).value.storage_retention == RUNTIME["storageRetention"]
        assert (await prom.client.flags()).value["config.file"] == "/etc/prometheus/prometheus.yml"
        head = (await prom.client.tsdb()).value.head_stats
        assert head
        assert head.num_series == 1085
        assert set((await prom.client.metadata()).value) == {
            "node_cpu_seconds_total",
            "http_request_duration_seconds",
        }


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (
            failed(400, "bad_data", "1:4: parse error: unexpected end"),
            Rejected,
            "1:4: parse error: unexpected end",
        ),
        (failed(422, "execution", "multiple matches for labels"), Rejected, "multiple matches for labels"),
        (failed(503, "timeout", "query timed out"), Unreachable, "HTTP 503: query timed out"),
        (answering("no org id", 401, "text/plain"), Unauthorised, "no org id"),
        (login_page(), Unauthorised, "a login page"),
        (answering("pong", 200, "text/plain"), Malformed, "cannot be read"),
        (answering({"status": "error", "error": "odd"}), Malformed, "its status is 'error': odd"),
        (answering({"status": "success"}), Malformed, "there is no data"),
        (answering({}), Malformed, "status"),
        (answering("[]"), Malformed, "Expected `object`"),
        (success({"resultType": "vector", "result": {}}), Malformed, "Expected `array`"),
        (success({"resultType": "vector", "result": [{"metric": {"a": 1}}]}), Malformed, "Expected `str`"),
        (success({"resultType": "vector", "result": [{"metric": {}, "value": [1]}]}), Malformed, "array"),
        (vector(({}, "many")), Malformed, "many"),
        (
            success({"resultType": "vector", "result": [{"metric": {}, "value": [1e300, "1"]}]}),
            Malformed,
            "no time",
        ),
        (success({"resultType": 3, "result": []}), Malformed, "Expected `str`"),
        (answering(b'{"status": "success", "more": ' + b"[" * 50_000), Malformed, "nested too deeply"),
        (answering(b'{"status": "success", "data": "\xff"}'), Malformed, "cannot be read"),
    ],
)
async def test_every_bad_answer_is_told_by_who_must_act(
    behaviour: Behaviour, kind: type[SourceError], words: str
) -> None:
    async with running() as prom:
        prom.answers(query=behaviour)
        with pytest.raises(kind) as caught:
            await prom.client.instant("up", NOW)
        assert type(caught.value) is kind
        assert words in caught.value.detail
        assert (caught.value.system, caught.value.operation) == ("prom", "GET /api/v1/query")
        prom.answers()
        assert (await prom.client.instant("up", NOW)).value


async def test_a_server_that_only_answers_queries_lacks_the_rest() -> None:
    async with running() as prom:
        with pytest.raises(Missing, match="HTTP 404"):
            await prom.client.label_values("nope", ())


async def test_a_path_prefix_and_a_tenant_are_sent() -> None:
    async with running(path="/prometheus", tenant="house-1") as prom:
        with pytest.raises(Missing):
            await prom.client.targets()
    assert prom.server.paths == ["/prometheus/api/v1/targets"]
    assert prom.server.seen[0].headers["x-scope-orgid"] == "house-1"


def test_links_never_carry_credentials() -> None:
    config = Config(url="http://ann:hunter2@prom.lan/x")
    client = Client("prom", config, ReplayWire("prom", ()), FixedClock(NOW))
    assert client.link("a + b", NOW).startswith("http://prom.lan/x/graph?g0.expr=a+%2B+b&")
