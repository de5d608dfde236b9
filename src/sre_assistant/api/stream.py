"""An answer as server-sent events: what is going on, then the answer, with a heartbeat in the silences."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from sre_assistant.api.errors import attempt
from sre_assistant.domain.answer import Answer
from sre_assistant.domain.errors import SreError
from sre_assistant.domain.events import (
    CaseConcluded,
    CaseOpened,
    Emit,
    Event,
    LookupBegan,
    LookupDone,
    StageReached,
)
from sre_assistant.kit import codec
from sre_assistant.kit.redaction import bounded, redact

HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_HEARTBEAT = b": keep-alive\n\n"
_STAGES = {
    "plan": "Deciding what to ask",
    "collect": "Asking",
    "analyse": "Weighing what came",
    "conclude": "Concluding",
}


async def events(
    work: Callable[[Emit], Awaitable[Answer]], *, heartbeat: float
) -> AsyncGenerator[bytes, None]:
    """The lines of the stream; when its reader goes away, the work is given up.

    Args:
        work: answers, and tells what happens meanwhile.
        heartbeat: seconds of silence after which a comment line is sent.
    """
    queue: asyncio.Queue[bytes | None] = asyncio.Queue()

    def tell(event: Event) -> None:
        queue.put_nowait(_line(**_message(event)))

    async def answer() -> None:
        try:
            queue.put_nowait(_last(await work(tell)))
        except SreError as error:
            queue.put_nowait(_failure(str(error), type(error).__name__))

    async def run() -> None:
        defect = await attempt(answer())
        if defect is not None:  # the headers are out: only the stream can say it
            queue.put_nowait(_failure("A defect; the log says more.", type(defect).__name__))
        queue.put_nowait(None)

    task = asyncio.create_task(run())
    try:
        yield _line(type="status", content="Thinking…")
        while True:
            try:
                line = await asyncio.wait_for(queue.get(), heartbeat)
            except TimeoutError:
                yield _HEARTBEAT
                continue
            if line is None:
                return
            yield line
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def _message(event: Event) -> dict[str, object]:
    """An event as the stream tells it."""
    match event:
        case CaseOpened():
            return {"type": "status", "content": bounded(event.title, 200)}
        case StageReached():
            return {"type": "status", "content": f"{_STAGES[event.stage]}: {event.note}"}
        case LookupBegan():
            name = f"{event.source}: {event.operation}"
            return {"type": "tool_start", "tool_name": name, "content": f"Asking {event.source}"}
        case LookupDone():
            name = f"{event.source}: {event.operation}"
            outcome = f"{event.completeness} after {event.seconds:.3f} s"
            return {"type": "tool_end", "tool_name": name, "content": outcome}
        case CaseConcluded():
            return {"type": "status", "content": bounded(event.summary, 400)}


def _last(answer: Answer) -> bytes:
    return _line(type="answer", content=answer.response, session_id=answer.session_id, answer=answer)


def _failure(text: str, kind: str) -> bytes:
    return _line(type="error", content=bounded(redact(text), 1000), error=kind)


def _line(**message: object) -> bytes:
    return b"data: " + codec.encode(message) + b"\n\n"
