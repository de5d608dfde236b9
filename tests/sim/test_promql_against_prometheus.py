"""The evaluator and a real Prometheus, given the same samples, must give the same answers."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

import numpy as np
import pytest

from sre_assistant.sim.lab import Lab
from sre_assistant.sim.metrics.series import Index, Series, Storage
from sre_assistant.sim.promql import Engine, QueryError
from sre_assistant.sim.promql.vectors import Frame
from tests.sim.comparison import compare, result, theirs
from tests.sim.expressions import FAILING, FIXED, HOMELAB, ODD
from tests.sim.odd_series import AT, COUNT, END, START, odd_series
from tests.sim.real_prometheus import MISSING, Shelf, ask, open_metrics, prometheus_with

pytestmark = [
    pytest.mark.real,
    pytest.mark.skipif(bool(MISSING), reason=f"not on PATH: {', '.join(MISSING)}"),
]

ENGINE = Engine(interval=30_000)

HOME_METRICS = (
    "up",
    "scrape_duration_seconds",
    "node_load1",
    "node_load5",
    "node_cpu_seconds_total",
    "node_memory_MemAvailable_bytes",
    "node_memory_MemTotal_bytes",
    "node_memory_SwapFree_bytes",
    "node_memory_SwapTotal_bytes",
    "node_pressure_memory_waiting_seconds_total",
    "node_vmstat_oom_kill",
    "node_filesystem_avail_bytes",
    "node_filesystem_size_bytes",
    "node_filesystem_files",
    "node_filesystem_files_free",
    "node_disk_io_time_seconds_total",
    "node_disk_written_bytes_total",
    "node_disk_write_time_seconds_total",
    "node_disk_writes_completed_total",
    "node_network_receive_bytes_total",
    "node_network_receive_errs_total",
    "node_network_receive_packets_total",
    "node_timex_offset_seconds",
    "node_time_seconds",
    "node_boot_time_seconds",
    "node_uname_info",
    "probe_success",
    "probe_duration_seconds",
    "probe_ssl_earliest_cert_expiry",
    "probe_http_duration_seconds",
    "prometheus_http_request_duration_seconds_bucket",
    "prometheus_tsdb_head_samples_appended_total",
)


class Pair(NamedTuple):
    """The same samples twice."""

    url: str
    storage: Storage
    start: int
    end: int
    at: int


@pytest.fixture(scope="module")
def odd(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    series: list[Series] = list(odd_series(START, COUNT))
    yield from paired(series, START, END, AT, tmp_path_factory.mktemp("odd"))


@pytest.fixture(scope="module")
def homelab(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    story = Lab().at("01:00").fill_disk("nas", "/tank/media", over_network=True)
    story = story.at("01:10").oom_kills("media").at("01:20").fail_page("http://jellyfin.lan:8096/")
    story = story.at("01:30").lose_exporter("pve1", lasts="9m").drift_clock("pve2")
    scenario = story.scenario()
    world = scenario.build(seed=3)
    start = round(scenario.start.timestamp() * 1000)
    series = [one for one in world.index if dict(one.labels)["__name__"] in HOME_METRICS]
    end = start + 2 * 3_600_000 + 1_800_000
    yield from paired(series, start, end, end - 1_200_000, tmp_path_factory.mktemp("homelab"))


def paired(series: list[Series], start: int, end: int, at: int, folder: Path) -> Iterator[Pair]:
    with prometheus_with(open_metrics(series, start, end), folder) as url:
        yield Pair(url, Shelf(Index(series), start, end), start, end, at)


@pytest.mark.parametrize("query", [*ODD, *FIXED])
def test_odd_series_give_the_same_at_a_moment(odd: Pair, query: str) -> None:
    assert_same_at(odd, query, odd.at)


@pytest.mark.parametrize("query", ODD)
def test_odd_series_give_the_same_over_time(odd: Pair, query: str) -> None:
    assert_same_over(odd, query, step=47_000)


@pytest.mark.parametrize("query", HOMELAB)
def test_the_homelab_gives_the_same_at_a_moment(homelab: Pair, query: str) -> None:
    assert_same_at(homelab, query, homelab.at + 1_357)


@pytest.mark.parametrize("query", HOMELAB)
def test_the_homelab_gives_the_same_over_time(homelab: Pair, query: str) -> None:
    assert_same_over(homelab, query, step=60_000)


@pytest.mark.parametrize("query", FAILING)
def test_what_cannot_be_answered_fails_in_the_same_words(odd: Pair, query: str) -> None:
    status, body = ask(odd.url, "query", query=query, time=odd.at / 1000)

    with pytest.raises(QueryError) as failure:
        ENGINE.instant(odd.storage, query, odd.at)

    assert status == 422, body
    assert (failure.value.kind, str(failure.value)) == (body["errorType"], body["error"])


@pytest.mark.parametrize(
    "query",
    [
        "odd_temperature",
        "odd_gaps offset 10m",
        "sum by (zone) (rate(odd_requests_total[5m]))",
        "avg_over_time(odd_gaps[20m]) + odd_temperature",
        "odd_temperature > 20 and odd_level == 1",
    ],
)
def test_as_many_samples_are_looked_at(odd: Pair, query: str) -> None:
    _, at = ask(odd.url, "query", query=query, time=odd.at / 1000, stats="all")
    span = {"start": odd.start / 1000, "end": odd.end / 1000, "step": 47}
    _, over = ask(odd.url, "query_range", query=query, stats="all", **span)
    frame = Frame(np.arange(odd.start, odd.end + 1, 47_000, dtype=np.int64), odd.start, odd.end)
    ours = (ENGINE.instant(odd.storage, query, odd.at), ENGINE.over(odd.storage, query, frame))
    theirs = [body["data"]["stats"]["samples"]["totalQueryableSamples"] for body in (at, over)]
    assert [one.cost.looked_at for one in ours] == theirs


@pytest.mark.parametrize(
    "query", ["odd_gaps[10m]", "odd_temperature[2m] offset 7m", "rate(odd_level[5m])[10m:1m]"]
)
def test_raw_ranges_are_the_same(odd: Pair, query: str) -> None:
    assert_same_at(odd, query, odd.at)


@pytest.mark.parametrize(
    "query", ["sort(odd_temperature)", "sort_desc(odd_tie)", "topk(5, odd_tie)", "bottomk(2, odd_nan)"]
)
def test_order_is_the_same(odd: Pair, query: str) -> None:
    _, body = ask(odd.url, "query", query=query, time=odd.at / 1000)
    answer = ENGINE.instant(odd.storage, query, odd.at)

    assert [dict(labels) for labels, _ in answer.series] == [row["metric"] for row in result(body)]


def assert_same_at(pair: Pair, query: str, at: int) -> None:
    status, body = ask(pair.url, "query", query=query, time=at / 1000)
    assert status == 200, body
    answer = ENGINE.instant(pair.storage, query, at)
    compare(theirs(body), dict(answer.series))


def assert_same_over(pair: Pair, query: str, step: int) -> None:
    start = pair.start - 240_000
    span = {"start": start / 1000, "end": pair.end / 1000, "step": step / 1000}
    status, body = ask(pair.url, "query_range", query=query, **span)
    assert status == 200, body
    frame = Frame(np.arange(start, pair.end + 1, step, dtype=np.int64), start, pair.end)
    answer = ENGINE.over(pair.storage, query, frame)
    compare(theirs(body), dict(answer.series))
