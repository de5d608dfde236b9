from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from sre_assistant.sim.alerting.notified import fingerprint
from sre_assistant.sim.homelab import Homelab
from tests.sim.wire import Answered, get, send

NOBODY = "00000000-0000-0000-0000-000000000000"


def api(homelab: Homelab, path: str, **params: object) -> Answered:
    return get(f"{homelab.alertmanager_url}/api/v2/{path}", **params)


@pytest.fixture
def house() -> Iterator[Homelab]:
    """The backup story for tests that change something."""
    with Homelab("backup-fills-nas", at="shows") as homelab:
        yield homelab


def at(homelab: Homelab, minutes: float) -> str:
    return (homelab.clock.now() + timedelta(minutes=minutes)).isoformat().replace("+00:00", "Z")


def silence(homelab: Homelab, **changes: object) -> dict[str, object]:
    matchers = [{"name": "alertname", "value": "HostHighCpuLoad", "isRegex": False}]
    base = {
        "matchers": matchers,
        "startsAt": at(homelab, 0),
        "endsAt": at(homelab, 60),
        "createdBy": "me",
        "comment": "scrub",
    }
    return {**base, **changes}


def names(answer: Answered) -> list[str]:
    return [one["labels"]["alertname"] for one in answer.json]


def test_fingerprints_are_those_of_the_real_one() -> None:
    labels = {
        "alertname": "InstanceDown",
        "instance": "127.0.0.1:19999",
        "job": "dead",
        "severity": "critical",
    }
    assert fingerprint(labels) == "ce3047a1412f8d0f"
    assert fingerprint({"alertname": "BadTemplate", "severity": "warning"}) == "dae3317827a1aa46"


def test_alerts_have_come_from_prometheus(backup: Homelab) -> None:
    found = {one["labels"]["alertname"]: one for one in api(backup, "alerts").json}
    disk = found["DiskWillFillSoon"]
    assert set(found) == {"DiskWillFillSoon", "HostHighCpuLoad"}
    assert disk["startsAt"] == "2026-11-15T02:15:00.000Z"
    assert disk["status"] == {"inhibitedBy": [], "silencedBy": [], "state": "active"}
    assert disk["receivers"] == [{"name": "ops"}]
    assert disk["fingerprint"] == fingerprint(disk["labels"])
    assert disk["generatorURL"].startswith("http://mon.lan:9090/graph?g0.expr=predict_linear%28")
    assert disk["updatedAt"] < disk["endsAt"]
    assert "/tank/media" in disk["annotations"]["summary"]


def test_nothing_fires_before_its_time() -> None:
    with Homelab("backup-fills-nas", at="00:50") as homelab:
        assert api(homelab, "alerts").json == []
        homelab.clock.advance(timedelta(minutes=5))
        assert names(api(homelab, "alerts")) == ["HostHighCpuLoad"]


@pytest.mark.parametrize(
    ("filter_", "expected"),
    [
        ('alertname="DiskWillFillSoon"', ["DiskWillFillSoon"]),
        ("alertname=DiskWillFillSoon", ["DiskWillFillSoon"]),
        ('alertname=~"Disk.*"', ["DiskWillFillSoon"]),
        ('alertname!="DiskWillFillSoon"', ["HostHighCpuLoad"]),
        ('severity!~"warn.*"', ["DiskWillFillSoon"]),
        ('mountpoint="/tank/media"', ["DiskWillFillSoon"]),
        ('mountpoint=""', ["HostHighCpuLoad"]),
        ('instance="elsewhere"', []),
    ],
)
def test_alerts_are_filtered(backup: Homelab, filter_: str, expected: list[str]) -> None:
    assert names(api(backup, "alerts", filter=filter_)) == expected


@pytest.mark.parametrize(
    ("filter_", "said"),
    [
        ("{bad", "bad matcher format: {bad"),
        ('{a="b",c="d"}', 'bad matcher format: {a="b",c="d"}'),
        ('a="b', 'matcher value contains unescaped double quote: "b'),
        ('a=="b"', 'matcher value contains unescaped double quote: ="b"'),
        ('a=~"("', "error parsing regexp: missing closing ): `^(?:()$`"),
    ],
)
def test_a_bad_filter_is_refused_in_the_servers_words(backup: Homelab, filter_: str, said: str) -> None:
    answer = api(backup, "alerts", filter=filter_)
    assert (answer.status, answer.json) == (400, said)


