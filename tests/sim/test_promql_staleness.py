"""Series that end, pause and come back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
import pytest

from sre_assistant.sim.arrays import STALE, Samples
from sre_assistant.sim.lab import Lab
from sre_assistant.sim.metrics.series import Index, Labels, Matcher, Series, labels_of
from sre_assistant.sim.promql import Engine
from sre_assistant.sim.promql.vectors import Frame
from tests.sim.real_prometheus import MISSING, ask, prometheus_written_to
from tests.sim.test_promql_against_prometheus import Pair, assert_same_at, assert_same_over

MINUTE = 60_000
ENGINE = Engine()


class Noted:
    """A series with given samples, in minutes."""

    def __init__(self, name: str, samples: dict[float, float]) -> None:
        self.labels: Labels = labels_of({"__name__": name})
        times = np.array([round(minute * MINUTE) for minute in samples], dtype=np.int64)
        self._data = Samples(times, np.array(list(samples.values()), dtype=np.float64))

    def samples(self, start: int, end: int) -> Samples:
        inside = (self._data.times >= start) & (self._data.times <= end)
        return Samples(self._data.times[inside], self._data.values[inside])


class Shelf:
    def __init__(self, *series: Series) -> None:
        self._index = Index(series)

    def select(self, matchers: Sequence[Matcher], _start: int, _end: int, /) -> list[Series]:
        return self._index.matching(matchers)


def value(query: str, minute: float, *series: Series) -> float | None:
    answer = ENGINE.instant(Shelf(*series), query, round(minute * MINUTE))
    return float(answer.series[0][1].values[0]) if answer.series else None


def test_a_sample_is_seen_for_five_minutes_and_not_a_millisecond_longer() -> None:
    x = Noted("x", {100: 7})
    assert value("x", 99.999, x) is None
    assert value("x", 100, x) == 7
    assert value("x", 105, x) == 7
    assert value("x", 105.0001, x) is None


def test_a_stale_marker_ends_a_series_at_once() -> None:
    x = Noted("x", {100: 7, 101: float(STALE[0]), 103: 9})
    assert [value("x", minute, x) for minute in (100.9, 101, 102.9, 103)] == [7, None, None, 9]


def test_an_ordinary_nan_does_not() -> None:
    assert np.isnan(value("x", 101, Noted("x", {100: 7, 101: float("nan")})) or 0)


def test_windows_leave_stale_markers_out() -> None:
    x = Noted("x", {100: 7, 101: float(STALE[0]), 102: 9})
    assert value("count_over_time(x[5m])", 103, x) == 2
    assert value("last_over_time(x[2m])", 101.5, x) == 7
    assert value("absent(x)", 101.5, x) == 1
    assert value("absent_over_time(x[2m])", 101.5, x) is None


def test_a_window_takes_in_both_its_ends() -> None:
    x = Noted("x", {100: 1, 101: 2, 102: 3})
    assert value("count_over_time(x[2m])", 102, x) == 3
    assert value("sum_over_time(x[1m])", 102, x) == 5


def test_rate_stretches_to_the_windows_ends_but_not_below_zero() -> None:
    counter = Noted("c", {100 + i / 4: 30.0 * i for i in range(9)})
    assert value("increase(c[2m])", 102, counter) == pytest.approx(240)
    assert value("rate(c[2m])", 102.1, counter) == pytest.approx(2.0, rel=0.06)
    assert value("increase(c[10m])", 102, counter) == pytest.approx(240)
    assert value("rate(c[10s])", 102, counter) is None


def test_subqueries_keep_to_whole_steps() -> None:
    x = Noted("x", {100 + i / 4: float(i) for i in range(40)})
    answer = ENGINE.instant(Shelf(x), "x[3m:1m]", round(105.3 * MINUTE))
    assert (answer.series[0][1].times / MINUTE).tolist() == [103, 104, 105]
    default = ENGINE.instant(Shelf(x), "x[1m:]", round(105.3 * MINUTE))
    assert (default.series[0][1].times / MINUTE).tolist() == [104.5, 105]


def test_a_range_query_is_its_instants_one_after_another() -> None:
    x = Noted("x", {100: 7, 101: float(STALE[0]), 103: 9, 104: 4})
    steps = np.arange(99 * MINUTE, 110 * MINUTE, 20_000, dtype=np.int64)
    for query in ("x", "rate(x[3m])", "max_over_time(x[2m])", "x > 5", "absent(x)", "sum(x) or vector(1)"):
        [(_, over)] = ENGINE.over(Shelf(x), query, Frame(steps, int(steps[0]), int(steps[-1]))).series
        singly = {int(t): value(query, t / MINUTE, x) for t in steps.tolist()}
        assert dict(zip(over.times.tolist(), over.values.tolist(), strict=True)) == {
            t: v for t, v in singly.items() if v is not None
        }


@pytest.fixture(scope="module")
def gone(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Pair]:
    """A machine that comes and goes, in the simulation and in a real server that got the stale markers."""
    lab = Lab().at("00:50").lose_host("nas", lasts="7m").at("01:05").lose_exporter("pve1", lasts="45s")
    scenario = lab.at("01:15").fail_page("http://jellyfin.lan:8096/", lasts="9m").scenario()
    world = scenario.build(seed=9)
    start = round(scenario.start.timestamp() * 1000)
    end = start + 4_800_000
    names = {"up", "node_load1", "node_network_receive_bytes_total", "probe_success", "node_time_seconds"}
    series = [one for one in world.index if dict(one.labels)["__name__"] in names]
    with prometheus_written_to(series, start, end, tmp_path_factory.mktemp("gone")) as url:
        yield Pair(url, Cut(Index(series), start, end), start, end, start + 1_500_000)


class Cut:
    """A storage of given series between two moments."""

    def __init__(self, index: Index, start: int, end: int) -> None:
        self._index = index
        self._span = (start, end - 1)

    def select(self, matchers: Sequence[Matcher], _start: int, _end: int, /) -> list[Series]:
        return [Slice(one, *self._span) for one in self._index.matching(matchers)]


class Slice:
    def __init__(self, series: Series, first: int, last: int) -> None:
        self.labels = series.labels
        self._series, self._first, self._last = series, first, last

    def samples(self, start: int, end: int) -> Samples:
        return self._series.samples(max(start, self._first), min(end, self._last))


@pytest.mark.real
@pytest.mark.skipif(bool(MISSING), reason=f"not on PATH: {', '.join(MISSING)}")
@pytest.mark.parametrize(
    "query",
    [
        "node_load1",
        "up",
        "count(node_load1)",
        "node_load1 offset 2m",
        "rate(node_network_receive_bytes_total[2m])",
        "irate(node_network_receive_bytes_total[5m])",
        "changes(up[10m])",
        "min_over_time(up[3m])",
        'absent(node_load1{instance="nas.lan:9100"})',
        'absent_over_time(node_load1{instance="nas.lan:9100"}[2m])',
        "last_over_time(node_load1[10m])",
        "up == 0 unless on (instance) node_load1",
        "count_over_time(node_load1[5m])",
        "max_over_time(count(node_load1)[5m:30s])",
        "timestamp(node_load1)",
        "node_time_seconds - timestamp(node_time_seconds)",
        "avg_over_time(probe_success[10m])",
        "sum by (job) (up) / count by (job) (up)",
        "deriv(node_load1[4m])",
        "present_over_time(node_load1[1m])",
    ],
)
def test_what_ends_in_the_real_server_ends_here(gone: Pair, query: str) -> None:
    status, body = ask(gone.url, "query", query="count(up)", time=gone.at / 1000)
    assert (status, len(body["data"]["result"])) == (200, 1)
    assert_same_over(gone, query, step=13_000)
    assert_same_at(gone, query, gone.at)
