"""Names, types and labels of every exporter, and the text that a page of it is."""

from __future__ import annotations

import shutil
import subprocess

import pytest

from sre_assistant.sim.scenario import load_scenario
from sre_assistant.sim.servers.exposition import exposition
from sre_assistant.sim.world import World
from tests.sim.told import HOUR, families, storm, target, unix

COMPOSE = "container_label_com_docker_compose_project container_label_com_docker_compose_service"
CONTAINER = f"id image name {COMPOSE}"
POD = "namespace pod uid"
INSIDE = f"{POD} container"
SHAPES = {
    "cadvisor": {
        "machine_memory_bytes": ("gauge", ""),
        "container_last_seen": ("gauge", CONTAINER),
        "container_start_time_seconds": ("gauge", CONTAINER),
        "container_health_state": ("gauge", CONTAINER),
        "container_cpu_usage_seconds_total": ("counter", f"{CONTAINER} cpu"),
        "container_memory_usage_bytes": ("gauge", CONTAINER),
        "container_memory_working_set_bytes": ("gauge", CONTAINER),
        "container_memory_rss": ("gauge", CONTAINER),
        "container_spec_memory_limit_bytes": ("gauge", CONTAINER),
        "container_oom_events_total": ("counter", CONTAINER),
        "container_memory_failures_total": ("counter", f"{CONTAINER} failure_type scope"),
        "container_network_receive_bytes_total": ("counter", f"{CONTAINER} interface"),
        "container_fs_writes_bytes_total": ("counter", f"{CONTAINER} device"),
        "container_pressure_cpu_waiting_seconds_total": ("counter", CONTAINER),
    },
    "pve": {
        "pve_up": ("gauge", "id"),
        "pve_cpu_usage_ratio": ("gauge", "id"),
        "pve_memory_usage_bytes": ("gauge", "id"),
        "pve_disk_size_bytes": ("gauge", "id"),
        "pve_network_receive_bytes_total": ("counter", "id"),
        "pve_network_receive_bytes": ("gauge", "id"),
        "pve_disk_written_bytes_total": ("counter", "id"),
        "pve_uptime_seconds": ("gauge", "id"),
        "pve_storage_shared": ("gauge", "id"),
        "pve_ha_state": ("gauge", "id state"),
        "pve_lock_state": ("gauge", "id state"),
        "pve_guest_info": ("gauge", "id node name type template tags"),
        "pve_storage_info": ("gauge", "id node storage plugintype content"),
        "pve_node_info": ("gauge", "id name nodeid"),
        "pve_cluster_info": ("gauge", "id nodes quorate version"),
        "pve_version_info": ("gauge", "release repoid version"),
        "pve_onboot_status": ("gauge", "id node type"),
        "pve_replication_info": ("gauge", "id type source target guest"),
        "pve_replication_failed_syncs": ("gauge", "id"),
        "pve_not_backed_up_total": ("gauge", "id"),
    },
    "smartctl": {
        "smartctl_device_smart_status": ("gauge", "device"),
        "smartctl_device_attribute": (
            "gauge",
            "device attribute_id attribute_name attribute_flags_short attribute_flags_long "
            "attribute_value_type",
        ),
        "smartctl_device_temperature": ("gauge", "device temperature_type"),
        "smartctl_device_power_on_seconds": ("counter", "device"),
        "smartctl_device_error_log_count": ("gauge", "device error_log_type"),
        "smartctl_device_rotation_rate": ("gauge", "device"),
    },
    "zfs": {
        "zfs_pool_health": ("gauge", "pool"),
        "zfs_pool_allocated_bytes": ("gauge", "pool"),
        "zfs_dataset_used_bytes": ("gauge", "name pool type"),
        "zfs_scrape_collector_success": ("gauge", "collector"),
    },
    "nut": {
        "network_ups_tools_ups_status": ("gauge", "flag"),
        "network_ups_tools_battery_charge": ("gauge", ""),
        "network_ups_tools_battery_runtime": ("gauge", ""),
        "network_ups_tools_device_info": ("gauge", "mfr model serial type"),
    },
    "pbs": {
        "pbs_up": ("gauge", ""),
        "pbs_used": ("gauge", "datastore"),
        "pbs_snapshot_vm_last_timestamp": ("gauge", "datastore vm_id vm_name"),
        "pbs_host_load1": ("gauge", ""),
        "pbs_host_subscription_status": ("gauge", "status"),
    },
    "kube-state-metrics": {
        "kube_node_status_condition": ("gauge", "node condition status"),
        "kube_node_status_allocatable": ("gauge", "node resource unit"),
        "kube_pod_status_phase": ("gauge", f"{POD} phase"),
        "kube_pod_status_reason": ("gauge", f"{POD} reason"),
        "kube_pod_container_status_restarts_total": ("counter", INSIDE),
        "kube_pod_container_status_waiting_reason": ("gauge", f"{INSIDE} reason"),
        "kube_pod_container_resource_limits": ("gauge", f"{INSIDE} node resource unit"),
        "kube_deployment_spec_replicas": ("gauge", "namespace deployment"),
        "kube_statefulset_status_replicas_ready": ("gauge", "namespace statefulset"),
        "kube_daemonset_status_number_unavailable": ("gauge", "namespace daemonset"),
        "kube_persistentvolumeclaim_status_phase": ("gauge", "namespace persistentvolumeclaim phase"),
    },
    "kubelet": {
        "kubelet_volume_stats_available_bytes": ("gauge", "namespace persistentvolumeclaim"),
    },
    "loki": {
        "loki_build_info": ("gauge", "branch goarch goos goversion revision tags version"),
        "loki_ingester_memory_streams": ("gauge", "tenant"),
        "loki_ingester_chunks_flushed_total": ("counter", "reason"),
        "loki_request_duration_seconds_bucket": ("histogram", "le method route status_code ws"),
        "loki_log_messages_total": ("counter", "level"),
    },
    "blackbox-dns": {
        "probe_success": ("gauge", ""),
        "probe_dns_query_succeeded": ("gauge", ""),
        "probe_dns_duration_seconds": ("gauge", "phase"),
        "probe_dns_answer_rrs": ("gauge", ""),
    },
    "node": {
        "node_filesystem_device_error": ("gauge", "device fstype mountpoint"),
        "node_systemd_unit_state": ("gauge", "name state type"),
        "node_network_receive_errs_total": ("counter", "device"),
    },
    "prometheus": {
        "prometheus_tsdb_head_series": ("gauge", ""),
        "prometheus_rule_evaluations_total": ("counter", "rule_group"),
        "prometheus_notifications_errors_total": ("counter", "alertmanager"),
    },
}
INSTANCES = {"smartctl": "nas.lan:9633", "kubelet": "kube3.lan:10250"}
NVME = {
    "smartctl_device_percentage_used": ("counter", "device"),
    "smartctl_device_critical_warning": ("counter", "device"),
    "smartctl_device_media_errors": ("counter", "device"),
    "smartctl_device_bytes_written": ("counter", "device"),
}
PHYSICAL = {
    "node_hwmon_temp_celsius": ("gauge", "chip sensor"),
    "node_hwmon_sensor_label": ("gauge", "chip sensor label"),
    "node_zfs_zpool_state": ("gauge", "state zpool"),
    "node_zfs_arc_size": ("unknown", ""),
}


