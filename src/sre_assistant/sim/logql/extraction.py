"""The parsers ``json``, ``logfmt``, ``regexp``, ``pattern`` and ``unpack``."""

from __future__ import annotations

import contextlib
import re
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, Final

from sre_assistant.sim.logql import jsonpath, jsontext, patterns
from sre_assistant.sim.logql.logfmt import Pair, logfmt_key, orderly, pairs
from sre_assistant.sim.logql.row import Row
from sre_assistant.sim.logql.syntax import Extraction, JsonParser, LogfmtParser, TextParser, Unpack
from sre_assistant.sim.regex import compiled

Step = Callable[[str, Row, int], str | None]
"""A stage: takes a line, its labels and its time; gives the line on, or None if it is left out."""

JSON_FAILED: Final = "JSONParserErr"
LOGFMT_FAILED: Final = "LogfmtParserErr"
_UNCLEAN: Final = re.compile(r"[^a-zA-Z0-9_]", re.ASCII)
_BAD: Final = "\ufffd"


def parser_step(stage: JsonParser | LogfmtParser | TextParser | Unpack) -> Step:
    """The stage of a parser.

    Raises:
        ValueError: one of its expressions is wrong.
    """
    match stage:
        case JsonParser(chosen=()):
            return _json
        case JsonParser():
            return _json_chosen(stage.chosen)
        case LogfmtParser(chosen=()):
            return _logfmt(strict=stage.strict, keep_empty=stage.keep_empty)
        case LogfmtParser():
            return _logfmt_chosen(stage)
        case TextParser(kind="regexp"):
            return _regexp(stage.expression)
        case TextParser():
            return _pattern(stage.expression)
        case Unpack():
            return _unpack


@lru_cache(maxsize=4096)
def clean(name: str, *, first: bool = True) -> str:
    """A key as a label's name: what a name cannot hold becomes an underscore."""
    name = name.strip()
    if name and first and name[0].isdigit():
        name = "_" + name
    return _UNCLEAN.sub("_", name)


def _json(line: str, row: Row, _at: int) -> str:
    if row.hints.nothing:
        return line
    try:
        _flatten(jsontext.fields(line), "", row)
    except jsontext.Malformed as error:
        if not row.hints.satisfied(row.parsed):
            row.fail_parsing(JSON_FAILED, str(error))
    return line


def _flatten(fields: Any, prefix: str, row: Row) -> None:
    """Members of an object, inner ones under their path joined by underscores; no arrays, no nulls."""
    for key, value in fields:
        if isinstance(value, jsontext.Members):
            inner = f"{prefix}_{clean(key, first=False)}" if prefix else clean(key)
            if row.hints.wants_prefix(inner):
                _flatten(value, inner, row)
        elif (text := jsontext.text_of(value)) is not None:
            name = f"{prefix}_{clean(key, first=False)}" if prefix else clean(key)
            if name:
                row.extract(name, text.replace(_BAD, " ") if _BAD in text else text)


def _json_chosen(chosen: tuple[Extraction, ...]) -> Step:
    paths = [(one.name, jsonpath.path(one.expression)) for one in chosen]

    def step(line: str, row: Row, _at: int) -> str:
        if not line or row.hints.nothing:
            return line
        if line[0] not in '"{[':
            row.fail_parsing(JSON_FAILED)
            return line
        try:
            value = jsontext.value_of(line)
        except jsontext.Malformed:
            value = _partly(line)
        hits = [(hit, name, path) for name, path in paths if (hit := jsontext.looked_up(value, path))]
        for hit, name, path in sorted(hits, key=lambda one: one[0].place):
            row.set(row.resolved(name), _chosen_text(hit.value, line, path))
        for name, _ in paths:
            if len(hits) < len(paths) and row.get(name) is None:
                row.set(name, "")
        return line

    return step


def _partly(line: str) -> jsontext.Members:
    """What can be read of a line that is JSON only at first."""
    found = jsontext.Members()
    with contextlib.suppress(jsontext.Malformed):
        for pair in jsontext.fields(line):
            found.append(pair)
    return found


def _chosen_text(value: object, line: str, path: tuple[str | int, ...]) -> str:
    if isinstance(value, jsontext.Members):
        return jsontext.slice_of(line, path)
    if isinstance(value, list):
        return jsontext.unescaped(jsontext.slice_of(line, path)).replace(_BAD, " ")
    return jsontext.text_of(value) or ""


def _logfmt(*, strict: bool, keep_empty: bool) -> Step:
    def step(line: str, row: Row, _at: int) -> str:
        if row.hints.nothing:
            return line
        if (quick := orderly(line)) is not None:
            for key, quoted, bare in quick:
                value = quoted or bare
                if (value or keep_empty) and (name := clean(key)):
                    row.extract(name, value.replace(_BAD, " ") if _BAD in value else value)
            return line
        for found in pairs(line):
            if isinstance(found, Pair):
                if (found.value or keep_empty) and (name := clean(found.key)):
                    row.extract(name, found.value.replace(_BAD, " "))
            elif strict:
                row.fail_parsing(LOGFMT_FAILED, found.text)
                break
        return line

    return step


def _logfmt_chosen(stage: LogfmtParser) -> Step:
    wanted = {one.name: _checked_key(one) for one in stage.chosen}

    def step(line: str, row: Row, _at: int) -> str:
        if row.hints.nothing:
            return line
        for name in wanted:
            if name not in row.base and name not in row.metadata:
                row.set(name, "")
        for found in pairs(line):
            if isinstance(found, Pair):
                _choose(found, wanted, row)
            elif stage.strict:
                row.fail_parsing(LOGFMT_FAILED, found.text)
                break
        return line

    return step


def _checked_key(one: Extraction) -> str:
    key = logfmt_key(one.expression)
    if not patterns.is_label(one.name):
        raise ValueError(f"invalid extracted label name '{one.name}'")
    return key


def _choose(found: Pair, wanted: Mapping[str, str], row: Row) -> None:
    key = clean(found.key)
    if key not in wanted and not row.hints.wants(key):
        return
    name = next((name for name, expression in wanted.items() if expression == key), key)
    if name in wanted:
        row.set(row.resolved(name), "" if _BAD in found.value else found.value)


def _regexp(expression: str) -> Step:
    pattern = compiled(expression)
    names = sorted(pattern.groupindex, key=lambda name: pattern.groupindex[name])

    def step(line: str, row: Row, _at: int) -> str:
        if found := pattern.search(line):
            for name in names:
                row.extract(name, found[name] or "")
        return line

    return step


def _pattern(expression: str) -> Step:
    parts = patterns.parser(expression)

    def step(line: str, row: Row, _at: int) -> str:
        if not row.hints.nothing:
            for name, value in patterns.captured(parts, line):
                row.extract(name, value)
        return line

    return step


def _unpack(line: str, row: Row, _at: int) -> str:
    if not line or row.hints.nothing:
        return line
    if line[0] != "{":
        row.fail_parsing(JSON_FAILED, "expecting json object(6), but it is not")
        return line
    try:
        texts = {key: value for key, value in jsontext.fields(line) if isinstance(value, str)}
    except jsontext.Malformed as error:
        row.fail_parsing(JSON_FAILED, str(error))
        return line
    entry = texts.pop("_entry", None)
    if entry is None:
        return line
    for name, value in [(row.resolved(key), value) for key, value in texts.items()]:
        if name not in row.taken and row.hints.wants(name):
            row.set(clean(name), value)
    return entry
