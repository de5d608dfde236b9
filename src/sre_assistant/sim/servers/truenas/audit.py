"""The audit log: calls of the middleware that change something, whether they went well or not."""

from __future__ import annotations

from sre_assistant.sim.servers.truenas.asked import Asked
from sre_assistant.sim.servers.truenas.errors import CallError, ValidationErrors
from sre_assistant.sim.servers.truenas.methods import Method
from sre_assistant.sim.servers.truenas.view import digits


def run(name: str, method: Method, asked: Asked) -> object:
    """Runs a method; one that writes is noted with its outcome."""
    if not method.role.endswith(("_WRITE", "_DELETE")):
        return method.run(asked)
    try:
        result = method.run(asked)
    except (CallError, ValidationErrors):
        _note(name, asked, good=False)
        raise
    _note(name, asked, good=True)
    return result


def _note(name: str, asked: Asked, *, good: bool) -> None:
    number = digits(name, str(len(asked.memory.audited)))
    own = f"{number >> 32:08x}-{number >> 16 & 0xFFFF:04x}-4000-8000-{number & 0xFFFFFFFFFFFF:012x}"
    moment = asked.view.date(asked.view.now)
    said = " ".join(str(one) for one in asked.arguments if isinstance(one, str))
    asked.memory.audited.append(
        {
            "audit_id": own,
            "message_timestamp": moment["$date"] // 1000,
            "timestamp": moment,
            "address": "127.0.0.1",
            "username": asked.user,
            "session": own,
            "service": "MIDDLEWARE",
            "service_data": {"vers": {"major": 0, "minor": 1}, "protocol": "WEBSOCKET"},
            "event": "METHOD_CALL",
            "event_data": {
                "authenticated": True,
                "authorized": True,
                "method": name,
                "params": asked.arguments,
                "description": f"{name.rpartition('.')[2].replace('_', ' ').capitalize()} {said}".rstrip(),
            },
            "success": good,
        }
    )
