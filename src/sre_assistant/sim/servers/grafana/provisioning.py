"""``/api/v1/provisioning`` and ``/api/ruler/grafana``: how Grafana's alerting is set up."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

from starlette.responses import Response

from sre_assistant.sim.grafana.boards import PROMETHEUS
from sre_assistant.sim.grafana.managed import ContactPoint, GroupSpec, MuteTiming, RuleSpec, setup
from sre_assistant.sim.promql.text import duration_text
from sre_assistant.sim.servers.answers import json_answer
from sre_assistant.sim.servers.grafana.asked import Asked
from sre_assistant.sim.servers.grafana.webhook import ROUTE

_SET_UP: Final = "2026-01-04T10:12:00Z"
_READ_BACK_SECONDS: Final = 600


class Provisioning:
    """Rules, contact points, policies and mute timings; all from files, so nobody changes them here."""

    def calls(self) -> dict[str, Callable[[Asked], Response]]:
        """The endpoints."""
        base = "v1/provisioning"
        return {
            f"GET {base}/alert-rules": lambda _: json_answer(list(_rules())),
            f"GET {base}/alert-rules/{{uid}}": _one_rule,
            f"GET {base}/folder/{{folder}}/rule-groups/{{group}}": _one_group,
            f"GET {base}/contact-points": _contact_points,
            f"GET {base}/policies": lambda _: json_answer(_policies()),
            f"GET {base}/mute-timings": lambda _: json_answer(
                [_mute_timing(one) for one in setup().mute_timings]
            ),
            f"GET {base}/mute-timings/{{name}}": _one_mute_timing,
            "GET ruler/grafana/api/v1/rules": lambda _: json_answer(_by_folder()),
        }


def _rules() -> Iterator[dict[str, object]]:
    number = 1
    for group in setup().groups:
        for spec in group.rules:
            yield _rule(number, group, spec)
            number += 1


def _one_rule(asked: Asked) -> Response:
    found = next((one for one in _rules() if one["uid"] == asked.path["uid"]), None)
    return Response(status_code=404) if found is None else json_answer(found)


def _one_group(asked: Asked) -> Response:
    folder, name = asked.path["folder"], asked.path["group"]
    for group in setup().groups:
        if (group.folder, group.name) == (folder, name):
            rules = [one for one in _rules() if one["ruleGroup"] == name and one["folderUID"] == folder]
            return json_answer(
                {"title": name, "folderUid": folder, "interval": group.seconds, "rules": rules}
            )
    return Response(status_code=404)


def _by_folder() -> dict[str, list[dict[str, object]]]:
    """The rules as Grafana's own interface edits them."""
    found: dict[str, list[dict[str, object]]] = {}
    for number, group in enumerate(setup().groups, 1):
        rules = [_editable(number * 100 + place, group, one) for place, one in enumerate(group.rules)]
        shown: dict[str, object] = {"name": group.name, "interval": group.interval, "rules": rules}
        found.setdefault(setup().folders[group.folder], []).append(shown)
    return found


def _editable(number: int, group: GroupSpec, spec: RuleSpec) -> dict[str, object]:
    rule = _rule(number, group, spec)
    own = {
        "id": number,
        "orgId": 1,
        "title": spec.title,
        "condition": rule["condition"],
        "data": rule["data"],
        "updated": _SET_UP,
        "updated_by": None,
        "intervalSeconds": group.seconds,
        "is_paused": spec.paused,
        "version": 1,
        "uid": spec.uid,
        "namespace_uid": group.folder,
        "rule_group": group.name,
        "no_data_state": spec.no_data,
        "exec_err_state": "Error",
        "provenance": "file",
    }
    return {
        "expr": "",
        "for": spec.wait,
        "labels": spec.labels,
        "annotations": rule["annotations"],
        "grafana_alert": own,
    }


def _rule(number: int, group: GroupSpec, spec: RuleSpec) -> dict[str, object]:
    places = {"__dashboardUid__": spec.dashboard, "__panelId__": str(spec.panel_id)} if spec.dashboard else {}
    return {
        "id": number,
        "uid": spec.uid,
        "orgID": 1,
        "folderUID": group.folder,
        "ruleGroup": group.name,
        "title": spec.title,
        "condition": "C",
        "data": [_query(spec), _threshold(spec)],
        "updated": _SET_UP,
        "noDataState": spec.no_data,
        "execErrState": "Error",
        "for": spec.wait,
        "keep_firing_for": "0s",
        "annotations": {**spec.annotations, **places},
        "labels": spec.labels,
        "provenance": "file",
        "isPaused": spec.paused,
        "notification_settings": None,
        "record": None,
    }


def _query(spec: RuleSpec) -> dict[str, object]:
    return {
        "refId": "A",
        "queryType": "",
        "relativeTimeRange": {"from": _READ_BACK_SECONDS, "to": 0},
        "datasourceUid": PROMETHEUS["uid"],
        "model": {
            "datasource": PROMETHEUS,
            "editorMode": "code",
            "expr": spec.query,
            "instant": True,
            "intervalMs": 1000,
            "maxDataPoints": 43200,
            "range": False,
            "refId": "A",
        },
    }


def _threshold(spec: RuleSpec) -> dict[str, object]:
    kind, number = spec.threshold
    evaluator = {"params": [number], "type": kind}
    return {
        "refId": "C",
        "queryType": "",
        "relativeTimeRange": {"from": 0, "to": 0},
        "datasourceUid": "__expr__",
        "model": {
            "conditions": [{"evaluator": evaluator, "operator": {"type": "and"}, "type": "query"}],
            "datasource": {"type": "__expr__", "uid": "__expr__"},
            "expression": "A",
            "intervalMs": 1000,
            "maxDataPoints": 43200,
            "refId": "C",
            "type": "threshold",
        },
    }


def _contact_points(asked: Asked) -> Response:
    name = asked.params.get("name", "")
    return json_answer([_contact_point(one) for one in setup().contact_points if name in {"", one.name}])


def _contact_point(one: ContactPoint) -> dict[str, object]:
    if one.addresses:
        kind, settings = "email", dict[str, object](addresses=one.addresses, singleEmail=False)
    else:
        hmac = {
            "secret": "[REDACTED]",
            "header": "X-Grafana-Alerting-Signature",
            "timestampHeader": "",
        }
        kind, settings = "webhook", {"url": one.url, "httpMethod": "POST", "hmacConfig": hmac}
    return {
        "uid": one.uid,
        "name": one.name,
        "type": kind,
        "settings": settings,
        "disableResolveMessage": False,
        "provenance": "file",
    }


def _policies() -> dict[str, object]:
    return {
        "receiver": ROUTE.receiver,
        "group_by": list(ROUTE.group_by),
        "group_wait": duration_text(round(ROUTE.group_wait * 1000)),
        "group_interval": duration_text(round(ROUTE.group_interval * 1000)),
        "repeat_interval": duration_text(round(ROUTE.repeat_interval * 1000)),
        "provenance": "file",
    }


def _one_mute_timing(asked: Asked) -> Response:
    name = asked.path["name"]
    found = next((one for one in setup().mute_timings if one.name == name), None)
    return Response(status_code=404) if found is None else json_answer(_mute_timing(found))


def _mute_timing(one: MuteTiming) -> dict[str, object]:
    times = [{"start_time": one.since, "end_time": one.until}]
    return {"name": one.name, "time_intervals": [{"times": times}], "version": "1", "provenance": "file"}
