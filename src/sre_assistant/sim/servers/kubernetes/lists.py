"""Lists: what is asked for, chosen, cut into pages, and how long ago it may be."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import msgspec

from sre_assistant.sim.servers.kubernetes.objects import version_now
from sre_assistant.sim.servers.kubernetes.resources import Resource
from sre_assistant.sim.servers.kubernetes.selectors import Chooses, field_selector, label_selector
from sre_assistant.sim.servers.kubernetes.status import Object, Refused, bad_request, gone, invalid
from sre_assistant.sim.servers.kubernetes.view import View

KEPT_SECONDS: Final = 300.0
"""How long the server remembers how things were."""
_TRUE: Final = frozenset({"1", "true"})
_MATCHES: Final = ("Exact", "NotOlderThan")
_TOO_OLD: Final = (
    "The provided continue parameter is too old to display a consistent list result. "
    "You can start a new list without the continue parameter, or use the continue token in this response "
    "to retrieve the remainder of the results. Continuing with the provided token results in an "
    "inconsistent list - objects that were created, modified, or deleted between the time the first chunk "
    "was returned and now may show up in the list."
)


class _Token(msgspec.Struct):
    v: str
    rv: int
    start: str


@dataclass(frozen=True, slots=True)
class Options:
    """How a list or watch is asked for."""

    chooses: Chooses
    limit: int
    go_on: str
    """The token of the page before."""
    version: str
    match: str
    watch: bool
    bookmarks: bool
    timeout: float | None
    """Seconds."""


def options(params: Mapping[str, str], resource: Resource) -> Options:
    """What the parameters of a request ask for.

    Raises:
        Refused: they make no sense.
    """
    labels = label_selector(params.get("labelSelector", ""))
    fields = field_selector(params.get("fieldSelector", ""), resource)
    found = Options(
        chooses=lambda one: labels(one) and fields(one),
        limit=_number(params, "limit"),
        go_on=params.get("continue", ""),
        version=params.get("resourceVersion", ""),
        match=params.get("resourceVersionMatch", ""),
        watch=params.get("watch", "").lower() in _TRUE,
        bookmarks=params.get("allowWatchBookmarks", "").lower() in _TRUE,
        timeout=float(_number(params, "timeoutSeconds")) or None,
    )
    _check(found)
    return found


def page(view: View, earlier: View | None, asked: Options, resource: Resource, namespace: str) -> Object:
    """A list, or the next page of one; ``earlier`` is how things were at the version that is asked for."""
    start = ""
    if asked.go_on:
        start = token(asked.go_on).start
    at = earlier or view
    items = [one for one in at.all(resource, namespace) if asked.chooses(one)]
    rest = [one for one in items if _key(one) >= start] if start else items
    shown = rest[: asked.limit] if asked.limit > 0 else rest
    number = version_now(at.t)
    metadata: Object = {"resourceVersion": str(number)}
    if len(shown) < len(rest):
        metadata["continue"] = _written(number, _key(shown[-1]) + "\x00")
        if not start or asked.limit:
            metadata["remainingItemCount"] = len(rest) - len(shown)
    return {"metadata": metadata, "items": shown}


def asked_moment(asked: Options, now: float) -> float | None:
    """The moment that a list is to show, if it is not this one.

    Raises:
        Refused: it is too long ago, or still to come.
    """
    number = version_now(now)
    if asked.go_on:
        wanted = token(asked.go_on)
        if number - wanted.rv > KEPT_SECONDS * 1000:
            raise gone(_TOO_OLD, **{"continue": _written(number, wanted.start)})
        return wanted.rv / 1000
    if not asked.version or asked.version == "0":
        return None
    wanted_version = int(asked.version)
    if wanted_version > number + 1:
        raise _too_large(wanted_version, number)
    if asked.match == "Exact":
        if number - wanted_version > KEPT_SECONDS * 1000:
            raise gone("The resourceVersion for the provided list is too old.")
        return wanted_version / 1000
    return None


def token(text: str) -> _Token:
    """What a continue token says.

    Raises:
        Refused: it is none.
    """
    try:
        padded = text + "=" * (-len(text) % 4)
        found = msgspec.json.decode(base64.urlsafe_b64decode(padded.encode()), type=_Token)
    except (binascii.Error, ValueError, UnicodeEncodeError) as error:
        raise bad_request(f"continue key is not valid: {error}") from error
    if found.v != "meta.k8s.io/v1" or not found.start.startswith("/"):
        raise bad_request(
            f'continue key is not valid: server does not recognize this encoded version "{found.v}"'
        )
    return found


def bare(items: Sequence[Object]) -> list[Object]:
    """Objects as lists have them: without their own kind."""
    return [{key: one[key] for key in one if key not in {"kind", "apiVersion"}} for one in items]


def _check(asked: Options) -> None:
    if asked.version and not (asked.version.isascii() and asked.version.isdigit()):
        problem = f'strconv.ParseUint: parsing "{asked.version}": invalid syntax'
        raise Refused(500, f'resourceVersion: Invalid value: "{asked.version}": {problem}')
    if not asked.match:
        return
    field, why = "resourceVersionMatch", "FieldValueForbidden"
    problem = ""
    if asked.watch:
        problem = (
            "Forbidden: resourceVersionMatch is forbidden for watch unless sendInitialEvents is provided"
        )
    elif not asked.version:
        problem = "Forbidden: resourceVersionMatch is forbidden unless resourceVersion is provided"
    elif asked.go_on:
        problem = "Forbidden: resourceVersionMatch is forbidden when continue is provided"
    elif asked.match not in _MATCHES:
        listed = ", ".join(f'"{one}"' for one in (*_MATCHES, ""))
        problem, why = (
            f'Unsupported value: "{asked.match}": supported values: {listed}',
            "FieldValueNotSupported",
        )
    if problem:
        raise invalid("meta.k8s.io", "ListOptions", "", field, problem, why)


def _too_large(wanted: int, number: int) -> Refused:
    message = f"Timeout: Too large resource version: {wanted}, current: {number}"
    cause = {"reason": "ResourceVersionTooLarge", "message": "Too large resource version"}
    return Refused(504, message, "Timeout", {"causes": [cause], "retryAfterSeconds": 1})


def _number(params: Mapping[str, str], name: str) -> int:
    text = params.get(name, "")
    try:
        return int(text) if text else 0
    except ValueError:
        raise bad_request(f'strconv.ParseInt: parsing "{text}": invalid syntax') from None


def _key(one: Object) -> str:
    return f"/{one['metadata'].get('namespace', '')}/{one['metadata']['name']}"


def _written(number: int, start: str) -> str:
    body = msgspec.json.encode(_Token("meta.k8s.io/v1", number, start))
    return base64.urlsafe_b64encode(body).decode().rstrip("=")
