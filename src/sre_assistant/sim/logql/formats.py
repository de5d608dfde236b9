"""The stages that rewrite: ``line_format``, ``label_format``, ``decolorize``, ``drop`` and ``keep``."""

from __future__ import annotations

import re
from typing import Final

from sre_assistant.sim.logql.extraction import Step
from sre_assistant.sim.logql.label_filters import value_test
from sre_assistant.sim.logql.row import DETAILS, ERROR, SPECIAL, Row
from sre_assistant.sim.logql.syntax import Format, LabelFormat, LineFormat, Pick
from sre_assistant.sim.logql.templates import Template, TemplateFailed

FAILED: Final = "TemplateFormatErr"
_ANSI: Final = re.compile(
    "[\u001b\u009b][\\[\\]()#;?]*(?:(?:(?:[a-zA-Z0-9]*(?:;[a-zA-Z0-9]*)*)?\u0007)"
    "|(?:(?:[0-9]{1,4}(?:;[0-9]{0,4})*)?[0-9A-PRZcf-ntqry=><~]))"
)


def line_format(stage: LineFormat) -> Step:
    """Writes the line anew.

    Raises:
        ValueError: the template is wrong.
    """
    try:
        template = Template.of(stage.template, "line")
    except ValueError as error:
        raise ValueError(f"invalid line template: {error}") from error

    def step(line: str, row: Row, at: int) -> str:
        try:
            return template.filled(row.labels(), line, at)
        except TemplateFailed as error:
            row.fail(FAILED, str(error))
            return line

    return step


def label_format(stage: LabelFormat) -> Step:
    """Renames labels and writes them anew.

    Raises:
        ValueError: a template is wrong, or a label is given twice.
    """
    formats = [(one, None if one.rename else _template(one)) for one in stage.formats]
    given = [one.name for one in stage.formats]
    for name in given:
        if name == ERROR:
            raise ValueError(f"{name} cannot be formatted")
        if given.count(name) > 1:
            raise ValueError(f"multiple label name '{name}' not allowed in a single format operation")

    def step(line: str, row: Row, at: int) -> str:
        labels: dict[str, str] = {}
        for one, template in formats:
            if template is None:
                _rename(row, one)
                continue
            labels = labels or row.labels()
            try:
                row.set(one.name, template.filled(labels, line, at))
            except TemplateFailed as error:
                row.fail(FAILED, str(error))
        return line

    return step


def _template(one: Format) -> Template:
    try:
        return Template.of(one.value, "label")
    except ValueError as error:
        raise ValueError(f"invalid template for label '{one.name}': {error}") from error


def _rename(row: Row, one: Format) -> None:
    value = row.get(one.value)
    if value is not None:
        row.set(one.name, value)
        row.delete(one.value)


def decolorize(line: str, _row: Row, _at: int) -> str:
    """Takes terminal colours out of the line."""
    return _ANSI.sub("", line)


def pick(stage: Pick) -> Step:
    """Takes labels away, those named or all others; an error is taken away only by name."""
    tests = [(one, None) if isinstance(one, str) else (one.name, value_test(one)) for one in stage.labels]

    def drop(line: str, row: Row, _at: int) -> str:
        for name, test in tests:
            value = row.error if name == ERROR else row.details if name == DETAILS else row.get(name)
            if test is not None and not test(value or ""):
                continue
            if name == ERROR:
                row.error = ""
            elif name == DETAILS:
                row.details = ""
            elif test is not None or value is not None:
                row.delete(name)
        return line

    def keep(line: str, row: Row, _at: int) -> str:
        for name, value in row.labels().items():
            if name not in SPECIAL and not any(
                name == wanted and (test is None or test(value)) for wanted, test in tests
            ):
                row.delete(name)
        return line

    return drop if stage.kind == "drop" else keep


def named(stage: LabelFormat | LineFormat) -> frozenset[str]:
    """The labels that a format reads."""
    if isinstance(stage, LineFormat):
        return Template.of(stage.template, "line").labels
    found: frozenset[str] = frozenset()
    for one in stage.formats:
        found |= {one.value} if one.rename else _template(one).labels
    return found
