from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from sre_assistant.domain.errors import ConfigError
from sre_assistant.sim.documents import Document
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.lab import Lab
from sre_assistant.sim.scenario import Scenario, checked, load_scenario, scenario_names
from tests.sim.wire import get

GOOD = """
name: mine
title: A story
start: 2026-11-15T00:30:00Z
shows: "02:30"
world:
  nas: {filesystems: {/tank/media: {used: 1900GiB}}}
timeline:
  - {fault: fill-disk, at: "01:00", host: nas, mountpoint: /tank/media, rate: 40GiB/h}
  - {fault: fail-page, at: +10m, page: "http://jellyfin.lan:8096/"}
truth:
  causes:
    - cause: filesystem-filling
      subject: filesystem/nas:/tank/media
      since: "01:00"
  innocent: [{cause: probe-failure, subject: "page/http://jellyfin.lan:8096/"}]
"""


def firing(homelab: Homelab, moment: datetime) -> set[str]:
    alerts = homelab.rules.alerts(round(moment.timestamp() * 1000))
    return {dict(one.labels)["alertname"] for one in alerts if one.state == "firing"}


@pytest.mark.parametrize("name", scenario_names())
def test_a_scenario_shows_its_symptoms_and_begins_quietly(name: str) -> None:
    homelab = Homelab(name, seed=2)
    story = homelab.scenario
    told = {alert for cause in story.truth.causes for alert in cause.symptoms}
    seen = firing(homelab, story.moment(story.shows or "+2h"))
    assert told <= seen
    if story.truth.honest == "healthy":
        assert seen == set()
    if story.since() != story.start:
        assert firing(homelab, story.start) == set()


def test_an_ordinary_week_raises_no_alert() -> None:
    homelab = Homelab("healthy")
    for hours in range(0, 7 * 24, 2):
        moment = homelab.scenario.start + timedelta(hours=hours)
        pending = homelab.rules.alerts(round(moment.timestamp() * 1000))
        assert [dict(one.labels) for one in pending] == []


def test_the_backup_story_unfolds_as_told() -> None:
    homelab = Homelab("backup-fills-nas")
    fired = {
        dict(one.labels)["alertname"]: one
        for one in homelab.rules.alerts(round(homelab.scenario.moment("02:40").timestamp() * 1000))
    }
    disk, cpu = fired["DiskWillFillSoon"], fired["HostHighCpuLoad"]
    at = datetime.fromtimestamp((disk.fired_at or 0) / 1000, UTC)
    assert timedelta(minutes=-5) < at - homelab.scenario.moment("02:15") < timedelta(minutes=5)
    assert dict(disk.labels)["severity"] == "critical"
    assert dict(cpu.labels)["severity"] == "warning"
    assert 0.85 < cpu.value < 0.93


def test_a_scenario_can_begin_at_another_moment() -> None:
    story = load_scenario("backup-fills-nas")
    start = datetime(2027, 3, 1, 12, 0, tzinfo=UTC)
    moved = story.starting(start)
    assert moved.since() == start + timedelta(minutes=30)
    assert moved.moment(moved.shows or "") == start + timedelta(hours=2, minutes=10)
    homelab = Homelab(story, start=start)
    assert firing(homelab, moved.moment(moved.shows or "")) >= {"DiskWillFillSoon"}


def test_times_of_day_are_the_next_after_the_start() -> None:
    story = checked(Document(GOOD, "mine.yaml"))
    assert story.moment("00:30") == story.start
    assert story.moment("00:29") == story.start + timedelta(hours=23, minutes=59)
    assert story.moment("+90s") == story.start + timedelta(seconds=90)


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("host: nas,", "host: nass,", r"mine.yaml:9 names an unknown host: 'nass'. Did you mean 'nas'\?"),
        ("rate: 40GiB/h", "rate: 40GB/h", r"mine.yaml:9 '40GB/h' is not a rate like 40GiB/h"),
        ("fault: fill-disk", "fault: fill-disc", r"mine.yaml:9 .*'fill-disc'.* Did you mean 'fill-disk'\?"),
        (
            "mountpoint: /tank/media, rate",
            "mountpoint: /tank/medi, rate",
            r"mine.yaml:9 .*'/tank/medi'.*/tank/media",
        ),
        ("rate: 40GiB/h", "rat: 40GiB/h", r"mine.yaml:9 .*"),
        ('at: "01:00"', 'at: "25:00"', r"mine.yaml:9 is wrong: '25:00' is neither a time of day"),
        (
            '8096/"}\ntruth',
            '8097/"}\ntruth',
            r"mine.yaml:10 names an unknown page: 'http://jellyfin.lan:8097/'",
        ),
        (
            "cause: filesystem-filling",
            "cause: disk-full",
            r"mine.yaml:13 names an unknown cause: 'disk-full'",
        ),
        ("innocent: [", "innocence: [", r"mine.yaml:\d+ .*`innocence`.* Did you mean 'innocent'\?"),
        (
            "filesystem/nas:/tank/media",
            "filesystem/nas:/tank/meda",
            r"mine.yaml:14 names an unknown entity: 'filesystem/nas:/tank/meda'. Did you mean",
        ),
        ('      since: "01:00"\n', "", r"mine.yaml:13 .*missing required field `since`"),
        ("00:30:00Z", "00:30:00", r"mine.yaml:4 has no time zone"),
        ("nas: {filesystems", "nase: {filesystems", r"mine.yaml:7 names an unknown host: 'nase'"),
        ("name: mine", "name: [mine", r"mine.yaml:\d+ is no YAML"),
        ("fault: fill-disk", "fault: lose-host", r"mine.yaml:9 .*unknown field"),
    ],
)
def test_a_wrong_scenario_says_where_and_what_is_near(wrong: str, right: str, said: str) -> None:
    assert wrong in GOOD
    with pytest.raises(ConfigError, match=said):
        checked(Document(GOOD.replace(wrong, right), "mine.yaml"))


