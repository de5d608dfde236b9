from __future__ import annotations

import json
import math
import urllib.request
from email.utils import format_datetime

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.sim.arrays import Samples
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.lab import Lab
from sre_assistant.sim.live import Live
from sre_assistant.sim.metrics.series import Index, Series
from sre_assistant.sim.metrics.tsdb import Tsdb
from sre_assistant.sim.promql import Answer, Engine
from sre_assistant.sim.promql.text import number
from sre_assistant.sim.promql.vectors import Frame
from sre_assistant.sim.servers.prometheus_results import encoded, numbers
from tests.sim.real_prometheus import Shelf
from tests.sim.wire import get


@given(st.lists(st.floats(), min_size=1))
def test_many_numbers_are_written_as_each_alone(values: list[float]) -> None:
    assert numbers(np.array(values)) == [number(value) for value in values]


def test_a_matrix_is_one_json_text() -> None:
    times = np.array([1000, 1500, 2000], dtype=np.int64)
    series = ((("a", "<b>"),), Samples(times, np.array([1.0, math.nan, 1e21])))
    body = json.loads(encoded(Answer("matrix", (series,)), instant=False, stats=False))
    assert body["data"]["result"] == [
        {"metric": {"a": "<b>"}, "values": [[1, "1"], [1.5, "NaN"], [2, "1e+21"]]}
    ]


def test_statistics_come_when_they_are_asked_for(backup: Homelab) -> None:
    url = f"{backup.prometheus_url}/api/v1/query"
    plain = get(url, query="up").data
    stats = get(url, query="up", stats="all").data["stats"]
    assert "stats" not in plain
    assert stats["samples"] == {
        "totalQueryableSamples": len(plain["result"]),
        "peakSamples": len(plain["result"]),
    }
    assert set(stats["timings"]) == {
        *("evalTotalTime", "resultSortTime", "queryPreparationTime"),
        *("innerEvalTime", "execQueueTime", "execTotalTime"),
    }


def test_a_federation_gets_the_newest_samples(backup: Homelab) -> None:
    url = f"{backup.prometheus_url}/federate"
    answer = get(url, match_='up{instance="nas.lan:9100"}')
    assert answer.kind == "text/plain; version=0.0.4; charset=utf-8"
    comment, line = answer.text.splitlines()
    assert comment == "# TYPE up untyped"
    series, value, moment = line.rsplit(" ", 2)
    assert (series, value) == ('up{instance="nas.lan:9100",job="node"}', "1")
    assert 0 <= backup.clock.milliseconds() - int(moment) < 15_000
    assert "# TYPE ALERTS untyped" in get(url, match_='{__name__=~"ALERTS|up"}').text
    assert get(url).text == ""
    wrong = get(url, match_="up{")
    assert (wrong.status, wrong.text) == (400, "1:4: parse error: unexpected end of input inside braces\n")


def test_rules_of_one_kind_can_be_asked_for(backup: Homelab) -> None:
    url = f"{backup.prometheus_url}/api/v1/rules"
    every = [rule["type"] for group in get(url).data["groups"] for rule in group["rules"]]
    alerting = [rule for group in get(url, type="alert").data["groups"] for rule in group["rules"]]
    recording = [rule for group in get(url, type="record").data["groups"] for rule in group["rules"]]
    assert len(every) == len(alerting) + len(recording)
    assert {rule["type"] for rule in alerting} == {"alerting"}


class Plain:
    """A series without the gift to be read here and there."""

    def __init__(self, series: Series) -> None:
        self.labels = series.labels
        self.samples = series.samples


@pytest.mark.parametrize("step", [30_000, 60_000, 77_000, 3_600_000])
def test_reading_here_and_there_gives_what_reading_everything_gives(step: int) -> None:
    story = Lab().at("01:00").lose_host("pve1", lasts="30m").at("01:20").lose_exporter("media", lasts="5m")
    homelab = Homelab(story.scenario(), at="02:10")
    now, index = homelab.clock.milliseconds(), homelab.world.index
    start, end = now - 3 * 3_600_000, now + 600_000
    frame = Frame(np.arange(start, end + 1, step, dtype=np.int64), start, end)
    plain = Tsdb(Index(Plain(one) for one in index), homelab.rules, now)
    for query in ("up", "node_load1", "node_memory_MemAvailable_bytes offset 7m", "timestamp(probe_success)"):
        thrifty = Engine().over(Tsdb(index, homelab.rules, now), query, frame)
        thorough = Engine().over(plain, query, frame)
        assert [labels for labels, _ in thrifty.series] == [labels for labels, _ in thorough.series]
        assert thrifty.cost.looked_at == thorough.cost.looked_at
        for (_, ours), (_, theirs) in zip(thrifty.series, thorough.series, strict=True):
            assert ours.times.tolist() == theirs.times.tolist()
            assert ours.values.tobytes() == theirs.values.tobytes()


def test_series_before_their_first_scrape_have_no_samples() -> None:
    homelab = Homelab("healthy")
    begin = homelab.world.epoch_ms
    frame = Frame(np.arange(begin - 600_000, begin + 600_000, 60_000, dtype=np.int64), begin, begin)
    [(_, samples)] = (
        Engine()
        .over(
            Shelf(homelab.world.index, begin - 10**9, begin + 10**9),
            'up{instance="nas.lan:9100",job="node"}',
            frame,
        )
        .series
    )
    [(_, same)] = (
        Engine()
        .over(
            Tsdb(homelab.world.index, homelab.rules, begin + 600_000),
            'up{instance="nas.lan:9100",job="node"}',
            frame,
        )
        .series
    )
    assert same.times.tolist() == samples.times.tolist()


def test_rules_go_on_when_somebody_acts() -> None:
    homelab = Homelab("backup-fills-nas", at="shows")
    assert isinstance(homelab.live, Live)
    now = homelab.clock.milliseconds()
    before = [(one.labels, one.active_at) for one in homelab.rules.alerts(now)]
    homelab.rules.forget(now)
    assert [(one.labels, one.active_at) for one in homelab.rules.alerts(now)] == before


@pytest.mark.parametrize("path", ["/-/healthy", "/metrics"])
def test_answers_carry_simulated_time_and_no_servers_name(backup: Homelab, path: str) -> None:
    for url in (backup.prometheus_url, backup.alertmanager_url):
        with urllib.request.urlopen(url + path) as answer:
            assert answer.headers["Date"] == format_datetime(backup.clock.now(), usegmt=True)
            assert answer.headers["Server"] is None
