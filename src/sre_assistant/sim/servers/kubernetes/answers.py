"""Answers on the wire: the content type that the client takes, the simulated date, or no answer at all."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from datetime import UTC, datetime
from email.utils import format_datetime
from typing import Final

import msgspec
import yaml
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response, StreamingResponse

from sre_assistant.sim.live import Live
from sre_assistant.sim.servers.answers import escaped
from sre_assistant.sim.servers.kubernetes.status import Object, not_acceptable

BODY_MOST: Final = 3 * 1024 * 1024
_JSON: Final = "application/json"
_YAML: Final = "application/yaml"
_READABLE: Final = ("curl", "Wget", "Mozilla/5.0")


class Accepted:
    """What a request's ``Accept`` header asks for."""

    def __init__(self, request: Request) -> None:
        """Takes the first of the header's types that is spoken.

        Raises:
            Refused: none of them is.
        """
        self.as_kind, self.media = "", ""
        for text in (request.headers.get("accept") or "*/*").split(","):
            kind, *parameters = (part.strip() for part in text.split(";"))
            given = dict(part.partition("=")[::2] for part in parameters)
            if given.get("as", "") not in {"", "Table", "PartialObjectMetadata", "PartialObjectMetadataList"}:
                continue
            if kind in {_JSON, "application/*", "*/*", _YAML}:
                self.media = _YAML if kind == _YAML else _JSON
                self.as_kind = given.get("as", "")
                return
        raise not_acceptable()


def answer(live: Live, request: Request, value: Object, status: int = 200, *, media: str = _JSON) -> Response:
    """An object as an answer; indented for people who look at it with a plain client."""
    if media == _YAML:
        body = yaml.safe_dump(value, sort_keys=True, allow_unicode=True).encode()
    elif _readable(request):
        body = escaped(json.dumps(value, indent=2, ensure_ascii=False).encode("utf-8", "replace"))
    else:
        body = escaped(msgspec.json.encode(value)) + b"\n"
    return Response(body, status_code=status, media_type=media, headers=headers(live))


def plain(live: Live, text: str, status: int = 200) -> Response:
    """A text as an answer."""
    return PlainTextResponse(text, status_code=status, headers=headers(live))


def stream(live: Live, parts: AsyncIterator[bytes], media: str) -> Response:
    """An answer that goes on."""
    return StreamingResponse(parts, media_type=media, headers=headers(live))


def line(value: Object) -> bytes:
    """An event of a watch."""
    return escaped(msgspec.json.encode(value)) + b"\n"


def headers(live: Live) -> dict[str, str]:
    """What stands above every answer."""
    moment = datetime.fromtimestamp(live.clock.milliseconds() // 1000, UTC)
    return {"date": format_datetime(moment, usegmt=True), "cache-control": "no-cache, private"}


def _readable(request: Request) -> bool:
    asked = request.query_params.get("pretty")
    if asked is not None:
        return asked.lower() in {"1", "true", ""}
    return request.headers.get("user-agent", "").startswith(_READABLE)
