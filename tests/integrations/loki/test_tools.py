"""What the tools of a Loki say, to people and to models."""

from __future__ import annotations

import json
from collections.abc import Iterator
from urllib.parse import parse_qs, urlsplit

import pytest

from sre_assistant.domain.errors import CallError, Rejected, SourceError, Unreachable
from sre_assistant.domain.reading import Completeness
from tests.integrations.loki.answers import (
    DOCKER,
    EPOCH,
    WELL,
    called,
    loki,
    metadata,
    ns,
    refusing,
    serving,
    streams,
    success,
    vector,
)
from tests.kit.hostile import Hostile, answering
from tests.sim.loki_house import START, Home, listening

MAX_SCHEMAS = 2_500
MAX_TEXT = 5_600


@pytest.fixture(scope="module")
def home() -> Iterator[Home]:
    """An hour of two machines; for tests that only read."""
    with listening() as made:
        for number in range(120):
            made.write(
                {"host": "nas", "container": "immich", "service_name": "immich"},
                25 * number + 1,
                f"level=warn msg=slow id={number} " + "x" * 500,
                detected_level="warn",
            )
        made.write({"host": "pve1", "unit": "ssh.service"}, 90, "Started ssh.service")
        made.write({"host": "pve1", "unit": "ssh.service"}, 60, "kernel panic", detected_level="unknown")
        made.write({"host": "pve1", "unit": "ssh.service"}, 30, "fine")
        yield made


def asked(server: Hostile, path: str) -> list[dict[str, list[str]]]:
    return [parse_qs(urlsplit(seen.target).query) for seen in server.seen if seen.path.endswith(path)]


async def test_a_model_is_told_of_all_in_few_words() -> None:
    async with loki() as (integration, server):
        sizes = [len(json.dumps(tool.schema, separators=(",", ":"))) for tool in integration.tools]
        assert sum(sizes) < MAX_SCHEMAS
        assert [tool.name for tool in integration.tools] == [
            "loki_query_logs",
            "loki_metric_query",
            "loki_correlate_changes",
            "loki_list_label_values",
            "loki_list_patterns",
            "loki_log_volume",
        ]
        assert server.seen == []


async def test_lines_come_newest_first_over_all_streams() -> None:
    async with loki() as (integration, _):
        told = await called(integration, "query_logs", query='{host=~".+"}')
    assert told.text.splitlines() == [
        "3 lines from 2026-03-01 01:14:05Z to 2026-03-01 02:14:05Z, newest first",
        "2026-03-01 02:14:04.000Z pve1/ssh.service: Accepted publickey",
        "2026-03-01 02:14:00.000Z [error] nas/immich: connection refused",
        "2026-03-01 02:13:56.000Z pve1/ssh.service: 0 errors",
    ]
    assert told.completeness is Completeness.COMPLETE
    assert told.provenance.query == '{host=~".+"}'


async def test_a_query_is_passed_on_as_it_is() -> None:
    query = ' {host="nas"} |~ "(?i)a\\\\b`" | json | x="{{}}" # why '
    async with loki() as (integration, server):
        await called(
            integration, "query_logs", query=query, start="2h", end="1h", direction="forward", limit=7
        )
        (call,) = asked(server, "query_range")
        (cost,) = asked(server, "index/stats")
    assert call["query"] == [query]
    assert cost["query"] == ['{host="nas"}']
    assert call["limit"] == ["8"]
    assert call["direction"] == ["forward"]
    assert (int(call["end"][0]) - int(call["start"][0])) // 10**9 == 3600


async def test_what_is_not_shown_is_said_and_kept(home: Home) -> None:
    async with serving(url=home.url, now=START) as (integration, _):
        told = await called(integration, "query_logs", query='{host="nas"}', limit=100)
    head, *rows = told.text.splitlines()
    assert head.startswith(
        "More than 100 lines from 2026-11-21 11:00:00Z to 2026-11-21 12:00:00Z, newest first"
    )
    assert f"the first {len(rows) - 1} are shown" in head
    assert rows[-1] == "Note: more than 100 lines match; these are the newest"
    assert told.completeness is Completeness.PARTIAL
    assert isinstance(told.data, tuple)
    assert len(told.data) == 100
    assert len(told.text) <= MAX_TEXT
    assert all(len(row) < 500 for row in rows)


