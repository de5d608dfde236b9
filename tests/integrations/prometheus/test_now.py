from __future__ import annotations

from datetime import timedelta
from random import Random
from urllib.parse import parse_qs, urlsplit

import pytest

from sre_assistant.domain.reading import Completeness
from sre_assistant.integrations.prometheus import connect
from sre_assistant.integrations.prometheus.config import Config
from sre_assistant.kit.clock import SystemClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.sim.homelab import Homelab
from tests.integrations.prometheus.answers import EPOCH, running, scalar


async def test_the_time_of_a_request_is_read_for_each_request() -> None:
    async with running() as prom:
        await prom.call("prometheus_instant_query", query="up")
        prom.answers()
        await prom.call("prometheus_instant_query", query="up", time="1h")
    first, second = (float(target.rpartition("=")[2]) for target in prom.asked)
    assert (first, first - second) == (EPOCH, 3600)


@pytest.mark.parametrize(
    ("ahead", "told"),
    [
        (timedelta(days=30, hours=2), "the server's clock is 30 d 2 h ahead of ours; times are"),
        (timedelta(minutes=-5), "the server's clock is 5 min behind ours; times are counted from its own"),
    ],
)
async def test_times_are_counted_from_the_clock_of_a_server_that_has_another(
    ahead: timedelta, told: str
) -> None:
    theirs = EPOCH + ahead.total_seconds()
    async with running() as prom:
        prom.answers(clock=scalar(str(theirs)))
        now = await prom.call("prometheus_instant_query", query="up")
        past = await prom.call("prometheus_range_query", query="up", start="1h", end="now")
    one, several = (parse_qs(urlsplit(target).query) for target in prom.asked)
    assert one["time"] == [f"{theirs:.3f}"]
    assert (several["start"], several["end"]) == ([f"{theirs - 3600:.3f}"], [f"{theirs:.3f}"])
    for result in (now, past):
        assert told in result.text
        assert told in result.detail
        assert result.completeness is Completeness.COMPLETE


@pytest.mark.parametrize("apart", [1.9, -1.9])
async def test_two_clocks_that_agree_need_no_word(apart: float) -> None:
    async with running() as prom:
        prom.answers(clock=scalar(str(EPOCH + apart)))
        result = await prom.call("prometheus_instant_query", query="up")
    assert prom.asked[0].endswith(f"time={EPOCH:.3f}")
    assert "clock" not in result.text


async def test_the_last_hour_of_a_house_with_a_time_of_its_own_is_found() -> None:
    with Homelab("healthy") as homelab:
        clock, config = SystemClock(), Config(url=homelab.prometheus_url)
        wire = LiveWire("prom", config, clock, Random(1))
        found = {tool.name: tool for tool in connect(config, wire, clock, "prom").tools}
        result = await found["prometheus_range_query"].called({"query": "up", "start": "1h", "end": "now"})
        await wire.aclose()
    assert result.completeness is Completeness.COMPLETE
    assert "61 samples" in result.text


async def test_a_clock_a_little_ahead_is_no_future() -> None:
    async with running() as prom:
        soon = (prom.clock.now() + timedelta(seconds=30)).isoformat()
        result = await prom.call("prometheus_instant_query", query="up", time=soon)
    assert result.completeness is Completeness.COMPLETE
