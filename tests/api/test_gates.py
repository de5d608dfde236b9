from __future__ import annotations

import asyncio
from pathlib import Path

import httpx2
import pytest

from sre_assistant.api.gates import Limits, host_names
from sre_assistant.runtime.program import Program
from sre_assistant.sim.homelab import Homelab
from tests.api.served import TOKEN, served, until
from tests.runtime.homelab import connected

PROTECTED = ["/alerts", "/metrics", "/healthz", "/health", "/ready", "/openapi.json", "/docs", "/nowhere"]


@pytest.mark.parametrize(
    "authorization",
    [
        None,
        "",
        "Bearer",
        "Bearer wrong",
        f"Bearer {TOKEN[:-1]}",
        f"Bearer {TOKEN}x",
        f"Basic {TOKEN}",
        TOKEN,
        "Bearer caf\xe9",
    ],
)
async def test_without_the_token_nothing_is_told(program: Program, authorization: str | None) -> None:
    headers = {} if authorization is None else {b"Authorization": authorization.encode("latin-1")}
    async with served(program, token="") as client:
        for path in PROTECTED:
            answer = await client.get(path, headers=headers)
            assert answer.status_code == 401
            assert answer.headers["www-authenticate"].startswith("Bearer")
            assert answer.headers["content-type"] == "application/problem+json"
            assert TOKEN not in answer.text


async def test_with_the_token_one_is_let_in(client: httpx2.AsyncClient) -> None:
    assert (await client.get("/alerts")).status_code == 200
    lower = {"Authorization": f"bearer {TOKEN}"}
    assert (await client.get("/alerts", headers=lower)).status_code == 200


async def test_probes_are_open_to_anybody_by_any_name(program: Program) -> None:
    async with served(program, token="") as client:
        for path in ("/livez", "/readyz"):
            answer = await client.get(path, headers={"Host": "192.0.2.7:8000"})
            assert answer.status_code == 200


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "localhost.evil.example", "sre.lan.", "", "[::2]"]
)
async def test_a_strange_name_is_turned_away_before_the_token_counts(
    client: httpx2.AsyncClient, host: str
) -> None:
    answer = await client.get("/alerts", headers={"Host": host})
    assert answer.status_code == 421
    assert "SRE_ALLOWED_HOSTS" in answer.json()["detail"]


@pytest.mark.parametrize(
    "host", ["localhost", "LOCALHOST:8000", "127.0.0.1", "[::1]:8000", "sre.lan", "sre.lan:443"]
)
async def test_known_names_are_answered(client: httpx2.AsyncClient, host: str) -> None:
    assert (await client.get("/alerts", headers={"Host": host})).status_code == 200


@pytest.mark.parametrize(
    ("bound", "expected"),
    [("192.0.2.1", "192.0.2.1"), ("2001:db8::1", "[2001:db8::1]"), ("sre.lan", "sre.lan")],
)
def test_the_address_it_listens_on_is_a_known_name(bound: str, expected: str) -> None:
    assert expected in host_names(bound, ())


@pytest.mark.parametrize("bound", ["0.0.0.0", "::"])
def test_listening_everywhere_adds_no_name(bound: str) -> None:
    assert host_names(bound, ()) == host_names("127.0.0.1", ())


async def test_too_many_requests_are_told_when_to_come_back(program: Program) -> None:
    async with served(program, limits=Limits(burst=2, per_second=0.01)) as client:
        answers = [await client.get("/openapi.json") for _ in range(3)]
        assert [answer.status_code for answer in answers] == [200, 200, 429]
        assert 90 <= int(answers[2].headers["retry-after"]) <= 100
        assert (await client.get("/metrics")).status_code == 200


async def test_strangers_use_up_nobodys_share(program: Program) -> None:
    async with served(program, limits=Limits(burst=1, per_second=0.01)) as client:
        for _ in range(5):
            assert (await client.get("/alerts", headers={"Authorization": "Bearer x"})).status_code == 401
        assert (await client.get("/alerts")).status_code == 200


async def test_only_so_many_requests_are_worked_on_at_once(
    homelab: Homelab, tmp_path: Path, silent_server: str
) -> None:
    async with (
        connected(homelab, tmp_path, PROMETHEUS_URL=silent_server) as program,
        served(program, limits=Limits(at_once=1)) as client,
    ):
        waiting = asyncio.create_task(client.get("/alerts"))
        await until(client, 'in_progress{endpoint="/alerts"} 1.0')
        answer = await client.get("/alerts")
        assert (answer.status_code, answer.headers["retry-after"]) == (429, "1")
        waiting.cancel()
        await asyncio.gather(waiting, return_exceptions=True)