def test_groups_hold_the_alerts_of_one_name(backup: Homelab) -> None:
    groups = api(backup, "alerts/groups").json
    assert [group["labels"] for group in groups] == [
        {"alertname": "DiskWillFillSoon"},
        {"alertname": "HostHighCpuLoad"},
    ]
    assert groups[0]["receiver"] == {"name": "ops"}
    assert len(groups[0]["alerts"]) == 1


def test_a_silence_holds_its_alert_back_until_it_ends(house: Homelab) -> None:
    made = send("POST", f"{house.alertmanager_url}/api/v2/silences", silence(house)).json["silenceID"]
    held = {one["labels"]["alertname"]: one["status"] for one in api(house, "alerts").json}

    assert held["HostHighCpuLoad"] == {"inhibitedBy": [], "silencedBy": [made], "state": "suppressed"}
    assert held["DiskWillFillSoon"]["state"] == "active"
    assert names(api(house, "alerts", silenced="false")) == ["DiskWillFillSoon"]
    assert names(api(house, "alerts", active="false")) == ["HostHighCpuLoad"]
    assert api(house, f"silence/{made}").json["status"] == {"state": "active"}
    house.clock.advance(timedelta(minutes=61))
    assert api(house, f"silence/{made}").json["status"] == {"state": "expired"}
    assert set(names(api(house, "alerts", silenced="false"))) >= {"DiskWillFillSoon", "HostHighCpuLoad"}


def test_a_silence_can_be_changed_listed_and_ended(house: Homelab) -> None:
    url = f"{house.alertmanager_url}/api/v2"
    made = send("POST", f"{url}/silences", silence(house)).json["silenceID"]
    changed = silence(house, id=made, comment="longer", endsAt=at(house, 120))
    assert send("POST", f"{url}/silences", changed).json["silenceID"] == made
    later = send("POST", f"{url}/silences", silence(house, startsAt=at(house, 10))).json["silenceID"]

    listed = api(house, "silences").json
    assert [(one["id"], one["status"]["state"]) for one in listed] == [(made, "active"), (later, "pending")]
    assert listed[0]["comment"] == "longer"
    assert listed[0]["matchers"] == [
        {"isEqual": True, "isRegex": False, "name": "alertname", "value": "HostHighCpuLoad"}
    ]
    assert send("DELETE", f"{url}/silence/{made}").status == 200
    assert api(house, f"silence/{made}").json["status"] == {"state": "expired"}
    again = send("DELETE", f"{url}/silence/{made}")
    assert (again.status, again.json) == (500, f"silence {made} already expired")
    assert api(house, "silences", filter='alertname="Other"').json == []
    assert len(api(house, "silences", filter='alertname="HostHighCpuLoad"').json) == 2


def test_other_matchers_make_another_silence_of_it(house: Homelab) -> None:
    url = f"{house.alertmanager_url}/api/v2/silences"
    made = send("POST", url, silence(house)).json["silenceID"]
    other = silence(house, id=made, matchers=[{"name": "job", "value": "node", "isRegex": False}])
    assert send("POST", url, other).json["silenceID"] != made
    assert api(house, f"silence/{made}").json["status"] == {"state": "expired"}


