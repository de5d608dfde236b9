"""What happens shows where a real exporter would show it, and nowhere else."""

from __future__ import annotations

import numpy as np
import pytest
from starlette.datastructures import QueryParams

from sre_assistant.sim.arrays import is_stale
from sre_assistant.sim.metrics.series import NAME, Matcher
from sre_assistant.sim.servers.prometheus_status import targets
from sre_assistant.sim.world import World
from tests.sim.told import target, unix, value, values, world_of


def test_a_crash_loop_starts_anew_all_the_time_and_counts_from_zero() -> None:
    world = world_of({"fault": "crash-loop", "container": "apps:gitea", "lasts": "1h"})
    matchers = [Matcher(NAME, "=", "container_start_time_seconds"), Matcher("name", "=", "gitea")]
    [series] = world.index.matching(matchers)
    seen = series.samples(unix(world, "01:00"), unix(world, "01:15")).values
    assert len(set(seen[~is_stale(seen)].tolist())) > 5
    assert is_stale(seen).sum() > 2
    cpu = "container_cpu_usage_seconds_total"
    assert value(world, "00:59", cpu, name="gitea") > 100 > value(world, "02:02", cpu, name="gitea")
    assert value(world, "00:59", cpu, name="mealie") < value(world, "02:02", cpu, name="mealie")


def test_an_update_gives_the_container_another_image_and_another_id() -> None:
    world = world_of({"fault": "update", "container": "media:sonarr", "image": "linuxserver/sonarr:5"})
    before, after = labels(world, "00:59"), labels(world, "01:05")
    assert before["image"] != after["image"] == "linuxserver/sonarr:5"
    assert before["id"] != after["id"]
    assert before["name"] == after["name"] == "sonarr"


def labels(world: World, at: str) -> dict[str, str]:
    matchers = [Matcher(NAME, "=", "container_last_seen"), Matcher("name", "=", "sonarr")]
    moment = unix(world, at)
    for one in world.index.matching(matchers):
        times, seen = one.samples(moment - 30_000, moment)
        if len(times) and not is_stale(np.asarray(seen[-1:]))[0]:
            return dict(one.labels)
    raise AssertionError(at)


def test_a_container_at_its_limit_is_killed_and_counted() -> None:
    world = world_of({"fault": "container-oom", "container": "apps:nextcloud", "lasts": "2h"})
    kills = "container_oom_events_total"
    assert (
        value(world, "02:55", kills, name="nextcloud") - value(world, "00:59", kills, name="nextcloud") >= 10
    )
    most = max(
        value(world, f"01:{m}", "container_memory_working_set_bytes", name="nextcloud") for m in range(20, 32)
    )
    assert 0.9 * 2**30 < most <= 2**30


def test_a_throttled_container_has_a_quota_and_stops_in_most_periods() -> None:
    world = world_of({"fault": "throttle-cpu", "container": "media:immich-ml"})
    stopped, all_of_them = (
        value(world, "02:00", f"container_cpu_cfs_{name}_total", name="immich-ml")
        - value(world, "01:30", f"container_cpu_cfs_{name}_total", name="immich-ml")
        for name in ("throttled_periods", "periods")
    )
    assert stopped / all_of_them == pytest.approx(0.7, abs=0.02)
    assert values(world, "02:00", "container_spec_cpu_quota", name="jellyfin") == []


def test_health_fails_after_three_checks_and_comes_back_with_one() -> None:
    world = world_of({"fault": "unhealthy", "container": "apps:mealie", "lasts": "20m"})
    health = [value(world, at, "container_health_state", name="mealie") for at in ("01:00", "01:03", "01:21")]
    assert health == [1.0, 0.0, 1.0]
    assert value(world, "01:03", "container_health_state", name="gitea") == -1.0


def test_a_stopped_guest_is_down_for_its_cluster_and_its_counters_begin_anew() -> None:
    world = world_of({"fault": "stop-guest", "guest": "homeassistant", "lasts": "30m"})
    assert [value(world, at, "pve_up", id="qemu/102") for at in ("00:59", "01:10", "01:40")] == [
        1.0,
        0.0,
        1.0,
    ]
    assert value(world, "01:40", "pve_uptime_seconds", id="qemu/102") < 900
    sent = "pve_network_transmit_bytes_total"
    assert value(world, "01:40", sent, id="qemu/102") < value(world, "00:59", sent, id="qemu/102")


def test_a_cluster_that_is_apart_says_so_in_a_label() -> None:
    world = world_of({"fault": "lose-quorum", "nodes": ["pve1"], "lasts": "30m"})
    assert [values(world, at, "pve_cluster_info", quorate="0") for at in ("00:59", "01:10")] == [[], [1.0]]
    assert [value(world, "01:10", "pve_up", id=f"node/pve{n}") for n in (1, 2, 3)] == [1.0, 0.0, 0.0]
    assert values(world, "01:10", "pve_memory_usage_bytes", id="node/pve2") == []
    assert values(world, "01:10", "pve_memory_size_bytes", id="qemu/111") == [12.0 * 2**30]


