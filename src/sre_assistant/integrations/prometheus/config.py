"""Settings of one Prometheus, or of a server that speaks its API."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import ClassVar

from sre_assistant.domain.errors import ConfigError
from sre_assistant.kit.endpoint import HttpEndpoint
from sre_assistant.kit.promql import is_label


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(HttpEndpoint):
    """Where Prometheus is; Mimir needs its path too, e.g. ``http://mimir.lan/prometheus``, and a tenant."""

    prefix: ClassVar[str] = "PROMETHEUS"

    host_label: str = field(
        default="",
        metadata={"doc": "Label that names a target's machine, e.g. node; found out when empty."},
    )

    def _check(self) -> None:
        HttpEndpoint._check(self)
        if self.host_label and not is_label(self.host_label):
            raise ConfigError(
                self.setting("host_label"),
                f"is {self.host_label[:60]!r}, which is no label name",
                "Write letters, digits and underscores, e.g. node.",
            )
