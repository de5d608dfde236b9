from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qs

import pytest

from sre_assistant.domain.errors import (
    CallError,
    Denied,
    Malformed,
    Missing,
    SourceError,
    Unauthorised,
    Unreachable,
)
from sre_assistant.domain.reading import Completeness
from sre_assistant.domain.window import Window
from tests.integrations.grafana.answers import (
    ALERTS,
    ANNOTATIONS,
    BOARD,
    DEPLOY,
    FIRED,
    FULL,
    GROUP,
    HIT,
    NODE,
    NOW,
    NOW_MS,
    PERMISSIONS,
    PROVISIONED,
    QUERY,
    RULE,
    RULED,
    RULER,
    SEARCH,
    STATE,
    STATES,
    VIEWER,
    forbidden,
    running,
    states,
)
from tests.kit.hostile import Behaviour, answering, login_page

HOUR = Window.before(NOW, timedelta(hours=1))
CLOSED = {PROVISIONED: forbidden()}


def without(*actions: str) -> dict[str, Behaviour]:
    return {PERMISSIONS: answering({a: s for a, s in VIEWER.items() if a not in actions})}


async def test_alerts_are_read_with_silenced_ones_marked() -> None:
    async with running() as grafana:
        reading = await grafana.client.alerts()
    full, quiet = reading.value
    assert (full.name, full.status, full.silenced, full.ends_at) == ("DiskFull", "firing", False, None)
    assert full.starts_at == datetime(2026, 3, 1, 2, 10, tzinfo=UTC)
    assert (full.fingerprint, full.source, full.severity) == ("c6eadffa33fcdf37", "graf", "critical")
    assert full.generator_url == FULL["generatorURL"]
    assert (quiet.name, quiet.silenced, quiet.annotations) == ("DatasourceNoData", True, {})
    assert reading.completeness is Completeness.COMPLETE
    assert reading.provenance.query == f"GET {ALERTS}"
    assert reading.provenance.link == f"{grafana.server.url}/alerting/groups"


async def test_what_only_its_interface_shows_is_left_out_as_in_its_webhooks() -> None:
    async with running() as grafana:
        alert = (await grafana.client.alerts()).value[0]
    assert dict(alert.labels) == {
        "alertname": "DiskFull",
        "grafana_folder": "Homelab",
        "host": "pve1",
        "severity": "critical",
    }
    assert set(alert.annotations) == {"summary", "description"}


async def test_a_fingerprint_that_is_not_told_is_that_of_all_labels() -> None:
    async with running() as grafana:
        grafana.answers({ALERTS: answering([FULL | {"fingerprint": ""}])})
        with_rule = (await grafana.client.alerts()).value[0].fingerprint
        labels = {name: text for name, text in FULL["labels"].items() if not name.startswith("__")}
        grafana.answers({ALERTS: answering([FULL | {"fingerprint": "", "labels": labels}])})
        without_rule = (await grafana.client.alerts()).value[0].fingerprint
    assert len(with_rule) == 16
    assert with_rule != without_rule


@pytest.mark.parametrize(
    ("status", "state"),
    [
        ({"state": "active"}, "active"),
        ({"state": "unprocessed"}, "unprocessed"),
        ({"state": "suppressed", "silencedBy": [], "inhibitedBy": []}, "suppressed"),
        ({"state": "active", "inhibitedBy": ["x"]}, "suppressed"),
        ({"state": "active", "silencedBy": ["x"]}, "suppressed"),
        (None, "active"),
        ({}, "active"),
    ],
)
async def test_the_state_of_an_alert_is_told(status: object, state: str) -> None:
    async with running() as grafana:
        grafana.answers({ALERTS: answering([FULL | {"status": status}])})
        [one] = (await grafana.client.heard()).value
    assert one.state == state
    assert one.alert.silenced == (state == "suppressed")


async def test_alerts_are_asked_for_without_any_filter() -> None:
    async with running() as grafana:
        await grafana.client.alerts()
    assert [seen.target for seen in grafana.server.seen] == [ALERTS]


