"""Typed calls to the Alertmanager API v2; the only file that knows its paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import TypeVar
from urllib.parse import quote

import msgspec

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.errors import Missing, Unreachable
from sre_assistant.domain.reading import Reading
from sre_assistant.integrations.alertmanager import shapes
from sre_assistant.integrations.alertmanager.config import Config
from sre_assistant.integrations.alertmanager.matchers import filters
from sre_assistant.integrations.alertmanager.parse import alert_of, quieted_by
from sre_assistant.kit.api import Api, get
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.codec import DecodeError, decode
from sre_assistant.kit.entries import read_entries
from sre_assistant.kit.promql import Matcher, escape
from sre_assistant.kit.wire import Request, Wire, path_of

T = TypeVar("T")
S = TypeVar("S")

_SAME_CLOCK = timedelta(seconds=2)
"""Clocks no further apart than this are taken for one."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Notified:
    """An active alert, and who is told of it."""

    alert: Alert
    receivers: tuple[str, ...]
    silenced_by: tuple[str, ...]
    """Ids of the silences that hold it back."""
    inhibited_by: tuple[str, ...]
    """Fingerprints of the alerts that do."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Alerts that one receiver is told together."""

    receiver: str
    labels: Mapping[str, str]
    """What the alerts have in common."""
    alerts: tuple[Alert, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Silence:
    """Alerts that nobody is told of for a while."""

    id: str
    state: str
    """``active``, ``pending`` or ``expired``."""
    matchers: tuple[str, ...]
    """As PromQL writes them, e.g. ``alertname="DiskFull"``."""
    starts_at: str
    ends_at: str
    created_by: str
    comment: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """A silence that is to be made."""

    matchers: tuple[Matcher, ...]
    starts_at: datetime
    ends_at: datetime
    created_by: str
    comment: str


class Client:
    """One Alertmanager, as a source of alerts, groups and silences.

    Args:
        name: its configured name.
        config: for its address in links and the credentials to hide.
        wire: carries the calls.
        clock: dates the answers.
    """

    def __init__(self, name: str, config: Config, wire: Wire, clock: Clock) -> None:
        self._api = Api(name, config, wire, clock, _explanation)
        self._url = config.url

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._api.name

    async def alerts(self) -> Reading[tuple[Alert, ...]]:
        """All active alerts; silenced and inhibited ones are marked."""
        return await self._list("/api/v2/alerts", shapes.AlertItem, partial(alert_of, source=self.name))

    async def notified(self) -> Reading[tuple[Notified, ...]]:
        """All active alerts with their receivers and what holds them back."""
        return await self._list("/api/v2/alerts", shapes.AlertItem, self._notified)

    async def matching(self, matchers: Sequence[Matcher]) -> tuple[Reading[tuple[Alert, ...]], datetime]:
        """The active alerts that all matchers match, as Alertmanager itself judges; and its present."""
        request = get("/api/v2/alerts", *filters(matchers))
        read = partial(_entries, kind=shapes.AlertItem, read=partial(alert_of, source=self.name))
        (found, cut), theirs = await self._api.dated(request, read)
        ours = self._api.clock.now()
        now = theirs if theirs and abs(theirs - ours) > _SAME_CLOCK else ours
        return self._api.reading(found, request.operation, link=f"{self._url}/#/alerts", cut=(cut,)), now

    async def groups(self) -> Reading[tuple[Group, ...]]:
        """The alerts as their receivers are told of them."""
        return await self._list("/api/v2/alerts/groups", shapes.GroupItem, self._group)

    async def silences(self) -> Reading[tuple[Silence, ...]]:
        """All silences that are still known, expired ones included."""
        return await self._list("/api/v2/silences", shapes.SilenceItem, _silence)

    async def silence(self, id_: str) -> Reading[Silence]:
        """One silence.

        Raises:
            Missing: there is none with this id.
        """
        request = get(path_of("api", "v2", "silence", id_))
        try:
            found = await self._api.fetch(request, lambda body: decode(body, shapes.SilenceItem))
            return self._api.reading(_silence(found), request.operation, link=self._page(id_))
        except Missing as error:
            detail = f"{error.detail}; alertmanager_list_silences shows which silences there are"
            raise Missing(error.system, error.operation, detail) from error

    async def create_silence(self, wanted: Wanted) -> Reading[str]:
        """Makes a silence; the value is its id.

        Raises:
            SourceError: it was refused, or whether it was made is not known.
        """
        request = Request(
            method="POST",
            path="/api/v2/silences",
            json=_posted(wanted),
            repeatable=False,
            purpose="change",
        )
        try:
            made = await self._api.fetch(request, lambda body: decode(body, shapes.Made))
        except Unreachable as error:
            raise _in_doubt(error) from error
        return self._api.reading(made.silence_id, request.operation, link=self._page(made.silence_id))

    async def expire_silence(self, id_: str) -> Reading[str]:
        """Ends a silence; the value is its id.

        Raises:
            SourceError: it was refused, or whether it was ended is not known.
        """
        request = Request(
            method="DELETE",
            path=path_of("api", "v2", "silence", id_),
            repeatable=False,
            purpose="change",
        )
        try:
            await self._api.response(request)
        except Unreachable as error:
            raise _in_doubt(error) from error
        return self._api.reading(id_, request.operation, link=self._page(id_))

    async def status(self) -> Reading[shapes.Status]:
        """Version, start time and cluster."""
        return (await self.dated_status())[0]

    async def dated_status(self) -> tuple[Reading[shapes.Status], datetime | None]:
        """The status, and the server's clock to the second where it sends one."""
        request = get("/api/v2/status")
        status, theirs = await self._api.dated(request, lambda body: decode(body, shapes.Status))
        return self._api.reading(status, request.operation, link=f"{self._url}/#/status"), theirs

    def _page(self, silence: str) -> str:
        return f"{self._url}/#/silences/{quote(silence, safe='')}"

    async def _list(self, path: str, kind: type[S], read: Callable[[S], T]) -> Reading[tuple[T, ...]]:
        request = get(path)
        found, cut = await self._api.fetch(request, partial(_entries, kind=kind, read=read))
        return self._api.reading(found, request.operation, link=f"{self._url}/#/alerts", cut=(cut,))

    def _notified(self, item: shapes.AlertItem) -> Notified:
        quiet = quieted_by(item)
        return Notified(
            alert=alert_of(item, self.name),
            receivers=tuple(each.name for each in item.receivers or ()),
            silenced_by=tuple(quiet.silenced_by or ()),
            inhibited_by=tuple(quiet.inhibited_by or ()),
        )

    def _group(self, item: shapes.GroupItem) -> Group:
        return Group(
            receiver=item.receiver.name if item.receiver else "",
            labels=item.labels or {},
            alerts=tuple(alert_of(alert, self.name) for alert in item.alerts or ()),
        )


def _entries(body: bytes, kind: type[S], read: Callable[[S], T]) -> tuple[tuple[T, ...], str]:
    """What can be read of a list, and why that is not all; Go writes an empty one as null in places."""
    items = decode(body, list[msgspec.Raw]) if body.strip() != b"null" else []
    return read_entries(items, kind, read)


def _posted(wanted: Wanted) -> dict[str, object]:
    return {
        "matchers": [
            {"name": m.label, "value": m.value, "isRegex": m.op.endswith("~"), "isEqual": m.op[0] == "="}
            for m in wanted.matchers
        ],
        "startsAt": _written(wanted.starts_at),
        "endsAt": _written(wanted.ends_at),
        "createdBy": wanted.created_by,
        "comment": wanted.comment,
    }


def _written(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _in_doubt(error: Unreachable) -> Unreachable:
    """A change nobody answered: it may have been made all the same."""
    detail = f"{error.detail}; whether it was done is not known: see alertmanager_list_silences"
    return Unreachable(error.system, error.operation, detail)


def _silence(item: shapes.SilenceItem) -> Silence:
    return Silence(
        id=item.id,
        state=item.status.state if item.status else "",
        matchers=tuple(_matcher(each) for each in item.matchers or ()),
        starts_at=item.starts_at,
        ends_at=item.ends_at,
        created_by=item.created_by,
        comment=item.comment,
    )


def _matcher(item: shapes.MatcherItem) -> str:
    equal = "=" if item.is_equal else "!"
    tail = "~" if item.is_regex else ("" if item.is_equal else "=")
    return f'{item.name}{equal}{tail}"{escape(item.value)}"'


def _explanation(body: bytes) -> str | None:
    """The error text: a JSON string, or an object with a message."""
    try:
        told = decode(body, object)
    except DecodeError:
        return None
    if isinstance(told, str):
        return told
    said = told.get("message", told.get("error")) if isinstance(told, dict) else None
    return said if isinstance(said, str) else None
