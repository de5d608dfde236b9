"""Grafana's alerting as its interface reads it: states of rules, and its own Alertmanager."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import Final

from starlette.responses import Response

from sre_assistant.sim.alerting.notified import Heard
from sre_assistant.sim.alerting.rules import Alert, Rules
from sre_assistant.sim.alerting.silences import Silence
from sre_assistant.sim.grafana.managed import RULE_UID, GroupSpec, RuleSpec, setup
from sre_assistant.sim.live import Live
from sre_assistant.sim.metrics.series import Matcher
from sre_assistant.sim.promql.text import duration_ms, scientific
from sre_assistant.sim.servers import posted
from sre_assistant.sim.servers.answers import json_answer, milliseconds_text, nanoseconds
from sre_assistant.sim.servers.grafana.asked import Asked, Refused
from sre_assistant.sim.servers.grafana.webhook import ROUTE, ManagedAlerts, reading
from sre_assistant.sim.servers.matchers import BadMatcher, parse_filters
from sre_assistant.sim.servers.posted import silence_of

_RESENT_MS: Final = 4 * 60_000
_STATES: Final = {"firing": "Alerting", "pending": "Pending"}
_ORDER: Final = {"active": 0, "pending": 1, "expired": 2}


class Alerting:
    """``/api/prometheus/grafana`` and ``/api/alertmanager/grafana``."""

    def __init__(self, live: Live, rules: Rules, alerts: ManagedAlerts) -> None:
        self._live = live
        self._rules = rules
        self._alerts = alerts

    def calls(self) -> dict[str, Callable[[Asked], Response]]:
        """The endpoints."""
        manager = "alertmanager/grafana/api/v2"
        return {
            "GET prometheus/grafana/api/v1/rules": self._rule_states,
            "GET prometheus/grafana/api/v1/alerts": self._alert_states,
            f"GET {manager}/alerts": self._get_alerts,
            f"GET {manager}/alerts/groups": self._groups,
            f"GET {manager}/silences": self._silences,
            f"POST {manager}/silences": self._post_silence,
            f"GET {manager}/silence/{{id}}": self._silence,
            f"DELETE {manager}/silence/{{id}}": self._delete_silence,
            f"GET {manager}/status": self._status,
        }

    def _rule_states(self, asked: Asked) -> Response:
        found = self._rules.alerts(asked.now)
        groups = [self._group(one, found, asked.now) for one in setup().groups]
        totals: Counter[str] = Counter()
        for _, counts in groups:
            totals.update(counts)
        return json_answer(
            {"status": "success", "data": {"groups": [group for group, _ in groups], "totals": dict(totals)}}
        )

    def _group(
        self, group: GroupSpec, found: Sequence[Alert], now: int
    ) -> tuple[dict[str, object], Counter[str]]:
        last = nanoseconds(now // (group.seconds * 1000) * group.seconds * 1000)
        rules = [_rule(group, one, [a for a in found if _uid(a) == one.uid], last) for one in group.rules]
        totals = Counter(str(one["state"]) for one in rules)
        shown: dict[str, object] = {
            "name": group.name,
            "file": setup().folders[group.folder],
            "folderUid": group.folder,
            "rules": rules,
            "totals": dict(totals),
            "interval": group.seconds,
            "lastEvaluation": last,
            "evaluationTime": 0,
        }
        return shown, totals

    def _alert_states(self, asked: Asked) -> Response:
        alerts = [_instance(one) for one in self._rules.alerts(asked.now)]
        return json_answer({"status": "success", "data": {"alerts": alerts}})

    def _chosen(self, asked: Asked) -> list[dict[str, object]]:
        try:
            matchers = parse_filters(asked.params.getlist("filter"))
        except BadMatcher as error:
            raise Refused(400, {"message": str(error), "traceID": ""}) from error
        found = []
        for one in self._alerts.standing(asked.now):
            if not all(m.matches(one.labels.get(m.name, "")) for m in matchers):
                continue
            active = self._alerts.silences.active(asked.now)
            by = sorted(silence.id for silence in active if silence.covers(one.labels))
            if asked.flag("silenced" if by else "active"):
                found.append(_gettable(one, by, asked.now))
        return found

    def _get_alerts(self, asked: Asked) -> Response:
        return json_answer(self._chosen(asked))

    def _groups(self, asked: Asked) -> Response:
        groups: dict[tuple[tuple[str, str], ...], list[dict[str, object]]] = {}
        for one in self._chosen(asked):
            labels = one["labels"]
            if isinstance(labels, dict):
                groups.setdefault(ROUTE.key(labels), []).append(one)
        receiver = {"active": None, "integrations": None, "name": ROUTE.receiver}
        return json_answer(
            [
                {"alerts": alerts, "labels": dict(key), "receiver": receiver}
                for key, alerts in sorted(groups.items())
            ]
        )

    def _silences(self, asked: Asked) -> Response:
        found = self._alerts.silences.all()
        found.sort(key=lambda one: (_ORDER[one.state(asked.now)], one.ends_at, one.id))
        return json_answer([_shown(one, asked.now) for one in found])

    def _silence(self, asked: Asked) -> Response:
        found = self._alerts.silences.get(asked.path["id"])
        if found is None:
            return _failed("silence not found", 404)
        return json_answer(_shown(found, asked.now))

    def _post_silence(self, asked: Asked) -> Response:
        asked.require("alert.silences:create")
        try:
            made = self._alerts.silences.put(silence_of(asked.body, asked.now), asked.now)
        except posted.Refused as refusal:
            return _failed(str(refusal), 400)
        except KeyError:
            return _failed("silence not found", 404)
        return json_answer({"silenceID": made}, status=202)

    def _delete_silence(self, asked: Asked) -> Response:
        asked.require("alert.silences:write")
        try:
            self._alerts.silences.expire(asked.path["id"], asked.now)
        except KeyError:
            return _failed("silence not found", 404)
        except ValueError as error:
            return _failed(str(error), 500)
        return json_answer({"message": "silence deleted"})

    def _status(self, _asked: Asked) -> Response:
        world = self._live.world
        begun = world.unix_ms(world.hosts[world.house.monitoring].boots[-1] + 45)
        unknown = dict.fromkeys(
            ("branch", "buildDate", "buildUser", "goVersion", "revision", "version"), "N/A"
        )
        return json_answer(
            {
                "cluster": {"peers": [], "status": "disabled"},
                "config": {"original": ""},
                "uptime": milliseconds_text(begun),
                "versionInfo": unknown,
            }
        )


def _uid(alert: Alert) -> str:
    return dict(alert.labels)[RULE_UID]


def _rule(group: GroupSpec, spec: RuleSpec, alerts: Sequence[Alert], last: str) -> dict[str, object]:
    states = {one.state for one in alerts}
    lost = any(one.rule.text.alert != spec.title for one in alerts)
    counts = Counter(_STATES[one.state].lower() for one in alerts)
    return {
        "state": "firing" if "firing" in states else "pending" if states else "inactive",
        "name": spec.title,
        "folderUid": group.folder,
        "uid": spec.uid,
        "query": spec.query,
        "duration": duration_ms(spec.wait) // 1000,
        "annotations": {**spec.annotations, **_places(spec)},
        "alerts": [_instance(one) for one in alerts],
        "totals": dict(counts),
        "totalsFiltered": dict(counts),
        "labels": spec.labels,
        "health": "nodata" if lost else "ok",
        "type": "alerting",
        "lastEvaluation": last,
        "evaluationTime": 0.0021,
        "isPaused": spec.paused,
    }


def _places(spec: RuleSpec) -> dict[str, str]:
    if not spec.dashboard:
        return {}
    return {"__dashboardUid__": spec.dashboard, "__panelId__": str(spec.panel_id)}


def _instance(one: Alert) -> dict[str, object]:
    return {
        "labels": {n: v for n, v in one.labels if not n.startswith("__")},
        "annotations": dict(sorted(one.annotations.items())),
        "state": _STATES[one.state],
        "activeAt": nanoseconds(one.active_at),
        "value": scientific(one.value),
    }


def _gettable(one: Heard, by: list[str], now: int) -> dict[str, object]:
    found = reading(one, now)
    return {
        "annotations": dict(sorted({**found.alert.annotations, **found.private}.items())),
        "endsAt": milliseconds_text(now + _RESENT_MS),
        "fingerprint": one.fingerprint,
        "receivers": [{"active": None, "integrations": None, "name": ROUTE.receiver}],
        "startsAt": milliseconds_text(one.starts_at),
        "status": {"inhibitedBy": [], "silencedBy": by, "state": "suppressed" if by else "active"},
        "updatedAt": milliseconds_text(now),
        "generatorURL": one.generator,
        "labels": dict(sorted(one.labels.items())),
    }


def _shown(one: Silence, now: int) -> dict[str, object]:
    return {
        "id": one.id,
        "status": {"state": one.state(now)},
        "updatedAt": milliseconds_text(one.updated_at),
        "comment": one.comment,
        "createdBy": one.created_by,
        "endsAt": milliseconds_text(one.ends_at),
        "matchers": [_matcher(m) for m in one.matchers],
        "startsAt": milliseconds_text(one.starts_at),
    }


def _matcher(one: Matcher) -> dict[str, object]:
    return {
        "isEqual": one.op[0] == "=",
        "isRegex": one.op[1:] == "~",
        "name": one.name,
        "value": one.value,
    }


def _failed(message: str, status: int) -> Response:
    return json_answer({"message": message, "traceID": ""}, status=status)
