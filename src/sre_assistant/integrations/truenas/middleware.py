"""Methods of the middleware, called by JSON-RPC or over the older REST API; alone knows the paths."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Final, Literal, NoReturn, TypeVar

from sre_assistant.domain.errors import Denied, Missing, Unauthorised
from sre_assistant.integrations.truenas import shapes
from sre_assistant.integrations.truenas.config import Config
from sre_assistant.integrations.truenas.replies import Failure, Reply, explanation
from sre_assistant.kit.api import Api
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.codec import decode
from sre_assistant.kit.wire import Request, Wire, path_of

T = TypeVar("T")

_REST: Final = ("api", "v2.0")
_POSTED: Final = frozenset({"smb.status"})
_ROLES: Final[Mapping[str, str]] = {
    "alert.list": "ALERT_LIST_READ",
    "app.query": "APPS_READ",
    "audit.query": "SYSTEM_AUDIT_READ",
    "boot.get_state": "READONLY_ADMIN",
    "cloudsync.query": "CLOUD_SYNC_READ",
    "disk.query": "DISK_READ",
    "disk.temperatures": "REPORTING_READ",
    "interface.query": "NETWORK_INTERFACE_READ",
    "nfs.get_nfs3_clients": "SHARING_NFS_READ",
    "pool.dataset.query": "DATASET_READ",
    "pool.query": "POOL_READ",
    "pool.scrub.query": "POOL_SCRUB_READ",
    "pool.snapshot.query": "SNAPSHOT_READ",
    "pool.snapshottask.query": "SNAPSHOT_TASK_READ",
    "replication.query": "REPLICATION_TASK_READ",
    "rsynctask.query": "RSYNC_TASK_READ",
    "service.query": "SERVICE_READ",
    "sharing.nfs.query": "SHARING_NFS_READ",
    "sharing.smb.query": "SHARING_SMB_READ",
    "smb.status": "SHARING_SMB_READ",
    "system.info": "SYSTEM_GENERAL_READ",
    "zfs.snapshot.query": "SNAPSHOT_READ",
}
"""The role that lets a user call a method; ``READONLY_ADMIN`` includes all of them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Access:
    """How the system is asked, and what it lets us do."""

    api: Literal["jsonrpc", "rest"]
    user: str = ""
    """Whose key it is; empty where nobody says."""
    roles: frozenset[str] | None = None
    """None where nobody says: the REST API does not."""

    @property
    def sees_all_jobs(self) -> bool | None:
        """Whether it is shown what others ordered; None when that cannot be known."""
        return None if self.roles is None else "FULL_ADMIN" in self.roles


class Middleware:
    """Calls methods of one system, whichever API it speaks.

    Args:
        name: the configured name of the system.
        config: where it is and how it is entered.
        wire: carries the calls.
        clock: dates what the system does not date itself.
    """

    def __init__(self, name: str, config: Config, wire: Wire, clock: Clock) -> None:
        self.api = Api(name, config, wire, clock, explanation)
        self._config = config
        self._access: Access | None = None
        self._asking = asyncio.Lock()

    async def access(self) -> Access:
        """How the system is asked; found out once, by the first who wants to know.

        Raises:
            SourceError: it does not answer, does not know us, or speaks neither API.
        """
        async with self._asking:
            if self._access is None:
                self._access = await self._found()
        return self._access

    async def call(self, method: str, read: Callable[[bytes], T], *params: object) -> T:
        """What ``read`` makes of a method's result. Over REST only limit and order reach the system.

        Raises:
            SourceError: nothing usable came.
        """
        access = await self.access()
        if access.api == "rest":
            return await self._by_rest(method, read, params)
        request = self._rpc(method, params)
        reply = await self.api.fetch(request, _reply)
        if reply.error is not None:
            self._fail(request, method, reply.error)
        return await self.api.parsed(request, bytes(reply.result), read)

    async def _found(self) -> Access:
        if self._config.api == "rest":
            return Access(api="rest")
        request = self._rpc("auth.me", ())
        try:
            reply = await self.api.fetch(request, _reply)
        except Missing as error:
            if self._config.api == "auto":
                return Access(api="rest")
            hint = f"25.04 and later answer there; for an older one write {self._config.setting('api')}=rest"
            raise Missing(error.system, error.operation, f"{error.detail}; {hint}") from error
        if reply.error is not None:
            self._fail(request, "auth.me", reply.error)
        me = await self.api.parsed(request, bytes(reply.result), lambda body: decode(body, shapes.Me))
        return Access(api="jsonrpc", user=me.pw_name, roles=_roles(me))

    def _rpc(self, method: str, params: tuple[object, ...]) -> Request:
        return Request(
            method="CALL",
            path=self._config.rpc_path,
            json={"method": method, "params": list(params)},
            repeatable=True,
            name=method,
        )

    async def _by_rest(self, method: str, read: Callable[[bytes], T], params: tuple[object, ...]) -> T:
        request = _rest(method, params)
        try:
            return await self.api.fetch(request, read)
        except Missing as error:
            raise Missing(error.system, error.operation, f"{error.detail}; {self._without_rest()}") from error
        except Denied as error:
            raise Denied(error.system, error.operation, f"{error.detail}{_needed(method)}") from error

    def _without_rest(self) -> str:
        if self._config.api == "rest":
            return f"TrueNAS 26 answers JSON-RPC alone: write {self._config.setting('api')}=auto"
        return f"nor does JSON-RPC answer: is {self._config.setting('url')} that of a TrueNAS?"

    def _fail(self, request: Request, method: str, failure: Failure) -> NoReturn:
        detail = self._config.quoted(failure.text)
        if failure.kind is Denied:
            detail += _needed(method)
        if failure.kind is Unauthorised and not self._config.api_key:
            detail += f": set {self._config.setting('api_key')}"
        raise failure.kind(self.api.name, request.operation, detail)


def _rest(method: str, params: tuple[object, ...]) -> Request:
    path = path_of(*_REST, *method.removesuffix(".query").split("."))
    if method in _POSTED:
        return Request(method="POST", path=path, json={}, repeatable=True)
    options = params[1] if len(params) > 1 and isinstance(params[1], dict) else {}
    asked = [("sort", ",".join(options["order_by"]))] if "order_by" in options else []
    if "limit" in options and not params[0]:  # what we filter ourselves must not be cut before
        asked.append(("limit", str(options["limit"])))
    return Request(method="GET", path=path, params=tuple(asked), repeatable=True)


def _needed(method: str) -> str:
    role = _ROLES.get(method)
    return f"; {method} needs the role {role}, which READONLY_ADMIN includes" if role else ""


def _reply(body: bytes) -> Reply:
    return decode(body, Reply)


def _roles(me: shapes.Me) -> frozenset[str]:
    """Roles come as a set or, over some ways, as a list."""
    found = me.privilege.roles if me.privilege else None
    if isinstance(found, dict):
        found = found.get("$set")
    return frozenset(str(one) for one in found) if isinstance(found, list) else frozenset()
