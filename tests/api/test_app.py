from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import jsonschema
import pytest
from starlette.exceptions import HTTPException

from sre_assistant.api.bodies import MAX_BODY
from sre_assistant.api.health import Health
from sre_assistant.api.metrics import Meters
from sre_assistant.domain.events import Emit
from sre_assistant.runtime.program import Program
from sre_assistant.sim.homelab import Homelab
from sre_assistant.workflows.alerts import AlertList
from tests.api.served import served
from tests.runtime.homelab import connected, unconnected

FILLING = "DiskWillFillSoon"
WEBHOOK = {
    "version": "4",
    "receiver": "sre",
    "status": "firing",
    "alerts": [
        {
            "status": "firing",
            "labels": {"alertname": FILLING, "instance": "nas.lan:9100", "mountpoint": "/tank/media"},
            "annotations": {},
            "startsAt": "2026-11-15T02:15:00Z",
            "endsAt": "0001-01-01T00:00:00Z",
        }
    ],
}


async def test_a_question_is_answered_with_its_evidence(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/ask", json={"question": "why is the disk on nas filling?"})
    assert answer.status_code == 200
    body = answer.json()
    assert "/tank/media" in body["response"]
    assert len(body["session_id"]) >= 22
    assert body["evidence"]


async def test_a_follow_up_keeps_the_subject_and_a_stranger_does_not(client: httpx2.AsyncClient) -> None:
    first = (await client.post("/ask", json={"question": "how is nas?"})).json()
    follow_up = {"question": "and its memory?", "session_id": first["session_id"]}
    assert (await client.post("/ask", json=follow_up)).json()["subject"]["name"].startswith("nas")
    stranger = (await client.post("/ask", json={"question": "and its memory?"})).json()
    assert stranger["subject"] is None
    assert stranger["session_id"] != first["session_id"]


async def test_a_caller_may_choose_the_session_id(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/ask", json={"question": "how is nas?", "session_id": "my-chat_1"})
    assert answer.json()["session_id"] == "my-chat_1"


async def test_one_alert_is_one_diagnosis_and_all_are_a_list(client: httpx2.AsyncClient) -> None:
    one = (await client.post("/investigate", json={"name": FILLING})).json()
    assert one["causes"][0]["id"] == "filesystem-filling"
    every = (await client.post("/investigate", json={"all": True})).json()
    assert len(every["diagnoses"]) == 2


async def test_a_webhook_body_is_investigated(client: httpx2.AsyncClient) -> None:
    diagnosis = (await client.post("/investigate", json=WEBHOOK)).json()
    assert diagnosis["case"]["alert"]["labels"]["mountpoint"] == "/tank/media"
    assert diagnosis["verdict"] == "explained"


async def test_active_alerts_are_listed(client: httpx2.AsyncClient) -> None:
    assert FILLING in {alert["name"] for alert in (await client.get("/alerts")).json()["alerts"]}


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "expected"),
    [
        ("POST", "/ask", b"", 400, "not JSON"),
        ("POST", "/ask", b"{", 400, "not JSON"),
        ("POST", "/ask", b"\xff", 400, "not JSON"),
        ("POST", "/ask", b"[" * 100_000, 400, "not JSON"),
        ("POST", "/ask", b"[]", 422, "Expected `object`"),
        ("POST", "/ask", b"{}", 422, "missing required field `question`"),
        ("POST", "/ask", b'{"question": 7}', 422, "Expected `str`"),
        ("POST", "/ask", b'{"question": "  "}', 422, "the question is empty"),
        ("POST", "/ask", b'{"question": "%s"}' % (b"x" * 3000), 422, "3000 characters"),
        ("POST", "/ask", b'{"question": "x", "session_id": "*"}', 422, "'*' is no session id"),
        ("POST", "/ask/stream", b'{"question": "x", "session_id": "../x"}', 422, "is no session id"),
        ("POST", "/investigate", b"{}", 422, "say what to investigate"),
        ("POST", "/investigate", b'{"name": "x", "all": true}', 422, "say what to investigate"),
        ("POST", "/investigate", b'{"alerts": []}', 422, "holds no alert"),
        ("POST", "/investigate", b'{"alerts": [{"labels": {}}]}', 422, "alert 1 has no label `alertname`"),
        ("POST", "/investigate", b'{"name": "DiskWillFilSoon"}', 422, "Close: DiskWillFillSoon"),
        ("GET", "/nowhere", b"", 404, "There is nothing at /nowhere"),
        ("GET", "/alerts/", b"", 404, "There is nothing at /alerts/"),
        ("GET", "/ask", b"", 405, "/ask does not know GET"),
        ("DELETE", "/alerts", b"", 405, "/alerts does not know DELETE"),
    ],
)
async def test_what_cannot_be_done_is_a_problem_document(
    client: httpx2.AsyncClient, method: str, path: str, body: bytes, status: int, expected: str
) -> None:
    answer = await client.request(method, path, content=body)
    problem = answer.json()
    assert (answer.status_code, problem["status"]) == (status, status)
    assert answer.headers["content-type"] == "application/problem+json"
    assert problem["type"] == "about:blank"
    assert problem["title"]
    assert expected in problem["detail"]


