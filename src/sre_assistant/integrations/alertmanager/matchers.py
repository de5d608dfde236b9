"""What a silence is for, as people write it: ``alertname="DiskFull", instance=~"nas.*"``."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Final

from sre_assistant.domain.errors import CallError
from sre_assistant.kit.promql import Matcher, matchers_text
from sre_assistant.kit.redaction import bounded

LONGEST: Final = 2_000
MOST: Final = 20
_ONE = re.compile(r'\s*([a-zA-Z_][a-zA-Z0-9_]*)\s*(=~|!~|!=|=)\s*"((?:[^"\\\x00-\x1f\x7f]|\\.)*)"\s*(?:,|$)')
_ESCAPE = re.compile(r"\\(.)")
_MEANT = {"\\": "\\", '"': '"', "n": "\n", "t": "\t"}
_EXAMPLE = 'write alertname="DiskFull", instance=~"nas.*"'

# For judging a regular expression: a class or an escape stands for some character, not for a certain one.
_SOME_CHARACTER = re.compile(r"\\(?:[pP](?:\{[^}]*\}|.)|x\{[^}]*\}|.)|\[\^?\]?[^\]]*\]", re.DOTALL)
_GROUP = re.compile(r"\((?:\?(?:P?<\w*>|[A-Za-z-]*:?))?([^()]*)\)([*?])?")
_TIMES = re.compile(r"\{(\d{1,9})(?:,\d*)?\}")
_CERTAIN_CHARACTER = re.compile(r"[^\W_](?![*?])")


def parse_matchers(text: str) -> tuple[Matcher, ...]:
    """The matchers in a text, which must name what is meant.

    Raises:
        CallError: it is no list of matchers, or would match whatever there is.
    """
    if len(text) > LONGEST:
        raise CallError(f"The matchers have {len(text):,} characters: give at most {LONGEST:,}.")
    inside = text.strip()
    if inside.startswith("{") and inside.endswith("}"):
        inside = inside[1:-1]
    inside = inside.strip()
    found: list[Matcher] = []
    place = 0
    while place < len(inside):
        one = _ONE.match(inside, place)
        if one is None:
            raise CallError(f"{inside[place:][:60]!r} is no matcher: {_EXAMPLE}.")
        found.append(Matcher(one[1], one[2], _ESCAPE.sub(_unescaped, one[3])))
        place = one.end()
    if len(found) > MOST:
        raise CallError(f"There are {len(found)} matchers: give at most {MOST}.")
    if not any(_names(each) for each in found):
        shown = bounded(f"{{{matchers_text(found)}}}", 200)
        raise CallError(f"{shown} would match whatever there is: name what is meant, {_EXAMPLE}.")
    return tuple(found)


def filters(matchers: Sequence[Matcher]) -> tuple[tuple[str, str], ...]:
    """The matchers as Alertmanager takes them when it is asked for alerts; it knows three escapes."""
    return tuple(("filter", f'{m.label}{m.op}"{_escaped(m.value)}"') for m in matchers)


def _escaped(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")


def _unescaped(found: re.Match[str]) -> str:
    if found[1] not in _MEANT:
        raise CallError(f"{found[0]!r} is no escape here: write \\\\ for a backslash, e.g. nas\\\\.lan.")
    return _MEANT[found[1]]


def _names(matcher: Matcher) -> bool:
    """Whether it says what is meant, and not only what is not."""
    if matcher.op == "=":
        return bool(matcher.value)
    return matcher.op == "=~" and _spells(matcher.value)


def _spells(pattern: str) -> bool:
    """Whether all that a regular expression matches holds a letter or digit which it spells out."""
    text = _TIMES.sub(lambda times: "" if int(times[1]) else "?", _SOME_CHARACTER.sub(".", pattern))
    while (smaller := _GROUP.sub(_collapsed, text)) != text:
        text = smaller
    return _all_spell(text)


def _collapsed(group: re.Match[str]) -> str:
    return "x" if not group[2] and _all_spell(group[1]) else "."


def _all_spell(alternatives: str) -> bool:
    return all(_CERTAIN_CHARACTER.search(each) for each in alternatives.split("|"))
