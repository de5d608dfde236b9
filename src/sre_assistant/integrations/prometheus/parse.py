"""From the bytes of an answer to domain values. Each function raises DecodeError when they are not that."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from typing import Final, Generic, TypeVar

import msgspec

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.errors import CallError
from sre_assistant.domain.reading import Build, Rule, Sample, Series, Target
from sre_assistant.domain.window import from_epoch
from sre_assistant.integrations.prometheus import hosts, shapes
from sre_assistant.kit.codec import DecodeError, decode
from sre_assistant.kit.entries import read_entries
from sre_assistant.kit.labels import fingerprint
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.units import parse_duration

T = TypeVar("T")

MAX_KEPT: Final = 50_000
"""Series, names or rules of one answer that are kept."""
_SAID = 500
_KIND = 40
_EARLIEST, _LATEST = 1970, 9000
"""Years that a clock may tell: those from which a span can be counted back and forth."""


@dataclass(frozen=True, slots=True)
class Parsed(Generic[T]):
    """A value and what the answer says about itself."""

    value: T
    cut: str = ""
    """Why it is not all; empty when it is."""
    hint: str = ""
    """What the server thinks we should know."""
    kind: str = ""
    """The result type of a query."""


def samples(body: bytes) -> Parsed[tuple[Sample, ...]]:
    """An instant query's vector or scalar; any other type has no samples."""
    told = decode(body, shapes.Envelope[shapes.Result])
    result = _result(told)
    if result.result_type == "scalar":
        at, text = decode(bytes(result.result), tuple[float, str])
        found = (Sample({}, float(text), _moment(at)),)
        return _parsed(told, found, kind="scalar")
    if result.result_type != "vector":
        return _parsed(told, (), kind=bounded(result.result_type, _KIND))
    items = decode(bytes(result.result), list[shapes.Instant])
    moments: dict[float, datetime] = {}
    kept = []
    for item in items[:MAX_KEPT]:
        if item.value is None:
            continue
        at, text = item.value
        if at not in moments:
            moments[at] = _moment(at)
        kept.append(Sample(item.metric, float(text), moments[at]))
    histograms = sum(1 for item in items if item.value is None)
    return _parsed(told, tuple(kept), kind="vector", cut=_cut("series", len(items), histograms))


def clock(body: bytes) -> Parsed[datetime]:
    """What ``time()`` was answered with."""
    told = samples(body)
    if not told.value:
        raise DecodeError("time() was answered with nothing")
    moment = _moment(told.value[0].value)
    if not _EARLIEST <= moment.year <= _LATEST:
        raise DecodeError(f"time() was answered with the year {moment.year}")
    return Parsed(moment, told.cut, told.hint)


def series(body: bytes) -> Parsed[tuple[Series, ...]]:
    """A range query's series; any other type has none."""
    told = decode(body, shapes.Envelope[shapes.Result])
    result = _result(told)
    if result.result_type != "matrix":
        return _parsed(told, (), kind=bounded(result.result_type, _KIND))
    items = decode(bytes(result.result), list[shapes.Matrix])
    kept = tuple(_series(item.metric, item.values) for item in items[:MAX_KEPT] if item.values)
    histograms = sum(1 for item in items if not item.values)
    return _parsed(told, kept, kind="matrix", cut=_cut("series", len(items), histograms))


def names(body: bytes) -> Parsed[tuple[str, ...]]:
    """The values of a label."""
    told = decode(body, shapes.Envelope[list[str]])
    found = _data(told) or []
    return _parsed(told, tuple(found[:MAX_KEPT]), cut=_cut("values", len(found)))


def targets(body: bytes, host_label: str = "") -> Parsed[tuple[Target, ...]]:
    """What is scraped, with its machine; credentials in a scrape's URL or error are taken out.

    Args:
        body: the answer.
        host_label: the label that names machines; found out when empty.
    """
    told = decode(body, shapes.Envelope[shapes.Targets])
    data = _data(told)
    found, cut = read_entries(
        (data and data.active_targets) or (), shapes.ActiveTarget, _target, most=MAX_KEPT
    )
    naming = host_label or hosts.host_label(each.labels for each in found)
    placed = (replace(each, host=each.labels.get(naming, "")) if naming else each for each in found)
    return _parsed(told, tuple(placed), cut=cut)


def rules(body: bytes) -> Parsed[tuple[Rule, ...]]:
    """All rules of all groups, in order."""
    told = decode(body, shapes.Envelope[shapes.RuleGroups])
    groups, cut = _groups(told)
    found = tuple(_rule(group.name, item) for group in groups for item in group.rules or ())
    return _parsed(told, found[:MAX_KEPT], cut="; ".join(filter(None, (cut, _cut("rules", len(found))))))


def rule_files(body: bytes) -> Parsed[Mapping[str, str]]:
    """The file of each rule group."""
    told = decode(body, shapes.Envelope[shapes.RuleGroups])
    groups, cut = _groups(told)
    return _parsed(told, {group.name: group.file for group in groups}, cut=cut)


def alerts(body: bytes, source: str) -> Parsed[tuple[Alert, ...]]:
    """Pending and firing alerts; one without a time or labels we can use is counted, not kept."""
    told = decode(body, shapes.Envelope[shapes.Alerts])
    data = _data(told)
    read = partial(_alert, source=source)
    found, cut = read_entries((data and data.alerts) or (), shapes.AlertItem, read, most=MAX_KEPT)
    return _parsed(told, found, cut=cut)