@pytest.fixture(scope="module")
def quiet() -> World:
    """The house on an ordinary night."""
    return load_scenario("healthy").build(seed=1)


@pytest.mark.parametrize("job", SHAPES)
def test_an_exporter_has_its_names_types_and_labels(quiet: World, job: str) -> None:
    assert shapes(quiet, job, INSTANCES.get(job, "")) >= set(listed(SHAPES[job]))


def test_nvme_disks_and_real_machines_show_more(quiet: World) -> None:
    assert shapes(quiet, "smartctl", "pve1.lan:9633") >= set(listed(NVME))
    assert shapes(quiet, "node", "nas.lan:9100") >= set(listed(PHYSICAL))
    virtual = families(quiet, "node", "media.lan:9100")
    assert not [name for name in virtual if name.startswith(("node_hwmon", "node_zfs"))]


def test_every_series_is_there_once(quiet: World) -> None:
    for one in (quiet, storm().build(seed=1)):
        labels = [series.labels for series in one.index]
        assert len(labels) == len(set(labels))
        assert len(labels) < 8000


def test_each_exporter_answers_at_its_own_address(quiet: World) -> None:
    assert target(quiet, "pve").url == "http://pve1.lan:9221/pve?target=pve1.lan&cluster=1&node=1"
    assert target(quiet, "nut").url == "http://nas.lan:9199/ups_metrics"
    assert target(quiet, "blackbox-dns").instance == "192.0.2.53"
    assert {one.instance for one in quiet.targets if one.job == "cadvisor"} == {
        f"{host}.lan:8080" for host in ("apps", "media", "mon")
    }


@pytest.mark.real
@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool: install the package prometheus")
@pytest.mark.parametrize("job", [*SHAPES, "alertmanager", "blackbox-http", "blackbox-icmp"])
def test_promtool_reads_every_page(job: str) -> None:
    world = storm().build(seed=3)
    for one in world.targets:
        if one.job == job:
            page = exposition(one, unix(world, "02:40"))
            checked = subprocess.run(
                ["promtool", "check", "metrics"], input=page, capture_output=True, text=True, check=False
            )
            # 3 is a matter of taste: the real exporters have names that it does not like either.
            assert checked.returncode in {0, 3}, checked.stderr


def test_a_page_names_only_metrics_that_have_series(quiet: World) -> None:
    page = exposition(target(quiet, "kube-state-metrics"), quiet.unix_ms(quiet.begin) + HOUR)
    assert "waiting_reason" not in page
    assert page.count("# TYPE kube_pod_status_phase gauge") == 1


def shapes(world: World, job: str, instance: str) -> set[tuple[str, str, frozenset[str]]]:
    found = set()
    for name, family in families(world, job, instance).items():
        found |= {(name, family.kind, frozenset(k for k, v in p.labels.items() if v)) for p in family.points}
    return found


def listed(table: dict[str, tuple[str, str]]) -> list[tuple[str, str, frozenset[str]]]:
    return [(name, kind, frozenset(labels.split())) for name, (kind, labels) in table.items()]