@pytest.mark.parametrize("nothing", [[], None])
async def test_no_alerts_is_empty(nothing: object) -> None:
    async with running() as grafana:
        grafana.answers({ALERTS: answering(nothing)})
        reading = await grafana.client.alerts()
    assert (reading.value, reading.completeness) == ((), Completeness.EMPTY)


@pytest.mark.parametrize(
    "odd",
    [
        None,
        3,
        {"labels": {"a": 1}, "startsAt": "2026-03-01T02:10:00Z"},
        {"startsAt": "0001-01-01T00:00:00Z"},
        {"startsAt": "2026-03-01T02:10:00"},
        {"startsAt": "9999-12-31T23:59:59-14:00"},
    ],
)
async def test_an_alert_that_cannot_be_read_does_not_hide_the_others(odd: object) -> None:
    async with running() as grafana:
        grafana.answers({ALERTS: answering([odd, FULL])})
        reading = await grafana.client.alerts()
    assert [alert.name for alert in reading.value] == ["DiskFull"]
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail.startswith("1 of 2 entries could not be read: ")


async def test_annotations_are_changes_oldest_first() -> None:
    async with running() as grafana:
        reading = await grafana.client.changes(HOUR)
    fired, deployed = reading.value
    assert (deployed.kind, deployed.actor, deployed.id) == ("annotation", "ann", "7")
    assert deployed.text == "deploy v2 [deploy, web] on dashboard node, panel 4"
    assert deployed.at == NOW - timedelta(minutes=1)
    assert deployed.until == NOW - timedelta(seconds=30)
    assert (fired.kind, fired.until) == ("alert", None)
    assert fired.text == "DiskFull {host=pve1} - A=95.2 (Pending to Alerting)"
    assert (reading.completeness, reading.provenance.window) == (Completeness.COMPLETE, HOUR)


async def test_the_window_is_asked_for_in_milliseconds() -> None:
    async with running() as grafana:
        await grafana.client.changes(HOUR)
    [asked] = [seen.target for seen in grafana.server.seen if seen.path == ANNOTATIONS]
    assert parse_qs(asked.partition("?")[2]) == {
        "from": [str(NOW_MS - 3_600_000)],
        "to": [str(NOW_MS)],
        "limit": ["1001"],
    }


@pytest.mark.parametrize(
    ("tags", "subject"),
    [
        (["host:pve1", "deploy"], ("host", "pve1")),
        (["container/jellyfin"], ("container", "jellyfin")),
        (["disk:/dev/sda"], ("disk", "/dev/sda")),
        (["host:pve1", "host:pve2"], ("", "")),
        (["pve1"], ("", "")),
        (["planet:earth"], ("", "")),
        (["host:"], ("", "")),
        (["host:a b"], ("", "")),
        (None, ("", "")),
    ],
)
async def test_a_tag_may_name_what_was_changed(tags: object, subject: tuple[str, str]) -> None:
    async with running() as grafana:
        grafana.answers({ANNOTATIONS: answering([DEPLOY | {"tags": tags}])})
        [change] = (await grafana.client.changes(HOUR)).value
    assert (change.subject_kind, change.subject) == subject


@pytest.mark.parametrize(
    ("corner", "text"),
    [
        ({"text": "", "tags": [], "dashboardUID": ""}, "(no text)"),
        ({"text": None, "tags": None, "dashboardUID": None, "login": None, "id": None}, "(no text)"),
        ({"tags": [f"t{n}" for n in range(12)], "dashboardUID": ""}, "deploy v2 [t0, t1"),
        ({"text": "a\nb\x1b[2J token=abcdefgh", "tags": [], "dashboardUID": ""}, "a b token=[hidden]"),
    ],
)
async def test_odd_corners_of_an_annotation_are_tolerated(corner: dict[str, Any], text: str) -> None:
    async with running() as grafana:
        grafana.answers({ANNOTATIONS: answering([DEPLOY | corner])})
        [change] = (await grafana.client.changes(HOUR)).value
    assert change.text.startswith(text)
    assert len(change.text) <= 500


