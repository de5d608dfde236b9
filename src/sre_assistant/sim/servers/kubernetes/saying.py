"""Something that is said about an object, once or again and again."""

from __future__ import annotations

from dataclasses import dataclass

from sre_assistant.sim.servers.kubernetes.status import Object


@dataclass(frozen=True, slots=True)
class Subject:
    """The object that it is about."""

    api: str
    kind: str
    name: str
    namespace: str
    uid: str

    def reference(self, part: str) -> Object:
        """As events name it."""
        made: Object = {"kind": self.kind}
        if self.namespace:
            made["namespace"] = self.namespace
        made |= {"name": self.name, "uid": self.uid, "apiVersion": self.api}
        return made | ({"fieldPath": part} if part else {})


@dataclass(frozen=True, slots=True)
class Said:
    """One thing said, with all times at which it was, ascending."""

    about: Subject
    reason: str
    message: str
    type: str
    component: str
    times: tuple[float, ...]
    host: str = ""
    part: str = ""


def every(start: float, period: float, end: float) -> list[float]:
    """Times at regular distances from a start on, the last at or before the end."""
    if end < start:
        return []
    return [start + period * number for number in range(int((end - start) / period + 1e-9) + 1)]
