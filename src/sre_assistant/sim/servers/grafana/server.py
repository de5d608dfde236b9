"""The HTTP API of Grafana 12.3 as an assistant uses it."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from typing import Final

import msgspec
from starlette.applications import Starlette
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response
from starlette.routing import Mount, Route

from sre_assistant.sim.alerting.notifying import Notifier
from sre_assistant.sim.alerting.posting import Target
from sre_assistant.sim.alerting.silences import Silences
from sre_assistant.sim.grafana.boards import PROMETHEUS, Board, boards
from sre_assistant.sim.grafana.managed import managed_rules, setup
from sre_assistant.sim.live import Live
from sre_assistant.sim.misbehaviour import App
from sre_assistant.sim.servers.answers import dated, json_answer
from sre_assistant.sim.servers.grafana.alerting import Alerting
from sre_assistant.sim.servers.grafana.annotations import Annotations
from sre_assistant.sim.servers.grafana.asked import ADMIN, Asked, Refused, missing, role_of
from sre_assistant.sim.servers.grafana.provisioning import Provisioning
from sre_assistant.sim.servers.grafana.proxy import Proxy
from sre_assistant.sim.servers.grafana.queries import queried
from sre_assistant.sim.servers.grafana.rights import permissions
from sre_assistant.sim.servers.grafana.webhook import ManagedAlerts, grafana_notifier
from sre_assistant.sim.servers.prometheus import Prometheus

VERSION: Final = "12.3.0"
_COMMIT: Final = "abcdef0"
_FIRST_ID: Final = 12
_SET_UP: Final = "2026-01-04T10:12:00Z"

Call = Callable[[Asked], Response]


class Grafana:
    """A Grafana that shows the homelab's Prometheus and watches it with rules of its own.

    Args:
        live: the homelab.
        others: further data sources by uid, e.g. ``{"loki": application}``.
    """

    def __init__(self, live: Live, others: Mapping[str, App] | None = None) -> None:
        self.live = live
        self.silences = Silences(live.seed + 1)
        self.rules = managed_rules(live)
        self._sources: dict[str, App] = {"prom": Prometheus(live).app(), **(others or {})}
        self._alerts = ManagedAlerts(self.rules, self.silences, self.base)
        self._alerting = Alerting(live, self.rules, self._alerts)
        self._annotations = Annotations(live)
        self._provisioning = Provisioning()

    @property
    def base(self) -> str:
        """Where people find it."""
        house = self.live.world.house
        return f"http://grafana.{house.domain}:3000"

    def notifier(self, targets: tuple[Target, ...] = ()) -> Notifier:
        """What tells its contact points; whoever has it calls its ``push`` ever again."""
        return grafana_notifier(self._alerts, self.live.clock, self.base, VERSION, targets)

    def app(self) -> Starlette:
        """The HTTP API."""
        calls: dict[str, Call] = {
            "GET search": self._search,
            "GET dashboards/uid/{uid}": self._dashboard,
            "GET datasources": self._datasources,
            "GET datasources/uid/{uid}": self._datasource,
            "GET datasources/name/{name}": self._datasource,
            "GET folders": self._folders,
            "GET folders/{uid}": self._folder,
            "GET org": lambda _: json_answer({"id": 1, "name": "Main Org.", "address": _NOWHERE}),
            "GET user": self._user,
            "GET frontend/settings": self._settings,
            "GET access-control/user/permissions": self._permissions,
            "POST ds/query": lambda asked: queried(self.live, asked),
            **self._annotations.calls(),
            **self._alerting.calls(),
            **self._provisioning.calls(),
        }
        routes: list[Route | Mount] = [
            Route(f"/api/{text.partition(' ')[2]}", self._answering(call), methods=[text.partition(" ")[0]])
            for text, call in calls.items()
        ]
        routes += [
            Mount(
                f"/api/datasources/proxy/uid/{uid}",
                Proxy(self.live, source, "prometheus" if uid == "prom" else uid),
            )
            for uid, source in self._sources.items()
        ]
        routes += [
            Route("/api/health", self._health, methods=["GET", "HEAD"]),
            Route("/login", _login, methods=["GET", "HEAD"]),
            Route("/", lambda _: RedirectResponse("/login", 302), methods=["GET", "HEAD"]),
        ]
        return Starlette(
            routes=routes,
            exception_handlers={404: _not_found, 405: _not_found},
            middleware=dated(self.live.clock),
        )

    def _answering(self, call: Call) -> Callable[[Request], Awaitable[Response]]:
        def answer(request: Request, body: bytes) -> Response:
            try:
                role = role_of(request, self.live.credentials["grafana"])
                params, path = request.query_params, request.path_params
                return call(Asked(params, path, body, role, self.live.clock.milliseconds()))
            except Refused as refusal:
                return refusal.answer

        async def endpoint(request: Request) -> Response:
            return await run_in_threadpool(answer, request, await request.body())

        return endpoint

    def _health(self, _request: Request) -> Response:
        body = msgspec.json.format(
            msgspec.json.encode({"database": "ok", "version": VERSION, "commit": _COMMIT}), indent=2
        )
        return Response(body, media_type="application/json; charset=UTF-8")

    def _search(self, asked: Asked) -> Response:
        wanted = asked.params.get("query", "").lower()
        kind, tags = asked.params.get("type", ""), asked.params.getlist("tag")
        found = [hit for hit in _hits() if wanted in str(hit["title"]).lower()]
        found = [hit for hit in found if not kind or hit["type"] == kind]
        found = [hit for hit in found if all(tag in _list(hit["tags"]) for tag in tags)]
        for name, key in (("folderUIDs", "folderUid"), ("dashboardUIDs", "uid")):
            uids = asked.params.getlist(name)
            found = [hit for hit in found if not uids or hit.get(key, "") in uids]
        if asked.params.get("starred") == "true":
            found = []
        limit, page = asked.number("limit", 1000), asked.number("page", 1)
        return json_answer(found[max(page - 1, 0) * limit :][:limit])

    def _dashboard(self, asked: Asked) -> Response:
        board = boards().get(asked.path["uid"])
        if board is None:
            return missing("Dashboard")
        number = _FIRST_ID + list(boards()).index(board.uid)
        admin = asked.role == "admin"
        meta = {
            "type": "db",
            "canSave": admin,
            "canEdit": admin,
            "canAdmin": admin,
            "canStar": admin,
            "canDelete": admin,
            "slug": board.slug,
            "url": board.url,
            "expires": "0001-01-01T00:00:00Z",
            "created": _SET_UP,
            "updated": _SET_UP,
            "updatedBy": ADMIN,
            "createdBy": ADMIN,
            "version": 3,
            "hasAcl": False,
            "isFolder": False,
            **_folder_of(),
            "provisioned": True,
            "provisionedExternalId": f"{board.uid}.json",
            "apiVersion": "v1beta1",
        }
        return json_answer({"meta": meta, "dashboard": board.json(number)})

    def _sources_list(self) -> list[dict[str, object]]:
        house = self.live.world.house
        keeper = house.full_name(house.monitoring)
        known = {"prom": ("Prometheus", "prometheus", 9090), "loki": ("Loki", "loki", 3100)}
        found = []
        for number, uid in enumerate(self._sources, 1):
            name, kind, port = known.get(uid, (uid.title(), uid, 80))
            found.append(
                {
                    "id": number,
                    "uid": uid,
                    "orgId": 1,
                    "name": name,
                    "type": kind,
                    "typeName": name,
                    "typeLogoUrl": f"public/app/plugins/datasource/{kind}/img/{kind}_logo.svg",
                    "access": "proxy",
                    "url": f"http://{keeper}:{port}",
                    "user": "",
                    "database": "",
                    "basicAuth": False,
                    "isDefault": uid == PROMETHEUS["uid"],
                    "jsonData": {"httpMethod": "POST"} if uid == "prom" else {},
                    "readOnly": True,
                }
            )
        return found

    def _datasources(self, asked: Asked) -> Response:
        asked.require("datasources:read")
        return json_answer(self._sources_list())

    def _datasource(self, asked: Asked) -> Response:
        asked.require("datasources:read")
        for one in self._sources_list():
            if asked.path.get("uid") == one["uid"] or asked.path.get("name") == one["name"]:
                return json_answer(one)
        return json_answer({"message": "Data source not found", "traceID": ""}, status=404)

    def _folders(self, _asked: Asked) -> Response:
        return json_answer([_folder(uid) for uid in setup().folders])

    def _folder(self, asked: Asked) -> Response:
        uid = asked.path["uid"]
        if uid not in setup().folders:
            return json_answer({"message": "folder not found", "status": "not-found"}, status=404)
        return json_answer({**_folder(uid), "url": f"/dashboards/f/{uid}/{setup().folders[uid].lower()}"})

    def _user(self, asked: Asked) -> Response:
        admin = asked.role == "admin"
        name = ADMIN if admin else "sa-1-assistant"
        return json_answer(
            {
                "id": 1 if admin else 2,
                "uid": name,
                "email": f"{ADMIN}@localhost" if admin else "",
                "name": name,
                "login": name,
                "theme": "",
                "orgId": 1,
                "isGrafanaAdmin": admin,
                "isDisabled": False,
                "isExternal": False,
                "isServiceAccount": not admin,
            }
        )

    def _settings(self, _asked: Asked) -> Response:
        info = {"version": VERSION, "commit": _COMMIT, "edition": "Open Source", "env": "production"}
        sources = {
            str(one["name"]): {
                name: one[name] for name in ("id", "uid", "type", "name", "access", "isDefault")
            }
            for one in self._sources_list()
        }
        return json_answer(
            {
                "anonymousEnabled": False,
                "appSubUrl": "",
                "appUrl": f"{self.base}/",
                "buildInfo": info,
                "datasources": sources,
                "defaultDatasource": "Prometheus",
                "unifiedAlertingEnabled": True,
            }
        )

    def _permissions(self, asked: Asked) -> Response:
        return json_answer(permissions(asked.role, list(setup().folders)))


_NOWHERE: Final = {"address1": "", "address2": "", "city": "", "zipCode": "", "state": "", "country": ""}


def _hits() -> list[dict[str, object]]:
    """What a search looks through: dashboards and folders."""
    found: list[dict[str, object]] = [_hit(number, one) for number, one in enumerate(boards().values())]
    for number, (uid, title) in enumerate(setup().folders.items(), 3):
        found.append(
            {
                "id": number,
                "orgId": 1,
                "uid": uid,
                "title": title,
                "uri": f"db/{title.lower()}",
                "url": f"/dashboards/f/{uid}/{title.lower()}",
                "slug": "",
                "type": "dash-folder",
                "tags": [],
                "isStarred": False,
                "sortMeta": 0,
                "isDeleted": False,
            }
        )
    return sorted(found, key=lambda hit: str(hit["title"]))


def _hit(number: int, board: Board) -> dict[str, object]:
    return {
        "id": _FIRST_ID + number,
        "orgId": 1,
        "uid": board.uid,
        "title": board.title,
        "uri": f"db/{board.slug}",
        "url": board.url,
        "slug": "",
        "type": "dash-db",
        "tags": list(board.tags),
        "isStarred": False,
        **_folder_of(),
        "sortMeta": 0,
        "isDeleted": False,
    }


def _folder_of() -> dict[str, object]:
    uid, title = next(iter(setup().folders.items()))
    return {
        "folderId": 3,
        "folderUid": uid,
        "folderTitle": title,
        "folderUrl": f"/dashboards/f/{uid}/{title.lower()}",
    }


def _folder(uid: str) -> dict[str, object]:
    number = list(setup().folders).index(uid) + 3
    return {"id": number, "uid": uid, "orgId": 1, "title": setup().folders[uid], "managedBy": ""}


def _list(value: object) -> list[object]:
    return value if isinstance(value, list) else []


def _login(_request: Request) -> Response:
    return HTMLResponse("<!DOCTYPE html><html><head><title>Grafana</title></head><body></body></html>")


async def _not_found(request: Request, _error: Exception) -> Response:
    if request.url.path.startswith("/api/"):
        return json_answer({"message": "Not found"}, status=404)
    return HTMLResponse("<!DOCTYPE html><title>Grafana</title>Page not found", status_code=404)