async def test_an_annotation_at_no_time_is_counted() -> None:
    async with running() as grafana:
        grafana.answers({ANNOTATIONS: answering([DEPLOY | {"time": 10**300}, FIRED])})
        reading = await grafana.client.changes(HOUR)
    assert len(reading.value) == 1
    assert "1 of 2 entries could not be read: its time cannot be" in reading.detail


async def test_of_too_many_annotations_the_newest_are_kept_and_it_is_said() -> None:
    notes = [DEPLOY | {"id": n, "time": NOW_MS - n, "timeEnd": 0} for n in range(1001)]
    async with running() as grafana:
        grafana.answers({ANNOTATIONS: answering(notes)})
        reading = await grafana.client.changes(HOUR)
    assert len(reading.value) == 1000
    assert reading.value[-1].at == NOW
    assert reading.completeness is Completeness.PARTIAL
    assert "the newest 1,000 annotations were kept" in reading.detail


async def test_as_many_annotations_as_are_kept_are_all_of_them() -> None:
    async with running() as grafana:
        grafana.answers({ANNOTATIONS: answering([DEPLOY] * 1000)})
        reading = await grafana.client.changes(HOUR)
    assert reading.completeness is Completeness.COMPLETE


async def test_no_annotations_without_the_right_is_denied() -> None:
    async with running() as grafana:
        grafana.answers({ANNOTATIONS: answering([]), **without("annotations:read")})
        reading = await grafana.client.changes(HOUR)
    assert reading.completeness is Completeness.DENIED
    assert (
        "the token lacks annotations:read, so GET /api/annotations shows it no annotations" in reading.detail
    )


async def test_rules_tell_their_condition_and_how_they_are_doing() -> None:
    async with running() as grafana:
        reading = await grafana.client.alert_rules()
    full, broken = reading.value
    assert (full.condition, full.hold, full.no_data, full.on_error) == (
        "last(A) > 0.9",
        "5 min",
        "NoData",
        "Error",
    )
    assert (full.folder, full.group, full.severity, full.provenance) == (
        "Homelab",
        "disks",
        "critical",
        "file",
    )
    assert (full.state, full.health, full.instances) == ("firing", "ok", {"alerting": 1, "normal": 3})
    assert full.evaluated_at == datetime(2026, 3, 1, 2, 14, tzinfo=UTC)
    assert [(q.ref, q.text, q.source, q.span) for q in full.queries] == [
        ("A", "node_filesystem_avail_bytes", "prometheus prom", "last 10 min")
    ]
    assert full.annotations == {"summary": "disk"}
    assert (broken.paused, broken.health, broken.receiver, broken.hold) == (True, "error", "family", "")
    assert broken.last_error == "failed to execute query A: connection refused"
    assert broken.evaluated_at is None
    assert broken.condition == "A is not 0"
    assert (reading.completeness, reading.detail) == (Completeness.COMPLETE, "")
    assert reading.provenance.query == f"GET {PROVISIONED}"


async def test_where_provisioning_is_closed_the_ruler_says_the_same() -> None:
    async with running() as grafana:
        open_door = (await grafana.client.alert_rules()).value[0]
        grafana.answers(CLOSED)
        reading = await grafana.client.alert_rules()
    [rule] = reading.value
    assert (rule.uid, rule.title, rule.condition, rule.queries) == (
        open_door.uid,
        open_door.title,
        open_door.condition,
        open_door.queries,
    )
    assert (rule.folder, rule.group, rule.hold, rule.state) == ("Homelab", "disks", "5 min", "firing")
    assert (rule.no_data, rule.on_error) == ("NoData", "Error")
    assert reading.completeness is Completeness.COMPLETE
    assert reading.provenance.query == f"GET {RULER}"
    assert reading.detail.startswith(f"read from {RULER}, for GET {PROVISIONED} gave HTTP 403")


