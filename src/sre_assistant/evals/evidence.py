"""Cited figures asked again: does the world answer the query with the value that was cited?"""

from __future__ import annotations

import asyncio
import math
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Final, NamedTuple

from sre_assistant.domain.errors import SourceError
from sre_assistant.domain.evidence import Evidence
from sre_assistant.kit import codec
from sre_assistant.kit.redaction import bounded
from sre_assistant.kit.wire import Request, Response

_RELATIVE: Final = 1e-9
_AT_ONCE: Final = 8
_MOST_NOTES: Final = 5
_LONGEST_NOTE: Final = 300

Ask = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """How the figures of a reply fared when they were asked again."""

    confirmed: int
    """The world gave the same value."""
    wrong: int
    """It gave another one, none, or several."""
    derived: int
    """Worked out from others, which are named; not asked."""
    uncheckable: int
    """The source cannot be asked for one figure, or did not answer."""
    notes: tuple[str, ...] = ()
    """The first few that are wrong, then of those that are uncheckable, and why."""


class _Outcome(NamedTuple):
    kind: str
    note: str = ""


async def asked_again(exhibits: Iterable[Sequence[Evidence]], sources: Mapping[str, Ask]) -> Figures:
    """Checks each figure once, however often it is cited.

    Args:
        exhibits: what was cited, document by document; that without a value is no figure.
        sources: how to ask those systems that answer instant queries, by their configured name.
    """
    gate = asyncio.Semaphore(_AT_ONCE)

    async def outcome(one: _Cited) -> _Outcome:
        async with gate:
            return await _checked(one, sources)

    cited = (_cited(one, of_document) for of_document in exhibits for one in of_document)
    figures = dict.fromkeys(one for one in cited if one is not None)
    outcomes = await asyncio.gather(*map(outcome, figures))
    kinds = [one.kind for one in outcomes]
    return Figures(
        confirmed=kinds.count("confirmed"),
        wrong=kinds.count("wrong"),
        derived=kinds.count("derived"),
        uncheckable=kinds.count("uncheckable"),
        notes=tuple(one.note for one in sorted(outcomes, key=_last_uncheckable) if one.note)[:_MOST_NOTES],
    )


class _Cited(NamedTuple):
    """A figure as far as it can be checked."""

    source: str
    query: str
    at: datetime
    value: float
    derived: bool
    astray: tuple[str, ...]
    """What it is said to be derived from without being there."""


def _cited(one: Evidence, document: Sequence[Evidence]) -> _Cited | None:
    if one.value is None:
        return None
    astray = set(one.derived_from).difference(other.id for other in document)
    return _Cited(
        one.source, one.query, one.observed_at, one.value, bool(one.derived_from), tuple(sorted(astray))
    )


async def _checked(one: _Cited, sources: Mapping[str, Ask]) -> _Outcome:
    about = f"{one.source}: {one.query}"
    if one.astray:
        return _noted("wrong", about, f"derived from {', '.join(one.astray)}, which is not there")
    if one.derived:
        return _Outcome("derived")
    ask = sources.get(one.source)
    if ask is None:
        return _noted("uncheckable", about, "this source answers no instant queries")
    try:
        response = await ask(_request(one))
    except SourceError as error:
        return _noted("uncheckable", about, error.detail)
    if response.status >= 500 or response.status in {401, 403}:
        return _noted("uncheckable", about, f"HTTP {response.status}")
    if response.status != 200:
        return _noted(
            "wrong", about, f"HTTP {response.status}: {response.body[:200].decode(errors='replace')}"
        )
    return _compared(one, about, response.body)


def _compared(one: _Cited, about: str, body: bytes) -> _Outcome:
    try:
        values = _values(body)
    except (codec.DecodeError, ValueError) as error:
        return _noted("uncheckable", about, f"the answer is no figure: {error}")
    if len(values) != 1:
        return _noted("wrong", about, f"cited {one.value!r}, and {len(values)} values answer")
    if not math.isclose(values[0], one.value, rel_tol=_RELATIVE):
        return _noted("wrong", about, f"cited {one.value!r}, the world says {values[0]!r}")
    return _Outcome("confirmed")


def _request(one: _Cited) -> Request:
    path = "/loki/api/v1/query" if one.source.startswith("loki") else "/api/v1/query"
    at = f"{one.at.timestamp():.6f}"
    return Request(method="GET", path=path, params=(("query", one.query), ("time", at)), repeatable=True)


@dataclass(frozen=True, slots=True)
class _Sample:
    value: tuple[float, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Data:
    resultType: str  # noqa: N815 - as on the wire
    result: object


@dataclass(frozen=True, slots=True)
class _Body:
    data: _Data


def _values(body: bytes) -> list[float]:
    """The values of an instant query's answer.

    Raises:
        DecodeError: it is not such an answer.
        ValueError: it holds no numbers.
    """
    data = codec.decode(body, _Body).data
    result = codec.encode(data.result)
    if data.resultType == "scalar":
        return [float(codec.decode(result, tuple[float, str])[1])]
    if data.resultType != "vector":
        raise ValueError(f"a {data.resultType}")
    return [float(sample.value[1]) for sample in codec.decode(result, list[_Sample])]


def _last_uncheckable(one: _Outcome) -> bool:
    return one.kind == "uncheckable"


def _noted(kind: str, about: str, why: str) -> _Outcome:
    return _Outcome(kind, bounded(f"{kind}: {about}: {why}", _LONGEST_NOTE))
