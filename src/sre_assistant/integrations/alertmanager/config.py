"""Settings of one Alertmanager."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from sre_assistant.kit.endpoint import Endpoint


@dataclass(frozen=True, slots=True, kw_only=True)
class Config(Endpoint):
    """Where Alertmanager is, with its path if it has one."""

    prefix: ClassVar[str] = "ALERTMANAGER"
