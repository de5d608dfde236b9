"""The OpenAPI document: the same schemas as the machine formats, and the errors every endpoint may give."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, TypeAlias

from sre_assistant.api.bodies import Question, Wanted
from sre_assistant.api.gates import OPEN_PATHS
from sre_assistant.api.health import HealthReport
from sre_assistant.domain.answer import Answer
from sre_assistant.domain.diagnosis import Diagnosis
from sre_assistant.kit import codec
from sre_assistant.runtime.results import DiagnosisList
from sre_assistant.runtime.schemas import described
from sre_assistant.workflows.alerts import AlertList

Document: TypeAlias = dict[str, Any]

_REF = "#/components/schemas/"
_INPUTS: Mapping[str, tuple[type, ...]] = {
    "/ask": (Question,),
    "/ask/stream": (Question,),
    "/investigate": (Wanted,),
}
_OUTPUTS: Mapping[str, tuple[type, ...]] = {
    "/ask": (Answer,),
    "/investigate": (Diagnosis, DiagnosisList),
    "/alerts": (AlertList,),
    "/healthz": (HealthReport,),
    "/health": (HealthReport,),
    "/ready": (HealthReport,),
}
_MEDIA = {"/ask/stream": "text/event-stream", "/metrics": "text/plain"}
_WEBHOOK: Document = {
    "type": "object",
    "description": "A webhook body of Alertmanager or Grafana, or any object with such a list.",
    "required": ["alerts"],
    "properties": {
        "alerts": {
            "type": "array",
            "minItems": 1,
            "items": {
                "type": "object",
                "required": ["labels", "startsAt"],
                "properties": {
                    "labels": {"type": "object", "additionalProperties": {"type": "string"}},
                    "annotations": {"type": "object", "additionalProperties": {"type": "string"}},
                    "status": {"enum": ["firing", "resolved"]},
                    "startsAt": {"type": "string", "format": "date-time"},
                    "endsAt": {"type": "string", "format": "date-time"},
                    "fingerprint": {"type": "string"},
                    "generatorURL": {"type": "string"},
                },
            },
        }
    },
}
_PROBLEM: Document = {
    "type": "object",
    "description": "RFC 9457 problem details.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": "What went wrong, and what to do."},
        "error": {"type": "string", "description": "Class of the error, by who must act."},
        "setting": {"type": "string", "description": "The setting that must change."},
        "system": {"type": "string", "description": "The connected system that failed."},
    },
}


def completed(generated: Document) -> Document:
    """FastAPI's document with the bodies, answers and errors it cannot know."""
    components = {
        "schemas": _schemas(),
        "securitySchemes": {"token": {"type": "http", "scheme": "bearer"}},
    }
    for path, operations in generated["paths"].items():
        for operation in operations.values():
            operation.update(_operation(path))
    return {**generated, "components": components, "security": [{"token": []}]}


def _operation(path: str) -> Document:
    answer: Document = {"description": "The answer.", "content": {_MEDIA.get(path, "application/json"): {}}}
    if path in _OUTPUTS:
        answer["content"]["application/json"] = {"schema": _either(_OUTPUTS[path])}
    wrong = {"application/problem+json": {"schema": {"$ref": f"{_REF}Problem"}}}
    found: Document = {
        "responses": {"200": answer, "default": {"description": "Why there is none.", "content": wrong}}
    }
    if path in OPEN_PATHS:
        found["security"] = []
    if path in _INPUTS:
        schema = _either(_INPUTS[path])
        if path == "/investigate":
            schema = {"oneOf": [schema, {"$ref": f"{_REF}Webhook"}]}
        found["requestBody"] = {"required": True, "content": {"application/json": {"schema": schema}}}
    return found


def _either(kinds: tuple[type, ...]) -> Document:
    refs = [{"$ref": f"{_REF}{kind.__name__}"} for kind in kinds]
    return refs[0] if len(refs) == 1 else {"oneOf": refs}


def _schemas() -> Document:
    """The schema of every type, and of all that they are made of, under one roof."""
    found: Document = {"Problem": _PROBLEM, "Webhook": _WEBHOOK}
    for kind in {kind for kinds in _OUTPUTS.values() for kind in kinds}:
        found |= described(kind)["$defs"]
    for kind in {kind for kinds in _INPUTS.values() for kind in kinds}:
        found |= codec.schema(kind)["$defs"]
    moved = codec.encode(found).replace(b'"#/$defs/', f'"{_REF}'.encode())
    return codec.decode(moved, dict)
