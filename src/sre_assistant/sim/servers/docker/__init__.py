"""The Docker Engine API of one host."""

from sre_assistant.sim.servers.docker.app import Docker
from sre_assistant.sim.servers.docker.engines import ENGINES, Engine

__all__ = ["ENGINES", "Docker", "Engine"]