@pytest.mark.parametrize(
    ("changes", "status", "said"),
    [
        ({"matchers": []}, 422, {"code": 612, "message": "matchers in body should have at least 1 items"}),
        ({"minutes": (-120, -60)}, 400, "Failed to create silence: end time can't be in the past"),
        ({"minutes": (30, 10)}, 400, "Failed to create silence: start time must be before end time"),
        (
            {"matchers": [{"name": "a", "value": "", "isRegex": False}]},
            400,
            "silence invalid: at least one matcher must not match the empty string",
        ),
        (
            {"matchers": [{"name": "1a", "value": "b", "isRegex": False}]},
            400,
            'silence invalid: invalid label matcher 0: invalid label name "1a"',
        ),
        (
            {"matchers": [{"name": "a", "value": "b"}]},
            422,
            {"code": 602, "message": "matchers.0.isRegex in body is required"},
        ),
        ({"without": "comment"}, 422, {"code": 602, "message": "comment in body is required"}),
        ({"without": "endsAt"}, 422, {"code": 602, "message": "endsAt in body is required"}),
        ({"id": NOBODY}, 404, "silence not found"),
    ],
)
def test_a_wrong_silence_is_refused_in_the_servers_words(
    house: Homelab, changes: dict[str, object], status: int, said: object
) -> None:
    body = {**silence(house), **{k: v for k, v in changes.items() if k not in {"minutes", "without"}}}
    body.pop(str(changes.get("without")), None)
    if isinstance(span := changes.get("minutes"), tuple):
        body |= {"startsAt": at(house, span[0]), "endsAt": at(house, span[1])}
    answer = send("POST", f"{house.alertmanager_url}/api/v2/silences", body)
    assert (answer.status, answer.json) == (status, said)


@pytest.mark.parametrize(
    ("method", "path", "status", "text"),
    [
        (
            "GET",
            "silence/notauuid",
            422,
            '{"code":601,"message":"silenceID in path must be of type uuid: \\"notauuid\\""}',
        ),
        ("GET", f"silence/{NOBODY}", 404, ""),
        ("DELETE", f"silence/{NOBODY}", 500, '"silence not found"\n'),
        ("GET", "nope", 404, '{"code":404,"message":"path /api/v2/nope was not found"}'),
        ("PUT", "alerts", 405, '{"code":405,"message":"method PUT is not allowed, but [GET,POST] are"}'),
        ("GET", "receivers", 200, '[{"name":"ops"}]\n'),
    ],
)
def test_corners(backup: Homelab, method: str, path: str, status: int, text: str) -> None:
    answer = send(method, f"{backup.alertmanager_url}/api/v2/{path}")
    assert (answer.status, answer.text) == (status, text)


def test_others_can_post_alerts_too(house: Homelab) -> None:
    url = f"{house.alertmanager_url}/api/v2/alerts"
    posted = [
        {
            "labels": {"alertname": "Doorbell", "severity": "info"},
            "annotations": {"summary": "somebody is there"},
        }
    ]
    assert send("POST", url, posted).status == 200
    assert "Doorbell" in names(api(house, "alerts"))
    house.clock.advance(timedelta(minutes=6))
    assert "Doorbell" not in names(api(house, "alerts"))


def test_a_critical_alert_holds_its_warning_back(house: Homelab) -> None:
    labels = {"alertname": "HostHighCpuLoad", "instance": "nas.lan:9100", "severity": "critical"}
    send("POST", f"{house.alertmanager_url}/api/v2/alerts", [{"labels": labels}])
    [warning] = api(house, "alerts", filter='severity="warning"').json
    assert warning["status"] == {
        "inhibitedBy": [fingerprint(labels)],
        "silencedBy": [],
        "state": "suppressed",
    }
    assert names(api(house, "alerts", filter='severity="warning"', inhibited="false")) == []


@pytest.mark.parametrize(
    ("body", "status", "said"),
    [
        ("[", 400, {"code": 400, "message": 'parsing alerts body from "" failed, because unexpected EOF'}),
        ("", 422, {"code": 602, "message": "alerts in body is required"}),
        ("[{}]", 422, {"code": 602, "message": "0.labels in body is required"}),
        ('[{"labels":{"a":""}}]', 400, "at least one label pair required"),
        ('[{"labels":{"1a":"b"}}]', 400, 'invalid label set: invalid name "1a"'),
    ],
)
def test_wrong_alerts_are_refused(backup: Homelab, body: str, status: int, said: object) -> None:
    answer = send("POST", f"{backup.alertmanager_url}/api/v2/alerts", body)
    assert (answer.status, answer.json) == (status, said)


def test_it_tells_of_itself(backup: Homelab) -> None:
    status = api(backup, "status").json
    assert status["versionInfo"]["version"] == "0.25.0"
    assert status["cluster"] == {"peers": [], "status": "disabled"}
    assert "receiver: ops" in status["config"]["original"]
    assert get(f"{backup.alertmanager_url}/-/ready").text == "OK"
    assert "alertmanager_build_info{" in get(f"{backup.alertmanager_url}/metrics").text
