"""One request to a daemon."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sre_assistant.sim.servers.docker.containers import Container, containers, found_container
from sre_assistant.sim.servers.docker.engines import Engine

if TYPE_CHECKING:
    from sre_assistant.sim.world import World


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """A request: the world that answers it, and what its path and its query say."""

    world: World
    host: str
    engine: Engine
    now: float
    method: str
    path: str
    """Without the version."""
    version: str
    """The API version that the client speaks."""
    params: dict[str, str]
    reference: str = ""
    """What the path names."""

    @property
    def here(self) -> list[Container]:
        """The containers that there are."""
        return containers(self.world, self.host, self.now)

    @property
    def container(self) -> Container:
        """The container that the path names.

        Raises:
            Refused: there is none, or several.
        """
        return found_container(self.here, self.reference)
