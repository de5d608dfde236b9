"""Settings of one Prometheus, or of a server that speaks its API."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sre_assistant.kit.endpoint import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(Endpoint):
    """Where Prometheus is; Mimir needs its path too, e.g. ``http://mimir.lan/prometheus``, and a tenant."""

    prefix: ClassVar[str] = "PROMETHEUS"
