"""Failures as values."""

from __future__ import annotations

import asyncio

import pytest

from sre_assistant.domain.errors import Denied
from sre_assistant.kit.outcomes import settled

REFUSED = Denied("pve", "GET /x", "no")


async def test_a_failure_does_not_keep_the_others_from_being_waited_for() -> None:
    done: list[str] = []

    async def slow() -> str:
        await asyncio.sleep(0)
        done.append("slow")
        return "here"

    async def refused() -> str:
        raise REFUSED

    failed, came = await asyncio.gather(settled(refused()), settled(slow()))
    assert (failed, came) == (REFUSED, "here")
    assert done == ["slow"]


async def test_what_is_no_failure_of_a_system_is_an_error_all_the_same() -> None:
    async def broken() -> str:
        raise KeyError("a mistake of ours")

    with pytest.raises(KeyError):
        await settled(broken())