async def test_a_grafana_without_provisioning_is_read_through_the_ruler() -> None:
    async with running() as grafana:
        grafana.answers({PROVISIONED: answering({"message": "Not found"}, 404)})
        reading = await grafana.client.alert_rules()
    assert [rule.condition for rule in reading.value] == ["last(A) > 0.9"]
    assert "gave HTTP 404" in reading.detail


async def test_a_query_at_one_moment_looks_back_on_nothing() -> None:
    spans = []
    for change in ({"instant": True}, {"instant": False}):
        query = QUERY | {"model": QUERY["model"] | change}
        async with running() as grafana:
            grafana.answers({PROVISIONED: answering([RULE | {"data": [query]}])})
            spans.append((await grafana.client.alert_rules()).value[0].queries[0].span)
    assert spans == ["", "last 10 min"]


async def test_a_query_that_ends_before_now_says_so() -> None:
    query = QUERY | {"relativeTimeRange": {"from": 7200, "to": 3600}}
    async with running() as grafana:
        grafana.answers({PROVISIONED: answering([RULE | {"data": [query]}])})
        [found] = (await grafana.client.alert_rules()).value[0].queries
    assert found.span == "last 1 h until 1 h ago"


async def test_where_both_are_closed_the_conditions_are_missing_and_it_is_said() -> None:
    async with running() as grafana:
        grafana.answers({**CLOSED, RULER: forbidden()})
        reading = await grafana.client.alert_rules()
    assert [rule.title for rule in reading.value] == ["DiskFull", "Broken"]
    full = reading.value[0]
    assert (full.condition, full.state, full.hold, full.folder) == ("", "firing", "5 min", "Homelab")
    assert [query.text for query in full.queries] == ["node_filesystem_avail_bytes"]
    assert reading.completeness is Completeness.PARTIAL
    assert reading.detail.startswith("when the rules fire could not be asked: HTTP 403")
    assert reading.provenance.query == f"GET {STATES}"


async def test_where_everything_is_closed_it_is_denied() -> None:
    async with running() as grafana:
        grafana.answers({**CLOSED, RULER: forbidden(), STATES: forbidden()})
        with pytest.raises(Denied) as caught:
            await grafana.client.alert_rules()
    assert caught.value.operation == f"GET {PROVISIONED}"


async def test_a_ruler_that_fails_otherwise_hides_nothing() -> None:
    async with running() as grafana:
        grafana.answers({**CLOSED, RULER: answering("", 500), STATES: answering(states(GROUP))})
        with pytest.raises(Denied):
            await grafana.client.alert_rules()


async def test_rules_whose_state_cannot_be_asked_are_partial() -> None:
    async with running() as grafana:
        grafana.answers({STATES: answering("no", 500, "text/plain")})
        reading = await grafana.client.alert_rules()
    assert reading.value[0].state == ""
    assert reading.value[0].folder == "hl"
    assert reading.completeness is Completeness.PARTIAL
    assert "how the rules are doing could not be asked: HTTP 500: no" in reading.detail


async def test_a_grafana_that_tells_no_uid_is_joined_by_group_and_title() -> None:
    nameless = {name: value for name, value in STATE.items() if name != "uid"}
    async with running() as grafana:
        grafana.answers({STATES: answering(states(GROUP | {"rules": [nameless]}))})
        rules = (await grafana.client.alert_rules()).value
    assert [rule.state for rule in rules] == ["firing", ""]


async def test_two_rules_with_one_title_are_not_mixed_up() -> None:
    nameless = {name: value for name, value in STATE.items() if name != "uid"}
    other = nameless | {"state": "pending"}
    async with running() as grafana:
        grafana.answers({STATES: answering(states(GROUP | {"rules": [nameless, other]}))})
        rules = (await grafana.client.alert_rules()).value
    assert [rule.state for rule in rules] == ["", ""]


