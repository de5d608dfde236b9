"""The answer of a query as JSON, written by hand because a matrix can have a million numbers."""

from __future__ import annotations

import operator

import msgspec

from sre_assistant.sim.arrays import Floats, Ints
from sre_assistant.sim.metrics.series import Labels
from sre_assistant.sim.promql import Answer
from sre_assistant.sim.promql.engine import Cost
from sre_assistant.sim.promql.text import number, plain
from sre_assistant.sim.servers.answers import escaped


def encoded(answer: Answer, *, instant: bool, stats: bool) -> bytes:
    """The whole body; with ``stats`` also what the query cost."""
    if answer.kind in {"string", "scalar"}:
        samples = answer.series[0][1]
        text = answer.text if answer.kind == "string" else plain(float(samples.values[0]))
        written = escaped(msgspec.json.encode(text)).decode()
        result = f"[{plain(samples.times[0] / 1000)},{written}]"
    else:
        single = instant and answer.kind == "vector"
        result = f"[{','.join(_rows(answer, single=single))}]"
    cost = f',"stats":{_cost(answer.cost)}' if stats else ""
    kind = answer.kind
    return f'{{"status":"success","data":{{"resultType":"{kind}","result":{result}{cost}}}}}'.encode()


def numbers(values: Floats) -> list[str]:
    """Sample values as the API writes them."""
    text = msgspec.json.encode(values.tolist()).decode()
    if "e" in text or "null" in text:
        return [number(value) for value in values.tolist()]
    return text[1:-1].replace(".0,", ",").removesuffix(".0").split(",")


def _rows(answer: Answer, *, single: bool) -> list[str]:
    rows, heads, of = [], [""], None
    for labels, samples in answer.series:
        metric = _metric(labels)
        if single:
            value = number(float(samples.values[0]))
            rows.append(f'{{"metric":{metric},"value":[{_stamp(int(samples.times[0]))},"{value}"]}}')
            continue
        if samples.times is not of:
            of, heads = samples.times, _heads(samples.times)
        pairs = '"],'.join(map(operator.add, heads, numbers(samples.values)))
        rows.append(f'{{"metric":{metric},"values":[{pairs}"]]}}')
    return rows


def _metric(labels: Labels) -> str:
    return escaped(msgspec.json.encode(dict(labels))).decode()


def _heads(times: Ints) -> list[str]:
    """What stands before each value."""
    if not (times % 1000).any():
        return [f'[{second},"' for second in (times // 1000).tolist()]
    return [f'[{_stamp(moment)},"' for moment in times.tolist()]


def _stamp(moment: int) -> str:
    seconds, part = divmod(moment, 1000)
    return f"{seconds}.{part:03d}" if part else str(seconds)


def _cost(cost: Cost) -> str:
    """What a query took; the times follow from the samples, so the same question gets the same bytes."""
    work = cost.looked_at * 1e-7
    timings = {
        "evalTotalTime": round(8e-5 + work, 9),
        "resultSortTime": 0,
        "queryPreparationTime": 5.1e-05,
        "innerEvalTime": round(2.8e-5 + work, 9),
        "execQueueTime": 4.9e-06,
        "execTotalTime": round(9.3e-5 + work, 9),
    }
    samples = {"totalQueryableSamples": cost.looked_at, "peakSamples": cost.most}
    return msgspec.json.encode({"timings": timings, "samples": samples}).decode()
