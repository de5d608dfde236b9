"""Docker containers: the part of a world file under ``containers``."""

from __future__ import annotations

from typing import Literal

import msgspec

from sre_assistant.sim.quantities import Size, Span


class ContainerSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A container on a Docker host."""

    image: str
    memory: Size
    """What it usually holds."""
    limit: Size | None = None
    cpu: float = 0.05
    """Cores that it usually keeps busy at noon of a working day."""
    quota: float | None = None
    """Cores that it may use."""
    ports: dict[str, int] = {}
    """Port of the host for each of its own, e.g. ``8096/tcp: 8096``."""
    mounts: dict[str, str] = {}
    """Path inside to ``share/NAME``, a volume's name, or a path of the host."""
    needs: tuple[str, ...] = ()
    """Entities without which it cannot serve, e.g. ``container/media:immich-db`` or ``net/isp``."""
    project: str = ""
    restart: Literal["no", "always", "unless-stopped", "on-failure"] = "unless-stopped"
    health: bool = False
    """Whether its image has a health check."""
    dialect: Literal["json", "logfmt", "plain", "nginx", "java"] = "plain"
    says_every: Span = Span(30.0)
    """Time between two log lines in the quiet."""
    labels: dict[str, str] = {}
    env: tuple[str, ...] = ()
    tty: bool = False
    """Whether it writes to a terminal, so that its log knows no stdout and stderr."""
