"""A proxy before the socket that lets through only what it was told to, as people put there for safety."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from starlette.responses import Response

if TYPE_CHECKING:
    from sre_assistant.sim.live import Live

_READING: Final = frozenset({"GET", "HEAD"})
_PAGE: Final = (
    "<html><body><h1>403 Forbidden</h1>\nRequest forbidden by administrative rules.\n</body></html>\n"
)


def forbidden(live: Live, method: str, path: str) -> bool:
    """Whether the story has this request turned away now.

    What is denied is ``POST`` (all that changes anything), a part of the API by the name that such proxies
    give it (``CONTAINERS``, ``EVENTS``), or a path (``/events``); perhaps below some path only.
    """
    return any(
        path.startswith(spell.part) and _named(spell.detail, method, path)
        for spell in live.world.spells["system/docker"]
        if spell.mode == "denied" and spell.has(live.now)
    )


class Forbidden(Response):
    """What the proxy says."""

    def __init__(self) -> None:
        super().__init__(_PAGE, 403, {"Cache-Control": "no-cache", "Server": ""}, media_type="text/html")


def _named(privilege: str, method: str, path: str) -> bool:
    if privilege == "POST":
        return method not in _READING
    start = privilege if privilege.startswith("/") else f"/{privilege.lower()}"
    return path.startswith((start, f"/_{start[1:]}"))
