"""What replies of the middleware mean: a result, or the error of the tree."""

from __future__ import annotations

from typing import Final

import msgspec

from sre_assistant.domain.errors import Denied, Missing, Rejected, SourceError, Unauthorised, Unreachable
from sre_assistant.kit.codec import DecodeError, decode

LOGIN: Final = "auth.login_with_api_key"
_UNKNOWN_METHOD, _CALL_FAILED, _TOO_MANY = -32601, -32001, -32000
_PERM, _NOENT, _ACCES, _EXIST, _INVAL, _NOMETHOD, _STRANGER = 1, 2, 13, 17, 22, 201, 207
_KINDS: Final[dict[int, type[SourceError]]] = {
    _PERM: Denied,
    _ACCES: Denied,
    _NOENT: Missing,
    _NOMETHOD: Missing,
    _EXIST: Rejected,
    _INVAL: Rejected,
    _STRANGER: Unauthorised,
}


class Data(msgspec.Struct):
    """What the middleware adds to an error; its trace is not read."""

    error: int = 0
    reason: str = ""


class Failure(msgspec.Struct):
    """A JSON-RPC error."""

    code: int = 0
    message: str = ""
    data: Data | None = None

    @property
    def kind(self) -> type[SourceError]:
        """Who must act; what the middleware itself failed at may go well another time."""
        if self.code == _UNKNOWN_METHOD:
            return Missing
        if self.code == _CALL_FAILED and self.data is not None:
            return _KINDS.get(self.data.error, Unreachable)
        return Unreachable if self.code in {_TOO_MANY, _CALL_FAILED} else Rejected

    @property
    def text(self) -> str:
        """In the middleware's own words."""
        return (self.data.reason if self.data else "").strip() or self.message or f"error {self.code}"


class Reply(msgspec.Struct):
    """A JSON-RPC reply without its id."""

    result: msgspec.Raw = msgspec.Raw(b"")
    error: Failure | None = None


class _Answered(msgspec.Struct):
    result: object = None
    error: Failure | None = None


def refusal(body: bytes) -> str:
    """Why the reply to a login does not let us in; empty when it does."""
    try:
        reply = decode(body, _Answered)
    except DecodeError:
        return "the login was answered with something that is no reply to it"
    if reply.error is not None:
        return f"the login failed: {reply.error.text}"
    if reply.result is not True:
        return (
            "the API key is wrong, expired or revoked (TrueNAS revokes one that was used over plain HTTP): "
            "make a new one"
        )
    return ""


def lapsed(body: bytes) -> bool:
    """Whether a reply says that nobody is logged in."""
    if not body.startswith(b'{"error"'):
        return False
    try:
        reply = decode(body, _Answered)
    except DecodeError:
        return False
    return reply.error is not None and reply.error.kind is Unauthorised


class _Said(msgspec.Struct):
    message: str


def explanation(body: bytes) -> str | None:
    """What the REST API says of an error: a message, or a list of problems for each field."""
    try:
        return decode(body, _Said).message
    except DecodeError:
        pass
    try:
        problems = decode(body, dict[str, list[_Said]])
    except DecodeError:
        return None
    return "; ".join(f"{name}: {', '.join(one.message for one in said)}" for name, said in problems.items())