def test_a_replication_that_fails_counts_its_failures_until_one_works() -> None:
    world = world_of({"fault": "fail-backup", "job": "replicate-home", "lasts": "150m"})
    failed = [value(world, at, "pve_replication_failed_syncs") for at in ("00:45", "01:30", "02:30", "04:30")]
    assert failed == [0.0, 1.0, 2.0, 0.0]
    last = value(world, "02:30", "pve_replication_last_sync_timestamp_seconds")
    assert last == (unix(world, "00:00")) / 1000


def test_a_dead_disk_leaves_smart_and_degrades_its_pool() -> None:
    world = world_of({"fault": "lose-disk", "host": "nas", "device": "sdb"})
    assert [value(world, at, "zfs_pool_health", pool="tank") for at in ("00:59", "01:01")] == [0.0, 1.0]
    assert value(world, "01:01", "node_zfs_zpool_state", zpool="tank", state="degraded") == 1.0
    nas = {"instance": "nas.lan:9633"}
    assert [value(world, at, "smartctl_devices", **nas) for at in ("00:59", "01:01")] == [3.0, 2.0]
    assert values(world, "01:01", "smartctl_device_smart_status", device="sdb", **nas) == []
    assert value(world, "01:01", "smartctl_device_smart_status", device="sdc", **nas) == 1.0


def test_bad_sectors_show_in_attributes_and_in_the_end_in_the_verdict() -> None:
    world = world_of({"fault": "fail-disk", "host": "nas", "device": "sdb"})
    raw = {"device": "sdb", "attribute_value_type": "raw", "instance": "nas.lan:9633"}
    pending = value(world, "03:00", "smartctl_device_attribute", attribute_id="197", **raw)
    moved = value(world, "03:00", "smartctl_device_attribute", attribute_id="5", **raw)
    assert 78 <= pending + moved <= 80  # forty an hour for two hours, as the last scrape saw it
    assert 20 < pending < moved
    verdict = {"device": "sdb", "instance": "nas.lan:9633"}
    assert value(world, "03:00", "smartctl_device_smart_status", **verdict) == 1.0
    assert value(world, "07:00", "smartctl_device_smart_status", **verdict) == 0.0
    assert value(world, "07:00", "smartctl_device_smartctl_exit_status", **verdict) == 8.0


def test_a_bad_cable_is_not_a_bad_disk() -> None:
    world = world_of({"fault": "bad-cable", "host": "nas", "device": "sdc"})
    raw = {"device": "sdc", "attribute_value_type": "raw", "instance": "nas.lan:9633"}
    assert value(world, "02:00", "smartctl_device_attribute", attribute_id="199", **raw) in {39.0, 40.0}
    assert value(world, "02:00", "smartctl_device_attribute", attribute_id="197", **raw) == 0.0


def test_a_power_cut_drains_the_battery_and_then_takes_the_rack_along() -> None:
    world = world_of({"fault": "power-cut", "ups": "rack"})
    status = "network_ups_tools_ups_status"
    assert [value(world, "01:10", status, flag=flag) for flag in ("OL", "OB", "LB")] == [0.0, 1.0, 0.0]
    assert value(world, "01:10", "network_ups_tools_input_voltage") == 0.0
    assert 50 < value(world, "01:10", "network_ups_tools_battery_charge") < 75
    assert value(world, "01:24", status, flag="LB") == 1.0
    assert values(world, "01:30", "network_ups_tools_battery_charge") == []
    assert value(world, "01:30", "up", job="nut") == 0.0


def test_a_battery_that_is_charged_again_says_so() -> None:
    world = world_of({"fault": "power-cut", "ups": "rack", "lasts": "10m"})
    status = "network_ups_tools_ups_status"
    assert [value(world, "01:30", status, flag=flag) for flag in ("OL", "CHRG")] == [1.0, 1.0]


def test_a_fan_that_stops_shows_in_the_machine_and_its_disks() -> None:
    world = world_of({"fault": "heat-up", "host": "nas"})
    sensor = {"instance": "nas.lan:9100", "sensor": "temp1"}
    warmed = [value(world, at, "node_hwmon_temp_celsius", **sensor) for at in ("00:59", "01:20")]
    assert warmed[1] - warmed[0] > 22
    disk = {"instance": "nas.lan:9633", "device": "sdb", "temperature_type": "current"}
    assert value(world, "01:20", "smartctl_device_temperature", **disk) > 48