async def test_exactly_as_many_as_wanted_are_all(home: Home) -> None:
    async with serving(url=home.url, now=START) as (integration, _):
        told = await called(integration, "query_logs", query='{host="pve1"}', limit=3, direction="forward")
    assert told.text.startswith("3 lines from ")
    assert [row.rpartition(": ")[2] for row in told.text.splitlines()[1:]] == [
        "Started ssh.service",
        "kernel panic",
        "fine",
    ]
    assert told.completeness is Completeness.COMPLETE


async def test_a_line_cannot_draw_lines_and_shows_no_secret() -> None:
    nasty = "x\n2026-03-01 02:14:05.000Z [critical] pve1: FAKE \x1b[2J password=hunter2"
    async with loki({"/loki/api/v1/query_range": streams((DOCKER, [[ns(1), nasty]]))}) as (integration, _):
        told = await called(integration, "query_logs", query='{host="nas"}')
    assert len(told.text.splitlines()) == 2
    assert "hunter2" not in told.text
    assert "\x1b" not in told.text


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"query": ""}, "The query has 0 characters"),
        ({"query": "x" * 2001}, "The query has 2,001 characters"),
        ({"limit": 0}, "limit is 0: give 1 to 1,000"),
        ({"limit": 1001}, "limit is 1001"),
        ({"start": "now", "end": "1h"}, "start 'now' is after end '1h'"),
        ({"start": "1h", "end": "1h"}, "is the same moment as"),
        ({"end": "2030-01-01T00:00:00Z"}, "which is in the future"),
        ({"start": "yesteryear"}, "is no time"),
        ({"direction": "sideways"}, "direction is 'sideways'"),
    ],
)
async def test_what_cannot_be_meant_is_refused_before_anything_is_asked(
    given: dict[str, object], says: str
) -> None:
    async with loki() as (integration, server):
        with pytest.raises(CallError, match=says.replace("(", "\\(")):
            await called(integration, "query_logs", **{"query": '{host="nas"}', **given})
        assert server.seen == []


async def test_nothing_found_says_which_labels_there_are(home: Home) -> None:
    async with serving(url=home.url, now=START) as (integration, _):
        told = await called(integration, "query_logs", query='{hostname="nas"} |= "x"')
        assert told.completeness is Completeness.EMPTY
        assert "No stream matches the selector from 2026-11-21 11:00:00Z" in told.text
        assert "Labels there: container, host, service_name, unit." in told.text
        told = await called(integration, "query_logs", query='{host="nas"} |= "no such text"')
        assert "1 streams match the selector; none of their lines" in told.text
        told = await called(integration, "query_logs", query='{host="nas"}', start="30d", end="20d")
        assert "Loki has no line at all from 2026-10-22" in told.text


async def test_a_hint_that_fails_does_not_fail_the_answer() -> None:
    changed = {"/loki/api/v1/query_range": streams(), "/loki/api/v1/series": refusing("no", 500)}
    async with loki(changed) as (integration, _):
        told = await called(integration, "query_logs", query='{host="nas"}')
    assert "Why is not known, the index does not answer: HTTP 500: no" in told.text


@pytest.mark.parametrize("name", ["query_logs", "metric_query"])
async def test_a_costly_query_is_not_asked(name: str) -> None:
    stats = answering({"streams": 1, "chunks": 9, "bytes": 20 * 1024**3, "entries": 10**9})
    async with loki({"/loki/api/v1/index/stats": stats}) as (integration, server):
        with pytest.raises(
            CallError, match=r"would read 20\.0 GiB of log, more than 10\.0 GiB: name more labels"
        ):
            await called(integration, name, query='sum(rate({host=~".+"}[7d]))')
        assert asked(server, "query") == asked(server, "query_range") == []
        (cost,) = asked(server, "index/stats")
        assert int(cost["end"][0]) - int(cost["start"][0]) >= 7 * 86_400 * 10**9


async def test_numbers_and_lines_are_each_asked_with_their_own_tool(home: Home) -> None:
    async with serving(url=home.url, now=START) as (integration, _):
        with pytest.raises(CallError, match="ask for them with loki_metric_query"):
            await called(integration, "query_logs", query='count_over_time({host="nas"}[5m])')
        with pytest.raises(CallError, match="ask for them with loki_query_logs"):
            await called(integration, "metric_query", query='{host="nas"}', step="5m")
        with pytest.raises(Rejected, match="ask for lines with loki_query_logs"):
            await called(integration, "metric_query", query='{host="nas"}')