def metadata(body: bytes) -> Parsed[Mapping[str, shapes.MetadataItem]]:
    """Type and help by metric; the first exporter's word counts."""
    told = decode(body, shapes.Envelope[dict[str, list[shapes.MetadataItem]]])
    found = {name: items[0] for name, items in (_data(told) or {}).items() if items}
    return _parsed(told, found)


def build(body: bytes) -> Parsed[Build]:
    """Which product answers; only Prometheus and its kin say what they were built with."""
    told = decode(body, shapes.Envelope[shapes.BuildInfo])
    data = _data(told) or shapes.BuildInfo()
    product = data.application or ("Prometheus" if data.go_version else "")
    return _parsed(told, Build(product=product, version=data.version, revision=data.revision))


def runtime(body: bytes) -> Parsed[shapes.RuntimeInfo]:
    """How the server runs."""
    told = decode(body, shapes.Envelope[shapes.RuntimeInfo])
    return _parsed(told, _data(told) or shapes.RuntimeInfo())


def flags(body: bytes) -> Parsed[Mapping[str, str]]:
    """The server's command-line flags."""
    told = decode(body, shapes.Envelope[dict[str, str]])
    data = _data(told)
    return _parsed(told, data if data is not None else {})


def tsdb(body: bytes) -> Parsed[shapes.TsdbStatus]:
    """Size and cardinality of the database."""
    told = decode(body, shapes.Envelope[shapes.TsdbStatus])
    return _parsed(told, _data(told) or shapes.TsdbStatus())


def explanation(body: bytes) -> str | None:
    """The error text of an answer, or None when it has none."""
    try:
        told = decode(body, shapes.Envelope[msgspec.Raw])
    except DecodeError:
        return None
    return told.error or None


def _data(told: shapes.Envelope[T]) -> T | None:
    if told.status != "success":
        raise DecodeError(f"its status is {told.status!r}: {told.error}")
    return told.data


def _result(told: shapes.Envelope[shapes.Result]) -> shapes.Result:
    data = _data(told)
    if data is None:
        raise DecodeError("there is no data in it")
    return data


def _parsed(told: shapes.Told, value: T, *, cut: str = "", kind: str = "") -> Parsed[T]:
    warnings = [bounded(redact(text), _SAID) for text in (told.warnings or [])[:3]]
    hints = [bounded(redact(text), _SAID) for text in (told.infos or [])[:3]]
    return Parsed(value, "; ".join([cut, *warnings] if cut else warnings), "; ".join(hints), kind)


def _cut(what: str, total: int, histograms: int = 0) -> str:
    notes = []
    if total > MAX_KEPT:
        notes.append(f"{total:,} {what} came, the first {MAX_KEPT:,} were kept: narrow the query")
    if histograms:
        notes.append(
            f"{histograms:,} native histograms left out: ask for histogram_quantile() or histogram_avg()"
        )
    return "; ".join(notes)


def _series(labels: dict[str, str], points: list[tuple[float, str]]) -> Series:
    times = tuple(at for at, _ in points)
    _moment(min(times))
    _moment(max(times))
    return Series(labels, times, tuple(float(text) for _, text in points))


def _target(item: shapes.ActiveTarget) -> Target:
    return Target(
        labels=item.labels or {},
        health=item.health,
        last_error=bounded(redact(item.last_error), _SAID),
        scrape_url=bounded(redact(item.scrape_url), _SAID),
        scrape_interval=_seconds(item.scrape_interval),
        last_scrape=_date(item.last_scrape),
    )


def _groups(told: shapes.Envelope[shapes.RuleGroups]) -> tuple[tuple[shapes.RuleGroup, ...], str]:
    """The groups that can be read, and why those are not all."""
    data = _data(told)
    found, cut = read_entries((data and data.groups) or (), shapes.RuleGroup, _itself, most=MAX_KEPT)
    return found, f"rule groups: {cut}" if cut else ""


def _itself(group: shapes.RuleGroup) -> shapes.RuleGroup:
    return group


def _rule(group: str, item: shapes.RuleItem) -> Rule:
    return Rule(
        name=item.name,
        expression=item.query,
        kind=item.type,
        group=group,
        hold=item.duration,
        labels=item.labels or {},
        annotations=item.annotations or {},
        health=item.health,
        last_error=bounded(redact(item.last_error), _SAID),
        state=item.state,
    )


def _alert(item: shapes.AlertItem, source: str) -> Alert:
    labels, began = item.labels or {}, _date(item.active_at)
    if began is None:
        raise DecodeError(f"activeAt is {item.active_at!r}: expected a time such as 2026-03-01T02:14:00Z")
    return Alert(
        name=labels.get("alertname", ""),
        labels=labels,
        annotations=item.annotations or {},
        starts_at=began,
        fingerprint=fingerprint(labels),
        status=item.state,
        source=source,
    )


def _moment(seconds: float) -> datetime:
    try:
        return from_epoch(seconds)
    except (ValueError, OverflowError, OSError) as error:
        raise DecodeError(f"{seconds!r} is no time") from error


def _date(text: str) -> datetime | None:
    """None for Go's zero time and for what is no time."""
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment.tzinfo and moment.year > 1 else None


def _seconds(text: str) -> float:
    if not text:
        return 0.0
    try:
        return parse_duration(text).total_seconds()
    except CallError as error:
        raise DecodeError(str(error)) from error
