from __future__ import annotations

import json
import logging

import pytest

from sre_assistant.api.errors import problem, problem_of, status_of
from sre_assistant.api.health import health_report, unready
from sre_assistant.api.logs import JsonLines
from sre_assistant.domain import errors
from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.kit.redaction import RedactingFilter


@pytest.mark.parametrize(
    ("error", "status"),
    [
        (errors.CallError("x"), 422),
        (errors.ConfigError("A", "is wrong", "Mend it."), 503),
        (errors.Unreachable("prometheus", "GET /", "x"), 502),
        (errors.Malformed("prometheus", "GET /", "x"), 502),
        (errors.BudgetSpent("x"), 503),
        (errors.ActionRefused("x"), 403),
        (errors.SreError("nobody classed this"), 500),
    ],
)
def test_every_error_has_its_status(error: errors.SreError, status: int) -> None:
    assert status_of(error) == status


def test_a_problem_names_who_must_act_and_on_what() -> None:
    told = json.loads(bytes(problem_of(errors.Denied("loki", "GET /ready", "no permission")).body))
    assert (told["error"], told["system"], told["status"]) == ("Denied", "loki", 502)
    told = json.loads(bytes(problem_of(errors.ConfigError("LOKI_URL", "is wrong", "Mend it.")).body))
    assert told["setting"] == "LOKI_URL"


def test_a_problem_is_bounded_redacted_and_printable() -> None:
    told = json.loads(bytes(problem(400, "token=hunter2hunter2 \x1b[31m" + "x" * 5000).body))
    assert len(told["detail"]) <= 1000
    assert "hunter2" not in told["detail"]
    assert "\x1b" not in told["detail"]


def checkup(system: str, *levels: str) -> Checkup:
    findings = tuple(Finding(level="error", check=check, text=f"{check} failed") for check in levels)
    return Checkup(system=system, kind=system, url="http://x.lan", version="1.0", findings=findings)


@pytest.mark.parametrize(
    ("systems", "status"),
    [
        ((), "unhealthy"),
        ((checkup("a"), checkup("b")), "healthy"),
        ((checkup("a"), checkup("b", "permission")), "degraded"),
        ((checkup("a"), checkup("b", "reachable")), "degraded"),
        ((checkup("a", "reachable"), checkup("b", "authorised")), "unhealthy"),
    ],
)
def test_the_whole_is_as_healthy_as_its_parts(systems: tuple[Checkup, ...], status: str) -> None:
    assert health_report(systems, "1").status == status


def test_readiness_needs_one_metrics_system_that_answers() -> None:
    metrics = frozenset({"a"})
    assert unready((checkup("a"), checkup("b", "reachable")), metrics) == ()
    assert unready((checkup("a", "permission"),), metrics) == ()
    assert unready((checkup("a", "reachable"), checkup("b")), metrics) != ()
    assert unready((), metrics) == ("no system is configured",)


def test_a_log_line_is_one_json_object_without_secrets() -> None:
    record = logging.LogRecord(
        "sre_assistant.x", logging.INFO, __file__, 1, "token=%s", ("hunter2hunter2",), None
    )
    record.fields = {"path": "/ask", "status": 200}
    RedactingFilter().filter(record)
    line = json.loads(JsonLines().format(record))
    assert (line["level"], line["path"], line["status"]) == ("info", "/ask", 200)
    assert "hunter2" not in line["message"]


def test_a_logged_defect_carries_its_trace() -> None:
    error = ValueError("boom")
    info = (ValueError, error, None)
    record = logging.LogRecord("sre_assistant.x", logging.ERROR, __file__, 1, "defect", (), info)
    assert "ValueError: boom" in json.loads(JsonLines().format(record))["trace"]
