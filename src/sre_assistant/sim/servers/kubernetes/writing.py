"""Requests that change something, and what they answer."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

import msgspec

from sre_assistant.sim.live import Live
from sre_assistant.sim.servers.kubernetes.changes import Change, carry_out, of_object, of_scale
from sre_assistant.sim.servers.kubernetes.patches import patched
from sre_assistant.sim.servers.kubernetes.places import Place
from sre_assistant.sim.servers.kubernetes.scales import scale
from sre_assistant.sim.servers.kubernetes.status import (
    Object,
    Refused,
    bad_request,
    conflict,
    no_such_resource,
    not_allowed,
    not_found,
    unsupported_media,
)
from sre_assistant.sim.servers.kubernetes.view import View
from sre_assistant.sim.things.pods import Pod, Workload

_JSON: Final = ("", "application/json", "*/*")


@dataclass(frozen=True, slots=True)
class Writing:
    """One request that is to change something."""

    live: Live
    place: Place
    params: Mapping[str, str]
    media: str

    def carry_out(self, verb: str, body: bytes) -> tuple[int, Object]:
        """Does it; says the status and the object of the answer.

        Raises:
            Refused: it cannot be done.
            AnswerLost: it was done, but nobody is to hear of it.
        """
        if self.params.get("dryRun", "All") != "All":
            problem = f'Unsupported value: "{self.params["dryRun"]}": supported values: "All"'
            raise Refused(422, f'{self.place.resource.kind} "" is invalid: dryRun: {problem}', "Invalid")
        if self.place.resource.name == "pods":
            if verb == "delete":
                return 200, self._delete(body)
            if verb == "create" and self.place.part == "eviction":
                return 201, self._evict(body)
            raise not_allowed()
        if verb not in {"patch", "update"}:
            raise not_allowed()
        return 200, self._change(verb, body)

    def _view(self) -> View:
        world = self.live.world
        if world.cluster is None:
            raise no_such_resource()
        return View(world, world.cluster, self.live.now)

    @property
    def _dry(self) -> bool:
        return "dryRun" in self.params

    def _find(self) -> Object:
        one = self._view().find(self.place.resource, self.place.namespace, self.place.name)
        if one is None:
            raise not_found(self.place.resource, self.place.name)
        return scale(one) if self.place.part == "scale" else one

    def _change(self, verb: str, body: bytes) -> Object:
        before = self._find()
        after = patched(before, body, self.media) if verb == "patch" else self._replacement(before, body)
        of = of_scale if self.place.part == "scale" else of_object
        changes = of(self.place.resource, before, after)
        if self._dry:
            return after
        carry_out(self.live, changes)
        return self._find()

    def _replacement(self, before: Object, body: bytes) -> Object:
        posted = self._decoded(body)
        if posted.get("kind", before["kind"]) != before["kind"]:
            raise bad_request(
                f"{posted.get('kind')} in version {posted.get('apiVersion')!r} cannot be handled as a "
                f"{before['kind']}: converting is not possible"
            )
        metadata = posted.get("metadata")
        given = metadata if isinstance(metadata, dict) else {}
        if given.get("name") != before["metadata"]["name"]:
            raise bad_request(
                f"the name of the object ({given.get('name', '')}) does not match the name on the URL "
                f"({before['metadata']['name']})"
            )
        kept = ("namespace", "uid")
        filled = {key: before["metadata"][key] for key in kept if key in before["metadata"]}
        return posted | {"metadata": filled | given}

    def _pod(self) -> tuple[Workload, Pod]:
        view = self._view()
        for work in view.cluster.workloads.values():
            for pod in work.at(view.t):
                if (pod.namespace, pod.name) == (self.place.namespace, self.place.name):
                    return work, pod
        raise not_found(self.place.resource, self.place.name)

    def _delete(self, body: bytes) -> Object:
        work, pod = self._pod()
        before = self._find()
        asked = self._decoded(body) if body.strip() else {}
        conditions = asked.get("preconditions")
        wanted = conditions.get("uid") if isinstance(conditions, dict) else None
        if wanted not in {None, pod.uid}:
            refused = conflict(self.place.resource, pod.name)
            told = f"Precondition failed: UID in precondition: {wanted}, UID in object meta: {pod.uid}"
            refused.body["message"] = told
            raise refused
        if self._dry or asked.get("dryRun"):
            return before
        carry_out(self.live, [Change("delete", work.entity, pod.name)])
        after = self._view().find(self.place.resource, pod.namespace, pod.name)
        return after if after is not None and after["metadata"]["uid"] == pod.uid else before

    def _evict(self, body: bytes) -> Object:
        posted = self._decoded(body) if body.strip() else {}
        metadata = posted.get("metadata")
        if isinstance(metadata, dict) and metadata.get("name", self.place.name) != self.place.name:
            raise bad_request("name in URL does not match name in Eviction object")
        work, pod = self._pod()
        if not (self._dry or posted.get("deleteOptions", {}).get("dryRun")):
            carry_out(self.live, [Change("delete", work.entity, pod.name)])
        return {"kind": "Status", "apiVersion": "v1", "metadata": {}, "status": "Success", "code": 201}

    def _decoded(self, body: bytes) -> Object:
        if self.media.partition(";")[0].strip() not in _JSON:
            raise unsupported_media("application/json, application/yaml, application/vnd.kubernetes.protobuf")
        try:
            found: Object = msgspec.json.decode(body, type=dict[str, object])
        except (msgspec.DecodeError, RecursionError) as error:
            raise bad_request(f"couldn't get version/kind; json parse error: {error}") from error
        return found
