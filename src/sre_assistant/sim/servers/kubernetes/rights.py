"""Who asks, and what they may do."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from sre_assistant.sim.causality.spells import Spell
from sre_assistant.sim.live import Live
from sre_assistant.sim.servers.kubernetes.resources import READ, RESOURCES, Resource
from sre_assistant.sim.servers.kubernetes.status import Object

_NAMESPACE: Final = "monitoring"
_UNSEEN: Final = ("secrets", "serviceaccounts")
_REVIEWS: Final = "authorization.k8s.io"
_CHANGES: Final[tuple[tuple[str, str, str], ...]] = (
    # verb, resource with its group, subresource
    ("patch", "deployments.apps", ""),
    ("update", "deployments.apps", ""),
    ("patch", "statefulsets.apps", ""),
    ("update", "statefulsets.apps", ""),
    ("patch", "daemonsets.apps", ""),
    ("update", "daemonsets.apps", ""),
    ("get", "deployments.apps", "scale"),
    ("patch", "deployments.apps", "scale"),
    ("update", "deployments.apps", "scale"),
    ("get", "statefulsets.apps", "scale"),
    ("patch", "statefulsets.apps", "scale"),
    ("update", "statefulsets.apps", "scale"),
    ("delete", "pods", ""),
    ("create", "pods", "eviction"),
    ("patch", "nodes", ""),
    ("update", "nodes", ""),
)
_URLS: Final = (
    *("/api", "/api/*", "/apis", "/apis/*", "/healthz", "/livez", "/openapi", "/openapi/*"),
    *("/readyz", "/version", "/version/"),
)


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to do with what; empty parts stand for none or all."""

    verb: str
    resource: Resource
    part: str = ""
    namespace: str = ""
    name: str = ""


@dataclass(frozen=True, slots=True)
class Account:
    """A service account."""

    name: str
    changes: bool

    @property
    def user(self) -> str:
        """As messages name it."""
        return f"system:serviceaccount:{_NAMESPACE}:{self.name}"


READER: Final = Account("sre-assistant", False)
CHANGER: Final = Account("sre-assistant-changes", True)


def change_token(token: str) -> str:
    """The token that may also change things, from the one that may only read."""
    return hashlib.sha256(f"{token}\x00changes".encode()).hexdigest()[:32]


def account(live: Live, authorization: str) -> Account | None:
    """Who a header's token belongs to."""
    kind, _, token = authorization.partition(" ")
    if kind.lower() != "bearer":
        return None
    known = live.credentials["kubernetes"]
    return {known: READER, change_token(known): CHANGER}.get(token.strip())


@dataclass(frozen=True, slots=True)
class Rights:
    """What an account may do at a moment."""

    account: Account
    denied: tuple[Spell, ...]

    def allow(self, asked: Asked) -> bool:
        """Whether it may do that."""
        return self._granted(asked) and not any(_denies(one, asked) for one in self.denied)

    def rules(self, namespace: str) -> Object:
        """Everything that it may do in a namespace, as a review tells it."""
        found = [
            {"verbs": ["create"], "apiGroups": [_REVIEWS], "resources": [one.name]}
            for one in RESOURCES
            if one.group == _REVIEWS
        ]
        for verbs, resource, part in self._offered():
            kept = [
                verb
                for verb in verbs
                if not any(
                    _denies(one, Asked(verb, resource, part, namespace or "default")) for one in self.denied
                )
            ]
            if kept:
                name = f"{resource.name}/{part}" if part else resource.name
                found.append({"verbs": kept, "apiGroups": [resource.group], "resources": [name]})
        return {
            "resourceRules": found,
            "nonResourceRules": [{"verbs": ["get"], "nonResourceURLs": list(_URLS)}],
            "incomplete": False,
        }

    def _offered(self) -> Iterator[tuple[list[str], Resource, str]]:
        for one in RESOURCES:
            for part in ("", *(name for name, _ in one.parts)):
                verbs = sorted({*READ, *(verb for verb, full, _ in _CHANGES if full == one.full)})
                if part:
                    verbs = sorted(
                        {"get", *(verb for verb, full, sub in _CHANGES if (full, sub) == (one.full, part))}
                    )
                kept = [verb for verb in verbs if self._granted(Asked(verb, one, part))]
                if kept:
                    yield kept, one, part

    def _granted(self, asked: Asked) -> bool:
        resource = asked.resource
        if resource not in RESOURCES:
            return False
        if resource.group == _REVIEWS:
            return asked.verb == "create"
        if self.account.changes and (asked.verb, resource.full, asked.part) in _CHANGES:
            return True
        readable = asked.verb in READ and (asked.part or asked.verb in resource.verbs)
        return bool(readable) and resource.name not in _UNSEEN and asked.part not in {"exec", "eviction"}


def rights(live: Live, who: Account) -> Rights:
    """What somebody may do now."""
    now = live.now
    told = live.world.spells["system/kubernetes"].of("denied")
    return Rights(who, tuple(one for one in told if one.has(now)))


def _denies(spell: Spell, asked: Asked) -> bool:
    """Whether a lost privilege is the one that is needed; rights in one namespace are none in all of them."""
    name, _, part = spell.detail.partition("/")
    what = name in {"*", asked.resource.name, asked.resource.full} and part in {"*", asked.part}
    place = spell.part.strip("/").removeprefix("namespaces/")
    return what and (not place or not asked.namespace or asked.namespace == place)


def kubeconfig(url: str, token: str, authority: str = "") -> str:
    """A configuration for clients of the cluster; ``authority`` is the certificate to trust, in base64."""
    cluster = [f"    server: {url}"]
    if authority:
        cluster.append(f"    certificate-authority-data: {authority}")
    return "\n".join(
        [
            "apiVersion: v1",
            "kind: Config",
            "current-context: homelab",
            "clusters:",
            "- name: homelab",
            "  cluster:",
            *cluster,
            "users:",
            "- name: sre-assistant",
            "  user:",
            f"    token: {token}",
            "contexts:",
            "- name: homelab",
            "  context:",
            "    cluster: homelab",
            "    user: sre-assistant",
            "",
        ]
    )
