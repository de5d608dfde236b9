"""How the daemon writes JSON, times, durations and errors."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Final

import msgspec
from starlette.responses import PlainTextResponse, Response

from sre_assistant.sim.servers.docker.engines import Engine, speaks

if TYPE_CHECKING:
    from sre_assistant.sim.world import World

NEVER: Final = "0001-01-01T00:00:00Z"
"""How Go writes a time that is not set."""

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_FIRST_JSON_ERRORS: Final = "1.23"


class Refused(Exception):
    """A request that gets an error: the status and the message, and both as releases before 25 had them."""

    def __init__(self, status: int, message: str, once: tuple[int, str] | None = None) -> None:
        super().__init__(message)
        self.now = (status, message)
        self.once = once or self.now


def json_answer(value: object, status: int = 200) -> Response:
    """JSON as the daemon writes it: nothing escaped for HTML, a newline at the end."""
    return Response(msgspec.json.encode(value) + b"\n", status_code=status, media_type="application/json")


def error_answer(refused: Refused, engine: Engine, version: str) -> Response:
    """An error in the words of a release: JSON, or plain text for clients from before that."""
    status, message = refused.now if engine.recent else refused.once
    if version and not speaks(version, _FIRST_JSON_ERRORS):
        return PlainTextResponse(f"{message}\n", status_code=status)
    return json_answer({"message": message}, status)


def nanoseconds(world: World, t: float, *salt: str) -> int:
    """A time of the world in unix nanoseconds; its part below a millisecond follows from the salt."""
    digest = hashlib.sha256("\x00".join((f"{t:.3f}", *salt)).encode()).digest()
    return world.unix_ms(t) * 1_000_000 + int.from_bytes(digest[:4], "big") % 1_000_000


def rfc3339(nanos: int, *, fixed: bool = False) -> str:
    """Unix nanoseconds as Go writes them: with as many decimals as it needs, or before log lines with all."""
    seconds, part = divmod(nanos, 1_000_000_000)
    text = f"{(_EPOCH + timedelta(seconds=seconds)):%Y-%m-%dT%H:%M:%S}.{part:09d}"
    return f"{text}Z" if fixed else f"{text.rstrip('0').rstrip('.')}Z"


def for_humans(seconds: float) -> str:
    """A duration as ``docker ps`` writes it."""
    whole = int(max(seconds, 0.0))
    minutes, hours = whole // 60, int(max(seconds, 0.0) / 3600 + 0.5)
    if whole < 1:
        return "Less than a second"
    if whole < 60:
        return "1 second" if whole == 1 else f"{whole} seconds"
    if minutes < 60:
        return "About a minute" if minutes == 1 else f"{minutes} minutes"
    for most, unit, size in (
        (48, "hours", 1),
        (336, "days", 24),
        (1440, "weeks", 168),
        (17520, "months", 720),
    ):
        if hours < most:
            return "About an hour" if hours == 1 else f"{hours // size} {unit}"
    return f"{hours // 8760} years"


def digest(*names: str) -> str:
    """Sixty-four hexadecimal digits that stand for a thing."""
    return hashlib.sha256("\x00".join(names).encode()).hexdigest()


def flag(params: Mapping[str, str], name: str, *, otherwise: bool = False) -> bool:
    """A switch of a query: anything but nothing, 0, no, false and none is on."""
    if name not in params:
        return otherwise
    return params[name].strip().lower() not in {"", "0", "no", "false", "none"}


def moment(text: str) -> int | None:
    """Unix seconds with up to nine decimals, as nanoseconds; nothing where none are given.

    Raises:
        Refused: it is no such number.
    """
    if not text:
        return None
    whole, _, part = text.partition(".")
    if not whole.lstrip("-").isdecimal() or (part and not part.isdecimal()):
        raise Refused(500, f'strconv.ParseInt: parsing "{text}": invalid syntax')
    return int(whole) * 1_000_000_000 + int(part[:9].ljust(9, "0") or 0)
