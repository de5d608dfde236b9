"""The three ways to say what is to change in an object."""

from __future__ import annotations

import copy
from collections.abc import Callable, Mapping
from typing import Any, Final

import msgspec

from sre_assistant.sim.servers.kubernetes.status import Object, Refused, bad_request, unsupported_media

_LISTS: Final = {
    "containers": "name",
    "ports": "containerPort",
    "env": "name",
    "volumes": "name",
    "taints": "key",
}
"""Lists that a strategic merge goes into, with the key that tells their entries apart."""


def patched(before: Object, body: bytes, media: str) -> Object:
    """An object after a patch; the one given stays as it is.

    Raises:
        Refused: the patch is of an unknown type, cannot be read or does not fit.
    """
    kind = media.partition(";")[0].strip().lower()
    if kind not in _WAYS:
        raise unsupported_media(", ".join(_WAYS))
    try:
        asked = msgspec.json.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise bad_request(f"error decoding patch: {error}") from error
    after = _WAYS[kind](copy.deepcopy(before), asked)
    if not isinstance(after, dict):
        raise bad_request("cannot restore slice from map")
    return after


def _merge(before: Any, asked: Any) -> Any:
    """RFC 7386: nulls remove, everything but objects replaces."""
    if not isinstance(asked, dict):
        return asked
    merged = dict(before) if isinstance(before, dict) else {}
    for key, value in asked.items():
        if value is None:
            merged.pop(key, None)
        else:
            merged[key] = _merge(merged.get(key), value)
    return merged


def _strategic(before: Any, asked: Any) -> Any:
    """Kubernetes' own: as a merge, but the entries of some lists are merged one by one."""
    if not isinstance(asked, dict):
        return asked
    merged = dict(before) if isinstance(before, dict) else {}
    if asked.get("$patch") == "replace":
        return {key: value for key, value in asked.items() if key != "$patch"}
    for key, value in asked.items():
        if key.startswith("$"):
            continue
        if value is None:
            merged.pop(key, None)
        elif isinstance(value, list) and key in _LISTS and isinstance(merged.get(key), list):
            merged[key] = _entries(merged[key], value, _LISTS[key])
        else:
            merged[key] = _strategic(merged.get(key), value)
    return merged


def _entries(before: list[Any], asked: list[Any], name: str) -> list[Any]:
    merged = list(before)
    for entry in asked:
        if not isinstance(entry, dict) or name not in entry:
            raise bad_request(f"map: {entry!r} does not contain declared merge key: {name}")
        places = [place for place, one in enumerate(merged) if _named(one, name) == entry[name]]
        if entry.get("$patch") == "delete":
            merged = [one for one in merged if _named(one, name) != entry[name]]
        elif places:
            merged[places[0]] = _strategic(merged[places[0]], entry)
        else:
            merged.append(entry)
    return merged


def _named(entry: Any, name: str) -> Any:
    return entry.get(name) if isinstance(entry, dict) else None


def _steps(before: Any, asked: Any) -> Any:
    """RFC 6902: a list of operations, all or none."""
    if not isinstance(asked, list):
        raise bad_request(
            "error decoding patch: json: cannot unmarshal object into Go value of type jsonpatch.Patch"
        )
    found = before
    for step in asked:
        if not isinstance(step, dict) or not isinstance(step.get("path"), str):
            raise _unfit()
        found = _step(found, step)
    return found


def _step(found: Any, step: Mapping[str, Any]) -> Any:
    path = [part.replace("~1", "/").replace("~0", "~") for part in step["path"].split("/")[1:]]
    op = step.get("op")
    if not path:
        raise _unfit()
    place: Any = found
    for part in path[:-1]:
        place = _inside(place, part)
    last = path[-1]
    if op == "test":
        if _inside(place, last) != step.get("value"):
            raise _unfit()
    elif op == "remove":
        _inside(place, last)
        place.pop(int(last) if isinstance(place, list) else last)
    elif op in {"add", "replace"}:
        _put(place, last, step.get("value"), insert=op == "add")
    else:
        raise _unfit()
    return found


def _inside(place: Any, part: str) -> Any:
    if isinstance(place, dict) and part in place:
        return place[part]
    if isinstance(place, list) and part.isascii() and part.isdigit() and int(part) < len(place):
        return place[int(part)]
    raise _unfit()


def _put(place: Any, part: str, value: Any, *, insert: bool) -> None:
    if isinstance(place, dict):
        if not insert and part not in place:
            raise _unfit()
        place[part] = value
        return
    if not isinstance(place, list):
        raise _unfit()
    if insert and part == "-":
        place.append(value)
        return
    if not (part.isascii() and part.isdigit() and int(part) < len(place) + insert):
        raise _unfit()
    if insert:
        place.insert(int(part), value)
    else:
        place[int(part)] = value


def _unfit() -> Refused:
    message = "the server rejected our request due to an error in our request"
    return Refused(422, message, "Invalid", {})


_WAYS: Final[dict[str, Callable[[Any, Any], Any]]] = {
    "application/json-patch+json": _steps,
    "application/merge-patch+json": _merge,
    "application/strategic-merge-patch+json": _strategic,
}
