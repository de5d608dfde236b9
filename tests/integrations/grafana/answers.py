"""Answers as a Grafana gives them, and a server that gives them."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from email.utils import format_datetime
from random import Random
from typing import Any

from sre_assistant.contracts.integration import Integration
from sre_assistant.contracts.tool import ToolResult
from sre_assistant.integrations.grafana import connect
from sre_assistant.integrations.grafana.client import Client
from sre_assistant.integrations.grafana.config import Config
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret
from tests.kit.hostile import Behaviour, Hostile, answering, by_path, hostile

NOW = datetime(2026, 3, 1, 2, 14, 5, tzinfo=UTC)
NOW_MS = 1_772_331_245_000
ALERTS = "/api/alertmanager/grafana/api/v2/alerts"
PROVISIONED = "/api/v1/provisioning/alert-rules"
RULER = "/api/ruler/grafana/api/v1/rules"
STATES = "/api/prometheus/grafana/api/v1/rules"
SEARCH = "/api/search"
NODE = "/api/dashboards/uid/node"
ANNOTATIONS = "/api/annotations"
PERMISSIONS = "/api/access-control/user/permissions"
SETTINGS_PATH = "/api/frontend/settings"
HEALTH = "/api/health"
LIBRARY = "/api/library-elements/lib1"

FULL: dict[str, Any] = {
    "annotations": {
        "summary": "/ is 95 % full",
        "description": "clean up /var",
        "__dashboardUid__": "node",
        "__value_string__": "[ var='A' labels={host=pve1} value=95.2 ]",
        "__values__": '{"A":95.2,"C":1}',
    },
    "endsAt": "2026-03-01T02:18:00.000Z",
    "fingerprint": "c6eadffa33fcdf37",
    "receivers": [{"active": None, "integrations": None, "name": "sre"}],
    "startsAt": "2026-03-01T02:10:00.000Z",
    "status": {"inhibitedBy": [], "silencedBy": [], "state": "active"},
    "updatedAt": "2026-03-01T02:14:00.000Z",
    "generatorURL": "http://grafana.lan:3000/alerting/grafana/abc123/view?orgId=1",
    "labels": {
        "alertname": "DiskFull",
        "grafana_folder": "Homelab",
        "host": "pve1",
        "severity": "critical",
        "__alert_rule_uid__": "abc123",
    },
}
QUIET: dict[str, Any] = {
    "annotations": None,
    "startsAt": "2026-03-01T01:00:00Z",
    "fingerprint": "",
    "status": {"inhibitedBy": None, "silencedBy": ["dd109e2d"], "state": "suppressed"},
    "labels": {"alertname": "DatasourceNoData", "rulename": "PageDown"},
}
FRESH: dict[str, Any] = {
    "startsAt": "2026-03-01T02:14:04Z",
    "fingerprint": "0f0f0f0f0f0f0f0f",
    "status": {"state": "unprocessed"},
    "labels": {"alertname": "CpuBusy"},
}

QUERY: dict[str, Any] = {
    "refId": "A",
    "queryType": "",
    "relativeTimeRange": {"from": 600, "to": 0},
    "datasourceUid": "prom",
    "model": {
        "datasource": {"type": "prometheus", "uid": "prom"},
        "expr": "node_filesystem_avail_bytes",
        "range": True,
        "refId": "A",
    },
}
REDUCE: dict[str, Any] = {
    "refId": "B",
    "datasourceUid": "__expr__",
    "model": {"type": "reduce", "expression": "A", "reducer": "last", "refId": "B"},
}
THRESHOLD: dict[str, Any] = {
    "refId": "C",
    "datasourceUid": "__expr__",
    "model": {
        "type": "threshold",
        "expression": "B",
        "conditions": [{"evaluator": {"params": [0.9], "type": "gt"}, "type": "query"}],
        "refId": "C",
    },
}
RULE: dict[str, Any] = {
    "id": 5,
    "uid": "abc123",
    "orgID": 1,
    "folderUID": "hl",
    "ruleGroup": "disks",
    "title": "DiskFull",
    "condition": "C",
    "data": [QUERY, REDUCE, THRESHOLD],
    "updated": "2026-02-01T00:00:00Z",
    "noDataState": "NoData",
    "execErrState": "Error",
    "for": "5m",
    "keep_firing_for": "0s",
    "annotations": {"summary": "disk", "__dashboardUid__": "node"},
    "labels": {"severity": "critical"},
    "provenance": "file",
    "isPaused": False,
    "notification_settings": None,
    "record": None,
}
PAUSED: dict[str, Any] = {
    "uid": "def",
    "folderUID": "hl",
    "ruleGroup": "disks",
    "title": "Broken",
    "condition": "A",
    "data": [{"refId": "A", "datasourceUid": "pg", "model": {"rawSql": "select 1", "refId": "A"}}],
    "noDataState": "OK",
    "execErrState": "OK",
    "for": "0s",
    "annotations": None,
    "labels": None,
    "isPaused": True,
    "notification_settings": {"receiver": "family"},
}
STATE: dict[str, Any] = {
    "state": "firing",
    "name": "DiskFull",
    "folderUid": "hl",
    "uid": "abc123",
    "query": "node_filesystem_avail_bytes",
    "duration": 300,
    "annotations": {"summary": "disk"},
    "alerts": [],
    "totals": {"alerting": 1, "normal": 3},
    "labels": {"severity": "critical"},
    "health": "ok",
    "type": "alerting",
    "lastEvaluation": "2026-03-01T02:14:00Z",
    "evaluationTime": 0.0021,
    "isPaused": False,
}
BROKEN: dict[str, Any] = {
    "state": "inactive",
    "name": "Broken",
    "uid": "def",
    "query": "x",
    "health": "error",
    "lastError": "failed to execute query A: connection refused",
    "type": "alerting",
    "alerts": None,
    "lastEvaluation": "0001-01-01T00:00:00Z",
}
GROUP: dict[str, Any] = {
    "name": "disks",
    "file": "Homelab",
    "folderUid": "hl",
    "rules": [STATE, BROKEN],
    "interval": 60,
}


def states(*groups: dict[str, Any]) -> dict[str, Any]:
    """An answer of the API that Prometheus has too."""
    return {"status": "success", "data": {"groups": list(groups), "totals": {}}}


RULED: dict[str, Any] = {
    "Homelab": [
        {
            "name": "disks",
            "interval": "1m",
            "rules": [
                {
                    "expr": "",
                    "for": "5m",
                    "labels": {"severity": "critical"},
                    "annotations": {"summary": "disk"},
                    "grafana_alert": {
                        "id": 5,
                        "title": "DiskFull",
                        "condition": "C",
                        "data": [QUERY, REDUCE, THRESHOLD],
                        "uid": "abc123",
                        "namespace_uid": "hl",
                        "rule_group": "disks",
                        "no_data_state": "NoData",
                        "exec_err_state": "Error",
                        "is_paused": False,
                    },
                }
            ],
        }
    ]
}
HIT: dict[str, Any] = {
    "id": 12,
    "uid": "node",
    "title": "Node Exporter",
    "uri": "db/node-exporter",
    "url": "/d/node/node-exporter",
    "type": "dash-db",
    "tags": ["linux"],
    "folderUid": "hl",
    "folderTitle": "Homelab",
}
PANEL: dict[str, Any] = {
    "id": 4,
    "type": "timeseries",
    "title": "Disk on $instance",
    "description": "room left",
    "datasource": {"type": "prometheus", "uid": "prom"},
    "fieldConfig": {
        "defaults": {
            "unit": "bytes",
            "decimals": 1,
            "thresholds": {
                "mode": "absolute",
                "steps": [{"color": "green", "value": None}, {"color": "red", "value": 90}],
            },
        },
        "overrides": [
            {
                "matcher": {"id": "byName", "options": "Used"},
                "properties": [{"id": "color", "value": {"fixedColor": "red", "mode": "fixed"}}],
            }
        ],
    },
    "options": {
        "legend": {"calcs": ["max"], "displayMode": "table", "placement": "bottom", "showLegend": True},
        "tooltip": {"mode": "multi", "sort": "desc"},
    },
    "targets": [
        {"refId": "A", "expr": 'avail{instance="$instance"}', "legendFormat": "{{mountpoint}}"},
        {"refId": "B", "datasource": {"type": "loki", "uid": "loki"}, "expr": "{job=~`x`}", "hide": True},
    ],
    "transformations": [{"id": "organize", "options": {}}, {"id": "reduce", "disabled": True}],
}
BOARD: dict[str, Any] = {
    "meta": {"type": "db", "url": "/d/node/node-exporter", "folderTitle": "Homelab", "folderUid": "hl"},
    "dashboard": {
        "id": 12,
        "uid": "node",
        "title": "Node Exporter",
        "tags": ["linux"],
        "refresh": "1m",
        "time": {"from": "now-6h", "to": "now"},
        "templating": {
            "list": [
                {
                    "name": "instance",
                    "type": "query",
                    "query": {"query": "label_values(up, instance)", "refId": "x"},
                    "current": {"text": ["All"], "value": ["$__all"]},
                }
            ]
        },
        "annotations": {
            "list": [
                {
                    "name": "Annotations & Alerts",
                    "enable": True,
                    "datasource": {"type": "grafana", "uid": "-- Grafana --"},
                }
            ]
        },
        "links": [{"title": "Wiki", "url": "https://wiki.lan", "type": "link"}],
        "panels": [
            PANEL,
            {
                "type": "row",
                "title": "Network",
                "collapsed": True,
                "panels": [{"id": 6, "type": "stat", "title": "Links", "datasource": None}],
            },
            {"id": 7, "title": "", "libraryPanel": {"uid": "lib1", "name": "Uptime"}},
        ],
    },
}
DEPLOY: dict[str, Any] = {
    "id": 7,
    "alertId": 0,
    "alertName": "",
    "dashboardUID": "node",
    "panelId": 4,
    "newState": "",
    "prevState": "",
    "time": NOW_MS - 60_000,
    "timeEnd": NOW_MS - 30_000,
    "text": "deploy v2",
    "tags": ["deploy", "web"],
    "login": "ann",
    "data": {},
}
FIRED: dict[str, Any] = {
    "id": 8,
    "alertName": "DiskFull",
    "newState": "Alerting",
    "prevState": "Pending",
    "time": NOW_MS - 240_000,
    "timeEnd": NOW_MS - 240_000,
    "text": "{host=pve1} - A=95.2",
    "tags": None,
    "dashboardUID": None,
    "panelId": 0,
}
VIEWER: dict[str, Any] = {
    "alert.instances:read": [""],
    "alert.rules:read": ["folders:*"],
    "annotations:create": ["annotations:type:dashboard"],
    "annotations:read": ["annotations:*"],
    "dashboards:read": ["folders:*"],
    "datasources:query": ["datasources:*"],
    "folders:read": ["folders:*"],
    "orgs:read": None,
}
FRONTEND: dict[str, Any] = {
    "appUrl": "http://grafana.lan:3000/",
    "anonymousEnabled": False,
    "buildInfo": {"version": "12.3.0"},
}
WELL: dict[str, Behaviour] = {
    ALERTS: answering([FULL, QUIET]),
    PROVISIONED: answering([RULE, PAUSED]),
    RULER: answering(RULED),
    STATES: answering(states(GROUP)),
    SEARCH: answering([HIT]),
    NODE: answering(BOARD),
    LIBRARY: answering({"result": {"uid": "lib1", "model": PANEL}}),
    ANNOTATIONS: answering([DEPLOY, FIRED]),
    PERMISSIONS: answering(VIEWER),
    SETTINGS_PATH: answering(FRONTEND),
    HEALTH: answering(
        {"database": "ok", "version": "12.3.0", "commit": "abcdef0"}, Date=format_datetime(NOW, usegmt=True)
    ),
}
LOST = {"accessErrorId": "", "message": "Dashboard not found", "status": "not-found"}
NOT_FOUND = answering(LOST, 404)
FORBIDDEN = {
    "accessErrorId": "ACE0123456789",
    "message": "You'll need additional permissions to perform this action. Permissions needed: any",
    "title": "Access denied",
}
EXAMPLES = {"dashboard": "node", "query": "node"}


def credentials(token: Secret, _password: Secret) -> list[dict[str, Any]]:
    """The one way to say who we are."""
    return [{"service_account_token": token}]


def forbidden() -> Behaviour:
    """What a token without the right gets."""
    return answering(FORBIDDEN, 403)


class Running:
    """A connected Grafana and the server behind it."""

    def __init__(self, server: Hostile, clock: FixedClock, wire: LiveWire, config: Config) -> None:
        self.server = server
        self.clock = clock
        self.integration: Integration = connect(config, wire, clock, "graf")
        self.client = Client("graf", config, wire, clock)

    def answers(self, changed: dict[str, Behaviour]) -> None:
        """Changes answers, by their paths."""
        self.server.behaviour = by_path(WELL | changed, NOT_FOUND)

    async def call(self, tool: str, **arguments: object) -> ToolResult:
        found = {each.name: each for each in self.integration.tools}
        return await found[f"grafana_{tool}"].call(**arguments)


@asynccontextmanager
async def running(**settings: Any) -> AsyncIterator[Running]:
    """A Grafana that answers well until told otherwise."""
    async with hostile(by_path(WELL, NOT_FOUND)) as server:
        clock = FixedClock(NOW)
        config = Config(url=server.url + settings.pop("path", ""), **settings)
        wire = LiveWire("graf", config, clock, Random(1))
        try:
            yield Running(server, clock, wire, config)
        finally:
            await wire.aclose()
