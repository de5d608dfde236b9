"""Silences and alerts that somebody posts to Alertmanager, checked as its API checks them."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from typing import Final, TypeVar

import msgspec
from msgspec import UNSET, UnsetType

from sre_assistant.sim.alerting.notified import RESOLVE_AFTER_MS, Notified
from sre_assistant.sim.alerting.silences import Silence
from sre_assistant.sim.metrics.series import Matcher
from sre_assistant.sim.servers.matchers import BadMatcher, matcher

T = TypeVar("T")

_ZERO_TIME: Final = "0001-01-01T00:00:00Z"
_LABEL: Final = re.compile(r"[a-zA-Z_][a-zA-Z0-9_]*")


class Refused(Exception):
    """A request that gets an error: the status and the JSON body."""

    def __init__(self, status: int, body: object) -> None:
        super().__init__(str(body))
        self.status = status
        self.body = body


class PostedMatcher(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A matcher of a silence on the wire."""

    is_regex: bool | UnsetType = UNSET
    name: str | UnsetType = UNSET
    value: str | UnsetType = UNSET
    is_equal: bool = True


class PostedSilence(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """A silence on the wire."""

    comment: str | UnsetType = UNSET
    created_by: str | UnsetType = UNSET
    ends_at: str | UnsetType = UNSET
    matchers: tuple[PostedMatcher, ...] | UnsetType = UNSET
    starts_at: str | UnsetType = UNSET
    id: str = ""


class PostedAlert(msgspec.Struct, frozen=True, kw_only=True, rename="camel"):
    """An alert on the wire."""

    labels: dict[str, str] | UnsetType = UNSET
    annotations: dict[str, str] = {}
    starts_at: str = _ZERO_TIME
    ends_at: str = _ZERO_TIME
    generator_url: str = msgspec.field(name="generatorURL", default="")


def silence_of(body: bytes, now: int) -> Silence:
    """The silence in a request.

    Raises:
        Refused: it is incomplete or makes no sense.
    """
    posted = _decoded(body, PostedSilence, "silence")
    comment, created_by = _given(posted.comment, "comment"), _given(posted.created_by, "createdBy")
    ends, matchers = _given(posted.ends_at, "endsAt"), _given(posted.matchers, "matchers")
    if not matchers:
        raise Refused(422, {"code": 612, "message": "matchers in body should have at least 1 items"})
    for place, one in enumerate(matchers):
        for name in ("isRegex", "name", "value"):
            _given(getattr(one, "is_regex" if name == "isRegex" else name), f"matchers.{place}.{name}")
    starts_at, ends_at = _moment(_given(posted.starts_at, "startsAt"), "silence"), _moment(ends, "silence")
    if ends_at <= starts_at:
        raise Refused(400, "Failed to create silence: start time must be before end time")
    if ends_at < now:
        raise Refused(400, "Failed to create silence: end time can't be in the past")
    made = tuple(_matcher(place, one) for place, one in enumerate(matchers))
    if all(one.matches("") for one in made):
        raise Refused(400, "silence invalid: at least one matcher must not match the empty string")
    return Silence(posted.id, made, max(starts_at, now), ends_at, now, created_by, comment)


def alerts_of(body: bytes, now: int) -> list[Notified]:
    """The alerts in a request.

    Raises:
        Refused: one of them is not valid.
    """
    posted = _decoded(body, list[PostedAlert], "alerts")
    labels = [_given(one.labels, f"{place}.labels") for place, one in enumerate(posted)]
    return [_alert(one, some, now) for one, some in zip(posted, labels, strict=True)]


def _alert(posted: PostedAlert, labels: dict[str, str], now: int) -> Notified:
    starts = now if posted.starts_at == _ZERO_TIME else _moment(posted.starts_at, "alerts")
    ends = now + RESOLVE_AFTER_MS if posted.ends_at == _ZERO_TIME else _moment(posted.ends_at, "alerts")
    kept = {name: value for name, value in labels.items() if value}
    for name in kept:
        if not _LABEL.fullmatch(name):
            raise Refused(400, f'invalid label set: invalid name "{name}"')
    if not kept:
        raise Refused(400, "at least one label pair required")
    if posted.starts_at == _ZERO_TIME:
        starts = min(starts, ends)
    if ends < starts:
        raise Refused(400, "start time must be before end time")
    return Notified(
        kept,
        posted.annotations,
        starts,
        ends,
        now,
        posted.generator_url,
        timeout=posted.ends_at == _ZERO_TIME,
    )


def _matcher(place: int, posted: PostedMatcher) -> Matcher:
    name, value = _given(posted.name, "name"), _given(posted.value, "value")
    if not _LABEL.fullmatch(name):
        raise Refused(400, f'silence invalid: invalid label matcher {place}: invalid label name "{name}"')
    op = ("=" if posted.is_equal else "!") + ("~" if posted.is_regex else "" if posted.is_equal else "=")
    try:
        return matcher(name, op, value)
    except BadMatcher as error:
        problem = f'invalid label matcher {place}: invalid regular expression "{value}": {error}'
        raise Refused(400, f"silence invalid: {problem}") from error


def _given(value: T | UnsetType, name: str) -> T:
    if isinstance(value, UnsetType):
        raise Refused(422, {"code": 602, "message": f"{name} in body is required"})
    return value


def _decoded(body: bytes, kind: type[T], what: str) -> T:
    if not body:
        raise Refused(422, {"code": 602, "message": f"{what} in body is required"})
    try:
        return msgspec.json.decode(body, type=kind)
    except msgspec.DecodeError as error:
        because = "unexpected EOF" if "truncated" in str(error) else str(error)
        raise _unparsed(what, because) from error


def _moment(text: str, what: str) -> int:
    try:
        return round(datetime.fromisoformat(text).astimezone(UTC).timestamp() * 1000)
    except ValueError as error:
        raise _unparsed(what, f'parsing time "{text}"') from error


def _unparsed(what: str, because: str) -> Refused:
    return Refused(400, {"code": 400, "message": f'parsing {what} body from "" failed, because {because}'})
