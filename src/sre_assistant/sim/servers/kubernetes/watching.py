"""Watching: the changes of a list, one by one, as the simulated clock moves on."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

from starlette.concurrency import run_in_threadpool

from sre_assistant.sim.live import Live
from sre_assistant.sim.servers.kubernetes.lists import KEPT_SECONDS, Options
from sre_assistant.sim.servers.kubernetes.objects import version, version_now
from sre_assistant.sim.servers.kubernetes.resources import Resource
from sre_assistant.sim.servers.kubernetes.status import Object, gone
from sre_assistant.sim.servers.kubernetes.view import View
from sre_assistant.sim.world import World

LOOK_SECONDS: Final = 0.05
"""Real seconds between two looks at the world."""
_BOOKMARK_SECONDS: Final = 60.0
_BEFORE: Final = 1e-6


@dataclass(slots=True)
class Watch:
    """One client that watches the objects of a kind."""

    live: Live
    resource: Resource
    namespace: str
    asked: Options
    views: Callable[[World, float], View]
    _seen: dict[str, Object] = field(default_factory=dict)
    _upto: float = 0.0
    _world: World | None = None

    async def events(self) -> AsyncIterator[Object]:
        """Everything that the client is told, until its time is over."""
        clock = self.live.clock
        begun = marked = clock.monotonic()
        for event in await run_in_threadpool(lambda: list(self._begin())):
            yield event
            if event["type"] == "ERROR":
                return
        while True:
            for event in await run_in_threadpool(self._news):
                yield event
            real = clock.monotonic()
            over = self.asked.timeout is not None and real >= begun + self.asked.timeout
            if self.asked.bookmarks and (over or real >= marked + _BOOKMARK_SECONDS):
                marked = real
                yield self._bookmark()
            if over:
                return
            await clock.sleep(LOOK_SECONDS)

    def _begin(self) -> Iterator[Object]:
        """What is there, or only what came after the version that the client knows."""
        world, now = self.live.world, self.live.now
        self._world, self._upto = world, now
        if self.asked.version in {"", "0"}:
            self._seen = self._at(world, now)
            yield from ({"type": "ADDED", "object": one} for one in self._seen.values())
            return
        known, number = int(self.asked.version), version_now(now)
        if number - known > KEPT_SECONDS * 1000:
            yield {"type": "ERROR", "object": gone(f"too old resource version: {known} ({number})").body}
            return
        self._upto = min(known / 1000 - _BEFORE, now)
        self._seen = self._at(world, self._upto)
        self._world = None  # something may have been done at the very moment that the client knows

    def _news(self) -> list[Object]:
        world, now = self.live.world, self.live.now
        if world is self._world and now <= self._upto:
            return []
        view = self.views(world, now)
        start = max(self._upto, now - KEPT_SECONDS)
        found: list[Object] = []
        for moment in [*view.moments(self.resource, start, now), now]:
            found += self._differences(self._at(world, moment), moment)
        self._world, self._upto = world, now
        return found

    def _differences(self, after: dict[str, Object], at: float) -> Iterator[Object]:
        before, self._seen = self._seen, after
        for uid, one in before.items():
            if uid not in after:
                last = one | {"metadata": one["metadata"] | {"resourceVersion": version(at)}}
                yield {"type": "DELETED", "object": last}
        for uid, one in after.items():
            if uid not in before:
                yield {"type": "ADDED", "object": one}
            elif _content(one) != _content(before[uid]):
                yield {"type": "MODIFIED", "object": one}

    def _at(self, world: World, t: float) -> dict[str, Object]:
        found = self.views(world, t).all(self.resource, self.namespace)
        return {str(one["metadata"]["uid"]): one for one in found if self.asked.chooses(one)}

    def _bookmark(self) -> Object:
        number = str(version_now(self._upto))
        metadata = {"resourceVersion": number, "creationTimestamp": None}
        kind = {"kind": self.resource.kind, "apiVersion": self.resource.api}
        return {"type": "BOOKMARK", "object": kind | {"metadata": metadata}}


def _content(one: Object) -> Object:
    """An object without its version."""
    return one | {
        "metadata": {key: one["metadata"][key] for key in one["metadata"] if key != "resourceVersion"}
    }
