from __future__ import annotations

import asyncio
import json
from pathlib import Path

import httpx2

from sre_assistant.api.stream import events
from sre_assistant.domain.answer import Answer
from sre_assistant.domain.events import Emit
from sre_assistant.sim.homelab import Homelab
from tests.api.served import served, until
from tests.runtime.homelab import connected, unconnected

ASKED = {"question": "why is the disk on nas filling?"}


async def read(client: httpx2.AsyncClient) -> tuple[list[dict[str, object]], int]:
    """The events of one stream, and how many heartbeats came between them."""
    found, beats = [], 0
    async with client.stream("POST", "/ask/stream", json=ASKED) as answer:
        assert answer.status_code == 200
        assert answer.headers["content-type"].startswith("text/event-stream")
        assert answer.headers["cache-control"] == "no-cache"
        async for line in answer.aiter_lines():
            if line.startswith("data: "):
                found.append(json.loads(line.removeprefix("data: ")))
            elif line.startswith(":"):
                beats += 1
    return found, beats


async def test_progress_comes_before_the_answer(client: httpx2.AsyncClient) -> None:
    found, _ = await read(client)
    kinds = [event["type"] for event in found]
    assert kinds[0] == "status"
    assert kinds[-1] == "answer"
    assert {"tool_start", "tool_end"} <= set(kinds)
    assert "/tank/media" in str(found[-1]["content"])
    assert found[-1]["session_id"]


async def test_every_look_up_begins_and_ends_under_one_name(client: httpx2.AsyncClient) -> None:
    found, _ = await read(client)
    begun = [event["tool_name"] for event in found if event["type"] == "tool_start"]
    ended = [event["tool_name"] for event in found if event["type"] == "tool_end"]
    assert sorted(map(str, begun)) == sorted(map(str, ended))
    assert any(str(name).startswith("prometheus: ") for name in begun)


async def test_silence_is_filled_with_heartbeats(
    homelab: Homelab, tmp_path: Path, silent_server: str
) -> None:
    quick = {"PROMETHEUS_URL": silent_server, "PROMETHEUS_TIMEOUT": "0.5"}
    async with connected(homelab, tmp_path, **quick) as program, served(program, heartbeat=0.05) as client:
        _, beats = await read(client)
    assert beats >= 3


async def test_an_error_ends_the_stream_as_an_event(tmp_path: Path) -> None:
    async with served(unconnected(tmp_path)) as client:
        found, _ = await read(client)
    assert found[-1]["type"] == "error"
    assert found[-1]["error"] == "ConfigError"
    assert "PROMETHEUS_URL" in str(found[-1]["content"])


async def test_a_defect_ends_the_stream_without_telling_secrets() -> None:
    async def work(emit: Emit) -> Answer:
        raise RuntimeError("hunter2")

    text = b"".join([line async for line in events(work, heartbeat=1)]).decode()
    assert '"type":"error"' in text
    assert "RuntimeError" in text
    assert "hunter2" not in text


async def test_work_is_given_up_when_its_reader_leaves(
    homelab: Homelab, tmp_path: Path, silent_server: str
) -> None:
    quiet = {"PROMETHEUS_URL": silent_server, "PROMETHEUS_TIMEOUT": "300"}
    async with connected(homelab, tmp_path, **quiet) as program, served(program, heartbeat=0.05) as client:
        async with client.stream("POST", "/ask/stream", json=ASKED) as answer:
            async for line in answer.aiter_lines():
                if line.startswith(":"):
                    break
        await until(client, 'in_progress{endpoint="/ask/stream"} 0.0')


async def test_giving_up_reaches_the_work_itself() -> None:
    ended = asyncio.Event()

    async def work(emit: Emit) -> Answer:
        try:
            await asyncio.Event().wait()
        finally:
            ended.set()
        raise AssertionError("nobody sets that event")

    stream = events(work, heartbeat=0.01)
    assert await anext(stream) == b'data: {"content":"Thinking\xe2\x80\xa6","type":"status"}\n\n'
    assert await anext(stream) == b": keep-alive\n\n"
    await stream.aclose()
    assert ended.is_set()
