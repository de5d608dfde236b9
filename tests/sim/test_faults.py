"""Every kind of fault: told, looked up, and seen where it should be seen."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import pytest
import yaml

from sre_assistant.domain.errors import ConfigError
from sre_assistant.sim.documents import Document
from sre_assistant.sim.faults import CAUSES, AnyFault
from sre_assistant.sim.scenario import Scenario, checked
from sre_assistant.sim.world import World

START = datetime(2026, 11, 15, 0, 30, tzinfo=UTC)

TOLD: dict[str, dict[str, object]] = {
    "fill-disk": {"host": "nas", "mountpoint": "/tank/media", "rate": "40GiB/h"},
    "fill-inodes": {"host": "mon", "mountpoint": "/", "pace": "50000/m"},
    "busy-cpu": {"host": "media", "level": "90%"},
    "scrub": {"host": "nas", "mountpoint": "/tank/media", "cpu": "60%", "reads": "150MiB/s"},
    "saturate-disk": {"host": "pve1", "device": "nvme0n1"},
    "leak-memory": {"host": "media", "pace": "20GiB/h"},
    "oom-kills": {"host": "media", "pace": "60GiB/h"},
    "drift-clock": {"host": "pve2", "seconds_per_hour": 2.0},
    "heat-up": {"host": "pve1"},
    "free-space": {"host": "nas", "mountpoint": "/tank/media", "size": "50GiB"},
    "lose-host": {"host": "nas"},
    "reboot": {"host": "apps"},
    "lose-exporter": {"host": "nas", "exporter": "smartctl"},
    "fail-scrapes": {"host": "pve1", "exporter": "pve"},
    "stop-guest": {"guest": "homeassistant"},
    "noisy-guest": {"guest": "frigate"},
    "break-system": {"system": "loki", "mode": "503"},
    "deny": {"system": "proxmox", "privilege": "VM.Audit"},
    "stop-scraping": {"host": "pve3"},
    "explode-series": {"host": "apps", "exporter": "cadvisor"},
    "fail-page": {"page": "http://jellyfin.lan:8096/"},
    "certificate": {"page": "https://cloud.lan/", "left": "5d"},
    "crash-loop": {"container": "apps:gitea"},
    "bad-update": {"workload": "web:wiki", "image": "requarks/wiki:3"},
    "update": {"container": "apps:gitea", "image": "gitea/gitea:2"},
    "pull-failed": {"container": "apps:mealie", "image": "mealie:nope"},
    "stop-container": {"container": "apps:gitea"},
    "container-oom": {"container": "apps:paperless"},
    "container-leak": {"container": "media:immich-ml", "pace": "400MiB/h"},
    "unhealthy": {"container": "media:jellyfin"},
    "throttle-cpu": {"container": "apps:paperless"},
    "busy-container": {"container": "media:jellyfin", "cores": 3},
    "change-config": {"container": "apps:traefik"},
    "say": {"workload": "web:wiki", "texts": ["hello"]},
    "pending-pod": {"workload": "web:wiki"},
    "stuck-claim": {"workload": "web:links"},
    "full-claim": {"workload": "web:links"},
    "node-pressure": {"host": "kube2"},
    "kubelet-down": {"host": "kube2"},
    "fail-disk": {"host": "nas", "device": "sdc"},
    "lose-disk": {"host": "nas", "device": "sdc"},
    "bad-cable": {"host": "nas", "device": "sdc"},
    "pool-errors": {"pool": "tank"},
    "stop-share": {"share": "media"},
    "stale-mount": {"host": "media", "share": "media"},
    "lose-device": {"device": "isp"},
    "lossy-nic": {"host": "nas"},
    "power-cut": {"ups": "rack"},
    "fail-backup": {"job": "backup-nightly", "guest": "apps"},
    "disable-job": {"job": "backup-nightly"},
    "fill-datastore": {"datastore": "main", "rate": "100GiB/h"},
    "lose-quorum": {"nodes": ["pve2"]},
}
NAMED = (
    "host",
    "guest",
    "container",
    "workload",
    "page",
    "pool",
    "share",
    "device",
    "ups",
    "job",
    "datastore",
)


def story(kind: str, **more: object) -> Scenario:
    told = {"name": "one", "title": "One fault", "start": START.isoformat(), "truth": {}}
    timeline = [{"fault": kind, "at": "+10m", **TOLD[kind], **more}]
    return checked(Document(yaml.safe_dump({**told, "timeline": timeline}, sort_keys=False), "one.yaml"))


def value(world: World, level: Callable[[np.ndarray], np.ndarray], after: float) -> float:
    return float(level(np.array([world.begin + after]))[0])


def test_every_kind_is_told_here() -> None:
    assert set(TOLD) == {kind.__struct_config__.tag for kind in AnyFault.__args__}


@pytest.mark.parametrize("kind", TOLD)
def test_each_kind_changes_the_world_and_is_about_something_in_it(kind: str) -> None:
    scenario = story(kind)
    (fault,) = scenario.timeline
    world = scenario.build(1)
    assert fault.subject(world.house) in world.graph.entities
    assert fault.cause is None or fault.cause in CAUSES
    assert set(fault.entities().values()) <= world.graph.entities


@pytest.mark.parametrize(
    ("kind", "field"), [(kind, field) for kind, told in TOLD.items() for field in NAMED if field in told]
)
def test_a_slip_in_a_name_is_found_with_its_line_and_the_nearest_name(kind: str, field: str) -> None:
    wrong = f"{TOLD[kind][field]}x"
    with pytest.raises(ConfigError, match=r"^one.yaml:\d+ names an unknown [a-z]+: .*x'") as caught:
        story(kind, **{field: wrong})
    assert "Did you mean" in str(caught.value) or "Known:" in str(caught.value)


def test_trouble_before_its_time_is_no_trouble() -> None:
    for kind in ("lose-host", "crash-loop", "fail-page", "power-cut"):
        world = story(kind).build(1)
        early = {e for e, some in world.spells.items() for s in some if s.has(world.begin + 590.0)}
        assert early == set(), kind


def test_a_fault_that_lasts_ends() -> None:
    world = story("crash-loop", lasts="20m").build(1)
    gitea = world.containers["container/apps:gitea"]
    assert value(world, gitea.alive, 590.0) == 1.0
    assert value(world, gitea.restarts, 1790.0) > 5
    assert [value(world, gitea.alive, after) for after in (1900.0, 4000.0)] == [1.0, 1.0]
    assert value(world, gitea.restarts, 4000.0) == value(world, gitea.restarts, 1900.0)


def test_a_battery_drains_and_what_it_feeds_goes_off_when_it_is_empty() -> None:
    world = story("power-cut").build(1)
    rack = world.ups["rack"]
    runtime = world.house.ups["rack"].runtime
    charges = [value(world, rack.charge, 600.0 + part * runtime) for part in (0.0, 0.25, 0.5, 1.0)]
    assert charges == [100.0, 75.0, 50.0, 0.0]
    assert world.spells["host/pve1"].at(world.begin + 600.0 + runtime - 5) is None
    assert world.spells["host/pve1"].at(world.begin + 600.0 + runtime + 5, "off") is not None


def test_a_container_killed_for_memory_was_at_its_limit() -> None:
    world = story("container-oom", period="8m").build(1)
    paperless = world.containers["container/apps:paperless"]
    kills = [life for life in paperless.lives.upto(world.begin + 7200.0) if life.killed]
    assert len(kills) > 8
    before = paperless.memory_used(np.array([kills[3].end - 1.0]))[0]
    after = paperless.memory_used(np.array([kills[4].start + 5.0]))[0]
    assert paperless.limit is not None
    assert before > 0.95 * paperless.limit
    assert after < 0.6 * paperless.limit


def test_a_failing_disk_counts_sectors_and_admits_it_late() -> None:
    world = story("fail-disk", sectors_per_hour=60).build(1)
    drive = world.drives["disk/nas:sdc"]
    hours = [value(world, drive.bad_sectors, 600.0 + 3600.0 * n) for n in (0, 1, 2, 4)]
    assert hours == [0.0, 60.0, 120.0, 240.0]
    assert [value(world, drive.passed, 600.0 + 3600.0 * n) for n in (2, 4)] == [1.0, 0.0]
    assert world.pools["tank"].state(world.begin + 4 * 3600.0) == "ONLINE"


def test_a_noisy_guest_steals_from_its_neighbours_on_the_same_node_alone() -> None:
    world = story("noisy-guest").build(1)
    assert value(world, world.hosts["apps"].steal.value, 1200.0) > 0.15
    assert value(world, world.hosts["media"].steal.value, 1200.0) == 0.0
    assert value(world, world.hosts["pve2"].cpu.value, 1200.0) > 0.8


def test_an_update_changes_the_image_and_is_known_as_a_change() -> None:
    world = story("update").build(1)
    gitea = world.containers["container/apps:gitea"]
    assert [gitea.image_at(world.begin + after) for after in (500.0, 700.0)] == [
        "gitea/gitea:1.22.4",
        "gitea/gitea:2",
    ]
    changes = world.changes(world.begin, world.begin + 3600.0)
    assert [(one.entity, one.kind, one.text) for one in changes if one.kind == "update"] == [
        ("container/apps:gitea", "update", "image is now gitea/gitea:2")
    ]
