"""How well one cluster can be read, and the line that mends what is wrong."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final, Literal
from urllib.parse import urlsplit

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.domain.errors import SourceError, Unauthorised, Unreachable
from sre_assistant.integrations.proxmox import shapes
from sre_assistant.integrations.proxmox.client import Client
from sre_assistant.integrations.proxmox.config import PORT
from sre_assistant.integrations.proxmox.estate import Estate
from sre_assistant.integrations.proxmox.parts import Part, Rows, items, part
from sre_assistant.integrations.proxmox.rights import (
    CLUSTER,
    GUESTS,
    LOG,
    NODES,
    POWER,
    STORAGES,
    Rights,
)
from sre_assistant.kit import checks
from sre_assistant.kit.redaction import bounded

_OLDEST: Final = (7, 4)
_NEWEST: Final = 9
_PRECISION: Final = 1.0
"""Seconds: a node tells its time without a fraction."""
_AUTHORITY: Final = "/etc/pve/pve-root-ca.pem"
_MOST_ROLES: Final = 4


class Checks:
    """The check-up of one cluster."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._config = client.config

    async def run(self) -> Checkup:
        """Asks for what the assistant uses; what fails is a finding, never an error."""
        try:
            version = await self._client.version()
            estate = await self._client.estate()
        except SourceError as error:
            obstacle = self._obstacle(error)
            return self._told("", (*self._transport(reached=False), obstacle))
        mine, members, clocks, change = await asyncio.gather(
            part("rights", self._client.rights()),
            part("quorum", self._client.members()),
            self._clocks(estate),
            self._changing(),
        )
        said = shapes.words(version.version) or shapes.words(version.release)
        found = (
            *self._transport(reached=True),
            Finding(level="ok", check="reachable", text=f"answers at {self._config.url}"),
            _judged(said),
            *self._identity(),
            *await self._permissions(mine),
            *change,
            *_quorum(members),
            *_away(estate),
            *self._node(estate),
            *clocks,
        )
        return self._told(f"Proxmox VE {said}" if said else "", found, mine.value)

    def _told(self, version: str, findings: tuple[Finding, ...], rights: Rights | None = None) -> Checkup:
        return Checkup(
            system=self._client.name,
            kind="proxmox",
            url=self._config.url,
            version=bounded(version, 60),
            findings=findings + checks.breaker(self._client.api.wire.state),
            rights=rights.told()[:20] if rights else (),
        )

    def _transport(self, *, reached: bool) -> Iterator[Finding]:
        for one in checks.transport(self._config, reached=reached):
            unchecked = one.level == "warning" and self._config.encrypted
            yield replace(one, fix=self._trust()) if unchecked else one

    def _obstacle(self, error: SourceError) -> Finding:
        """What stands in the way, with the traps of this product: its port, its own authority, no TLS."""
        found = checks.failure(self._config, error, "/api2/json/version")
        if found.check == "tls":
            return replace(found, fix=self._trust())
        redirected = isinstance(error, Unauthorised) and "HTTP 30" in error.detail
        if redirected and not self._config.encrypted:
            url = self._config.url.replace("http:", "https:", 1)
            return replace(found, check="reachable", fix=f"{self._config.setting('url')}={url}")
        parts = urlsplit(self._config.url)
        if isinstance(error, Unreachable) and parts.port is None and found.check == "reachable":
            url = f"{parts.scheme}://{parts.netloc}:{PORT}{parts.path}"
            text = f"{found.text} (Proxmox VE listens on port {PORT})"
            return replace(found, text=text, fix=f"{self._config.setting('url')}={url}")
        return found

    def _trust(self) -> str:
        """The lines that make the cluster's own authority known."""
        host = urlsplit(self._config.url).hostname or "pve.lan"
        return (
            f"scp root@{shlex.quote(host)}:{_AUTHORITY} . && "
            f"export {self._config.setting('ca_cert')}=$PWD/pve-root-ca.pem "
            f"{self._config.setting('verify_ssl')}=true"
        )

    def _identity(self) -> Iterator[Finding]:
        who = self._config.who()
        if not who:
            return
        user = who.partition("!")[0]
        yield Finding(level="ok", check="authorised", text=f"token {who} of user {user}")
        if user == "root@pam":
            yield Finding(
                level="warning",
                check="authorised",
                text="the token belongs to root@pam: without privilege separation it may do everything",
                fix="pveum user add sre@pve; pveum acl modify / --users 'sre@pve' --roles PVEAuditor; "
                "pveum user token add sre@pve read --privsep 1; "
                "pveum acl modify / --tokens 'sre@pve!read' --roles PVEAuditor",
            )

    async def _permissions(self, mine: Part[Rights]) -> tuple[Finding, ...]:
        rights = mine.value
        if rights is None:
            text = f"what the token may do could not be asked: {mine.problem}"
            return (Finding(level="warning", check="permission", text=text),)
        hidden = [rights.lack(need) for need in (GUESTS, NODES, STORAGES, CLUSTER)]
        narrow = [one for one in hidden if one]
        trap = await self._separated(rights) if narrow else ""
        found = [_lacking("error", one, trap) for one in narrow]
        if not narrow:
            text = "guests, nodes, storages and the cluster can be read"
            found.append(Finding(level="ok", check="permission", text=text))
        found += [_lacking("warning", one, "") for one in rights.lack_backups()]
        log = rights.lack(LOG)
        if log:
            found.append(Finding(level="ok", check="permission", text=f"not needed, but useful: {log}"))
        power = self._config.allow_changes and not self._config.separate
        return (*found, *await self._broader(rights, power=power))

    async def _separated(self, rights: Rights) -> str:
        """Whether the user may do what its token may not: the trap of privilege separation."""
        user, _, token = rights.who.partition("!")
        if not token:
            return ""
        theirs = await part("rights of the user", self._client.rights_of(user))
        if theirs.value is None:
            return " (a token with privilege separation needs each right twice: it and its user)"
        lacking = [need for need in (GUESTS, NODES, STORAGES, CLUSTER) if rights.lack(need)]
        if any(not theirs.value.lack(need) for need in lacking):
            return f" (the user {user} has it, its token does not: privilege separation is on)"
        return f" (neither the user {user} nor its token has it)"

    async def _broader(self, rights: Rights, *, power: bool) -> tuple[Finding, ...]:
        more = rights.broader(power=power)
        if not more:
            return ()
        acl = items(await part("access list", self._client.acl()))
        return checks.broader(more, _narrowing(rights.who, acl))

    async def _changing(self) -> tuple[Finding, ...]:
        """Whether the token for changes may change."""
        if not self._config.allow_changes:
            return ()
        who = self._config.who("change")
        asked = await part("rights", self._client.rights_of(who, "change"))
        if asked.value is None:
            text = f"the token for changes cannot be used: {asked.problem}"
            fix = f"{self._config.setting('change_api_token')}_FILE=/path/to/change-api-token"
            return (Finding(level="error", check="permission", text=text, fix=fix),)
        rights = asked.value
        if rights.full(POWER) or (places := rights.places(POWER)):
            where = "all guests" if rights.full(POWER) else ", ".join(bounded(one, 60) for one in places[:8])
            text = f"{who or 'the token'} may start and stop {where}"
            found = Finding(level="ok", check="permission", text=text)
            own = await self._broader(rights, power=True) if self._config.separate else ()
            return (found, *own)
        text = f"guests cannot be started or stopped: {POWER.privilege} is missing on {POWER.path}"
        fix = rights.grant(POWER.privilege, POWER.path)
        return (Finding(level="error", check="permission", text=text, fix=fix),)

    async def _clocks(self, estate: Estate) -> tuple[Finding, ...]:
        """The clock of each node against ours."""

        async def clock(node: str) -> Finding | None:
            told = await part(f"time of {node}", self._client.node_time(node))
            theirs = shapes.moment(told.value.time) if told.value else None
            if theirs is None:
                return None
            found = checks.skew(self._client.clock.now(), theirs, precision=_PRECISION)
            fix = f"ssh root@{node} {found.fix}" if found.fix else ""
            return replace(found, text=f"{node}: {found.text}", fix=fix)

        told = [one for one in await asyncio.gather(*(clock(node) for node in estate.asked)) if one]
        off = [one for one in told if one.level != "ok"]
        if off or not told:
            return tuple(off)
        return (
            Finding(level="ok", check="clock", text=f"the clock of each node agrees ({len(told)} asked)"),
        )

    def _node(self, estate: Estate) -> Iterator[Finding]:
        names = [one.name for one in estate.nodes]
        if self._config.node and self._config.node not in names:
            known = ", ".join(names[:8])
            yield Finding(
                level="error",
                check="setting",
                text=f"{self._config.setting('node')} is {self._config.node!r}; the cluster has {known}",
                fix=f"{self._config.setting('node')}={names[0] if names else ''}",
            )


