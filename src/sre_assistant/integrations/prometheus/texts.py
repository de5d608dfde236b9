"""Answers as short texts: the summary first, then one line for each thing."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.reading import Build, Rule, Sample, Series, Target
from sre_assistant.domain.window import from_epoch
from sre_assistant.integrations.prometheus import shapes
from sre_assistant.kit.labels import labels_text
from sre_assistant.kit.redaction import bounded, redact

EMPTY = """No series.
1. Check the names of metric and labels with prometheus_search_metrics.
2. The time may lie before the retention; prometheus_runtime_info says how long that is.
3. A series that ended is not seen later: ask for an earlier time, or for max_over_time(…[1d])."""
_MAX_WITHIN_ABS = re.compile(r"\babs\s*\(\s*(?:\w+\s*(?:by\s*\([^()]*\)\s*)?\(\s*)*max_over_time\b")
_HIGH, _VERY_HIGH = 500_000, 1_000_000
"""Series from which on the memory of a small server is at risk."""
_ENDS = 3
"""Points shown of the begin and of the end of a series."""
_LONGEST_LINE = 400


def found_metrics(term: str, names: Sequence[str], lines: Sequence[str]) -> str:
    """The result of a search."""
    if not names:
        return (
            f"No metric's name contains all words of {term!r}. Try fewer or shorter words, or an exporter's "
            "prefix: node_, smartctl_, pve_, container_, probe_, up."
        )
    head = f"Found {len(names):,} metrics matching {term!r}{_first(lines, len(names))}:"
    return "\n".join([head, *lines, "Ask for values with prometheus_instant_query."])


def metric(name: str, described: shapes.MetadataItem | None) -> str:
    """One metric with its type and help."""
    if described is None:
        return f"  {_line(name)}"
    return _line(f"  {name} ({described.type or 'unknown'}): {described.help}")


def instant(query: str, samples: Sequence[Sample], lines: Sequence[str], kind: str) -> str:
    """The result of an instant query."""
    if not samples:
        return EMPTY
    head = f"Result type: {kind}, series count: {len(samples):,}"
    if len(lines) < len(samples):
        head += f"\nWARNING: only the first {len(lines)} are shown; narrow the query or ask for topk(10, …)"
    return "\n".join([head, *lines, *_doubts(query, samples)])


def _doubts(query: str, samples: Sequence[Sample]) -> Iterator[str]:
    """What a query most likely does not mean as it is written."""
    if "max_over_time" in query and any(s.value < 0 for s in samples):
        yield (
            "WARNING: with negative values max_over_time gives the one nearest to zero: "
            "for the largest swing ask for min_over_time."
        )
    if _MAX_WITHIN_ABS.search(query):
        yield (
            "WARNING: abs(max_over_time(…)) misses swings below zero: "
            "ask for max_over_time(abs(…)[1d:1m]) with the span and step you mean."
        )


def sample(each: Sample) -> str:
    """One series and its value, unconverted."""
    return f"  {bounded(labels_text(each.labels), _LONGEST_LINE)} => {number(each.value)}"


def span(found: Sequence[Series], blocks: Sequence[str]) -> str:
    """The result of a range query."""
    if not found:
        return EMPTY
    points = sum(len(s.values) for s in found)
    head = f"Result type: matrix, series count: {len(found):,}, samples: {points:,}, times in UTC"
    if len(blocks) < len(found):
        head += f"\nWARNING: only the first {len(blocks)} series are shown; narrow the query or aggregate"
    return "\n".join([head, *blocks])


def series(each: Series) -> str:
    """One series: how many points, their range and mean, and both ends; no point twice."""
    numbers = [v for v in each.values if not math.isnan(v)]
    name = f"  {bounded(labels_text(each.labels), _LONGEST_LINE)}"
    if not numbers:
        return f"{name}: {len(each.values):,} samples, none of them a number"
    mean = math.fsum(numbers) / len(numbers) if all(map(math.isfinite, numbers)) else math.nan
    gone = len(each.values) - len(numbers)
    lines = [
        f"{name}: {len(each.values):,} samples (min: {number(min(numbers))}, max: {number(max(numbers))}, "
        f"avg: {number(mean)}{f', {gone} NaN' if gone else ''})"
    ]
    points = [f"    [{_utc(t)}] {number(v)}" for t, v in zip(each.times, each.values, strict=True)]
    if len(points) > 2 * _ENDS:
        points[_ENDS:-_ENDS] = [f"    ... ({len(points) - 2 * _ENDS:,} more samples)"]
    return "\n".join(lines + points)


def targets(all_targets: Sequence[Target], kept: Sequence[Target], lines: Sequence[str]) -> str:
    """A list of targets with a count by health."""
    if not all_targets:
        return "Nothing is scraped: scrape_configs is empty, or this server does not scrape itself."
    counts = {h: sum(1 for t in all_targets if t.health == h) for h in ("up", "down", "unknown")}
    said = ", ".join(f"{count:,} {health}" for health, count in counts.items() if count)
    head = f"{len(all_targets):,} targets ({said}); {len(kept):,} match{_first(lines, len(kept))}"
    return "\n".join([head, *lines])


def target(each: Target) -> str:
    """One target."""
    job, instance = each.labels.get("job", "?"), each.labels.get("instance", "?")
    last = f", last scrape {_date(each.last_scrape)}" if each.last_scrape else ", never scraped"
    error = f": {each.last_error}" if each.last_error else ""
    return _line(f"  [{each.health}] {job} {instance} ({each.scrape_url}{last}){error}")


def rule(each: Rule) -> str:
    """One rule."""
    state = each.state or each.kind
    hold = f" for {each.hold:g}s" if each.hold else ""
    error = f"; evaluation fails: {each.last_error}" if each.last_error else ""
    return _line(f"  [{state}] {each.name} ({each.group}): {each.expression}{hold}{error}")


def alert(each: Alert) -> str:
    """One alert."""
    said = each.annotations.get("summary") or each.annotations.get("description", "")
    labels = {k: v for k, v in each.labels.items() if k != "alertname"}
    return _line(
        f"  [{each.status}] {each.name or '(no name)'} since {_date(each.starts_at)} {labels_text(labels)}"
        + (f' "{redact(said)}"' if said else "")
    )


def tsdb(status: shapes.TsdbStatus, limit: int) -> Iterator[str]:
    """What takes the room in the database, line by line."""
    head = status.head_stats
    if head:
        yield (
            f"Head block: {head.num_series:,} series, {head.num_label_pairs:,} label pairs, "
            f"{head.chunk_count:,} chunks, {_head(head.min_time)} to {_head(head.max_time)} UTC"
        )
    else:
        yield f"{status.total_series:,} series; the server tells nothing of a head block"
    series = head.num_series if head else status.total_series
    if series > _HIGH:
        bound = _VERY_HIGH if series > _VERY_HIGH else _HIGH
        yield f"WARNING: more than {bound:,} series: memory grows with each; look at the largest below."
    for title, counts in (
        ("Series by metric", status.series_count_by_metric_name),
        ("Values by label", status.label_value_count_by_label_name),
        ("Series by label and value", status.series_count_by_label_value_pair),
    ):
        if counts:
            yield f"{title}:"
            yield from (_line(f"  {each.name}: {each.value:,}") for each in counts[:limit])


def runtime(build: Build, info: shapes.RuntimeInfo | None, flags: Mapping[str, str]) -> Iterator[str]:
    """Version, runtime and flags, line by line."""
    product = build.product or "A server with the Prometheus API"
    yield _line(f"{product} {build.version or '(no version said)'}")
    if info:
        accepted = {True: "accepted", False: "REFUSED, the one before is in use", None: "unknown"}
        yield _line(f"Started {info.start_time}, retention {info.storage_retention or 'not said'}")
        yield _line(f"Last configuration of {info.last_config_time}: {accepted[info.reload_config_success]}")
        yield f"Goroutines {info.goroutine_count:,}, write-ahead log corruptions {info.corruption_count:,}"
    if flags:
        yield "Flags:"
        yield from (_line(f"  --{name}={redact(value)}") for name, value in sorted(flags.items()) if value)


def number(value: float) -> str:
    """A sample value in full precision, without a needless ``.0``."""
    if math.isnan(value):
        return "NaN"
    if math.isinf(value):
        return "+Inf" if value > 0 else "-Inf"
    return str(int(value)) if value == int(value) and abs(value) < 1e15 else repr(value)


def _first(lines: Sequence[str], total: int) -> str:
    return f" (first {len(lines):,} shown)" if len(lines) < total else ""


def _line(text: str) -> str:
    indent = len(text) - len(text.lstrip(" "))
    return " " * indent + bounded(text, _LONGEST_LINE)


def _date(moment: datetime) -> str:
    return moment.strftime("%Y-%m-%d %H:%M:%SZ")


def _utc(seconds: float) -> str:
    return from_epoch(seconds).strftime("%Y-%m-%d %H:%M:%S")


def _head(milliseconds: int) -> str:
    try:
        return _utc(milliseconds / 1000)
    except (ValueError, OverflowError, OSError):
        return "never"  # an empty head block begins at the end of time
