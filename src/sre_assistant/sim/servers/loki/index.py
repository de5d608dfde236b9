"""What Loki knows of its streams without their lines: labels, series, sizes, fields."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field

from starlette.responses import Response

from sre_assistant.sim.logql import Numbers, gotext
from sre_assistant.sim.logql.engine import Point, selected
from sre_assistant.sim.logql.errors import ParseError
from sre_assistant.sim.logql.evaluator import matchers
from sre_assistant.sim.logql.extraction import clean
from sre_assistant.sim.logql.jsontext import Malformed, Members, fields, text_of
from sre_assistant.sim.logql.logfmt import Pair, pairs
from sre_assistant.sim.logql.parser import parse, unchecked
from sre_assistant.sim.logql.syntax import Match, Selection
from sre_assistant.sim.logstore import LogStore, LogStream
from sre_assistant.sim.metrics.series import Labels
from sre_assistant.sim.servers.loki.answers import answer, listed, numbers
from sre_assistant.sim.servers.loki.asked import Asked, Bounds, Refused

_CHUNK = 2 * 3600 * 1_000_000_000
_KIB = 1024
_FIELD_LINES = 1000


def labels(store: LogStore, asked: Asked) -> Response:
    """The names of labels."""
    return listed(name for stream in _streams(store, asked) for name, _ in stream.labels)


def label_values(store: LogStore, asked: Asked) -> Response:
    """The values of one label."""
    name = asked.path["name"]
    return listed(value for stream in _streams(store, asked) for key, value in stream.labels if key == name)


def series(store: LogStore, asked: Asked) -> Response:
    """The label sets that any of the selectors picks."""
    texts = asked.params.getlist("match[]") or asked.params.getlist("match")
    if not texts:
        raise Refused("0 matcher groups supplied")
    bounds = asked.bounds()
    found = {
        stream.labels
        for text in texts
        for stream in store.streams(matchers(only_matchers(text)), bounds.start, bounds.end)
    }
    return answer({"status": "success", "data": [dict(one) for one in sorted(found)]})


def stats(store: LogStore, asked: Asked) -> Response:
    """How much a selector would read."""
    bounds = asked.bounds()
    found = store.streams(matchers(only_matchers(asked.query)), bounds.start, bounds.end)
    counts = {"streams": 0, "chunks": 0, "bytes": 0, "entries": 0}
    for stream in found:
        entries = stream.entries(bounds.start, bounds.end)
        if entries:
            size = sum(len(entry.text.encode()) for entry in entries)
            counts["streams"] += 1
            counts["chunks"] += len({entry.at // _CHUNK for entry in entries})
            counts["bytes"] += -(-size // _KIB) * _KIB
            counts["entries"] += len(entries)
    return answer(counts)


def volume(store: LogStore, asked: Asked) -> Response:
    """How many bytes there are, by labels, the largest first."""
    bounds = asked.bounds()
    sizes = _volumes(store, asked, bounds)
    found = tuple((key, (Point(bounds.end // 1_000_000, float(size)),)) for key, size in sizes)
    return numbers(Numbers("vector", found))


def volume_range(store: LogStore, asked: Asked) -> Response:
    """The same, step by step."""
    bounds, step = asked.range()
    found: dict[Labels, list[Point]] = {}
    start = bounds.start - bounds.start % step
    while start < bounds.end:
        piece = Bounds(max(start, bounds.start), min(start + step, bounds.end))
        for key, size in _volumes(store, asked, piece):
            found.setdefault(key, []).append(Point(start // 1_000_000, float(size)))
        start += step
    rows = tuple((key, tuple(points)) for key, points in sorted(found.items()))
    return numbers(Numbers("matrix", rows))


def detected_labels(store: LogStore, asked: Asked) -> Response:
    """Labels that are worth filtering by, with the number of their values."""
    bounds = asked.bounds()
    found: dict[str, set[str]] = {}
    picked = matchers(_any_matchers(asked.query))
    for stream in store.streams(picked, bounds.start, bounds.end):
        for name, value in stream.labels:
            found.setdefault(name, set()).add(value)
    data = [{"label": name, "cardinality": len(values)} for name, values in sorted(found.items())]
    return answer({"detectedLabels": data} if data else {})


@dataclass(slots=True)
class _Field:
    values: set[str] = field(default_factory=set)
    parsers: list[str] = field(default_factory=list)
    path: tuple[str, ...] = ()

    def add(self, value: str, parser: str, path: tuple[str, ...] = ()) -> None:
        self.values.add(value)
        if parser and parser not in self.parsers:
            self.parsers.append(parser)
        self.path = self.path or path


def detected_fields(store: LogStore, asked: Asked) -> Response:
    """Fields that the lines themselves hold, found by trying the parsers on a sample of them."""
    tree = parse(asked.query)
    if not isinstance(tree, Selection):
        raise Refused("only log selector is supported")
    bounds, limit = asked.bounds(), int(asked.first("line_limit") or _FIELD_LINES)
    lines = selected(store, tree, bounds.start, bounds.end, limit=min(limit, 5000), forward=False).lines
    found: dict[str, _Field] = {}
    for line in lines:
        for name, value in (*line.metadata, *line.parsed):
            found.setdefault(name, _Field()).add(value, "")
        _detect(line.text, found)
    data = [
        {
            "label": name,
            "type": _type(one.values),
            "cardinality": len(one.values),
            "parsers": one.parsers or None,
            **({"jsonPath": list(one.path)} if one.path else {}),
        }
        for name, one in sorted(found.items())
    ]
    return answer({"fields": data, "limit": asked.limit(1000)} if data else {})


def _detect(text: str, found: dict[str, _Field]) -> None:
    try:
        _detect_json(Members(fields(text)), (), found)
    except Malformed:
        for pair in pairs(text):
            if isinstance(pair, Pair) and pair.value and (name := clean(pair.key)):
                found.setdefault(name, _Field()).add(pair.value, "logfmt")


def _detect_json(value: Members, path: tuple[str, ...], found: dict[str, _Field]) -> None:
    for key, one in value:
        inner = (*path, key)
        if isinstance(one, Members):
            _detect_json(one, inner, found)
        elif (text := text_of(one)) is not None:
            found.setdefault(clean("_".join(inner)), _Field()).add(text, "json", inner)


def _type(values: Iterable[str]) -> str:
    """The kind of the first value by name, as a client would compare it."""
    value = min(values, default="")
    readers: tuple[tuple[str, Callable[[str], object]], ...] = (
        ("int", int),
        ("float", gotext.parse_float),
        ("boolean", _boolean),
        ("duration", gotext.parse_duration),
        ("bytes", gotext.parse_bytes),
    )
    for name, read in readers:
        try:
            read(value)
        except ValueError:
            continue
        return name
    return "string"


def _boolean(text: str) -> bool:
    if text not in {"true", "false"}:
        raise ValueError(text)
    return text == "true"


def _streams(store: LogStore, asked: Asked) -> Sequence[LogStream]:
    bounds = asked.bounds()
    picked = only_matchers(asked.query) if asked.query else ()
    return store.streams(matchers(picked), bounds.start, bounds.end)


def only_matchers(text: str) -> tuple[Match, ...]:
    """The conditions of a selector without stages.

    Raises:
        ParseError: it is not LogQL.
        Refused: it is more than a selector.
    """
    tree = parse(text)
    if not isinstance(tree, Selection) or tree.stages:
        raise Refused("only label matchers are supported")
    return tree.matches


def _any_matchers(text: str) -> tuple[Match, ...]:
    """The same where everything may be selected."""
    if not text or text.replace(" ", "") == "{}":
        return ()
    tree = unchecked(text)
    if not isinstance(tree, Selection) or tree.stages:
        raise Refused("only label matchers are supported")
    return tree.matches


def _volumes(store: LogStore, asked: Asked, bounds: Bounds) -> list[tuple[Labels, int]]:
    """Bytes by the labels asked for, else by those that the selector names."""
    picked = _any_matchers(asked.query) if asked.query else _no_query()
    wanted = {name for name in asked.first("targetLabels").split(",") if name}
    how = asked.first("aggregateBy") or "series"
    if how not in {"series", "labels"}:
        raise Refused("invalid aggregation option")
    wanted = wanted or {one.name for one in picked}
    sizes: dict[Labels, int] = {}
    for stream in store.streams(matchers(picked), bounds.start, bounds.end):
        size = sum(len(entry.text.encode()) for entry in stream.entries(bounds.start, bounds.end))
        if not size:
            continue
        for key in _keys(stream.labels, wanted, by_label=how == "labels"):
            sizes[key] = sizes.get(key, 0) + size
    ordered = sorted(sizes.items(), key=lambda one: (-one[1], one[0]))
    return ordered[: asked.limit()]


def _keys(have: Labels, wanted: set[str], *, by_label: bool) -> list[Labels]:
    if by_label:
        return [((name, ""),) for name, _ in have if not wanted or name in wanted]
    return [tuple(pair for pair in have if pair[0] in wanted) if wanted else have]


def _no_query() -> tuple[Match, ...]:
    raise ParseError("syntax error: unexpected $end")
