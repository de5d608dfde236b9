"""``/api/ds/query``: PromQL through Grafana, answered as data frames."""

from __future__ import annotations

import math
import re
from typing import Final

import msgspec
import numpy as np
from starlette.responses import Response

from sre_assistant.sim.arrays import Samples
from sre_assistant.sim.live import Live
from sre_assistant.sim.metrics.series import NAME, Labels
from sre_assistant.sim.metrics.tsdb import Tsdb
from sre_assistant.sim.promql import Answer, QueryError
from sre_assistant.sim.promql.text import duration_text
from sre_assistant.sim.promql.vectors import Frame
from sre_assistant.sim.servers.answers import json_answer
from sre_assistant.sim.servers.grafana.asked import Asked, Refused

_RELATIVE: Final = re.compile(r"now(?:-(?P<count>[0-9]+)(?P<unit>[smhdw]))?")
_UNITS: Final = {"s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000, "w": 604_800_000}
_MOST_STEPS: Final = 11_000


class SourceRef(msgspec.Struct, frozen=True, kw_only=True):
    """Which data source is asked."""

    uid: str = ""


class Query(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """One query of a request."""

    ref_id: str = "A"
    datasource: SourceRef = SourceRef()
    expr: str = ""
    instant: bool = False
    range: bool = False
    interval_ms: float = 60_000
    max_data_points: float = 1000


class Queries(msgspec.Struct, frozen=True, kw_only=True):
    """A request."""

    queries: tuple[Query, ...] = ()
    since: str = msgspec.field(name="from", default="now-1h")
    until: str = msgspec.field(name="to", default="now")


def queried(live: Live, asked: Asked) -> Response:
    """The answers by ``refId``; 400 when all of them failed, 207 when some did.

    Raises:
        Refused: nothing is asked, or a time is none.
    """
    request = asked.decoded(Queries)
    if not request.queries:
        raise Refused(400, {"message": "no queries found", "messageId": "query.noQueries", "statusCode": 400})
    since, until = _moment(request.since, asked.now), _moment(request.until, asked.now)
    results = {one.ref_id: _result(live, one, since, until) for one in request.queries}
    failed = sum("error" in one for one in results.values())
    status = 200 if not failed else 400 if failed == len(results) else 207
    return json_answer({"results": results}, status=status)


def _result(live: Live, query: Query, since: int, until: int) -> dict[str, object]:
    if query.datasource.uid != "prom":
        return {"error": "data source not found", "errorSource": "downstream", "status": 404, "frames": []}
    storage = Tsdb(live.world.index, live.rules, live.clock.milliseconds())
    step = max(round(query.interval_ms), 1, -(-(until - since) // _MOST_STEPS))
    text = _filled(query.expr, step, until - since)
    try:
        if query.instant or not query.range:
            answer = live.engine.instant(storage, text, until)
        else:
            begin = since // step * step
            frame = Frame(np.arange(begin, until + 1, step, dtype=np.int64), begin, until)
            answer = live.engine.over(storage, text, frame)
    except QueryError as error:
        told = f"{error.kind}: {error}"
        return {"error": told, "errorSource": "downstream", "status": 400, "frames": []}
    return {"status": 200, "frames": _frames(query, answer, text, step)}


def _frames(query: Query, answer: Answer, text: str, step: int) -> list[dict[str, object]]:
    several = "numeric-multi" if answer.kind in {"vector", "scalar"} else "timeseries-multi"
    meta: dict[str, object] = {
        "type": several,
        "typeVersion": [0, 1],
        "custom": {"resultType": answer.kind},
        "executedQueryString": f"Expr: {text}\nStep: {duration_text(step)}",
    }
    return [_frame(query.ref_id, labels, samples, meta) for labels, samples in answer.series]


def _frame(ref_id: str, labels: Labels, samples: Samples, meta: dict[str, object]) -> dict[str, object]:
    have = dict(labels)
    name = have.pop(NAME, "")
    values = [value if math.isfinite(value) else None for value in samples.values.tolist()]
    return {
        "schema": {
            "name": name,
            "refId": ref_id,
            "meta": meta,
            "fields": [
                {"name": "Time", "type": "time", "typeInfo": {"frame": "time.Time"}},
                {"name": "Value", "type": "number", "typeInfo": {"frame": "float64"}, "labels": have},
            ],
        },
        "data": {"values": [samples.times.tolist(), values]},
    }


def _filled(text: str, step: int, span: int) -> str:
    """Grafana's own variables in an expression, filled in."""
    rate = duration_text(max(step + 15_000, 4 * 15_000))
    known = {"rate_interval": rate, "interval": duration_text(step), "range": duration_text(max(span, 1000))}
    for name, value in known.items():
        text = text.replace(f"${{__{name}}}", value).replace(f"$__{name}", value)
    return text


def _moment(text: str, now: int) -> int:
    """Unix milliseconds of digits, or of a time before now."""
    if text.isdecimal():
        return int(text)
    found = _RELATIVE.fullmatch(text)
    if found is None:
        raise Refused(400, {"message": f"invalid time range: {text}", "statusCode": 400})
    return now - (int(found["count"]) * _UNITS[found["unit"]] if found["unit"] else 0)
