from __future__ import annotations

import base64
import json
import re
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from threading import Thread
from typing import Any

import pytest
import uvicorn

from sre_assistant.sim.clock import SimClock
from sre_assistant.sim.grafana.boards import boards
from sre_assistant.sim.grafana.managed import setup
from sre_assistant.sim.live import Live
from sre_assistant.sim.metrics.tsdb import Tsdb
from sre_assistant.sim.promql import Engine
from sre_assistant.sim.promql.syntax import parse
from sre_assistant.sim.scenario import Scenario, load_scenario
from sre_assistant.sim.servers.grafana.server import Grafana
from tests.sim.wire import Answered

RULES = "/api/prometheus/grafana/api/v1/rules"
ALERTS = "/api/alertmanager/grafana/api/v2/alerts"


class Wired:
    """A Grafana of the backup story on a port."""

    def __init__(self, story: Scenario, at: timedelta = timedelta(0)) -> None:
        shows = story.moment(story.shows) if story.shows else story.start
        self.clock = SimClock(shows + at)
        self.live = Live(story, 1, self.clock)
        self.grafana = Grafana(self.live)
        self.url = ""

    @property
    def token(self) -> str:
        return self.live.credentials["grafana"]

    def ask(self, path: str, body: object = None, *, auth: str | None = None, method: str = "") -> Answered:
        """A request by the service account, unless ``auth`` says otherwise."""
        data = None if body is None else json.dumps(body).encode()
        kind = f"Bearer {self.token}" if auth is None else auth
        headers = {"Authorization": kind} if kind else {}
        request = urllib.request.Request(self.url + path, data, headers, method=method or None)
        try:
            with urllib.request.urlopen(request, timeout=20) as answer:
                return Answered(answer.status, answer.headers["Content-Type"] or "", answer.read().decode())
        except urllib.error.HTTPError as error:
            with error:
                return Answered(error.code, error.headers["Content-Type"] or "", error.read().decode())

    def admin(self, path: str, body: object = None, *, method: str = "") -> Answered:
        secret = base64.b64encode(f"admin:{self.token}".encode()).decode()
        return self.ask(path, body, auth=f"Basic {secret}", method=method)


@contextmanager
def wired(made: Wired) -> Iterator[Wired]:
    server = uvicorn.Server(uvicorn.Config(made.grafana.app(), port=0, log_config=None, lifespan="off"))
    thread = Thread(target=server.run)
    thread.start()
    while not server.started:
        thread.join(0.01)
    made.url = f"http://127.0.0.1:{server.servers[0].sockets[0].getsockname()[1]}"
    try:
        yield made
    finally:
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="module")
def grafana() -> Iterator[Wired]:
    with wired(Wired(load_scenario("backup-fills-nas"))) as made:
        yield made


def test_health_needs_nobody(grafana: Wired) -> None:
    answer = grafana.ask("/api/health", auth="")
    assert (answer.status, answer.kind) == (200, "application/json; charset=UTF-8")
    assert answer.text == '{\n  "database": "ok",\n  "version": "12.3.0",\n  "commit": "abcdef0"\n}'


@pytest.mark.parametrize(
    ("auth", "body"),
    [
        (
            "",
            {
                "extra": None,
                "message": "Unauthorized",
                "messageId": "auth.unauthorized",
                "statusCode": 401,
                "traceID": "",
            },
        ),
        (
            "Bearer wrong",
            {"message": "Invalid API key", "messageId": "api-key.invalid", "statusCode": 401, "traceID": ""},
        ),
        (
            "Basic d3Jvbmc6cGFpcg==",
            {
                "message": "Invalid username or password",
                "messageId": "password-auth.failed",
                "statusCode": 401,
                "traceID": "",
            },
        ),
    ],
)
def test_strangers_are_told_why(grafana: Wired, auth: str, body: dict[str, object]) -> None:
    answer = grafana.ask("/api/search", auth=auth)
    assert (answer.status, answer.json) == (401, body)


