"""What can go wrong with a query, by the names the HTTP API uses.

QueryError
├─ BadData           the query or a parameter does not parse
├─ ExecutionFailed   it parses but cannot be worked out
└─ QueryTimedOut     it took longer than it was given
"""

from __future__ import annotations

from typing import ClassVar


class QueryError(Exception):
    """A query that gets no answer; the text is the server's."""

    kind: ClassVar[str] = "internal"


class BadData(QueryError):
    """Not PromQL, or not a parameter."""

    kind = "bad_data"


class ExecutionFailed(QueryError):
    """The series at hand do not fit the expression, or it needs something unsupported."""

    kind = "execution"


class QueryTimedOut(QueryError):
    """The time allowed was over first."""

    kind = "timeout"

    def __init__(self) -> None:
        super().__init__("query timed out in expression evaluation")
