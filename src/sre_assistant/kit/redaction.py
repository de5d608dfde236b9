"""Untrusted or secret-bearing text made fit to be shown.

``redact`` takes out what looks like a credential, ``printable`` what could drive a terminal or hide,
``bounded`` does the second and limits the length.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Callable
from typing import TypeAlias

from sre_assistant.kit.secret import HIDDEN

_Replacement: TypeAlias = str | Callable[[re.Match[str]], str]

_NAMES = (
    r"[\w-]*(?:pass(?:word|wd|phrase)?|secret|token|api[_-]?key|access[_-]?key|private[_-]?key|credentials?"
    r"|auth(?:orization)?|cookie|session[_-]?id|signature)"
)
_VALUE = r"""(?:"(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|(?:bearer|basic)\s+[^\s,;&"'<>]+|[^\s,;&"'<>)\]}]+)"""
_MAY_BE_QUOTED = r"""(?:\\?["'])?"""

_RULES: tuple[tuple[re.Pattern[str], _Replacement], ...] = (
    (
        re.compile(
            r"-----BEGIN [A-Z0-9 ]{0,40}PRIVATE KEY-----"
            r"(?:.*?-----END [A-Z0-9 ]{0,40}PRIVATE KEY-----|[\sA-Za-z0-9+/=\\:,-]*)",
            re.DOTALL,
        ),
        HIDDEN,
    ),
    (re.compile(r"\b(PVE|PBS)(APIToken\s*[=:]\s*)[^\s,;\"'<>]+", re.IGNORECASE), rf"\1\2{HIDDEN}"),
    (re.compile(r"\beyJ[\w-]{5,}\.[\w-]{3,}(?:\.[\w-]*)?"), HIDDEN),
    (re.compile(r"\b(gh[pousr]_|glsa_|glc_|sk-|xox[abprs]-|AKIA)[\w-]{12,}"), HIDDEN),
    (re.compile(r"\b(bot)?\d{6,12}:[A-Za-z0-9_-]{30,}"), HIDDEN),
    (re.compile(r"(?<=://)[^\s/?#@\"'<>]+(?:@[^\s/?#@\"'<>]+)*(?=@)"), HIDDEN),
    (
        re.compile(r"\b(bearer|basic)(\s+)(?=\S*[0-9=]|\S{16})[A-Za-z0-9._~+/=-]{6,}", re.IGNORECASE),
        rf"\1\2{HIDDEN}",
    ),
    (
        re.compile(
            rf"(?<![\w-])({_NAMES})({_MAY_BE_QUOTED}\s*[=:]\s*)(?!=|\[hidden\]|\"\[hidden\])({_VALUE})",
            re.IGNORECASE,
        ),
        lambda match: f"{match[1]}{match[2]}{HIDDEN}",
    ),
)

_ESCAPES = re.compile(
    r"\x1b\[[0-?]*[ -/]*[@-~]"  # CSI: colours, cursor
    r"|\x9b[0-?]*[ -/]*[@-~]"
    r"|(?:\x1b[\]PX^_]|[\x90\x98\x9d-\x9f])[^\x07\x1b\x9c]*(?:\x07|\x1b\\|\x9c)?"  # titles, links, strings
    r"|\x1b[ -/]*[0-~]?"
)
# Controls but tab and line feed; marks that turn the reading direction; characters nobody sees.
_UNSEEN = re.compile(
    "[\x00-\x08\x0b-\x1f\x7f-\x9f\u00ad\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff"
    "\ufff9-\ufffb\U000e0000-\U000e0fff]"
)
_SURROGATES = re.compile("[\ud800-\udfff]")


def redact(text: str) -> str:
    """The text with everything that looks like a credential replaced by ``[hidden]``."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    return text


def printable(text: str) -> str:
    """The text without control characters, terminal sequences, direction marks and invisible characters.

    Line feeds and tabs stay; a carriage return becomes a line feed.
    """
    text = _ESCAPES.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    return _SURROGATES.sub("\ufffd", _UNSEEN.sub("", text))


def bounded(text: str, limit: int, *, lines: bool = False) -> str:
    """Printable text of at most ``limit`` characters; what was cut from its middle is counted.

    Args:
        text: anything.
        limit: most characters of the result, at least 40.
        lines: keep line feeds; without, all white space becomes single spaces.
    """
    # Cutting first keeps a body of many megabytes cheap; removing marks only ever shortens.
    shown = printable(text if len(text) <= 8 * limit else text[: 4 * limit] + text[-4 * limit :])
    if not lines:
        shown = " ".join(shown.split())
    if len(shown) <= limit and len(text) <= 8 * limit:
        return shown
    note = f" … [{len(text):,} characters in all] … "
    room = max(limit - len(note), 2)
    tail = room // 3
    return shown[: room - tail] + note + shown[-tail:]


class RedactingFilter(logging.Filter):
    """Takes credentials and terminal sequences out of log records before any handler sees them."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Rewrites the record's text; always lets it pass."""
        record.msg = printable(redact(record.getMessage()))
        record.args = None
        if record.exc_info and not record.exc_text:
            record.exc_text = logging.Formatter().formatException(record.exc_info)
        if record.exc_text:
            record.exc_text = printable(redact(record.exc_text))
        return True
