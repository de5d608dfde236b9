"""How well one backup server can be read and how well it is kept, with the lines that mend what is wrong."""

from __future__ import annotations

import asyncio
import re
import shlex
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Final
from urllib.parse import urlsplit

from sre_assistant.domain.checkup import Checkup, Finding
from sre_assistant.domain.errors import SourceError
from sre_assistant.integrations.pbs import shapes
from sre_assistant.integrations.pbs.client import BASE, Client
from sre_assistant.integrations.pbs.config import Config
from sre_assistant.integrations.pbs.rights import AUDIT, DATASTORES, REMOTES, TASKS, Rights
from sre_assistant.integrations.pbs.source import Source
from sre_assistant.integrations.pbs.stores import Datastore
from sre_assistant.kit import checks
from sre_assistant.kit.clock import Clock
from sre_assistant.kit.outcomes import settled
from sre_assistant.kit.redaction import bounded, redact
from sre_assistant.kit.wire import Wire

_OLDEST: Final = (2, 2)
_NEWEST: Final = 4
_PORT: Final = 8007
_TIME_PRECISION: Final = 1.0
"""Seconds: the server tells whole ones."""
_MOST_STORES: Final = 20
_LONGEST_ID: Final = 32
"""Characters of a job's name there."""
_MANAGER: Final = "proxmox-backup-manager"


class Checks:
    """The check-up of one backup server."""

    def __init__(self, client: Client, source: Source, config: Config, wire: Wire, clock: Clock) -> None:
        self._client = client
        self._source = source
        self._config = config
        self._wire = wire
        self._clock = clock

    async def run(self) -> Checkup:
        """Asks for everything the assistant uses; what fails is a finding, never an error."""
        try:
            version = await self._client.version()
        except SourceError as error:
            return self._told("", (*checks.transport(self._config, reached=False), self._obstacle(error)))
        rights, clock, kept = await asyncio.gather(self._client.rights(), self._time(), self._kept())
        found = (
            *checks.transport(self._config, reached=True),
            Finding(level="ok", check="reachable", text=f"answers at {self._config.url}"),
            judged(version),
            clock,
            *self._rights(rights),
            *kept,
        )
        number = f"{version.version}-{version.release}" if version.release else version.version
        return self._told(f"Proxmox Backup Server {bounded(number, 40)}", found, rights.shown())

    def _told(self, version: str, findings: tuple[Finding, ...], rights: Sequence[str] = ()) -> Checkup:
        return Checkup(
            system=self._client.name,
            kind="pbs",
            url=self._config.url,
            version=version,
            findings=findings + checks.breaker(self._wire.state),
            rights=tuple(bounded(one, 200) for one in rights[:50]),
        )

    def _obstacle(self, error: SourceError) -> Finding:
        """What stands in the way; the two commonest reasons have a line of their own."""
        found = checks.failure(self._config, error, f"{BASE}/version")
        parts = urlsplit(self._config.url)
        if found.check == "tls":
            line = f"scp root@{parts.hostname}:/etc/proxmox-backup/proxy.pem . && "
            return replace(found, fix=f"{line}{self._config.setting('ca_cert')}=$PWD/proxy.pem")
        if found.check == "reachable" and parts.port is None:
            url = f"https://{parts.hostname}:{_PORT}"
            return replace(found, fix=f"{self._config.setting('url')}={url}")
        return found

    async def _time(self) -> Finding:
        try:
            await self._client.time()  # the first call may also connect, which would count as a difference
            began = self._clock.now()
            theirs = await self._client.time()
        except SourceError as error:
            return checks.permission(self._config, "its clock", error, f"{BASE}/nodes/localhost/time")
        ours = began + (self._clock.now() - began) / 2
        return checks.skew(ours, theirs, precision=_TIME_PRECISION)

    def _rights(self, rights: Rights) -> Iterator[Finding]:
        if not rights.known:
            yield Finding(level="warning", check="permission", text=rights.note)
            return
        for missing, path, role, hidden in (
            (rights.unseen(DATASTORES, AUDIT), DATASTORES, "DatastoreAudit", "datastores and backups"),
            (_lacking(rights, TASKS, "Sys.Audit"), "/system", "Audit", "tasks of others"),
        ):
            if missing:
                text = f"{missing}: {hidden} may be hidden"
                yield Finding(level="error", check="permission", text=text, fix=self._grant(path, role))
            else:
                yield Finding(level="ok", check="permission", text=f"{hidden} can be read")
        if missing := rights.unseen(REMOTES, "Remote.Audit"):
            text = f"{missing}: sync jobs with a remote are not listed"
            fix = self._grant(REMOTES, "RemoteAudit")
            yield Finding(level="warning", check="permission", text=text, fix=fix)
        token = shlex.quote(self._config.token_id)
        fix = f"{_MANAGER} acl update PATH ROLE --delete --auth-id {token}"
        yield from checks.broader(rights.beyond_reading(), fix)

    def _grant(self, path: str, role: str) -> str:
        """The lines that give a role; a token never may more than its user."""
        token = self._config.token_id or "sre@pbs!read"
        line = f"{_MANAGER} acl update {path} {role} --auth-id"
        return f"{line} {shlex.quote(token.partition('!')[0])} && {line} {shlex.quote(token)}"

    async def _kept(self) -> tuple[Finding, ...]:
        """Whether the datastores are usable, verified, pruned and collected."""
        rights, stores, verify, prune = await asyncio.gather(
            self._client.rights(),
            settled(self._source.datastores()),
            settled(self._client.jobs("verify")),
            settled(self._client.jobs("prune")),
        )
        if isinstance(stores, SourceError):
            path = f"{BASE}/status/datastore-usage"
            return (checks.permission(self._config, "datastores", stores, path),)
        named = self._config.default_datastore
        found = [] if named in {"", *(store.name for store in stores.value)} else [self._unknown(named)]
        seen = stores.value[:_MOST_STORES]
        found += [finding for store in seen for finding in _usable(store)]
        found += [finding for store in seen for finding in _collected(store)]
        for kind, jobs in (("verify", verify), ("prune", prune)):
            if isinstance(jobs, SourceError):
                found.append(checks.permission(self._config, f"{kind} jobs", jobs, f"{BASE}/admin/{kind}"))
            elif rights.known and not rights.unseen(DATASTORES, AUDIT) and not jobs.cut:
                served = {job.store for job in jobs.items if job.schedule and not job.disable}
                found += [_MISSING[kind](store.name) for store in seen if store.name not in served]
        return tuple(found)

    def _unknown(self, name: str) -> Finding:
        setting = self._config.setting("default_datastore")
        text = f"{setting} is {name!r}, which is not among the datastores that can be seen"
        return Finding(level="error", check="setting", text=text, fix=f"{_MANAGER} datastore list")


