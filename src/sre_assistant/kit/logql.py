"""LogQL written from parts, so that no value can break out of its place; and what a written query reads."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from datetime import timedelta
from typing import Final

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.promql import Matcher, escape, is_label, matchers_text, regex_escape
from sre_assistant.kit.units import parse_duration

ANY: Final = ".+"
"""The regular expression of whatever is there."""

_TEXT_OR_COMMENT = re.compile(r'"(?:[^"\\]|\\.)*"|`[^`]*`|#[^\n]*', re.DOTALL)
_BRACES = re.compile(r"\{[^{}]*\}")
_RANGE = re.compile(r"\[\s*([0-9][0-9a-z.]*)")
_OFFSET = re.compile(r"\boffset\s+([0-9][0-9a-z.]*)")
_NOT_RAW = re.compile(r"[`\x00-\x08\x0a-\x1f\x7f]")


def selector(matchers: Iterable[Matcher | tuple[str, str, str]]) -> str:
    """A stream selector, e.g. ``{host="nas", unit=~".+"}``.

    Raises:
        CallError: a label's name or an operator is none, or no matcher names what must be there: Loki refuses
            that, since it would read everything.
    """
    given = [Matcher(*each) for each in matchers]
    inside = matchers_text(given)
    if all(_is_open(each) for each in given):
        raise CallError(
            f"{{{inside}}} only excludes, which Loki refuses: "
            'name a label that must be there, e.g. {service_name=~".+"}.'
        )
    return f"{{{inside}}}"


def literal(text: str) -> str:
    """The text as LogQL reads it back: between backticks, where nothing is escaped, or else between quotes.

    Raises:
        CallError: no UTF-8 query can carry it.
    """
    quoted = f'"{escape(text)}"'
    return quoted if _NOT_RAW.search(text) else f"`{text}`"


def any_of(texts: Sequence[str]) -> str:
    """The regular expression (RE2) that matches exactly these texts."""
    return "|".join(regex_escape(text) for text in texts)


def same(label: str, texts: Sequence[str]) -> Matcher:
    """The condition that a label is one of these texts."""
    if len(texts) == 1:
        return Matcher(label, "=", texts[0])
    return Matcher(label, "=~", any_of(texts))


def line_filter(pattern: str) -> str:
    """The stage that keeps lines in which a regular expression matches somewhere."""
    return f" |~ {literal(pattern)}"


def containing(texts: Sequence[str]) -> str:
    """The stage that keeps lines which hold any of these texts, whatever their case."""
    return line_filter(f"(?i)(?:{any_of(texts)})")


def label_filter(conditions: Sequence[Matcher]) -> str:
    """The stage that keeps lines for which any of the conditions is true.

    Other than a selector's it sees structured metadata and parsed fields too.

    Raises:
        CallError: a label's name is none.
    """
    for each in conditions:
        if not is_label(each.label):
            raise CallError(f"{each.label!r} is no label name: use letters, digits and underscores.")
    return " | " + " or ".join(f"{label}{op}{literal(value)}" for label, op, value in conditions)


def selectors_in(query: str) -> tuple[str, ...]:
    """The stream selectors that a written query reads, each once, in order."""
    bare = _without_texts(query)
    found = (query[match.start() : match.end()] for match in _BRACES.finditer(bare))
    return tuple(dict.fromkeys(found))


def reach(query: str) -> timedelta:
    """How far before its moment a written query reads: its longest range and its longest offset together."""
    bare = _without_texts(query)
    return _longest(_RANGE.findall(bare)) + _longest(_OFFSET.findall(bare))


def _longest(spans: Iterable[str]) -> timedelta:
    longest = timedelta(0)
    for text in spans:
        try:
            longest = max(longest, parse_duration(text))
        except CallError:
            continue  # the server says what is wrong with it
    return longest


def _without_texts(query: str) -> str:
    """The query with its strings and comments blanked out, every character at its place."""
    return _TEXT_OR_COMMENT.sub(lambda match: " " * len(match[0]), query)


def _is_open(matcher: Matcher) -> bool:
    """Whether the matcher alone would be refused: it excludes, or passes where its label is missing too."""
    if matcher.op != "=~":
        return matcher.op != "=" or not matcher.value
    try:
        return re.fullmatch(matcher.value, "") is not None
    except re.error as error:
        raise CallError(f"{matcher.value!r} is no regular expression: {error}.") from error