def test_a_viewer_may_not_read_data_sources(grafana: Wired) -> None:
    answer = grafana.ask("/api/datasources")
    assert answer.status == 403
    assert set(answer.json) == {"accessErrorId", "message", "title"}
    assert re.fullmatch(r"ACE\d{10}", answer.json["accessErrorId"])
    assert answer.json["message"].endswith("Permissions needed: datasources:read")
    [prometheus] = grafana.admin("/api/datasources").json
    assert (prometheus["uid"], prometheus["type"], prometheus["isDefault"]) == ("prom", "prometheus", True)
    assert grafana.admin("/api/datasources/uid/prom").json == prometheus
    assert grafana.admin("/api/datasources/uid/nope").status == 404


def test_dashboards_are_found_by_a_part_of_their_title_and_by_tag(grafana: Wired) -> None:
    def titles(query: str) -> list[str]:
        return [hit["title"] for hit in grafana.ask(f"/api/search?{query}").json]

    assert titles("") == ["Docker Containers", "Homelab", "Node Exporter", "Services", "ZFS Storage"]
    assert titles("query=NODE&type=dash-db") == ["Node Exporter"]
    assert titles("type=dash-folder") == ["Homelab", "Services"]
    assert titles("tag=zfs&tag=nas") == ["ZFS Storage"]
    assert titles("limit=1&page=2&type=dash-db") == ["Node Exporter"]
    assert titles("dashboardUIDs=docker") == ["Docker Containers"]


def test_a_dashboard_has_rows_variables_thresholds_and_overrides(grafana: Wired) -> None:
    found = grafana.ask("/api/dashboards/uid/node").json
    assert (found["meta"]["slug"], found["meta"]["folderUid"]) == ("node-exporter", "homelab")
    board = found["dashboard"]
    assert (board["uid"], board["id"], board["time"]["from"]) == ("node", 13, "now-6h")
    assert [one["name"] for one in board["templating"]["list"]] == ["instance"]
    rows = [one for one in board["panels"] if one["type"] == "row"]
    assert [(row["title"], len(row["panels"])) for row in rows][-1] == ("Network", 1)
    panels = {one["title"]: one for one in board["panels"]}
    steps = panels["CPU busy"]["fieldConfig"]["defaults"]["thresholds"]["steps"]
    assert [(step["color"], step["value"]) for step in steps] == [("green", 0), ("yellow", 0.7), ("red", 0.9)]
    assert panels["Memory"]["fieldConfig"]["overrides"][0]["matcher"]["id"] == "byRegexp"
    ids = [one["id"] for one in board["panels"]] + [one["id"] for row in rows for one in row["panels"]]
    assert len(set(ids)) == len(ids)


def test_panels_do_not_overlap() -> None:
    for board in boards().values():
        taken: set[tuple[int, int]] = set()
        for panel in board.json(1)["panels"]:  # type: ignore[attr-defined]
            place = panel["gridPos"]
            cells = {
                (x, y)
                for x in range(place["x"], place["x"] + place["w"])
                for y in range(place["y"], place["y"] + place["h"])
            }
            assert not cells & taken, (board.uid, panel["title"])
            assert max(x for x, _ in cells) < 24
            taken |= cells


def queries() -> list[tuple[str, str]]:
    return [
        (board.uid, query.expr)
        for board in boards().values()
        for row in board.rows
        for panel in row.panels
        for query in panel.queries
    ]


def filled(text: str) -> str:
    for name, value in (("$instance", ".*"), ("$name", ".*"), ("$pool", "tank"), ("$__rate_interval", "5m")):
        text = text.replace(name, value)
    return text


@pytest.mark.parametrize("query", [query for _, query in queries()])
def test_every_query_of_a_panel_is_promql(query: str) -> None:
    parse(filled(query))


