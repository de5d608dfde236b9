"""What programs say: in the quiet, when they start and stop, and when something that they need is gone."""

from __future__ import annotations

import json
from collections.abc import Sequence
from datetime import datetime
from typing import Final

from sre_assistant.sim.journal.voice import Level, Phrase

_QUIET: Final[dict[str, tuple[Phrase, ...]]] = {
    "plain": (
        ("info", "Session {id} opened for {who} from {ip}"),
        ("info", "Processed {n} items in {ms} ms"),
        ("info", "Scheduled task library scan finished after {ms} ms"),
        ("debug", "cache: {n} entries, {ms} evicted"),
        ("info", "User {who} requested {what}"),
        ("warn", "Slow operation {what} took {ms}0 ms"),
    ),
    "java": (
        ("info", "o.s.web.servlet.DispatcherServlet : Completed initialization in {ms} ms"),
        ("info", "s.s.SPDF.service.PdfService : converted {what}.pdf ({n} pages)"),
        ("debug", "o.h.engine.internal.StatisticalLoggingSessionEventListener : {n} JDBC statements"),
    ),
    "nginx": (
        ("info", '{ip} "GET /apps/files/{what} HTTP/1.1" 200 {ms}{n}'),
        ("info", '{ip} "PROPFIND /remote.php/dav/files/{who}/ HTTP/1.1" 207 {ms}'),
        ("info", '{ip} "GET /status.php HTTP/1.1" 200 {ms}'),
        ("warn", '{ip} "GET /favicon-{n}.ico HTTP/1.1" 404 196'),
    ),
    "json": (
        ("info", "request served path=/{what} status=200 duration_ms={ms}"),
        ("info", "health check passed in {ms} ms"),
        ("debug", "route refreshed, {n} entries"),
        ("warn", "client {ip} retried {n} times"),
    ),
    "logfmt": (
        ("info", "request completed component=http status=200 duration={ms}ms"),
        ("info", "compaction finished component=store blocks={n} duration={ms}ms"),
        ("debug", "configuration unchanged component=reload"),
        ("info", "rule evaluated component=rules group=homelab series={n}"),
    ),
}
"""Usual words, by how the program writes its lines."""

NEEDS: Final[dict[str, Phrase]] = {
    "container": ("error", "could not connect to {name}: connection refused"),
    "workload": ("error", "upstream {name} not available: dial tcp: connection refused"),
    "guest": ("error", "lost connection to {name}: connection timed out, retrying in {n} s"),
    "net-dns": ("error", "lookup {what}.example: Temporary failure in name resolution"),
    "net": ("error", "dial tcp 203.0.113.{n}:443: i/o timeout"),
    "claim": ("error", "write /data/{id}: no space left on device"),
}
"""What a program says when something that it needs is gone, by the kind of that thing."""


def quiet(dialect: str) -> tuple[Phrase, ...]:
    """The usual words of a program."""
    return _QUIET[dialect]


def started(name: str, image: str) -> tuple[Phrase, ...]:
    """The first words of a run."""
    version = image.rpartition(":")[2]
    return (
        ("info", f"Starting {name} {version}"),
        ("info", "Configuration loaded"),
        ("info", f"{name} is ready"),
    )


def written(dialect: str, at: datetime, level: Level, text: str, name: str) -> str:
    """A line as the program writes it."""
    stamp = at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
    if dialect == "json":
        return json.dumps({"time": stamp, "level": level, "msg": text, "logger": name})
    if dialect == "logfmt":
        return f"ts={stamp} level={level} caller={name}.go:{len(text) + 40} msg={json.dumps(text)}"
    if dialect == "java":
        return f"{stamp} {level.upper():>5} 1 --- [nio-8080-exec-{len(text) % 9}] {text}"
    if dialect == "nginx":
        if text[:4] == "192.":
            address, _, rest = text.partition(" ")
            return f"{address} - - [{at.strftime('%d/%b/%Y:%H:%M:%S +0000')}] {rest}"
        return f"{at.strftime('%Y/%m/%d %H:%M:%S')} [{level}] 1#1: {text}"
    return f"[{at.strftime('%Y-%m-%d %H:%M:%S')}] {level.upper()} {text}"


def lasting(texts: Sequence[str]) -> tuple[Phrase, ...]:
    """Words told by a story, with the level that they themselves name."""
    return tuple((_level(text), text) for text in texts)


def _level(text: str) -> Level:
    low = text[:60].lower()
    for level, words in (
        ("error", ("error", "fatal", "panic", "exception", "critical")),
        ("warn", ("warn",)),
    ):
        if any(word in low for word in words):
            return level
    return "info"
