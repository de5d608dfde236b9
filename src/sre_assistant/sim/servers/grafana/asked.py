"""A request to Grafana: who asks, what for, and the errors in Grafana's forms."""

from __future__ import annotations

import base64
import binascii
import hmac
import zlib
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final, Literal, TypeVar

import msgspec
from starlette.datastructures import QueryParams
from starlette.requests import Request
from starlette.responses import Response

from sre_assistant.sim.servers.answers import json_answer

T = TypeVar("T")
Role = Literal["viewer", "admin"]

ADMIN: Final = "admin"


class Refused(Exception):
    """A request that gets an error: the status and the JSON body."""

    def __init__(self, status: int, body: Mapping[str, object]) -> None:
        super().__init__(str(body))
        self.answer = json_answer(body, status=status)


@dataclass(frozen=True, slots=True)
class Asked:
    """One request; ``now`` is its simulated moment in unix milliseconds."""

    params: QueryParams
    path: Mapping[str, str]
    body: bytes
    role: Role
    now: int

    def number(self, name: str, default: int) -> int:
        """A whole number among the parameters; what is none counts as not given, as in Grafana."""
        text = self.params.get(name, "")
        return int(text) if text.lstrip("-").isdecimal() else default

    def flag(self, name: str) -> bool:
        """A switch among the parameters that is on unless it is turned off."""
        return self.params.get(name, "true").lower() not in {"false", "0"}

    def require(self, permission: str) -> None:
        """Lets only administrators pass.

        Raises:
            Refused: it is a viewer.
        """
        if self.role == "admin":
            return
        mark = zlib.crc32(f"{permission} {self.now}".encode())
        needed = (
            f"You'll need additional permissions to perform this action. Permissions needed: {permission}"
        )
        raise Refused(403, {"accessErrorId": f"ACE{mark:010d}", "message": needed, "title": "Access denied"})

    def decoded(self, kind: type[T]) -> T:
        """The body.

        Raises:
            Refused: it is no JSON of this shape.
        """
        try:
            return msgspec.json.decode(self.body, type=kind)
        except msgspec.DecodeError as error:
            raise Refused(400, {"message": "bad request data", "traceID": ""}) from error


def role_of(request: Request, secret: str) -> Role:
    """Who asks: a service account with the right token is a viewer, the administrator knows the secret.

    Raises:
        Refused: nobody that Grafana knows.
    """
    kind, _, given = request.headers.get("authorization", "").partition(" ")
    if not kind:
        raise Refused(401, {"extra": None, **_unknown("Unauthorized", "auth.unauthorized")})
    if kind.lower() == "bearer":
        if hmac.compare_digest(given.encode(), secret.encode()):
            return "viewer"
        raise Refused(401, _unknown("Invalid API key", "api-key.invalid"))
    try:
        user, _, password = base64.b64decode(given, validate=True).decode().partition(":")
    except (binascii.Error, UnicodeDecodeError):
        user, password = "", ""
    if kind.lower() == "basic" and user == ADMIN and hmac.compare_digest(password.encode(), secret.encode()):
        return "admin"
    raise Refused(401, _unknown("Invalid username or password", "password-auth.failed"))


def missing(what: str) -> Response:
    """There is no such thing."""
    body = {"accessErrorId": "", "message": f"{what} not found", "status": "not-found"}
    return json_answer(body, status=404)


def _unknown(message: str, message_id: str) -> dict[str, object]:
    return {"message": message, "messageId": message_id, "statusCode": 401, "traceID": ""}