def test_every_panel_about_machines_shows_something(grafana: Wired) -> None:
    now = grafana.clock.milliseconds()
    storage = Tsdb(grafana.live.world.index, grafana.live.rules, now)
    for _, query in (one for one in queries() if one[0] == "node"):
        assert Engine().instant(storage, filled(query), now).series, query


def test_what_is_not_there_is_told_in_grafanas_words(grafana: Wired) -> None:
    lost = grafana.ask("/api/dashboards/uid/nope")
    assert (lost.status, lost.json) == (
        404,
        {"accessErrorId": "", "message": "Dashboard not found", "status": "not-found"},
    )
    assert grafana.ask("/api/nope").json == {"message": "Not found"}
    gone = grafana.ask("/api/v1/provisioning/alert-rules/nope")
    assert (gone.status, gone.text) == (404, "")


def test_rules_have_their_states_and_alerts(grafana: Wired) -> None:
    data = grafana.ask(RULES).data
    rules = {rule["name"]: rule for group in data["groups"] for rule in group["rules"]}
    assert set(rules) == {"DiskFull", "DiskBusy", "CpuBusy", "MemoryShort", "PageDown", "PageSlow"}
    busy = rules["CpuBusy"]
    assert (busy["state"], busy["uid"], busy["duration"], busy["health"]) == ("firing", "cpu-busy", 900, "ok")
    [alert] = busy["alerts"]
    assert (alert["state"], alert["labels"]["instance"]) == ("Alerting", "nas.lan:9100")
    assert alert["labels"]["grafana_folder"] == "Homelab"
    assert "__alert_rule_uid__" not in alert["labels"]
    assert re.fullmatch(r"\d\.\d+e-01", alert["value"])
    assert rules["PageSlow"]["isPaused"]
    assert data["totals"]["firing"] == 1
    assert grafana.ask("/api/prometheus/grafana/api/v1/alerts").data["alerts"] == [alert]


def test_its_alertmanager_has_the_alerts_with_their_values(grafana: Wired) -> None:
    [alert] = grafana.ask(ALERTS).json
    assert alert["labels"]["__alert_rule_uid__"] == "cpu-busy"
    assert alert["receivers"] == [{"active": None, "integrations": None, "name": "sre"}]
    private = {name: value for name, value in alert["annotations"].items() if name.startswith("__")}
    assert private["__dashboardUid__"] == "node"
    assert private["__panelId__"] == str(boards()["node"].panel_id("CPU busy"))
    assert set(json.loads(private["__values__"])) == {"A", "C"}
    assert private["__value_string__"].startswith("[ var='A' labels={instance=nas.lan:9100} value=0.")
    [group] = grafana.ask(f"{ALERTS}/groups").json
    assert group["labels"] == {"alertname": "CpuBusy", "grafana_folder": "Homelab"}
    assert group["alerts"] == [alert]


def test_a_state_as_a_filter_is_refused_as_by_the_real_one(grafana: Wired) -> None:
    answer = grafana.ask(f"{ALERTS}/groups?filter=active")
    assert (answer.status, answer.json) == (400, {"message": "bad matcher format: active", "traceID": ""})


def test_provisioned_rules_have_query_and_threshold(grafana: Wired) -> None:
    rules = {one["uid"]: one for one in grafana.ask("/api/v1/provisioning/alert-rules").json}
    short = rules["memory-short"]
    query, threshold = short["data"]
    assert query["model"]["expr"] == "node_memory_MemAvailable_bytes / node_memory_MemTotal_bytes"
    assert threshold["model"]["conditions"][0]["evaluator"] == {"params": [0.05], "type": "lt"}
    assert (short["condition"], short["for"], short["noDataState"]) == ("C", "5m", "OK")
    assert grafana.ask("/api/v1/provisioning/alert-rules/memory-short").json == short
    group = grafana.ask("/api/v1/provisioning/folder/homelab/rule-groups/machines").json
    assert [one["uid"] for one in group["rules"]] == ["cpu-busy", "memory-short"]