async def test_the_largest_value_comes_first() -> None:
    answer = vector(({"host": "a"}, "0.5"), ({"host": "c"}, "NaN"), ({"host": "b"}, "1234567"))
    async with loki({"/loki/api/v1/query": answer}) as (integration, _):
        told = await called(integration, "metric_query", query="x", end="1h")
    assert told.text.splitlines() == [
        "3 series at 2026-03-01 01:14:05Z, largest first",
        '  {host="b"} => 1,234,567',
        '  {host="a"} => 0.5',
        '  {host="c"} => NaN',
    ]


async def test_a_scalar_is_a_value_too() -> None:
    answer = success({"resultType": "scalar", "result": [EPOCH, "3"]})
    async with loki({"/loki/api/v1/query": answer}) as (integration, _):
        assert "  {} => 3" in (await called(integration, "metric_query", query="1+2")).text


async def test_a_course_shows_both_ends_and_its_bounds_with_dates(home: Home) -> None:
    query = 'sum by (host) (count_over_time({host="nas"}[5m]))'
    async with serving(url=home.url, now=START) as (integration, _):
        told = await called(integration, "metric_query", query=query, step="5m", start="50m")
    head, name, *points = told.text.splitlines()
    assert head == "1 series 2026-11-21 11:10:00Z to 2026-11-21 12:00:00Z, largest first"
    assert name == '  {host="nas"}: 10 points (min 12, max 12, avg 12)'
    assert points[0] == "    2026-11-21 11:15:00Z 12"
    assert points[3] == "    ... (4 more points)"
    assert points[-1] == "    2026-11-21 12:00:00Z 12"
    assert len(points) == 7


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"step": "0s"}, "step '0s' must be above 0"),
        ({"step": "2d"}, "at most 1d"),
        ({"step": "1s", "start": "1d"}, "more than 11,000 points"),
        ({"step": "x"}, "is no duration"),
        ({"query": " "}, "The query has 1 characters"),
    ],
)
async def test_a_course_is_bounded(given: dict[str, object], says: str) -> None:
    async with loki() as (integration, server):
        with pytest.raises(CallError, match=says):
            await called(integration, "metric_query", **{"query": "x", **given})
        assert asked(server, "query_range") == []


async def test_no_series_says_why(home: Home) -> None:
    async with serving(url=home.url, now=START) as (integration, _):
        told = await called(integration, "metric_query", query='rate({host="x"}[5m])')
    assert told.completeness is Completeness.EMPTY
    assert told.text.startswith("No series. No stream matches the selector")


async def test_changes_are_one_timeline_with_a_summary(home: Home) -> None:
    async with serving(url=home.url, now=START) as (integration, _):
        told = await called(integration, "correlate_changes", hostname="pve1")
    assert told.text.splitlines() == [
        "2 events from 2026-11-21 11:30:00Z to 2026-11-21 12:00:00Z of host=pve1",
        "## Summary",
        "  pve1/ssh.service: 1 critical, 1 other",
        "## Timeline, oldest first",
        "2026-11-21 11:58:30.000Z pve1/ssh.service: Started ssh.service",
        "2026-11-21 11:59:00.000Z [critical] pve1/ssh.service: kernel panic",
    ]
    assert told.completeness is Completeness.COMPLETE


async def test_the_gravest_are_shown_when_not_all_fit(home: Home) -> None:
    async with serving(url=home.url, now=START) as (integration, _):
        told = await called(integration, "correlate_changes", window_minutes=60)
    assert "[critical] pve1/ssh.service: kernel panic" in told.text
    assert "Started ssh.service" in told.text
    assert "id=0 " in told.text
    assert "id=99 " not in told.text
    assert told.text.index("## Summary\n  pve1") < told.text.index("  nas/immich: 100 warning")
    assert "are shown" in told.text
    assert told.completeness is Completeness.PARTIAL
    assert "Note: more than 100 lines: these are the newest" in told.text
    assert len(told.text) <= MAX_TEXT


async def test_changes_are_looked_for_before_the_moment_only(home: Home) -> None:
    async with serving(url=home.url, now=START) as (integration, _):
        told = await called(
            integration,
            "correlate_changes",
            reference_time="2026-11-21T11:58:45Z",
            window_minutes=2,
            service_name="ssh",
        )
    assert "Started ssh.service" in told.text
    assert "panic" not in told.text
    assert told.text.startswith("1 event from 2026-11-21 11:56:45Z to 2026-11-21 11:58:45Z of service=ssh")