async def test_the_state_of_another_rule_of_that_title_is_not_taken() -> None:
    async with running() as grafana:
        grafana.answers({STATES: answering(states(GROUP | {"rules": [STATE | {"uid": "other"}]}))})
        rules = (await grafana.client.alert_rules()).value
    assert rules[0].state == ""


@pytest.mark.parametrize("path", [PROVISIONED, STATES, RULER])
async def test_a_rule_that_cannot_be_read_is_counted(path: str) -> None:
    group = RULED["Homelab"][0]
    odd: dict[str, Any] = {
        PROVISIONED: [3, RULE],
        STATES: states(GROUP | {"rules": [STATE, 3]}, {"name": 4}),
        RULER: {"Homelab": [group | {"rules": [{"expr": "up"}, *group["rules"]]}]},
    }
    closed = CLOSED if path == RULER else {}
    async with running() as grafana:
        grafana.answers({**closed, path: answering(odd[path])})
        reading = await grafana.client.alert_rules()
    assert any(rule.title == "DiskFull" for rule in reading.value)
    assert reading.completeness is Completeness.PARTIAL
    assert "1 of 2 entries could not be read" in reading.detail


async def test_no_rules_without_the_right_is_denied_and_with_it_empty() -> None:
    nothing = {PROVISIONED: answering([]), STATES: answering(states())}
    async with running() as grafana:
        grafana.answers(nothing)
        empty = await grafana.client.alert_rules()
    async with running() as grafana:
        grafana.answers({**nothing, **without("alert.rules:read")})
        denied = await grafana.client.alert_rules()
    assert empty.completeness is Completeness.EMPTY
    assert denied.completeness is Completeness.DENIED
    assert "lacks alert.rules:read" in denied.detail


async def test_recording_rules_tell_what_they_write() -> None:
    rule = RULE | {"record": {"metric": "disk:used", "from": "A"}, "condition": "A"}
    async with running() as grafana:
        grafana.answers({PROVISIONED: answering([rule])})
        [found] = (await grafana.client.alert_rules()).value
    assert (found.record, found.condition) == ("disk:used", "")


@pytest.mark.parametrize(
    ("scopes", "note"),
    [
        (["folders:*"], ""),
        (["*"], ""),
        (["dashboards:uid:*"], ""),
        (["folders:uid:hl"], "only dashboards of the 1 folder that the token may see"),
        (
            ["folders:uid:a", "folders:uid:b", "dashboards:uid:c"],
            "only dashboards of the 2 folders and 1 dashboard that the token may see",
        ),
        (["teams:id:1"], "only dashboards of the scope teams:id:1 that the token may see"),
    ],
)
async def test_a_list_that_rights_narrow_says_so(scopes: list[str], note: str) -> None:
    async with running() as grafana:
        grafana.answers({PERMISSIONS: answering(VIEWER | {"dashboards:read": scopes})})
        reading = await grafana.client.search("node")
    assert (reading.detail, reading.completeness) == (note, Completeness.COMPLETE)


async def test_rights_that_cannot_be_asked_are_not_assumed() -> None:
    async with running() as grafana:
        grafana.answers({PERMISSIONS: answering({"message": "Not found"}, 404), SEARCH: answering([])})
        reading = await grafana.client.search("node")
    assert reading.completeness is Completeness.EMPTY
    assert reading.detail == (
        "whether the token may see all dashboards is not known: HTTP 404: not there: Not found"
    )


async def test_rights_are_asked_once_and_again_only_after_a_failure() -> None:
    async with running() as grafana:
        grafana.answers({PERMISSIONS: answering("", 503)})
        await grafana.client.search("node")
        asked = grafana.server.paths.count(PERMISSIONS)
        grafana.answers({})
        for _ in range(3):
            await grafana.client.search("node")
    assert grafana.server.paths.count(PERMISSIONS) == asked + 1


