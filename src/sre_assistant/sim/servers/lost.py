"""No answer at all: what a client sees when the other side is gone, or its answer is lost on the way."""

from __future__ import annotations

from starlette.responses import Response
from starlette.types import Receive, Scope, Send

from sre_assistant.sim.misbehaviour import hang_up


class NoAnswer(Response):
    """Closes the connection instead of answering."""

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002  the protocol's
        """Begins an answer of which nothing is sent, and cuts it off."""
        await hang_up(send)
