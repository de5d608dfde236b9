"""Log lines by what they are about: which queries are asked, what is kept, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from urllib.parse import parse_qs, urlsplit

import pytest

from sre_assistant.contracts.integration import Integration
from sre_assistant.domain.errors import CallError, ConfigError, Malformed, Rejected, Unauthorised, Unreachable
from sre_assistant.domain.inventory import LogFilter, LogLine
from sre_assistant.domain.reading import Completeness, Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.loki.config import Config
from tests.integrations.loki.answers import (
    DOCKER,
    NOW,
    UNIT,
    WELL,
    loki,
    metadata,
    ns,
    refusing,
    serving,
    streams,
    success,
)
from tests.kit.hostile import Hostile, answering, in_turn
from tests.sim.loki_house import SECOND, START, Home, listening

HOUR = Window.before(NOW, timedelta(hours=1))
LAST = Window.before(START, timedelta(hours=1))


@pytest.fixture
def home() -> Iterator[Home]:
    with listening() as made:
        yield made


async def lines(
    integration: Integration, window: Window = HOUR, limit: int = 100, **wanted: object
) -> Reading[tuple[LogLine, ...]]:
    assert integration.logs is not None
    return await integration.logs.lines(LogFilter(**wanted), window, limit)  # type: ignore[arg-type]


def asked(server: Hostile, path: str) -> list[dict[str, list[str]]]:
    """The parameters of all calls of a path."""
    return [parse_qs(urlsplit(seen.target).query) for seen in server.seen if seen.path.endswith(path)]


async def test_the_time_of_a_line_is_exact_and_its_labels_are_all_there() -> None:
    at = f"{ns(5)[:-9]}123456789"
    answer = streams((DOCKER, [[at, "hello", {**metadata(detected_level="warn"), "parsed": {"id": "7"}}]]))
    async with loki({"/loki/api/v1/query_range": answer}) as (integration, _):
        (line,) = (await lines(integration)).value
    assert line.at == datetime(2026, 3, 1, 2, 14, 0, 123456, tzinfo=UTC)
    assert line.labels == {**DOCKER, "detected_level": "warn", "id": "7"}
    assert (line.host, line.service, line.container, line.level) == ("nas", "immich", "immich", "warning")


@pytest.mark.parametrize(
    "answer",
    [
        streams((DOCKER, [[ns(1), "x", metadata(detected_level="error")]])),
        streams((DOCKER, [[ns(1), "x", {"detected_level": "error"}]])),
        streams(({**DOCKER, "detected_level": "error"}, [[ns(1), "x"]]), told_apart=False),
    ],
    ids=["by category", "as pushed", "among the labels"],
)
async def test_structured_metadata_is_found_wherever_it_stands(answer: object) -> None:
    async with loki({"/loki/api/v1/query_range": answer}) as (integration, server):  # type: ignore[dict-item]
        reading = await lines(integration, levels=("error",))
        assert [line.level for line in reading.value] == [
            "error",
            "error",
        ]  # of both queries: the fake filters none
        queries = {call["query"][0] for call in asked(server, "query_range")}
    assert [query for query in queries if "detected_level=~`" in query]
    assert {seen.headers["x-loki-response-encoding-flags"] for seen in server.seen} == {"categorize-labels"}


async def test_lines_of_one_moment_keep_the_servers_order(home: Home) -> None:
    for text in ("first", "second", "third"):
        home.write({"app": "x"}, 5, text)
    home.write({"app": "a"}, 4, "later")
    async with serving(url=home.url, now=START) as (integration, _):
        reading = await lines(integration, LAST)
        assert [line.text for line in reading.value] == ["first", "second", "third", "later"]
        assert [line.text for line in (await lines(integration, LAST, 3)).value] == [
            "second",
            "third",
            "later",
        ]


async def test_both_ends_of_a_window_belong_to_it(home: Home) -> None:
    home.write({"app": "x"}, 3600, "at its begin")
    home.write({"app": "x"}, 0, "at its end")
    home.write({"app": "x"}, 3601, "before")
    async with serving(url=home.url, now=START) as (integration, _):
        assert [line.text for line in (await lines(integration, LAST)).value] == [
            "at its begin",
            "at its end",
        ]


async def test_all_streams_are_reached_though_no_label_is_common(home: Home) -> None:
    home.write({"job": "varlogs"}, 3, "one")
    home.write({"unit": "ssh.service"}, 2, "two")
    home.write({"namespace": "web"}, 1, "three")
    async with serving(url=home.url, now=START) as (integration, _):
        reading = await lines(integration, LAST)
        assert [line.text for line in reading.value] == ["one", "two", "three"]
        assert "{}" not in reading.provenance.query
        changes = await lines(integration, LAST, levels=("error",))
        assert changes.completeness is Completeness.EMPTY


async def test_streams_of_long_ago_are_reached_by_the_labels_they_had(home: Home) -> None:
    home.write({"service_name": "new"}, 60, "today")
    home.write({"job": "old"}, 3 * 86_400, "before the upgrade")
    home.write({"service_name": "new"}, 3 * 86_400, "then too")
    async with serving(url=home.url, now=START) as (integration, _):
        assert [line.text for line in (await lines(integration, LAST)).value] == ["today"]
        week = await lines(integration, Window.before(START, timedelta(days=6)))
        assert sorted(line.text for line in week.value) == ["before the upgrade", "then too", "today"]


async def test_a_name_under_several_labels_is_found_under_all(home: Home) -> None:
    home.write({"host": "nas", "container": "x"}, 3, "docker")
    home.write({"node": "nas", "pod": "x"}, 2, "kubernetes")
    home.write({"host": "other", "node": "nas"}, 1, "both")
    home.write({"host": "other"}, 1, "neither")
    async with serving(url=home.url, now=START) as (integration, _):
        reading = await lines(integration, LAST, host="nas")
        assert [line.text for line in reading.value] == ["docker", "kubernetes", "both"]
        assert "|" in reading.provenance.query
        only = await lines(integration, LAST, host="nas", container="x")
        assert [line.text for line in only.value] == ["docker", "kubernetes"]


async def test_streams_that_pass_one_part_of_a_filter_alone_are_not_read(home: Home) -> None:
    home.write({"host": "nas", "container": "x"}, 3, "this")
    home.write({"node": "nas", "pod": "y"}, 2, "of another container")
    async with serving(url=home.url, now=START) as (integration, _):
        reading = await lines(integration, LAST, host="nas", container="x")
    assert [line.text for line in reading.value] == ["this"]
    assert reading.provenance.query == '{host="nas",container=~"x|/x"}'


async def test_streams_that_could_not_be_read_of_the_index_are_reached_all_the_same() -> None:
    series = answering(b'{"status":"success","data":[{"host":"nas"},5]}')
    changed = {"/loki/api/v1/labels": success(["host", "node"]), "/loki/api/v1/series": series}
    async with loki(changed) as (integration, _):
        reading = await lines(integration, host="nas")
    assert reading.provenance.query == '{host=~".+"} | host=`nas` or node=`nas`'


async def test_a_unit_and_a_container_are_found_as_people_call_them(home: Home) -> None:
    home.write({"host": "a", "unit": "ssh.service"}, 3, "unit")
    home.write({"host": "a", "container_name": "/immich"}, 2, "container")
    async with serving(url=home.url, now=START) as (integration, _):
        assert [line.text for line in (await lines(integration, LAST, service="ssh")).value] == ["unit"]
        assert (await lines(integration, LAST, service="ss")).completeness is Completeness.UNSUPPORTED
        (line,) = (await lines(integration, LAST, container="immich")).value
        assert line.container == "immich"


async def test_a_filter_without_a_label_for_it_is_unsupported_and_names_the_setting(home: Home) -> None:
    home.write({"job": "varlogs", "filename": "/var/log/syslog"}, 3, "error: gone")
    async with serving(url=home.url, now=START) as (integration, _):
        reading = await lines(integration, LAST, host="nas", namespace="web")
    assert (reading.completeness, reading.value) == (Completeness.UNSUPPORTED, ())
    assert reading.detail == (
        "no label here means host or namespace: set LOKI_HOST_LABEL or LOKI_NAMESPACE_LABEL. "
        "Labels: filename, job"
    )


async def test_a_level_that_no_label_tells_is_read_from_the_lines(home: Home) -> None:
    for ago, text in enumerate(("E0101 12:00:00 lost", "W0101 12:00:00 slow", "0 errors", "level=info x")):
        home.write({"job": "x"}, ago + 1, text)
    async with serving(url=home.url, now=START) as (integration, _):
        reading = await lines(integration, LAST, levels=("error", "warning"))
    assert [line.text for line in reading.value] == ["W0101 12:00:00 slow", "E0101 12:00:00 lost"]
    assert reading.completeness is Completeness.COMPLETE
    assert "level" not in reading.provenance.query.partition("|~")[0]


async def test_the_senders_level_is_believed_before_the_lines(home: Home) -> None:
    home.write({"job": "x", "level": "info"}, 1, "ERROR is my name")
    home.write({"job": "x"}, 2, "[error] failed to get info", detected_level="info")
    home.write({"job": "x"}, 3, "0 errors", detected_level="error")
    home.write({"job": "x"}, 4, "it broke", detected_level="error")
    async with serving(url=home.url, now=START) as (integration, _):
        reading = await lines(integration, LAST, levels=("error",))
        assert [line.text for line in reading.value] == ["it broke", "[error] failed to get info"]
        levels = {line.text: line.level for line in (await lines(integration, LAST)).value}
    assert levels["0 errors"] == ""
    assert levels["ERROR is my name"] == "info"


async def test_an_error_behind_a_thousand_denials_is_found(home: Home) -> None:
    home.write({"job": "x"}, 3000, "error: the one")
    for number in range(1000):
        home.write({"job": "x"}, 2 + number, "0 errors")
    async with serving(url=home.url, now=START) as (integration, _):
        reading = await lines(integration, LAST, levels=("error",))
    assert [line.text for line in reading.value] == ["error: the one"]
    assert reading.completeness is Completeness.COMPLETE


async def test_lines_whose_sender_says_otherwise_are_not_even_fetched(home: Home) -> None:
    home.write({"job": "x", "level": "error"}, 3000, "the one")
    for number in range(1300):
        home.write({"job": "x", "level": "info"}, 2 + number, "ERROR is my name")
    async with serving(url=home.url, now=START) as (integration, _):
        reading = await lines(integration, LAST, levels=("error",))
    assert [line.text for line in reading.value] == ["the one"]
    assert reading.completeness is Completeness.COMPLETE


async def test_what_was_not_looked_through_is_said(home: Home) -> None:
    home.write({"job": "x"}, 3000, "error: the one")
    for number in range(1300):
        home.write({"job": "x"}, 2 + number, "0 errors")
    async with serving(url=home.url, now=START) as (integration, _):
        reading = await lines(integration, LAST, levels=("error",))
    assert (reading.completeness, reading.value) == (Completeness.PARTIAL, ())
    assert reading.detail.startswith("lines before 2026-11-21 11:4")
    assert reading.detail.endswith("were not all looked through")


async def test_a_crowd_in_one_nanosecond_ends_the_look(home: Home) -> None:
    for number in range(250):
        home.write({"job": "x"}, 5, f"0 errors {number}")
    async with serving(url=home.url, now=START) as (integration, _):
        assert (await lines(integration, LAST, levels=("error",))).completeness is Completeness.PARTIAL


async def test_more_lines_than_one_answer_holds_are_fetched_in_pieces() -> None:
    limit = refusing("max entries limit per query exceeded, limit > max_entries_limit_per_query (4 > 2)")
    first = streams((DOCKER, [[ns(1), "c"], [ns(2), "b"]]))
    rest = streams((DOCKER, [[ns(2), "b"], [ns(3), "a"]]))
    end = streams((DOCKER, [[ns(3), "a"]]))
    sample = WELL["/loki/api/v1/query_range"]
    turns = in_turn(sample, sample, limit, first, rest, end)
    async with loki({"/loki/api/v1/query_range": turns}) as (integration, server):
        reading = await lines(integration, limit=3)
        assert [line.text for line in reading.value] == ["a", "b", "c"]
        assert reading.completeness is Completeness.COMPLETE
        assert [call["limit"] for call in asked(server, "query_range")[2:]] == [["4"], ["2"], ["2"], ["2"]]


async def test_no_stream_at_all_is_no_good_news() -> None:
    nothing = answering({"status": "success"})
    changed = {"/loki/api/v1/labels": nothing, "/loki/api/v1/series": success([])}
    async with loki(changed) as (integration, _):
        reading = await lines(integration, levels=("error",))
        assert (reading.completeness, reading.value) == (Completeness.STALE, ())
        assert "no stream has a line in this window" in reading.detail


async def test_a_machine_that_fell_silent_is_said_to_have() -> None:
    changed = {
        "/loki/api/v1/labels": success(["host", "node", "service_name"]),
        "/loki/api/v1/series": in_turn(success([DOCKER]), success([])),
        "/loki/api/v1/label/host/values": success(["nas"]),
        "/loki/api/v1/label/node/values": success([]),
    }
    async with loki(changed) as (integration, _):
        reading = await lines(integration, host="nas")
    assert (reading.completeness, reading.detail) == (
        Completeness.EMPTY,
        "it wrote nothing at all in this window",
    )


async def test_reading_everything_is_not_asked_above_the_bound(home: Home) -> None:
    for number in range(1200):
        home.write({"app": "web", "host": "nas"}, number + 1, "x" * 1024)
    async with serving(url=home.url, now=START, max_scan_bytes=1024**2) as (integration, _):
        reading = await lines(integration, LAST, containing=("y",))
        assert (reading.completeness, reading.value) == (Completeness.UNSUPPORTED, ())
        assert reading.detail == (
            'not asked: {app=~".+"} would read 1.2 MiB of log, more than 1.0 MiB: name more labels, '
            "shorten the window or raise LOKI_MAX_SCAN_BYTES"
        )
        selective = await lines(integration, LAST, host="nas", containing=("y",))
        assert selective.completeness is Completeness.EMPTY
        assert len((await lines(integration, Window.before(START, timedelta(minutes=9)), 5)).value) == 5


async def test_an_index_that_tells_no_sizes_holds_nothing_back() -> None:
    gone = refusing("404 page not found", 404)
    async with loki({"/loki/api/v1/index/stats": gone}, max_scan_bytes=1024**2) as (integration, _):
        assert (await lines(integration)).value


async def test_what_there_is_is_found_out_once_and_again_after_five_minutes() -> None:
    async with loki() as (integration, server), serving(url=server.url) as (other, clock):
        for _ in range(3):
            await lines(other)
        assert len(asked(server, "/labels")) == 1
        await clock.sleep(300)
        await lines(other)
        assert len(asked(server, "/labels")) == 2
        assert integration.logs


async def test_labels_beyond_a_hundred_are_said_not_to_be_looked_at() -> None:
    names = [f"label_{number:03}" for number in range(120)]
    async with loki({"/loki/api/v1/labels": success([*names, "service_name"])}) as (integration, server):
        reading = await lines(integration)
        (call,) = asked(server, "/series")
    assert (reading.completeness, reading.detail) == (Completeness.PARTIAL, "21 labels were not looked at")
    assert call["match[]"][0] == '{service_name=~".+"}'
    assert len(call["match[]"]) == 100


async def test_too_many_streams_are_looked_at_over_a_shorter_time() -> None:
    many = answering(b'{"status":"success","data":[' + b" " * 2000 + b"]}")
    changed = {"/loki/api/v1/series": in_turn(many, success([DOCKER, UNIT]))}
    async with loki(changed, max_body=1024) as (integration, server):
        reading = await lines(integration)
        assert (len(reading.value), reading.completeness) == (3, Completeness.PARTIAL)
        assert reading.detail == "too many streams to look at all: those of the last 10 min were"
        first, second = asked(server, "/series")
        assert int(second["start"][0]) - int(first["start"][0]) == (6 * 60 - 10) * 60 * SECOND


@pytest.mark.parametrize(
    ("path", "status", "kind"),
    [
        ("labels", 500, Unreachable),
        ("series", 400, Rejected),
        ("query_range", 500, Unreachable),
        ("index/stats", 500, Unreachable),
    ],
)
async def test_each_failing_call_is_a_failure(path: str, status: int, kind: type[Exception]) -> None:
    async with loki({f"/loki/api/v1/{path}": refusing("no", status)}) as (integration, _):
        with pytest.raises(kind):
            await lines(integration, levels=("error",))


@pytest.mark.parametrize(
    ("status", "said", "kind", "advice"),
    [
        (401, "no org id", Unauthorised, "set LOKI_TENANT"),
        (500, "no org id", Unauthorised, "set LOKI_TENANT"),
        (
            400,
            "the query time range exceeds the limit (query length: 800h, limit: 721h)",
            Rejected,
            "shorten the window",
        ),
        (400, "maximum of series (500) reached for a single query", Rejected, "aggregate"),
        (400, "the query would read too many bytes (query: 1TB, limit: 500GB)", Rejected, "name more labels"),
        (429, "too many outstanding requests", Unreachable, "ask less at once"),
        (504, "context deadline exceeded", Unreachable, "shorten the window"),
    ],
)
async def test_a_refusal_says_what_mends_it(
    status: int, said: str, kind: type[Exception], advice: str
) -> None:
    async with loki({"/loki/api/v1/labels": refusing(said, status)}) as (integration, _):
        with pytest.raises(kind, match=advice) as caught:
            await lines(integration)
    assert said[:20] in str(caught.value)


async def test_an_odd_stream_is_counted_and_the_others_are_kept() -> None:
    answer = streams((DOCKER, [[ns(1), "good"]]), (UNIT, [["soon", "bad"]]), (UNIT, [[ns(1)]]))
    sample = WELL["/loki/api/v1/query_range"]
    async with loki({"/loki/api/v1/query_range": in_turn(sample, sample, answer)}) as (integration, _):
        reading = await lines(integration)
    assert [line.text for line in reading.value] == ["good"]
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail == "2 of 3 entries could not be read: 'soon' is no number of nanoseconds"


async def test_a_server_that_sends_more_than_it_was_asked_for_is_held_to_it() -> None:
    answer = streams((DOCKER, [[ns(ago), f"line {ago}"] for ago in range(1, 5_000)]))
    async with loki({"/loki/api/v1/query_range": answer}) as (integration, _):
        reading = await lines(integration, limit=10)
    assert [line.text for line in reading.value][-1] == "line 1"
    assert len(reading.value) == 10
    assert "4,999 lines came though 11 were asked for" in reading.detail


async def test_an_answer_of_another_kind_is_none() -> None:
    answer = success({"resultType": "tables", "result": []})
    async with loki({"/loki/api/v1/query_range": answer}) as (integration, _):
        with pytest.raises(Malformed, match="a log query was answered with a 'tables'"):
            await lines(integration)


async def test_what_cannot_be_asked_is_the_callers_mistake() -> None:
    async with loki() as (integration, _):
        with pytest.raises(CallError, match="'grave' is no level"):
            await lines(integration, levels=("grave",))
        for limit in (0, 10_001):
            with pytest.raises(CallError, match="limit is"):
                await lines(integration, limit=limit)


@pytest.mark.parametrize(
    ("settings", "says"),
    [
        ({"host_label": "host,my host"}, "LOKI_HOST_LABEL names 'my host', which is no label"),
        ({"level_label": 'x"}'}, "LOKI_LEVEL_LABEL names"),
        ({"max_scan_bytes": 1}, "LOKI_MAX_SCAN_BYTES is 1"),
        ({"timeout": 0}, "LOKI_TIMEOUT is 0"),
    ],
)
def test_settings_are_checked(settings: dict[str, object], says: str) -> None:
    with pytest.raises(ConfigError, match=says):
        Config(url="http://loki.lan:3100", **settings)  # type: ignore[arg-type]


def test_labels_are_named_with_commas() -> None:
    config = Config(url="http://loki.lan:3100", host_label=" node, host,,node ")
    assert config.labels("host") == ("node", "host")
    assert config.labels("level") == ()


async def test_a_label_the_operator_named_need_not_have_been_met(home: Home) -> None:
    home.write({"job": "x"}, 1, "here", machine_id="m1")
    async with serving(url=home.url, now=START, host_label="machine_id") as (integration, _):
        assert [line.text for line in (await lines(integration, LAST, host="m1")).value] == ["here"]
    async with serving(url=home.url, now=START, host_label="other") as (integration, _):
        assert (await lines(integration, LAST, host="m1")).completeness is Completeness.UNSUPPORTED