async def test_a_search_finds_dashboards_alone() -> None:
    async with running() as grafana:
        [hit] = (await grafana.client.search("node & co")).value
    assert (hit.uid, hit.title, hit.folder, hit.tags) == ("node", "Node Exporter", "Homelab", ("linux",))
    [asked] = [seen.target for seen in grafana.server.seen if seen.path == SEARCH]
    assert parse_qs(asked.partition("?")[2]) == {
        "type": ["dash-db"],
        "query": ["node & co"],
        "limit": ["1000"],
    }


async def test_folders_that_are_sent_along_are_no_dashboards() -> None:
    folder = HIT | {"uid": "hl", "title": "Node things", "type": "dash-folder"}
    async with running() as grafana:
        grafana.answers({SEARCH: answering([folder, HIT])})
        reading = await grafana.client.search("node")
    assert [hit.uid for hit in reading.value] == ["node"]
    assert reading.completeness is Completeness.COMPLETE


async def test_a_search_that_fills_its_bound_is_partial() -> None:
    async with running() as grafana:
        grafana.answers({SEARCH: answering([HIT] * 1000)})
        reading = await grafana.client.search("")
    assert reading.completeness is Completeness.PARTIAL
    assert "only the first 1,000 were asked for" in reading.detail


async def test_nothing_found_without_the_right_is_denied() -> None:
    async with running() as grafana:
        grafana.answers({SEARCH: answering([]), **without("dashboards:read")})
        reading = await grafana.client.search("node")
    assert reading.completeness is Completeness.DENIED
    assert "lacks dashboards:read, so GET /api/search shows it no dashboards" in reading.detail


async def test_a_dashboard_is_found_by_its_uid() -> None:
    async with running() as grafana:
        reading = await grafana.client.dashboard("node")
    assert reading.value is not None
    assert reading.value.title == "Node Exporter"
    assert reading.provenance.query == f"GET {NODE}"
    assert reading.provenance.link == f"{grafana.server.url}/d/node"
    assert reading.detail == ""


@pytest.mark.parametrize("wanted", ["Node Exporter", "NODE EXPORTER", "exporter"])
async def test_a_dashboard_is_found_by_its_title_or_a_part_of_it(wanted: str) -> None:
    async with running() as grafana:
        reading = await grafana.client.dashboard(wanted)
    assert reading.value is not None
    assert reading.value.uid == "node"


async def test_of_several_dashboards_with_one_title_none_is_picked() -> None:
    twin = HIT | {"uid": "node2", "folderTitle": "Old"}
    async with running() as grafana:
        grafana.answers({SEARCH: answering([HIT, twin])})
        with pytest.raises(CallError) as caught:
            await grafana.client.dashboard("node exporter")
    assert str(caught.value).splitlines() == [
        "'node exporter' can be 2 dashboards; give the uid of one:",
        "  'Node Exporter' in Homelab: uid node",
        "  'Node Exporter' in Old: uid node2",
    ]


async def test_a_whole_title_goes_before_parts_of_others() -> None:
    longer = HIT | {"uid": "node-full", "title": "Node Exporter Full"}
    async with running() as grafana:
        grafana.answers({SEARCH: answering([longer, HIT])})
        reading = await grafana.client.dashboard("Node Exporter")
        with pytest.raises(CallError, match="can be 2 dashboards"):
            await grafana.client.dashboard("node exp")
    assert reading.value is not None
    assert reading.value.uid == "node"


async def test_a_uid_that_is_also_a_title_names_the_other() -> None:
    async with running() as grafana:
        grafana.answers({SEARCH: answering([HIT | {"uid": "other", "title": "NODE"}])})
        reading = await grafana.client.dashboard("node")
    assert reading.value is not None
    assert reading.value.title == "Node Exporter"
    assert reading.detail == "'node' is also the title of another: uid other"


async def test_a_dashboard_whose_title_is_its_uid_has_no_namesake() -> None:
    async with running() as grafana:
        grafana.answers({SEARCH: answering([HIT | {"title": "node"}])})
        reading = await grafana.client.dashboard("node")
    assert reading.detail == ""


