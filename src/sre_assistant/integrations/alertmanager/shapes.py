"""The JSON of the Alertmanager API v2 and of webhook bodies, as far as it is read."""

from __future__ import annotations

import msgspec


class State(msgspec.Struct, rename="camel"):
    """Whether an alert or a silence is active, and what keeps it quiet."""

    state: str = ""
    silenced_by: list[str] | None = None
    inhibited_by: list[str] | None = None


class Named(msgspec.Struct):
    """A receiver."""

    name: str = ""


class AlertItem(msgspec.Struct, rename="camel"):
    """One alert; a webhook says its status as a word, the API as an object."""

    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    starts_at: str = ""
    ends_at: str = ""
    generator_url: str = msgspec.field(name="generatorURL", default="")
    fingerprint: str = ""
    status: str | State | None = None
    receivers: list[Named] | None = None


class GroupItem(msgspec.Struct):
    """Alerts that are told together."""

    alerts: list[AlertItem] | None = None
    labels: dict[str, str] | None = None
    receiver: Named | None = None


class MatcherItem(msgspec.Struct, rename="camel"):
    """One condition of a silence; before 0.22 there was no ``isEqual``."""

    name: str
    value: str
    is_regex: bool = False
    is_equal: bool = True


class SilenceItem(msgspec.Struct, rename="camel"):
    """One silence."""

    id: str = ""
    status: State | None = None
    starts_at: str = ""
    ends_at: str = ""
    created_by: str = ""
    comment: str = ""
    matchers: list[MatcherItem] | None = None


class Made(msgspec.Struct):
    """What making a silence is answered with."""

    silence_id: str = msgspec.field(name="silenceID")


class Version(msgspec.Struct):
    """Which build runs."""

    version: str = ""
    revision: str = ""


class Peer(msgspec.Struct):
    """Another member of the cluster."""

    name: str = ""
    address: str = ""


class Cluster(msgspec.Struct):
    """Who else keeps the same silences."""

    status: str = ""
    peers: list[Peer] | None = None


class Status(msgspec.Struct, rename="camel"):
    """Version, start and cluster. The configuration is not read: it may hold what is secret."""

    version_info: Version
    uptime: str = ""
    cluster: Cluster | None = None
