"""Typed calls to the Alertmanager API v2; the only file that knows its paths."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final, TypeVar

import msgspec

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.reading import Completeness, Provenance, Reading
from sre_assistant.integrations.alertmanager import shapes
from sre_assistant.integrations.alertmanager.config import Config
from sre_assistant.integrations.alertmanager.parse import alert_of
from sre_assistant.kit.answers import Answers
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.codec import DecodeError, decode
from sre_assistant.kit.promql import escape
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.wire import Request, Response, Wire

T = TypeVar("T")
S = TypeVar("S")

MAX_KEPT: Final = 10_000
"""Alerts, groups or silences of one answer that are kept."""


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


class Client:
    """One Alertmanager, as a source of alerts, groups and silences.

    Args:
        name: its configured name.
        config: for its address in links and the credentials to hide.
        wire: carries the calls.
        clock: dates the answers.
    """

    def __init__(self, name: str, config: Config, wire: Wire, clock: Clock) -> None:
        self._name = name
        self._url = config.url
        self._wire = wire
        self._clock = clock
        self._answers = Answers(name, config, _explanation)

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._name

    async def alerts(self) -> Reading[tuple[Alert, ...]]:
        """All active alerts; silenced and inhibited ones are marked."""
        return await self._list("/api/v2/alerts", shapes.AlertItem, lambda item: alert_of(item, self._name))

    async def groups(self) -> Reading[tuple[Group, ...]]:
        """The alerts as their receivers are told of them."""
        return await self._list("/api/v2/alerts/groups", shapes.GroupItem, self._group)

    async def silences(self) -> Reading[tuple[Silence, ...]]:
        """All silences that are still known, expired ones included."""
        return await self._list("/api/v2/silences", shapes.SilenceItem, _silence)

    async def status(self) -> Reading[shapes.Status]:
        """Version, start time and cluster."""
        return (await self.dated_status())[0]

    async def dated_status(self) -> tuple[Reading[shapes.Status], datetime | None]:
        """The status, and the server's clock to the second where it sends one."""
        request = _get("/api/v2/status")
        response = await self._wire.send(request)
        try:
            status = decode(self._answers.body(request, response), shapes.Status)
        except DecodeError as error:
            raise self._answers.malformed(request, error) from error
        return self._reading(status, request, f"{self._url}/#/status"), _date(response)

    async def _list(self, path: str, kind: type[S], read: Callable[[S], T]) -> Reading[tuple[T, ...]]:
        """What can be read of a list; an odd item is counted, not fatal."""
        request = _get(path)
        body = self._answers.body(request, await self._wire.send(request))
        try:
            items = decode(body, list[msgspec.Raw]) if body.strip() != b"null" else []
        except DecodeError as error:
            raise self._answers.malformed(request, error) from error
        found, problem, odd = [], "", 0
        for item in items[:MAX_KEPT]:
            try:
                found.append(read(decode(bytes(item), kind)))
            except DecodeError as error:
                odd, problem = odd + 1, problem or bounded(redact(str(error)), 200)
        if items and not found:
            raise self._answers.malformed(request, problem)
        notes = [f"{odd} of {len(items):,} entries could not be read: {problem}"] if odd else []
        if len(items) > MAX_KEPT:
            notes.append(f"{len(items):,} entries came, the first {MAX_KEPT:,} were kept")
        return self._reading(tuple(found), request, f"{self._url}/#/alerts", "; ".join(notes))

    def _group(self, item: shapes.GroupItem) -> Group:
        return Group(
            receiver=item.receiver.name if item.receiver else "",
            labels=item.labels or {},
            alerts=tuple(alert_of(alert, self._name) for alert in item.alerts or ()),
        )

    def _reading(self, value: T, request: Request, link: str, cut: str = "") -> Reading[T]:
        completeness = Completeness.COMPLETE if value else Completeness.EMPTY
        return Reading(
            value=value,
            provenance=Provenance(
                source=self._name, query=request.operation, observed_at=self._clock.now(), link=link
            ),
            completeness=Completeness.PARTIAL if cut else completeness,
            detail=cut,
        )


def _get(path: str) -> Request:
    return Request(method="GET", path=path, repeatable=True)


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


def _date(response: Response) -> datetime | None:
    try:
        moment = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