def test_a_lossy_card_counts_its_share_of_broken_packets() -> None:
    world = world_of({"fault": "lossy-nic", "host": "pve3"})
    card = {"instance": "pve3.lan:9100", "device": "eno1"}
    broken, packets = (
        value(world, "02:00", f"node_network_receive_{name}_total", **card)
        - value(world, "01:05", f"node_network_receive_{name}_total", **card)
        for name in ("errs", "packets")
    )
    assert broken / packets == pytest.approx(0.04, rel=0.05)
    assert value(world, "00:59", "node_network_receive_errs_total", **card) == 0.0


def test_a_stale_mount_has_an_error_and_no_size() -> None:
    world = world_of({"fault": "stale-mount", "host": "media", "share": "media"})
    mount = {"instance": "media.lan:9100", "mountpoint": "/mnt/media"}
    server = {"instance": "nas.lan:9100", "mountpoint": "/tank/media"}
    for metric in ("node_filesystem_size_bytes", "node_filesystem_avail_bytes"):
        there = value(world, "00:59", metric, **server)
        assert value(world, "00:59", metric, **mount) == pytest.approx(there, rel=1e-6)
    assert values(world, "01:05", "node_filesystem_avail_bytes", **mount) == []
    assert value(world, "01:05", "node_filesystem_device_error", **mount) == 1.0
    assert (
        value(
            world, "01:05", "node_filesystem_device_error", instance="apps.lan:9100", mountpoint="/mnt/cloud"
        )
        == 0
    )


def test_a_pool_that_is_suspended_hides_its_file_systems() -> None:
    world = world_of({"fault": "lose-disk", "host": "nas", "device": "sda"})
    root = {"instance": "nas.lan:9100", "mountpoint": "/"}
    assert values(world, "01:05", "node_filesystem_size_bytes", **root) == []
    assert value(world, "01:05", "node_filesystem_device_error", **root) == 1.0
    assert value(world, "01:05", "zfs_pool_health", pool="boot-pool") == 6.0


def test_a_noisy_guest_steals_from_its_neighbours() -> None:
    world = world_of({"fault": "noisy-guest", "guest": "frigate"})
    stolen = {"instance": "apps.lan:9100", "cpu": "0", "mode": "steal"}
    grown = [value(world, at, "node_cpu_seconds_total", **stolen) for at in ("00:59", "01:10", "01:20")]
    assert grown[0] == 0.0
    assert grown[2] - grown[1] == pytest.approx(180, rel=0.15)
    assert value(world, "01:20", "pve_cpu_usage_ratio", id="qemu/104") == pytest.approx(0.97)


def test_a_service_that_stops_is_a_failed_unit() -> None:
    world = world_of({"fault": "stop-share", "share": "media"})
    unit = {"instance": "nas.lan:9100", "name": "nfs-server.service"}
    assert [
        value(world, at, "node_systemd_unit_state", state="failed", **unit) for at in ("00:59", "01:01")
    ] == [0, 1]
    assert value(world, "01:01", "node_systemd_unit_state", state="active", **unit) == 0.0


def test_a_name_server_that_is_gone_answers_no_question() -> None:
    world = world_of({"fault": "stop-guest", "guest": "pihole"})
    assert [value(world, at, "probe_success", job="blackbox-dns") for at in ("00:59", "01:02")] == [1.0, 0.0]
    assert value(world, "01:02", "probe_duration_seconds", job="blackbox-dns") == 5.0


def test_a_pod_that_crashes_waits_and_restarts() -> None:
    world = world_of({"fault": "crash-loop", "workload": "web:wiki"})
    waits = values(world, "01:20", "kube_pod_container_status_waiting_reason", container="wiki")
    assert 1 <= len(waits) <= 2
    restarts = values(world, "01:20", "kube_pod_container_status_restarts_total", container="wiki")
    assert min(restarts) >= 4
    ended = values(
        world, "01:20", "kube_pod_container_status_last_terminated_reason", container="wiki", reason="Error"
    )
    assert ended == [1.0, 1.0]
    assert value(world, "01:20", "kube_deployment_status_replicas_available", deployment="wiki") == 0.0


def test_a_node_that_is_lost_is_unknown_and_its_pods_are_replaced() -> None:
    world = world_of({"fault": "lose-host", "host": "kube2"})
    ready = {"node": "kube2", "condition": "Ready"}
    assert value(world, "01:02", "kube_node_status_condition", status="unknown", **ready) == 1.0
    assert value(world, "01:02", "kube_node_status_condition", status="true", **ready) == 0.0
    assert value(world, "01:02", "up", job="kubelet", instance="kube2.lan:10250") == 0.0


def test_a_kubelet_that_stops_alone_refuses_scrapes() -> None:
    world = world_of({"fault": "kubelet-down", "host": "kube2"})
    assert value(world, "01:01", "up", job="kubelet", instance="kube2.lan:10250") == 0.0
    assert value(world, "01:01", "up", job="node", instance="kube2.lan:9100") == 1.0


