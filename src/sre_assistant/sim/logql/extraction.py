"""The parsers ``json``, ``logfmt``, ``regexp``, ``pattern`` and ``unpack``."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sre_assistant.sim.logql import jsontext, patterns
from sre_assistant.sim.logql.logfmt import Pair, Problem, pairs
from sre_assistant.sim.logql.regex import compiled
from sre_assistant.sim.logql.row import SUFFIX, Row
from sre_assistant.sim.logql.syntax import Extraction, JsonParser, LogfmtParser, TextParser, Unpack

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
        row.fail_parsing(JSON_FAILED, str(error))
    return line


def _flatten(fields: Any, prefix: str, row: Row) -> None:
    """Members of an object, inner ones under their path joined by underscores; arrays and nulls are left out."""
    for key, value in fields:
        if isinstance(value, dict):
            inner = f"{prefix}_{clean(key, first=False)}" if prefix else clean(key)
            if row.hints.wants_prefix(inner):
                _flatten(value.items(), inner, row)
        elif (text := jsontext.text_of(value)) is not None:
            name = f"{prefix}_{clean(key, first=False)}" if prefix else clean(key)
            if name:
                row.extract(name, text.replace(_BAD, " ") if _BAD in text else text)


def _json_chosen(chosen: tuple[Extraction, ...]) -> Step:
    paths = [(one.name, jsontext.path(one.expression)) for one in chosen]

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
        for name, path in paths:
            there, found = jsontext.looked_up(value, path)
            if there:
                row.set(name + SUFFIX if name in row.base else name, _chosen_text(found, line, path))
            elif row.get(name) is None:
                row.set(name, "")
        return line

    return step


def _partly(line: str) -> dict[str, object]:
    """What can be read of a line that is JSON only at first."""
    found: dict[str, object] = {}
    try:
        for key, value in jsontext.fields(line):
            found[key] = value
    except jsontext.Malformed:
        return found
    return found


def _chosen_text(value: object, line: str, path: tuple[str | int, ...]) -> str:
    if isinstance(value, dict | list):
        return jsontext.slice_of(line, path)
    return jsontext.text_of(value) or ""


def _logfmt(*, strict: bool, keep_empty: bool) -> Step:
    def step(line: str, row: Row, _at: int) -> str:
        if row.hints.nothing:
            return line
        for found in pairs(line):
            if isinstance(found, Problem):
                if strict:
                    row.fail_parsing(LOGFMT_FAILED, found.text)
                    break
                continue
            name = clean(found.key)
            if name and (found.value or keep_empty):
                row.extract(name, found.value.replace(_BAD, " "))
        return line

    return step


def _logfmt_chosen(stage: LogfmtParser) -> Step:
    wanted = {one.name: one.expression for one in stage.chosen}
    for name, expression in wanted.items():
        if not expression or not re.fullmatch(r"[^\s=\"]+", expression):
            raise ValueError(f"cannot parse expression [{expression}]: syntax error: unexpected $end")
        if not patterns.is_label(name):
            raise ValueError(f"invalid extracted label name '{name}'")

    def step(line: str, row: Row, _at: int) -> str:
        if row.hints.nothing:
            return line
        for name in wanted:
            if name not in row.base:
                row.set(name, "")
        for found in pairs(line):
            if isinstance(found, Pair):
                _choose(found, wanted, row)
            elif stage.strict:
                row.fail_parsing(LOGFMT_FAILED, found.text)
                break
        return line

    return step


def _choose(found: Pair, wanted: Mapping[str, str], row: Row) -> None:
    key = clean(found.key)
    name = next((name for name, expression in wanted.items() if expression == key), key)
    if name in wanted:
        row.set(name + SUFFIX if name in row.base else name, "" if _BAD in found.value else found.value)


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
    for key, value in texts.items():
        row.extract(clean(key), value)
    return entry
