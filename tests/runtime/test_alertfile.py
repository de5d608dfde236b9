from __future__ import annotations

import json
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from sre_assistant.domain.errors import CallError
from sre_assistant.kit import codec
from sre_assistant.kit.labels import fingerprint
from sre_assistant.runtime.alertfile import MAX_ALERTS, read_alerts

BEGIN = "2026-03-01T02:14:00.123456789Z"
NOW = datetime(2026, 3, 1, 3, tzinfo=UTC)


def alert(**changed: object) -> dict[str, object]:
    labels = {"alertname": "DiskFull", "instance": "nas.lan:9100"}
    return {"labels": labels, "startsAt": BEGIN} | changed


def read(document: object) -> list[str]:
    return [one.name for one in read_alerts(json.dumps(document).encode(), "it", NOW)]


@pytest.mark.parametrize(
    "document",
    [
        alert(),
        [alert()],
        {"alerts": [alert()]},
        {"version": "4", "status": "firing", "receiver": "sre", "alerts": [alert(status="firing")]},
        {"version": "1", "orgId": 1, "alerts": [alert(status="firing", values={"A": 1})]},
        [alert(status={"state": "active", "silencedBy": [], "inhibitedBy": []})],
    ],
    ids=["one", "list", "alerts", "Alertmanager webhook", "Grafana webhook", "Alertmanager API"],
)
def test_every_usual_shape_is_understood(document: object) -> None:
    assert read(document) == ["DiskFull"]


def test_an_alert_keeps_what_it_says() -> None:
    document = alert(
        annotations={"summary": "ä “quoted” \\ text"},
        status="resolved",
        endsAt="2026-03-01T03:00:00+01:00",
        fingerprint="00aa",
        generatorURL="http://prom.lan/graph",
    )
    (found,) = read_alerts(json.dumps(document).encode(), "it", NOW)
    assert found.starts_at == datetime(2026, 3, 1, 2, 14, 0, 123456, tzinfo=UTC)
    assert found.ends_at == datetime(2026, 3, 1, 2, 0, tzinfo=UTC)
    assert (found.status, found.fingerprint, found.source) == ("resolved", "00aa", "it")
    assert found.annotations == {"summary": "ä “quoted” \\ text"}


def test_a_firing_alert_has_no_end_whatever_is_written() -> None:
    for end in ("0001-01-01T00:00:00Z", "2099-01-01T00:00:00Z"):
        (found,) = read_alerts(json.dumps(alert(endsAt=end)).encode(), "it", NOW)
        assert found.ends_at is None


def test_a_missing_fingerprint_is_worked_out_as_alertmanager_does() -> None:
    (found,) = read_alerts(json.dumps(alert()).encode(), "it", NOW)
    assert found.fingerprint == fingerprint(found.labels)


def test_our_own_list_can_be_read_back() -> None:
    written = read_alerts(json.dumps([alert()]).encode(), "alertmanager", NOW)
    body = codec.encode({"schema": 1, "alerts": written})
    assert read_alerts(body, "stdin", NOW) == written


def test_a_suppressed_alert_of_the_api_is_silenced() -> None:
    (found,) = read_alerts(json.dumps([alert(status={"state": "suppressed"})]).encode(), "it", NOW)
    assert found.silenced


@pytest.mark.parametrize(
    ("document", "expected"),
    [
        ({}, "holds no alerts"),
        ([], "holds no alert"),
        ("text", "holds no alerts"),
        (7, "holds no alerts"),
        ({"alerts": {}}, "holds no alerts"),
        ([1], "it, alert 1 is 1, not an object"),
        (
            [alert(), {"startsAt": BEGIN, "labels": None}],
            "alert 2: labels must be an object of texts, got None",
        ),
        (alert(labels={}), "has no label `alertname`"),
        (alert(labels={"alertname": ""}), "has no label `alertname`"),
        (alert(labels={"alertname": 7}), "labels.alertname must be a text, got 7"),
        (alert(labels={"alertname": "x", "": "y"}), "1 to 256 characters, got ''"),
        (alert(labels={"alertname": "x" * 5000}), "has 5000 characters"),
        (alert(labels={f"l{n}": "x" for n in range(100)}), "holds 100 entries"),
        (alert(startsAt="yesterday"), "startsAt is 'yesterday'"),
        (alert(startsAt="2026-03-01T02:14:00"), "with its zone"),
        (alert(startsAt=12), "startsAt is 12"),
        (alert(startsAt="0001-01-01T00:00:00+05:00"), "outside the calendar"),
        (alert(annotations=["x"]), "annotations must be an object"),
        ([alert()] * (MAX_ALERTS + 1), f"holds {MAX_ALERTS + 1} alerts"),
    ],
)
def test_a_wrong_document_names_the_place_and_the_value(document: object, expected: str) -> None:
    with pytest.raises(CallError) as refused:
        read(document)
    assert expected in str(refused.value)


@pytest.mark.parametrize("data", [b"", b"{", b"\xff\xfe", b"[" * 100_000, b"<html>", b'{"labels": NaN}'])
def test_what_is_not_json_says_what_is_expected(data: bytes) -> None:
    with pytest.raises(CallError, match=r"is not JSON.*Expected an alert object"):
        read_alerts(data, "stdin", NOW)


def test_control_characters_do_not_reach_the_message() -> None:
    with pytest.raises(CallError) as refused:
        read_alerts(b'[{"labels": {"alertname": "\\u001b[31mred", "x": 1}}]', "it", NOW)
    assert "\x1b" not in str(refused.value)


def test_an_alert_written_by_hand_begins_now() -> None:
    document = {"labels": {"alertname": "DiskFull"}, "annotations": None}
    (found,) = read_alerts(b"\xef\xbb\xbf" + json.dumps(document).encode(), "it", NOW)
    assert (found.starts_at, found.annotations) == (NOW, {})


@given(st.binary())
def test_any_bytes_are_refused_or_read(data: bytes) -> None:
    with pytest.raises(CallError):
        read_alerts(data, "it", NOW)