def test_a_full_volume_is_full_for_its_kubelet() -> None:
    world = world_of({"fault": "full-claim", "workload": "web:wiki-db"})
    claim = {"persistentvolumeclaim": "wiki-db"}
    assert value(world, "00:59", "kubelet_volume_stats_available_bytes", **claim) > 6 * 2**30
    assert value(world, "01:01", "kubelet_volume_stats_available_bytes", **claim) == 0.0


def test_the_age_of_backups_grows_while_nobody_saves() -> None:
    world = world_of({"fault": "fail-backup", "job": "backup-nightly", "guest": "media"})
    last = "pbs_snapshot_vm_last_timestamp"
    assert value(world, "09:00", last, vm_id="110") < unix(world, "00:30") / 1000 - 20 * 3600
    assert value(world, "09:00", last, vm_id="111") > unix(world, "03:00") / 1000
    assert value(world, "09:00", "pbs_snapshot_vm_count", vm_id="110") == 14.0


def test_loki_counts_the_requests_that_it_fails() -> None:
    world = world_of({"fault": "break-system", "system": "loki", "mode": "500", "lasts": "10m"})
    failed = {"status_code": "500"}
    assert values(world, "00:59", "loki_request_duration_seconds_count", **failed) == [0.0]
    assert value(world, "01:09", "loki_request_duration_seconds_count", **failed) > 500


def test_an_exploding_exporter_fills_prometheus() -> None:
    world = world_of({"fault": "explode-series", "host": "apps", "lasts": "1h"})
    apps = {"instance": "apps.lan:9100"}
    before, after = (value(world, at, "scrape_samples_scraped", **apps) for at in ("00:59", "01:30"))
    assert after - before == pytest.approx(400 * 30, rel=0.01)
    assert value(world, "01:30", "scrape_series_added", **apps) == pytest.approx(100, abs=1)
    head = [value(world, at, "prometheus_tsdb_head_series") for at in ("00:59", "01:30", "02:05", "08:00")]
    assert head[1] - head[0] == pytest.approx(400 * 30, rel=0.01)
    assert head[2] - head[0] == pytest.approx(400 * 60, rel=0.01)
    assert abs(head[3] - head[0]) < 50
    assert len(values(world, "01:30", "job_run_duration_seconds")) == 500
    assert values(world, "02:05", "job_run_duration_seconds") == []
    memory = [
        value(world, at, "process_resident_memory_bytes", job="prometheus") for at in ("00:59", "01:30")
    ]
    assert memory[1] - memory[0] > 6e7


def test_a_dropped_target_ends_with_its_up_and_is_no_longer_listed() -> None:
    world = world_of({"fault": "stop-scraping", "host": "nas", "lasts": "30m"})
    nas = {"instance": "nas.lan:9100"}
    assert [values(world, at, "up", **nas) for at in ("00:59", "01:05", "01:31")] == [[1.0], [], [1.0]]
    assert values(world, "01:05", "node_load1", **nas) == []
    up = next(
        one
        for one in world.index.matching([Matcher(NAME, "=", "up"), Matcher("instance", "=", "nas.lan:9100")])
    )
    samples = up.samples(unix(world, "00:59"), unix(world, "01:20"))
    assert is_stale(samples.values).sum() == 1
    listed = [
        [one["labels"]["instance"] for one in active(world, at) if one["labels"]["job"] == "node"]
        for at in ("00:59", "01:05", "01:31")
    ]
    assert ["nas.lan:9100" in some for some in listed] == [True, False, True]


def active(world: World, at: str) -> list[dict[str, dict[str, str]]]:
    return targets(world.targets, unix(world, at), QueryParams())["activeTargets"]  # type: ignore[return-value]


def test_an_exporter_goes_down_with_its_machine() -> None:
    world = world_of({"fault": "lose-host", "host": "nas"})
    for port in (9100, 9633, 9134, 9199):
        assert value(world, "01:01", "up", instance=f"nas.lan:{port}") == 0.0
    assert value(world, "01:01", "up", job="smartctl", instance="pbs.lan:9633") == 1.0


def test_a_hypervisor_api_that_breaks_takes_its_exporter_along() -> None:
    world = world_of({"fault": "break-system", "system": "proxmox", "mode": "503", "lasts": "10m"})
    outage = target(world, "pve").outage(unix(world, "01:05"))
    assert outage is not None
    assert outage.error == "server returned HTTP status 500 INTERNAL SERVER ERROR"


def test_a_backup_server_that_breaks_is_down_for_its_exporter() -> None:
    world = world_of({"fault": "break-system", "system": "pbs", "mode": "503", "lasts": "10m"})
    assert [value(world, at, "pbs_up") for at in ("00:59", "01:05", "01:12")] == [1.0, 0.0, 1.0]
    assert values(world, "01:05", "pbs_used") == []
