from __future__ import annotations

import json

import pytest

from sre_assistant.domain.errors import (
    Denied,
    Malformed,
    Missing,
    Rejected,
    SourceError,
    Unauthorised,
    Unreachable,
)
from sre_assistant.kit.answers import Answers, is_html
from sre_assistant.kit.endpoint import HttpEndpoint
from sre_assistant.kit.secret import Secret
from sre_assistant.kit.wire import Request, Response

ENDPOINT = HttpEndpoint(url="http://prom.lan:9090", bearer_token=Secret("opaque-value"))
ASK = Request(method="GET", path="/api/v1/query", repeatable=True)


def explain(body: bytes) -> str | None:
    try:
        return str(json.loads(body)["error"])
    except (ValueError, KeyError, TypeError):
        return None


ANSWERS = Answers("prom", ENDPOINT, explain)


def response(status: int, body: str = "", kind: str = "application/json", **headers: str) -> Response:
    named = {"content-type": kind} | {name.replace("_", "-"): value for name, value in headers.items()}
    return Response(status=status, headers=named, body=body.encode())


def failure(answer: Response) -> SourceError:
    with pytest.raises(SourceError) as caught:
        ANSWERS.body(ASK, answer)
    assert str(caught.value).startswith("prom: GET /api/v1/query: ")
    return caught.value


def test_a_good_answer_is_its_body() -> None:
    assert ANSWERS.body(ASK, response(200, '{"a": 1}')) == b'{"a": 1}'


@pytest.mark.parametrize(
    ("status", "kind"),
    [
        (400, Rejected),
        (422, Rejected),
        (401, Unauthorised),
        (407, Unauthorised),
        (403, Denied),
        (404, Missing),
        (405, Missing),
        (410, Missing),
        (501, Missing),
        (408, Unreachable),
        (429, Unreachable),
        (500, Unreachable),
        (502, Unreachable),
        (503, Unreachable),
        (504, Unreachable),
        (530, Unreachable),
        (304, Unauthorised),
        (418, Malformed),
        (101, Malformed),
    ],
)
def test_each_status_says_who_must_act(status: int, kind: type[SourceError]) -> None:
    assert type(failure(response(status, '{"error": "words of the system"}'))) is kind


def test_the_words_of_the_system_are_passed_on() -> None:
    assert failure(response(422, '{"error": "no such function"}')).detail == "no such function"
    assert failure(response(500, "plain words", "text/plain")).detail == "HTTP 500: plain words"
    assert failure(response(404)).detail == "HTTP 404: not there"


def test_the_words_of_the_system_cannot_carry_our_secret_or_drive_a_terminal() -> None:
    detail = failure(
        response(400, json.dumps({"error": "you sent opaque-value \x1b[2J\n" + "x" * 9999}))
    ).detail
    assert "opaque-value" not in detail
    assert "\x1b" not in detail
    assert len(detail) <= 300


@pytest.mark.parametrize(
    "page",
    [
        response(200, "<html>sign in", "text/html; charset=utf-8"),
        response(200, "\ufeff \n<!DOCTYPE HTML><p>", "application/json"),
        response(200, "<HTML lang=en>", "text/plain"),
    ],
)
def test_a_page_instead_of_json_is_a_login(page: Response) -> None:
    assert is_html(page)
    error = failure(page)
    assert type(error) is Unauthorised
    assert "a login page (HTML) answered instead of the API" in error.detail


def test_a_page_with_an_error_is_from_something_in_between() -> None:
    error = failure(response(502, "<html>Bad gateway", "text/html"))
    assert error.detail == "HTTP 502 (a page from a proxy or login in front of it)"


@pytest.mark.parametrize("body", ["", " \n"])
def test_nothing_is_no_answer(body: str) -> None:
    assert type(failure(response(200, body))) is Malformed


def test_a_redirect_to_a_login_is_no_answer() -> None:
    error = failure(response(302, location="https://sso.lan/login?next=secret"))
    assert type(error) is Unauthorised
    assert error.detail == "HTTP 302: it sends us to https://sso.lan/login instead of answering, as logins do"


def test_a_redirect_to_the_same_path_says_which_address_to_use() -> None:
    error = failure(response(301, location="https://prom.lan/x/api/v1/query?query=up"))
    assert type(error) is Missing
    assert "moved to https://prom.lan/x: use that address" in error.detail


def test_how_long_to_wait_is_passed_on() -> None:
    assert "again in 30 s" in failure(response(429, retry_after="30")).detail
    assert "again" not in failure(response(429, retry_after="soon")).detail


def test_what_cannot_be_read_is_malformed_and_quoted_within_bounds() -> None:
    error = ANSWERS.malformed(ASK, ValueError("Expected `int` at $.data opaque-value" + "x" * 1000))
    assert error.detail.startswith("the answer cannot be read: Expected `int` at $.data [hidden]")
    assert len(error.detail) < 350