async def test_a_quiet_time_is_quiet_only_when_all_was_asked(home: Home) -> None:
    async with serving(url=home.url, now=START) as (integration, _):
        quiet = await called(integration, "correlate_changes", hostname="pve1", reference_time="30m")
        assert quiet.completeness is Completeness.EMPTY
        assert quiet.text.startswith(
            "No error, warning, start, stop or kill was logged from 2026-11-21 11:00:00Z"
        )
        unknown = await called(integration, "correlate_changes", hostname="pve9")
        assert unknown.completeness is Completeness.UNSUPPORTED
        assert unknown.text.startswith("Nothing can be said of ")
        assert "no host is called 'pve9' here: there are nas, pve1" in unknown.text


USED = ("labels", "series", "query_range", "index/stats")
"""What an unfiltered look at changes asks."""


@pytest.mark.parametrize("path", USED)
async def test_a_failing_call_is_never_no_events(path: str) -> None:
    async with loki({f"/loki/api/v1/{path}": refusing("no", 500)}) as (integration, _):
        with pytest.raises(Unreachable, match="HTTP 500: no"):
            await called(integration, "correlate_changes")


async def test_these_are_all_the_calls_of_such_a_look() -> None:
    async with loki() as (integration, server):
        assert (await called(integration, "correlate_changes")).completeness is Completeness.COMPLETE
        assert {seen.path for seen in server.seen} == {f"/loki/api/v1/{path}" for path in USED}


async def test_all_calls_failing_is_an_error() -> None:
    async with loki({path: refusing("no", 500) for path in WELL}) as (integration, _):
        for tool in integration.tools:
            example = {p.name: '{a="b"}' if p.name == "query" else "a" for p in tool.parameters if p.required}
            with pytest.raises(SourceError):
                await tool.called(example)


async def test_the_selectors_of_an_unfiltered_look_are_ones_that_loki_takes(home: Home) -> None:
    async with serving(url=home.url, now=START) as (integration, _):
        told = await called(integration, "correlate_changes")
    assert "{}" not in told.provenance.query
    assert '{host=~".+"}' in told.provenance.query
    assert "`" in told.provenance.query
    assert '"(?i)' not in told.provenance.query


@pytest.mark.parametrize(
    ("given", "says"),
    [
        ({"window_minutes": 0}, "window_minutes is 0: give 1 to 1,440"),
        ({"window_minutes": 1441}, "window_minutes is 1441"),
        ({"reference_time": "soon"}, "is no time"),
        ({"hostname": " "}, "hostname is ' '"),
        ({"service_name": "x" * 201}, "service_name is"),
    ],
)
async def test_changes_are_asked_sensibly(given: dict[str, object], says: str) -> None:
    async with loki() as (integration, server):
        with pytest.raises(CallError, match=says):
            await called(integration, "correlate_changes", **given)
        assert server.seen == []


async def test_values_of_a_label_are_listed_and_those_of_none_are_explained(home: Home) -> None:
    async with serving(url=home.url, now=START) as (integration, _):
        told = await called(integration, "list_label_values", label="host")
        assert told.text == "host had 2 values in the last day\n  nas\n  pve1"
        told = await called(integration, "list_label_values", label="host", query='{unit=~".+"}')
        assert told.text == "host had 1 value in the last day\n  pve1"
        told = await called(integration, "list_label_values", label="hostname")
        assert told.completeness is Completeness.EMPTY
        assert told.text.endswith("Labels: container, host, service_name, unit.")
        with pytest.raises(CallError, match="is no label"):
            await called(integration, "list_label_values", label="../../config")


async def test_many_values_are_counted_and_kept() -> None:
    values = [f"pod-{number:05}" for number in range(3_000)]
    async with loki({"/loki/api/v1/label/pod/values": success(values)}) as (integration, _):
        told = await called(integration, "list_label_values", label="pod")
    assert told.text.startswith("pod had 3,000 values in the last day (first 200 shown)")
    assert told.data == tuple(values)


