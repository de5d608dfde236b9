"""Label and field selectors."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from sre_assistant.sim.servers.kubernetes.resources import Resource
from sre_assistant.sim.servers.kubernetes.status import Object, bad_request

Chooses = Callable[[Object], bool]
"""Whether an object is wanted."""

_NAME: Final = r"[A-Za-z0-9]([-A-Za-z0-9_./]*[A-Za-z0-9])?"
_KEY: Final = re.compile(_NAME)
_VALUE: Final = re.compile(r"([A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?)?")
_SET: Final = re.compile(rf"(?P<key>{_NAME})\s+(?P<op>in|notin)\s*\((?P<values>[^()]*)\)")
_EQUALS: Final = re.compile(r"(?P<key>[^=!\s]+)\s*(?P<op>==|!=|=)\s*(?P<value>[^=!\s]*)")
_MOST: Final = 16_384

_EVERYWHERE: Final = ("metadata.name", "metadata.namespace")
_FIELDS: Final[Mapping[str, tuple[str, ...]]] = {
    "pods": (
        "spec.nodeName",
        "spec.restartPolicy",
        "spec.schedulerName",
        "spec.serviceAccountName",
        "spec.hostNetwork",
        "status.phase",
        "status.podIP",
        "status.podIPs",
        "status.nominatedNodeName",
    ),
    "events": (
        "involvedObject.kind",
        "involvedObject.namespace",
        "involvedObject.name",
        "involvedObject.uid",
        "involvedObject.apiVersion",
        "involvedObject.resourceVersion",
        "involvedObject.fieldPath",
        "reason",
        "reportingComponent",
        "source",
        "type",
    ),
    "nodes": ("spec.unschedulable",),
    "namespaces": ("status.phase",),
    "replicasets": ("status.replicas",),
    "jobs": ("status.successful",),
    "services": ("spec.clusterIP", "spec.type"),
}


def label_selector(text: str) -> Chooses:
    """Chooses by labels, e.g. ``app=wiki,tier in (a, b),!old``.

    Raises:
        Refused: it cannot be understood.
    """
    tests = [_label_test(part.strip()) for part in _parts(text)]
    return lambda one: all(test(one["metadata"].get("labels") or {}) for test in tests)


def field_selector(text: str, resource: Resource) -> Chooses:
    """Chooses by the fields that the resource allows, e.g. ``status.phase!=Running``.

    Raises:
        Refused: it cannot be understood, or the field is none of those.
    """
    tests = []
    for part in (part.strip() for part in text.split(",") if part.strip()):
        found = _EQUALS.fullmatch(part)
        if found is None:
            raise bad_request(f"invalid selector: '{text}'; can't understand '{part}'")
        key, op, value = found["key"], found["op"], found["value"]
        known = _FIELDS.get(resource.name, ()) + _EVERYWHERE[: 2 if resource.namespaced else 1]
        if key not in known:
            kind = f'"{key}" is not a known field selector: only {_only(known)}'
            raise bad_request(kind if resource.name not in _FIELDS else f"field label not supported: {key}")
        tests.append((key, op == "!=", value))
    return lambda one: all((_field(one, key) == value) != negated for key, negated, value in tests)


def _only(known: tuple[str, ...]) -> str:
    return ", ".join(f'"{name}"' for name in sorted(known, reverse=False))


def _parts(text: str) -> list[str]:
    """The requirements of a selector; commas in brackets do not part them."""
    if len(text) > _MOST:
        raise bad_request("unable to parse requirement: selector is too long")
    parts, depth, begin = [], 0, 0
    for place, letter in enumerate(text):
        depth += (letter == "(") - (letter == ")")
        if letter == "," and depth == 0:
            parts.append(text[begin:place])
            begin = place + 1
    return [part for part in [*parts, text[begin:]] if part.strip()]


def _label_test(part: str) -> Callable[[Mapping[str, str]], bool]:
    if part.startswith("!") and _KEY.fullmatch(part[1:].strip()):
        absent = part[1:].strip()
        return lambda labels: absent not in labels
    if _KEY.fullmatch(part):
        return lambda labels: part in labels
    if found := _SET.fullmatch(part):
        values = frozenset(value.strip() for value in found["values"].split(","))
        key, wanted = found["key"], found["op"] == "in"
        return lambda labels: (key in labels and labels[key] in values) == wanted
    if (found := _EQUALS.fullmatch(part)) and _KEY.fullmatch(found["key"]):
        return _equality(found["key"], found["op"], found["value"])
    if _EQUALS.match(part) or "=" in part:
        raise bad_request("unable to parse requirement: found '=', expected: identifier")
    raise bad_request(f"unable to parse requirement: <nil>: Invalid value: {_quoted(part)}: {_RULE}")


def _equality(key: str, op: str, value: str) -> Callable[[Mapping[str, str]], bool]:
    if not _VALUE.fullmatch(value) or len(value) > 63:
        problem = f"values[0][{key}]: Invalid value: {_quoted(value)}: {_VALUE_RULE}"
        raise bad_request(f"unable to parse requirement: {problem}")
    if op == "!=":
        return lambda labels: labels.get(key) != value
    return lambda labels: labels.get(key) == value


def _field(one: Object, path: str) -> str:
    """A field's value as a text; empty where it is missing."""
    if path == "source":
        return str(one.get("source", {}).get("component", "") or one.get("reportingComponent", ""))
    if path == "metadata.namespace" or path.startswith("involvedObject."):
        path = path.replace("involvedObject.", "regarding.") if "regarding" in one else path
    found: Any = one
    for step in path.split("."):
        found = found.get(step) if isinstance(found, dict) else None
    if found is None:
        return "false" if path == "spec.unschedulable" else ""
    return str(found).lower() if isinstance(found, bool) else str(found)


def _quoted(text: str) -> str:
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"') + '"'


_RULE: Final = (
    "name part must consist of alphanumeric characters, '-', '_' or '.', and must start and end with an "
    "alphanumeric character (e.g. 'MyName',  or 'my.name',  or '123-abc', regex used for validation is "
    "'([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9]')"
)
_VALUE_RULE: Final = (
    "a valid label must be an empty string or consist of alphanumeric characters, '-', '_' or '.', and must "
    "start and end with an alphanumeric character (e.g. 'MyValue',  or 'my_value',  or '12345', regex used "
    "for validation is '(([A-Za-z0-9][-A-Za-z0-9_.]*)?[A-Za-z0-9])?')"
)
