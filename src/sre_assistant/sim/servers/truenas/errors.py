"""How the middleware refuses a call, over either API."""

from __future__ import annotations

import errno
from typing import Final

NOT_AUTHENTICATED: Final = 207
_NAMES: Final = {**errno.errorcode, NOT_AUTHENTICATED: "ENOTAUTHENTICATED"}

CALL_ERROR: Final = -32001
TOO_MANY: Final = -32000
INVALID_JSON: Final = -32700
INVALID_REQUEST: Final = -32600
UNKNOWN_METHOD: Final = -32601
INVALID_PARAMS: Final = -32602


class CallError(Exception):
    """A call that ends with an error of the operating system's kind and a text."""

    kind = "CallError"

    def __init__(self, number: int, text: str) -> None:
        super().__init__(text)
        self.number = number
        self.text = text

    @property
    def reason(self) -> str:
        """The text with the error's name before it."""
        return f"[{_NAMES[self.number]}] {self.text}"


class InstanceNotFound(CallError):
    """There is no such thing."""

    kind = "InstanceNotFound"

    def __init__(self, text: str) -> None:
        super().__init__(errno.ENOENT, text)


class MatchNotFound(CallError):
    """A query that was to find one row found none; its text is empty."""

    kind = "MatchNotFound"

    def __init__(self) -> None:
        super().__init__(errno.EINVAL, "")

    @property
    def reason(self) -> str:
        """What Python makes of an error without a text."""
        return "MatchNotFound()"


class ValidationErrors(Exception):
    """Arguments that cannot be: the attribute and what is wrong with it."""

    def __init__(self, attribute: str, message: str) -> None:
        super().__init__(message)
        self.attribute = attribute
        self.message = message

    @property
    def reason(self) -> str:
        """All of it, a line for each."""
        return f"[EINVAL] {self.attribute}: {self.message}\n"


def error_data(error: CallError | ValidationErrors) -> dict[str, object]:
    """What stands under ``data`` of a JSON-RPC error."""
    kind = error.kind if isinstance(error, CallError) else "ValidationErrors"
    number = error.number if isinstance(error, CallError) else errno.EINVAL
    extra = None if isinstance(error, CallError) else [[error.attribute, error.message, errno.EINVAL]]
    return {
        "error": number,
        "errname": _NAMES[number],
        "reason": error.reason,
        "trace": {
            "class": kind,
            "frames": [],
            "formatted": f"Traceback (most recent call last):\n{kind}: {error.reason}",
            "repr": f"{kind}({error.reason!r})",
        },
        "extra": extra,
    }
