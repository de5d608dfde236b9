"""What a container has written: asked of the world's logs, framed as the API sends it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from sre_assistant.sim.logstore import Entry, LogStore
from sre_assistant.sim.metrics.series import Matcher
from sre_assistant.sim.servers.docker.containers import Container
from sre_assistant.sim.servers.docker.wire import rfc3339

if TYPE_CHECKING:
    from sre_assistant.sim.world import World

KEPT_LINES: Final = 20_000
"""What is left of a log after it was rotated."""
_FIRST_LOOK: Final = 3_600_000_000_000
_STREAMS: Final = {"stdout": 1, "stderr": 2}

Logs = Callable[["World"], LogStore]
"""Where the lines of a world are."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """What somebody asks of a log; times are unix nanoseconds."""

    streams: frozenset[str]
    since: int | None = None
    until: int | None = None
    tail: int | None = None
    timestamps: bool = False

    def has(self, entry: Entry) -> bool:
        """Whether a line is asked for; its place from the end was looked at before."""
        return (
            stream_of(entry) in self.streams
            and (self.since is None or entry.at >= self.since)
            and (self.until is None or entry.at <= self.until)
        )


def world_logs(world: World) -> LogStore:
    """The lines of a world, in streams with the labels ``source``, ``host`` and ``container``."""
    return world.logs


def stream_of(entry: Entry) -> str:
    """``stdout`` or ``stderr``."""
    return "stderr" if entry.metadata.get("stream") == "stderr" else "stdout"


def lines(store: LogStore, container: Container, start: int, end: int) -> list[Entry]:
    """The lines of a container with ``start <= at < end``, by time."""
    matchers = [
        Matcher("source", "=", "docker"),
        Matcher("host", "=", container.host),
        Matcher("container", "=", container.name),
    ]
    found = [entry for stream in store.streams(matchers, start, end) for entry in stream.entries(start, end)]
    return sorted(found, key=lambda entry: entry.at)


def kept(store: LogStore, container: Container, end: int, tail: int | None) -> list[Entry]:
    """The last lines before ``end`` that its log still has, at most ``tail`` of them."""
    most = KEPT_LINES if tail is None else min(tail, KEPT_LINES)
    first = container.world.unix_ms(container.created) * 1_000_000
    found: list[Entry] = []
    size, reached = _FIRST_LOOK, end
    while len(found) < most and reached > first:
        begin = max(reached - size, first)
        found = [*lines(store, container, begin, reached), *found]
        size, reached = size * 2, begin
    return found[len(found) - most :] if len(found) > most else found


def framed(entries: Iterable[Entry], wanted: Wanted, *, tty: bool) -> Iterator[bytes]:
    """Lines as the API sends them: each behind eight bytes with stream and size; from a terminal, bare."""
    for entry in entries:
        text = f"{rfc3339(entry.at, fixed=True)} {entry.text}\n" if wanted.timestamps else f"{entry.text}\n"
        body = text.encode("utf-8", "replace")
        if not tty:
            yield bytes((_STREAMS[stream_of(entry)], 0, 0, 0)) + len(body).to_bytes(4, "big")
        yield body
