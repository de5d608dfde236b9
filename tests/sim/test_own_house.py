"""A world file of one's own, beside the scenario that is told in it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sre_assistant.domain.errors import ConfigError
from sre_assistant.sim.homelab import Homelab
from sre_assistant.sim.scenario import load_scenario

CABIN = """
name: cabin
domain: example
hosts:
  pi:
    title: the only machine
    address: 198.51.100.7
    cpus: 4
    memory: 8GiB
    memory_used: 35%
    swap: 1GiB
    load: 12%
    network: {receive: 100KiB/s, transmit: 80KiB/s, device: eth0}
    kernel: 6.6.51-v8
    disks:
      mmcblk0: {reads: 20KiB/s, writes: 60KiB/s, speed: 80MiB/s}
    filesystems:
      /: {device: /dev/mmcblk0p2, fstype: ext4, size: 58GiB, used: 21GiB, growth: 5MiB/d, disks: [mmcblk0]}
monitoring: pi
pages:
  http://stove.example:8080/: {host: pi, answer: 30ms}
"""
STORY = """
name: cabin-fills
title: The only disk of a cabin fills
house: cabin.yaml
start: 2027-01-10T06:00:00Z
shows: "08:00"
timeline:
  - {fault: fill-disk, at: "06:10", host: pi, mountpoint: /, rate: 15GiB/h}
truth:
  causes:
    - {cause: filesystem-filling, subject: "filesystem/pi:/", since: "06:10"}
"""


def written(folder: Path, cabin: str = CABIN, story: str = STORY) -> Path:
    (folder / "cabin.yaml").write_text(cabin)
    (folder / "story.yaml").write_text(story)
    return folder / "story.yaml"


def test_a_small_house_has_only_the_systems_that_it_needs(tmp_path: Path) -> None:
    with Homelab(written(tmp_path), at="shows") as homelab:
        assert set(homelab.doors) == {"prometheus", "alertmanager", "grafana", "loki"}
        names = {dict(one.labels)["alertname"] for one in homelab.rules.alerts(homelab.clock.milliseconds())}
    assert names == {"DiskWillFillSoon"}


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ("disks: [mmcblk0]", "disks: [mmcblk1]", r"cabin.yaml:18 names an unknown disk: 'mmcblk1'"),
        (
            "monitoring: pi",
            "monitoring: pie",
            r"cabin.yaml:19 names an unknown host: 'pie'. Did you mean 'pi'\?",
        ),
        ("memory: 8GiB", "memory: 8GB", r"cabin.yaml:9 '8GB' is no size like 203GiB"),
        (
            "{host: pi, answer",
            "{host: pye, answer",
            r"cabin.yaml:\d+ makes 'page/http://stove.example:8080/'",
        ),
        ("name: cabin\n", "name: cabin\nguest: {}\n", r"cabin.yaml:\d+ .*`guest`.* Did you mean 'guests'\?"),
    ],
)
def test_what_is_wrong_in_it_is_said_with_its_line(tmp_path: Path, wrong: str, right: str, said: str) -> None:
    assert wrong in CABIN
    with pytest.raises(ConfigError, match=said):
        load_scenario(written(tmp_path, CABIN.replace(wrong, right)))


def test_a_house_that_is_not_there_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"hut\.yaml cannot be read"):
        load_scenario(written(tmp_path, story=STORY.replace("cabin.yaml", "hut.yaml")))
