"""What every integration makes of a broken way in: certificates, revoked keys, changes of mind."""

from __future__ import annotations

import ssl
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sre_assistant.domain.errors import Denied, SourceError, Unauthorised, Unreachable
from sre_assistant.kit.clock import FixedClock
from tests.contract.folders import FOLDERS, NOW, Folder
from tests.contract.test_failures import hides_secrets, judge
from tests.kit.certificates import (
    authority,
    elsewhere_context,
    expired_context,
    second_authority,
    server_context,
)
from tests.kit.hostile import answering, echoing, hostile

by_folder = pytest.mark.parametrize("folder", FOLDERS, ids=[folder.kind for folder in FOLDERS])
Context = Callable[[Path], ssl.SSLContext]
Authority = Callable[[Path], Path]
CERTIFICATES: dict[str, tuple[Context, Authority | None, str]] = {
    "signed by nobody we know": (server_context, None, "not trusted"),
    "signed by another authority": (server_context, second_authority, "not trusted"),
    "expired": (expired_context, second_authority, "expired"),
    "for another name": (elsewhere_context, second_authority, "127.0.0.1"),
}


@by_folder
@pytest.mark.parametrize(("serving", "trusting", "says"), CERTIFICATES.values(), ids=CERTIFICATES.keys())
async def test_a_certificate_that_proves_nothing_is_refused(
    folder: Folder, serving: Context, trusting: Authority | None, says: str, tmp_path: Path
) -> None:
    settings: dict[str, Any] = dict(folder.credentials[0])
    if trusting:
        settings["ca_cert"] = trusting(tmp_path)
    async with hostile(folder.behaving, serving(tmp_path)) as server:
        config = folder.configured(server.url, **settings)
        async with folder.live(config, FixedClock(NOW)) as (integration, _):
            with pytest.raises(SourceError, match=says) as caught:
                await next(iter(folder.reads(integration).values()))()
            judge(caught.value, Unreachable)
            checkup = await integration.checkup()
        assert server.seen == []
    assert checkup.status == "down"
    assert [f for f in checkup.findings if f.check == "tls" and f.level == "error" and f.fix]
    hides_secrets(checkup)


@by_folder
async def test_our_own_authority_is_trusted_when_named(folder: Folder, tmp_path: Path) -> None:
    async with hostile(folder.behaving, server_context(tmp_path)) as server:
        config = folder.configured(server.url, ca_cert=authority(tmp_path), **folder.credentials[0])
        async with folder.live(config, FixedClock(NOW)) as (integration, _):
            assert await next(iter(folder.reads(integration).values()))() is not None
            checkup = await integration.checkup()
    assert [f for f in checkup.findings if f.check == "tls" and f.level == "ok"]


@by_folder
async def test_an_unchecked_certificate_is_used_and_warned_of(folder: Folder, tmp_path: Path) -> None:
    async with hostile(folder.behaving, expired_context(tmp_path)) as server:
        config = folder.configured(server.url, verify_ssl=False, **folder.credentials[0])
        async with folder.live(config, FixedClock(NOW)) as (integration, _):
            assert await next(iter(folder.reads(integration).values()))() is not None
            checkup = await integration.checkup()
    assert [f for f in checkup.findings if f.check == "tls" and f.level == "warning" and f.fix]


@by_folder
async def test_tls_asked_of_a_plain_server_is_told_as_such(folder: Folder) -> None:
    async with hostile(folder.behaving) as server:
        config = folder.configured(server.url.replace("http:", "https:"), **folder.credentials[0])
        async with folder.live(config, FixedClock(NOW)) as (integration, _):
            with pytest.raises(SourceError, match="does not speak TLS") as caught:
                await next(iter(folder.reads(integration).values()))()
    judge(caught.value, Unreachable)


@by_folder
@pytest.mark.parametrize(("status", "kind"), [(401, Unauthorised), (403, Denied)])
async def test_a_key_that_is_revoked_in_the_middle_is_told_and_healed(
    folder: Folder, status: int, kind: type[SourceError]
) -> None:
    async with hostile(folder.behaving) as server:
        config = folder.configured(server.url, **folder.credentials[0])
        async with folder.live(config, FixedClock(NOW)) as (integration, _):
            for name, ask in folder.reads(integration).items():
                server.behaviour = folder.behaving
                assert await ask() is not None, name
                server.behaviour = echoing(status)
                with pytest.raises(SourceError) as caught:
                    await ask()
                judge(caught.value, kind)
                server.behaviour = folder.behaving
                assert await ask() is not None, name


@by_folder
async def test_no_more_than_eight_requests_are_under_way_at_once(folder: Folder) -> None:
    async with hostile(folder.behaving) as server:
        config = folder.configured(server.url, **folder.credentials[0])
        async with folder.live(config, FixedClock(NOW)) as (integration, _):
            for ask in folder.reads(integration).values():
                assert await ask() is not None
    assert 0 < server.connections <= 8


@by_folder
async def test_being_asked_to_wait_is_obeyed(folder: Folder) -> None:
    clock = FixedClock(NOW)
    async with hostile(answering("slow down", 429, "text/plain", Retry_After="3")) as server:
        config = folder.configured(server.url, **folder.credentials[0])
        async with folder.live(config, clock) as (integration, _):
            with pytest.raises(SourceError, match="asks to be asked less often, again in 3 s"):
                await next(iter(folder.reads(integration).values()))()
    assert clock.monotonic() >= 3 * (len(server.seen) > 1)
