"""What the credential may do, asked of the API server itself, once for each question."""

from __future__ import annotations

import asyncio
from collections import defaultdict
from collections.abc import Awaitable, Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final, Generic, TypeVar

from sre_assistant.domain.errors import SourceError
from sre_assistant.integrations.kubernetes import shapes
from sre_assistant.integrations.kubernetes.kinds import Kind
from sre_assistant.kit.api import Api
from sre_assistant.kit.codec import decode
from sre_assistant.kit.endpoint import Purpose
from sre_assistant.kit.wire import Request, path_of

_API: Final = "authorization.k8s.io"
_READING: Final = frozenset({"get", "list", "watch"})
_ANY: Final = "*"

A = TypeVar("A")


@dataclass(frozen=True, slots=True)
class Right:
    """One verb on one kind of object, in one namespace or in all."""

    verb: str
    kind: Kind[Any]
    part: str = ""
    namespace: str = ""

    @property
    def text(self) -> str:
        """In the words of RBAC, e.g. ``list pods in all namespaces``."""
        what = f"{self.kind.plural}/{self.part}" if self.part else self.kind.plural
        named = f"{what}.{self.kind.group}" if self.kind.group else what
        if not self.kind.namespaced:
            return f"{self.verb} {named}"
        place = f"namespace {self.namespace}" if self.namespace else "all namespaces"
        return f"{self.verb} {named} in {place}"


class Asked(Generic[A]):
    """Answers that are fetched once; a question that failed is asked again."""

    def __init__(self, ask: Callable[..., Awaitable[A]]) -> None:
        self._ask = ask
        self._known: dict[tuple[object, ...], A] = {}
        self._locks: defaultdict[tuple[object, ...], asyncio.Lock] = defaultdict(asyncio.Lock)

    async def of(self, *question: Any) -> A:
        """The answer to a question, which is what ``ask`` is called with."""
        async with self._locks[question]:
            if question not in self._known:
                self._known[question] = await self._ask(*question)
            return self._known[question]


class Rights:
    """The rights of one credential in one cluster."""

    def __init__(self, api: Api) -> None:
        self._api = api
        self._access: Asked[bool] = Asked(self._ask_access)
        self._rules: Asked[shapes.Rules] = Asked(self._ask_rules)

    async def allowed(self, right: Right, purpose: Purpose = "read") -> bool:
        """Whether it may do that.

        Raises:
            SourceError: the server does not say.
        """
        return await self._access.of(right, purpose)

    async def rules(self, namespace: str) -> shapes.Rules:
        """All that it may do in a namespace, cluster-wide rights included.

        Raises:
            SourceError: the server does not say.
        """
        return await self._rules.of(namespace)

    async def holds(self, right: Right) -> bool:
        """Whether it may do that, asked with as few questions as there can be.

        Raises:
            SourceError: the server does not say.
        """
        if not right.namespace:
            return await self.allowed(right)
        rules = await self.rules(right.namespace)
        return grants(rules, right) or (rules.incomplete and await self.allowed(right))

    async def missing(self, right: Right) -> tuple[str, str]:
        """Why an empty answer is no answer, and what could not be found out; either may be empty."""
        try:
            allowed = await self.holds(right)
        except SourceError as error:
            return "", f"whether the credential may {right.text} could not be asked: {error.detail}"
        return ("" if allowed else f"the credential may not {right.text}"), ""

    async def where(self, right: Right, namespaces: Sequence[str]) -> tuple[str, ...]:
        """The namespaces of some in which it has a right.

        Raises:
            SourceError: the server does not say.
        """
        found = await asyncio.gather(*(self.rules(each) for each in namespaces))
        return tuple(name for name, rules in zip(namespaces, found, strict=True) if grants(rules, right))

    async def _ask_access(self, right: Right, purpose: Purpose) -> bool:
        asked = {
            "verb": right.verb,
            "group": right.kind.group,
            "resource": right.kind.plural,
            "subresource": right.part,
            "namespace": right.namespace if right.kind.namespaced else "",
        }
        spec = {"resourceAttributes": {key: text for key, text in asked.items() if text}}
        request = _review("SelfSubjectAccessReview", spec, purpose)
        review = await self._api.fetch(request, lambda body: decode(body, shapes.AccessReview))
        return review.status.allowed

    async def _ask_rules(self, namespace: str) -> shapes.Rules:
        request = _review("SelfSubjectRulesReview", {"namespace": namespace}, "read")
        review = await self._api.fetch(request, lambda body: decode(body, shapes.RulesReview))
        return review.status


def grants(rules: shapes.Rules, right: Right) -> bool:
    """Whether a namespace's rules hold a right for all objects of its kind."""
    name = f"{right.kind.plural}/{right.part}" if right.part else right.kind.plural
    names = {_ANY, name, f"*/{right.part}"} if right.part else {_ANY, name}
    return any(
        not rule.resource_names
        and {_ANY, right.verb} & {*rule.verbs}
        and {_ANY, right.kind.group} & {*(rule.api_groups or ())}
        and names & {*(rule.resources or ())}
        for rule in rules.resource_rules or ()
    )


def wider(rules: shapes.Rules, needed: Iterable[Right]) -> tuple[str, ...]:
    """What rules allow beyond reading and beyond the changes that are needed, in the words of RBAC."""
    kept = {(right.verb, right.kind.group, right.kind.plural) for right in needed}
    found: list[str] = []
    for rule in rules.resource_rules or ():
        groups = rule.api_groups or [""]
        for resource in rule.resources or ():
            verbs = [verb for verb in rule.verbs if _wide(verb, groups, resource, kept)]
            if verbs:
                group = groups[0] if len(groups) == 1 else ",".join(groups)
                found.append(f"{','.join(verbs)} {resource}{f'.{group}' if group else ''}")
    if any(_ANY in r.verbs and _ANY in (r.non_resource_urls or ()) for r in rules.non_resource_rules or ()):
        found.append("* on all URLs")
    return tuple(dict.fromkeys(found))


def texts(rules: shapes.Rules) -> tuple[str, ...]:
    """Rules in the words of RBAC, one line for each set of verbs."""
    held: dict[str, list[str]] = {}
    for rule in rules.resource_rules or ():
        group = ",".join(each for each in rule.api_groups or () if each)
        for resource in rule.resources or ():
            held.setdefault(",".join(rule.verbs), []).append(f"{resource}.{group}" if group else resource)
    return tuple(f"{verbs}: {', '.join(dict.fromkeys(names))}" for verbs, names in held.items())


def _wide(verb: str, groups: Sequence[str], resource: str, kept: set[tuple[str, str, str]]) -> bool:
    if _API in groups or "authentication.k8s.io" in groups:  # everybody may ask who he is and what he may do
        return False
    if (verb, groups[0], resource) in kept and len(groups) == 1:
        return False
    secret = resource.partition("/")[0] in {"secrets", _ANY} and {"", _ANY} & {*groups}
    return verb not in _READING or bool(secret)


def _review(kind: str, spec: object, purpose: Purpose) -> Request:
    """A question that is posted, and changes nothing."""
    return Request(
        method="POST",
        path=path_of("apis", _API, "v1", f"{kind.lower()}s"),
        json={"apiVersion": f"{_API}/v1", "kind": kind, "spec": spec},
        repeatable=True,
        purpose=purpose,
    )
