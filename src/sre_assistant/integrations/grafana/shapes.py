"""The JSON of Grafana's HTTP API, as far as it is read; dashboards and query models stay loose."""

from __future__ import annotations

import msgspec


class Health(msgspec.Struct):
    """Whether it runs; the version may be hidden from strangers."""

    database: str
    version: str = ""


class State(msgspec.Struct, rename="camel"):
    """What its Alertmanager does with an alert."""

    state: str = ""
    silenced_by: list[str] | None = None
    inhibited_by: list[str] | None = None


class AlertItem(msgspec.Struct, rename="camel"):
    """One alert of its own Alertmanager."""

    starts_at: str
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    generator_url: str = msgspec.field(name="generatorURL", default="")
    fingerprint: str = ""
    status: State | None = None


class AnnotationItem(msgspec.Struct, rename="camel"):
    """One annotation; times in Unix milliseconds."""

    time: int
    time_end: int | None = None
    id: object = None
    text: str | None = None
    tags: list[str] | None = None
    login: str | None = None
    user_name: str | None = None
    dashboard_uid: str | None = msgspec.field(name="dashboardUID", default=None)
    panel_id: object = None
    alert_name: str | None = None
    new_state: str | None = None
    prev_state: str | None = None


class Span(msgspec.Struct, rename={"since": "from", "until": "to"}):
    """Seconds before the evaluation."""

    since: float = 0
    until: float = 0


class QueryItem(msgspec.Struct, rename="camel"):
    """One query or expression of a rule."""

    ref_id: str
    datasource_uid: str | None = None
    relative_time_range: Span | None = None
    model: object = None


class RuleItem(msgspec.Struct, rename="camel"):
    """One rule as the provisioning API gives it."""

    uid: str
    title: str
    folder_uid: str = msgspec.field(name="folderUID", default="")
    rule_group: str = ""
    condition: str | None = None
    data: list[QueryItem] | None = None
    no_data_state: str | None = None
    exec_err_state: str | None = None
    hold: str | None = msgspec.field(name="for", default=None)
    keep_firing_for: str | None = msgspec.field(name="keep_firing_for", default=None)
    annotations: dict[str, str] | None = None
    labels: dict[str, str] | None = None
    provenance: str | None = None
    is_paused: bool | None = None
    notification_settings: object = msgspec.field(name="notification_settings", default=None)
    record: object = None


class RulerAlert(msgspec.Struct):
    """What is Grafana's own in a rule as the ruler API gives it."""

    uid: str
    title: str
    namespace_uid: str = ""
    condition: str | None = None
    data: list[QueryItem] | None = None
    no_data_state: str | None = None
    exec_err_state: str | None = None
    provenance: str | None = None
    is_paused: bool | None = None
    notification_settings: object = None
    record: object = None


class RulerRule(msgspec.Struct):
    """One rule as the ruler API gives it."""

    grafana_alert: RulerAlert
    hold: str | None = msgspec.field(name="for", default=None)
    keep_firing_for: str | None = None
    annotations: dict[str, str] | None = None
    labels: dict[str, str] | None = None


class RulerGroup(msgspec.Struct):
    """The rules of a group."""

    name: str
    rules: list[msgspec.Raw] | None = None


class StateRule(msgspec.Struct, rename="camel"):
    """How a rule's last evaluation went."""

    name: str
    uid: str = ""
    query: str = ""
    state: str = ""
    health: str = ""
    last_error: str = ""
    last_evaluation: str = ""
    duration: float = 0
    labels: dict[str, str] | None = None
    annotations: dict[str, str] | None = None
    totals: object = None
    is_paused: bool | None = None


class StateGroup(msgspec.Struct, rename="camel"):
    """The rules of a group; ``file`` is the folder's title."""

    name: str
    file: str = ""
    folder_uid: str = ""
    rules: list[msgspec.Raw] | None = None


class StateGroups(msgspec.Struct):
    """All groups that may be seen."""

    groups: list[msgspec.Raw] | None = None


class States(msgspec.Struct):
    """The answer of the API that Prometheus has too."""

    data: StateGroups


class Hit(msgspec.Struct, rename="camel"):
    """One dashboard that a search found."""

    uid: str
    title: str
    type: str = ""
    url: str = ""
    tags: list[str] | None = None
    folder_title: str | None = None


class Board(msgspec.Struct):
    """A dashboard with what Grafana knows of it."""

    dashboard: dict[str, object]
    meta: dict[str, object] | None = None


class LibraryPanel(msgspec.Struct):
    """A panel that dashboards share."""

    model: dict[str, object]


class Element(msgspec.Struct):
    """The answer for one library element."""

    result: LibraryPanel
