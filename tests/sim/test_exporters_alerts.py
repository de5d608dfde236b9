"""The rule file: well-formed, quiet on ordinary days, and awake when something is wrong."""

from __future__ import annotations

import shutil
import subprocess
from importlib import resources

import pytest

from sre_assistant.sim.alerting.rules import Rule
from sre_assistant.sim.homelab import Homelab
from tests.sim.told import HOUR, told

FILL: dict[str, object] = {"fault": "fill-datastore", "datastore": "main", "rate": "900GiB/h"}
OOM: dict[str, object] = {"fault": "container-oom", "container": "apps:nextcloud"}
# What happens at 01:00, by when, and the alerts that fire then; none of them did before.
STORIES: list[tuple[dict[str, object], str, set[str]]] = [
    ({"fault": "crash-loop", "container": "media:jellyfin"}, "01:05", {"ContainerRestartLoop"}),
    (OOM, "01:25", {"ContainerOomKilled"}),
    ({"fault": "unhealthy", "container": "apps:mealie"}, "01:05", {"ContainerUnhealthy"}),
    ({"fault": "stop-container", "container": "apps:gitea"}, "01:08", {"ContainerGone"}),
    ({"fault": "pull-failed", "container": "apps:gitea", "image": "x:y"}, "01:08", {"ContainerGone"}),
    ({"fault": "throttle-cpu", "container": "media:immich"}, "01:15", {"ContainerCpuThrottled"}),
    (
        {"fault": "container-leak", "container": "apps:mealie", "pace": "2GiB/h"},
        "01:50",
        {"ContainerMemoryNearLimit", "ContainerMemoryGrowing"},
    ),
    ({"fault": "stop-guest", "guest": "unifi"}, "01:04", {"ProxmoxGuestDown"}),
    ({"fault": "lose-host", "host": "pve2"}, "01:03", {"ProxmoxNodeDown", "HostUnreachable", "InstanceDown"}),
    ({"fault": "lose-quorum", "nodes": ["pve1"]}, "01:03", {"ProxmoxQuorumLost"}),
    ({"fault": "fail-backup", "job": "replicate-home"}, "01:07", {"ProxmoxReplicationFailed"}),
    ({"fault": "disable-job", "job": "replicate-home"}, "04:00", {"ProxmoxReplicationStale"}),
    ({"fault": "disable-job", "job": "backup-nightly"}, "02:05", {"ProxmoxGuestNotBackedUp"}),
    ({"fault": "fail-backup", "job": "backup-nightly"}, "06:00", {"PbsBackupTooOld"}),
    (FILL, "04:00", {"PbsDatastoreNearlyFull", "ProxmoxStorageNearlyFull", "HostOutOfDiskSpace"}),
    (
        {"fault": "fail-disk", "host": "nas", "device": "sdb"},
        "01:20",
        {"SmartPendingSectors", "SmartReallocatedSectorsGrow"},
    ),
    ({"fault": "fail-disk", "host": "nas", "device": "sdb"}, "06:10", {"SmartHealthFailed"}),
    ({"fault": "fail-disk", "host": "pve1", "device": "nvme0n1"}, "01:10", {"SmartMediaErrorsGrow"}),
    ({"fault": "fail-disk", "host": "pve1", "device": "nvme0n1"}, "06:10", {"SmartCriticalWarning"}),
    ({"fault": "bad-cable", "host": "nas", "device": "sdc"}, "01:15", {"SmartCrcErrorsGrow"}),
    ({"fault": "lose-disk", "host": "nas", "device": "sdb"}, "01:05", {"ZfsPoolDegraded", "SmartDeviceGone"}),
    (
        {"fault": "lose-disk", "host": "nas", "device": "sda"},
        "01:05",
        {"ZfsPoolUnusable", "HostFilesystemDeviceError"},
    ),
    (
        {"fault": "fill-disk", "host": "nas", "mountpoint": "/tank/backup", "rate": "1TiB/h"},
        "03:30",
        {"ZfsPoolNearlyFull"},
    ),
    ({"fault": "power-cut", "ups": "rack"}, "01:22", {"UpsOnBattery", "UpsBatteryLow"}),
    ({"fault": "heat-up", "host": "nas"}, "01:15", {"HostTemperatureHigh", "SmartTemperatureHigh"}),
    ({"fault": "lossy-nic", "host": "pve3"}, "01:06", {"HostNetworkErrors"}),
    ({"fault": "noisy-guest", "guest": "frigate"}, "01:16", {"HostCpuStealHigh", "HostHighCpuLoad"}),
    ({"fault": "stale-mount", "host": "media", "share": "media"}, "01:05", {"HostNfsMountUnavailable"}),
    (
        {"fault": "stop-share", "share": "media"},
        "01:07",
        {"HostNfsMountUnavailable", "HostSystemdServiceFailed", "ProxmoxStorageUnavailable"},
    ),
    ({"fault": "lose-device", "device": "dns"}, "01:03", {"DnsProbeFailed", "BlackboxProbeFailed"}),
    ({"fault": "lose-device", "device": "isp"}, "01:03", {"InternetUnreachable"}),
    (
        {"fault": "certificate", "page": "https://cloud.lan/", "left": "10m"},
        "01:12",
        {"BlackboxSslCertificateExpired"},
    ),
    ({"fault": "reboot", "host": "media"}, "01:04", {"HostRebooted"}),
    ({"fault": "kubelet-down", "host": "kube2"}, "01:04", {"KubeNodeNotReady", "InstanceDown"}),
    ({"fault": "node-pressure", "host": "kube2"}, "01:15", {"KubeNodePressure", "KubePodNotReady"}),
    (
        {"fault": "crash-loop", "workload": "web:wiki"},
        "01:12",
        {"KubePodCrashLooping", "KubeDeploymentReplicasMismatch"},
    ),
    ({"fault": "container-oom", "workload": "web:wiki"}, "01:25", {"KubeContainerOomKilled"}),
    (
        {"fault": "pull-failed", "workload": "web:links", "image": "x:y"},
        "01:12",
        {"KubeContainerWaiting", "KubePodNotReady"},
    ),
    ({"fault": "pending-pod", "workload": "web:wiki"}, "01:12", {"KubePodNotReady"}),
    (
        {"fault": "stuck-claim", "workload": "web:wiki-db"},
        "01:12",
        {"KubePersistentVolumeClaimPending", "KubeStatefulSetReplicasMismatch"},
    ),
    ({"fault": "full-claim", "workload": "web:wiki-db"}, "01:07", {"KubePersistentVolumeFillingUp"}),
    ({"fault": "stop-scraping", "host": "nas"}, "01:04", {"TargetMissing"}),
    (
        {"fault": "explode-series", "host": "apps"},
        "01:20",
        {"ScrapeSeriesExplosion", "PrometheusHeadSeriesGrowing"},
    ),
    ({"fault": "break-system", "system": "loki", "mode": "500"}, "01:08", {"LokiRequestErrors"}),
    (
        {"fault": "break-system", "system": "alertmanager", "mode": "500"},
        "01:12",
        {"PrometheusNotificationsFailing"},
    ),
    ({"fault": "break-system", "system": "pbs", "mode": "503"}, "01:07", {"PbsUnreachable"}),
]
QUIET: list[dict[str, object]] = [
    {"fault": "update", "container": "media:sonarr", "image": "linuxserver/sonarr:5"},
    {"fault": "busy-container", "container": "media:jellyfin", "cores": 3.0},
    {"fault": "scrub", "host": "nas", "mountpoint": "/tank/backup", "cpu": "60%", "reads": "150MiB/s"},
    {"fault": "say", "container": "media:jellyfin", "texts": ["ERROR something"]},
    {"fault": "deny", "system": "proxmox", "privilege": "VM.Audit"},
]