async def test_the_allowed_method_is_named(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/ask")).headers["allow"] == "POST"


async def test_a_body_that_is_not_json_by_its_own_account_is_refused(client: httpx2.AsyncClient) -> None:
    answer = await client.post("/ask", content=b"{}", headers={"Content-Type": "text/plain"})
    assert answer.status_code == 415


@pytest.mark.parametrize("chunked", [False, True])
async def test_a_body_that_is_too_large_is_refused_however_it_comes(
    client: httpx2.AsyncClient, chunked: bool
) -> None:
    async def pieces() -> AsyncIterator[bytes]:
        for _ in range(20):
            yield b" " * (MAX_BODY // 10)

    answer = await client.post("/ask", content=pieces() if chunked else b" " * (2 * MAX_BODY))
    assert answer.status_code == 413
    assert str(MAX_BODY) in answer.json()["detail"]
    assert (await client.get("/livez")).status_code == 200


async def test_without_a_system_the_setting_is_named(tmp_path: Path) -> None:
    async with served(unconnected(tmp_path)) as client:
        answer = await client.post("/ask", json={"question": "how is nas?"})
        assert answer.status_code == 503
        assert answer.json()["setting"] == "PROMETHEUS_URL"
        ready = await client.get("/readyz")
        assert (ready.status_code, ready.json()["reasons"]) == (503, ["no system is configured"])
        assert (await client.get("/healthz")).status_code == 503
        assert (await client.get("/livez")).status_code == 200


async def test_a_system_that_failed_is_named(homelab: Homelab, tmp_path: Path) -> None:
    nowhere = "http://127.0.0.1:9"
    async with (
        connected(homelab, tmp_path, PROMETHEUS_URL=nowhere, ALERTMANAGER_URL=nowhere) as program,
        served(program) as client,
    ):
        answer = await client.post("/investigate", json={"name": FILLING})
        assert answer.status_code == 502
        assert answer.json()["error"] == "Unreachable"
        assert answer.json()["system"]


async def test_readiness_gives_reasons_but_no_address(homelab: Homelab, tmp_path: Path) -> None:
    async with (
        connected(homelab, tmp_path, PROMETHEUS_URL="http://127.0.0.1:9") as program,
        served(program, token="") as client,
    ):
        answer = await client.get("/readyz")
    assert answer.status_code == 503
    assert answer.json()["reasons"] == ["no metrics system can be read"]
    assert "127.0.0.1" not in answer.text


async def test_health_names_each_system(client: httpx2.AsyncClient) -> None:
    answers = [(await client.get(path)) for path in ("/healthz", "/health", "/ready")]
    assert {answer.status_code for answer in answers} == {200}
    report = answers[0].json()
    assert report["status"] in {"healthy", "degraded"}
    assert {component["name"] for component in report["components"]} == {"prometheus", "alertmanager"}


class Broken(Program):
    """A program with a defect in it."""

    async def alerts(self, *, emit: Emit) -> AlertList:
        raise RuntimeError(f"the key is hunter2, and {emit}")


async def test_a_defect_is_a_500_that_tells_nothing(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    async with served(unconnected(tmp_path, Broken)) as client:
        answer = await client.get("/alerts")
        counted = (await client.get("/metrics")).text
    assert answer.status_code == 500
    assert "hunter2" not in answer.text
    assert "RuntimeError" in answer.json()["detail"]
    assert 'requests_total{endpoint="/alerts",status="500"} 1.0' in counted
    assert any(record.exc_info for record in caplog.records)


async def test_the_document_describes_bodies_answers_and_errors(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    schemas = document["components"]["schemas"]
    refs = {part.split('"')[0] for part in json.dumps(document).split("#/components/schemas/")[1:]}
    assert refs <= set(schemas)
    assert document["paths"]["/livez"]["get"]["security"] == []
    for path, kind in (("/ask", "Answer"), ("/alerts", "AlertList")):
        operation = next(iter(document["paths"][path].values()))
        assert operation["responses"]["200"]["content"]["application/json"]["schema"]["$ref"].endswith(kind)


async def test_answers_have_the_shape_the_document_gives_them(client: httpx2.AsyncClient) -> None:
    document = (await client.get("/openapi.json")).json()
    for kind, answer in (
        ("Answer", await client.post("/ask", json={"question": "how is nas?"})),
        ("Diagnosis", await client.post("/investigate", json={"name": FILLING})),
        ("AlertList", await client.get("/alerts")),
        ("HealthReport", await client.get("/healthz")),
        ("Problem", await client.get("/nowhere")),
    ):
        root = {"$ref": f"#/components/schemas/{kind}", "components": document["components"]}
        jsonschema.Draft202012Validator(root).validate(answer.json())


async def test_requests_look_ups_systems_and_breakers_are_measured(client: httpx2.AsyncClient) -> None:
    await client.post("/ask", json={"question": "how is nas?"})
    await client.get("/healthz")
    await client.get("/nowhere")
    text = (await client.get("/metrics")).text
    for line in (
        'sre_assistant_requests_total{endpoint="/ask",status="200"} 1.0',
        'sre_assistant_requests_total{endpoint="other",status="404"} 1.0',
        'sre_assistant_request_duration_seconds_count{endpoint="/ask"} 1.0',
        'sre_assistant_requests_in_progress{endpoint="/metrics"} 1.0',
        'sre_assistant_component_healthy{component="alertmanager"} 0.0',  # its clock shows another day
        'sre_assistant_circuit_breaker_state{phase="closed",system="prometheus"} 1.0',
        'sre_assistant_circuit_breaker_state{phase="open",system="prometheus"} 0.0',
    ):
        assert line in text
    assert 'sre_assistant_lookups_total{completeness="complete",source="prometheus"}' in text
    assert 'sre_assistant_info{model="none",version="' in text
    assert "_created" not in text


async def test_a_system_nobody_checked_has_no_health_yet(client: httpx2.AsyncClient) -> None:
    assert "component_healthy{" not in (await client.get("/metrics")).text


async def test_a_probe_does_not_wait_for_a_system_that_hangs(
    homelab: Homelab, tmp_path: Path, silent_server: str
) -> None:
    async with connected(homelab, tmp_path, PROMETHEUS_URL=silent_server) as program:
        health = Health(program, Meters(dict), patience=0.05)
        with pytest.raises(HTTPException) as refused:
            await health.systems()
        await health.aclose()
    assert refused.value.status_code == 503


async def test_those_who_ask_at_once_share_one_check_up(program: Program) -> None:
    meters = Meters(dict)
    health = Health(program, meters)
    first, second = await asyncio.gather(health.systems(), health.systems())
    assert first is second
    health.refresh()
    assert await health.systems() is first
