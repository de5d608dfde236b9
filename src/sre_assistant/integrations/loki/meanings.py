"""What labels of log lines mean, whoever ships them: Alloy, Promtail, the Docker driver, OpenTelemetry."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final, Literal, TypeAlias, get_args

from sre_assistant.domain.inventory import LogLine
from sre_assistant.integrations.loki.config import Config
from sre_assistant.integrations.loki.parse import Entry
from sre_assistant.kit import levels

Meaning: TypeAlias = Literal["host", "service", "container", "namespace", "level"]
MEANINGS: Final[tuple[Meaning, ...]] = get_args(Meaning)

DETECTED: Final = "detected_level"
"""What Loki 3 guesses and adds to each line as structured metadata."""
_UNKNOWN_SERVICE: Final = "unknown_service"
"""What Loki 3 calls a stream without any label that could name a service."""
_KNOWN: Final[Mapping[Meaning, tuple[str, ...]]] = {
    "host": (
        *("host", "hostname", "host_name", "nodename", "node", "node_name", "k8s_node_name", "_HOSTNAME"),
        *("kubernetes_node_name", "pod_node_name", "kubernetes_host", "agent_hostname", "machine", "server"),
        "instance",
    ),
    "service": (
        *("service", "compose_service", "com_docker_compose_service", "swarm_service", "service_name"),
        *("unit", "systemd_unit", "_SYSTEMD_UNIT", "user_unit", "app", "app_kubernetes_io_name"),
        *("app_name", "application", "appname", "k8s_deployment_name", "k8s_statefulset_name"),
        *("k8s_daemonset_name", "deployment", "workload", "syslog_identifier", "SYSLOG_IDENTIFIER"),
        *("program", "job_name", "job"),
    ),
    "container": (
        *("container", "container_name", "k8s_container_name", "kubernetes_container_name"),
        *("docker_container_name", "pod", "pod_name", "k8s_pod_name", "kubernetes_pod_name"),
    ),
    "namespace": (
        *("namespace", "k8s_namespace_name", "kubernetes_namespace_name", "kubernetes_namespace"),
        *("namespace_name", "pod_namespace"),
    ),
    "level": (
        *("level", "severity", "severity_text", "log_level", "loglevel", "levelname", "lvl", "priority"),
        *("priority_keyword", "syslog_severity", "severity_number", DETECTED),
    ),
}
_UNITS: Final = frozenset({"unit", "systemd_unit", "_SYSTEMD_UNIT", "user_unit", "service_name"})
_SLASHED: Final = frozenset({"container", "container_name", "docker_container_name"})
_UNIT_ENDS: Final = (".service", ".socket", ".timer", ".mount", ".scope", ".slice", ".target", ".path")


class Meanings:
    """Which labels may mean what on one Loki: those the operator named, else those that are known."""

    def __init__(self, config: Config) -> None:
        self._names = {meaning: config.labels(meaning) or _KNOWN[meaning] for meaning in MEANINGS}
        self.named = frozenset(meaning for meaning in MEANINGS if config.labels(meaning))

    def names(self, meaning: Meaning) -> tuple[str, ...]:
        """The labels, the most telling first."""
        return self._names[meaning]

    def line(self, entry: Entry) -> LogLine:
        """The domain's line."""
        return LogLine(
            at=entry.at,
            text=entry.text,
            labels=entry.labels,
            host=self._first("host", entry.labels),
            service=self._first("service", entry.labels),
            container=self._first("container", entry.labels).removeprefix("/"),
            level=self.level(entry),
        )

    def level(self, entry: Entry) -> str:
        """How grave a line is: by its sender's labels, what it states, Loki's guess, its words."""
        labels = entry.labels
        for name in self._names["level"]:
            if name != DETECTED and (level := levels.level_named(labels.get(name, ""), name)):
                return level
        if stated := levels.stated_level(entry.text):
            return stated
        guessed = levels.level_named(labels.get(DETECTED, "")) if DETECTED in self._names["level"] else ""
        if guessed in levels.GRAVE and levels.only_denies(entry.text):
            return ""
        return guessed or levels.told_level(entry.text)

    def _first(self, meaning: Meaning, labels: Mapping[str, str]) -> str:
        found = (labels[name] for name in self._names[meaning] if labels.get(name))
        values = [value for value in found if value != _UNKNOWN_SERVICE]
        return values[0] if values else ""


def spellings(meaning: Meaning, label: str, value: str) -> tuple[str, ...]:
    """What a label may hold for a thing: units end in ``.service``, Docker's names begin with ``/``."""
    if meaning == "service" and label in _UNITS and not value.endswith(_UNIT_ENDS):
        return (value, f"{value}.service")
    if meaning == "container" and label in _SLASHED and not value.startswith("/"):
        return (value, f"/{value}")
    return (value,)
