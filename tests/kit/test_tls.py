"""Who we say we are, whom we trust, and which door we take."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from random import Random
from typing import ClassVar

import pytest

from sre_assistant.domain.errors import ConfigError, Unreachable
from sre_assistant.kit.clock import FixedClock
from sre_assistant.kit.endpoint import Endpoint, Identity, Purpose
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.secret import Secret
from sre_assistant.kit.tls import behind
from sre_assistant.kit.tries import MOST_AT_ONCE
from sre_assistant.kit.wire import Request
from tests.kit.certificates import authority, client_files, second_authority, server_context
from tests.kit.hostile import Behaviour, Seen, answering, hostile

NOW = datetime(2026, 3, 1, 2, 14, tzinfo=UTC)
GOOD = answering({"ok": True})
READ = Request(method="GET", path="/info", repeatable=True)
CHANGE = Request(method="POST", path="/restart", repeatable=False, purpose="change")


@dataclass(frozen=True, slots=True, kw_only=True)
class Entered(Endpoint):
    """An endpoint with everything that a subclass may add."""

    credential: ClassVar[str] = "token"

    token: Secret | None = field(default=None)
    change_token: Secret | None = field(default=None)
    files: tuple[Path, Path] | None = None
    inline: str = ""
    door: str = ""

    @property
    def identity(self) -> Identity | None:
        if self.files is None:
            return None
        certificate, key = (Secret(file.read_text(encoding="utf-8")) for file in self.files)
        return Identity(certificate, key)

    @property
    def authority(self) -> str:
        return self.inline

    @property
    def socket(self) -> str:
        return self.door

    def headers(self, purpose: Purpose = "read") -> dict[str, str]:
        token = (self.change_token if purpose == "change" else None) or self.token
        return {"Authorization": f"Bearer {token.reveal()}"} if token else {}


@asynccontextmanager
async def wired(endpoint: Endpoint) -> AsyncIterator[LiveWire]:
    wire = LiveWire("it", endpoint, FixedClock(NOW), Random(1))
    try:
        yield wire
    finally:
        await wire.aclose()


def asking_for_certificates(folder: Path) -> ssl.SSLContext:
    context = server_context(folder)
    context.verify_mode = ssl.CERT_REQUIRED
    context.load_verify_locations(second_authority(folder))
    return context


async def test_a_client_certificate_opens_the_door(tmp_path: Path) -> None:
    files = client_files(tmp_path)
    async with hostile(GOOD, asking_for_certificates(tmp_path)) as server:
        ours = authority(tmp_path)
        async with wired(Entered(url=server.url, ca_cert=ours, files=files)) as wire:
            assert (await wire.send(READ)).status == 200
        async with wired(Entered(url=server.url, ca_cert=ours)) as wire:
            with pytest.raises(Unreachable):
                await wire.send(READ)


async def test_a_certificate_that_is_none_names_what_to_do(tmp_path: Path) -> None:
    broken = tmp_path / "cert.pem"
    broken.write_text("no certificate", encoding="utf-8")
    async with wired(Entered(url="https://127.0.0.1:1", files=(broken, broken))) as wire:
        with pytest.raises(ConfigError, match="client certificate that cannot be used"):
            await wire.send(READ)


async def test_an_authority_may_be_given_as_text(tmp_path: Path) -> None:
    inline = authority(tmp_path).read_text(encoding="utf-8")
    async with hostile(GOOD, server_context(tmp_path)) as server:
        async with wired(Entered(url=server.url, inline=inline)) as wire:
            assert (await wire.send(READ)).status == 200
        async with wired(Entered(url=server.url, inline="no certificate")) as wire:
            with pytest.raises(ConfigError, match="cannot be used"):
                await wire.send(READ)


async def test_a_unix_socket_is_a_door_too(tmp_path: Path) -> None:
    door = tmp_path / "it.sock"
    async with hostile(GOOD, socket=door) as server:
        async with wired(Entered(url="http://it", door=str(door))) as wire:
            assert (await wire.send(READ)).status == 200
        assert server.paths == ["/info"]
    async with wired(Entered(url="http://it", door=str(tmp_path / "absent.sock"))) as wire:
        with pytest.raises(Unreachable, match="no such file"):
            await wire.send(READ)


async def test_changes_travel_with_their_own_credential() -> None:
    async with hostile(GOOD) as server:
        both = Entered(url=server.url, token=Secret("reads-only"), change_token=Secret("may-change"))
        async with wired(both) as wire:
            await wire.send(READ)
            await wire.send(CHANGE)
        async with wired(Entered(url=server.url, token=Secret("reads-only"))) as wire:
            await wire.send(CHANGE)
    sent = [seen.headers.get("authorization") for seen in server.seen]
    assert sent == ["Bearer reads-only", "Bearer may-change", "Bearer reads-only"]
    assert "may-change" not in both.quoted("you sent Bearer may-change and reads-only")
    assert "reads-only" not in both.quoted("you sent Bearer may-change and reads-only")


async def test_at_most_eight_requests_are_under_way_at_once() -> None:
    under_way, most = 0, 0
    freed = asyncio.Event()

    def counting() -> Behaviour:
        async def behave(seen: Seen, writer: asyncio.StreamWriter) -> bool:
            nonlocal under_way, most
            under_way += 1
            most = max(most, under_way)
            if most == MOST_AT_ONCE:
                freed.set()
            await freed.wait()
            under_way -= 1
            return await GOOD(seen, writer)

        return behave

    async with hostile(counting()) as server, wired(Entered(url=server.url)) as wire:
        await asyncio.gather(*(wire.send(READ) for _ in range(3 * MOST_AT_ONCE)))
    assert (most, len(server.seen)) == (MOST_AT_ONCE, 3 * MOST_AT_ONCE)


def test_errors_that_go_round_are_told_once() -> None:
    first, second = ValueError("a"), OSError("b")
    first.__cause__, second.__cause__ = second, first
    assert list(behind(first)) == [first, second]


def test_credentials_in_the_url_are_refused_where_they_mean_nothing() -> None:
    with pytest.raises(ConfigError, match=r"carries a user name or a password\. Write them to TOKEN"):
        Entered(url="https://ann:secret@it.lan")