def test_the_ruler_has_the_same_rules_by_folder(grafana: Wired) -> None:
    folders = grafana.ask("/api/ruler/grafana/api/v1/rules").json
    assert list(folders) == ["Homelab", "Services"]
    assert [group["name"] for group in folders["Homelab"]] == ["storage", "machines"]
    rules = {
        rule["grafana_alert"]["uid"]: rule
        for groups in folders.values()
        for group in groups
        for rule in group["rules"]
    }
    provisioned = {one["uid"]: one for one in grafana.ask("/api/v1/provisioning/alert-rules").json}
    assert set(rules) == set(provisioned)
    for uid, rule in rules.items():
        assert rule["grafana_alert"]["data"] == provisioned[uid]["data"]
        assert rule["grafana_alert"]["is_paused"] == provisioned[uid]["isPaused"]
        assert rule["for"] == provisioned[uid]["for"]


def test_a_viewer_reads_everything_and_changes_nothing_of_the_house(grafana: Wired) -> None:
    viewer = grafana.ask("/api/access-control/user/permissions").json
    assert viewer["dashboards:read"] == [
        "folders:uid:general",
        "folders:uid:homelab",
        "folders:uid:services",
    ]
    assert viewer["alert.instances:read"] == [""]
    assert {action for action in viewer if action.partition(":")[2] in {"create", "write", "delete"}} == {
        "annotations:create",
        "annotations:delete",
        "annotations:write",
    }
    admin = grafana.admin("/api/access-control/user/permissions").json
    assert set(admin) > set(viewer)
    assert "datasources:write" in admin


def test_contact_points_hide_their_secrets(grafana: Wired) -> None:
    hook, mail = grafana.ask("/api/v1/provisioning/contact-points").json
    assert hook["settings"]["hmacConfig"]["secret"] == "[REDACTED]"
    assert mail["type"] == "email"
    policies = grafana.ask("/api/v1/provisioning/policies").json
    assert (policies["receiver"], policies["group_wait"]) == ("sre", "30s")
    [mute] = grafana.ask("/api/v1/provisioning/mute-timings").json
    assert grafana.ask("/api/v1/provisioning/mute-timings/nightly%20backups").json == mute


def test_queries_go_through_to_prometheus(grafana: Wired) -> None:
    through = grafana.ask("/api/datasources/proxy/uid/prom/api/v1/query?query=count(up)")
    assert through.data["resultType"] == "vector"
    assert grafana.ask("/api/datasources/proxy/uid/prom/api/v1/query?query=up", auth="").status == 401
    wrong = grafana.ask("/api/datasources/proxy/uid/prom/api/v1/query?query=up{")
    assert (wrong.status, wrong.json["errorType"]) == (400, "bad_data")


def asked(**more: object) -> dict[str, object]:
    query = {"refId": "A", "datasource": {"uid": "prom"}, "expr": "sum(up)", "instant": True, **more}
    return {"queries": [query], "from": "now-1h", "to": "now"}


def test_an_instant_query_gives_a_frame_for_each_series(grafana: Wired) -> None:
    answer = grafana.ask("/api/ds/query", asked(expr='up{instance="nas.lan:9100"}'))
    [frame] = answer.json["results"]["A"]["frames"]
    assert frame["schema"]["meta"]["type"] == "numeric-multi"
    assert frame["schema"]["fields"][1]["labels"] == {"instance": "nas.lan:9100", "job": "node"}
    assert frame["data"]["values"] == [[grafana.clock.milliseconds()], [1.0]]


def test_a_range_query_fills_in_grafanas_variables(grafana: Wired) -> None:
    query = 'rate(node_cpu_seconds_total{mode="idle",cpu="0",instance="nas.lan:9100"}[$__rate_interval])'
    body = asked(expr=query, instant=False, range=True, intervalMs=60_000)
    [frame] = grafana.ask("/api/ds/query", body).json["results"]["A"]["frames"]
    times, values = frame["data"]["values"]
    assert len(times) == len(values) == 61
    assert "[1m15s]" in frame["schema"]["meta"]["executedQueryString"]


