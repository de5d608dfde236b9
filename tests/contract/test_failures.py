"""What every integration makes of a system that fails: the right error, no secret, and recovery."""

from __future__ import annotations

import asyncio
import base64
import logging
import re
from collections.abc import Mapping
from contextlib import AsyncExitStack
from typing import Any

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
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.redaction import printable
from tests.contract.folders import FOLDERS, NOW, PASSWORD, TOKEN, Ask, Folder
from tests.kit.hostile import (
    Behaviour,
    answering,
    drip,
    echoing,
    half_closed,
    hang_up,
    hostile,
    huge,
    login_page,
    never,
    no_http,
)

BASIC = base64.b64encode(f"ann:{PASSWORD}".encode()).decode()
SECRETS = (TOKEN, PASSWORD, BASIC)
FAILURES: Mapping[str, tuple[Behaviour, type[SourceError]]] = {
    "400": (echoing(400), Rejected),
    "401": (echoing(401), Unauthorised),
    "403": (echoing(403), Denied),
    "404": (echoing(404), Missing),
    "422": (echoing(422), Rejected),
    "429 with Retry-After": (answering("slow down", 429, "text/plain", Retry_After="7200"), Unreachable),
    "500": (echoing(500), Unreachable),
    "502 with a page": (login_page(502), Unreachable),
    "503": (echoing(503), Unreachable),
    "a login page": (login_page(), Unauthorised),
    "a redirect to a login": (answering("", 302, Location="https://sso.lan/login"), Unauthorised),
    "nothing at all": (answering(""), Malformed),
    "plain text": (answering("pong", 200, "text/plain"), Malformed),
    "truncated JSON": (answering('{"status": "success", "data": ['), Malformed),
    "JSON of another shape": (answering("[[1, 2], 3]"), Malformed),
    "a number": (answering("42"), Malformed),
    "deep nesting": (answering(b"[" * 100_000), Malformed),
    "broken UTF-8": (answering(b'{"status": "success", "data": "\xff\xfe"}'), Malformed),
    "200 MB": (huge(200 * 1024 * 1024), Malformed),
    "never answering": (never, Unreachable),
    "answering for ever": (drip, Unreachable),
    "half closed": (half_closed, Unreachable),
    "hanging up": (hang_up, Unreachable),
    "another protocol": (no_http, Unreachable),
}
by_folder = pytest.mark.parametrize("folder", FOLDERS, ids=[folder.kind for folder in FOLDERS])
by_failure = pytest.mark.parametrize(("behaviour", "kind"), FAILURES.values(), ids=FAILURES.keys())


def judge(error: object, kind: type[SourceError]) -> None:
    """The right error, that names system and operation, fit to be shown and without a secret."""
    assert type(error) is kind, error
    assert isinstance(error, SourceError)
    assert error.system == "the-system"
    assert re.match(r"(GET|POST|CALL) /", error.operation)
    assert str(error) == f"the-system: {error.operation}: {error.detail}"
    assert 0 < len(error.detail) <= 400
    assert printable(error.detail) == error.detail
    hides_secrets(error)


def hides_secrets(*shown: object) -> None:
    text = " ".join(f"{each} {each!r}" for each in shown)
    assert not [secret for secret in SECRETS if secret in text]


def patience(behaviour: Behaviour) -> float:
    """Seconds before a call is given up: few only where nothing will come, so that a slow machine passes."""
    return 1.0 if behaviour in {never, drip} else 60.0


@by_folder
@by_failure
async def test_every_read_fails_rightly_and_recovers(
    folder: Folder, behaviour: Behaviour, kind: type[SourceError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bounds: dict[str, Any] = {"timeout": patience(behaviour), "max_body": 1024 * 1024}
    async with AsyncExitStack() as stack:
        server = await stack.enter_async_context(hostile(behaviour))
        asks: list[Ask] = []
        for name in folder.read_names():
            for credentials in folder.credentials:
                config = folder.configured(server.url, **bounds, **credentials)
                integration, wire = await stack.enter_async_context(folder.live(config, FixedClock(NOW)))
                hides_secrets(config, integration, wire)
                asks.append(folder.reads(integration)[name])
        for outcome in await asyncio.gather(*(ask() for ask in asks), return_exceptions=True):
            judge(outcome, kind)
        server.behaviour = folder.behaving
        for ask in asks:
            assert await ask() is not None
    hides_secrets(caplog.text)


@by_folder
@by_failure
async def test_a_check_up_reports_and_never_raises(
    folder: Folder, behaviour: Behaviour, kind: type[SourceError], caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    bounds: dict[str, Any] = {"timeout": patience(behaviour), "max_body": 1024 * 1024}
    async with hostile(behaviour) as server:
        config = folder.configured(server.url, **bounds, **folder.credentials[0])
        async with folder.live(config, FixedClock(NOW)) as (integration, _):
            checkup = await integration.checkup()
            assert checkup.status in {"down", "limited"}
            assert [f for f in checkup.findings if f.level == "error" and f.fix]
            hides_secrets(checkup, caplog.text)
            server.behaviour = folder.behaving
            assert (await integration.checkup()).status != "down"


@by_folder
async def test_a_system_that_keeps_failing_is_left_alone_and_found_again(folder: Folder) -> None:
    clock = FixedClock(NOW)
    async with (
        hostile(answering("no", 500, "text/plain")) as server,
        folder.live(folder.configured(server.url), clock) as (integration, wire),
    ):
        ask = next(iter(folder.reads(integration).values()))
        for _ in range(9):
            with pytest.raises(Unreachable):
                await ask()
        assert len(server.seen) == 5
        assert "next try in 15 s" in str((await integration.checkup()).findings)
        server.behaviour = folder.behaving
        await clock.sleep(15)
        assert await ask() is not None
        assert wire.state.phase == "closed"


@by_folder
async def test_a_refused_connection_is_told_and_recovered_from(folder: Folder) -> None:
    async with hostile(folder.behaving) as server:
        url = server.url
    async with folder.live(folder.configured(url, **folder.credentials[0]), FixedClock(NOW)) as (
        integration,
        _,
    ):
        ask = next(iter(folder.reads(integration).values()))
        with pytest.raises(SourceError, match="connection refused") as caught:
            await ask()
        judge(caught.value, Unreachable)
        async with hostile(folder.behaving, port=int(url.rpartition(":")[2])):
            assert await ask() is not None


@by_folder
async def test_a_name_nobody_knows_is_told(folder: Folder) -> None:
    config = folder.configured("http://no-such-host.invalid")
    async with folder.live(config, FixedClock(NOW)) as (integration, _):
        # A resolver that cannot reach its own servers may need longer than we wait.
        with pytest.raises(
            SourceError, match=r"name is not known|no connection could be made in time"
        ) as caught:
            await next(iter(folder.reads(integration).values()))()
    judge(caught.value, Unreachable)
