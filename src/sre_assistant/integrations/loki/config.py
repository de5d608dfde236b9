"""Settings of one Loki."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.endpoint import HttpEndpoint, Purpose
from sre_assistant.kit.promql import is_label

_LABELS = ("host_label", "service_label", "container_label", "namespace_label", "level_label")
_LEAST_SCAN = 1024 * 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(HttpEndpoint):
    """Where Loki is, and what its labels mean where that cannot be found out."""

    prefix: ClassVar[str] = "LOKI"

    host_label: str = field(
        default="", metadata={"doc": "Labels that name the machine, by commas; found out when empty."}
    )
    service_label: str = field(
        default="", metadata={"doc": "Labels that name unit, service or workload; found out when empty."}
    )
    container_label: str = field(
        default="", metadata={"doc": "Labels that name container or pod; found out when empty."}
    )
    namespace_label: str = field(
        default="", metadata={"doc": "Labels that name the Kubernetes namespace; found out when empty."}
    )
    level_label: str = field(
        default="", metadata={"doc": "Labels that name the level of a line; found out when empty."}
    )
    max_scan_bytes: int = field(
        default=10 * 1024**3,
        metadata={"doc": "Most bytes of log one query may read, by the index's own estimate (10 GiB)."},
    )

    def labels(self, meaning: str) -> tuple[str, ...]:
        """The labels that the operator named for a meaning, e.g. ``host``."""
        named: str = getattr(self, f"{meaning}_label")
        return tuple(dict.fromkeys(name.strip() for name in named.split(",") if name.strip()))

    def headers(self, purpose: Purpose = "read") -> dict[str, str]:
        """What says who we are, and that labels shall be told apart by where they come from."""
        return {
            **HttpEndpoint.headers(self, purpose),
            "X-Loki-Response-Encoding-Flags": "categorize-labels",
        }

    def _check(self) -> None:
        HttpEndpoint._check(self)
        for setting in _LABELS:
            for name in self.labels(setting.removesuffix("_label")):
                if not is_label(name):
                    raise ConfigError(
                        self.setting(setting),
                        f"names {name!r}, which is no label",
                        "Write names of letters, digits and underscores, e.g. host,node.",
                    )
        if self.max_scan_bytes < _LEAST_SCAN:
            raise ConfigError(
                self.setting("max_scan_bytes"),
                f"is {self.max_scan_bytes!r}",
                "Write bytes, at least 1048576 (1 MiB).",
            )
