"""TrueNAS: JSON-RPC over a WebSocket, and the older REST API as long as a release has it."""

from sre_assistant.sim.servers.truenas.keys import Keys
from sre_assistant.sim.servers.truenas.server import TrueNas

__all__ = ["Keys", "TrueNas"]
