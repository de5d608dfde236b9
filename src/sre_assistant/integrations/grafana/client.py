"""Typed calls to Grafana's HTTP API; the only file that knows its paths."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import datetime
from email.utils import parsedate_to_datetime
from functools import partial
from typing import Final, TypeVar

from sre_assistant.domain.alerts import Alert
from sre_assistant.domain.errors import Denied, Missing, SourceError
from sre_assistant.domain.inventory import Change
from sre_assistant.domain.reading import Reading
from sre_assistant.domain.window import Window
from sre_assistant.integrations.grafana import bodies, shapes
from sre_assistant.integrations.grafana.boards import Dashboard
from sre_assistant.integrations.grafana.config import Config
from sre_assistant.integrations.grafana.finding import Hit, chosen
from sre_assistant.integrations.grafana.heard import Heard
from sre_assistant.integrations.grafana.loose import Loose, fit
from sre_assistant.integrations.grafana.panels import Panel
from sre_assistant.integrations.grafana.rights import Rights
from sre_assistant.integrations.grafana.rules import AlertRule, joined
from sre_assistant.kit.answers import Answers
from sre_assistant.kit.api import Api, get
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.codec import decode
from sre_assistant.kit.outcomes import settled
from sre_assistant.kit.wire import Request, Response, Wire, path_of

T = TypeVar("T")

ALERTS: Final = "/api/alertmanager/grafana/api/v2/alerts"
ANNOTATIONS: Final = "/api/annotations"
PROVISIONED: Final = "/api/v1/provisioning/alert-rules"
RULER: Final = "/api/ruler/grafana/api/v1/rules"
STATES: Final = "/api/prometheus/grafana/api/v1/rules"
SEARCH: Final = "/api/search"
PERMISSIONS: Final = "/api/access-control/user/permissions"
HEALTH: Final = "/api/health"
SETTINGS: Final = "/api/frontend/settings"
MOST_ANNOTATIONS: Final = 1_000
MOST_HITS: Final = 1_000
_UID: Final = re.compile(r"[A-Za-z0-9_-]{1,40}")


class Client:
    """One Grafana, as a source of alerts of its own rules, of those rules, dashboards and annotations.

    Args:
        name: its configured name.
        config: for its address in links and the credentials to hide.
        wire: carries the calls.
        clock: dates the answers.
    """

    def __init__(self, name: str, config: Config, wire: Wire, clock: Clock) -> None:
        self._api = Api(name, config, wire, clock, bodies.explained)
        self._answers = Answers(name, config, bodies.explained)
        self._url = config.url
        self._known: Rights | None = None

    @property
    def name(self) -> str:
        """The configured name of the system."""
        return self._api.name

    async def alerts(self) -> Reading[tuple[Alert, ...]]:
        """All active alerts of Grafana's own rules; silenced and inhibited ones are marked."""
        reading = await self.heard()
        return Reading(
            value=tuple(one.alert for one in reading.value),
            provenance=reading.provenance,
            completeness=reading.completeness,
            detail=reading.detail,
        )

    async def heard(self) -> Reading[tuple[Heard, ...]]:
        """The same with their states and values. Who may not see alerts is refused, so empty means none."""
        request = get(ALERTS)
        found, odd = await self._api.fetch(request, partial(bodies.alerts, self._api.name))
        return self._api.reading(found, request.operation, link=f"{self._url}/alerting/groups", cut=(odd,))

    async def changes(self, window: Window) -> Reading[tuple[Change, ...]]:
        """Annotations that touch a window, oldest first; of too many the newest."""
        span = (_milliseconds(window.start), _milliseconds(window.end))
        params = (("from", span[0]), ("to", span[1]), ("limit", str(MOST_ANNOTATIONS + 1)))
        request = get(ANNOTATIONS, *params)
        answer, rights = await asyncio.gather(settled(self._notes(request)), self.rights())
        found, odd = _required(answer)
        more = ""
        if len(found) > MOST_ANNOTATIONS:
            more = f"the newest {MOST_ANNOTATIONS:,} annotations were kept, there are more: narrow the window"
        return self._api.reading(
            tuple(sorted(found[:MOST_ANNOTATIONS], key=lambda one: (one.at, one.id))),
            f"{request.operation}?from={span[0]}&to={span[1]}",
            window=window,
            cut=(odd, more),
            denied="" if found else rights.denied("annotations:read", ANNOTATIONS),
            note=rights.note("annotations:read"),
        )

    async def alert_rules(self) -> Reading[tuple[AlertRule, ...]]:
        """The rules that Grafana evaluates itself, with how they are doing.

        They come from the provisioning API; from the ruler API where that is forbidden, as it is for a Viewer
        until Grafana 10.3; without their conditions where both are.
        """
        defined, told, rights = await asyncio.gather(
            settled(self._provisioned()), settled(self._states()), self.rights()
        )
        query, note = get(PROVISIONED).operation, rights.note("folders:read", "alert rules")
        if isinstance(defined, Denied | Missing):
            other = await settled(self._ruled())
            if not isinstance(other, SourceError):
                instead = f"read from {RULER}, for GET {PROVISIONED} gave {defined.detail}"
                query, defined, note = get(RULER).operation, other, f"{note}; {instead}".removeprefix("; ")
            elif isinstance(other, Denied | Missing) and not isinstance(told, SourceError):
                return self._conditionless(told, defined, note)
        rules, odd = _required(defined)
        cut = [odd]
        states: Sequence[AlertRule] = ()
        if isinstance(told, SourceError):
            cut.append(f"how the rules are doing could not be asked: {told.detail}")
        else:
            states, unread = told
            cut.append(unread)
        denied = "" if rules else rights.denied("alert.rules:read", PROVISIONED)
        link = f"{self._url}/alerting/list"
        return self._api.reading(joined(rules, states), query, link=link, cut=cut, denied=denied, note=note)

    def _conditionless(
        self, told: bodies.Rules, why: SourceError, note: str
    ) -> Reading[tuple[AlertRule, ...]]:
        cut = (f"when the rules fire could not be asked: {why.detail}", told[1])
        link = f"{self._url}/alerting/list"
        return self._api.reading(told[0], get(STATES).operation, link=link, cut=cut, note=note)

    async def search(self, query: str) -> Reading[tuple[Hit, ...]]:
        """Dashboards whose titles hold a text; all of them when it is empty."""
        answer, rights = await asyncio.gather(settled(self._hits(query)), self.rights())
        found, cut = _required(answer)
        return self._api.reading(
            found,
            f"GET {SEARCH}?type=dash-db&query={query}",
            link=f"{self._url}/dashboards",
            cut=(cut,),
            denied="" if found else rights.denied("dashboards:read", SEARCH),
            note=rights.note("dashboards:read"),
        )

    async def dashboard(self, wanted: str) -> Reading[Dashboard | None]:
        """The dashboard with a uid or a title; None when there is none.

        Raises:
            CallError: several have that title, or begin to; the message lists their uids.
        """
        named_so = self._board(wanted) if _UID.fullmatch(wanted) else _nothing()
        by_uid, hits, rights = await asyncio.gather(
            settled(named_so), settled(self._hits(wanted)), self.rights()
        )
        denied = rights.denied("dashboards:read", SEARCH)
        if isinstance(by_uid, Dashboard):
            return self._read(by_uid, _namesakes(by_uid, wanted, hits))
        if isinstance(by_uid, SourceError) and not isinstance(by_uid, Denied | Missing):
            raise by_uid
        found, cut = _required(hits)
        hit = chosen(wanted, found)
        if hit is not None:
            return self._read(await self._board(hit.uid))
        if isinstance(by_uid, Denied):
            raise by_uid
        note = rights.note("dashboards:read")
        query = f"GET {SEARCH}?type=dash-db&query={wanted}"
        return self._api.reading(None, query, cut=(cut,), denied=denied, note=note)

    async def library_panel(self, uid: str, variables: frozenset[str]) -> Panel:
        """A panel that several dashboards share."""
        path = path_of("api", "library-elements", uid)
        return await self._api.fetch(get(path), partial(bodies.library_panel, variables))

    async def rights(self) -> Rights:
        """What the credential may do; asked until it has been answered once. Never raises."""
        found = await settled(self.asked_rights())
        return Rights(unknown=found.detail) if isinstance(found, SourceError) else found

    async def asked_rights(self) -> Rights:
        """The same, or the reason why nobody knows."""
        if self._known is None:
            answer = await self._api.get(PERMISSIONS, dict[str, list[str] | None])
            self._known = Rights(actions={name: tuple(scopes or ()) for name, scopes in answer.items()})
        return self._known

    async def health(self) -> tuple[shapes.Health, datetime | None]:
        """Whether it runs and in which version, and its clock to the second where it sends one."""
        request = get(HEALTH)
        response = await self._api.wire.send(request)
        body = self._answers.body(request, response)
        return await self._api.parsed(request, body, lambda b: decode(b, shapes.Health)), _date(response)

    async def settings(self) -> Loose:
        """What its own interface is told: build, address, whether strangers are let in."""
        return Loose(await self._api.get(SETTINGS, dict[str, object]))

    async def _notes(self, request: Request) -> tuple[tuple[Change, ...], str]:
        return await self._api.fetch(request, bodies.notes)

    async def _provisioned(self) -> bodies.Rules:
        return await self._api.fetch(get(PROVISIONED), bodies.provisioned_rules)

    async def _ruled(self) -> bodies.Rules:
        return await self._api.fetch(get(RULER), bodies.ruler_rules)

    async def _states(self) -> bodies.Rules:
        return await self._api.fetch(get(STATES), bodies.rule_states)

    async def _hits(self, query: str) -> tuple[tuple[Hit, ...], str]:
        params = (("type", "dash-db"), ("query", query), ("limit", str(MOST_HITS)))
        found, odd = await self._api.fetch(get(SEARCH, *params), bodies.hits)
        more = f"only the first {MOST_HITS:,} were asked for" if len(found) >= MOST_HITS else ""
        return found, "; ".join(each for each in (odd, more) if each)

    async def _board(self, uid: str) -> Dashboard:
        return await self._api.fetch(
            get(path_of("api", "dashboards", "uid", uid)), partial(bodies.board, uid)
        )

    def _read(self, board: Dashboard, note: str = "") -> Reading[Dashboard | None]:
        path = path_of("api", "dashboards", "uid", board.uid)
        link = f"{self._url}{path_of('d', board.uid)}"
        cut = f"not read are {', '.join(board.left_out)}" if board.left_out else ""
        return self._api.reading(board, f"GET {path}", link=link, cut=(cut,), note=note)


async def _nothing() -> None:
    return None


def _required(answer: T | SourceError) -> T:
    if isinstance(answer, SourceError):
        raise answer
    return answer


def _namesakes(board: Dashboard, wanted: str, hits: tuple[tuple[Hit, ...], str] | SourceError) -> str:
    """Dashboards whose title is the uid of another."""
    if isinstance(hits, SourceError):
        return ""
    others = [h.uid for h in hits[0] if h.title.casefold() == wanted.casefold() and h.uid != board.uid]
    return fit(f"{wanted!r} is also the title of another: uid {', '.join(others[:5])}") if others else ""


def _milliseconds(moment: datetime) -> str:
    return str(round(moment.timestamp() * 1000))


def _date(response: Response) -> datetime | None:
    try:
        moment = parsedate_to_datetime(response.headers.get("date", ""))
    except ValueError:
        return None
    return moment if moment.tzinfo else None
