"""Loki's answers: streams, series, and what a query has cost."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Final

import msgspec
from starlette.responses import PlainTextResponse, Response

from sre_assistant.sim.logql import Costs, Found, Logs, Numbers
from sre_assistant.sim.logql.errors import label_text
from sre_assistant.sim.logql.gotext import plain_text
from sre_assistant.sim.metrics.series import Labels
from sre_assistant.sim.servers.answers import escaped

JSON: Final = "application/json; charset=UTF-8"
_CHUNK: Final = (
    *("headChunkBytes", "headChunkLines", "decompressedBytes", "decompressedLines", "compressedBytes"),
    *("totalDuplicates", "postFilterLines", "headChunkStructuredMetadataBytes"),
    "decompressedStructuredMetadataBytes",
)
_OBJECTS: Final = (
    *("prePredicateDecompressedRows", "prePredicateDecompressedBytes"),
    *("prePredicateDecompressedStructuredMetadataBytes", "postPredicateRows"),
    *("postPredicateDecompressedBytes", "postPredicateStructuredMetadataBytes", "postFilterRows"),
    *("pagesScanned", "pagesDownloaded", "pagesDownloadedBytes", "pageBatches", "totalRowsAvailable"),
    "totalPageDownloadTime",
)
_CACHED: Final = (
    *("entriesFound", "entriesRequested", "entriesStored", "bytesReceived", "bytesSent", "requests"),
    *("downloadTime", "queryLengthServed"),
)
_CACHES: Final = (
    *("chunk", "index", "result", "statsResult", "volumeResult", "seriesResult", "labelResult"),
    "instantMetricResult",
)


def answer(value: object, *, newline: bool = True, status: int = 200) -> Response:
    """JSON as Loki sends it."""
    body = escaped(msgspec.json.encode(value)) + b"\n" * newline
    return Response(body, status_code=status, headers={"content-type": JSON})


def refused(text: str, status: int = 400, *, newline: bool = False) -> Response:
    """An error: plain text."""
    return PlainTextResponse(text + "\n" * newline, status_code=status)


def listed(values: Iterable[str]) -> Response:
    """Names or values; without any the answer has no data."""
    data = sorted(set(values))
    return answer({"status": "success", "data": data} if data else {"status": "success"})


def numbers(found: Numbers) -> Response:
    """Series with their points."""
    if found.kind == "scalar":
        ((_, (point,)),) = found.series
        result: object = [_stamp(point.at), plain_text(point.value)]
    else:
        result = [
            {
                "metric": dict(labels),
                "value" if found.kind == "vector" else "values": (
                    [_stamp(points[0].at), plain_text(points[0].value)]
                    if found.kind == "vector"
                    else [[_stamp(point.at), plain_text(point.value)] for point in points]
                ),
            }
            for labels, points in found.series
        ]
    return _queried({"resultType": found.kind, "result": result}, found.costs, len(found.series))


def logs(found: Logs, *, categorised: bool) -> Response:
    """Lines under their streams, the streams in the order of their labels."""
    data: dict[str, object] = {
        "resultType": "streams",
        "result": streams(found.lines, categorised=categorised),
    }
    if categorised:
        data["encodingFlags"] = ["categorize-labels"]
    return _queried(data, found.costs, len(found.lines))


def streams(lines: Iterable[Found], *, categorised: bool = False) -> list[dict[str, object]]:
    """Lines by their labels."""
    groups: dict[Labels, list[object]] = {}
    for line in lines:
        if categorised:
            groups.setdefault(line.stream, []).append([str(line.at), line.text, _categories(line)])
        else:
            groups.setdefault(line.labels, []).append([str(line.at), line.text])
    ordered = sorted(groups.items(), key=lambda group: label_text(dict(group[0])))
    return [{"stream": dict(labels), "values": values} for labels, values in ordered]


def _categories(line: Found) -> dict[str, Mapping[str, str]]:
    found: dict[str, Mapping[str, str]] = {}
    if line.metadata:
        found["structuredMetadata"] = dict(line.metadata)
    if line.parsed:
        found["parsed"] = dict(line.parsed)
    return found


def _queried(data: dict[str, object], costs: Costs, returned: int) -> Response:
    body = {"status": "success", "data": {**data, "stats": statistics(costs, returned)}}
    return answer(body, newline=False)


def _stamp(milliseconds: int) -> int | float:
    seconds, part = divmod(milliseconds, 1000)
    return milliseconds / 1000 if part else seconds


def statistics(costs: Costs, returned: int) -> dict[str, object]:
    """What a query has cost; the times are worked out from the work, so that they repeat."""
    seconds = 0.001 + costs.lines * 2e-6
    summary = {
        "bytesProcessedPerSecond": round(costs.bytes / seconds),
        "linesProcessedPerSecond": round(costs.lines / seconds),
        "totalBytesProcessed": costs.bytes,
        "totalLinesProcessed": costs.lines,
        "execTime": round(seconds, 9),
        "queueTime": 0.0004,
        "subqueries": 0,
        "totalEntriesReturned": returned,
        "splits": 1,
        "shards": 1,
        "totalPostFilterLines": costs.kept,
        "totalStructuredMetadataBytesProcessed": costs.metadata_bytes,
    }
    chunk = dict.fromkeys(_CHUNK, 0) | {
        "decompressedBytes": costs.bytes,
        "decompressedLines": costs.lines,
        "postFilterLines": costs.kept,
        "decompressedStructuredMetadataBytes": costs.metadata_bytes,
    }
    ingester = {
        "totalReached": 1,
        "totalChunksMatched": costs.streams,
        "totalBatches": 1,
        "totalLinesSent": costs.kept,
        "store": _store(costs.streams, chunk),
        "recvWaitTime": 0,
    }
    return {
        "summary": summary,
        "querier": {"store": _store(0, dict.fromkeys(_CHUNK, 0)), "querierExecTime": round(seconds, 9)},
        "ingester": ingester,
        "cache": {name: dict.fromkeys(_CACHED, 0) for name in _CACHES},
        "index": {
            "totalChunks": 0,
            "postFilterChunks": 0,
            "shardsDuration": 0,
            "usedBloomFilters": False,
            "totalStreams": 0,
            "chunkRefsLookupTime": 0,
            "bloomFilterTime": 0,
        },
    }


def _store(chunks: int, chunk: dict[str, int]) -> dict[str, object]:
    return {
        "totalChunksRef": chunks,
        "totalChunksDownloaded": chunks,
        "chunksDownloadTime": 0,
        "queryReferencedStructuredMetadata": False,
        "queryUsedV2Engine": False,
        "chunk": chunk,
        "chunkRefsFetchTime": 0,
        "congestionControlLatency": 0,
        "pipelineWrapperFilteredLines": 0,
        "dataobj": dict.fromkeys(_OBJECTS, 0),
    }
