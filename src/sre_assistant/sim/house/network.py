"""Pages, network devices and power of a world file."""

from __future__ import annotations

from typing import Literal

import msgspec

from sre_assistant.sim.quantities import Share, Span


class PageSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A web page that the blackbox exporter asks for; its ``certificate`` is valid so long from the start."""

    host: str = ""
    """The machine that serves it; none for a page out in the world."""
    answer: Span
    certificate: Span | None = None
    container: str = ""
    """The container on that machine that serves it."""
    needs: tuple[str, ...] = ()


class DeviceSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Something of the network: what is behind it is gone when it is."""

    kind: Literal["switch", "router", "isp", "dns"]
    title: str
    address: str = ""
    carries: tuple[str, ...] = ()
    """Hosts or network devices that are reached through it."""
    guest: str = ""
    """The guest that it runs in, if any."""
    answer: Span = Span(0.001)


class UpsSpec(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A battery and what it feeds; ``host`` runs the NUT server and its exporter."""

    model: str
    host: str
    feeds: tuple[str, ...]
    load: Share
    runtime: Span
    """How long a full battery lasts."""