def _judged(version: str) -> Finding:
    number = re.match(r"(\d{1,3})\.(\d{1,3})", version)
    shown = bounded(version, 60)
    if number is None:
        return Finding(level="warning", check="version", text=f"says no version we can read: {shown!r}")
    if (int(number[1]), int(number[2])) < _OLDEST:
        text = f"{shown} is older than 7.4, the oldest this is made for"
        return Finding(level="warning", check="version", text=text, fix="upgrade to Proxmox VE 8.4 or newer")
    if int(number[1]) > _NEWEST:
        text = f"{shown} is newer than 9.x, the newest this is made for"
        return Finding(level="warning", check="version", text=text)
    return Finding(level="ok", check="version", text=f"Proxmox VE {shown}")


def _lacking(level: Literal["warning", "error"], said: str, trap: str) -> Finding:
    """A missing right as a finding: what it hides, and the line that gives it."""
    text, _, fix = said.partition("; grant it with: ")
    return Finding(level=level, check="permission", text=text + trap, fix=fix)


def _narrowing(who: str, acl: Sequence[shapes.AclItem]) -> str:
    """The lines that take away what is more than reading, as far as the access list tells."""
    user, _, token = who.partition("!")
    own = [one for one in acl if one.ugid == who and one.roleid not in {"PVEAuditor", "SREBackups", "SRELog"}]
    if not own and token:
        inherits = not any(one.ugid == who for one in acl) and any(one.ugid == user for one in acl)
        if inherits:
            return f"pveum user token modify {shlex.quote(user)} {shlex.quote(token)} --privsep 1"
        return f"pveum user token permissions {shlex.quote(user)} {shlex.quote(token)}"
    whom = f"--tokens {shlex.quote(who)}"
    given = ((shlex.quote(one.path), shlex.quote(one.roleid)) for one in own[:_MOST_ROLES])
    return "; ".join(f"pveum acl delete {path} {whom} --roles {role}" for path, role in given)


def _quorum(members: Part[Rows[shapes.MemberItem]]) -> Iterator[Finding]:
    whole = next((one for one in items(members) if one.type == "cluster"), None)
    if whole is None:
        return
    name = bounded(shapes.words(whole.name), 60)
    if shapes.flag(whole.quorate):
        yield Finding(level="ok", check="setting", text=f"cluster {name} is quorate")
        return
    text = f"cluster {name} has no quorum: nothing can be changed, and guests cannot be started"
    yield Finding(level="error", check="setting", text=text, fix="pvecm status")


def _away(estate: Estate) -> Iterator[Finding]:
    for node in estate.away[:8]:
        text = f"node {node} is offline: its guests, disks and tasks cannot be read"
        yield Finding(level="warning", check="reachable", text=text, fix=f"ping -c 3 {node}")
