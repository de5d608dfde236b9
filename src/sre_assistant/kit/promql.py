"""PromQL written from parts, so that no value can break out of its place."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias, get_args

from sre_assistant.domain.errors import CallError

Operator: TypeAlias = Literal["=", "!=", "=~", "!~"]

_LABEL = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")
_METRIC = re.compile(r"[a-zA-Z_:][a-zA-Z0-9_:]*")
_SPECIAL = frozenset(r"\.+*?()|[]{}^$")
_ESCAPED = {"\\": r"\\", '"': r"\"", "\n": r"\n", "\r": r"\r", "\t": r"\t"}


class Matcher(NamedTuple):
    """One condition on a label."""

    label: str
    op: str
    """``=``, ``!=``, ``=~`` or ``!~``."""
    value: str


def escape(text: str) -> str:
    """The text as it stands between double quotes in PromQL and LogQL.

    Raises:
        CallError: it holds half of a surrogate pair, which no UTF-8 query can carry.
    """
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise CallError(f"{text!r} is not valid Unicode text: remove the lone surrogate.") from error
    return "".join(_ESCAPED.get(c) or (f"\\x{ord(c):02x}" if c < " " or c == "\x7f" else c) for c in text)


def regex_escape(text: str) -> str:
    """The regular expression (RE2) that matches exactly ``text``."""
    return "".join(f"\\{c}" if c in _SPECIAL else c for c in text)


def is_label(name: str) -> bool:
    """Whether this is a label name that every server understands unquoted."""
    return _LABEL.fullmatch(name) is not None


def matcher(label: str, op: str, value: str) -> str:
    """One matcher, e.g. ``instance="nas:9100"``.

    Raises:
        CallError: the label's name or the operator is none.
    """
    if not _LABEL.fullmatch(label):
        raise CallError(f"{label!r} is no label name: use letters, digits and underscores, no digit first.")
    if op not in get_args(Operator):
        raise CallError(f"{op!r} is no matcher: use one of {', '.join(get_args(Operator))}.")
    return f'{label}{op}"{escape(value)}"'


def matchers_text(matchers: Iterable[Matcher | tuple[str, str, str]]) -> str:
    """Matchers as they stand between braces, in the order given, e.g. ``a="b",c=~"d.*"``."""
    return ",".join(matcher(*m) for m in matchers)


def selector(metric: str, matchers: Iterable[Matcher | tuple[str, str, str]] = ()) -> str:
    """A series selector, e.g. ``up{job="node"}``.

    Args:
        metric: its name; empty when the matchers alone select.
        matchers: conditions on its labels.

    Raises:
        CallError: the metric's name is none, or nothing at all is selected by.
    """
    if metric and not _METRIC.fullmatch(metric):
        raise CallError(f"{metric!r} is no metric name: use letters, digits, underscores and colons.")
    inside = matchers_text(matchers)
    if not metric and not inside:
        raise CallError("A selector needs a metric name or a matcher: alone {} would select everything.")
    return f"{metric}{{{inside}}}" if inside else metric