def test_a_query_that_fails_says_so_beside_those_that_do_not(grafana: Wired) -> None:
    body = asked()
    body["queries"] = [asked()["queries"][0], {**asked()["queries"][0], "refId": "B", "expr": "up{"}]  # type: ignore[index]
    answer = grafana.ask("/api/ds/query", body)
    assert answer.status == 207
    assert answer.json["results"]["B"]["error"].startswith("bad_data: 1:4: parse error")
    assert grafana.ask("/api/ds/query", asked(expr="up{")).status == 400
    assert grafana.ask("/api/ds/query", {"queries": []}).status == 400


def test_a_note_can_be_left_and_found_again() -> None:
    with wired(Wired(load_scenario("healthy"))) as grafana:
        note = {"text": "deploy v2", "tags": ["deploy"], "dashboardUID": "node", "panelId": 4}
        assert grafana.ask("/api/annotations", note).status == 403
        made = grafana.admin("/api/annotations", note).json
        assert made["message"] == "Annotation added"
        [found] = grafana.ask("/api/annotations?tags=deploy&dashboardUID=node").json
        assert (found["id"], found["text"]) == (made["id"], "deploy v2")
        assert found["time"] == grafana.clock.milliseconds()
        assert grafana.ask("/api/annotations?tags=nothing").json == []
        assert grafana.admin("/api/annotations", {"text": ""}).status == 400


def test_updates_of_the_house_are_noted(grafana: Wired) -> None:
    notes: list[dict[str, Any]] = grafana.ask("/api/annotations?tags=update").json
    times = [note["time"] for note in notes]
    assert notes
    assert times == sorted(times, reverse=True)
    assert max(times) <= grafana.clock.milliseconds()
    assert grafana.ask("/api/annotations?tags=update&limit=1").json == notes[:1]


def test_only_an_administrator_silences() -> None:
    with wired(Wired(load_scenario("backup-fills-nas"))) as grafana:
        now = grafana.clock.now()
        silence = {
            "matchers": [{"name": "alertname", "value": "CpuBusy", "isRegex": False, "isEqual": True}],
            "startsAt": now.isoformat(),
            "endsAt": (now + timedelta(hours=1)).isoformat(),
            "createdBy": "me",
            "comment": "scrub",
        }
        url = "/api/alertmanager/grafana/api/v2/silences"
        assert grafana.ask(url, silence).status == 403
        made = grafana.admin(url, silence)
        assert made.status == 202
        [listed] = grafana.ask(url).json
        assert listed["id"] == made.json["silenceID"]
        [held] = grafana.ask(ALERTS).json
        assert held["status"]["silencedBy"] == [listed["id"]]
        assert grafana.ask(f"{ALERTS}?silenced=false").json == []
        one = f"/api/alertmanager/grafana/api/v2/silence/{listed['id']}"
        assert grafana.admin(one, method="DELETE").status == 200
        assert grafana.ask(one).json["status"] == {"state": "expired"}


def test_every_rule_shows_where_its_panel_is() -> None:
    for group in setup().groups:
        for rule in group.rules:
            assert bool(rule.dashboard) == (rule.panel_id is not None), rule.uid


def test_small_things_about_oneself(grafana: Wired) -> None:
    assert grafana.ask("/api/org").json["name"] == "Main Org."
    assert grafana.ask("/api/user").json["isServiceAccount"]
    assert grafana.admin("/api/user").json["isGrafanaAdmin"]
    assert grafana.ask("/api/frontend/settings").json["buildInfo"]["version"] == "12.3.0"
    assert "datasources:read" not in grafana.ask("/api/access-control/user/permissions").json
    assert [one["uid"] for one in grafana.ask("/api/folders").json] == ["homelab", "services"]
    assert grafana.ask("/login", auth="").status == 200