async def test_a_dashboard_that_is_not_there_is_empty_or_denied() -> None:
    async with running() as grafana:
        grafana.answers({SEARCH: answering([])})
        empty = await grafana.client.dashboard("nope")
    async with running() as grafana:
        grafana.answers({SEARCH: answering([]), **without("dashboards:read")})
        denied = await grafana.client.dashboard("nope")
    assert (empty.value, empty.completeness) == (None, Completeness.EMPTY)
    assert (denied.value, denied.completeness) == (None, Completeness.DENIED)


async def test_a_dashboard_that_may_not_be_seen_is_denied() -> None:
    async with running() as grafana:
        grafana.answers({"/api/dashboards/uid/secret": forbidden(), SEARCH: answering([])})
        with pytest.raises(Denied, match="You'll need additional permissions"):
            await grafana.client.dashboard("secret")


async def test_a_title_is_looked_up_even_where_a_uid_of_that_name_is_refused() -> None:
    titled = HIT | {"title": "secret"}
    async with running() as grafana:
        grafana.answers({"/api/dashboards/uid/secret": forbidden(), SEARCH: answering([titled])})
        reading = await grafana.client.dashboard("secret")
    assert reading.value is not None
    assert reading.value.uid == "node"


async def test_a_uid_that_fails_otherwise_is_not_taken_for_a_title() -> None:
    async with running() as grafana:
        other = {"/api/dashboards/uid/other": answering(BOARD), SEARCH: answering([HIT | {"uid": "other"}])}
        grafana.answers({NODE: answering("broken", 500, "text/plain"), **other})
        with pytest.raises(Unreachable, match="HTTP 500: broken"):
            await grafana.client.dashboard("node")


async def test_a_uid_is_read_though_the_search_fails() -> None:
    async with running() as grafana:
        grafana.answers({SEARCH: answering("", 500)})
        reading = await grafana.client.dashboard("node")
    assert reading.value is not None


async def test_a_found_dashboard_whose_uid_would_leave_its_place_is_counted() -> None:
    async with running() as grafana:
        grafana.answers({SEARCH: answering([HIT | {"uid": ".."}, HIT])})
        reading = await grafana.client.search("node")
    assert [hit.uid for hit in reading.value] == ["node"]
    assert "its uid is '..', which cannot be one" in reading.detail


async def test_a_dashboard_in_the_new_schema_is_not_passed_off_as_read() -> None:
    board = {"meta": {}, "dashboard": {"title": "New", "elements": {"panel-1": {}}}}
    async with running() as grafana:
        grafana.answers({NODE: answering(board)})
        reading = await grafana.client.dashboard("node")
    assert reading.completeness is Completeness.PARTIAL
    assert "schema v2" in reading.detail


@pytest.mark.parametrize(
    ("behaviour", "kind", "words"),
    [
        (forbidden(), Denied, "HTTP 403: not permitted: You'll need additional permissions"),
        (
            answering({"message": "Invalid API key", "messageId": "api-key.invalid"}, 401),
            Unauthorised,
            "HTTP 401: the credential is missing or wrong: Invalid API key",
        ),
        (answering({"message": "Not found"}, 404), Missing, "HTTP 404: not there: Not found"),
        (answering({"error": "boom"}, 500), Unreachable, "HTTP 500: boom"),
        (login_page(), Unauthorised, "a login page"),
        (answering("{}"), Malformed, "Expected `array`"),
    ],
)
async def test_every_bad_answer_is_told_by_who_must_act(
    behaviour: Behaviour, kind: type[SourceError], words: str
) -> None:
    async with running() as grafana:
        grafana.answers({ALERTS: behaviour})
        with pytest.raises(kind) as caught:
            await grafana.client.alerts()
        assert words in caught.value.detail
        grafana.answers({})
        assert (await grafana.client.alerts()).value
