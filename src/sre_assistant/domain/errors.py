"""The error tree, split by who must act.

SreError
├─ ConfigError        the operator changes a setting (names the setting and the remedy)
├─ CallError          the caller corrects the request (names the value and what is allowed)
├─ SourceError        a connected system failed (names the system and the operation)
│  ├─ Unreachable       no answer: try later, or look at the network
│  ├─ Unauthorised      the credential is missing or wrong
│  ├─ Denied            the credential is right, its permission too narrow
│  ├─ Rejected          the system says our request is wrong
│  ├─ Missing           the thing, or this part of the API, does not exist there
│  └─ Malformed         it answered, but not in its own language
├─ BudgetSpent        a bound on requests, time or size was reached
└─ ActionRefused      policy or a person said no
"""

from __future__ import annotations


class SreError(Exception):
    """Anything this program says on purpose; its text is fit to be shown."""


class ConfigError(SreError):
    """A setting is missing or wrong; only the operator can change it."""

    def __init__(self, setting: str, problem: str, remedy: str) -> None:
        super().__init__(f"{setting} {problem}. {remedy}")
        self.setting = setting
        self.remedy = remedy


class CallError(SreError):
    """The caller asked for something that cannot be answered as asked."""


class SourceError(SreError):
    """A connected system did not give what was asked.

    Attributes:
        system: name of the configured system, e.g. ``prometheus``.
        operation: what was asked of it, e.g. ``GET /api/v1/query``.
        detail: what it said or what happened, redacted and bounded.
    """

    def __init__(self, system: str, operation: str, detail: str) -> None:
        super().__init__(f"{system}: {operation}: {detail}")
        self.system = system
        self.operation = operation
        self.detail = detail


class Unreachable(SourceError):
    """No usable answer came: refused, timed out, cut off, or the circuit breaker is open."""


class Unauthorised(SourceError):
    """The system asks who we are (401, or a login page where an API should be)."""


class Denied(SourceError):
    """The system knows us and says no (403)."""


class Rejected(SourceError):
    """The system says our request is wrong (400, 422), e.g. a query that does not parse."""


class Missing(SourceError):
    """The thing asked for, or the endpoint itself, is not there (404, 405, 501)."""


class Malformed(SourceError):
    """An answer came but is not what the system's API promises."""


class BudgetSpent(SreError):
    """A bound was reached: requests, time, or the size of an answer."""


class ActionRefused(SreError):
    """Policy or a person refused a change."""
