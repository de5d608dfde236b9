"""What can go wrong with a LogQL query; the texts are the server's.

QueryError
├─ ParseError        not LogQL, or LogQL that means nothing
├─ PipelineFailed    a line could not be worked with, and the query does not say what to do then
├─ LimitReached      more series, points or lines than one query may have
└─ EvaluationFailed  the series at hand do not fit the operator; the server calls that its own fault
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from sre_assistant.sim.logql.gotext import quoted


class QueryError(Exception):
    """A query that gets no answer; ``status`` is the one the HTTP API answers with."""

    status: ClassVar[int] = 400


class ParseError(QueryError):
    """The text is not a query; ``line`` and ``column`` say where, both 0 when there is no place."""

    def __init__(self, message: str, line: int = 0, column: int = 0) -> None:
        self.line, self.column = line, column
        place = f" at line {line}, col {column}:" if line or column else " :"
        super().__init__(f"parse error{place} {message}")


class StageError(ParseError):
    """A stage of the pipeline that cannot be built."""

    def __init__(self, stage: str, problem: str) -> None:
        super().__init__(f"stage '{stage}' : {problem}")


class PipelineFailed(QueryError):
    """A metric query met a line with an error in it."""

    def __init__(self, labels: Mapping[str, str]) -> None:
        kind = labels["__error__"]
        super().__init__(
            f"pipeline error: '{kind}' for series: '{label_text(labels)}'.\n"
            f'Use a label filter to intentionally skip this error. (e.g | __error__!="{kind}").\n'
            'To skip all potential errors you can match empty errors.(e.g __error__="")\n'
            "The label filter can also be specified after unwrap. "
            '(e.g | unwrap latency | __error__="" )\n'
        )


class LimitReached(QueryError):
    """The answer would be too large."""

    @classmethod
    def series(cls, limit: int) -> LimitReached:
        """Too many series."""
        return cls(
            f"maximum number of series ({limit}) reached for a single query; consider reducing query "
            "cardinality by adding more specific stream selectors, reducing the time range, or aggregating "
            "results with functions like sum(), count() or topk()"
        )


class EvaluationFailed(QueryError):
    """Series that cannot be paired, or something that the server is not set up for."""

    status = 500


def label_text(labels: Mapping[str, str]) -> str:
    """Labels as in a selector, sorted by name."""
    return "{" + ", ".join(f"{name}={quoted(labels[name])}" for name in sorted(labels)) + "}"
