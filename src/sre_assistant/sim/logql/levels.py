"""What Loki adds to lines as they come in: their level, and their service's name."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from sre_assistant.sim.logql import jsontext
from sre_assistant.sim.logql.logfmt import Pair, pairs

LEVEL: Final = "detected_level"
SERVICE: Final = "service_name"
_FIELDS: Final = (
    *("level", "LEVEL", "Level", "log.level", "severity", "SEVERITY", "Severity", "SeverityText"),
    *("lvl", "LVL", "Lvl", "severity_text", "Severity_Text", "SEVERITY_TEXT"),
)
_SERVICE_LABELS: Final = (
    *("service", "app", "application", "app_name", "name", "app_kubernetes_io_name"),
    *("container", "container_name", "k8s_container_name", "component", "workload", "job"),
    *("k8s_job_name",),
)
_NAMES: Final = {
    **dict.fromkeys(("trace", "trc"), "trace"),
    **dict.fromkeys(("debug", "dbg"), "debug"),
    **dict.fromkeys(("info", "inf", "information"), "info"),
    **dict.fromkeys(("warn", "wrn", "warning"), "warn"),
    **dict.fromkeys(("error", "err"), "error"),
    "critical": "critical",
    "fatal": "fatal",
}
_WORDS: Final = (
    ("info", ("info", "INFO")),
    ("error", ("err:", "ERR:", "[err]", "[ERR]", "[error]", "[ERROR]")),
    ("warn", ("warn:", "WARN:", "[warn]", "[WARN]", "warning", "WARNING")),
    ("critical", ("critical:", "CRITICAL:", "[critical]", "[CRITICAL]")),
    ("debug", ("debug", "DEBUG")),
)
_DEEPEST: Final = 2


def service_name(labels: Mapping[str, str]) -> str:
    """The value that ``service_name`` gets when nobody gave one."""
    return next((labels[name] for name in _SERVICE_LABELS if labels.get(name)), "unknown_service")


def detected_level(text: str, labels: Mapping[str, str], metadata: Mapping[str, str]) -> str:
    """The value that ``detected_level`` gets: from a label, the metadata, or the line itself."""
    for given in (labels, metadata):
        for name in _FIELDS:
            if name in given:
                return _NAMES.get(given[name].lower(), given[name])
    return _NAMES.get(_field(text).lower()) or _word(text)


def normalised(level: str) -> str:
    """A level that was given, in its usual spelling."""
    return _NAMES.get(level.lower(), level)


def _field(text: str) -> str:
    bare = text.strip()
    if bare.startswith("{") and bare.endswith("}"):
        return _json_field(text)
    if "=" not in text:
        return ""
    found, best = "", len(_FIELDS)
    for pair in pairs(text):
        if not isinstance(pair, Pair):
            break
        place = next((i for i, name in enumerate(_FIELDS) if name.lower() == pair.key.lower()), best)
        if place < best:
            found, best = pair.value, place
        if not best:
            break
    return found


def _json_field(text: str) -> str:
    try:
        return _within(jsontext.Members(jsontext.fields(text)), 0)
    except jsontext.Malformed:
        return ""


def _within(value: jsontext.Members, depth: int) -> str:
    for key, one in value:
        if isinstance(one, str) and key in _FIELDS:
            return one
        if isinstance(one, jsontext.Members) and depth + 1 < _DEEPEST and (found := _within(one, depth + 1)):
            return found
    return ""


def _word(text: str) -> str:
    return next((level for level, words in _WORDS if any(word in text for word in words)), "unknown")
