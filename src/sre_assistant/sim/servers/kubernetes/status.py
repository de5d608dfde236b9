"""Errors as the Kubernetes API words them: an object of kind Status."""

from __future__ import annotations

from typing import Any

from sre_assistant.sim.servers.kubernetes.resources import Resource

Object = dict[str, Any]
"""An API object as JSON."""


class Refused(Exception):
    """A request that gets an error."""

    def __init__(
        self,
        code: int,
        message: str,
        reason: str = "",
        details: Object | None = None,
    ) -> None:
        super().__init__(message)
        self.code = code
        self.body: Object = {
            "kind": "Status",
            "apiVersion": "v1",
            "metadata": {},
            "status": "Failure",
            "message": message,
            **({"reason": reason} if reason else {}),
            **({"details": details} if details is not None else {}),
            "code": code,
        }


def bad_request(message: str) -> Refused:
    """The request makes no sense."""
    return Refused(400, message, "BadRequest")


def unauthorised() -> Refused:
    """Nobody knows who asks."""
    return Refused(401, "Unauthorized", "Unauthorized")


def forbidden(user: str, verb: str, resource: Resource, part: str, namespace: str, name: str) -> Refused:
    """Somebody asks for what is not allowed; ``part`` is a subresource."""
    what = f'{resource.full} "{name}"' if name else resource.full
    asked = f"{resource.name}/{part}" if part else resource.name
    where = f'in the namespace "{namespace}"' if namespace else "at the cluster scope"
    message = (
        f'{what} is forbidden: User "{user}" cannot {verb} resource "{asked}" '
        f'in API group "{resource.group}" {where}'
    )
    return Refused(403, message, "Forbidden", _details(resource, name))


def not_found(resource: Resource, name: str) -> Refused:
    """There is no such object."""
    return Refused(404, f'{resource.full} "{name}" not found', "NotFound", _details(resource, name))


def no_such_resource() -> Refused:
    """The group has no such kind of thing."""
    return Refused(404, "the server could not find the requested resource", "NotFound", {})


def not_allowed() -> Refused:
    """The method does not fit the path."""
    message = "the server does not allow this method on the requested resource"
    return Refused(405, message, "MethodNotAllowed", {})


def not_acceptable() -> Refused:
    """None of the content types that the client takes is spoken."""
    spoken = "application/json, application/yaml, application/vnd.kubernetes.protobuf"
    message = f"only the following media types are accepted: {spoken}"
    return Refused(406, message, "NotAcceptable")


def unsupported_media(spoken: str) -> Refused:
    """The body is of a type that is not read here."""
    message = f"the body of the request was in an unknown format - accepted media types include: {spoken}"
    return Refused(415, message, "UnsupportedMediaType")


def conflict(resource: Resource, name: str) -> Refused:
    """The object is no longer the one that was changed."""
    message = (
        f'Operation cannot be fulfilled on {resource.full} "{name}": the object has been modified; '
        "please apply your changes to the latest version and try again"
    )
    return Refused(409, message, "Conflict", _details(resource, name))


def gone(message: str, **metadata: str) -> Refused:
    """What was asked about is too long ago."""
    refused = Refused(410, message, "Expired")
    refused.body["metadata"] = metadata
    return refused


def invalid(group: str, kind: str, name: str, field: str, problem: str, why: str) -> Refused:
    """A field has a value that cannot be; ``why`` is the machine's word for it."""
    full = f"{kind}.{group}" if group else kind
    cause = {"reason": why, "message": problem, "field": field}
    details: Object = {"name": name} if name else {}
    details |= ({"group": group} if group else {}) | {"kind": kind, "causes": [cause]}
    return Refused(422, f'{full} "{name}" is invalid: {field}: {problem}', "Invalid", details)


def failed(problem: str) -> Refused:
    """The server could not do it."""
    message = f"Internal error occurred: {problem}"
    return Refused(500, message, "InternalError", {"causes": [{"message": problem}]})


def _details(resource: Resource, name: str) -> Object:
    found: Object = {"name": name} if name else {}
    if resource.group:
        found["group"] = resource.group
    return found | {"kind": resource.name}
