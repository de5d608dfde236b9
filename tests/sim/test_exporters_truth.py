"""An exporter and the system that it reads say the same."""

from __future__ import annotations

import numpy as np
import pytest

from sre_assistant.sim.exporters.kube.pods import looked
from sre_assistant.sim.servers.docker.containers import containers
from sre_assistant.sim.things.hypervisors import Hypervisors
from sre_assistant.sim.things.pasts import Past
from sre_assistant.sim.world import World
from tests.sim.told import families, same_thing, storm, unix, value, values, world_of

MOMENTS = ("00:45", "01:02", "01:10", "01:45", "02:05", "02:25", "02:40", "03:05", "03:30")


@pytest.fixture(scope="module")
def rough() -> World:
    """Much happens."""
    return storm().build(seed=2)


@pytest.mark.parametrize("at", MOMENTS)
def test_docker_and_cadvisor_know_the_same_containers(rough: World, at: str) -> None:
    now = rough.seconds(unix(rough, at))
    t = np.array([now])
    for host in ("apps", "media"):
        shown = families(rough, "cadvisor", f"{host}.lan:8080")
        known = {one.id: one for one in containers(rough, host, now) if one.alive}
        points = [p for p in shown["container_last_seen"].points if "name" in p.labels]
        there = [p for p in points if p.exists is not None and p.exists(t)[0]]
        assert {p.labels["id"] for p in there} == {f"/system.slice/docker-{one}.scope" for one in known}
        for one in known.values():
            labels = {"name": one.name, "image": one.image}
            health = same_thing(shown["container_health_state"], labels).level(t)[0]
            assert health == {"": -1.0, "healthy": 1.0}.get(one.health, 0.0), (one.name, one.health)
            begun = same_thing(shown["container_start_time_seconds"], labels).level(t)[0]
            assert begun == pytest.approx((one.started or 0.0) + rough.epoch.timestamp(), abs=1.5)


@pytest.mark.parametrize("at", MOMENTS)
def test_pods_are_what_the_cluster_says(rough: World, at: str) -> None:
    assert rough.cluster is not None
    now = rough.seconds(unix(rough, at))
    t = np.array([now - 3600.0, now, now + 1.0])
    shown = families(rough, "kube-state-metrics")
    for workload in rough.cluster.workloads.values():
        for pod in workload.pods:
            one, labels = looked(pod, now), {"uid": pod.uid}
            phase = same_thing(shown["kube_pod_status_phase"], {**labels, "phase": "Running"})
            assert phase.exists is not None
            assert phase.exists(t)[1] == one.there == pod.exists(now)
            assert phase.level(t)[1] == (pod.phase(now) == "Running")
            ready = same_thing(shown["kube_pod_status_ready"], {**labels, "condition": "true"})
            assert ready.level(t)[1] == pod.ready(now)


def test_the_ready_pods_of_a_deployment_are_counted_over_a_whole_night(rough: World) -> None:
    assert rough.cluster is not None
    wiki = rough.cluster.workloads["workload/web:wiki"]
    shown = families(rough, "kube-state-metrics")
    ready = same_thing(shown["kube_deployment_status_replicas_ready"], {"deployment": "wiki"})
    t = rough.begin + np.arange(0.0, 4 * 3600, 137.0)
    assert ready.level(t).tolist() == [wiki.ready(moment) for moment in t.tolist()]


def test_hypervisors_lose_the_quorum_with_more_than_half() -> None:
    world = world_of({"fault": "lose-quorum", "nodes": ["pve2", "pve3"], "lasts": "10m"})
    seen = Hypervisors(("pve1", "pve2", "pve3"), world.spells)
    t = np.array([world.seconds(unix(world, at)) for at in ("00:59", "01:05", "01:15")])
    assert seen.quorate(t).tolist() == [1.0, 0.0, 1.0]
    assert seen.members(t).tolist() == [3.0, 1.0, 3.0]
    assert (seen.quorate(t) + seen.inquorate(t)).tolist() == [1.0] * 3


def test_the_past_of_a_job_does_not_depend_on_how_much_one_looks_at() -> None:
    world = world_of({"fault": "fail-backup", "job": "replicate-home", "at": "01:30", "lasts": "9h"})
    past = Past(world.jobs["replicate-home"], "guest/homeassistant")
    t = world.begin + np.arange(0.0, 12 * 3600, 1000.0)
    whole = past.failed(t)
    assert whole.max() == 9.0
    assert whole.tolist() == [float(past.failed(t[n : n + 1])[0]) for n in range(len(t))]
    last = past.last(t, lambda run: run.start, good=True)
    assert last.tolist() == [
        float(past.last(t[n : n + 1], lambda run: run.start, good=True)[0]) for n in range(len(t))
    ]


def test_the_size_of_a_scrape_is_the_number_of_series_that_are_there(rough: World) -> None:
    for at in MOMENTS:
        for one in rough.targets:
            moment = np.array([unix(rough, at)])
            t = one.seconds(moment)
            shown = sum(p.exists is None or bool(p.exists(t)[0]) for f in one.families for p in f.points)
            if not one.swellings:
                assert one.count(moment)[0] == shown, one.instance


def test_every_file_system_of_a_share_is_as_full_as_on_its_server(rough: World) -> None:
    used = {
        labels["instance"]: value(rough, "00:50", "node_filesystem_size_bytes", **labels)
        for labels in (
            {"instance": "nas.lan:9100", "mountpoint": "/tank/backup"},
            {"instance": "pve1.lan:9100", "mountpoint": "/mnt/pve/nas-backup"},
        )
    }
    assert len(set(used.values())) == 1
    storage = value(rough, "00:50", "pve_disk_size_bytes", id="storage/pve1/nas-backup")
    assert storage == next(iter(used.values()))
    assert values(rough, "00:50", "pbs_size") == values(
        rough, "00:50", "pve_disk_size_bytes", id="storage/pve1/pbs"
    )
