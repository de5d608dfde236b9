from __future__ import annotations

import asyncio

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.types import Message

from sre_assistant.api.bodies import read_body


async def test_a_body_that_never_ends_is_not_waited_for() -> None:
    async def trickle() -> Message:
        await asyncio.sleep(0.001)
        return {"type": "http.request", "body": b" ", "more_body": True}

    request = Request({"type": "http", "headers": []}, trickle)
    with pytest.raises(HTTPException) as refused:
        await read_body(request, patience=0.05)
    assert refused.value.status_code == 408


async def test_a_body_far_too_large_is_not_read_to_its_end() -> None:
    sent = 0

    async def flood() -> Message:
        nonlocal sent
        sent += 1
        return {"type": "http.request", "body": bytes(1_000_000), "more_body": True}

    with pytest.raises(HTTPException) as refused:
        await read_body(Request({"type": "http", "headers": []}, flood))
    assert refused.value.status_code == 413
    assert sent < 20
