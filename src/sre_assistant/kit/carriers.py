"""What carries the calls to a system: plain HTTP, or HTTP with a JSON-RPC WebSocket beside it."""

from __future__ import annotations

from random import Random

from sre_assistant.kit.clock import Clock
from sre_assistant.kit.endpoint import Endpoint
from sre_assistant.kit.http import LiveWire
from sre_assistant.kit.wire import Wire


def open_wire(system: str, endpoint: Endpoint, clock: Clock, rng: Random) -> Wire:
    """A wire to one system; it connects when the first call is sent.

    Args:
        system: its configured name, for errors.
        endpoint: where it is, how it is entered and what it speaks.
        clock: measures pauses and the breaker's cool-down.
        rng: spreads the pauses between tries.
    """
    wire = LiveWire(system, endpoint, clock, rng)
    if not endpoint.rpc_path:
        return wire
    from sre_assistant.kit.rpc import RpcWire  # noqa: PLC0415  loads websockets; only who speaks it pays

    return RpcWire(system, endpoint, wire)