def judged(version: shapes.Version) -> Finding:
    """Whether this release is one that the assistant is made for."""
    number = re.match(r"(\d{1,4})\.(\d{1,4})", version.version)
    if number is None:
        shown = bounded(redact(version.version), 40)
        return Finding(level="warning", check="version", text=f"says no version we can read: {shown!r}")
    major, minor = int(number[1]), int(number[2])
    if (major, minor) < _OLDEST:
        text = f"{major}.{minor} is older than 2.2, the oldest this is made for: it has no namespaces"
        return Finding(level="warning", check="version", text=text, fix="upgrade to Proxmox Backup Server 4")
    if major > _NEWEST:
        text = f"{major}.{minor} is newer than 4.x, the newest this is made for"
        return Finding(level="warning", check="version", text=text)
    return Finding(level="ok", check="version", text=f"Proxmox Backup Server {major}.{minor}")


def _lacking(rights: Rights, path: str, privilege: str) -> str:
    return "" if rights.holds(path, privilege) else f"{privilege} on {path} is missing"


def _usable(store: Datastore) -> Iterator[Finding]:
    name = shlex.quote(store.name)
    if store.maintenance:
        text = f"datastore {store.name!r} is in maintenance mode {bounded(redact(store.maintenance), 120)!r}"
        fix = f"{_MANAGER} datastore update {name} --delete maintenance-mode"
        yield _warning(text, fix)
    elif store.problem:
        text = f"datastore {store.name!r} cannot be used: {bounded(redact(store.problem), 200)}"
        yield _warning(text, f"{_MANAGER} datastore show {name}")


def _collected(store: Datastore) -> Iterator[Finding]:
    name = shlex.quote(store.name)
    about = store.collected
    if about is None or store.problem:
        return
    if about.schedule == "":
        text = f"datastore {store.name!r} has no schedule for garbage collection: no room is ever freed"
        yield _warning(text, f"{_MANAGER} datastore update {name} --gc-schedule daily")
    elif about.finished is None:
        text = f"garbage collection of datastore {store.name!r} never ended well"
        yield _warning(text, f"{_MANAGER} garbage-collection start {name}")


def _unverified(store: str) -> Finding:
    name, job = shlex.quote(store), shlex.quote(f"verify-{store}"[:_LONGEST_ID])
    text = f"datastore {store!r} has no verify job that runs by itself: damaged backups go unnoticed"
    line = f"verify-job create {job} --store {name} --schedule daily --outdated-after 30"
    return _warning(text, f"{_MANAGER} {line}")


def _unpruned(store: str) -> Finding:
    name, job = shlex.quote(store), shlex.quote(f"prune-{store}"[:_LONGEST_ID])
    text = f"datastore {store!r} has no prune job that runs by itself: old backups stay unless clients prune"
    keep = "--keep-daily 7 --keep-weekly 4 --keep-monthly 6"
    return _warning(text, f"{_MANAGER} prune-job create {job} --store {name} --schedule daily {keep}")


def _warning(text: str, fix: str) -> Finding:
    return Finding(level="warning", check="setting", text=text, fix=fix)


_MISSING: Final[Mapping[str, Callable[[str], Finding]]] = {"verify": _unverified, "prune": _unpruned}