def test_the_host_of_prometheus_cannot_be_lost() -> None:
    with pytest.raises(ConfigError, match="Prometheus itself runs on"):
        Lab().lose_host("mon").scenario()


def test_an_unknown_scenario_names_the_nearest(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match="Did you mean 'healthy'"):
        load_scenario("helthy")
    with pytest.raises(ConfigError, match="cannot be read"):
        load_scenario(tmp_path / "none.yaml")


def test_a_scenario_is_read_from_a_file(tmp_path: Path) -> None:
    path = tmp_path / "mine.yaml"
    path.write_text(GOOD)
    assert load_scenario(path) == load_scenario(str(path))
    assert isinstance(load_scenario(path), Scenario)


def test_a_story_is_told_in_three_lines() -> None:
    lab = Lab().at("00:40").busy_cpu("nas", "90%", innocent=True)
    lab = lab.at("01:00").fill_disk("nas", "/tank/media", "80GiB/h").shows("02:20")
    story = lab.scenario("Two things at once")

    (cause,) = story.truth.causes
    assert (cause.cause, cause.subject) == ("filesystem-filling", "filesystem/nas:/tank/media")
    assert story.since() == story.moment("01:00")
    assert [one.cause for one in story.truth.innocent] == ["cpu-saturation"]
    assert firing(Homelab(story), story.moment("02:20")) == {"DiskWillFillSoon", "HostHighCpuLoad"}


def test_every_sentence_of_the_lab_can_be_told() -> None:
    lab = Lab().with_filesystem("mon", "/", used="60GiB", inodes_used="50%")
    lab = lab.fill_disk("mon", "/", fills="90%", cause="filesystem-full").fill_inodes("mon", "/")
    lab = lab.scrub("nas", "/tank/backup").saturate_disk("pve1", "nvme0n1", lasts="5m").leak_memory("pve2")
    lab = lab.oom_kills("media").lose_host("pbs").lose_exporter("pve1").fail_scrapes("pve2", "EOF")
    story = lab.fail_page("http://immich.lan:2283/", 0).drift_clock("nas", -2.0).scenario()

    assert len(story.timeline) == 11
    assert [one.cause for one in story.truth.causes] == ["filesystem-full"]
    assert story.build(seed=1).hosts["mon"].filesystems["/"].spec.used == 60.0 * 2**30


def test_a_story_without_a_fault_is_healthy() -> None:
    assert Lab().scrub("nas", "/tank/backup").scenario().truth.causes == ()


def test_a_story_can_choose_the_release_of_a_system() -> None:
    newer = checked(Document(GOOD + 'versions: {truenas: "26.0"}\n', "mine.yaml"))
    with Homelab(newer) as homelab:
        assert get(f"{homelab.doors['truenas'].url}/api/v2.0/system/info").status == 404
    with Homelab(checked(Document(GOOD, "mine.yaml"))) as homelab:
        assert get(f"{homelab.doors['truenas'].url}/api/v2.0/system/info").status == 401
    with pytest.raises(ConfigError, match=r"names an unknown version: '24.10'"):
        checked(Document(GOOD + 'versions: {truenas: "24.10"}\n', "mine.yaml"))


def test_the_scenarios_cover_what_an_exam_should() -> None:
    stories = [load_scenario(name) for name in scenario_names()]
    assert len(stories) >= 48
    assert len({one.cause for story in stories for one in story.truth.causes}) >= 24
    tags = Counter(tag for story in stories for tag in story.tags)
    wanted = {"cascade": 6, "red-herring": 6, "double": 3, "blind": 5, "hostile": 3}
    assert {tag: count for tag, count in wanted.items() if tags[tag] < count} == {}
    assert tags["recovered"] + tags["flapping"] >= 2
    assert sum({"busy", "healthy"} <= set(story.tags) for story in stories) >= 4
    assert all(len(one.subject.partition("/")[2]) > 0 for story in stories for one in story.truth.causes)
