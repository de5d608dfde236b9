from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import numpy as np
import pytest

from sre_assistant.sim.arrays import Bools, Ints, is_stale
from sre_assistant.sim.lab import Lab
from sre_assistant.sim.metrics.series import Matcher, Series
from sre_assistant.sim.metrics.targets import SCRAPE_INTERVAL_MS, Family, Target
from sre_assistant.sim.scenario import Scenario, load_scenario
from sre_assistant.sim.world import World
from tests.sim.told import HOUR, storm


def series(world: World, name: str, **labels: str) -> Series:
    matchers = [Matcher("__name__", "=", name), *(Matcher(k, "=", v) for k, v in labels.items())]
    [found] = world.index.matching(matchers)
    return found


def begin(scenario: Scenario) -> int:
    return round(scenario.start.timestamp() * 1000)


def busy() -> Scenario:
    """Everything at once on one machine, each in the way of the others."""
    lab = Lab().at("00:40").busy_cpu("pve1").saturate_disk("pve1", "nvme0n1").leak_memory("pve1", lasts="2h")
    lab = lab.at("01:00").saturate_disk("pve2", "nvme0n1", lasts="30m").busy_cpu("pve2").oom_kills("pve2")
    return lab.at("01:30").lose_exporter("pve2", lasts="10m").fill_inodes("pve1", "/").scenario()


STORIES: dict[str, Callable[[], Scenario]] = {
    "busy": busy,
    "storm": storm,
    "healthy": lambda: load_scenario("healthy"),
}


@pytest.mark.parametrize("story", STORIES)
def test_no_counter_falls_without_a_restart_and_no_value_is_impossible(story: str) -> None:
    world = STORIES[story]().build(seed=2)
    start = world.unix_ms(world.begin)
    times = np.arange(start - HOUR, start + 8 * HOUR, 3 * SCRAPE_INTERVAL_MS)
    for target in world.targets:
        begun = restarts(target, times)
        for family in target.families:
            for point in family.points:
                values = point.level(target.seconds(times))
                name = (target.instance, family.name, point.labels)
                assert np.isfinite(values).all(), name
                if counts(family):
                    fell = np.diff(values) < 0
                    assert not (fell & ~begun.get(point.labels.get("id", ""), np.zeros_like(fell))).any(), (
                        name
                    )
                if not family.name.startswith(SIGNED):
                    assert (values >= 0).all(), name


SIGNED = ("node_timex", "probe_ssl", "container_health_state")


def counts(family: Family) -> bool:
    """Whether it only grows; SMART's share of spare blocks is called a counter and is none."""
    if family.name.startswith("smartctl_device_available_spare"):
        return False
    return family.kind in {"counter", "histogram"} or family.name.endswith(("oom_kill", "pgmajfault"))


def restarts(target: Target, times: Ints) -> dict[str, Bools]:
    """Where what a container or guest counts may begin anew, by its id."""
    found: dict[str, Bools] = {}
    for family in target.families:
        if family.name in {"container_start_time_seconds", "pve_uptime_seconds"}:
            for point in family.points:
                values = point.level(target.seconds(times))
                begun = np.diff(values) < 0 if "uptime" in family.name else np.diff(values) != 0
                found[point.labels["id"]] = begun
    return found


def test_the_modes_of_a_cpu_add_up_to_all_time() -> None:
    story = busy()
    world = story.build(seed=2)
    matchers = [Matcher("__name__", "=", "node_cpu_seconds_total"), Matcher("instance", "=", "pve1.lan:9100")]
    modes = [one.samples(begin(story), begin(story) + 4 * HOUR) for one in world.index.matching(matchers)]
    grown = sum(one.values[-1] - one.values[0] for one in modes)
    span = (modes[0].times[-1] - modes[0].times[0]) / 1000
    assert grown / 4 == pytest.approx(span, rel=1e-4)


def test_samples_lie_on_each_targets_own_grid() -> None:
    world = load_scenario("healthy").build(seed=1)
    phases = set()
    for target in world.targets:
        times = target.scrapes(world.epoch_ms + 10 * HOUR, world.epoch_ms + 11 * HOUR)
        assert len(times) == 240
        assert set(np.diff(times).tolist()) == {SCRAPE_INTERVAL_MS}
        phases.add(int(times[0]) % SCRAPE_INTERVAL_MS)
    assert len(phases) > len(world.targets) / 2


def test_the_same_seed_gives_the_same_bytes_and_another_does_not() -> None:
    story = load_scenario("backup-fills-nas")
    first, again, other = (story.build(seed) for seed in (4, 4, 5))
    window = (begin(story), begin(story) + HOUR)

    def content(world: World) -> bytes:
        return b"".join(one.samples(*window).values.tobytes() for one in list(world.index)[::3])

    assert content(first) == content(again) != content(other)


@pytest.mark.parametrize("story", [busy, storm])
def test_a_sample_does_not_depend_on_the_window_it_is_read_in(story: Callable[[], Scenario]) -> None:
    world = story().build(seed=6)
    start = world.unix_ms(world.begin)
    end = start + 3 * HOUR
    for one in list(world.index)[::7]:
        whole, part = one.samples(start, end), one.samples(start + HOUR, start + HOUR + 600_000)
        inside = (whole.times >= start + HOUR) & (whole.times <= start + HOUR + 600_000)
        assert part.times.tolist() == whole.times[inside].tolist()
        assert part.values.tobytes() == whole.values[inside].tobytes(), one.labels


