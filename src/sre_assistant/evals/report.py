"""The report of a run: every result, and what they come to."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from math import ceil
from typing import Literal

from sre_assistant.domain.errors import CallError
from sre_assistant.evals.comparison import Comparison
from sre_assistant.evals.floors import Floor
from sre_assistant.evals.measures import Share, shares
from sre_assistant.evals.results import Result, Via
from sre_assistant.kit import codec


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """How a cost spreads over the scenarios."""

    median: float
    p95: float
    """Nineteen of twenty stay at or below it."""
    most: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Cost:
    """What one question costs."""

    question: str
    """As in the efforts of a result."""
    seconds: Spread
    cpu_seconds: Spread | None
    """Null where the machine does not tell."""
    requests: Spread | None
    """Null when the homelab does not count."""
    lookups: Spread


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """The measures of some scenarios."""

    by: Literal["all", "tag", "difficulty"]
    name: str
    """The tag or difficulty; ``all`` for all."""
    scenarios: int
    failures: int
    shares: tuple[Share, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation:
    """One run of `sre eval run`. The JSON form is this class, field by field."""

    schema: int = 1
    version: str
    """Of the product."""
    began_at: datetime
    seconds: float
    """Wall time of the whole run."""
    via: Via
    workers: int
    results: tuple[Result, ...]
    """In the order in which the scenarios were chosen; all seeds of one together."""
    groups: tuple[Group, ...]
    """All scenarios first, then each tag, then each difficulty."""
    costs: tuple[Cost, ...]
    floors: tuple[Floor, ...]
    against: Comparison | None = None
    """Beside a former run, where one was given."""


def grouped(results: Sequence[Result]) -> tuple[Group, ...]:
    """The measures of all results, of each tag and of each difficulty."""
    tags = sorted({tag for one in results for tag in one.tags})
    levels = [level for level in ("easy", "medium", "hard") if level in {one.difficulty for one in results}]
    return (
        _group("all", "all", results),
        *(_group("tag", tag, [one for one in results if tag in one.tags]) for tag in tags),
        *(_group("difficulty", it, [one for one in results if one.difficulty == it]) for it in levels),
    )


def costs_of(results: Iterable[Result]) -> tuple[Cost, ...]:
    """What each question costs over all results that have an answer."""
    efforts = [effort for one in results for effort in one.efforts]
    found = []
    for question in dict.fromkeys(effort.question for effort in efforts):
        these = [effort for effort in efforts if effort.question == question]
        cpu = [one.cpu_seconds for one in these if one.cpu_seconds is not None]
        requests = [float(one.requests) for one in these if one.requests is not None]
        found.append(
            Cost(
                question=question,
                seconds=spread([one.seconds for one in these]),
                cpu_seconds=spread(cpu) if cpu else None,
                requests=spread(requests) if requests else None,
                lookups=spread([float(one.lookups) for one in these]),
            )
        )
    return tuple(found)


def spread(values: Sequence[float]) -> Spread:
    """Median, 95th percentile (both by the nearest rank) and maximum.

    Raises:
        ValueError: there are none.
    """
    if not values:
        raise ValueError("no values have no spread")
    ordered = sorted(values)

    def ranked(share: float) -> float:
        return ordered[max(0, ceil(share * len(ordered)) - 1)]

    return Spread(median=ranked(0.5), p95=ranked(0.95), most=ordered[-1])


def read_report(data: bytes, place: str) -> Evaluation:
    """A report that `--json` or `--out` wrote.

    Raises:
        CallError: it is none, or of another version.
    """
    try:
        document = codec.decode(data, Evaluation)
    except codec.DecodeError as error:
        raise CallError(f"{place!r} is no report of `sre eval run`: {error}") from error
    if document.schema != 1:
        raise CallError(f"{place!r} is a report of schema {document.schema}; this program reads schema 1.")
    return document


def _group(by: Literal["all", "tag", "difficulty"], name: str, results: Sequence[Result]) -> Group:
    return Group(
        by=by,
        name=name,
        scenarios=len(results),
        failures=sum(bool(one.failure) for one in results),
        shares=shares(one.scores for one in results),
    )