@pytest.mark.parametrize(
    ("fault", "at", "alerts"), STORIES, ids=[str(fault["fault"]) for fault, _, _ in STORIES]
)
def test_what_goes_wrong_fires_its_alerts_in_time(
    fault: dict[str, object], at: str, alerts: set[str]
) -> None:
    homelab = Homelab(told(fault))
    concerned = [rule for rule in homelab.rules if rule.text.alert in alerts]
    assert {rule.text.alert for rule in concerned} == alerts
    assert fired(homelab, concerned, "00:55") == set()
    assert fired(homelab, concerned, at) == alerts


@pytest.mark.parametrize("fault", QUIET, ids=lambda fault: str(fault["fault"]))
def test_what_is_no_fault_fires_nothing(fault: dict[str, object]) -> None:
    homelab = Homelab(told(fault))
    start = round(homelab.scenario.start.timestamp() * 1000)
    assert homelab.rules.firings(start, start + 3 * HOUR) == []


def test_a_day_and_night_with_every_nightly_job_is_quiet_without_a_gap() -> None:
    homelab = Homelab("healthy", seed=3)
    start = round(homelab.scenario.start.timestamp() * 1000)
    assert homelab.rules.firings(start, start + 26 * HOUR) == []


def test_every_alert_says_what_and_how_bad() -> None:
    rules = list(Homelab("healthy").rules)
    assert len({rule.text.alert for rule in rules}) == len(rules)
    for rule in rules:
        assert rule.text.labels["severity"] in {"critical", "warning", "info"}, rule.text.alert
        assert set(rule.annotations) == {"summary", "description"}, rule.text.alert


@pytest.mark.real
@pytest.mark.skipif(shutil.which("promtool") is None, reason="no promtool: install the package prometheus")
def test_promtool_accepts_the_rules() -> None:
    path = resources.files("sre_assistant.sim") / "alerting" / "standard.yaml"
    with resources.as_file(path) as file:
        checked = subprocess.run(
            ["promtool", "check", "rules", str(file)], capture_output=True, text=True, check=False
        )
    assert checked.returncode == 0, checked.stdout + checked.stderr
    assert "duplicate" not in checked.stdout


def fired(homelab: Homelab, rules: list[Rule], at: str) -> set[str]:
    moment = round(homelab.scenario.moment(at).timestamp() * 1000)
    return {rule.text.alert for rule in rules for one in rule.alerts(moment) if one.state == "firing"}