def test_a_failed_scrape_reports_itself_and_ends_the_exporters_series() -> None:
    story = Lab().at("01:00").lose_exporter("nas", lasts="10m").scenario()
    world = story.build(seed=1)
    start = begin(story) + HOUR // 2
    window = (start - 60_000, start + 900_000)
    load = series(world, "node_load1", instance="nas.lan:9100").samples(*window)
    up = series(world, "up", instance="nas.lan:9100").samples(*window)
    gone = (load.times >= start) & (load.times < start + 600_000)

    assert is_stale(load.values).sum() == 1
    assert is_stale(load.values[gone]).tolist() == [True]
    assert (up.values == 0).sum() == 40
    assert len(up.times) == len(load.times) + 39
    scraped = series(world, "scrape_samples_scraped", instance="nas.lan:9100").samples(*window)
    assert scraped.values[up.values == 0].tolist() == [0.0] * 40


def test_a_host_that_is_gone_takes_its_targets_pings_and_pages_along() -> None:
    story = Lab().at("01:00").lose_host("media").scenario()
    world = story.build(seed=1)
    at = (begin(story) + HOUR, begin(story) + HOUR + 15_000)
    down = {
        (dict(one.labels)["job"], dict(one.labels)["instance"])
        for name in ("up", "probe_success")
        for one in world.index.matching([Matcher("__name__", "=", name)])
        if one.samples(*at).values[0] == 0
    }
    assert down == {
        ("node", "media.lan:9100"),
        ("cadvisor", "media.lan:8080"),
        ("blackbox-icmp", "media.lan"),
        ("blackbox-http", "http://jellyfin.lan:8096/"),
        ("blackbox-http", "http://immich.lan:2283/"),
    }
    node = next(one for one in world.targets if (one.job, one.instance) == ("node", "media.lan:9100"))
    outage = node.outage(at[0])
    assert outage is not None
    assert outage.error.endswith("dial tcp 192.0.2.31:9100: connect: no route to host")


def test_a_backup_shows_where_it_should_and_nowhere_else() -> None:
    story = load_scenario("backup-fills-nas")
    world, quiet = story.build(seed=1), load_scenario("healthy").build(seed=1)

    def grown(which: World, name: str, **labels: str) -> float:
        values = series(which, name, instance="nas.lan:9100", **labels).samples(
            begin(story) + HOUR, begin(story) + 2 * HOUR
        )
        return float(values.values[-1] - values.values[0]) / 2**30

    assert grown(world, "node_filesystem_avail_bytes", mountpoint="/tank/media") == pytest.approx(
        -40, rel=0.02
    )
    network = "node_network_receive_bytes_total"
    assert grown(world, network, device="enp3s0") - grown(quiet, network, device="enp3s0") > 40
    written = "node_disk_written_bytes_total"
    assert grown(world, written, device="sdb") - grown(quiet, written, device="sdb") == pytest.approx(
        20, rel=0.03
    )
    for name, labels in (
        ("node_filesystem_avail_bytes", {"mountpoint": "/tank/backup"}),
        (network, {"device": "lo"}),
        (written, {"device": "sda"}),
    ):
        assert grown(world, name, **labels) == grown(quiet, name, **labels)


def test_a_file_system_that_is_full_stays_full_and_its_writer_stops() -> None:
    story = Lab().at("00:40").fill_disk("media", "/", "400GiB/h").scenario()
    world = story.build(seed=1)
    late = (begin(story) + 2 * HOUR, begin(story) + 3 * HOUR)
    free = series(world, "node_filesystem_avail_bytes", instance="media.lan:9100", mountpoint="/").samples(
        *late
    )
    written = series(world, "node_disk_written_bytes_total", instance="media.lan:9100", device="sda").samples(
        *late
    )
    assert set(free.values.tolist()) == {0.0}
    assert (written.values[-1] - written.values[0]) / 3600 < 10 * 2**20


def test_a_year_ago_machines_ran_and_counters_had_been_reset_since() -> None:
    story = load_scenario("healthy")
    world = story.build(seed=1)
    year = round((story.start - timedelta(days=365)).timestamp() * 1000)
    bytes_then = series(world, "node_network_receive_bytes_total", instance="nas.lan:9100", device="enp3s0")
    boot = series(world, "node_boot_time_seconds", instance="nas.lan:9100")
    then = bytes_then.samples(year, year + HOUR).values
    assert then[0] > 0
    assert then[-1] > then[0]
    assert boot.samples(year, year + 15_000).values[0] < year / 1000
    now = begin(story)
    assert boot.samples(now, now + 15_000).values[0] > year / 1000


def test_nothing_was_stored_before_the_history_began() -> None:
    world = load_scenario("healthy").build(seed=1)
    early = series(world, "up", job="prometheus").samples(world.epoch_ms - HOUR, world.epoch_ms + 60_000)
    assert early.times[0] >= world.epoch_ms


def test_a_target_knows_which_outage_a_scrape_meets() -> None:
    world = Lab().at("01:00").fail_scrapes("pve1", lasts="5m").scenario().build(seed=1)
    target = next(one for one in world.targets if one.instance == "pve1.lan:9100")
    assert isinstance(target, Target)
    during = round(world.start.timestamp() * 1000) + HOUR // 2 + 60_000
    outage = target.outage(during)
    assert outage is not None
    assert outage.error == "server returned HTTP status 500 Internal Server Error"
    assert target.outage(during + HOUR) is None