async def test_patterns_are_counted_most_frequent_first() -> None:
    found = [
        {"pattern": "rare <_>", "samples": [[EPOCH, 1]]},
        {"pattern": "often <_>", "level": "warn", "samples": [[EPOCH - 10, 2000], [EPOCH, 1]]},
    ]
    async with loki({"/loki/api/v1/patterns": success(found)}) as (integration, server):
        told = await called(integration, "list_patterns", query='{host="nas"}')
        assert asked(server, "patterns")[0]["query"] == ['{host="nas"}']
    assert told.text.splitlines()[1:] == ["  2,001 x [warning] often <_>", "  1 x rare <_>"]
    assert "2 patterns of 2,002 lines" in told.text


@pytest.mark.parametrize(
    "answer",
    [refusing("404 page not found", 404), refusing("pattern ingester is disabled", 500)],
    ids=["no such page", "switched off"],
)
async def test_a_loki_without_patterns_says_so(answer: object) -> None:
    async with loki({"/loki/api/v1/patterns": answer}) as (integration, _):  # type: ignore[dict-item]
        told = await called(integration, "list_patterns")
    assert told.completeness is Completeness.UNSUPPORTED
    assert "this Loki finds no patterns" in told.text


async def test_no_patterns_yet_is_said() -> None:
    async with loki({"/loki/api/v1/patterns": success([])}) as (integration, _):
        told = await called(integration, "list_patterns")
    assert told.completeness is Completeness.EMPTY
    assert "Loki keeps them for about 3 h only" in told.text


async def test_a_selector_with_stages_has_no_patterns(home: Home) -> None:
    async with serving(url=home.url, now=START) as (integration, _):
        with pytest.raises(Rejected, match="only label matchers are supported"):
            await called(integration, "list_patterns", query='{host="nas"} |= "x"')


async def test_volume_is_told_by_all_labels_of_a_meaning(home: Home) -> None:
    async with serving(url=home.url, now=START) as (integration, _):
        told = await called(integration, "log_volume", by="service")
        assert told.text.splitlines() == [
            "2 values of service_name, unit from 2026-11-21 11:00:00Z to 2026-11-21 12:00:00Z",
            "  immich: 61.7 KiB (99.9 %)",
            "  ssh.service: 35 B (0.055 %)",
        ]
        told = await called(integration, "log_volume", by="level")
        assert told.text.splitlines()[1:] == [
            "  warning: 120 lines (98 %)",
            "  (without): 3 lines (2.4 %)",
        ]
        told = await called(integration, "log_volume", by="namespace")
        assert told.completeness is Completeness.UNSUPPORTED
        assert "no label here means namespace; labels: container, host" in told.text


@pytest.mark.parametrize(
    "answer",
    [refusing("404 page not found", 404), refusing("volume is not enabled", 400), vector()],
    ids=["no such page", "switched off", "not flushed yet"],
)
async def test_volume_is_counted_in_lines_where_bytes_are_not(answer: object) -> None:
    counts = vector(({"host": "nas"}, "12"), ({"host": "pve1"}, "1"))
    changed = {"/loki/api/v1/index/volume": answer, "/loki/api/v1/query": counts}
    async with loki(changed) as (integration, server):  # type: ignore[arg-type]
        told = await called(integration, "log_volume", by="host")
        (call,) = asked(server, "query")
    assert told.text.splitlines()[1:] == ["  nas: 12 lines (92 %)", "  pve1: 1 line (7.7 %)"]
    assert call["query"] == ['sum by (host) (count_over_time({service_name=~".+"}[3600s]))']


async def test_counting_lines_is_held_back_when_it_costs_too_much() -> None:
    changed = {
        "/loki/api/v1/index/volume": refusing("404 page not found", 404),
        "/loki/api/v1/index/stats": answering({"streams": 1, "chunks": 1, "bytes": 2**40, "entries": 1}),
    }
    async with loki(changed) as (integration, server):
        with pytest.raises(CallError, match=r"would read 1\.0 TiB of log"):
            await called(integration, "log_volume")
        assert asked(server, "query") == []


async def test_a_line_without_known_labels_shows_what_it_has() -> None:
    answer = streams(({"zone": "a", "rack": "b"}, [[ns(1), "x", metadata()]]))
    async with loki({"/loki/api/v1/query_range": answer}) as (integration, _):
        told = await called(integration, "query_logs", query='{zone="a"}')
    assert told.text.splitlines()[1] == "2026-03-01 02:14:04.000Z rack=b/zone=a: x"
